//! What is wrong with a body: which kind, where, and in which words.

use portolan_core::limits;

use super::{body, faults};

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
