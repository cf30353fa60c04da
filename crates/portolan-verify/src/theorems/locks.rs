//! Locks hold: each is asked by itself, apart from the verdicts that they were built into.
//!
//! What is shown was decided, by the compiled form and by the interpreter, and one of its attempts
//! breaks the lock, by the interpreter.

use portolan_core::catalog::Route;
use portolan_core::diagram::survey::{Chart, Class, Inconclusive, Region, Survey, Topic};
use portolan_core::engine::Engine;
use portolan_core::judgement::Outcome;
use portolan_core::limits;
use portolan_core::policy::{Rule, RuleId, RuleKind};
use portolan_core::request::{Draft, State};

use super::{Because, Inquiry, Unknown, Violation};
use crate::prove::chains::in_front;
use crate::witness::with_fallback;

/// A lock, and where among the topics stand the parts of it.
pub(super) struct Pledge<'a> {
    id: RuleId,
    lock: &'a Rule,
    when: usize,
    during: usize,
    demands: Vec<usize>,
    /// Fallbacks one of whose survivors breaks it.
    suspects: Vec<Class>,
}

/// The locks among some rules; what they ask is added to the topics.
pub(super) fn pledges<'a>(
    rules: impl Iterator<Item = (RuleId, &'a Rule)>,
    topics: &mut Vec<Topic<'a>>,
) -> Vec<Pledge<'a>> {
    let mut pledges = Vec::new();
    for (id, lock) in rules {
        let RuleKind::Lock { facts, bound, .. } = &lock.kind else {
            continue;
        };
        let mut add = |topic| {
            topics.push(topic);
            topics.len() - 1
        };
        pledges.push(Pledge {
            id,
            lock,
            when: add(Topic::When(&lock.when)),
            during: add(Topic::During(lock.window)),
            demands: facts
                .iter()
                .map(|fact| add(Topic::Within(*fact, bound)))
                .collect(),
            suspects: Vec::new(),
        });
    }
    pledges
}

/// Looks for survivors that break a lock, in one slice.
pub(super) fn look(
    inquiry: &mut Inquiry<'_>,
    pledges: &mut [Pledge<'_>],
    chart: &mut Chart<'_>,
) -> Result<(), Inconclusive> {
    for pledge in pledges {
        let when = chart.topic(pledge.when, None)?;
        let during = chart.topic(pledge.during, None)?;
        let applies = chart.and(during, when)?;
        for candidate in 0..chart.candidates().len() {
            inquiry.looked += 1;
            let broken = broken(pledge, chart, candidate, applies)?;
            if broken.is_empty() {
                continue;
            }
            let of_request = chart.passing(broken, true)?;
            violated(inquiry, pledge, chart, of_request)?;
            if inquiry.found.is_some() {
                return Ok(());
            }
            let of_fallback = chart.passing(broken, false)?;
            suspect(inquiry, pledge, chart, of_fallback)?;
        }
    }
    Ok(())
}

/// The requests to which a lock applies and a legal candidate does not meet it.
fn broken(
    pledge: &Pledge<'_>,
    chart: &mut Chart<'_>,
    candidate: usize,
    applies: Region,
) -> Result<Region, Inconclusive> {
    let mut met = Region::ALL;
    for demand in &pledge.demands {
        let within = chart.topic(*demand, Some(candidate))?;
        met = chart.and(met, within)?;
    }
    let breaks = chart.without(applies, met)?;
    if breaks.is_empty() {
        return Ok(breaks);
    }
    let legal = chart.legal(candidate)?;
    chart.and(breaks, legal)
}

/// Looks for a request of a region of which an attempt breaks a lock.
fn violated(
    inquiry: &mut Inquiry<'_>,
    pledge: &Pledge<'_>,
    chart: &mut Chart<'_>,
    region: Region,
) -> Result<(), Inconclusive> {
    if region.is_empty() {
        return Ok(());
    }
    let (engine, mut found) = (inquiry.engine, None);
    inquiry.requests(chart, region, &mut |draft, _| {
        found = shown(engine, pledge, draft);
        found.is_some()
    })?;
    inquiry.found = found;
    if inquiry.found.is_none() {
        inquiry.unknown.get_or_insert(Unknown::NotReplayed);
    }
    Ok(())
}

/// Notes the classes of fallbacks of which an attempt may break a lock.
fn suspect(
    inquiry: &mut Inquiry<'_>,
    pledge: &mut Pledge<'_>,
    chart: &mut Chart<'_>,
    region: Region,
) -> Result<(), Inconclusive> {
    for member in chart.members() {
        let during = chart.during(member)?;
        let own = chart.and(region, during)?;
        let suspects = &mut pledge.suspects;
        let mut all = true;
        chart.classes(own, member, &mut |class| {
            all = suspects.len() < limits::PROVE_CLASSES;
            if all {
                suspects.push(class.clone());
            }
            all
        });
        if !all {
            inquiry.unknown.get_or_insert(Unknown::NotReplayed);
            break;
        }
    }
    Ok(())
}

/// Looks for requests that route and have one of the fallbacks that were noted.
pub(super) fn complete(inquiry: &mut Inquiry<'_>, pledges: &[Pledge<'_>], survey: &mut Survey<'_>) {
    let open = pledges.iter().any(|pledge| !pledge.suspects.is_empty());
    if !open || inquiry.found.is_some() {
        return;
    }
    let each = survey.each(&mut |chart| {
        for pledge in pledges {
            let endpoint = chart.endpoint();
            let here = pledge.suspects.iter();
            let here: Vec<Class> = here
                .filter(|own| own.endpoint == endpoint)
                .cloned()
                .collect();
            if here.is_empty() || inquiry.found.is_some() {
                continue;
            }
            let routes = chart.routes(true)?;
            let tried_all = in_front(chart, routes, &here, &mut |outer, inner| {
                let draft = with_fallback(inquiry.engine, outer, inner);
                let Some(draft) = draft.filter(|draft| (inquiry.posted)(draft)) else {
                    return true;
                };
                inquiry.found = shown(inquiry.engine, pledge, &draft);
                if inquiry.found.is_none() {
                    inquiry.unknown.get_or_insert(Unknown::NotReplayed);
                }
                inquiry.found.is_none()
            })?;
            if !tried_all {
                inquiry.unknown.get_or_insert(Unknown::NotReplayed);
            }
        }
        Ok(())
    });
    if each.is_err() {
        inquiry.unknown.get_or_insert(Unknown::TooLarge);
    }
}

/// The violation that a request shows, if one of its attempts breaks a lock.
fn shown(engine: &Engine, pledge: &Pledge<'_>, draft: &Draft) -> Option<Violation> {
    let request = engine.request(draft.clone()).ok()?;
    let breaks = |(fallback, route): &(Option<usize>, Route)| {
        engine.breaks(&request, *fallback, *route, pledge.lock)
    };
    let state = State::default();
    let decision = engine.decide(&request, &state);
    let view = engine.view(&request, &state, &decision);
    let attempts = view.attempts();
    let compiled = attempts
        .map(|attempt| (attempt.fallback(), attempt.route()))
        .find(&breaks);
    let interpreted = || match engine.judge(&request, &state).outcome {
        Outcome::Route(plan) => {
            let attempts = plan.attempts.iter();
            let mut attempts = attempts.map(|own| (own.fallback, own.route.route()));
            attempts.find(&breaks)
        }
        Outcome::Refuse(_) => None,
    };
    let (_, route) = compiled.or_else(interpreted)?;
    Some(Violation {
        draft: draft.clone(),
        because: Because::Lock {
            lock: pledge.id,
            route,
        },
    })
}
