//! Near spellings for catalogs, within a budget: a file of a hundred thousand slips must not cost
//! a comparison of each with every name.

use crate::limits;
use crate::near;

/// Looks for near spellings until its budget is spent.
#[derive(Debug)]
pub(super) struct Speller {
    left: usize,
}

impl Speller {
    pub(super) const fn new() -> Self {
        Self {
            left: limits::NAMES_COMPARED,
        }
    }

    /// The nearest candidate, if any is near and the budget allows to look.
    pub(super) fn nearest<'a>(
        &mut self,
        name: &str,
        candidates: impl ExactSizeIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        self.nearest_of(name, candidates.len(), candidates)
    }

    /// The same for candidates whose iterator does not know how many they are.
    pub(super) fn nearest_of<'a>(
        &mut self,
        name: &str,
        count: usize,
        candidates: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        // A comparison costs by length as well.
        let cost = count.saturating_mul(1 + name.len() / 32);
        self.left = self.left.checked_sub(cost)?;
        near::nearest(name, candidates)
    }
}
