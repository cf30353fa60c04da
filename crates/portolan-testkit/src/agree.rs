//! The compiled form against the reference: the same request, judged by both, and what differs.
//!
//! What a caller acts on is compared. What only the reference says (the other rules that hold,
//! until when an answer is good) is not.

use portolan_core::catalog::Route;
use portolan_core::engine::Engine;
use portolan_core::judgement::{Dropped, Judgement, Outcome};
use portolan_core::policy::RuleId;
use portolan_core::request::{Call, Draft, Fields, Request, State};

/// What came of asking both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The draft is no request of this engine.
    NotAccepted,
    /// Both route.
    Route,
    /// Both refuse.
    Refuse,
}

/// Asks the reference and the compiled form.
///
/// # Errors
/// What they say, where they say something different.
pub fn agree(engine: &Engine, draft: &Draft, state: &State) -> Result<Asked, String> {
    let Ok(request) = engine.request(draft.clone()) else {
        return Ok(Asked::NotAccepted);
    };
    let expected = engine.judge(&request, state);
    same(engine, &expected, compiled(engine, &request, state))?;
    same(engine, &expected, called(engine, draft, state)?)?;
    Ok(match expected.outcome {
        Outcome::Route(_) => Asked::Route,
        Outcome::Refuse(_) => Asked::Refuse,
    })
}

/// What the compiled form says of a request.
fn compiled(engine: &Engine, request: &Request, state: &State) -> Judgement {
    let decision = engine.decide(request, state);
    engine.view(request, state, &decision).to_judgement()
}

/// What the compiled form says of the same, put as a call in borrowed values.
fn called(engine: &Engine, draft: &Draft, state: &State) -> Result<Judgement, String> {
    let caller = engine.caller(draft.endpoint.as_deref(), &draft.attributes);
    let caller = caller.map_err(|errors| errors.to_string())?;
    let fallbacks: Vec<Fields<'_>> = draft.fallbacks.iter().map(Fields::from).collect();
    let call = Call {
        auth: draft.auth,
        auth_header: draft.auth_header.as_deref(),
        fallbacks: &fallbacks,
        chain: (&draft.chain).into(),
        ..Call::new(&caller, draft.at, (&draft.body).into())
    };
    let decision = engine.decide_call(&call, state);
    Ok(engine.view_call(&call, state, &decision).to_judgement())
}

fn same(engine: &Engine, expected: &Judgement, mut found: Judgement) -> Result<(), String> {
    // What is the reference's only.
    match (&expected.outcome, &mut found.outcome) {
        (Outcome::Route(expected), Outcome::Route(found)) => {
            found.valid_until = expected.valid_until;
        }
        (Outcome::Refuse(expected), Outcome::Refuse(found)) => {
            found.also.clone_from(&expected.also);
        }
        (Outcome::Route(_), Outcome::Refuse(_)) | (Outcome::Refuse(_), Outcome::Route(_)) => {}
    }
    if *expected == found {
        return Ok(());
    }
    let (expected, found) = (told(engine, expected), told(engine, &found));
    let mut out = Vec::new();
    for line in &expected {
        let sign = if found.contains(line) { ' ' } else { '-' };
        out.push(format!("{sign} {line}"));
    }
    let more = found.iter().filter(|line| !expected.contains(line));
    out.extend(more.map(|line| format!("+ {line}")));
    Err(format!(
        "the reference (-) and the compiled form (+) differ:\n{}",
        out.join("\n")
    ))
}

/// A judgement, line by line.
fn told(engine: &Engine, judged: &Judgement) -> Vec<String> {
    let rule = |id: RuleId| {
        let rule = engine.policy().rule(id);
        rule.map_or(format!("rule {}", id.0), |rule| {
            format!("{} `{}`", rule.kind.word(), rule.name)
        })
    };
    let route = |route: Option<Route>| route.map_or("no route".to_owned(), |r| name(engine, r));
    let of = |fallback: Option<usize>| {
        fallback.map_or("the primary".to_owned(), |i| format!("fallbacks[{i}]"))
    };
    let dropped = |dropped: &Dropped| {
        let Dropped {
            fallback,
            rule: by,
            route: at,
        } = dropped;
        format!(
            "drops fallbacks[{fallback}] by {} at {}",
            rule(*by),
            route(*at)
        )
    };
    let mut out = vec![format!("at {}, snapshot {}", judged.at, judged.snapshot)];
    match &judged.outcome {
        Outcome::Route(plan) => {
            out.push("routes".to_owned());
            for (index, attempt) in plan.attempts.iter().enumerate() {
                let sets: Vec<String> = attempt.sets.iter().map(|set| rule(*set)).collect();
                out.push(format!(
                    "attempt {index}: {} of {}, sets [{}], limit {}",
                    name(engine, attempt.route.route()),
                    of(attempt.fallback),
                    sets.join(", "),
                    attempt.limit.map_or("none".to_owned(), rule)
                ));
            }
            for (index, warning) in plan.warnings.iter().enumerate() {
                out.push(format!(
                    "warning {index}: {} for attempt {}, of the route: {}",
                    rule(warning.rule),
                    warning.attempt,
                    warning.of_route
                ));
            }
            out.push(format!(
                "retry {}",
                plan.retry.map_or("none".to_owned(), rule)
            ));
            out.extend(plan.dropped.iter().map(dropped));
        }
        Outcome::Refuse(refusal) => {
            out.push(format!(
                "refuses {} by {} at {}",
                of(refusal.fallback),
                rule(refusal.rule),
                route(refusal.route)
            ));
            let after = refusal.retry_after_s.map(|s| s.to_string());
            out.push(format!(
                "retryable {}, after {}",
                refusal.retryable,
                after.unwrap_or("unknown".to_owned())
            ));
            out.extend(refusal.dropped.iter().map(dropped));
        }
    }
    out
}

fn name(engine: &Engine, route: Route) -> String {
    let catalog = engine.catalog();
    let offering = catalog.offering(route.offering);
    let model = offering.and_then(|o| catalog.model(o.model));
    let region = offering.and_then(|o| catalog.region(o.region));
    let endpoint = catalog.endpoint(route.endpoint);
    format!(
        "{} in {} through {} (offering {})",
        model.map_or("?", |m| &m.id),
        region.map_or("?", |r| &r.name),
        endpoint.map_or("?", |e| &e.name),
        route.offering.0
    )
}
