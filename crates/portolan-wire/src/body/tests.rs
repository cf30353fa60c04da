//! Bodies, the facts that follow from them, and how much of them is kept. What is wrong with one is
//! in `tests/faults.rs`.

mod faults;

use std::collections::BTreeSet;

use portolan_core::decimal::Decimal;
use portolan_core::limits;
use portolan_core::request::{Body, FaultKind, PARAMETERS};

use super::FIELDS;
use crate::read_body;

fn body(text: &str) -> Body {
    read_body(text.as_bytes(), None).body
}

fn faults(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let name = |kind: FaultKind| {
        let mut names = FaultKind::NAMES.into_iter();
        names.find(|(_, k)| *k == kind).map_or("", |(name, _)| name)
    };
    let faults = read_body(bytes, None).body.faults;
    faults.into_iter().map(|f| (name(f.kind), f.path)).collect()
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|i| (*i).to_owned()).collect()
}

#[test]
fn a_full_body_is_read() {
    let body = body(
        r#"{"model": "gpt-5", "messages": [{"role": "system", "content": "abc {{ transcript }}"},
            {"role": "user", "content": [{"type": "text", "text": "héllo"}, {"type": "image_url", "image_url": {}}]},
            {"role": "assistant", "content": null, "tool_calls": [{}]}],
          "max_tokens": 1000, "temperature": 0.7, "top_p": 1e0, "stream": true, "model_region": "global",
          "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}, {"type": "web"}],
          "tool_choice": {"type": "function", "function": {"name": "f"}},
          "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
          "reasoning": {"effort": "low"}, "service_tier": "flex", "zero_data_retention": true,
          "transcript_id": "a b", "post_processing_steps": [{"type": "json-repair"}],
          "cache_control": {"type": "ephemeral"}, "something": [1, 2], "Something": 3}"#,
    );
    assert_eq!(body.faults, []);
    assert_eq!(body.model.as_deref(), Some("gpt-5"));
    assert!(body.messages && !body.prompt && body.stream);
    assert_eq!(body.max_tokens, Some(1000));
    assert_eq!(body.temperature, Decimal::parse("0.7").ok());
    assert_eq!(body.top_p, Some(Decimal::ONE));
    assert_eq!(body.model_region.as_deref(), Some("global"));
    assert_eq!(body.content, set(&["text", "image_url"]));
    assert_eq!(body.tool_types, set(&["function", "web"]));
    assert_eq!(body.tool_choice.as_deref(), Some("function"));
    assert_eq!(body.response_format.as_deref(), Some("json_schema"));
    assert_eq!(body.reasoning_effort.as_deref(), Some("low"));
    assert_eq!(body.service_tier.as_deref(), Some("flex"));
    assert_eq!(body.zero_data_retention, Some(true));
    assert!(body.transcript_id_malformed && body.has_transcript_tag);
    assert_eq!(body.post_processing, set(&["json-repair"]));
    let parameters = [
        "cache_control",
        "reasoning",
        "response_format",
        "temperature",
        "tool_choice",
        "tools",
        "top_p",
    ];
    assert_eq!(body.parameters, set(&parameters));
    // 20 and 5 characters.
    assert_eq!((body.input_tokens, body.input_tokens_estimated), (7, true));
    let path = |field| body.paths.get(field).map(String::as_str);
    assert_eq!(path("content"), Some("messages[1].content[1]"));
    assert_eq!(path("has_transcript_tag"), Some("messages[0].content"));
    assert_eq!(path("tool_types"), Some("tools[1]"));
    assert_eq!(path("response_format"), Some("response_format.type"));
    assert_eq!(path("reasoning_effort"), Some("reasoning.effort"));
    assert_eq!(path("transcript_id_malformed"), Some("transcript_id"));
}

#[test]
fn null_is_absence_except_for_the_model() {
    let fields = FIELDS.iter().filter(|field| **field != "model");
    let members: Vec<String> = fields.map(|field| format!("\"{field}\":null")).collect();
    let found = body(&format!("{{{}}}", members.join(",")));
    let nothing = Body {
        input_tokens_estimated: true,
        ..Body::default()
    };
    assert_eq!(found, nothing);
}

#[test]
fn every_parameter_is_a_known_field_and_counts_when_present() {
    for parameter in PARAMETERS {
        assert!(FIELDS.contains(&parameter), "{parameter}");
        let found = body(&format!("{{\"{parameter}\": {{}}}}"));
        assert!(found.parameters.contains(parameter), "{parameter}");
    }
    assert!(FIELDS.is_sorted() && PARAMETERS.is_sorted());
    let none = r#"{"model": "a", "messages": [], "prompt": "", "stream": true, "max_tokens": 1,
        "model_region": "global", "fallbacks": [], "fallback_config": {}, "transcript_id": "a",
        "post_processing_steps": [], "service_tier": "x", "unheard_of": 1}"#;
    assert_eq!(body(none).parameters, set(&[]));
}

