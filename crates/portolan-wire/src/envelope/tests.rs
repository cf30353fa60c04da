//! Envelopes, good and bad, and flags over them.

use super::*;
use crate::overrides::Overrides;
use portolan_core::request::FaultKind;

fn now() -> Instant {
    Instant::parse("2026-11-21").unwrap()
}

fn read(text: &str) -> Result<Call, EnvelopeError> {
    read_envelope(
        text.as_bytes(),
        ["account", "tenant", "beta", "seats"],
        now(),
    )
}

fn problems(text: &str) -> Vec<String> {
    let problems = read(text).unwrap_err().problems;
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_full_envelope_is_read() {
    let call = read(
        r#"{"endpoint": "eu", "at": "2026-03-01", "account": "paid", "beta": true, "seats": 12, "input_tokens": 1200,
          "headers": {"Authorization": "Bearer k", "accept": ["a", "b"]}, "query": {},
          "state": {"models": {"gpt-5": {"used": 30, "reset_s": 12, "healthy": true}},
            "routes": [{"model": "gpt-5", "region": "us", "endpoint": "eu", "healthy": false, "reset_s": 10}]},
          "body": { "model": "gpt-5", "messages": [] }}"#,
    )
    .unwrap();
    let draft = &call.draft;
    assert_eq!(draft.endpoint.as_deref(), Some("eu"));
    assert_eq!(draft.at, Instant::parse("2026-03-01").unwrap());
    let attributes: Vec<(&str, &str)> = draft
        .attributes
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect();
    assert_eq!(
        attributes,
        [("account", "paid"), ("beta", "true"), ("seats", "12")]
    );
    assert_eq!(draft.auth, Auth::Bearer);
    assert_eq!(
        (draft.body.input_tokens, draft.body.input_tokens_estimated),
        (1200, false)
    );
    let usage = call.state.models["gpt-5"];
    assert_eq!(
        (usage.used, usage.reset_s, usage.healthy),
        (Some(30), Some(12), Some(true))
    );
    assert_eq!(
        call.state.routes.get("gpt-5", "us", "eu").unwrap().healthy,
        Some(false)
    );
    assert_eq!(
        call.body.unwrap().bytes(),
        br#"{ "model": "gpt-5", "messages": [] }"#
    );
}

