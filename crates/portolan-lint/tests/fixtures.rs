//! Runs every file of `tests/cases/lint`, one named test each. The lint of the folder is the one
//! that runs.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use datatest_stable::Result;
use insta::Settings;
use portolan_core::diagnostic::{Diagnostic, Safety};
use portolan_core::engine::{Study, study};
use portolan_core::instant::Instant;
use portolan_core::source::Files;
use portolan_lint::{Levels, Subject, fixed, lint};
use portolan_testkit::case::LintFile;
use portolan_testkit::expect::unmet_findings;
use portolan_testkit::policies::printed;
use portolan_verify::diff::diff;

/// The catalog that every fixture may use.
const BASE: &str = include_str!("base.yaml");
/// Rounds after which a fix that goes on fixing does not converge.
const ROUNDS: usize = 10;

/// Files in memory.
struct Memory<'a>(&'a BTreeMap<String, String>);

impl Files for Memory<'_> {
    fn read(&mut self, path: &str) -> std::result::Result<Vec<u8>, String> {
        match self.0.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None if path == "base.yaml" => Ok(BASE.as_bytes().to_vec()),
            None => Err("there is no such file".to_owned()),
        }
    }
}

/// What the lints find in these files.
fn run(
    files: &BTreeMap<String, String>,
    levels: &Levels,
    today: Instant,
) -> std::result::Result<(Study, Vec<Diagnostic>), String> {
    let study = study("policy.portolan", &mut Memory(files));
    let compiled = &study.compilation;
    let Some(engine) = &compiled.engine else {
        return Err(printed(&compiled.diagnostics, &compiled.sources));
    };
    let findings = lint(&Subject::new(engine, &study.documents, today), levels);
    Ok((study, findings))
}

/// The findings are those expected and no others; a fix removes its finding, goes no further than
/// its text, and keeps every comment that it does not delete on purpose.
fn findings(path: &Path) -> Result<()> {
    let file = LintFile::read(path)?;
    let mut folders = path.ancestors().skip(1).map(|folder| {
        let name = folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    });
    let kind = folders.next().unwrap();
    let code = folders.next().unwrap();
    let today = Instant::parse(&file.today).map_err(|_| "`today` is not a date")?;
    let mut levels = Levels::default();
    for name in file.lints.iter().chain([&code]) {
        levels
            .select(name)
            .map_err(|_| format!("there is no lint `{name}`"))?;
    }
    let (study, found) = run(&file.files, &levels, today)?;
    let sources = &study.compilation.sources;
    let words = printed(&found, sources);
    let mut complaints = unmet_findings(&file.expect, &found, sources);
    let own = found.iter().any(|finding| finding.code == code);
    match kind.as_str() {
        "fires" if own => {}
        "silent" if !own => {}
        "fires" => complaints.push(format!("`{code}` does not fire")),
        "silent" => complaints.push(format!("`{code}` is not silent")),
        other => complaints.push(format!("`{other}` is neither `fires` nor `silent`")),
    }
    complaints.extend(unmet_fixes(&file, &code, &levels, today)?);
    if !complaints.is_empty() {
        return Err(format!("{}\n  {}\n{words}", file.why, complaints.join("\n  ")).into());
    }
    pin(path, &words);
    Ok(())
}

/// Applies all fixes until there are none.
fn unmet_fixes(
    file: &LintFile,
    code: &str,
    levels: &Levels,
    today: Instant,
) -> Result<Vec<String>> {
    let Mended { files, had, left } = mended(&file.files, levels, today, Safety::Unsafe)?;
    if had.is_empty() && file.fixed.is_empty() {
        return Ok(Vec::new());
    }
    let mut complaints = Vec::new();
    if file.fixed.is_empty() {
        complaints.push("the fix has no `fixed` to compare with".to_owned());
    }
    for (name, text) in &file.fixed {
        if files.get(name) != Some(text) {
            let there = files.get(name).cloned().unwrap_or_default();
            complaints.push(format!("`{name}` is fixed to\n{there}"));
        }
    }
    for (name, before) in &file.files {
        let after = files.get(name).map_or("", String::as_str);
        if comments(after) < comments(before) {
            complaints.push(format!("a comment of `{name}` is lost"));
        }
    }
    if !had.iter().any(|had| *had == code) {
        complaints.push(format!("no finding of `{code}` has a fix"));
    }
    for finding in left.iter().filter(|finding| had.contains(&finding.code)) {
        complaints.push(format!("its fix leaves a finding: {}", finding.message));
    }
    Ok(complaints)
}

