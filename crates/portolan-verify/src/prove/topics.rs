//! What a survey is asked for a policy's questions, and where among its topics each stands.

use portolan_core::diagram::survey::Topic;
use portolan_core::policy::{BodyField, Claim, Condition, Goal, Prove, Term, Value};
use portolan_core::syntax::ast::Comparison;

/// Everything that is asked.
pub(super) struct Topics<'a> {
    /// Conditions of our own: no header was looked at, the body's shape is right, the chain's
    /// too, there are no fallbacks.
    plain: [Condition; 4],
    proves: &'a [&'a Prove],
    pub(super) asked: Vec<Asked>,
}

/// Where the topics of one question stand.
pub(super) struct Asked {
    /// All of them are true of the requests that it is about.
    pub(super) about: Vec<usize>,
    /// Its filter.
    pub(super) filter: usize,
    /// Its window.
    pub(super) between: usize,
    /// By premise: the condition on attempts.
    pub(super) premises: Vec<Option<usize>>,
    /// The claim's condition on attempts, or the one on models.
    pub(super) claim: Option<usize>,
    of_attempts: bool,
}

impl Asked {
    /// The condition that every attempt must fulfil.
    pub(super) fn every(&self) -> Option<usize> {
        self.claim.filter(|_| self.of_attempts)
    }
}

/// How many of our own.
const PLAIN: usize = 4;
const NOT_JUDGED: usize = 0;
const WELL_FORMED: usize = 1;
const CHAIN_WELL_FORMED: usize = 2;
const ALONE: usize = 3;

impl<'a> Topics<'a> {
    pub(super) fn new(proves: &'a [&'a Prove]) -> Self {
        let is = |term: Term, value: Value| {
            Condition::Compare(term, Comparison::Equal, Term::Constant(value))
        };
        let none = || Value::Text("none".into());
        let plain = [
            is(Term::Auth, Value::Text("not-judged".into())),
            is(Term::Body(BodyField::Fault), none()),
            is(Term::Body(BodyField::FallbackFault), none()),
            is(Term::Body(BodyField::FallbackCount), Value::Integer(0)),
        ];
        let mut next = PLAIN;
        let mut take = || {
            next += 1;
            next - 1
        };
        let asked = proves.iter().map(|prove| {
            let (filter, between) = (take(), take());
            let conditions = conditions(&prove.goal);
            let mut places: Vec<Option<usize>> = Vec::new();
            for condition in &conditions {
                places.push(condition.map(|_| take()));
            }
            let claim = places.pop().flatten();
            let mut about = vec![filter, between];
            about.extend(plain_of(prove));
            Asked {
                about,
                filter,
                between,
                premises: places,
                claim,
                of_attempts: matches!(prove.goal, Goal::Claim { .. }),
            }
        });
        Self {
            asked: asked.collect(),
            plain,
            proves,
        }
    }

    /// All topics, in order.
    pub(super) fn list(&self) -> Vec<Topic<'_>> {
        let mut list: Vec<Topic<'_>> = self.plain.iter().map(Topic::When).collect();
        for prove in self.proves {
            list.push(Topic::When(&prove.filter));
            list.push(Topic::During(prove.between));
            let conditions = conditions(&prove.goal).into_iter().flatten();
            list.extend(conditions.map(Topic::When));
        }
        list
    }
}

/// The conditions on attempts, by premise, the claim's last.
fn conditions(goal: &Goal) -> Vec<Option<&Condition>> {
    fn every(claim: &Claim) -> Option<&Condition> {
        if let Claim::Every(condition) = claim {
            Some(condition)
        } else {
            None
        }
    }
    match goal {
        Goal::Claim { premises, claim } => premises.iter().chain([claim]).map(every).collect(),
        Goal::SomeModelRoutes(condition) => vec![Some(condition)],
        Goal::SameDecisionAs { .. } => vec![None],
    }
}

/// Those of our own that a question's requests fulfil. What must route, or be refused for one
/// reason, is a plain request, as far as the filter says nothing else; what must never happen
/// must not happen to any request.
fn plain_of(prove: &Prove) -> Vec<usize> {
    let plain = match &prove.goal {
        Goal::Claim { claim, .. } => matches!(claim, Claim::Routes | Claim::RefusedWith(_)),
        Goal::SomeModelRoutes(_) => true,
        Goal::SameDecisionAs { .. } => false,
    };
    if !plain {
        return Vec::new();
    }
    let read = prove.filter.terms();
    let reads = |fields: &[Term]| fields.iter().any(|field| read.contains(&field));
    let of = |field| Term::Body(field);
    let of_fault = [
        of(BodyField::Fault),
        of(BodyField::FaultPath),
        of(BodyField::FaultDetail),
    ];
    let each = [
        (NOT_JUDGED, reads(&[Term::Auth, Term::AuthHeader])),
        (WELL_FORMED, reads(&of_fault)),
        (CHAIN_WELL_FORMED, reads(&[of(BodyField::FallbackFault)])),
        (ALONE, reads(&[of(BodyField::FallbackCount)])),
    ];
    let left = each.into_iter().filter(|(_, read)| !read);
    left.map(|(topic, _)| topic).collect()
}
