//! Chains, effective bodies, and the law that what is judged is what would be executed.

use portolan_core::decimal::Decimal;
use portolan_core::limits;
use portolan_core::request::{ChainFaultKind, FaultKind};
use proptest::prelude::*;

use super::*;
use crate::posted::BodyText;

fn read(text: &str) -> Reading {
    read_body(text.as_bytes(), None)
}

#[test]
fn a_fallback_inherits_what_it_does_not_say() {
    let reading = read(
        r#"{"model": "a", "messages": [{"role": "user", "content": "12345678"}], "temperature": 0.5, "stream": true,
          "model_region": "global", "max_tokens": 100, "fallbacks": [
            {"model": "b", "temperature": 0.2, "stream": null},
            {"model": "c", "messages": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "1234"}]}],
             "max_completion_tokens": 7, "model_region": "x", "stream": false}],
          "fallback_config": {"depth": 2, "retry": false}}"#,
    );
    assert_eq!(reading.body.faults, []);
    assert_eq!(reading.chain.count, 2);
    assert_eq!(
        (reading.chain.depth, reading.chain.retry),
        (Some(2), Some(false))
    );
    assert_eq!(reading.chain.fault, None);
    let [first, second] = &reading.fallbacks[..] else {
        panic!("two fallbacks");
    };
    assert_eq!(first.model.as_deref(), Some("b"));
    assert_eq!(first.temperature, Decimal::parse("0.2").ok());
    assert!(first.stream, "null is absence: the posted value stays");
    assert_eq!(first.model_region.as_deref(), Some("global"));
    assert_eq!((first.input_tokens, first.max_tokens), (2, Some(100)));
    assert_eq!(first.paths["temperature"], "fallbacks[0].temperature");
    assert_eq!(second.model.as_deref(), Some("c"));
    assert_eq!((second.input_tokens, second.max_tokens), (1, Some(7)));
    assert_eq!(
        second.paths["content"],
        "fallbacks[1].messages[0].content[0]"
    );
    assert_eq!(
        second.paths["max_tokens"],
        "fallbacks[1].max_completion_tokens"
    );
    assert!(second.content.contains("image") && !second.stream);
    assert!(!reading.body.content.contains("image"));
}

#[test]
fn passed_tokens_are_inherited_with_the_messages() {
    let text = r#"{"model": "a", "prompt": "12345678", "fallbacks": [{"model": "b"}, {"model": "c", "prompt": "1"},
        {"model": "d", "messages": []}]}"#;
    let reading = read_body(text.as_bytes(), Some(900));
    let tokens = |body: &Body| (body.input_tokens, body.input_tokens_estimated);
    assert_eq!(tokens(&reading.body), (900, false));
    let found: Vec<_> = reading.fallbacks.iter().map(tokens).collect();
    assert_eq!(found, [(900, false), (1, true), (2, true)]);
}

