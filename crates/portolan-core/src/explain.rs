//! A decision in words: every candidate, every reason, and what would work instead.
//!
//! The only place where an answer gets its sentences; their wording is the policy's.

mod advice;
mod message;
mod plan;
mod trace;

use std::cell::Cell;

pub(crate) use plan::set;
pub(crate) use trace::trace;

use crate::answer::{self, Answer, Candidate, Dropped, Reason, Refusal, RuleRef, Verdict};
use crate::catalog::Route;
use crate::instant::Instant;
use crate::judgement;
use crate::limits;
use crate::policy::{Rule, RuleId, Slot};
use crate::reference::{Case, Facts};
use crate::request::Effective;
use crate::source::Sources;

/// Judges in full, and puts what was found into words.
pub(crate) fn answer(case: Case<'_>, sources: &Sources) -> Answer {
    let judged = case.judgement();
    let outcome = match &judged.outcome {
        judgement::Outcome::Route(plan) => answer::Outcome::Route(plan::plan(case, plan)),
        judgement::Outcome::Refuse(refusal) => {
            answer::Outcome::Refuse(refused(case, sources, refusal))
        }
    };
    Answer {
        snapshot: judged.snapshot.to_string(),
        at: judged.at,
        outcome,
    }
}

/// What a slot of a help line names to the primary.
pub(crate) fn advised(case: Case<'_>, slot: Slot) -> Vec<&str> {
    let horizon = Cell::new(None);
    advice::names(case, &case.facts(effective(case, None), &horizon), slot)
}

fn refused(case: Case<'_>, sources: &Sources, refusal: &judgement::Refusal) -> Refusal {
    let horizon = Cell::new(None);
    let effective = effective(case, refusal.fallback);
    let request = case.facts(effective, &horizon);
    let facts = request.of(refusal.route);
    let rule = case.policy.rule(refusal.rule);
    let verdict = rule.and_then(|r| r.kind.verdict());
    let path = rule.and_then(|r| message::field(&facts, r));
    let field = match refusal.fallback {
        Some(fallback) => path.map(|path| within(fallback, path)),
        None => path,
    };
    let help = rule.map(|r| {
        r.help
            .iter()
            .filter_map(|h| message::help(&facts, case, h))
            .collect()
    });
    let judged = case
        .refused(&request, refusal.fallback.is_none())
        .is_empty();
    let candidates = if judged {
        case.candidates(&request)
            .iter()
            .map(|found| candidate(case, sources, &request, found))
            .collect()
    } else {
        Vec::new()
    };
    Refusal {
        status: verdict.map_or(400, |v| v.status),
        code: verdict.map_or(String::new(), |v| v.code.to_string()),
        field,
        retryable: refusal.retryable,
        retry_after_s: refusal.retry_after_s,
        message: rule.map_or(String::new(), |r| message::message(&facts, r)),
        help: help.unwrap_or_default(),
        rule: reference(rule, sources),
        candidates,
        also: refusal
            .also
            .iter()
            .map(|(id, fallback)| {
                let facts = case.facts(self::effective(case, *fallback), &horizon);
                reason(case, sources, &facts, *id)
            })
            .collect(),
        dropped: refusal
            .dropped
            .iter()
            .map(|d| dropped(case, d, &horizon))
            .collect(),
    }
}

/// A path within a fallback; a field that the fallback brought has its whole path already.
fn within(fallback: usize, path: String) -> String {
    let own = format!("fallbacks[{fallback}]");
    if path.starts_with(&own) {
        path
    } else {
        format!("{own}.{path}")
    }
}

/// The effective request of the primary or of a fallback.
pub(super) fn effective(case: Case<'_>, fallback: Option<usize>) -> &Effective {
    let found = fallback.and_then(|f| case.request.fallbacks().get(f));
    found.unwrap_or(case.request.primary())
}

/// A candidate of an effective request with every reason it falls for.
fn candidate(
    case: Case<'_>,
    sources: &Sources,
    request: &Facts<'_>,
    found: &crate::reference::Candidate,
) -> Candidate {
    let facts = request.of(Some(found.route));
    let locks = found.cleared.as_ref().err().into_iter().flatten();
    let rules = found.excludes.iter().chain(locks).chain(&found.skips);
    let verdict = match (found.legal(), found.skips.is_empty()) {
        (None, _) => Verdict::Excluded,
        (Some(_), false) => Verdict::Skipped,
        (Some(_), true) => Verdict::Routed,
    };
    let reasons = rules.map(|id| reason(case, sources, &facts, *id)).collect();
    named(case, found.route, verdict, reasons)
}

fn named(case: Case<'_>, route: Route, verdict: Verdict, reasons: Vec<Reason>) -> Candidate {
    let offering = case.catalog.offering(route.offering);
    let model = offering.and_then(|o| case.catalog.model(o.model));
    let region = offering.and_then(|o| case.catalog.region(o.region));
    let endpoint = case.catalog.endpoint(route.endpoint);
    Candidate {
        model: model.map_or(String::new(), |m| m.id.to_string()),
        region: region.map_or(String::new(), |r| r.name.to_string()),
        endpoint: endpoint.map_or(String::new(), |e| e.name.to_string()),
        verdict,
        reasons,
    }
}

fn reason(case: Case<'_>, sources: &Sources, facts: &Facts<'_>, id: RuleId) -> Reason {
    let rule = case.policy.rule(id);
    Reason {
        code: rule.map_or(String::new(), |r| r.kind.code().to_owned()),
        rule: reference(rule, sources),
        message: rule.map_or(String::new(), |r| message::message(facts, r)),
    }
}

/// A rule and where it stands; a built-in point that the policy does not word stands nowhere.
fn reference(rule: Option<&Rule>, sources: &Sources) -> RuleRef {
    let Some(rule) = rule else {
        return RuleRef {
            name: String::new(),
            file: String::new(),
            line: 0,
            column: 0,
        };
    };
    let place = sources.locate(rule.span);
    RuleRef {
        name: rule.name.to_string(),
        file: if rule.built_in {
            String::new()
        } else {
            place.file.to_owned()
        },
        line: place.start.line,
        column: place.start.column,
    }
}

/// A dropped fallback with its reason.
pub(super) fn dropped(
    case: Case<'_>,
    dropped: &judgement::Dropped,
    horizon: &Cell<Option<Instant>>,
) -> Dropped {
    let rule = case.policy.rule(dropped.rule);
    let code = rule.map_or(String::new(), |r| r.kind.code().to_owned());
    let Some(effective) = case.request.fallbacks().get(dropped.fallback) else {
        // An entry that nobody looked at has no model that anybody knows.
        return Dropped {
            fallback: dropped.fallback,
            model: None,
            code,
            message: format!("no more than {} fallbacks are looked at", limits::FALLBACKS),
        };
    };
    let facts = case.facts(effective, horizon).of(dropped.route);
    Dropped {
        fallback: dropped.fallback,
        model: effective.model_text.clone(),
        code,
        message: rule.map_or(String::new(), |r| message::message(&facts, r)),
    }
}
