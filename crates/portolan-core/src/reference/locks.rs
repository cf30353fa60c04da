//! Locks: the only place where a route becomes one that may be called.

use super::eval::Facts;
use crate::catalog::Route;
use crate::policy::{LockFact, Rule, RuleId, RuleKind, Term};

/// A route that has passed every lock that applies to its effective request.
///
/// INVARIANT: made only by `clear`, and of the survivors of a compiled verdict; a plan is built of
/// nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cleared(Route);

impl Cleared {
    /// A route that survived a verdict whose diagram was built behind every lock.
    pub(crate) const fn of_survivor(route: Route) -> Self {
        Self(route)
    }

    /// The route.
    pub const fn route(self) -> Route {
        self.0
    }
}

/// Judges a candidate by every lock.
///
/// # Errors
/// The locks that it does not meet.
pub(super) fn clear(facts: &Facts<'_>, route: Route) -> Result<Cleared, Vec<RuleId>> {
    let request = facts.of(None);
    let candidate = facts.of(Some(route));
    let mut broken = Vec::new();
    for (id, rule) in facts.policy.rules() {
        if broken_by(&request, &candidate, rule) {
            broken.push(id);
        }
    }
    if broken.is_empty() {
        Ok(Cleared(route))
    } else {
        Err(broken)
    }
}

/// Says whether a rule is a lock that applies to an effective request and that a route breaks.
pub(crate) fn breaks(facts: &Facts<'_>, route: Route, lock: &Rule) -> bool {
    broken_by(&facts.of(None), &facts.of(Some(route)), lock)
}

fn broken_by(request: &Facts<'_>, candidate: &Facts<'_>, rule: &Rule) -> bool {
    let RuleKind::Lock { facts, bound, .. } = &rule.kind else {
        return false;
    };
    request.holds(rule) && !within(candidate, facts, bound)
}

/// Says whether every fact of a candidate is within a lock's bound. A bound without a value is
/// met by nothing.
pub(crate) fn within(candidate: &Facts<'_>, judged: &[LockFact], bound: &Term) -> bool {
    let bound = candidate.value(bound);
    judged.iter().all(|fact| {
        let value = candidate.value(&Term::Route(fact.fact()));
        match (&value, &bound) {
            (Some(value), Some(bound)) => candidate.within(value, bound),
            _ => false,
        }
    })
}