#[test]
fn cache_control_counts_wherever_it_stands() {
    for text in [
        r#"{"messages": [{"role": "user", "content": "a", "cache_control": {}}]}"#,
        r#"{"messages": [{"role": "user", "content": [{"type": "text", "text": "a", "cache_control": {}}]}]}"#,
        r#"{"tools": [{"type": "web", "cache_control": {}}]}"#,
    ] {
        assert!(body(text).parameters.contains("cache_control"), "{text}");
    }
}

#[test]
fn tool_choice_is_one_word_or_as_written() {
    for (text, expected) in [
        (r#""auto""#, "auto"),
        (r#""none""#, "none"),
        (r#""required""#, "required"),
        (r#""function""#, r#""function""#),
        (
            r#"{"type": "function", "function": {"name": "f"}}"#,
            "function",
        ),
        (r#"{"type": "auto"}"#, r#"{"type": "auto"}"#),
    ] {
        let body = body(&format!("{{\"tool_choice\": {text}}}"));
        assert_eq!(body.tool_choice.as_deref(), Some(expected));
    }
}

#[test]
fn transcript_ids_and_tags_are_exact() {
    let long = "a".repeat(65);
    for (id, malformed) in [
        ("abc-123", false),
        ("", true),
        ("a_b", true),
        ("é", true),
        (long.as_str(), true),
    ] {
        let body = body(&format!("{{\"transcript_id\": \"{id}\"}}"));
        assert_eq!(body.transcript_id_malformed, malformed, "{id}");
    }
    for (text, tag) in [
        ("a {{ transcript }}", true),
        ("{{transcript}}", false),
        ("{{ TRANSCRIPT }}", false),
        ("{{  transcript }}", false),
        ("{{\\u0020transcript }}", true),
    ] {
        let messages =
            format!("{{\"messages\": [{{\"role\": \"user\", \"content\": \"{text}\"}}]}}");
        assert_eq!(body(&messages).has_transcript_tag, tag, "{text}");
        let prompt = body(&format!("{{\"prompt\": \"{text}\"}}"));
        assert_eq!(prompt.has_transcript_tag, tag, "{text}");
    }
}

#[test]
fn max_completion_tokens_is_max_tokens() {
    let found = body(r#"{"max_completion_tokens": 7}"#);
    assert_eq!(found.max_tokens, Some(7));
    assert_eq!(found.paths["max_tokens"], "max_completion_tokens");
    assert_eq!(body(r#"{"max_tokens": 7}"#).paths.get("max_tokens"), None);
}

#[test]
fn token_counts_are_blamed_on_their_text() {
    for (text, at) in [
        (r#"{"prompt": "a"}"#, "prompt"),
        (r#"{"prompt": "a", "messages": []}"#, "messages"),
        (r#"{"messages": [], "prompt": "a"}"#, "messages"),
    ] {
        assert_eq!(body(text).paths["total_tokens"], at);
    }
    let text = r#"{"prompt": "a", "fallbacks": [{"model": "b", "messages": []}]}"#;
    let fallback = &read_body(text.as_bytes(), None).fallbacks[0];
    assert_eq!(fallback.paths["total_tokens"], "fallbacks[0].messages");
}

#[test]
fn passed_tokens_are_no_estimate() {
    let found = read_body(br#"{"prompt": "abcde"}"#, Some(1200)).body;
    assert_eq!(
        (found.input_tokens, found.input_tokens_estimated),
        (1200, false)
    );
    let found = body(r#"{"prompt": "abcde"}"#);
    assert_eq!(
        (found.input_tokens, found.input_tokens_estimated),
        (2, true)
    );
}

#[test]
fn what_is_kept_is_bounded() {
    let long = "x".repeat(limits::SCALAR_BYTES);
    for field in ["model", "model_region", "tool_choice", "service_tier"] {
        let found = body(&format!("{{\"{field}\": \"{long}\"}}"));
        let detail = "a string, expected one of at most 65536 bytes";
        assert_eq!(found.faults[0].detail, detail);
    }
    assert_eq!(faults(format!("{{\"prompt\": \"{long}\"}}").as_bytes()), []);
    let tools: Vec<String> = (0..=limits::TYPES)
        .map(|n| format!("{{\"type\": \"t{n}\"}}"))
        .collect();
    let found = body(&format!("{{\"tools\": [{}]}}", tools.join(",")));
    assert_eq!(found.tool_types.len(), limits::TYPES);
    assert_eq!(found.faults[0].path, "tools[64]");
}

#[test]
fn a_large_body_is_read_in_bounded_time() {
    let message = r#"{"role":"user","content":"hello"},"#;
    let count = 100_000;
    let text = format!(
        "{{\"model\":\"a\",\"messages\":[{}{{}}],\"fallbacks\":[{}{{\"model\":\"b\"}}]}}",
        message.repeat(count),
        "{\"model\":\"b\"},".repeat(15)
    );
    let reading = read_body(text.as_bytes(), None);
    assert_eq!(reading.fallbacks.len(), limits::FALLBACKS);
    assert_eq!(reading.fallbacks[15].input_tokens, 125_000);
    let faulty = format!("{{\"messages\":[{}0]}}", "0,".repeat(1_000_000));
    assert_eq!(body(&faulty).faults.len(), limits::FAULTS);
}
