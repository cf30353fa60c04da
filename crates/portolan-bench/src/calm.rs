//! Whether the machine is calm: others on the same host share its last cache, and a program that
//! waits for memory takes twice as long while they use it.
//!
//! The probe knows nothing of who is measured. It reads a table of its own in no order, and compares
//! how long that takes with the quickest time it ever took.

use std::hint::black_box;

use crate::measure::{as_figure, processor_time};

/// Lines of the table: 8 MB, as much as the models of the largest catalog fill.
const LINES: usize = 1 << 17;

/// How many times the quickest look one may take that is calm.
const CALM: f64 = 1.5;

/// Looks that are made before the first one counts.
const FIRST: usize = 100;

/// Nanoseconds that a round may wait for a calm machine; what one leaves is the others'.
const PATIENCE: f64 = 2e9;

/// A cache line, which names another.
#[repr(align(64))]
struct Line(usize);

/// A table that is read to see how long that takes.
pub(crate) struct Probe {
    table: Vec<Line>,
    quickest: f64,
    /// Nanoseconds that it may still wait.
    patience: f64,
}

/// The line that is read after this one: all of them come before the first comes again.
const fn next(at: usize) -> usize {
    // A step by an odd number and a factor that is one more than a multiple of four.
    (at.wrapping_mul(0x5851_F42D) + 0x1_4057) % LINES
}

impl Probe {
    /// A probe that has seen how quick the machine is by now, as patient as so many rounds need.
    pub(crate) fn new(rounds: usize) -> Self {
        let mut probe = Self {
            table: (0..LINES).map(|at| Line(next(at))).collect(),
            quickest: f64::INFINITY,
            patience: PATIENCE * as_figure(rounds),
        };
        for _ in 0..FIRST {
            probe.is_calm();
        }
        probe
    }

    /// Whether reading the table takes as long as ever.
    fn is_calm(&mut self) -> bool {
        // Once for what the others have put in its place.
        self.look();
        let took = self.look();
        self.quickest = self.quickest.min(took);
        took <= CALM * self.quickest
    }

    /// Reads each line once, and each after the one before it: what is read says where to go on.
    fn look(&self) -> f64 {
        let begun = processor_time();
        let mut at = 0;
        for _ in 0..LINES {
            at = self.table[at].0;
        }
        black_box(at);
        processor_time() - begun
    }

    /// Does something until it was done while the machine was calm, or as often as there is
    /// patience for. The second value is whether it was.
    pub(crate) fn calmly<T>(&mut self, mut work: impl FnMut() -> T) -> (T, bool) {
        loop {
            let begun = processor_time();
            if self.patience > 0.0 && !self.is_calm() {
                self.patience -= processor_time() - begun;
                continue;
            }
            let done = work();
            let calm = self.is_calm();
            if calm || self.patience <= 0.0 {
                return (done, calm);
            }
            self.patience -= processor_time() - begun;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_reads_every_line() {
        let mut seen = vec![false; LINES];
        let mut at = 0;
        for _ in 0..LINES {
            assert!(!std::mem::replace(&mut seen[at], true));
            at = next(at);
        }
        assert_eq!(at, 0);
    }

    #[test]
    fn what_is_done_is_done_also_where_it_is_never_calm() {
        let mut probe = Probe::new(1);
        (probe.quickest, probe.patience) = (0.0, 1e6);
        let mut times = 0;
        let (done, calm) = probe.calmly(|| {
            times += 1;
            times
        });
        assert_eq!((done, calm), (1, false));
    }
}
