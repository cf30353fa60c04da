//! How the contenders are measured: side by side, round by round, so that whatever else the
//! machine does falls on all of them.
//!
//! A round times one stretch of requests for each contender, in processor time of this thread;
//! the next round goes on where it left. Medians are over rounds. A ratio is the median of the
//! rounds' own ratios, since two stretches a few milliseconds apart share the machine's mood. What
//! was timed while others on the host used its memory is timed again: `calm` tells, without a look
//! at what came out.

use rustix::time::{ClockId, clock_gettime};

use crate::allocations::counted;
use crate::calm::Probe;

/// Something that can be timed over requests of a kind.
pub(crate) trait Timed<J> {
    /// Does each of them and drops what came of it.
    fn run(&mut self, jobs: &[J]);
}

/// Decisions in one of the batches over which the 99th percentile is taken.
pub(crate) const BATCH: usize = 64;

/// Nanoseconds that one round of one contender should last.
const ROUND: f64 = 25_000_000.0;

/// What was measured of one contender.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timing {
    /// Nanoseconds a decision, one figure a round.
    pub(crate) rounds: Vec<f64>,
    /// Nanoseconds a decision, one figure a batch.
    batches: Vec<f64>,
    /// Rounds that were timed while the machine was not calm.
    pub(crate) disturbed: usize,
}

impl Timing {
    /// Nanoseconds a decision.
    pub(crate) fn median(&self) -> f64 {
        quantile(self.rounds.clone(), 0.5)
    }

    /// Nanoseconds a decision in the quickest round.
    pub(crate) fn least(&self) -> f64 {
        quantile(self.rounds.clone(), 0.0)
    }

    /// Nanoseconds a decision in all but the slowest hundredth of batches.
    pub(crate) fn p99(&self) -> f64 {
        quantile(self.batches.clone(), 0.99)
    }

    /// How often the other's time this one takes.
    pub(crate) fn over(&self, other: &Self) -> f64 {
        let pairs = self.rounds.iter().zip(&other.rounds);
        quantile(pairs.map(|(own, other)| own / other).collect(), 0.5)
    }
}

fn quantile(mut figures: Vec<f64>, share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index among a few thousand figures"
    )]
    let index = (figures.len().saturating_sub(1) as f64 * share).round() as usize;
    figures.get(index).copied().unwrap_or(f64::NAN)
}

/// Times all of them over the same requests, in so many rounds; with a probe, while it is calm.
pub(crate) fn rounds<J>(
    runners: &mut [&mut dyn Timed<J>],
    jobs: &[J],
    rounds: usize,
    mut probe: Option<Probe>,
) -> Vec<Timing> {
    let stretches: Vec<usize> = runners
        .iter_mut()
        .map(|runner| stretch(*runner, jobs))
        .collect();
    let mut starts = vec![0; runners.len()];
    let mut timings = vec![Timing::default(); runners.len()];
    for _ in 0..rounds {
        for (((runner, stretch), start), timing) in runners
            .iter_mut()
            .zip(&stretches)
            .zip(&mut starts)
            .zip(&mut timings)
        {
            // Another contender has just had the caches: this one may fetch its own again.
            let warm = if *stretch < jobs.len() {
                (*stretch).min(1_024)
            } else {
                jobs.len()
            };
            let mut round = || {
                wrapped(jobs, *start, warm, |part| runner.run(part));
                let begun = processor_time();
                wrapped(jobs, *start, *stretch, |part| runner.run(part));
                processor_time() - begun
            };
            let (took, calm) = match &mut probe {
                Some(probe) => probe.calmly(round),
                None => (round(), true),
            };
            timing.rounds.push(took / as_figure(*stretch));
            timing.disturbed += usize::from(!calm);
            *start = (*start + stretch) % jobs.len();
        }
    }
    for (runner, timing) in runners.iter_mut().zip(&mut timings) {
        timing.batches = batches(*runner, jobs, timing.median());
    }
    timings
}

/// How many requests make a round: whole passes where they are quick, else a part of one.
fn stretch<J>(runner: &mut dyn Timed<J>, jobs: &[J]) -> usize {
    let trial = jobs.len().min(1_024);
    let begun = processor_time();
    wrapped(jobs, 0, trial, |part| runner.run(part));
    let each = (processor_time() - begun) / as_figure(trial);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rough count"
    )]
    let fitting = (ROUND / each.max(1.0)) as usize;
    if fitting >= jobs.len() {
        fitting / jobs.len() * jobs.len()
    } else {
        fitting.max(BATCH)
    }
}

/// Goes through so many requests from a place on, over and over.
fn wrapped<J>(jobs: &[J], mut start: usize, mut count: usize, mut run: impl FnMut(&[J])) {
    while count > 0 {
        let part = &jobs[start..jobs.len().min(start + count)];
        run(part);
        count -= part.len();
        start = 0;
    }
}

/// Times small batches, less what reading the clock costs.
fn batches<J>(runner: &mut dyn Timed<J>, jobs: &[J], each: f64) -> Vec<f64> {
    let clock = (0..1_001).map(|_| {
        let begun = processor_time();
        processor_time() - begun
    });
    let clock = quantile(clock.collect(), 0.5);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rough count"
    )]
    let fitting = (10.0 * ROUND / each.max(1.0)) as usize / BATCH;
    let parts = jobs.chunks_exact(BATCH).cycle();
    let timed = parts.take(fitting.clamp(128, 4_096)).map(|part| {
        let begun = processor_time();
        runner.run(part);
        (processor_time() - begun - clock) / as_figure(BATCH)
    });
    timed.collect()
}

/// Heap calls a decision, over these requests; none where there are none.
pub(crate) fn heap_calls<J>(runner: &mut dyn Timed<J>, jobs: &[J]) -> f64 {
    let ((), asked) = counted(|| runner.run(jobs));
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts stay far below 2 to the 52"
    )]
    let calls = asked.calls as f64;
    calls / as_figure(jobs.len().max(1))
}

/// Processor time of this thread, in nanoseconds.
pub(crate) fn processor_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    #[expect(
        clippy::cast_precision_loss,
        reason = "an hour is well below 2 to the 52 nanoseconds"
    )]
    let (seconds, nanoseconds) = (time.tv_sec as f64, time.tv_nsec as f64);
    seconds * 1e9 + nanoseconds
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts stay far below 2 to the 52"
)]
pub(crate) const fn as_figure(count: usize) -> f64 {
    count as f64
}
