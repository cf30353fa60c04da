//! The testkit's dice, for tests: they may index.
//!
//! What is chosen lives in `world.rs` and `rules.rs`.

use portolan_testkit::dice;

/// A small, fixed source of choices: the same seed makes the same world on every machine.
pub(crate) struct Dice(dice::Dice);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(dice::Dice::new(seed))
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0.below(n)
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&mut self, least: usize, most: usize) -> usize {
        self.0.between(least, most)
    }

    /// True so many times in a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.0.chance(percent)
    }

    /// One of them.
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// One of some owned things.
    pub(crate) fn one_of<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}
