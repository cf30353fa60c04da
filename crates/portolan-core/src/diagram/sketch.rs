//! What one condition comes to for one model and route: steps over the fields of a request, with
//! the catalog's own numbers in them.

use super::field::{Field, SetField};

/// An answer with three values: a fact about now, or an optional field, may be missing.
pub(super) const NO: u32 = 0;
/// See `NO`.
pub(super) const YES: u32 = 1;
/// See `NO`.
pub(super) const UNKNOWN: u32 = 2;

/// A set of words, by their positions; the highest bit is any other word.
pub(super) type Mask = u128;

/// A function of the fields of a request. Its answers are truths, or orders of routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sketch {
    /// The same for every request.
    Leaf(u32),
    /// By the value of a field: each part with the first value that it is for.
    Steps(Field, Vec<(i64, Sketch)>),
    /// By whether a set of the request has a word of the mask: first yes, then no.
    Meets(SetField, Mask, Box<(Sketch, Sketch)>),
    /// One that was folded before, by position.
    Known(u32),
}

impl Sketch {
    /// The truth of something that no request changes.
    pub(super) const fn truth(value: Option<bool>) -> Self {
        Self::Leaf(match value {
            Some(true) => YES,
            Some(false) => NO,
            None => UNKNOWN,
        })
    }

    /// Steps; neighbours that are equal are one.
    pub(super) fn steps(field: Field, mut parts: Vec<(i64, Self)>) -> Self {
        parts.dedup_by(|next, previous| next.1 == previous.1);
        if parts.len() == 1
            && let Some((_, only)) = parts.pop()
        {
            return only;
        }
        Self::Steps(field, parts)
    }

    /// By whether a set has a word of the mask.
    pub(super) fn meets(set: SetField, mask: Mask, then: Self, otherwise: Self) -> Self {
        if mask == 0 || then == otherwise {
            return otherwise;
        }
        Self::Meets(set, mask, Box::new((then, otherwise)))
    }

    /// Yes within these half-open ranges, no outside; unknown where the field is absent.
    pub(super) fn ranges(
        field: Field,
        absentable: bool,
        ranges: impl IntoIterator<Item = (i64, Option<i64>)>,
    ) -> Self {
        let mut sorted: Vec<(i64, Option<i64>)> = ranges.into_iter().collect();
        sorted.sort_unstable();
        let lowest = i64::MIN + i64::from(absentable);
        let mut parts = Vec::new();
        if absentable {
            parts.push((i64::MIN, Self::Leaf(UNKNOWN)));
        }
        let mut at = Some(lowest);
        for (from, until) in sorted {
            let Some(reached) = at else { break };
            if until.is_some_and(|until| until <= reached) {
                continue;
            }
            if from > reached {
                parts.push((reached, Self::Leaf(NO)));
            }
            parts.push((from.max(reached), Self::Leaf(YES)));
            at = until;
        }
        if let Some(rest) = at {
            parts.push((rest, Self::Leaf(NO)));
        }
        Self::steps(field, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Field = Field::At;

    #[test]
    fn ranges_join_and_leave_gaps() {
        let leaf = Sketch::Leaf;
        let made = Sketch::ranges(AT, false, [(5, Some(7)), (7, Some(9)), (20, None)]);
        let parts = vec![
            (i64::MIN, leaf(NO)),
            (5, leaf(YES)),
            (9, leaf(NO)),
            (20, leaf(YES)),
        ];
        assert_eq!(made, Sketch::Steps(AT, parts));
        assert_eq!(Sketch::ranges(AT, false, [(i64::MIN, None)]), leaf(YES));
        let made = Sketch::ranges(AT, true, []);
        let parts = vec![(i64::MIN, leaf(UNKNOWN)), (i64::MIN + 1, leaf(NO))];
        assert_eq!(made, Sketch::Steps(AT, parts));
    }
}
