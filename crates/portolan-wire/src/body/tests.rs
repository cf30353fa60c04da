//! Bodies and the facts that follow from them.

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

type Expected = &'static [(&'static str, &'static str)];

const SHAPES: &[(&str, Expected)] = &[
    ("{}", &[]),
    (r#"{"messages": []}"#, &[]),
    ("[]", &[("wrong-type", "")]),
    ("\"x\"", &[("wrong-type", "")]),
    ("null", &[("wrong-type", "")]),
    ("{", &[("invalid-json", "")]),
    ("", &[("invalid-json", "")]),
    (r#"{"model": "\ud800"}"#, &[("invalid-json", "")]),
    (r#"{"x": [{"\udc00": 1}]}"#, &[("invalid-json", "")]),
    (r#"{"model": null}"#, &[("wrong-type", "model")]),
    (r#"{"model": 5}"#, &[("wrong-type", "model")]),
    (r#"{"messages": "hi"}"#, &[("wrong-type", "messages")]),
    (r#"{"messages": {}}"#, &[("wrong-type", "messages")]),
    (r#"{"messages": [5]}"#, &[("wrong-type", "messages[0]")]),
    (
        r#"{"messages": [{}]}"#,
        &[("missing-field", "messages[0].role")],
    ),
    (
        r#"{"messages": [{"role": null}]}"#,
        &[("missing-field", "messages[0].role")],
    ),
    (
        r#"{"messages": [{"role": 1}]}"#,
        &[("wrong-type", "messages[0].role")],
    ),
    (
        r#"{"messages": [{"role": "user", "content": 1}]}"#,
        &[("wrong-type", "messages[0].content")],
    ),
    (
        r#"{"messages": [{"role": "user", "content": {}}]}"#,
        &[("wrong-type", "messages[0].content")],
    ),
    (
        r#"{"messages": [{"role": "user", "content": ["x"]}]}"#,
        &[("wrong-type", "messages[0].content[0]")],
    ),
    (
        r#"{"messages": [{"role": "user", "content": [{}]}]}"#,
        &[("missing-field", "messages[0].content[0].type")],
    ),
    (
        r#"{"messages": [{"role": "user", "content": [{"type": "text"}]}]}"#,
        &[("missing-field", "messages[0].content[0].text")],
    ),
    (
        r#"{"messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]}"#,
        &[("wrong-type", "messages[0].content[0].text")],
    ),
    (
        r#"{"messages": [{"role": "user", "content": "a", "content": "b"}]}"#,
        &[("ambiguous-field", "messages[0].content")],
    ),
    (
        r#"{"messages": [{"role": "user", "Content": "b"}]}"#,
        &[("ambiguous-field", "messages[0].content")],
    ),
    (r#"{"prompt": []}"#, &[("wrong-type", "prompt")]),
    (r#"{"max_tokens": 1.0}"#, &[("wrong-type", "max_tokens")]),
    (r#"{"max_tokens": 1e3}"#, &[("wrong-type", "max_tokens")]),
    (r#"{"max_tokens": 1e400}"#, &[("wrong-type", "max_tokens")]),
    (
        r#"{"max_tokens": 9223372036854775808}"#,
        &[("wrong-type", "max_tokens")],
    ),
    (r#"{"max_tokens": "5"}"#, &[("wrong-type", "max_tokens")]),
    (r#"{"max_tokens": 5, "max_completion_tokens": 5}"#, &[]),
    (
        r#"{"max_tokens": 5, "max_completion_tokens": 6}"#,
        &[("ambiguous-field", "max_completion_tokens")],
    ),
    (
        r#"{"max_completion_tokens": 6, "max_tokens": 5}"#,
        &[("ambiguous-field", "max_tokens")],
    ),
    (r#"{"max_tokens": 5, "max_completion_tokens": null}"#, &[]),
    (r#"{"temperature": "1"}"#, &[("wrong-type", "temperature")]),
    (r#"{"temperature": 1e400}"#, &[]),
    (r#"{"stream": "true"}"#, &[("wrong-type", "stream")]),
    (
        r#"{"model_region": true}"#,
        &[("wrong-type", "model_region")],
    ),
    (
        r#"{"transcript_id": 7}"#,
        &[("wrong-type", "transcript_id")],
    ),
    (
        r#"{"service_tier": 7, "zero_data_retention": 0}"#,
        &[
            ("wrong-type", "service_tier"),
            ("wrong-type", "zero_data_retention"),
        ],
    ),
    (r#"{"tools": {}}"#, &[("wrong-type", "tools")]),
    (r#"{"tools": [1]}"#, &[("wrong-type", "tools[0]")]),
    (r#"{"tools": [{}]}"#, &[("missing-field", "tools[0].type")]),
    (
        r#"{"tools": [{"type": "function"}]}"#,
        &[("missing-field", "tools[0].function")],
    ),
    (
        r#"{"tools": [{"function": {}}]}"#,
        &[("missing-field", "tools[0].function.name")],
    ),
    (r#"{"tools": [{"type": "web"}]}"#, &[]),
    (r#"{"tool_choice": 1}"#, &[("wrong-type", "tool_choice")]),
    (
        r#"{"tool_choice": {"type": "function"}}"#,
        &[("missing-field", "tool_choice.function")],
    ),
    (
        r#"{"response_format": "json"}"#,
        &[("wrong-type", "response_format")],
    ),
    (
        r#"{"response_format": {}}"#,
        &[("missing-field", "response_format.type")],
    ),
    (r#"{"response_format": {"type": "text"}}"#, &[]),
    (
        r#"{"response_format": {"type": "json_schema"}}"#,
        &[("missing-field", "response_format.json_schema")],
    ),
    (
        r#"{"response_format": {"type": "json_schema", "json_schema": {}}}"#,
        &[
            ("missing-field", "response_format.json_schema.name"),
            ("missing-field", "response_format.json_schema.schema"),
        ],
    ),
    (
        r#"{"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": 1}}}"#,
        &[("wrong-type", "response_format.json_schema.schema")],
    ),
    (r#"{"reasoning": "low"}"#, &[("wrong-type", "reasoning")]),
    (
        r#"{"reasoning": {"effort": 1}}"#,
        &[("wrong-type", "reasoning.effort")],
    ),
    (
        r#"{"reasoning": {"max_tokens": 1.5}}"#,
        &[("wrong-type", "reasoning.max_tokens")],
    ),
    (
        r#"{"cache_control": true}"#,
        &[("wrong-type", "cache_control")],
    ),
    (
        r#"{"post_processing_steps": "json-repair"}"#,
        &[("wrong-type", "post_processing_steps")],
    ),
    (
        r#"{"post_processing_steps": [{}]}"#,
        &[("missing-field", "post_processing_steps[0].type")],
    ),
    (r#"{"fallbacks": {}}"#, &[("wrong-type", "fallbacks")]),
    (
        r#"{"fallbacks": ["gpt-5"]}"#,
        &[("wrong-type", "fallbacks[0]")],
    ),
    (
        r#"{"fallbacks": [{"model": "a"}, {"model": 5, "temperature": "x"}]}"#,
        &[
            ("wrong-type", "fallbacks[1].model"),
            ("wrong-type", "fallbacks[1].temperature"),
        ],
    ),
    (
        r#"{"fallbacks": [{"model": "a", "messages": [{}]}]}"#,
        &[("missing-field", "fallbacks[0].messages[0].role")],
    ),
    (
        r#"{"fallbacks": [{"model": "a", "Model": "b"}]}"#,
        &[("ambiguous-field", "fallbacks[0].model")],
    ),
    (
        r#"{"fallback_config": []}"#,
        &[("wrong-type", "fallback_config")],
    ),
    (
        r#"{"fallback_config": {"retry": "no", "depth": 1.0}}"#,
        &[
            ("wrong-type", "fallback_config.retry"),
            ("wrong-type", "fallback_config.depth"),
        ],
    ),
    (
        r#"{"fallback_config": {"Retry": false}}"#,
        &[("ambiguous-field", "fallback_config.retry")],
    ),
    (
        r#"{"model": "a", "model": "a"}"#,
        &[("ambiguous-field", "model")],
    ),
    (r#"{"Model": "a"}"#, &[("ambiguous-field", "model")]),
    (
        r#"{"model": "a", "MODEL_REGION": "global"}"#,
        &[("ambiguous-field", "model_region")],
    ),
    (
        "{\"fallback\u{17f}\": []}",
        &[("ambiguous-field", "fallbacks")],
    ),
    (
        r#"{"fallbac\u212as": []}"#,
        &[("ambiguous-field", "fallbacks")],
    ),
    (r#"{"m\u006fdel": "a"}"#, &[]),
    (r#"{"foo": 1, "foo": 2}"#, &[("ambiguous-field", "foo")]),
    (r#"{"foo": 1, "Foo": 2}"#, &[]),
    (
        r#"{"stream": 1, "model": 2, "prompt": 3}"#,
        &[
            ("wrong-type", "stream"),
            ("wrong-type", "model"),
            ("wrong-type", "prompt"),
        ],
    ),
];

#[test]
fn shape_faults_have_a_kind_and_a_path() {
    for (text, expected) in SHAPES {
        let expected: Vec<(&str, String)> = expected
            .iter()
            .map(|(kind, path)| (*kind, (*path).to_owned()))
            .collect();
        assert_eq!(faults(text.as_bytes()), expected, "{text}");
    }
}

#[test]
fn hostile_bytes_are_invalid_json() {
    let mut long = vec![b' '; limits::BODY_BYTES];
    long.extend(b"{}");
    let inputs: [&[u8]; 5] = [
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"{\"model\":\"a\0\"}",
        b"\0",
        &long,
    ];
    for bytes in inputs {
        assert_eq!(faults(bytes), [("invalid-json", String::new())]);
    }
}

#[test]
fn deep_nesting_anywhere_passes_by_or_is_a_fault() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(faults(format!("{{\"x\": {deep}}}").as_bytes()), []);
    let table = [
        (format!("{{\"model\": {deep}}}"), "model"),
        (format!("{{\"messages\": {deep}}}"), "messages[0]"),
        (
            format!("{{\"messages\": [{{\"role\": \"user\", \"content\": {deep}}}]}}"),
            "messages[0].content[0]",
        ),
        (format!("{{\"tools\": {deep}}}"), "tools[0]"),
        (format!("{{\"fallbacks\": {deep}}}"), "fallbacks[0]"),
    ];
    for (text, path) in table {
        assert_eq!(faults(text.as_bytes()), [("wrong-type", path.to_owned())]);
    }
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
fn details_say_what_was_found_and_expected() {
    for (text, detail) in [
        (r#"{"messages": "x"}"#, "a string, expected an array"),
        (r#"{"model": null}"#, "null, expected a string"),
        (
            r#"{"max_tokens": 1.5}"#,
            "a number with a fraction or exponent, expected a whole number",
        ),
        (
            r#"{"max_tokens": 99999999999999999999}"#,
            "a number beyond 64 bits, expected a whole number",
        ),
        (r#"{"messages": [{}]}"#, "missing, expected a string"),
        (
            r#"{"Model": "a"}"#,
            "`Model`, which some readers take for `model` and others do not",
        ),
        (
            r#"{"model": "a", "model": "b"}"#,
            "`model` twice: readers differ in which one counts",
        ),
        (
            "{\"model\": \"\u{7f}\" x",
            "expected `,` or `}` at line 1 column 15",
        ),
    ] {
        assert_eq!(body(text).faults[0].detail, detail, "{text}");
    }
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
