//! Instructions a decision, counted by valgrind: a figure that noise cannot move.
//!
//! The bench starts itself under callgrind, once a case; only what runs inside [`counted`] is
//! counted. [`LINES`] is what continuous integration holds.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::measure::as_figure;
use crate::{golden, seven};

/// Decisions that are counted in each case.
pub(crate) const COUNT: usize = 4_096;

/// Cases with the most instructions that Portolan may take for a decision.
const LINES: [(Case, f64); 4] = [
    (Case::Route, 180.0),
    (Case::Refusal, 180.0),
    (Case::Golden, 5_600.0),
    (Case::TwoFallbacks, 21_000.0),
];

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Case {
    /// The seven rules over 1,000 models, requests that are allowed.
    Route,
    /// The same, requests that are refused.
    Refusal,
    /// The golden policy.
    Golden,
    /// The golden policy, each request with two fallbacks.
    TwoFallbacks,
}

impl Case {
    const fn words(self) -> &'static str {
        match self {
            Self::Route => "seven rules, a route",
            Self::Refusal => "seven rules, a refusal",
            Self::Golden => "golden policy",
            Self::TwoFallbacks => "golden policy, two fallbacks",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Refusal => "refusal",
            Self::Golden => "golden",
            Self::TwoFallbacks => "two-fallbacks",
        }
    }
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Program {
    /// The hand-written limit, or the golden policy by hand.
    HandWritten,
    /// Portolan's compiled form.
    Portolan,
}

impl Program {
    const fn name(self) -> &'static str {
        match self {
            Self::HandWritten => "hand-written",
            Self::Portolan => "portolan",
        }
    }
}

/// One row of the table.
pub(crate) struct Row {
    /// What is decided.
    pub(crate) case: &'static str,
    /// Instructions of the hand-written program, and of Portolan.
    pub(crate) taken: [f64; 2],
    /// The most that Portolan may take.
    pub(crate) most: f64,
}

/// Whether there is a valgrind to count with.
pub(crate) fn available() -> bool {
    let mut version = Command::new("valgrind");
    version
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

/// Counts every case.
///
/// # Errors
/// When valgrind cannot be started, or does not count.
pub(crate) fn all() -> anyhow::Result<Vec<Row>> {
    let row = |(case, most): (Case, f64)| {
        let taken = [
            of(case, Program::HandWritten)?,
            of(case, Program::Portolan)?,
        ];
        Ok(Row {
            case: case.words(),
            taken,
            most,
        })
    };
    LINES.into_iter().map(row).collect()
}

fn of(case: Case, program: Program) -> anyhow::Result<f64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    valgrind.arg("--toggle-collect=portolan_bench::instructions::counted*");
    valgrind.arg(env::current_exe()?);
    valgrind.args(["--count", case.name(), "--program", program.name()]);
    let output = valgrind.output().context("cannot start valgrind")?;
    let text = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("valgrind failed: {text}");
    }
    let collected = text
        .lines()
        .find_map(|line| line.split_once("Collected : "));
    let (_, collected) = collected.context("callgrind collected nothing")?;
    let collected: f64 = collected.trim().parse()?;
    Ok(collected / as_figure(COUNT))
}

/// What runs under valgrind.
///
/// # Errors
/// When the program cannot be loaded.
pub(crate) fn run(case: Case, program: Program) -> anyhow::Result<()> {
    let hand_written = program == Program::HandWritten;
    match case {
        Case::Route => seven::count(hand_written, true),
        Case::Refusal => seven::count(hand_written, false),
        Case::Golden => golden::count(hand_written, 0),
        Case::TwoFallbacks => golden::count(hand_written, 2),
    }
}

/// The only work that is counted.
#[inline(never)]
pub(crate) fn counted(work: &mut dyn FnMut()) {
    work();
}
