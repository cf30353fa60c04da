//! Drafts to requests: names checked, defaults filled in, the model id looked up.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the resolver has checked the types: a value of another type cannot stand here"
)]

use std::collections::BTreeMap;

use crate::catalog::{Catalog, EndpointId};
use crate::diagram::Compiled;
use crate::limits;
use crate::near;
use crate::policy::{Attribute, BodyField, Policy, Type, Value};
use crate::request::{
    AttributeValue, Body, Call, Caller, Chain, ChainFault, ChainFields, Draft, Effective, Fields,
    Request, RequestError, RequestErrors,
};
use crate::text::{echo, quoted};

/// Accepts an endpoint and attributes, or says everything that is wrong with them.
pub(super) fn caller(
    catalog: &Catalog,
    policy: &Policy,
    compiled: &Compiled,
    stamp: u64,
    name: Option<&str>,
    given: &BTreeMap<String, String>,
) -> Result<Caller, RequestErrors> {
    let mut errors = Vec::new();
    let endpoint = match endpoint(catalog, name) {
        Ok(endpoint) => Some(endpoint),
        Err(error) => {
            errors.push(error);
            None
        }
    };
    for name in given.keys() {
        if !policy.attribute_names().any(|n| n == name) {
            let near = did_you_mean(near::nearest(name, policy.attribute_names()));
            errors.push(RequestError::UnknownAttribute {
                name: echo(name),
                near,
            });
        }
    }
    let mut attributes = Vec::new();
    for attribute in &policy.attributes {
        match value(policy, attribute, given.get(&*attribute.name)) {
            Ok(value) => attributes.push(value),
            Err(error) => errors.push(error),
        }
    }
    let (Some(endpoint), true) = (endpoint, errors.is_empty()) else {
        return Err(RequestErrors(errors));
    };
    let codes = compiled.attribute_codes(&attributes);
    Ok(Caller {
        endpoint,
        row: compiled.row(endpoint),
        attributes,
        codes,
        stamp,
    })
}

/// Accepts a draft, or says everything that is wrong with it.
pub(super) fn accept(
    catalog: &Catalog,
    policy: &Policy,
    compiled: &Compiled,
    stamp: u64,
    draft: Draft,
) -> Result<Request, RequestErrors> {
    let name = draft.endpoint.as_deref();
    let mut caller = caller(catalog, policy, compiled, stamp, name, &draft.attributes);
    if draft.fallbacks.len() > limits::FALLBACKS {
        let too_many = RequestError::TooManyFallbacks(limits::FALLBACKS);
        caller = Err(match caller {
            Ok(_) => RequestErrors(vec![too_many]),
            Err(RequestErrors(errors)) => {
                RequestErrors(errors.into_iter().chain([too_many]).collect())
            }
        });
    }
    let caller = caller?;
    let at = draft.at;
    let effective = |body: Body| effective(catalog, policy, body, at);
    let mut chain = draft.chain;
    // There are no fewer entries than are here.
    let here = i64::try_from(draft.fallbacks.len()).unwrap_or(i64::MAX);
    chain.count = chain.count.max(here);
    chain.depth = chain
        .depth
        .or(policy.defaults.get(&BodyField::FallbackDepth).copied());
    Ok(Request {
        caller,
        at,
        auth: draft.auth,
        auth_header: draft.auth_header,
        primary: effective(draft.body),
        fallbacks: draft.fallbacks.into_iter().map(effective).collect(),
        chain,
    })
}

