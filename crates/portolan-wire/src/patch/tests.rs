//! Patches, applied by a plain reading of RFC 7396.

use portolan_core::catalog::Price;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;

pub(crate) fn attempt(upstream_id: &str) -> Attempt {
    Attempt {
        fallback: None,
        model: "m".to_owned(),
        alias: None,
        maker: None,
        providers: Vec::new(),
        region: "eu".to_owned(),
        endpoint: "eu".to_owned(),
        url: String::new(),
        upstream_id: upstream_id.to_owned(),
        processing: Vec::new(),
        storage: Vec::new(),
        usage_region: "eu".to_owned(),
        price: Price::default(),
        stream: false,
        set: Vec::new(),
        executes: Vec::new(),
        limit: None,
    }
}

fn patch(attempt: &Attempt, body: Option<&str>) -> String {
    let body = body.map(BodyText::new);
    serde_json::to_string(&Patch::of(attempt, body.as_ref())).unwrap()
}

/// RFC 7396, read plainly.
pub(crate) fn apply(target: &Json, patch: &Json) -> Json {
    let Json::Object(patch) = patch else {
        return patch.clone();
    };
    let old = target.as_object().cloned();
    let mut target: Map<String, Json> = old.unwrap_or_default();
    for (key, value) in patch {
        let old = target.remove(key).unwrap_or(Json::Null);
        if !value.is_null() {
            target.insert(key.clone(), apply(&old, value));
        }
    }
    Json::Object(target)
}