#[test]
fn faults_of_the_chain_have_a_kind_and_a_place() {
    let many = |n: usize| vec![r#"{"model":"b"}"#; n].join(",");
    let over = many(limits::FALLBACKS + 3);
    let full = many(limits::FALLBACKS);
    let table: [(&str, Option<(ChainFaultKind, &str)>); 10] = [
        ("", None),
        (&full, None),
        (&over, Some((ChainFaultKind::TooMany, "fallbacks[16]"))),
        ("{}", Some((ChainFaultKind::MissingModel, "fallbacks[0]"))),
        (
            r#"{"model":"b"},{"model":null}"#,
            Some((ChainFaultKind::MissingModel, "fallbacks[1]")),
        ),
        (
            r#"{"model":"b"},5"#,
            Some((ChainFaultKind::MissingModel, "fallbacks[1]")),
        ),
        (
            r#"{"model":"b","fallbacks":[]}"#,
            Some((ChainFaultKind::Nested, "fallbacks[0]")),
        ),
        (
            r#"{"model":"b","fallback_config":{}}"#,
            Some((ChainFaultKind::Nested, "fallbacks[0]")),
        ),
        (r#"{"model":"b","fallbacks":null}"#, None),
        (r#"{"model":5}"#, None),
    ];
    for (entries, expected) in table {
        let chain = read(&format!("{{\"model\":\"a\",\"fallbacks\":[{entries}]}}")).chain;
        let found = chain.fault.as_ref().map(|f| (f.kind, f.path.as_str()));
        assert_eq!(found, expected, "{entries}");
    }
    let reading = read(&format!("{{\"fallbacks\":[{over}]}}"));
    assert_eq!(reading.chain.count, 19);
    assert_eq!(reading.fallbacks.len(), limits::FALLBACKS);
}

#[test]
fn a_fallback_never_inherits_the_model() {
    for entry in ["{}", "5", r#"{"model": null}"#, r#"{"model": 5}"#] {
        let text = format!("{{\"model\": \"a\", \"stream\": true, \"fallbacks\": [{entry}]}}");
        let fallback = &read(&text).fallbacks[0];
        assert_eq!(fallback.model, None, "{entry}");
        assert!(fallback.stream && fallback.faults.is_empty());
    }
}

#[test]
fn the_effective_text_is_what_was_judged() {
    let text = BodyText::new(
        r#"{"model": "a", "x": [ 1 ], "max_tokens": 5, "fallbacks": [{"max_completion_tokens": 7, "model": "b", "x": null, "y": 1e400}]}"#,
    );
    let effective = r#"{"x":[ 1 ],"fallbacks":[{"max_completion_tokens": 7, "model": "b", "x": null, "y": 1e400}],"max_completion_tokens":7,"model":"b","y":1e400}"#;
    assert_eq!(text.effective(Some(0)).as_deref(), Some(effective));
    assert_eq!(text.effective(Some(1)), None);
    assert_eq!(BodyText::new("[]").effective(None), None);
    assert_eq!(
        BodyText::new(r#"{ "a" : 1 }"#).effective(None).as_deref(),
        Some(r#"{"a":1}"#)
    );
}

/// A reader as Go's `encoding/json` is: folds the case of keys, takes the last, `null` leaves be.
fn folding_reader(object: &Members, field: &str) -> Option<serde_json::Value> {
    let fold = |key: &str| -> String {
        let chars = key.chars().map(|c| match c {
            '\u{17f}' => 's',
            '\u{212a}' => 'k',
            c => c.to_ascii_lowercase(),
        });
        chars.collect()
    };
    let named = object
        .iter()
        .filter(|(key, value)| fold(key) == field && !value.is_null());
    named.map(|(_, value)| value.clone()).next_back()
}

fn spelling() -> impl Strategy<Value = String> {
    let names = [
        "model",
        "Model",
        "MODEL",
        "model ",
        "model_region",
        "Model_Region",
        "max_tokens",
        "max_token\u{17f}",
        "MAX_TOKENS",
        "fallbacks",
        "fallback\u{17f}",
        "fallbac\u{212a}s",
        "Fallbacks",
        "temperature",
        "other",
        "Other",
    ];
    prop::sample::select(names.to_vec()).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::json;
    let values = [
        json!("gpt-5"),
        json!("claude"),
        json!("global"),
        json!(null),
        json!(5),
        json!(7),
        json!(true),
        json!([]),
        json!([{"model": "b"}]),
        json!([{"model": "b"}, {"model": "c"}]),
    ];
    prop::sample::select(values.to_vec())
}

fn text_of(object: &Members) -> String {
    let members = object
        .iter()
        .map(|(key, value)| format!("{}:{value}", serde_json::json!(key)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// An object as generated: its members in order, duplicates and all; a fallback as one value.
type Members = Vec<(String, serde_json::Value)>;

fn with_fallbacks(outer: &Members, entries: &[Members]) -> String {
    let entries: Vec<String> = entries.iter().map(text_of).collect();
    let outer = text_of(outer);
    let comma = if outer == "{}" { "" } else { "," };
    let rest = outer.strip_prefix('{').unwrap_or_default();
    format!("{{\"fallbacks\":[{}]{comma}{rest}", entries.join(","))
}

proptest! {
    #[test]
    fn a_folding_last_wins_reader_sees_what_we_judged(
        object in prop::collection::vec((spelling(), value()), 0..6)
    ) {
        let reading = read(&text_of(&object));
        let seen = |field: &str| folding_reader(&object, field);
        let ambiguous = reading.body.faults.iter().any(|f| f.kind == FaultKind::AmbiguousField);
        let wrong = |field: &str| {
            reading.body.faults.iter().any(|f| f.kind == FaultKind::WrongType && f.path == field)
        };
        let text = |v: Option<serde_json::Value>| v.and_then(|v| v.as_str().map(str::to_owned));
        prop_assert!(ambiguous || wrong("model") || text(seen("model")) == reading.body.model);
        prop_assert!(ambiguous || wrong("model_region") || text(seen("model_region")) == reading.body.model_region);
        prop_assert!(ambiguous || wrong("max_tokens") || seen("max_tokens").and_then(|v| v.as_i64()) == reading.body.max_tokens);
        let entries = seen("fallbacks").and_then(|v| v.as_array().map(Vec::len)).unwrap_or(0);
        prop_assert!(ambiguous || wrong("fallbacks") || entries == reading.fallbacks.len());
    }

    #[test]
    fn a_folding_last_wins_reader_sees_the_fallbacks_we_judged(
        outer in prop::collection::vec((spelling(), value()), 0..4),
        entries in prop::collection::vec(prop::collection::vec((spelling(), value()), 0..4), 0..3),
    ) {
        let reading = read(&with_fallbacks(&outer, &entries));
        if reading.body.faults.is_empty() {
            prop_assert_eq!(reading.fallbacks.len(), entries.len());
            let text = |v: Option<serde_json::Value>| v.and_then(|v| v.as_str().map(str::to_owned));
            for (entry, judged) in entries.iter().zip(&reading.fallbacks) {
                let seen = |field: &str| folding_reader(entry, field);
                let inherited = |field: &str| seen(field).or_else(|| folding_reader(&outer, field));
                prop_assert_eq!(text(seen("model")), judged.model.clone());
                prop_assert_eq!(text(inherited("model_region")), judged.model_region.clone());
                prop_assert_eq!(inherited("max_tokens").and_then(|v| v.as_i64()), judged.max_tokens);
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_body(&bytes, None);
    }

    #[test]
    fn a_damaged_body_never_panics(at in 0usize..400, byte in any::<u8>()) {
        let mut bytes = br#"{"model":"a","messages":[{"role":"user","content":[{"type":"text","text":"\ud83d\ude00"}]}],"max_tokens":10,"temperature":1e5,"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"f"}},"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},"fallbacks":[{"model":"b","prompt":"x"}],"fallback_config":{"depth":1}}"#.to_vec();
        let length = bytes.len();
        bytes[at % length] = byte;
        let text = BodyText::new(bytes.clone());
        let reading = read_body(&bytes, None);
        for (index, fallback) in reading.fallbacks.iter().enumerate() {
            // The effective text, posted anew, is judged as the fallback was.
            if let Some(effective) = text.effective(Some(index)) {
                let again = read_body(effective.as_bytes(), None).body;
                prop_assert_eq!(&again.model, &fallback.model);
                prop_assert_eq!(again.max_tokens, fallback.max_tokens);
                prop_assert_eq!(again.input_tokens, fallback.input_tokens);
                prop_assert_eq!(&again.parameters, &fallback.parameters);
            }
        }
    }
}
