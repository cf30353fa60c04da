//! Which rules of a `unique` hold together, with a request that shows it.

use std::collections::BTreeMap;

use portolan_core::catalog::Route;
use portolan_core::diagram::survey::{Chart, Inconclusive, Region};
use portolan_core::engine::Engine;
use portolan_core::policy::{Rule, RuleId, RuleKind};
use portolan_core::request::{Draft, Request};
use portolan_verify::witness;

/// Two rules of one `unique` that hold together: its position, the earlier rule, the later one.
pub type Pair = (usize, RuleId, RuleId);

/// Classes of one region that are tried in search of a request.
const TRIED: usize = 64;

/// Notes which rules hold together in a slice, and come to different things.
pub(super) fn overlaps(
    chart: &mut Chart<'_>,
    real: Region,
    engine: &Engine,
    found: &mut BTreeMap<Pair, Option<Draft>>,
) -> Result<(), Inconclusive> {
    let policy = chart.policy();
    for (position, unique) in policy.uniques.iter().enumerate() {
        for later in &unique.rules {
            for earlier in unique.rules.iter().filter(|earlier| *earlier < later) {
                let pair = (position, *earlier, *later);
                // One request is enough.
                if matches!(found.get(&pair), Some(Some(_))) {
                    continue;
                }
                let (Some(one), Some(other)) = (policy.rule(*earlier), policy.rule(*later)) else {
                    continue;
                };
                if differ(&one.kind, &other.kind) {
                    let together = together(chart, real, (*earlier, one), (*later, other))?;
                    if !together.is_empty() {
                        let shown = shown(chart, together, engine, (one, other))?;
                        found.insert(pair, shown);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Says whether two rules come to different things where both hold.
fn differ(one: &RuleKind, other: &RuleKind) -> bool {
    match (one, other) {
        (
            RuleKind::Set { field, value, .. },
            RuleKind::Set {
                field: second,
                value: says,
                ..
            },
        ) => field != second || value != says,
        (RuleKind::Warn { code }, RuleKind::Warn { code: second }) => code != second,
        (
            RuleKind::Limit {
                requests,
                window_s,
                key,
            },
            RuleKind::Limit {
                requests: second,
                window_s: over,
                key: by,
            },
        ) => (requests, window_s, key) != (second, over, by),
        (
            RuleKind::Lock { facts, bound, .. },
            RuleKind::Lock {
                facts: second,
                bound: within,
                ..
            },
        ) => facts != second || bound != within,
        _ => match (one.verdict(), other.verdict()) {
            (Some(verdict), Some(second)) => one.word() != other.word() || verdict != second,
            _ => true,
        },
    }
}

/// The requests for which both hold, of some candidate where one of them judges candidates.
fn together(
    chart: &mut Chart<'_>,
    real: Region,
    (earlier, one): (RuleId, &Rule),
    (later, other): (RuleId, &Rule),
) -> Result<Region, Inconclusive> {
    let scopes: Vec<Option<usize>> = if of_a_request(&one.kind) && of_a_request(&other.kind) {
        vec![None]
    } else {
        (0..chart.candidates().len()).map(Some).collect()
    };
    let mut together = Region::NONE;
    for scope in scopes {
        let own = |kind: &RuleKind| scope.filter(|_| !of_a_request(kind));
        let first = chart.holds(earlier, own(&one.kind))?;
        let second = chart.holds(later, own(&other.kind))?;
        let both = chart.and(first, second)?;
        let both = chart.and(both, real)?;
        together = chart.or(together, both)?;
    }
    Ok(together)
}

/// Says whether a rule judges a request, and no candidate of it.
fn of_a_request(kind: &RuleKind) -> bool {
    matches!(kind, RuleKind::Refuse { .. } | RuleKind::Lock { .. })
}

/// A request of a region for which both hold by the interpreter.
fn shown(
    chart: &mut Chart<'_>,
    region: Region,
    engine: &Engine,
    rules: (&Rule, &Rule),
) -> Result<Option<Draft>, Inconclusive> {
    let mut found = None;
    for member in chart.members() {
        let during = chart.during(member)?;
        let region = chart.and(region, during)?;
        let mut left = TRIED;
        chart.classes(region, member, &mut |class| {
            left -= 1;
            found = witness(engine, class).filter(|draft| replays(engine, draft, rules));
            found.is_none() && left > 0
        });
        if found.is_some() {
            break;
        }
    }
    Ok(found)
}

/// Says whether both rules hold for a request and one of its candidates, by the interpreter.
fn replays(engine: &Engine, draft: &Draft, (one, other): (&Rule, &Rule)) -> bool {
    let Ok(request) = engine.request(draft.clone()) else {
        return false;
    };
    let routes = engine.candidates(&request).into_iter().map(Some);
    let mut routes = routes.chain([None]);
    routes.any(|route| {
        [one, other]
            .iter()
            .all(|rule| holds(engine, &request, route, rule))
    })
}

fn holds(engine: &Engine, request: &Request, route: Option<Route>, rule: &Rule) -> bool {
    let route = route.filter(|_| !of_a_request(&rule.kind));
    rule.window.contains(request.at()) && engine.fulfils(request, None, route, &rule.when)
}
