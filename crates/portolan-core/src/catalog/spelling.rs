//! Near spellings for catalogs, within a budget: a file of a hundred thousand slips must not cost
//! a comparison of each with every name.

use crate::limits;
use crate::near;

/// Looks for near spellings until its budget is spent.
#[derive(Debug)]
pub(super) struct Speller {
    left: usize,
}

impl Default for Speller {
    fn default() -> Self {
        Self {
            left: limits::NAMES_COMPARED,
        }
    }
}

impl Speller {
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
        self.allows(count, name)
            .then(|| near::nearest(name, candidates))?
    }

    /// Pays for comparing a name with so many; `false` once the budget is spent.
    pub(super) fn allows(&mut self, count: usize, name: &str) -> bool {
        // A comparison costs by length as well.
        let cost = count.saturating_mul(1 + name.len() / 32);
        let left = self.left.checked_sub(cost);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}