fn endpoint(catalog: &Catalog, name: Option<&str>) -> Result<EndpointId, RequestError> {
    match name {
        None => catalog.default_endpoint().ok_or(RequestError::NoEndpoint),
        Some(name) => catalog.endpoint_named(name).ok_or_else(|| {
            let near = near::nearest(name, catalog.endpoints.iter().map(|e| &*e.name));
            RequestError::UnknownEndpoint {
                name: echo(name),
                near: did_you_mean(near),
            }
        }),
    }
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

fn value(
    policy: &Policy,
    attribute: &Attribute,
    given: Option<&String>,
) -> Result<Option<AttributeValue>, RequestError> {
    let Some(text) = given else {
        return match &attribute.default {
            Some(default) => Ok(constant(attribute, default)),
            None if attribute.optional => Ok(None),
            None => Err(RequestError::MissingAttribute {
                name: attribute.name.to_string(),
                expected: expected(policy, attribute),
            }),
        };
    };
    let parsed = match &attribute.of {
        Type::Choice(words) => {
            position(words.iter().map(|w| &**w), text).map(AttributeValue::Choice)
        }
        Type::Key(table) => {
            let table = policy.tables.get(*table as usize);
            table
                .and_then(|t| t.index.get(text.as_str()))
                .map(|row| AttributeValue::Row(*row))
        }
        Type::Bool => text.parse().ok().map(AttributeValue::Bool),
        Type::Count => text.parse().ok().map(AttributeValue::Integer),
        _ => (text.len() <= limits::SCALAR_BYTES).then(|| AttributeValue::Text(text.clone())),
    };
    parsed.map(Some).ok_or_else(|| RequestError::BadAttribute {
        name: attribute.name.to_string(),
        value: echo(text),
        expected: expected(policy, attribute),
    })
}

fn position<'a>(mut words: impl Iterator<Item = &'a str>, word: &str) -> Option<u32> {
    words
        .position(|w| w == word)
        .and_then(|i| u32::try_from(i).ok())
}

/// A declared default as an attribute's value.
fn constant(attribute: &Attribute, value: &Value) -> Option<AttributeValue> {
    match (value, &attribute.of) {
        (Value::Bool(value), _) => Some(AttributeValue::Bool(*value)),
        (Value::Integer(value), _) => Some(AttributeValue::Integer(*value)),
        (Value::Row(_, row), _) => Some(AttributeValue::Row(*row)),
        (Value::Text(word), Type::Choice(words)) => {
            position(words.iter().map(|w| &**w), word).map(AttributeValue::Choice)
        }
        (Value::Text(text), _) => Some(AttributeValue::Text(text.to_string())),
        _ => None,
    }
}

fn expected(policy: &Policy, attribute: &Attribute) -> String {
    match &attribute.of {
        Type::Choice(words) => format!("it is {}", quoted(words.iter().map(|w| &**w), "or")),
        Type::Key(table) => {
            let name = policy.tables.get(*table as usize).map_or("", |t| &t.name);
            format!("it is a key of table `{name}`")
        }
        Type::Bool => "it is `true` or `false`".to_owned(),
        Type::Count => "it is a whole number".to_owned(),
        _ => format!("it is text of at most {} bytes", limits::SCALAR_BYTES),
    }
}

fn effective(
    catalog: &Catalog,
    policy: &Policy,
    mut body: Body,
    at: crate::instant::Instant,
) -> Effective {
    body.max_tokens = body
        .max_tokens
        .or(policy.defaults.get(&BodyField::MaxTokens).copied());
    let model_text = body.model.as_ref().map(|model| {
        let prefix = policy.model_prefix.as_deref().unwrap_or("");
        model.strip_prefix(prefix).unwrap_or(model).to_owned()
    });
    let found = model_text.as_deref().map(|id| catalog.lookup(id, at));
    Effective {
        body,
        model_text,
        target: found.as_ref().and_then(|k| k.value),
        target_changes: found.and_then(|k| k.next_change),
    }
}

/// The same call as a request of its own, for the reference interpreter.
pub(super) fn own(catalog: &Catalog, policy: &Policy, call: &Call<'_>) -> Request {
    let body = |fields: &Fields<'_>| effective(catalog, policy, fields.to_body(), call.at);
    let ChainFields {
        depth,
        retry,
        fault,
        ..
    } = call.chain;
    let fallbacks = call.fallbacks.iter().take(limits::FALLBACKS);
    Request {
        caller: call.caller.clone(),
        at: call.at,
        auth: call.auth,
        auth_header: call.auth_header.map(str::to_owned),
        primary: body(&call.body),
        fallbacks: fallbacks.map(body).collect(),
        chain: Chain {
            depth: depth.or(policy.defaults.get(&BodyField::FallbackDepth).copied()),
            retry,
            count: call.sent(),
            fault: fault.map(|kind| ChainFault {
                kind,
                path: String::new(),
            }),
        },
    }
}
