//! Conditions to formulas. Truth has three values: a comparison with what is absent is neither
//! true nor false, `not` leaves it so, and a rule holds only where its condition is true.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the resolver has checked the types: a value of another type cannot stand here"
)]

use portolan_core::catalog::Retention;
use portolan_core::place::Place;
use portolan_core::policy::{BodyField, Condition, Glob, Rule, Term, Value};
use portolan_core::syntax::ast::Comparison;

use super::Unsupported;
use super::encoder::{Encoder, View};
use super::formula::Formula;
use super::symbol::{Number, Symbol, Words};

/// Where a condition is true, and where it is false.
#[derive(Debug, Clone, Copy)]
pub(super) struct Truth {
    pub(super) yes: Formula,
    pub(super) no: Formula,
}

impl Encoder<'_> {
    /// A rule is in force and its condition is true.
    pub(super) fn holds(&mut self, view: View, rule: &Rule) -> Result<Formula, Unsupported> {
        let during = self.window(rule.window);
        let truth = self.truth(view, &rule.when)?;
        Ok(self.all.and([during, truth.yes]))
    }

    /// The truth of a condition.
    pub(super) fn truth(
        &mut self,
        view: View,
        condition: &Condition,
    ) -> Result<Truth, Unsupported> {
        match condition {
            Condition::Constant(value) => {
                let (yes, no) = if *value {
                    (Formula::TRUE, Formula::FALSE)
                } else {
                    (Formula::FALSE, Formula::TRUE)
                };
                Ok(Truth { yes, no })
            }
            Condition::And(parts) | Condition::Or(parts) => {
                let mut yes = Vec::new();
                let mut no = Vec::new();
                for part in parts {
                    let truth = self.truth(view, part)?;
                    yes.push(truth.yes);
                    no.push(truth.no);
                }
                Ok(if matches!(condition, Condition::And(_)) {
                    Truth {
                        yes: self.all.and(yes),
                        no: self.all.or(no),
                    }
                } else {
                    Truth {
                        yes: self.all.or(yes),
                        no: self.all.and(no),
                    }
                })
            }
            Condition::Not(inner) => {
                let Truth { yes, no } = self.truth(view, inner)?;
                Ok(Truth { yes: no, no: yes })
            }
            Condition::IsSet(term) => {
                let given = match self.term(view, term)? {
                    Symbol::Number(number) => number.given,
                    Symbol::Set(words) => words.given,
                    Symbol::Cases(cases) => self.where_value(&cases, |_| true),
                };
                let no = self.all.not(given);
                Ok(Truth { yes: given, no })
            }
            Condition::Holds(term) => {
                let Symbol::Cases(cases) = self.term(view, term)? else {
                    return Err(Unsupported::OpenValue);
                };
                let yes = self.where_value(&cases, |value| *value == Value::Bool(true));
                let no = self.where_value(&cases, |value| *value != Value::Bool(true));
                Ok(Truth { yes, no })
            }
            Condition::Matches(term, glob) => self.matches(view, term, glob),
            Condition::Compare(left, comparison, right) => {
                self.comparison(view, left, *comparison, right)
            }
        }
    }

    /// The truth of a comparison.
    pub(super) fn comparison(
        &mut self,
        view: View,
        left: &Term,
        comparison: Comparison,
        right: &Term,
    ) -> Result<Truth, Unsupported> {
        let left = self.term(view, left)?;
        let right = self.term(view, right)?;
        self.compare(left, comparison, right)
    }

    /// Where a value is there and fits.
    fn where_value(
        &mut self,
        cases: &[(Formula, Option<Value>)],
        fits: impl Fn(&Value) -> bool,
    ) -> Formula {
        let found = cases.iter();
        let found = found.filter(|(_, value)| value.as_ref().is_some_and(&fits));
        let found: Vec<Formula> = found.map(|(when, _)| *when).collect();
        self.all.or(found)
    }

    fn matches(&mut self, view: View, term: &Term, glob: &Glob) -> Result<Truth, Unsupported> {
        if *term == Term::Body(BodyField::Model) {
            // The id as it was asked for, not the model that it stands for.
            let (mut yes, mut no) = (Vec::new(), Vec::new());
            for (position, named) in self.names(view) {
                let Some(fits) = self.space.id(&named).map(|id| glob.matches(id)) else {
                    continue;
                };
                let when = self.asked(view, position);
                if fits { &mut yes } else { &mut no }.push(when);
            }
            return Ok(Truth {
                yes: self.all.or(yes),
                no: self.all.or(no),
            });
        }
        let Symbol::Cases(cases) = self.term(view, term)? else {
            return Err(Unsupported::OpenValue);
        };
        let catalog = self.space.catalog;
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            Value::Model(id) => catalog
                .model(*id)
                .map_or("".into(), |model| model.id.clone()),
            _ => "".into(),
        };
        let yes = self.where_value(&cases, |value| glob.matches(&text(value)));
        let no = self.where_value(&cases, |value| !glob.matches(&text(value)));
        Ok(Truth { yes, no })
    }

    fn compare(
        &mut self,
        left: Symbol,
        comparison: Comparison,
        right: Symbol,
    ) -> Result<Truth, Unsupported> {
        match (left, right) {
            (Symbol::Cases(left), Symbol::Cases(right)) => {
                Ok(self.values(&left, comparison, &right))
            }
            (Symbol::Number(number), Symbol::Cases(cases)) => {
                self.number_to(&number, comparison, &cases)
            }
            (Symbol::Cases(cases), Symbol::Number(number)) => {
                let turned = match comparison {
                    Comparison::Less => Comparison::Greater,
                    Comparison::AtMost => Comparison::AtLeast,
                    Comparison::Greater => Comparison::Less,
                    Comparison::AtLeast => Comparison::AtMost,
                    same => same,
                };
                if matches!(turned, Comparison::In) {
                    return Err(Unsupported::OpenValue);
                }
                self.number_to(&number, turned, &cases)
            }
            (Symbol::Cases(cases), Symbol::Set(words)) if comparison == Comparison::In => {
                Ok(self.member(&cases, &words))
            }
            (Symbol::Number(_), _) | (_, Symbol::Number(_)) => Err(Unsupported::OpenValue),
            (left, right) => {
                let (left, right) = (self.words(left)?, self.words(right)?);
                self.sets(&left, comparison, &right)
            }
        }
    }

    /// Known values against known values, each pair for where both hold.
    fn values(
        &mut self,
        left: &[(Formula, Option<Value>)],
        comparison: Comparison,
        right: &[(Formula, Option<Value>)],
    ) -> Truth {
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (when, a) in left {
            for (also, b) in right {
                let (Some(a), Some(b)) = (a, b) else {
                    continue;
                };
                let both = self.all.and([*when, *also]);
                if both == Formula::FALSE {
                    continue;
                }
                let holds = self.value(a, comparison, b);
                let not = self.all.not(holds);
                yes.push(self.all.and([both, holds]));
                no.push(self.all.and([both, not]));
            }
        }
        Truth {
            yes: self.all.or(yes),
            no: self.all.or(no),
        }
    }

    /// Two values: decided, but for places, whose territories depend on the instant.
    fn value(&mut self, a: &Value, comparison: Comparison, b: &Value) -> Formula {
        let decided = match comparison {
            Comparison::Equal => a == b,
            Comparison::NotEqual => a != b,
            Comparison::Less => a < b,
            Comparison::AtMost => a <= b,
            Comparison::Greater => a > b,
            Comparison::AtLeast => a >= b,
            Comparison::In => matches!(b, Value::Set(set) if set.contains(a)),
            Comparison::SubsetOf => match (a, b) {
                (Value::Set(a), Value::Set(b)) => a.is_subset(b),
                _ => false,
            },
            Comparison::Within => match (a, b) {
                // Unknown is longer than anything, and within nothing.
                (Value::Retention(Retention::Unknown), Value::Retention(_)) => false,
                (Value::Retention(a), Value::Retention(b)) => a <= b,
                _ => return self.places(a, b, Place::within),
            },
            Comparison::Overlaps => match (a, b) {
                (Value::Set(a), Value::Set(b)) => !a.is_disjoint(b),
                _ => return self.places(a, b, Place::overlaps),
            },
        };
        if decided {
            Formula::TRUE
        } else {
            Formula::FALSE
        }
    }

    fn places(&mut self, a: &Value, b: &Value, holds: impl Fn(Place, Place) -> bool) -> Formula {
        let mut found = Vec::new();
        let (a, b) = (self.place(a), self.place(b));
        for (when, a) in &a {
            for (also, b) in &b {
                if holds(*a, *b) {
                    found.push(self.all.and([*when, *also]));
                }
            }
        }
        self.all.or(found)
    }

    /// The territories of a value over time.
    fn place(&mut self, value: &Value) -> Vec<(Formula, Place)> {
        match value {
            Value::Places(names) => self.territories(names),
            _ => vec![(Formula::TRUE, Place::UNKNOWN)],
        }
    }

    fn number_to(
        &mut self,
        number: &Number,
        comparison: Comparison,
        cases: &[(Formula, Option<Value>)],
    ) -> Result<Truth, Unsupported> {
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (when, value) in cases {
            let Some(value) = value else { continue };
            let set = number.compares(comparison, value);
            let set = set.ok_or(Unsupported::OpenValue)?;
            let holds = self.all.within(number.variable, &set);
            let not = self.all.not(holds);
            yes.push(self.all.and([number.given, *when, holds]));
            no.push(self.all.and([number.given, *when, not]));
        }
        Ok(Truth {
            yes: self.all.or(yes),
            no: self.all.or(no),
        })
    }

    /// A known value is in a set of the request.
    fn member(&mut self, cases: &[(Formula, Option<Value>)], words: &Words) -> Truth {
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        for (when, value) in cases {
            let Some(value) = value else { continue };
            let inside = words.members.get(value).copied();
            let inside = inside.unwrap_or(Formula::FALSE);
            let not = self.all.not(inside);
            yes.push(self.all.and([words.given, *when, inside]));
            no.push(self.all.and([words.given, *when, not]));
        }
        Truth {
            yes: self.all.or(yes),
            no: self.all.or(no),
        }
    }

    fn sets(&mut self, a: &Words, comparison: Comparison, b: &Words) -> Result<Truth, Unsupported> {
        let both_open = a.other != Formula::FALSE && b.other != Formula::FALSE;
        let of_b = |member: &Value| b.members.get(member).copied().unwrap_or(Formula::FALSE);
        let mut parts = Vec::new();
        let holds = match comparison {
            Comparison::SubsetOf if !both_open => {
                for (member, inside) in &a.members {
                    parts.push(self.all.implies(*inside, of_b(member)));
                }
                parts.push(self.all.not(a.other));
                self.all.and(parts)
            }
            Comparison::Overlaps if !both_open => {
                for (member, inside) in &a.members {
                    parts.push(self.all.and([*inside, of_b(member)]));
                }
                self.all.or(parts)
            }
            Comparison::SubsetOf
            | Comparison::Overlaps
            | Comparison::Equal
            | Comparison::NotEqual
            | Comparison::Less
            | Comparison::AtMost
            | Comparison::Greater
            | Comparison::AtLeast
            | Comparison::In
            | Comparison::Within => return Err(Unsupported::OpenValue),
        };
        let given = self.all.and([a.given, b.given]);
        let not = self.all.not(holds);
        Ok(Truth {
            yes: self.all.and([given, holds]),
            no: self.all.and([given, not]),
        })
    }
}
