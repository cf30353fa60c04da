//! The `test` blocks of a policy, put to its engine: examples that a reader may trust.
//!
//! Case files live in `cases.rs` and `expect.rs`; what is shared is how an answer is looked at.

use portolan_core::answer::Answer;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::{Expect, Test, Value};
use portolan_core::request::{Body, Draft, State};

use crate::NOW;
use crate::observed::{Observed, ObservedPlan};

/// Runs every example of an engine's policy; what is not as it says, a line each.
pub fn unmet(engine: &Engine) -> Vec<String> {
    let tests = engine.policy().tests.iter();
    tests
        .flat_map(|test| {
            let place = engine.sources().locate(test.span);
            let complaints = run(engine, test).into_iter();
            complaints.map(move |why| format!("{place}: `{}`: {why}", test.name))
        })
        .collect()
}

fn run(engine: &Engine, test: &Test) -> Vec<String> {
    match answer(engine, test) {
        Err(why) => vec![why],
        Ok(answer) => unmet_of(engine, test, &Observed::from(&answer)),
    }
}

/// What of an example is not met by an answer, a line each.
pub(crate) fn unmet_of(engine: &Engine, test: &Test, observed: &Observed) -> Vec<String> {
    if let Observed::Error(why) = observed {
        return vec![why.clone()];
    }
    let expected = test.expect.iter();
    let mut unmet: Vec<String> = expected
        .filter_map(|expect| unmet_one(engine, expect, observed))
        .collect();
    // Whatever else is expected of a route, that there is none is one line.
    unmet.dedup();
    unmet
}

/// The answer to an example's request; an instant that it does not give is that of the fixtures.
///
/// # Errors
/// When the policy cannot judge such a request.
pub fn answer(engine: &Engine, test: &Test) -> Result<Answer, String> {
    let draft = draft(engine, test)?;
    let request = engine.request(draft).map_err(|error| error.to_string())?;
    let state = State::default();
    Ok(engine.answer(&request, &state))
}

/// An example's request.
pub(crate) fn draft(engine: &Engine, test: &Test) -> Result<Draft, String> {
    let mut draft = Draft::new("", test.at.unwrap_or(Instant::from_unix_seconds(NOW)));
    draft.body.model = None;
    for (name, value) in &test.request {
        put(engine, &mut draft, name, value)
            .ok_or_else(|| format!("`{name}` cannot be put into a request"))?;
    }
    let fallback = |model: &str| Body {
        model: Some(model.to_owned()),
        ..draft.body.clone()
    };
    draft.fallbacks = test.fallbacks.iter().map(|model| fallback(model)).collect();
    draft.chain.count = i64::try_from(test.fallbacks.len()).unwrap_or(i64::MAX);
    Ok(draft)
}

fn put(engine: &Engine, draft: &mut Draft, name: &str, value: &Value) -> Option<()> {
    if engine.policy().attribute_names().any(|n| n == name) {
        let text = text(engine, value)?;
        draft.attributes.insert(name.to_owned(), text);
        return Some(());
    }
    let body = &mut draft.body;
    match (name, value) {
        ("endpoint", _) => draft.endpoint = Some(text(engine, value)?),
        ("model", Value::Text(model)) => body.model = Some(model.to_string()),
        ("model_region", Value::Text(region)) => body.model_region = Some(region.to_string()),
        ("max_tokens", Value::Integer(tokens)) => body.max_tokens = Some(*tokens),
        ("input_tokens", Value::Integer(tokens)) => body.input_tokens = *tokens,
        ("temperature", Value::Decimal(value)) => body.temperature = Some(*value),
        ("stream", Value::Bool(stream)) => body.stream = *stream,
        ("fallback_depth", Value::Integer(depth)) => draft.chain.depth = Some(*depth),
        ("fallback_retry", Value::Bool(retry)) => draft.chain.retry = Some(*retry),
        _ => return None,
    }
    Some(())
}

/// A value as a caller, or an answer, writes it.
fn text(engine: &Engine, value: &Value) -> Option<String> {
    let catalog = engine.catalog();
    let name = |name: &str| Some(name.to_owned());
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Integer(value) => Some(value.to_string()),
        Value::Decimal(value) => Some(value.money()),
        Value::Text(value) => name(value),
        Value::Model(id) => name(&catalog.model(*id)?.id),
        Value::Maker(id) => name(&catalog.maker(*id)?.name),
        Value::Provider(id) => name(&catalog.provider(*id)?.name),
        Value::Endpoint(id) => name(&catalog.endpoint(*id)?.name),
        Value::Region(id) => name(&catalog.region(*id)?.name),
        Value::Row(table, row) => {
            let table = engine.policy().tables.get(*table as usize)?;
            name(table.keys.get(*row as usize)?)
        }
        Value::Instant(_)
        | Value::Places(_)
        | Value::UnknownPlace
        | Value::Retention(_)
        | Value::Set(_) => None,
    }
}

fn unmet_one(engine: &Engine, expect: &Expect, observed: &Observed) -> Option<String> {
    match (expect, observed) {
        (_, Observed::Error(why)) => Some(why.clone()),
        (Expect::Refuse(status, code), Observed::Refuse(found)) => {
            let met = u64::from(*status) == found.status && **code == *found.code;
            let found = format!("{} {}: {}", found.status, found.code, found.message);
            (!met).then(|| format!("expected {status} {code}, found {found}"))
        }
        (Expect::Refuse(status, code), Observed::Route(plan)) => {
            let route = plan.route().join(", ");
            Some(format!("expected {status} {code}, found the route {route}"))
        }
        (Expect::Route(_) | Expect::Warn(_) | Expect::Drop(_), Observed::Refuse(found)) => {
            let found = format!("{} {}: {}", found.status, found.code, found.message);
            Some(format!("expected a route, found {found}"))
        }
        (Expect::Route(facts), Observed::Route(plan)) => facts
            .iter()
            .find_map(|(name, value)| other_fact(engine, name, value, plan)),
        (Expect::Warn(code), Observed::Route(plan)) => {
            let met = plan.warnings.iter().any(|(found, _)| **code == **found);
            (!met).then(|| format!("expected the warning {code}"))
        }
        (Expect::Drop(code), Observed::Route(plan)) => {
            let met = plan.dropped.iter().any(|found| **code == *found.code);
            (!met).then(|| format!("expected a fallback to be dropped for {code}"))
        }
    }
}

/// What is different about a fact of the first attempt.
fn other_fact(engine: &Engine, name: &str, value: &Value, plan: &ObservedPlan) -> Option<String> {
    let known = match name {
        "price.input" => "input",
        "price.output" => "output",
        "model" | "maker" | "region" | "endpoint" | "upstream_id" | "multiplier" => name,
        _ => return Some(format!("`{name}` is not a fact that an answer shows")),
    };
    let expected = text(engine, value);
    let first = plan.attempts.first();
    let found = first.and_then(|first| first.get(known)).cloned();
    let show = |text: Option<String>| text.unwrap_or_else(|| "nothing".to_owned());
    let differs = expected.is_none() || expected != found;
    differs.then(|| format!("{name}: expected {}, found {}", show(expected), show(found)))
}
