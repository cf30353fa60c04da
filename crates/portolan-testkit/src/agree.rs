//! The compiled form against the reference: the same request, judged by both, and what differs.
//!
//! What a caller acts on is compared. What only the reference says (the other rules that hold,
//! until when an answer is good) is not.

use portolan_core::catalog::{Price, Route};
use portolan_core::diagram::{First, View};
use portolan_core::engine::Engine;
use portolan_core::judgement::{Attempt, Dropped, Judgement, Outcome};
use portolan_core::policy::{BodyField, RuleId, RuleKind, SetField, Value};
use portolan_core::request::{Call, ChainFields, Draft, Fields, Request, State};

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

/// Asks the reference and the compiled form, the latter as a request and as a call.
///
/// # Errors
/// What they say, where they say something different.
pub fn agree(engine: &Engine, draft: &Draft, state: &State) -> Result<Asked, String> {
    let Ok(request) = engine.request(draft.clone()) else {
        return Ok(Asked::NotAccepted);
    };
    let expected = engine.judge(&request, state);
    as_request(engine, &request, state, &expected)?;
    as_call(engine, draft, state, &expected).map_err(|said| format!("as a call: {said}"))?;
    Ok(match expected.outcome {
        Outcome::Route(_) => Asked::Route,
        Outcome::Refuse(_) => Asked::Refuse,
    })
}

fn as_request(
    engine: &Engine,
    request: &Request,
    state: &State,
    expected: &Judgement,
) -> Result<(), String> {
    let decision = engine.decide(request, state);
    let view = engine.view(request, state, &decision);
    same(engine, expected, view.to_judgement())?;
    in_short(&view, expected)?;
    // What a plan costs and where it goes, attempt by attempt.
    let Outcome::Route(plan) = &expected.outcome else {
        return Ok(());
    };
    for (read, attempt) in view.attempts().zip(&plan.attempts) {
        let route = attempt.route.route();
        let offering = engine.catalog().offering(route.offering);
        let region = offering.and_then(|o| engine.catalog().region(o.region));
        let expected = (
            engine.catalog().url(route),
            region.map_or("", |region| &region.usage),
            price(engine, request, attempt),
        );
        let found = (read.url().into_owned(), read.usage_region(), read.price());
        if expected != found {
            let route = name(engine, route);
            return Err(format!(
                "of {route} the catalog says {expected:?}, the view {found:?}"
            ));
        }
    }
    Ok(())
}

/// The price of an attempt in the service tier that will be asked for.
fn price(engine: &Engine, request: &Request, attempt: &Attempt) -> Price {
    let of = attempt.fallback.map(|index| request.fallbacks().get(index));
    let body = of.flatten().map_or(&request.primary().body, |of| &of.body);
    let set = attempt.sets.iter().find_map(|id| {
        if let RuleKind::Set {
            field: SetField::Known(BodyField::ServiceTier),
            value: Value::Text(tier),
            ..
        } = &engine.policy().rule(*id)?.kind
        {
            Some(&**tier)
        } else {
            None
        }
    });
    let tier = set.or(body.service_tier.as_deref());
    let input = u64::try_from(body.input_tokens).unwrap_or(0);
    let price = engine.catalog();
    price
        .price(attempt.route.route(), request.at(), input, tier)
        .value
}

fn as_call(
    engine: &Engine,
    draft: &Draft,
    state: &State,
    expected: &Judgement,
) -> Result<(), String> {
    let caller = engine.caller(draft.endpoint.as_deref(), &draft.attributes);
    let caller = caller.map_err(|errors| errors.to_string())?;
    let fallbacks: Vec<Fields<'_>> = draft.fallbacks.iter().map(Fields::from).collect();
    let call = Call {
        auth: draft.auth,
        auth_header: draft.auth_header.as_deref(),
        fallbacks: &fallbacks,
        chain: ChainFields::from(&draft.chain),
        ..Call::new(&caller, draft.at, Fields::from(&draft.body))
    };
    let own = engine.judge(&engine.own(&call), state);
    same(engine, expected, own).map_err(|said| format!("made a request again: {said}"))?;
    agree_on_call(engine, &call, state)
}

/// Asks the reference and the compiled form about a call.
///
/// # Errors
/// What they say, where they say something different.
pub fn agree_on_call(engine: &Engine, call: &Call<'_>, state: &State) -> Result<(), String> {
    let expected = engine.judge(&engine.own(call), state);
    let decision = engine.decide_call(call, state);
    let view = engine.view_call(call, state, &decision);
    same(engine, &expected, view.to_judgement())?;
    in_short(&view, &expected)?;
    let listed = view.attempts().next().map(|attempt| First {
        route: attempt.route(),
        url: attempt.url(),
        usage_region: attempt.usage_region(),
        price: attempt.price(),
        warnings: view.warnings().fold(0, |count, _| count + 1),
    });
    let (again, first) = engine.decide_first(call, state);
    if (again, &first) != (decision, &listed) {
        return Err(format!(
            "decided and read at once: {first:?}, one after the other {listed:?}"
        ));
    }
    Ok(())
}

/// What a view tells without going through all of it is what is found there.
fn in_short(view: &View<'_>, expected: &Judgement) -> Result<(), String> {
    let warnings = match &expected.outcome {
        Outcome::Route(plan) => plan.warnings.len(),
        Outcome::Refuse(_) => 0,
    };
    let counted = view.warnings().count();
    if counted != warnings {
        return Err(format!(
            "warnings differ: there are {warnings}, the view counts {counted}"
        ));
    }
    let read = |attempt: portolan_core::diagram::Attempt<'_>| {
        let sets: Vec<RuleId> = attempt.sets().collect();
        let said = (
            attempt.url().into_owned(),
            attempt.usage_region().to_owned(),
        );
        (
            attempt.route(),
            said,
            attempt.price(),
            sets,
            attempt.limit(),
        )
    };
    let (first, listed) = (view.first().map(read), view.attempts().next().map(read));
    if first != listed {
        return Err(format!(
            "the first attempts differ: {first:?}, among all of them {listed:?}"
        ));
    }
    Ok(())
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
