//! Values that are not known yet: what a term comes to, depending on the request.

use std::collections::BTreeMap;

use portolan_core::instant::Instant;
use portolan_core::policy::Value;
use portolan_core::syntax::ast::Comparison;

use super::encoder::Encoder;
use super::formula::{Formula, Variable};
use super::ranges::Ranges;

/// The value of a term.
#[derive(Debug, Clone)]
pub(super) enum Symbol {
    /// One of a few, each where its formula holds, which is in exactly one case; `None` is absent.
    Cases(Vec<(Formula, Option<Value>)>),
    /// A number of the request.
    Number(Number),
    /// A set of the request.
    Set(Words),
}

/// A number of the request.
#[derive(Debug, Clone)]
pub(super) struct Number {
    /// Where it has a value.
    pub(super) given: Formula,
    /// The number.
    pub(super) variable: Variable,
    /// Seconds by which an instant is moved, one step after the other.
    pub(super) moved: Vec<i64>,
}

/// A set, by who is in it.
#[derive(Debug, Clone)]
pub(super) struct Words {
    /// Where it has a value.
    pub(super) given: Formula,
    /// Where each is a member; what is not listed never is.
    pub(super) members: BTreeMap<Value, Formula>,
    /// Where it has a member that nothing names.
    pub(super) other: Formula,
}

impl Symbol {
    pub(super) fn constant(value: Option<Value>) -> Self {
        Self::Cases(vec![(Formula::TRUE, value)])
    }

    pub(super) fn absent() -> Self {
        Self::constant(None)
    }
}

/// Cases, each value once.
#[derive(Debug)]
pub(super) struct Cases<T>(BTreeMap<T, Formula>);

impl<T> Default for Cases<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Ord> Cases<T> {
    pub(super) fn add(&mut self, encoder: &mut Encoder<'_>, when: Formula, value: T) {
        if when == Formula::FALSE {
            return;
        }
        let known = self.0.entry(value).or_insert(Formula::FALSE);
        *known = encoder.all.or([*known, when]);
    }

    pub(super) fn into_vec(self) -> Vec<(Formula, T)> {
        self.0
            .into_iter()
            .map(|(value, when)| (when, value))
            .collect()
    }
}

impl Number {
    /// The numbers that compare so with a value.
    pub(super) fn compares(&self, comparison: Comparison, value: &Value) -> Option<Ranges> {
        let all = Ranges::between(i128::MIN, i128::MAX);
        let set = match comparison {
            Comparison::Equal => Ranges::one(number(value)?),
            Comparison::NotEqual => all.without(&Ranges::one(number(value)?)),
            Comparison::Less => Ranges::between(i128::MIN, number(value)? - 1),
            Comparison::AtMost => Ranges::between(i128::MIN, number(value)?),
            Comparison::Greater => Ranges::between(number(value)? + 1, i128::MAX),
            Comparison::AtLeast => Ranges::between(number(value)?, i128::MAX),
            Comparison::In => {
                let Value::Set(members) = value else {
                    return None;
                };
                Ranges::of(&members.iter().filter_map(number).collect())
            }
            Comparison::SubsetOf | Comparison::Within | Comparison::Overlaps => return None,
        };
        Some(self.before_moves(set))
    }

    /// The instants that come to lie in a set once they are moved; each move ends at the first
    /// and at the last instant there is.
    fn before_moves(&self, mut set: Ranges) -> Ranges {
        let first = i128::from(Instant::MIN.unix_seconds());
        let last = i128::from(Instant::MAX.unix_seconds());
        for by in self.moved.iter().rev() {
            let mut before = set.intersection(&Ranges::between(first, last));
            if set.contains(first) {
                before = before.union(&Ranges::between(i128::MIN / 2, first));
            }
            if set.contains(last) {
                before = before.union(&Ranges::between(last, i128::MAX / 2));
            }
            set = before.shifted(-i128::from(*by));
        }
        set
    }
}

/// The number that stands for a value of a type with an order.
fn number(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(n) => Some(i128::from(*n)),
        Value::Decimal(amount) => Some(i128::from(amount.billionths())),
        Value::Instant(at) => Some(i128::from(at.unix_seconds())),
        Value::Bool(_)
        | Value::Text(_)
        | Value::Model(_)
        | Value::Maker(_)
        | Value::Provider(_)
        | Value::Endpoint(_)
        | Value::Region(_)
        | Value::Places(_)
        | Value::UnknownPlace
        | Value::Retention(_)
        | Value::Row(..)
        | Value::Set(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_instant_stops_at_both_ends_of_time() {
        let number = |moved: &[i64]| Number {
            given: Formula::TRUE,
            variable: Variable(0),
            moved: moved.to_vec(),
        };
        let ends = [Instant::MIN, Instant::MAX, Instant::from_unix_seconds(0)];
        let near = |at: &Instant| [-70, -60, -1, 0, 1, 60, 70].map(|by| at.plus_seconds(by));
        let all: Vec<Instant> = ends.iter().flat_map(near).collect();
        for moves in [&[60][..], &[-60], &[60, -60], &[-60, 60], &[]] {
            for at in &all {
                let moved = moves.iter().fold(*at, |at, by| at.plus_seconds(*by));
                for date in &all {
                    let value = Value::Instant(*date);
                    let seconds = i128::from(at.unix_seconds());
                    let says = |by| {
                        number(moves)
                            .compares(by, &value)
                            .unwrap()
                            .contains(seconds)
                    };
                    assert_eq!(says(Comparison::AtMost), moved <= *date);
                    assert_eq!(says(Comparison::Less), moved < *date);
                    assert_eq!(says(Comparison::NotEqual), moved != *date);
                    assert_eq!(says(Comparison::AtLeast), moved >= *date);
                }
            }
        }
    }
}
