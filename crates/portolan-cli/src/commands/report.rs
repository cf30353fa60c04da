//! `portolan report`: one statement of what was proved, that anybody can make again.

use std::path::PathBuf;

use anyhow::ensure;
use portolan_verify::prove::{Asking, Outcome, prove_and_theorems};
use portolan_verify::theorems;

use super::prove::posted;
use super::quoted;
use crate::load::Policy;
use crate::render::{diagnostic, paint::Color, proofs, report};
use crate::{Report, Status};

/// What `report` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A directory with a `policy.portolan`, or one file
    policy: PathBuf,
    /// Report on the directory's overlay of this name, on top of the policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Format {
    /// For a pull request, or to be kept beside the policy.
    #[default]
    Markdown,
    /// One page for a browser or a printer, with nothing from elsewhere.
    Html,
}

/// Proves, and writes down what came of it.
///
/// # Errors
/// When there is no policy to report on.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let policy = Policy::find(&arguments.policy, arguments.overlay.as_deref())?;
    ensure!(
        !policy.is_catalog(),
        "cannot report on `{}`: this is a catalog; name a policy that uses it",
        arguments.policy.display()
    );
    let compiled = policy.read();
    let Some(engine) = &compiled.engine else {
        let findings = diagnostic::Findings {
            diagnostics: &compiled.diagnostics,
            sources: &compiled.sources,
            policy: &policy,
            left_out: compiled.left_out,
        };
        return Ok(Report {
            status: Status::Wrong,
            out: String::new(),
            err: findings.human(color.on_stderr()),
        });
    };
    let wanted: Vec<usize> = (0..engine.policy().proves.len()).collect();
    let asking = Asking {
        wanted: &wanted,
        posted: &posted,
        other: &|path| policy.beside(path).read().engine,
    };
    let (proofs, theorems) = prove_and_theorems(engine, asking);
    let proved = proofs
        .iter()
        .all(|proof| matches!(proof.outcome, Outcome::Proved));
    let hold = theorems
        .iter()
        .all(|theorem| matches!(theorem.outcome, theorems::Outcome::Holds));
    let mut of = quoted(&arguments.policy.display().to_string());
    if let Some(overlay) = &arguments.overlay {
        of = format!("{of} --overlay {}", quoted(overlay));
    }
    let document = report::document(
        &proofs::Shown {
            engine,
            policy: &policy,
            named: &arguments.policy,
            overlay: arguments.overlay.as_deref(),
            proofs: &proofs,
            theorems: &theorems,
            reach: None,
            taken: std::time::Duration::ZERO,
        },
        &of,
    );
    Ok(Report {
        status: if proved && hold {
            Status::Yes
        } else {
            Status::Wrong
        },
        out: match arguments.format {
            Format::Markdown => report::markdown(&document),
            Format::Html => report::html(&document),
        },
        err: String::new(),
    })
}
