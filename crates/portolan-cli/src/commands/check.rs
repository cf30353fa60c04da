//! `portolan check`: every finding about a policy and its catalog, at its line.

use std::path::PathBuf;

use anyhow::ensure;
use portolan_core::diagnostic::Severity;

use super::Format;
use crate::load::Policy;
use crate::render::{diagnostic, paint::Color};
use crate::{Report, Status};

/// What `check` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A directory with a `policy.portolan`, or one file
    policy: PathBuf,
    /// Check the directory's overlay of this name, on top of the policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// What else fails the check
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
}

/// What fails a check besides errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    /// Warnings, too.
    Warnings,
}

/// Checks.
///
/// # Errors
/// When there is no policy to check.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let policy = Policy::find(&arguments.policy, arguments.overlay.as_deref())?;
    ensure!(
        !policy.is_catalog(),
        "cannot check `{}`: this is a catalog; check a policy that uses it",
        arguments.policy.display()
    );
    let compiled = policy.compile();
    let findings = diagnostic::Findings {
        diagnostics: &compiled.diagnostics,
        sources: &compiled.sources,
        policy: &policy,
        left_out: compiled.left_out,
    };
    let fails = |severity| match severity {
        Severity::Error => true,
        Severity::Warning => arguments.deny == Some(Deny::Warnings),
        Severity::Info => false,
    };
    let found = compiled.diagnostics.iter().any(|d| fails(d.severity));
    let status = if found || compiled.engine.is_none() {
        Status::Wrong
    } else {
        Status::Yes
    };
    let out = match arguments.format {
        Format::Json => findings.json()?,
        Format::Human => findings.human(color.on_stdout()),
    };
    Ok(Report {
        status,
        out,
        err: String::new(),
    })
}