fn executes(names: &[&'static str]) -> Attempt {
    Attempt {
        executes: names.to_vec(),
        ..attempt("m")
    }
}

fn sets(field: &str, value: SetValue) -> Attempt {
    Attempt {
        set: vec![(field.to_owned(), value)],
        ..attempt("m")
    }
}

#[test]
fn says_only_what_changes() {
    let table = [
        (attempt("m"), Some(r#"{"model":"m"}"#), "{}"),
        (attempt("m"), None, "{}"),
        (attempt("up"), None, r#"{"model":"up"}"#),
        (attempt("up"), Some(r#"{"model":"m"}"#), r#"{"model":"up"}"#),
        (
            attempt("m"),
            Some(r#"{"model":"assemblyai/m"}"#),
            r#"{"model":"m"}"#,
        ),
        (attempt("m"), Some("{}"), r#"{"model":"m"}"#),
        (attempt("m"), Some("{not json"), r#"{"model":"m"}"#),
        (
            attempt("m"),
            Some(r#"{"model":"m","fallbacks":[]}"#),
            r#"{"fallbacks":null}"#,
        ),
        (
            attempt("m"),
            Some(r#"{"model":"m","fallback_config":{"depth":1}}"#),
            r#"{"fallback_config":null}"#,
        ),
        (
            executes(&["retry"]),
            Some(r#"{"model":"m"}"#),
            r#"{"fallback_config":{"retry":false}}"#,
        ),
        (
            executes(&["fallbacks"]),
            None,
            r#"{"fallback_config":{"retry":false}}"#,
        ),
        (executes(&["json-repair"]), None, "{}"),
        (
            executes(&["retry", "fallbacks"]),
            Some(r#"{"model":"m","fallbacks":[],"fallback_config":{"depth":1,"Retry":true}}"#),
            r#"{"fallbacks":null,"fallback_config":{"retry":false,"depth":null,"Retry":null}}"#,
        ),
        (
            attempt("m"),
            Some(r#"{"Model":"m"}"#),
            r#"{"Model":null,"model":"m"}"#,
        ),
        (
            attempt("m"),
            Some(r#"{"model":"m","model":"m"}"#),
            r#"{"model":"m"}"#,
        ),
        (
            attempt("m"),
            Some(r#"{"model":"x","Model":"y"}"#),
            r#"{"Model":null,"model":"m"}"#,
        ),
        (
            attempt("m"),
            Some(r#"{"model":"m","Fallbacks":[]}"#),
            r#"{"Fallbacks":null,"fallbacks":null}"#,
        ),
    ];
    for (attempt, body, expected) in table {
        assert_eq!(patch(&attempt, body), expected, "{body:?}");
    }
}

#[test]
fn carries_what_the_policy_sets() {
    let table = [
        (
            sets("stream", SetValue::Bool(false)),
            Some(r#"{"model":"m","stream":true}"#),
            r#"{"stream":null}"#,
        ),
        (
            sets("stream", SetValue::Remove),
            Some(r#"{"model":"m","stream":true}"#),
            r#"{"stream":null}"#,
        ),
        (
            sets("stream", SetValue::Bool(false)),
            Some(r#"{"model":"m"}"#),
            "{}",
        ),
        (
            sets("stream", SetValue::Bool(false)),
            None,
            r#"{"stream":null}"#,
        ),
        (
            sets("stream", SetValue::Bool(true)),
            Some(r#"{"model":"m"}"#),
            r#"{"stream":true}"#,
        ),
        (
            sets("service_tier", SetValue::Text("flex".to_owned())),
            None,
            r#"{"service_tier":"flex"}"#,
        ),
        (
            sets("max_tokens", SetValue::Integer(5)),
            Some(r#"{"model":"m","max_completion_tokens":9}"#),
            r#"{"max_tokens":5,"max_completion_tokens":null}"#,
        ),
    ];
    for (attempt, body, expected) in table {
        assert_eq!(patch(&attempt, body), expected, "{body:?}");
    }
}

#[test]
fn is_made_for_the_fallbacks_own_body() {
    let body = r#"{"model":"m","fallbacks":[{"model":"n","stream":true}]}"#;
    let attempt = Attempt {
        fallback: Some(0),
        set: vec![("stream".to_owned(), SetValue::Bool(false))],
        ..attempt("n")
    };
    assert_eq!(
        patch(&attempt, Some(body)),
        r#"{"stream":null,"fallbacks":null}"#
    );
}

fn key() -> impl Strategy<Value = String> {
    let keys = [
        "model",
        "Model",
        "stream",
        "fallbacks",
        "FALLBACKS",
        "fallback\u{17f}",
        "fallback_config",
        "x",
    ];
    prop::sample::select(keys.to_vec()).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Json> {
    let values = [
        json!("m"),
        json!("up"),
        json!(null),
        json!(true),
        json!({"depth": 2, "retry": true}),
        json!([{"model": "n"}]),
        json!([{"model": "n", "fallbacks": [{}], "Model": "o"}]),
    ];
    prop::sample::select(values.to_vec())
}

proptest! {
    #[test]
    fn a_patched_body_has_our_model_and_no_chain(
        members in prop::collection::btree_map(key(), value(), 0..6),
        fallback in prop::option::of(0usize..2),
        executes in any::<bool>(),
    ) {
        let text = BodyText::new(Json::Object(members.into_iter().collect()).to_string());
        let attempt = Attempt {
            fallback,
            executes: if executes { vec!["retry", "fallbacks"] } else { vec![] },
            ..attempt("up")
        };
        let patch = serde_json::to_value(Patch::of(&attempt, Some(&text))).unwrap();
        let effective = text.effective(fallback).unwrap_or_else(|| "{}".to_owned());
        let patched = apply(&serde_json::from_str(&effective).unwrap(), &patch);
        prop_assert_eq!(&patched["model"], "up");
        let keys = |field: &'static str| {
            let keys = patched.as_object().unwrap().keys();
            keys.filter(move |key| faults::folds_to(key, field)).count()
        };
        prop_assert_eq!(keys("fallbacks"), 0);
        prop_assert_eq!(keys("model"), 1);
        if executes {
            prop_assert_eq!(&patched["fallback_config"], &json!({"retry": false}));
        } else {
            prop_assert_eq!(keys("fallback_config"), 0);
        }
    }
}