#[test]
fn all_but_the_body_may_be_left_out() {
    let call = read(r#"{"body": {"model": "a"}}"#).unwrap();
    assert_eq!(call.draft.endpoint, None);
    assert_eq!(call.draft.at, now());
    assert_eq!(call.draft.auth, Auth::NotJudged);
    assert_eq!(call.state, State::default());
    assert_eq!(call.draft.body.faults, []);
    let call = read(r#"{"headers": {}, "body": {}}"#).unwrap();
    assert_eq!(call.draft.auth, Auth::Missing);
    let call = read(r#"{"query": {"api_key": "k"}, "body": {}}"#).unwrap();
    assert_eq!(call.draft.auth, Auth::NotJudged);
    let call = read(r#"{"query": {"api_key": "k"}, "headers": {}, "body": {}}"#).unwrap();
    assert_eq!(call.draft.auth, Auth::InQuery);
}

#[test]
fn a_shape_fault_of_the_body_is_no_problem_of_the_envelope() {
    for (body, kind) in [
        ("[]", FaultKind::WrongType),
        ("null", FaultKind::WrongType),
        (r#""{not json""#, FaultKind::InvalidJson),
        (r#"{"model": "\ud800"}"#, FaultKind::InvalidJson),
        (r#"{"model": "a", "model": "b"}"#, FaultKind::AmbiguousField),
    ] {
        let call = read(&format!("{{\"body\": {body}}}")).unwrap();
        assert_eq!(call.draft.body.faults[0].kind, kind, "{body}");
    }
    let call = read(r#"{"body": "{\"model\": \"a\"}"}"#).unwrap();
    assert_eq!(call.draft.body.model.as_deref(), Some("a"));
}

const PROBLEMS: &[(&str, &[&str])] = &[
    ("{}", &["`body` is missing"]),
    ("[]", &["the envelope is an array, expected an object"]),
    ("", &["the envelope is not JSON: empty, expected an object"]),
    (
        "{\"body\": {}",
        &["the envelope is not JSON: EOF while parsing an object at line 1 column 11"],
    ),
    (r#"{"body": {}, "body": {}}"#, &["`body` stands twice"]),
    (
        r#"{"body": {}, "endpint": "eu"}"#,
        &["no key `endpint`; did you mean `endpoint`?"],
    ),
    (
        r#"{"body": {}, "acount": "paid"}"#,
        &["no key `acount`; did you mean `account`?"],
    ),
    (
        r#"{"body": {}, "account": "a", "account": "b"}"#,
        &["`account` stands twice"],
    ),
    (
        r#"{"body": {}, "account": 1.5}"#,
        &["`account` is a number, expected a string, a boolean or a whole number"],
    ),
    (
        r#"{"body": {}, "account": null}"#,
        &[
            "`account` is null, expected a string, a boolean or a whole number; leave it out instead",
        ],
    ),
    (
        r#"{"body": {}, "at": null}"#,
        &["`at` is null, expected a string; leave it out instead"],
    ),
    (
        r#"{"body": {}, "at": 5, "endpoint": ["eu"]}"#,
        &[
            "`at` is a number, expected a string",
            "`endpoint` is an array, expected a string",
        ],
    ),
    (
        r#"{"body": {}, "input_tokens": -1}"#,
        &["`input_tokens` is `-1`, expected a whole number from 0 that fits 64 bits"],
    ),
    (
        r#"{"body": {}, "input_tokens": 1e3}"#,
        &["`input_tokens` is `1e3`, expected a whole number from 0 that fits 64 bits"],
    ),
    (
        r#"{"body": {}, "endpoint": "\ud800"}"#,
        &["`endpoint` holds half a surrogate pair, which is no character"],
    ),
    (
        r#"{"body": {}, "headers": {"authorization": 5}}"#,
        &["`headers.authorization` is a number, expected a string"],
    ),
    (
        r#"{"body": {}, "headers": []}"#,
        &["`headers` is an array, expected an object"],
    ),
    (
        r#"{"body": {}, "query": {"k": [1]}}"#,
        &["`query.k[0]` is a number, expected a string"],
    ),
    (
        r#"{"body": {}, "state": {"model": {}}}"#,
        &["no key `state.model`; did you mean `models`?"],
    ),
    (
        r#"{"body": {}, "state": {"models": {"a": {"usd": 1}}}}"#,
        &["no key `state.models.a.usd`; did you mean `used`?"],
    ),
    (
        r#"{"body": {}, "state": {"models": {"a": {"used": -1, "healthy": 1}}}}"#,
        &[
            "`state.models.a.used` is `-1`, expected a whole number from 0 that fits 64 bits",
            "`state.models.a.healthy` is a number, expected a boolean",
        ],
    ),
    (
        r#"{"body": {}, "state": {"models": {"a": {}, "a": {}}}}"#,
        &["`state.models.a` stands twice"],
    ),
    (
        r#"{"body": {}, "state": {"routes": [{"model": "a", "region": 1}]}}"#,
        &[
            "`state.routes[0].region` is a number, expected a string",
            "`state.routes[0].endpoint` is missing",
        ],
    ),
    (
        r#"{"body": {}, "state": {"routes": [5]}}"#,
        &["`state.routes[0]` is a number, expected an object"],
    ),
    (
        r#"{"body": {}, "state": {"routes": [{"model": "a", "region": "r", "endpoint": "e"}, {"model": "a", "region": "r", "endpoint": "e"}]}}"#,
        &["`state.routes[1]` names a route that an earlier entry names"],
    ),
];

#[test]
fn every_problem_is_reported_with_its_path() {
    for (text, expected) in PROBLEMS {
        assert_eq!(problems(text), *expected, "{text}");
    }
    let several = problems(r#"{"at": "2026-13-01", "x": 1, "state": 5}"#);
    assert_eq!(several.len(), 4);
    assert!(
        several[0].starts_with("`at`: `2026-13-01` is not a date"),
        "{}",
        several[0]
    );
    assert!(several[3].contains("body"));
}

#[test]
fn a_key_is_never_shown() {
    let text = r#"{"headers": {"authorization": "secret-key", "x-api-key": "secret-key"},
        "query": {"token": "secret-key"}, "body": {}}"#;
    let call = read(text).unwrap();
    assert!(!format!("{call:?}").contains("secret"));
    let error = read(&text.replace("\"body\"", "\"bdy\"")).unwrap_err();
    assert!(!format!("{error:?}").contains("secret"));
}

#[test]
fn flags_override_the_file() {
    let call = read(
        r#"{"endpoint": "eu", "at": "2026-03-01", "account": "paid",
          "body": {"model": "a", "Model": "b", "max_completion_tokens": 9, "prompt": "12345678", "keep": 1e400,
            "fallbacks": [{"model": "c"}]}}"#,
    )
    .unwrap();
    let overrides = Overrides {
        endpoint: Some("us".to_owned()),
        model: Some("d \"q\"".to_owned()),
        model_region: Some("global".to_owned()),
        max_tokens: Some(5),
        input_tokens: Some(70),
        stream: Some(true),
        at: Some(now()),
        attributes: [("account".to_owned(), "free".to_owned())].into(),
    };
    assert_eq!(Overrides::default().over(call.clone()), call);
    let call = overrides.over(call);
    let draft = &call.draft;
    assert_eq!(draft.endpoint.as_deref(), Some("us"));
    assert_eq!(draft.at, now());
    assert_eq!(draft.attributes["account"], "free");
    assert_eq!(draft.body.faults, []);
    assert_eq!(draft.body.model.as_deref(), Some("d \"q\""));
    assert_eq!((draft.body.max_tokens, draft.body.stream), (Some(5), true));
    assert_eq!(
        (draft.body.input_tokens, draft.body.input_tokens_estimated),
        (70, false)
    );
    assert_eq!(draft.fallbacks[0].model.as_deref(), Some("c"));
    assert_eq!(draft.fallbacks[0].model_region.as_deref(), Some("global"));
    assert_eq!(
        call.body.unwrap().bytes(),
        br#"{"prompt":"12345678","keep":1e400,"fallbacks":[{"model": "c"}],"model":"d \"q\"","model_region":"global","max_tokens":5,"stream":true}"#
    );
}

#[test]
fn flags_alone_make_a_call() {
    let overrides = Overrides {
        model: Some("gpt-5".to_owned()),
        input_tokens: Some(3),
        ..Overrides::default()
    };
    let call = overrides.alone(now());
    assert_eq!(call.body, None);
    assert_eq!(call.draft.body.model.as_deref(), Some("gpt-5"));
    assert!(call.draft.body.messages && call.draft.body.faults.is_empty());
    assert_eq!(call.draft.body.input_tokens, 3);
    assert_eq!((call.draft.at, call.draft.auth), (now(), Auth::NotJudged));
    assert_eq!(Overrides::default().alone(now()).draft.body.model, None);
}

#[test]
fn flags_over_a_body_that_is_none_leave_it() {
    let call = Call::posted("{not json", None, now());
    let overrides = Overrides {
        model: Some("a".to_owned()),
        ..Overrides::default()
    };
    let call = overrides.over(call);
    assert_eq!(call.draft.body.faults[0].kind, FaultKind::InvalidJson);
    assert_eq!(call.body.unwrap().bytes(), b"{not json");
}
