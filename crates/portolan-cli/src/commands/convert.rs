//! `portolan convert`: a catalog in the other notation, or in its own, without comments.
//!
//! What is printed has been read back and has the same data, or nothing is printed. Whether the
//! catalog makes sense is what `check` says.

mod yaml;

use std::path::PathBuf;

use anyhow::{Context, bail, ensure};
use portolan_core::catalog::{self, tree::Node};
use portolan_core::diagnostic::Diagnostics;
use portolan_core::source::Sources;

use crate::load::Policy;
use crate::render::{diagnostic, paint::Color};
use crate::{Report, Status};

/// What `convert` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A catalog: in the rules language where the name ends in `.portolan`, else in YAML
    catalog: PathBuf,
    /// What to write it in
    #[arg(long, value_enum, value_name = "NOTATION")]
    to: Notation,
}

/// How to write a catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Notation {
    /// YAML.
    Yaml,
    /// The rules language.
    Rules,
}

impl Notation {
    /// A file name that says so.
    fn file_name(self) -> &'static str {
        match self {
            Self::Yaml => "catalog.yaml",
            Self::Rules => "catalog.portolan",
        }
    }
}

/// Converts.
///
/// # Errors
/// When there is no such file, or when it has data that the notation cannot say.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let shown = arguments.catalog.display();
    ensure!(!arguments.catalog.is_dir(), "`{shown}` is a directory");
    let file = Policy::of_file(&arguments.catalog)?;
    let text = file.text()?;
    ensure!(
        !file.is_policy(&text),
        "cannot convert `{shown}`: this is a policy; only catalogs are converted"
    );
    let mut sources = Sources::default();
    let id = sources.add(file.entry(), text);
    let mut diagnostics = Diagnostics::default();
    let root = catalog::read(&sources, id, &mut diagnostics);
    let Some(root) = root.filter(|_| !diagnostics.has_errors()) else {
        let findings = diagnostic::Findings {
            left_out: diagnostics.left_out(),
            diagnostics: &diagnostics.into_sorted(),
            sources: &sources,
            policy: &file,
        };
        return Ok(Report {
            status: Status::Wrong,
            out: String::new(),
            err: findings.human(color.on_stderr()),
        });
    };
    let written = write(&root, arguments.to);
    let out = written.with_context(|| format!("cannot convert `{shown}`"))?;
    let note = color.on_stderr().strong("note");
    Ok(Report {
        status: Status::Yes,
        out,
        err: format!("{note}: comments and layout are not data and were left behind\n"),
    })
}

/// Text that reads back to the same data.
fn write(root: &Node<'_>, notation: Notation) -> anyhow::Result<String> {
    let text = match notation {
        Notation::Yaml => yaml::write(root)?,
        Notation::Rules => catalog::write_rules(root).context("it is not a map")?,
    };
    let mut sources = Sources::default();
    let id = sources.add(notation.file_name(), text.as_str());
    let mut diagnostics = Diagnostics::default();
    let again = catalog::read(&sources, id, &mut diagnostics);
    let same = again.is_some_and(|again| again.same_data(root));
    if let Some(first) = diagnostics.into_sorted().first() {
        bail!("what would be written is not accepted: {}", first.message);
    }
    if !same {
        bail!("what would be written does not read back as the same data");
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
