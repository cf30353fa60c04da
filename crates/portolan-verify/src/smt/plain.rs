//! Requests as they mostly are. What must route, or be refused for one reason, or find some model,
//! is said of plain requests: no header was looked at, the body and the chain have no fault, there
//! are no fallbacks. Where the `where` asks about one of these, it is not taken for granted.

use portolan_core::policy::{BodyField, Claim, Condition, Goal, Prove, Term, Value};

use super::encoder::Encoder;
use super::formula::Formula;
use super::ranges::Ranges;
use super::space::{Field, Part};

/// Says whether a question is about plain requests.
pub(super) fn is_plain(goal: &Goal) -> bool {
    match goal {
        Goal::Claim { claim, .. } => matches!(claim, Claim::Routes | Claim::RefusedWith(_)),
        Goal::SomeModelRoutes(_) => true,
        Goal::SameDecisionAs { .. } => false,
    }
}

impl Encoder<'_> {
    /// The requests that a question is about, beside what its `where` says.
    pub(super) fn plain(&mut self, prove: &Prove) -> Formula {
        if !is_plain(&prove.goal) {
            return Formula::TRUE;
        }
        let mut asked = Vec::new();
        reads(&prove.filter, &mut |term| asked.push(term.clone()));
        let free = |terms: &[Term]| !terms.iter().any(|term| asked.contains(term));
        let of_call = |body| Field::Body(Part::Primary, body);
        let mut out = Vec::new();
        let mut none = |field, word: &str, free: bool| {
            let word = Value::Text(word.into());
            if free {
                out.push(self.one_of(field, |value| value.as_ref() == Some(&word)));
            }
        };
        let auth = free(&[Term::Auth, Term::AuthHeader]);
        none(Field::Auth, "not-judged", auth);
        let fault = [
            BodyField::Fault,
            BodyField::FaultPath,
            BodyField::FaultDetail,
        ];
        let fault = free(&fault.map(Term::Body));
        none(of_call(BodyField::Fault), "none", fault);
        let chain = free(&[Term::Body(BodyField::FallbackFault)]);
        none(of_call(BodyField::FallbackFault), "none", chain);
        if free(&[Term::Body(BodyField::FallbackCount)]) {
            out.push(self.within(of_call(BodyField::FallbackCount), &Ranges::one(0)));
        }
        self.all.and(out)
    }
}

/// Every term that a condition reads, parts of terms included.
pub(super) fn reads(condition: &Condition, found: &mut impl FnMut(&Term)) {
    match condition {
        Condition::Constant(_) => {}
        Condition::And(parts) | Condition::Or(parts) => {
            for part in parts {
                reads(part, found);
            }
        }
        Condition::Not(inner) => reads(inner, found),
        Condition::IsSet(term) | Condition::Holds(term) | Condition::Matches(term, _) => {
            term.walk().into_iter().for_each(found);
        }
        Condition::Compare(left, _, right) => {
            left.walk().into_iter().for_each(&mut *found);
            right.walk().into_iter().for_each(found);
        }
    }
}
