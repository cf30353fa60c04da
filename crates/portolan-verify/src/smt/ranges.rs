//! Sets of integers as sorted, disjoint ranges. What the integers stand for is `space.rs`'s.

use std::collections::BTreeSet;

/// A set of integers. Ends are wide enough that no sum of two 64-bit numbers overflows them.
///
/// INVARIANT: sorted by start, and between two ranges at least one integer is missing, so that
/// equal sets are equal values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Ranges(Vec<(i128, i128)>);

impl Ranges {
    /// No integer.
    pub(super) const EMPTY: Self = Self(Vec::new());

    /// From one end to the other, both inside; empty if they are the wrong way round.
    pub(super) fn between(least: i128, most: i128) -> Self {
        Self(if least <= most {
            vec![(least, most)]
        } else {
            Vec::new()
        })
    }

    /// Just this one.
    pub(super) fn one(value: i128) -> Self {
        Self::between(value, value)
    }

    /// These.
    pub(super) fn of(values: &BTreeSet<i128>) -> Self {
        Self::joined(values.iter().map(|value| (*value, *value)))
    }

    /// Ranges by start, joined where they touch.
    fn joined(sorted: impl IntoIterator<Item = (i128, i128)>) -> Self {
        let mut out: Vec<(i128, i128)> = Vec::new();
        for (least, most) in sorted {
            match out.last_mut() {
                Some((_, end)) if least <= end.saturating_add(1) => *end = most.max(*end),
                _ => out.push((least, most)),
            }
        }
        Self(out)
    }

    pub(super) fn parts(&self) -> &[(i128, i128)] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, value: i128) -> bool {
        let holds = |(least, most): &(i128, i128)| *least <= value && value <= *most;
        self.0.iter().any(holds)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut all: Vec<(i128, i128)> = self.0.iter().chain(&other.0).copied().collect();
        all.sort_unstable();
        Self::joined(all)
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some((a, b)), Some((c, d))) = (left.peek(), right.peek()) {
            let (least, most) = ((*a).max(*c), (*b).min(*d));
            if least <= most {
                out.push((least, most));
            }
            if b <= d {
                left.next();
            } else {
                right.next();
            }
        }
        Self(out)
    }

    /// What is in this set and not in the other.
    pub(super) fn without(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        for (least, most) in &self.0 {
            let mut from = *least;
            for (a, b) in &other.0 {
                if *b < from || *a > *most {
                    continue;
                }
                if from < *a {
                    out.push((from, a.saturating_sub(1)));
                }
                from = b.saturating_add(1);
            }
            if from <= *most {
                out.push((from, *most));
            }
        }
        Self(out)
    }

    /// Every member moved.
    pub(super) fn shifted(&self, by: i128) -> Self {
        let moved = |end: i128| end.saturating_add(by);
        Self(self.0.iter().map(|(a, b)| (moved(*a), moved(*b))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The set of the bits of a number.
    fn bits(n: u32) -> Ranges {
        let members: BTreeSet<i128> = (0..8).filter(|i| n >> i & 1 == 1).collect();
        Ranges::of(&members)
    }

    #[test]
    fn ranges_are_sets_of_integers() {
        for a in 0..256 {
            for b in (0..256).step_by(3) {
                assert_eq!(bits(a).union(&bits(b)), bits(a | b));
                assert_eq!(bits(a).intersection(&bits(b)), bits(a & b));
                assert_eq!(bits(a).without(&bits(b)), bits(a & !b));
            }
            let members = (0..8).filter(|i| bits(a).contains(*i)).count();
            assert_eq!(members, a.count_ones() as usize);
            assert_eq!(bits(a).is_empty(), a == 0);
        }
        assert_eq!(Ranges::between(3, 2), Ranges::default());
        assert_eq!(Ranges::one(4).shifted(-5), Ranges::one(-1));
    }
}
