//! What a contender is, and the list of them. Each lives in a file of its own; none knows how it
//! is measured.

use std::hint::black_box;

use crate::contenders;
use crate::job::{Job, Model, Verdict};
use crate::measure::Timed;

/// Something that does the job. The conversion of a request to its own form is part of `decide`.
pub(crate) trait Contender {
    /// Does the job once and shows what came of it.
    fn decide<R>(&mut self, job: &Job, show: impl FnOnce(Verdict<'_>) -> R) -> R;
}

/// A contender behind a pointer: the loop lies inside, so that no call through a table is timed.
pub(crate) trait Runner: Timed<Job> {
    /// Does the job once and shows what came of it.
    fn show(&mut self, job: &Job, show: &mut dyn FnMut(&Verdict<'_>));
}

impl<C: Contender> Timed<Job> for C {
    fn run(&mut self, jobs: &[Job]) {
        for job in jobs {
            self.decide(black_box(job), |verdict| {
                black_box(&verdict);
            });
        }
    }
}

impl<C: Contender> Runner for C {
    fn show(&mut self, job: &Job, show: &mut dyn FnMut(&Verdict<'_>)) {
        self.decide(job, |verdict| show(&verdict));
    }
}

/// What is loaded.
pub(crate) struct World {
    /// The catalog as typed records.
    pub(crate) models: Vec<Model>,
    /// The same as Portolan reads it.
    pub(crate) yaml: String,
}

/// A line of the table.
pub(crate) struct Entry {
    /// Its name there.
    pub(crate) name: &'static str,
    /// What it answers with, and what the host does for it.
    pub(crate) gives: &'static str,
    /// What kind of contender it is.
    pub(crate) kind: Kind,
    /// Makes it ready.
    pub(crate) load: fn(&World) -> anyhow::Result<Box<dyn Runner>>,
}

/// Who is compared with whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The hand-written program that all others are divided by.
    Limit,
    /// Another hand-written program.
    HandWritten,
    /// Portolan's compiled form.
    Portolan,
    /// Portolan's reference interpreter.
    Reference,
    /// A policy or expression engine.
    Engine,
}

/// Everybody, in the order of the table.
pub(crate) fn all() -> Vec<Entry> {
    #[cfg_attr(
        not(feature = "engines"),
        expect(unused_mut, reason = "no engine joins")
    )]
    let mut everybody = vec![
        contenders::limit::ENTRY,
        contenders::naive::ENTRY,
        contenders::compiled::ENTRY,
        contenders::reference::ENTRY,
    ];
    #[cfg(feature = "engines")]
    everybody.extend([
        contenders::wirefilter::ENTRY,
        contenders::datalogic::ENTRY,
        contenders::zen::ENTRY,
        contenders::cel::ENTRY,
        contenders::regorus::ENTRY,
        contenders::cedar::ENTRY,
    ]);
    everybody
}
