//! A plan in words: each attempt with its places, price and URL, and what the caller should know.

use std::cell::Cell;

use super::{dropped, effective, message};
use crate::answer::{Attempt, Limit, Plan, Retry, SetValue, Warning};
use crate::catalog::Price;
use crate::instant::Instant;
use crate::judgement;
use crate::place::PlaceId;
use crate::policy::{BodyField, RuleId, RuleKind, SetField, Value};
use crate::reference::{Case, Facts};
use crate::text::echo;

/// Puts a plan into words.
pub(super) fn plan(case: Case<'_>, plan: &judgement::Plan) -> Plan {
    let attempts: Vec<Attempt> = plan
        .attempts
        .iter()
        .filter_map(|a| attempt(case, a))
        .collect();
    // The plan goes stale when its words do: advice may change before any decision.
    let horizon = Cell::new(plan.valid_until);
    let dropped: Vec<_> = plan
        .dropped
        .iter()
        .map(|d| dropped(case, d, &horizon))
        .collect();
    let mut warnings: Vec<Warning> = Vec::new();
    for found in &plan.warnings {
        let Some(worded) = warning(case, plan, found, &horizon) else {
            continue;
        };
        // A fallback that inherits what is warned about says it no second time.
        let said = |w: &Warning| w.code == worded.code && w.message == worded.message;
        if found.of_route || !warnings.iter().any(said) {
            warnings.push(worded);
        }
    }
    warnings.extend(dropped.iter().map(|d| Warning {
        code: "fallback-dropped".to_owned(),
        attempt: None,
        field: Some(format!("fallbacks[{}]", d.fallback)),
        message: match &d.model {
            Some(model) => format!("fallback `{}` was dropped: {}", echo(model), d.message),
            None => format!("a fallback was dropped: {}", d.message),
        },
    }));
    Plan {
        limit: attempts.first().and_then(|a| a.limit.clone()),
        attempts,
        dropped,
        retry: plan.retry.and_then(|id| retry(case, id)),
        advance: case
            .policy
            .advance
            .iter()
            .map(ToString::to_string)
            .collect(),
        timeouts: case.policy.timeouts,
        valid_until: horizon.get(),
        warnings,
    }
}

fn attempt(case: Case<'_>, attempt: &judgement::Attempt) -> Option<Attempt> {
    let horizon = Cell::new(None);
    let effective = effective(case, attempt.fallback);
    let route = attempt.route.route();
    let facts = case.facts(effective, &horizon).of(Some(route));
    let catalog = case.catalog;
    let at = case.request.at();
    let offering = catalog.offering(route.offering)?;
    let model = catalog.model(offering.model)?;
    let region = catalog.region(offering.region)?;
    let endpoint = catalog.endpoint(route.endpoint)?;
    let names = |places: Option<Vec<PlaceId>>| -> Vec<String> {
        let places = places.unwrap_or_default();
        places
            .iter()
            .map(|p| catalog.places.name(*p).to_owned())
            .collect()
    };
    let mut stream = effective.body.stream;
    let mut set = Vec::new();
    for id in &attempt.sets {
        let Some(RuleKind::Set { field, value, .. }) = case.policy.rule(*id).map(|r| &r.kind)
        else {
            continue;
        };
        if let (SetField::Known(BodyField::Stream), Value::Bool(value)) = (field, value) {
            stream = *value;
        }
        set.push(self::set(field, value));
    }
    let alias = effective
        .model_text
        .clone()
        .filter(|text| **text != *model.id);
    Some(Attempt {
        fallback: attempt.fallback,
        model: model.id.to_string(),
        alias,
        maker: model
            .maker
            .and_then(|m| catalog.maker(m))
            .map(|m| m.name.to_string()),
        providers: offering
            .providers
            .iter()
            .filter_map(|p| catalog.provider(*p))
            .map(|p| p.name.to_string())
            .collect(),
        region: region.name.to_string(),
        endpoint: endpoint.name.to_string(),
        url: catalog.url(route),
        upstream_id: catalog.upstream_id(route).to_owned(),
        processing: names(catalog.processing(route, at).value),
        storage: names(catalog.storage(route, at).value),
        usage_region: region.usage.to_string(),
        price: price(&facts, attempt),
        stream,
        set,
        executes: endpoint.executes.iter().map(|e| e.name()).collect(),
        limit: attempt.limit.and_then(|id| limit(&facts, id)),
    })
}

/// The price in the service tier that will be asked for, after every `set`.
fn price(facts: &Facts<'_>, attempt: &judgement::Attempt) -> Price {
    let mut tiers = attempt.sets.iter().filter_map(|id| {
        let field = SetField::Known(BodyField::ServiceTier);
        match facts.policy.rule(*id).map(|r| &r.kind) {
            Some(RuleKind::Set {
                field: set,
                value: Value::Text(tier),
                ..
            }) if *set == field => Some(&**tier),
            _ => None,
        }
    });
    let tier = tiers
        .next_back()
        .or(facts.effective.body.service_tier.as_deref());
    facts.price_in(attempt.route.route(), tier).value
}

/// What a rule sets: the field as bodies have it, and its value. Absent and false are one for a
/// stream: the plainest body leaves it out.
pub(crate) fn set(field: &SetField, value: &Value) -> (String, SetValue) {
    let name = match field {
        SetField::Known(field) => field.wire().to_owned(),
        SetField::Other(name) => name.to_string(),
    };
    let value = match (field, value) {
        (SetField::Known(BodyField::Stream), Value::Bool(false)) => SetValue::Remove,
        (_, Value::Bool(value)) => SetValue::Bool(*value),
        (_, Value::Integer(value)) => SetValue::Integer(*value),
        (_, Value::Text(value)) => SetValue::Text(value.to_string()),
        _ => SetValue::Remove,
    };
    (name, value)
}

fn limit(facts: &Facts<'_>, id: RuleId) -> Option<Limit> {
    let RuleKind::Limit {
        requests,
        window_s,
        key,
    } = &facts.policy.rule(id)?.kind
    else {
        return None;
    };
    let key = facts.value(key).map_or(String::new(), |v| facts.text(&v));
    Some(Limit {
        requests: *requests,
        window_s: *window_s,
        key,
    })
}

fn retry(case: Case<'_>, id: RuleId) -> Option<Retry> {
    let RuleKind::Retry {
        on,
        times,
        after_ms,
        ..
    } = &case.policy.rule(id)?.kind
    else {
        return None;
    };
    let on = on.iter().map(ToString::to_string).collect();
    Some(Retry {
        on,
        times: *times,
        after_ms: *after_ms,
    })
}

/// A warning; its help lines follow the message.
fn warning(
    case: Case<'_>,
    plan: &judgement::Plan,
    warning: &judgement::Warning,
    horizon: &Cell<Option<Instant>>,
) -> Option<Warning> {
    let attempt = plan.attempts.get(warning.attempt)?;
    let effective = effective(case, attempt.fallback);
    let facts = case
        .facts(effective, horizon)
        .of(Some(attempt.route.route()));
    let rule = case.policy.rule(warning.rule)?;
    let mut message = message::message(&facts, rule);
    for line in rule
        .help
        .iter()
        .filter_map(|h| message::help(&facts, case, h))
    {
        message.push_str("; ");
        message.push_str(&line);
    }
    Some(Warning {
        code: rule.kind.code().to_owned(),
        attempt: (warning.of_route || attempt.fallback.is_some()).then_some(warning.attempt),
        field: message::field(&facts, rule),
        message,
    })
}
