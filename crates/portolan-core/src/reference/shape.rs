//! The order of routes, and what goes with each attempt: `prefer`, `set`, `warn`, `limit`, `retry`.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the resolver has checked the types: a value of another type cannot stand here"
)]

use std::cell::Cell;
use std::cmp::Ordering;

use super::eval::Facts;
use super::{Candidate, Case, Cleared};
use crate::instant::Instant;
use crate::judgement::{Attempt, Warning};
use crate::policy::{Rule, RuleId, RuleKind, Scope, SetField, Term, Value};

/// Attempts and warnings.
pub(super) struct Shaped {
    pub(super) attempts: Vec<Attempt>,
    pub(super) warnings: Vec<Warning>,
}

/// One model's usable routes by the policy's keys, an absent key last, then by catalog order.
pub(super) fn order<'a>(
    case: Case<'a>,
    facts: &Facts<'a>,
    mut routes: Vec<Cleared>,
) -> Vec<Cleared> {
    let keys = |route: &Cleared| -> Vec<Option<Value>> {
        let facts = facts.of(Some(route.route()));
        case.policy
            .prefer
            .iter()
            .map(|key| facts.value(&key.term))
            .collect()
    };
    // A stable sort keeps catalog order among equals.
    routes.sort_by_cached_key(|route| {
        let keys = keys(route).into_iter().zip(&case.policy.prefer);
        Keyed(keys.map(|(value, key)| (value, key.lowest)).collect())
    });
    if let Some(most) = case.policy.plan_at_most {
        routes.truncate(most);
    }
    routes
}

/// Values to order by, each with whether smaller comes first.
#[derive(PartialEq, Eq)]
struct Keyed(Vec<(Option<Value>, bool)>);

impl PartialOrd for Keyed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Keyed {
    fn cmp(&self, other: &Self) -> Ordering {
        for ((a, lowest), (b, _)) in self.0.iter().zip(&other.0) {
            let by = match (a, b) {
                (Some(a), Some(b)) if *lowest => a.cmp(b),
                (Some(a), Some(b)) => b.cmp(a),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            };
            if by != Ordering::Equal {
                return by;
            }
        }
        Ordering::Equal
    }
}

/// Seconds until a skipped candidate may be usable: the longest reset that its skips wait for.
pub(super) fn wait<'a>(case: Case<'a>, facts: &Facts<'a>, candidate: &Candidate) -> Option<i64> {
    let facts = facts.of(Some(candidate.route));
    let reset = |scope: Scope| facts.usage(scope).and_then(|u| u.reset_s);
    let reads = |rule: &RuleId, scope: Scope| {
        let terms = case
            .policy
            .rule(*rule)
            .map(|r| r.when.terms())
            .unwrap_or_default();
        terms
            .iter()
            .any(|t| matches!(t, Term::State(s, _) if *s == scope))
    };
    let waits = |rule: &RuleId| {
        let scopes = [Scope::Model, Scope::Route]
            .into_iter()
            .filter(|s| reads(rule, *s));
        scopes.filter_map(reset).max()
    };
    candidate.skips.iter().filter_map(waits).max()
}

/// What goes with each attempt. Per field and per code the first rule that holds wins.
pub(super) fn shape<'a>(
    case: Case<'a>,
    chosen: &[(Option<usize>, Cleared)],
    horizon: &'a Cell<Option<Instant>>,
) -> Shaped {
    let mut attempts = Vec::new();
    let mut warnings: Vec<Warning> = Vec::new();
    for (index, (fallback, route)) in chosen.iter().enumerate() {
        let effective = match fallback {
            None => Some(&case.request.primary),
            Some(fallback) => case.request.fallbacks.get(*fallback),
        };
        let Some(effective) = effective else { continue };
        let facts = case.facts(effective, horizon).of(Some(route.route()));
        // The plan shows the price and places: it goes stale when they change.
        facts.changes(facts.price(route.route()).next_change);
        facts.changes(
            case.catalog
                .processing(route.route(), case.request.at)
                .next_change,
        );
        facts.changes(
            case.catalog
                .storage(route.route(), case.request.at)
                .next_change,
        );
        let mut attempt = Attempt {
            route: *route,
            fallback: *fallback,
            sets: Vec::new(),
            limit: None,
        };
        let mut set_fields: Vec<&SetField> = Vec::new();
        for (id, rule) in case.policy.rules() {
            match &rule.kind {
                RuleKind::Set { field, noting, .. }
                    if !set_fields.contains(&field) && facts.holds(rule) =>
                {
                    set_fields.push(field);
                    attempt.sets.push(id);
                    if noting.is_some() {
                        warn(case, &mut warnings, id, index);
                    }
                }
                RuleKind::Warn { .. } if facts.holds(rule) => warn(case, &mut warnings, id, index),
                RuleKind::Limit { .. } if attempt.limit.is_none() && facts.holds(rule) => {
                    attempt.limit = Some(id);
                }
                _ => {}
            }
        }
        attempts.push(attempt);
    }
    Shaped { attempts, warnings }
}

/// Adds a warning, once a code and attempt; once in all where nothing in it differs from one
/// attempt to the next.
fn warn(case: Case<'_>, warnings: &mut Vec<Warning>, rule: RuleId, attempt: usize) {
    let code = |id: RuleId| case.policy.rule(id).map(|r| r.kind.code());
    let read = case.policy.rule(rule).map(Rule::reads).unwrap_or_default();
    let of_route = read.iter().any(|t| matches!(t, Term::Route(_)));
    let of_attempt = of_route || read.iter().any(|t| matches!(t, Term::Body(_)));
    let known = warnings
        .iter()
        .any(|w| code(w.rule) == code(rule) && (!of_attempt || w.attempt == attempt));
    if !known {
        warnings.push(Warning {
            rule,
            attempt,
            of_route,
        });
    }
}

/// The retry rule that holds for the request as a whole.
pub(super) fn retry<'a>(
    case: Case<'a>,
    primary: &Facts<'a>,
    chosen: &[(Option<usize>, Cleared)],
) -> Option<RuleId> {
    let with_fallback = chosen.iter().any(|(fallback, _)| fallback.is_some());
    case.policy.rules().find_map(|(id, rule)| match rule.kind {
        RuleKind::Retry {
            without_fallbacks, ..
        } if !(without_fallbacks && with_fallback) => primary.holds(rule).then_some(id),
        _ => None,
    })
}
