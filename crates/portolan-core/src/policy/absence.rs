//! What may be absent and was not asked about: a fault in a rule, a claim that does not hold in a
//! goal.

use std::collections::BTreeSet;

use super::conditions::Narrowed;
use super::policy::Condition;
use super::scope::{Env, Resolver};
use super::term::Term;

/// What becomes of an optional field that is read without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// It is a fault.
    Reported,
    /// In a define checked on its own: it is the matter of whoever uses it.
    Ignored,
    /// In a goal: what is said about a fact that a route lacks does not hold. A proof never rests
    /// on what nobody says. Fields of the request are reported.
    Fails,
    /// The same below a `not`: it holds, so that the whole does not.
    Holds,
}

impl Absence {
    /// What it is below a `not`.
    pub(super) const fn negated(self) -> Self {
        match self {
            Self::Reported | Self::Ignored => self,
            Self::Fails => Self::Holds,
            Self::Holds => Self::Fails,
        }
    }
}

impl Resolver<'_> {
    /// A comparison, in a goal with the questions that its writer left out: see [`Absence`].
    pub(super) fn assured(&self, atom: Condition, env: &Env) -> Narrowed {
        let fails = match env.absence {
            Absence::Reported | Absence::Ignored => return Narrowed::plain(atom),
            Absence::Fails => true,
            Absence::Holds => false,
        };
        let mut known = BTreeSet::new();
        for term in read_by(&atom) {
            known.extend(self.unasked(term, env));
        }
        if known.is_empty() {
            return Narrowed::plain(atom);
        }
        let asked = known.iter().cloned().map(Condition::IsSet);
        if fails {
            Narrowed {
                condition: Condition::And(asked.chain([atom]).collect()),
                when_true: known,
                when_false: BTreeSet::new(),
            }
        } else {
            let missing = asked.map(|asked| Condition::Not(Box::new(asked)));
            Narrowed {
                condition: Condition::Or(missing.chain([atom]).collect()),
                when_true: BTreeSet::new(),
                when_false: known,
            }
        }
    }
}

/// The terms that one comparison reads.
pub(super) fn read_by(atom: &Condition) -> Vec<&Term> {
    match atom {
        Condition::IsSet(term) | Condition::Holds(term) | Condition::Matches(term, _) => vec![term],
        Condition::Compare(left, _, right) => vec![left, right],
        Condition::And(_) | Condition::Or(_) | Condition::Not(_) | Condition::Constant(_) => {
            Vec::new()
        }
    }
}
