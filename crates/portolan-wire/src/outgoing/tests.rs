//! What is sent is what a patch makes of what was posted, and nothing else moves.

use portolan_core::answer::SetValue;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::patch::tests::{apply, attempt as plain};

fn attempt(upstream_id: &str, set: Vec<(&str, SetValue)>, executes: &[&'static str]) -> Attempt {
    Attempt {
        set: set.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
        executes: executes.to_vec(),
        ..plain(upstream_id)
    }
}

fn sent(body: &str, attempt: &Attempt) -> String {
    BodyText::new(body).outgoing(attempt).expect("an object")
}

#[test]
fn what_needs_no_edit_is_sent_to_the_byte() {
    let body = "\n{ \"model\" :\"m\",\t\"te\\u006dperature\": 1.0e0 , \"seed\":9007199254740993,\"x\":[1,\n2] }";
    assert_eq!(sent(body, &attempt("m", vec![], &[])), body.trim_start());
}

#[test]
fn edits_leave_what_stands_around_them() {
    let set = vec![
        ("stream", SetValue::Bool(false)),
        ("max_tokens", SetValue::Integer(7)),
    ];
    let body = r#"{ "stream" : true , "a": 1.50, "model" : "claude" ,"b":"\u00e9" }"#;
    assert_eq!(
        sent(body, &attempt("claude-4", set, &["retry"])),
        r#"{ "a": 1.50, "model" : "claude-4" ,"b":"\u00e9","max_tokens":7,"fallback_config":{"retry":false} }"#
    );
}

#[test]
fn an_object_is_patched_inside() {
    let body = r#"{"model":"m","fallback_config":{"depth":2, "other": 1,"retry":true}}"#;
    assert_eq!(
        sent(body, &attempt("m", vec![], &["retry"])),
        r#"{"model":"m","fallback_config":{ "other": 1,"retry":false}}"#
    );
    let body = r#"{"model":"m","fallback_config":7}"#;
    assert_eq!(
        sent(body, &attempt("m", vec![], &["retry"])),
        r#"{"model":"m","fallback_config":{"retry":false}}"#
    );
}

#[test]
fn a_carrier_that_does_more_asks_for_less() {
    let body = r#"{"model":"m","stream":true,"stream_options":{"a":1.0},"post_processing_steps":[{"type":"json-repair"}]}"#;
    let for_carrier = |carrier| {
        let attempt = attempt("m", vec![], &[]);
        BodyText::new(body).outgoing_for(&attempt, carrier).unwrap()
    };
    let counts = Carrier {
        counts: true,
        ..Carrier::default()
    };
    assert_eq!(
        for_carrier(counts),
        r#"{"model":"m","stream":true,"stream_options":{"a":1.0,"include_usage":true},"post_processing_steps":[{"type":"json-repair"}]}"#
    );
    let repairs = Carrier {
        whole: true,
        repairs: true,
        ..Carrier::default()
    };
    assert_eq!(for_carrier(repairs), r#"{"model":"m"}"#);
}

#[test]
fn a_fallback_is_sent_without_the_chain_it_came_from() {
    let body = r#"{"model":"m","top_p":0.10,"fallbacks":[{"model":"n","top_p":0.20}]}"#;
    let fallback = Attempt {
        fallback: Some(0),
        ..attempt("n-1", vec![], &[])
    };
    assert_eq!(sent(body, &fallback), r#"{"model":"n-1","top_p":0.20}"#);
}

#[test]
fn a_key_that_stands_twice_is_sent_once() {
    let body = r#"{"model":"a","Model":"b","model":"c"}"#;
    let sent: Json = serde_json::from_str(&sent(body, &attempt("m", vec![], &[]))).expect("JSON");
    assert_eq!(sent, json!({"model": "m"}));
}

#[test]
fn what_is_no_object_is_not_sent() {
    for body in ["", "[]", "7", "{", "\u{feff}{}"] {
        assert_eq!(
            BodyText::new(body).outgoing(&attempt("m", vec![], &[])),
            None,
            "{body}"
        );
    }
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "[a-zé\"\\\\{}:, ]{0,6}".prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            prop::collection::btree_map("[a-z\"]{1,4}", inner, 0..3)
                .prop_map(|m| Json::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_sent_is_the_patch_applied(
        fields in prop::collection::btree_map(
            prop_oneof![
                "[a-z\",:{}]{1,4}",
                Just("model".to_owned()),
                Just("stream".to_owned()),
                Just("fallbacks".to_owned()),
                Just("fallback_config".to_owned()),
                Just("max_completion_tokens".to_owned()),
            ],
            value(),
            0..6,
        ),
        pretty in any::<bool>(),
        set in prop::collection::vec(
            prop_oneof![
                Just(("stream", SetValue::Bool(false))),
                Just(("max_tokens", SetValue::Integer(9))),
                Just(("model_region", SetValue::Text("global\"".to_owned()))),
                Just(("reasoning_effort", SetValue::Remove)),
            ],
            0..3,
        ),
        retries in any::<bool>(),
    ) {
        let posted = Json::Object(fields.into_iter().collect());
        let text = if pretty {
            serde_json::to_string_pretty(&posted)
        } else {
            serde_json::to_string(&posted)
        };
        let body = BodyText::new(text.expect("JSON"));
        let executes: &[&'static str] = if retries { &["retry"] } else { &[] };
        let attempt = attempt("m-1", set, executes);
        let patch = serde_json::to_value(Patch::of(&attempt, Some(&body))).expect("JSON");
        let sent = body.outgoing(&attempt).expect("an object");
        let sent: Json = serde_json::from_str(&sent).expect("JSON");
        prop_assert_eq!(sent, apply(&posted, &patch));
    }
}
