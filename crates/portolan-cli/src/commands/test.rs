//! `portolan test`: a policy's `test` blocks and case files, each asked of the policy, with every
//! value under a rule that came out otherwise than expected.

pub(super) mod gather;
pub(super) mod mutating;
mod snapshots;
mod workers;

use std::path::PathBuf;

use anyhow::ensure;
use portolan_test::coverage::coverage;
use portolan_test::suite::Verdict;

use crate::load::Policy;
use crate::render::paint::Color;
use crate::render::tests::coverage::Covered;
use crate::render::tests::{self as render, Came, Measured, Ran};
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
    /// Say which rules, conditions and regions of requests no test touches
    #[arg(long)]
    coverage: bool,
    /// Change rules and the facts that they read, one at a time, and report which changes no test and no proof notices
    #[arg(long)]
    mutate: bool,
    /// Fail where tests and proofs kill fewer of the mutants that differ
    #[arg(long, value_name = "PERCENT", requires = "mutate", value_parser = clap::value_parser!(u8).range(..=100))]
    kill: Option<u8>,
    #[command(flatten)]
    pending: Pending,
}

/// What to do about snapshots that are pending.
#[derive(Debug, clap::Args)]
struct Pending {
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
    if arguments.pending.accept || arguments.pending.review {
        return snapshots::decide(&files, arguments.pending.accept, color);
    }
    let mut gathered = match gather::gather(policy, &files, color)? {
        Ok(gathered) => gathered,
        Err(report) => return Ok(report),
    };
    if let Some(text) = &arguments.filter {
        gathered.keep(&|test| test.name.contains(text) || test.file.contains(text));
    }
    let ran = ran(&gathered, arguments.filter.is_none())?;
    let mutations = if arguments.mutate {
        mutating::mutations(&gathered)
    } else {
        Vec::new()
    };
    let measured = Measured {
        coverage: arguments.coverage.then(|| {
            let own = &gathered.own;
            Covered {
                policy: &own.policy,
                coverage: coverage(&own.engine, &own.tests.iter().collect::<Vec<_>>()),
            }
        }),
        mutants: arguments
            .mutate
            .then(|| mutating::tried(&gathered, &mutations)),
    };
    let failed = ran.iter().any(|ran| matches!(ran.came, Came::Failed(_)));
    let failed = failed || measured.misses(arguments.kill);
    let out = match arguments.format {
        Format::Human => {
            let paint = color.on_stdout();
            let mut out = render::human(&ran, paint);
            let coverage = measured
                .coverage
                .as_ref()
                .map(|covered| covered.human(paint));
            let mutants = measured
                .mutants
                .as_ref()
                .map(|mutants| mutants.human(paint));
            for part in coverage.into_iter().chain(mutants) {
                out.push('\n');
                out.push_str(&part);
            }
            out
        }
        Format::Json => render::json::json(&ran, &measured)?,
        Format::Junit => render::junit::junit(&ran),
    };
    Ok(Report {
        status: if failed { Status::Wrong } else { Status::Yes },
        out,
        err: String::new(),
    })
}

/// Runs what is wanted, on every processor.
fn ran(gathered: &Gathered, whole: bool) -> anyhow::Result<Vec<Ran<'_>>> {
    let tests: Vec<_> = gathered.tests().collect();
    let verdicts = workers::each("testing", &tests, |(group, test)| test.run(&group.engine));
    // Of a file of which only some tests ran, nothing is recorded.
    let mut snapshots = Snapshots::new(whole);
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
