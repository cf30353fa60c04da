//! Every rule's verdict on everything, with the values that made it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the resolver has checked the types: a value of another type cannot stand here"
)]

use std::cell::{Cell, RefCell};

use super::{candidate, effective, reference};
use crate::answer::{CandidateTrace, RequestTrace, RuleTrace, Trace};
use crate::policy::{Rule, RuleKind, term_name};
use crate::reference::{Candidate, Case, Facts, within};
use crate::source::Sources;

/// Traces the primary and every fallback.
pub(crate) fn trace(case: Case<'_>, sources: &Sources) -> Trace {
    let fallbacks = (0..case.request.fallbacks().len()).map(Some);
    let requests = std::iter::once(None)
        .chain(fallbacks)
        .map(|fallback| request(case, sources, fallback));
    Trace {
        requests: requests.collect(),
    }
}

fn request(case: Case<'_>, sources: &Sources, fallback: Option<usize>) -> RequestTrace {
    let horizon = Cell::new(None);
    let effective = effective(case, fallback);
    let facts = case.facts(effective, &horizon);
    let refuse = |rule: &Rule| match rule.kind {
        RuleKind::Refuse { chain, .. } => fallback.is_none() || !chain,
        RuleKind::UnknownModel { .. } => true,
        _ => false,
    };
    let candidates = case
        .candidates(&facts)
        .into_iter()
        .map(|found| CandidateTrace {
            candidate: candidate(case, sources, &facts, &found),
            rules: rules(
                &facts.of(Some(found.route)),
                case,
                sources,
                Some(&found),
                |rule| {
                    matches!(
                        rule.kind,
                        RuleKind::NotOffered(_)
                            | RuleKind::OtherEndpoint(_)
                            | RuleKind::Exclude(_)
                            | RuleKind::Lock { .. }
                            | RuleKind::Skip(_)
                            | RuleKind::Set { .. }
                            | RuleKind::Warn { .. }
                            | RuleKind::Limit { .. }
                    )
                },
            ),
        });
    RequestTrace {
        fallback,
        model: effective.model_text.clone(),
        rules: rules(&facts, case, sources, None, refuse),
        candidates: candidates.collect(),
    }
}

fn rules(
    facts: &Facts<'_>,
    case: Case<'_>,
    sources: &Sources,
    candidate: Option<&Candidate>,
    wanted: impl Fn(&Rule) -> bool,
) -> Vec<RuleTrace> {
    let mut out = Vec::new();
    for (id, rule) in case.policy.rules().filter(|(_, rule)| wanted(rule)) {
        let reads = RefCell::new(Vec::new());
        let watched = Facts {
            reads: Some(&reads),
            ..facts.of(facts.route)
        };
        let applies = watched.holds(rule);
        let (holds, judged) = match &rule.kind {
            // A lock holds where the route is within its bound, or where it does not apply.
            RuleKind::Lock {
                facts: judged,
                bound,
                ..
            } => {
                let met = within(facts, judged, bound);
                (!applies || met, judged.as_slice())
            }
            // A built-in point asks no condition; what it found is with the candidate.
            RuleKind::NotOffered(_) | RuleKind::OtherEndpoint(_) => {
                (candidate.is_some_and(|c| c.excludes.contains(&id)), &[][..])
            }
            RuleKind::UnknownModel { .. } => (facts.effective.target.is_none(), &[][..]),
            _ => (applies, &[][..]),
        };
        let name = |term: &_| {
            term_name(
                term,
                case.catalog,
                &case.policy.attributes,
                &case.policy.tables,
            )
        };
        let mut values: Vec<(String, String)> = Vec::new();
        for (term, value) in reads.borrow().iter() {
            values.push((
                name(term),
                value
                    .as_ref()
                    .map_or("absent".to_owned(), |v| facts.text(v)),
            ));
        }
        for fact in judged {
            let term = crate::policy::Term::Route(fact.fact());
            values.push((
                name(&term),
                facts
                    .value(&term)
                    .map_or("absent".to_owned(), |v| facts.text(&v)),
            ));
        }
        out.push(RuleTrace {
            rule: reference(Some(rule), sources),
            kind: rule.kind.word(),
            holds,
            values,
        });
    }
    out
}
