//! Applies fixes until there are none, in memory; then writes all files, or shows what would
//! change. What no longer compiles is never written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::ensure;
use portolan_core::diagnostic::Safety;
use portolan_lint::fixed;

use super::Checked;
use super::settings::Settings;
use crate::commands::fmt::{self, Styled};
use crate::load::Policy;
use crate::render::diagnostic::counted;
use crate::{Report, Status};

/// Rounds after which fixes that go on changing things are given up.
const ROUNDS: usize = 10;

/// What fixes come to.
struct Mended {
    files: Vec<Styled>,
    /// What is found afterwards.
    checked: Checked,
}

fn mended(policy: &Policy, settings: &Settings) -> anyhow::Result<Mended> {
    let safety = settings.fixes.unwrap_or(Safety::Safe);
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut before: BTreeMap<String, String> = BTreeMap::new();
    let first = Checked::new(policy, &texts, settings)?;
    let compiled = first.compiles;
    let mut checked = first;
    for _ in 0..ROUNDS {
        let findings = match &settings.baseline {
            Some(baseline) => baseline.new_ones(checked.findings.clone(), &checked.sources),
            None => checked.findings.clone(),
        };
        let changes = fixed(&checked.sources, &findings, safety);
        if changes.is_empty() {
            break;
        }
        for (id, text) in changes {
            if let Some(source) = checked.sources.get(id) {
                let name = source.name().to_owned();
                before
                    .entry(name.clone())
                    .or_insert_with(|| source.text().to_owned());
                texts.insert(name, text);
            }
        }
        checked = Checked::new(policy, &texts, settings)?;
    }
    ensure!(
        checked.compiles || !compiled,
        "the fixes leave a policy that does not compile; nothing was written"
    );
    let files = before.into_iter().filter_map(|(name, before)| {
        let after = texts.get(&name)?.clone();
        let path = PathBuf::from(policy.shown(&name));
        Some(Styled {
            path,
            before,
            after,
        })
    });
    Ok(Mended {
        files: files.filter(|file| file.before != file.after).collect(),
        checked,
    })
}

/// Writes what is mended; says so, and what is left.
pub(super) fn mend(policy: &Policy, settings: &Settings) -> anyhow::Result<(String, Checked)> {
    let Mended { files, checked } = mended(policy, settings)?;
    let changes: Vec<&Styled> = files.iter().collect();
    fmt::files::replace(&changes)?;
    let said = match files.len() {
        0 => String::new(),
        some => format!("{} changed by fixes\n", counted(some, "file")),
    };
    Ok((said, checked))
}

/// Shows what would change.
pub(super) fn diff(policy: &Policy, settings: &Settings) -> anyhow::Result<Report> {
    let Mended { files, .. } = mended(policy, settings)?;
    Ok(Report {
        status: Status::Yes,
        out: files.iter().map(fmt::diff).collect(),
        err: String::new(),
    })
}
