//! `portolan diff`: what changes for whom between two policies; with `--fail-on` a gate.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use portolan_core::engine::Engine;
use portolan_verify::diff::{self, Direction};

use crate::load::Policy;
use crate::render::{self, diagnostic, paint::Color};
use crate::{Report, Status};

/// What `diff` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The policy as it is: a directory with a `policy.portolan`, or one file
    old: PathBuf,
    /// The policy as it will be
    new: PathBuf,
    /// Compare with the directories' overlay of this name, on top of each policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// Exit with status 1 if anything goes in this direction; give it again for another
    #[arg(long, value_enum, value_name = "DIRECTION", value_delimiter = ',')]
    fail_on: Vec<Gate>,
    /// Show every region and its sample, not only the first few of each change, nor only as many as
    /// fit into a comment of a pull request
    #[arg(long)]
    all: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How to print a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// For a pull request.
    Markdown,
    /// For programs.
    Json,
}

/// What a gate stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Gate {
    /// What was refused routes, or more routes are legal
    Loosens,
    /// What routed is refused, or fewer routes are legal
    Tightens,
    /// It routes elsewhere, or in another order
    Reroutes,
    /// It costs something else
    Reprices,
    /// It is refused with another status or code
    Recodes,
    /// Warnings, limits, retries or what is set are others
    Reshapes,
    /// Only words differ
    Rewords,
    /// Anything at all
    Any,
}

impl Gate {
    fn stops(self, direction: Direction) -> bool {
        match self {
            Self::Any => true,
            Self::Loosens => direction == Direction::Loosens,
            Self::Tightens => direction == Direction::Tightens,
            Self::Reroutes => direction == Direction::Reroutes,
            Self::Reprices => direction == Direction::Reprices,
            Self::Recodes => direction == Direction::Recodes,
            Self::Reshapes => direction == Direction::Reshapes,
            Self::Rewords => direction == Direction::Rewords,
        }
    }
}

/// Compares.
///
/// # Errors
/// When there are no two policies to compare.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let mut err = String::new();
    let old = engine(
        &arguments.old,
        arguments.overlay.as_deref(),
        color,
        &mut err,
    )?;
    let new = engine(
        &arguments.new,
        arguments.overlay.as_deref(),
        color,
        &mut err,
    )?;
    let (Some(old), Some(new)) = (old, new) else {
        return Ok(Report {
            status: Status::Wrong,
            out: String::new(),
            err,
        });
    };
    let diff = diff::diff(&old, &new);
    let directions = diff.directions();
    let stopped = arguments
        .fail_on
        .iter()
        .any(|gate| directions.iter().any(|direction| gate.stops(*direction)));
    Ok(Report {
        status: if stopped || !diff.inconclusive.is_empty() {
            Status::Wrong
        } else {
            Status::Yes
        },
        out: match arguments.format {
            Format::Human => render::diff::human(&diff, arguments.all, color.on_stdout()),
            Format::Markdown => render::diff::markdown(&diff, arguments.all),
            Format::Json => render::diff::json(&diff)?,
        },
        err,
    })
}

/// The engine of one side; findings go to `err`.
fn engine(
    path: &Path,
    overlay: Option<&str>,
    color: Color,
    err: &mut String,
) -> anyhow::Result<Option<Engine>> {
    let policy = Policy::find(path, overlay)?;
    ensure!(
        !policy.is_catalog(),
        "cannot compare `{}`: this is a catalog; name a policy that uses it",
        path.display()
    );
    let compiled = policy.read();
    if compiled.engine.is_none() {
        let findings = diagnostic::Findings {
            diagnostics: &compiled.diagnostics,
            sources: &compiled.sources,
            policy: &policy,
            left_out: compiled.left_out,
        };
        err.push_str(&findings.human(color.on_stderr()));
    }
    Ok(compiled.engine)
}
