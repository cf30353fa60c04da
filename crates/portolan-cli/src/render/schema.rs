//! The shape of catalogs as JSON Schema, draft 7, which every editor knows.
//!
//! It is written from the shape that the decoder reads by, so neither has a key that the other has
//! not. It says what one entry may hold; what takes two entries is for `check`.

use portolan_core::catalog::shape::{self, Form, Holds, Key};
use serde_json::{Map, Value, json};

/// The schema of a catalog.
pub(crate) fn catalog() -> Value {
    let mut schema = entry(&shape::CATALOG);
    if let Value::Object(object) = &mut schema {
        object.insert(
            "$schema".to_owned(),
            json!("http://json-schema.org/draft-07/schema#"),
        );
        object.insert("title".to_owned(), json!("a Portolan catalog"));
        object.insert("definitions".to_owned(), definitions());
    }
    schema
}

/// A plain value in YAML is text to a catalog, whatever else it looks like to other readers.
const SCALAR: [&str; 3] = ["string", "number", "boolean"];

/// What facts hold, once each.
fn definitions() -> Value {
    let number = r"[0-9][0-9_]*(\.[0-9][0-9_]*)?";
    let slots = format!(r"([!-z|~]|\{{({})\}})*", shape::SLOTS.join("|"));
    let name = json!({"type": SCALAR, "minLength": 1});
    let mut definitions = json!({
        "edition": {"enum": [1, "1"]},
        "text": {"type": SCALAR},
        "name": name,
        "names": {"type": "array", "items": refer("name")},
        "instant": {
            "type": "string",
            "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T[0-9:.]+(Z|[+-][0-9:]+))?$",
        },
        "tokens": {"anyOf": [
            {"type": "integer", "minimum": 0},
            {"type": "string", "pattern": "^[0-9][0-9_]*[kM]?$"},
        ]},
        "decimal": {"anyOf": [
            {"type": "number"},
            {"type": "string", "pattern": format!("^-?{number}$")},
        ]},
        "amount": {"anyOf": [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": format!("^{number}$")},
        ]},
        "host": {"type": "string", "pattern": r"^[0-9A-Za-z.:\[\]-]+$"},
        "path": {"type": "string", "pattern": format!("^/{slots}$")},
        "url": {"type": "string", "pattern": format!("^https?://{slots}$")},
        "flag": {"enum": [true, false, "true", "false"]},
        "places": {"anyOf": [
            refer("name"),
            {"type": "array", "items": refer("name"), "minItems": 1},
        ]},
        "retention": {"type": "string", "pattern": "^(zero|unknown|[0-9]+d)$"},
    });
    let dated = [
        Holds::Tokens,
        Holds::Names,
        Holds::Decimal,
        Holds::Amount,
        Holds::Places,
        Holds::Retention,
    ];
    if let Value::Object(definitions) = &mut definitions {
        for value in &dated {
            if let Some(name) = leaf(value) {
                definitions.insert(format!("dated-{name}"), fact(value));
            }
        }
    }
    definitions
}

/// The name of a definition, where a value has one.
fn leaf(holds: &Holds) -> Option<&'static str> {
    Some(match holds {
        Holds::Edition => "edition",
        Holds::Text => "text",
        Holds::Name => "name",
        Holds::Names => "names",
        Holds::Instant => "instant",
        Holds::Tokens => "tokens",
        Holds::Decimal => "decimal",
        Holds::Amount => "amount",
        Holds::Flag => "flag",
        Holds::Host => "host",
        Holds::Path => "path",
        Holds::Url => "url",
        Holds::Places => "places",
        Holds::Retention => "retention",
        Holds::Word(_)
        | Holds::Words(_)
        | Holds::Fact(_)
        | Holds::Section(_)
        | Holds::List(_)
        | Holds::Several(_)
        | Holds::Named(_)
        | Holds::Either(..)
        | Holds::Entry(_)
        | Holds::Wrapped(..) => return None,
    })
}

fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

/// What a value may be. As deep as the shape, which is ours.
fn value(holds: &Holds) -> Value {
    if let Some(name) = leaf(holds) {
        return refer(name);
    }
    match holds {
        Holds::Word(words) => json!({"enum": words}),
        Holds::Words(words) => json!({"type": "array", "items": {"enum": words}}),
        Holds::Fact(of) => {
            leaf(of).map_or_else(|| fact(of), |name| refer(&format!("dated-{name}")))
        }
        Holds::Section(of) => json!({
            "type": "object",
            "propertyNames": {"minLength": 1},
            "additionalProperties": value(of),
        }),
        Holds::List(form) => json!({"type": "array", "items": entry(form)}),
        Holds::Several(of) => json!({"anyOf": [
            value(of),
            {"type": "array", "items": value(of), "minItems": 1},
        ]}),
        Holds::Named(form) => json!({"anyOf": [refer("name"), entry(form)]}),
        Holds::Either(form, other) => json!({"anyOf": [entry(form), value(other)]}),
        Holds::Entry(form) => entry(form),
        Holds::Wrapped(one, other) => json!({"anyOf": [entry(one), entry(other)]}),
        Holds::Edition
        | Holds::Text
        | Holds::Name
        | Holds::Names
        | Holds::Instant
        | Holds::Tokens
        | Holds::Decimal
        | Holds::Amount
        | Holds::Flag
        | Holds::Host
        | Holds::Path
        | Holds::Url
        | Holds::Places
        | Holds::Retention => Value::Bool(true),
    }
}

/// A value, the value with its dates, or a list of those.
fn fact(of: &Holds) -> Value {
    let mut period = entry(&shape::PERIOD);
    if let Some(held) = period.pointer_mut("/properties/value") {
        *held = value(of);
    }
    json!({"anyOf": [
        value(of),
        period,
        {"type": "array", "items": period, "minItems": 1},
    ]})
}

/// An entry with its keys, and no others.
fn entry(form: &Form) -> Value {
    let properties: Map<String, Value> = form
        .all_keys()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let mut entry = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    let each = |keys: &[&str]| -> Vec<Value> {
        let keys = keys.iter();
        keys.map(|key| json!({"required": [key]})).collect()
    };
    if let Value::Object(entry) = &mut entry {
        if !form.required.is_empty() {
            entry.insert("required".to_owned(), json!(form.required));
        }
        if !form.one_of.is_empty() {
            entry.insert("oneOf".to_owned(), json!(each(form.one_of)));
        }
        if !form.some_of.is_empty() {
            entry.insert("anyOf".to_owned(), json!(each(form.some_of)));
        }
        if !form.at_most_one_of.is_empty() {
            entry.insert("not".to_owned(), json!({"required": form.at_most_one_of}));
        }
    }
    entry
}

/// What stands under a key, with what it says; beside a reference nothing else would count.
fn property(key: &Key) -> Value {
    json!({"description": key.about, "allOf": [value(&key.holds)]})
}
