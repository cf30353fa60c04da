//! A field of the request against a value of the catalog or a constant: the codes at which it
//! holds.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is no date compares as a number"
)]

use super::{Fold, Folded};
use crate::diagram::constants::exactly;
use crate::diagram::field::{Field, word};
use crate::diagram::store::Inconclusive;
use crate::instant::Instant;
use crate::policy::{Term, Type, Value};
use crate::syntax::ast::Comparison;

impl Fold<'_> {
    /// A field compared with a value.
    pub(super) fn against(
        &self,
        term: &Term,
        field: Field,
        comparison: Comparison,
        value: &Value,
    ) -> Folded {
        if let Comparison::In = comparison {
            let Value::Set(set) = value else {
                return Err(Inconclusive);
            };
            let mut ranges = Vec::new();
            for value in set {
                ranges.extend(self.equal(term, field, value)?);
            }
            return Ok(self.ranges(field, ranges));
        }
        let lowest = i64::MIN + i64::from(self.absentable(field));
        let from = |term: &Term| self.least(term, field, value);
        let after = |term: &Term| self.after(term, field, value);
        let below = |until: Option<i64>| match until {
            Some(until) if until <= lowest => vec![],
            until => vec![(lowest, until)],
        };
        let above = |from: Option<i64>| from.map(|from| (from, None)).into_iter().collect();
        let ranges: Vec<(i64, Option<i64>)> = match comparison {
            Comparison::Equal => self.equal(term, field, value)?,
            Comparison::NotEqual => match self.equal(term, field, value)?.as_slice() {
                [] => below(None),
                [(from, until)] => {
                    let mut around = below(Some(*from));
                    around.extend(until.map(|until| (until, None)));
                    around
                }
                _ => return Err(Inconclusive),
            },
            Comparison::Less => below(from(term)?),
            Comparison::AtMost => below(after(term)?),
            Comparison::AtLeast => above(from(term)?),
            Comparison::Greater => above(after(term)?),
            Comparison::In | Comparison::Within | Comparison::Overlaps | Comparison::SubsetOf => {
                return Err(Inconclusive);
            }
        };
        Ok(self.ranges(field, ranges))
    }

    /// The codes of a field at which it equals a value.
    fn equal(
        &self,
        term: &Term,
        field: Field,
        value: &Value,
    ) -> Result<Vec<(i64, Option<i64>)>, Inconclusive> {
        if let Field::At | Field::Number(_) | Field::State(..) = field
            && !matches!(value, Value::Bool(_))
        {
            let Some(from) = self.least(term, field, value)? else {
                return Ok(Vec::new());
            };
            return Ok(vec![(from, self.after(term, field, value)?)]);
        }
        let code = match (field, value) {
            (Field::Flag(flag), Value::Text(text)) => word(flag, text),
            (Field::Flag(_) | Field::State(..), Value::Bool(value)) => Some(i64::from(*value)),
            (Field::Text(_), Value::Text(text)) => Some(self.exact(field, text)?),
            (Field::Attribute(index), value) => self.attribute_code(index, field, value)?,
            _ => None,
        };
        Ok(code
            .map(|code| (code, code.checked_add(1)))
            .into_iter()
            .collect())
    }

    fn attribute_code(
        &self,
        index: u16,
        field: Field,
        value: &Value,
    ) -> Result<Option<i64>, Inconclusive> {
        let of = self.vocabulary.policy.attributes.get(usize::from(index));
        Ok(match (value, of.map(|a| &a.of)) {
            (Value::Bool(value), _) => Some(i64::from(*value)),
            (Value::Integer(value), _) => Some(*value),
            (Value::Row(table, row), Some(Type::Key(of))) if table == of => {
                let classes = self.vocabulary.classes.get(&index);
                classes.and_then(|c| c.of.get(*row as usize)).copied()
            }
            (Value::Text(text), Some(Type::Choice(words))) => words.position(text).map(i64::from),
            (Value::Text(text), Some(Type::Text)) => Some(self.exact(field, text)?),
            _ => None,
        })
    }

    /// The rank of a text that is among the bounds.
    fn exact(&self, field: Field, text: &str) -> Result<i64, Inconclusive> {
        let bounds = self.bounds(field);
        let [bound, _] = exactly(text);
        let position = bounds.binary_search(&bound).map_err(|_| Inconclusive)?;
        i64::try_from(position + 1).map_err(|_| Inconclusive)
    }

    /// The least code at which a field is at least a value; `None` where it never is.
    fn least(&self, term: &Term, field: Field, value: &Value) -> Result<Option<i64>, Inconclusive> {
        match value {
            Value::Instant(date) => Ok(reaches(term, date.unix_seconds())),
            other => {
                let number = number(other).ok_or(Inconclusive)?;
                if self.absentable(field) && number <= i64::MIN + 1 {
                    return Err(Inconclusive);
                }
                Ok(Some(number))
            }
        }
    }

    /// The least code at which a field is more than a value.
    fn after(&self, term: &Term, field: Field, value: &Value) -> Result<Option<i64>, Inconclusive> {
        match value {
            Value::Instant(date) => Ok(reaches(term, date.unix_seconds().saturating_add(1))),
            other => {
                self.least(term, field, other)?;
                Ok(number(other).and_then(|number| number.checked_add(1)))
            }
        }
    }
}

/// The first instant, in seconds, at which the request's instant, moved as the term says, is at
/// least this one; the lowest code where it always is.
fn reaches(term: &Term, date: i64) -> Option<i64> {
    let moved = |at: i64| shifted(term, Instant::from_unix_seconds(at)).unix_seconds();
    let (mut low, mut high) = (Instant::MIN.unix_seconds(), Instant::MAX.unix_seconds());
    if moved(high) < date {
        return None;
    }
    if moved(low) >= date {
        return Some(i64::MIN);
    }
    // INVARIANT: moved(low) < date <= moved(high); the distance halves.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if moved(middle) >= date {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

fn shifted(term: &Term, at: Instant) -> Instant {
    if let Term::Offset(inner, seconds) = term {
        shifted(inner, at).plus_seconds(*seconds)
    } else {
        at
    }
}

fn number(value: &Value) -> Option<i64> {
    if let Value::Integer(number) = value {
        Some(*number)
    } else if let Value::Decimal(number) = value {
        Some(number.billionths())
    } else {
        None
    }
}

pub(super) fn flipped(comparison: Comparison) -> Result<Comparison, Inconclusive> {
    Ok(match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::Greater => Comparison::Less,
        Comparison::AtLeast => Comparison::AtMost,
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::In | Comparison::Within | Comparison::Overlaps | Comparison::SubsetOf => {
            return Err(Inconclusive);
        }
    })
}
