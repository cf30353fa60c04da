//! `portolan test`: a policy's `test` blocks and case files, each asked of the policy, with every
//! value under a rule that came out otherwise than expected.

mod gather;
mod snapshots;
mod workers;

use std::path::PathBuf;

use anyhow::ensure;
use portolan_test::suite::{Test, Verdict};

use crate::load::Policy;
use crate::render::paint::Color;
use crate::render::tests::{self as render, Came, Ran};
use crate::{Report, Status};
use gather::Gathered;
use snapshots::Snapshots;

/// What `test` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A directory with a `policy.portolan`, or one file
    policy: PathBuf,
    /// Case files, or directories of them; those below the policy's `tests` where none is given
    files: Vec<PathBuf>,
    /// Test the directory's overlay of this name, on top of the policy
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// Only tests whose name, or whose file's path, holds this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Take every pending snapshot as it is
    #[arg(long, conflicts_with = "review")]
    accept: bool,
    /// Show every pending snapshot, and ask whether to take it
    #[arg(long)]
    review: bool,
}

/// How to print results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
    /// For a server that collects results.
    Junit,
}

/// Tests.
///
/// # Errors
/// When there is no policy to test, or a case file cannot be read.
pub(crate) fn run(arguments: &Arguments, color: Color) -> anyhow::Result<Report> {
    let policy = Policy::find(&arguments.policy, arguments.overlay.as_deref())?;
    ensure!(
        !policy.is_catalog(),
        "cannot test `{}`: this is a catalog; name a policy that uses it",
        arguments.policy.display()
    );
    let files = gather::files(&arguments.policy, &arguments.files)?;
    if arguments.accept || arguments.review {
        return snapshots::decide(&files, arguments.accept, color);
    }
    let gathered = match gather::gather(policy, &files, color)? {
        Ok(gathered) => gathered,
        Err(report) => return Ok(report),
    };
    let ran = ran(&gathered, arguments.filter.as_deref())?;
    let failed = ran.iter().any(|ran| matches!(ran.came, Came::Failed(_)));
    let out = match arguments.format {
        Format::Human => render::human(&ran, color.on_stdout()),
        Format::Json => render::json::json(&ran)?,
        Format::Junit => render::junit::junit(&ran),
    };
    Ok(Report {
        status: if failed { Status::Wrong } else { Status::Yes },
        out,
        err: String::new(),
    })
}

/// Runs what is wanted, on every processor.
fn ran<'g>(gathered: &'g Gathered, filter: Option<&str>) -> anyhow::Result<Vec<Ran<'g>>> {
    let wanted = |test: &Test| {
        filter.is_none_or(|text| test.name.contains(text) || test.file.contains(text))
    };
    let tests = gathered.tests();
    let tests: Vec<_> = tests.filter(|(_, test)| wanted(test)).collect();
    let verdicts = workers::each("testing", &tests, |(group, test)| test.run(&group.engine));
    // Of a file of which only some tests ran, nothing is recorded.
    let mut snapshots = Snapshots::new(filter.is_none());
    let mut ran = Vec::with_capacity(tests.len());
    for ((group, test), verdict) in tests.into_iter().zip(verdicts) {
        ran.push(Ran {
            test,
            policy: &group.policy,
            came: match verdict {
                Verdict::Passed => Came::Passed,
                Verdict::Failed(failure) => Came::Failed(failure),
                Verdict::Open(now) => snapshots.compare(test, &now),
            },
        });
    }
    snapshots.write()?;
    Ok(ran)
}