/// Files after all fixes.
struct Mended {
    files: BTreeMap<String, String>,
    /// The codes of the findings that had a fix.
    had: BTreeSet<&'static str>,
    /// What is found still.
    left: Vec<Diagnostic>,
}

/// Applies fixes until there are none.
fn mended(
    files: &BTreeMap<String, String>,
    levels: &Levels,
    today: Instant,
    most: Safety,
) -> Result<Mended> {
    let mut files = files.clone();
    let mut had = BTreeSet::new();
    for _ in 0..ROUNDS {
        let (study, left) = run(&files, levels, today)
            .map_err(|why| format!("what is fixed does not compile\n{why}"))?;
        let texts = fixed(&study.compilation.sources, &left, most);
        if texts.is_empty() {
            return Ok(Mended { files, had, left });
        }
        let fixable = left.iter().filter(|finding| finding.fix.is_some());
        had.extend(fixable.map(|finding| finding.code));
        for (id, text) in texts {
            let name = study.compilation.sources.get(id).unwrap().name().to_owned();
            files.insert(name, text);
        }
    }
    Err("the fixes do not converge".into())
}

/// Fixes that are safe change no decision.
fn decided_alike(path: &Path) -> Result<()> {
    let file = LintFile::read(path)?;
    if file.fixed.is_empty() {
        return Ok(());
    }
    let today = Instant::parse(&file.today).map_err(|_| "`today` is not a date")?;
    let mended = mended(&file.files, &Levels::default(), today, Safety::Safe)?;
    let [before, after] = [&file.files, &mended.files].map(|files| {
        study("policy.portolan", &mut Memory(files))
            .compilation
            .engine
    });
    let diff = diff(&before.unwrap(), &after.unwrap());
    if diff.is_empty() {
        Ok(())
    } else {
        Err(format!("safe fixes change decisions: {:?}", diff.directions()).into())
    }
}

fn is_yaml(name: &str) -> bool {
    Path::new(name).extension() == Some("yaml".as_ref())
}

/// A comment above every line of every file, and one behind every line: fixes that are safe lose none
/// of them, whatever they delete.
fn commented(path: &Path) -> Result<()> {
    let file = LintFile::read(path)?;
    if file.fixed.is_empty() {
        return Ok(());
    }
    let today = Instant::parse(&file.today).map_err(|_| "`today` is not a date")?;
    let files = file.files.iter().map(|(name, text)| {
        let mark = if is_yaml(name) { "#" } else { "//" };
        let lines = text.lines().enumerate().map(|(number, line)| {
            let indent: String = line.chars().take_while(|c| *c == ' ').collect();
            format!("{indent}{mark} above {number}.\n{line}   {mark} behind {number}.\n")
        });
        (name.clone(), lines.collect())
    });
    let files: BTreeMap<String, String> = files.collect();
    let mended = mended(&files, &Levels::default(), today, Safety::Safe)?;
    for (name, text) in &file.files {
        let after = mended.files.get(name).unwrap();
        for number in 0..text.lines().count() {
            for comment in [format!("above {number}."), format!("behind {number}.")] {
                if !after.contains(&comment) {
                    return Err(format!("`{name}` loses `{comment}`:\n{after}").into());
                }
            }
        }
    }
    Ok(())
}

/// How many comments a text has; more where a text in it looks like one.
fn comments(text: &str) -> usize {
    text.matches("//").count() + text.matches('#').count()
}

/// Compares with the snapshot beside the fixture.
fn pin(path: &Path, words: &str) {
    let mut settings = Settings::clone_current();
    let path = path.canonicalize().unwrap();
    settings.set_snapshot_path(path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    settings.bind(|| insta::assert_snapshot!(name, words));
}

datatest_stable::harness! {
    { test = findings, root = "../../tests/cases/lint", pattern = r"\.yaml$" },
    { test = commented, root = "../../tests/cases/lint", pattern = r"fires/.*\.yaml$" },
    { test = decided_alike, root = "../../tests/cases/lint", pattern = r"fires/.*\.yaml$" },
}
