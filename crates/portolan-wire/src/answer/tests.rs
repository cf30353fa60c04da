//! The shape of a decision, pinned.

use portolan_core::answer::{CandidateTrace, RequestTrace, RuleTrace, SetValue, Verdict};
use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;

use super::*;
use crate::trace_json;

/// One key a line, so that a snapshot reads.
fn lines(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json).expect("JSON");
    json.replace(",\"", ",\n\"")
        .replace('{', "{\n")
        .replace("{\n}", "{}")
}

fn money(text: &str) -> Option<Decimal> {
    Decimal::parse(text).ok()
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn rule(name: &str) -> RuleRef {
    RuleRef {
        name: name.to_owned(),
        file: "policy.portolan".to_owned(),
        line: 31,
        column: 1,
    }
}

fn limit() -> Limit {
    Limit {
        requests: 30,
        window_s: 60,
        key: "claude-sonnet-4-6".to_owned(),
    }
}

fn attempt() -> Attempt {
    Attempt {
        fallback: None,
        model: "claude-sonnet-4-6".to_owned(),
        alias: None,
        maker: Some("anthropic".to_owned()),
        providers: vec!["bedrock".to_owned()],
        region: "eu".to_owned(),
        endpoint: "eu".to_owned(),
        url: "https://llm-gateway.eu.assemblyai.com/v1/chat/completions".to_owned(),
        upstream_id: "claude-sonnet-4-6".to_owned(),
        processing: vec!["EU27".to_owned()],
        storage: vec!["EU27".to_owned()],
        usage_region: "eu".to_owned(),
        price: Price {
            input: money("3.3"),
            output: money("16.5"),
            cache_read: None,
            cache_write: None,
            multiplier: money("1.1"),
        },
        stream: false,
        set: vec![("stream".to_owned(), SetValue::Bool(false))],
        executes: vec!["retry"],
        limit: Some(limit()),
    }
}

fn plan() -> Plan {
    Plan {
        attempts: vec![attempt()],
        dropped: vec![Dropped {
            fallback: 0,
            model: Some("gpt-5".to_owned()),
            code: "model-not-in-region".to_owned(),
            message: "`gpt-5` is not offered in region `eu`".to_owned(),
        }],
        retry: Some(Retry {
            on: vec!["5xx".to_owned()],
            times: 1,
            after_ms: 500,
        }),
        advance: Vec::new(),
        timeouts: Timeouts::default(),
        limit: Some(limit()),
        valid_until: Some(at("2026-11-30")),
        warnings: vec![Warning {
            code: "fallback-dropped".to_owned(),
            attempt: None,
            field: Some("fallbacks[0]".to_owned()),
            message: "dropped".to_owned(),
        }],
    }
}

fn route(plan: Plan) -> Answer {
    Answer {
        snapshot: "abc".to_owned(),
        at: at("2026-07-15"),
        outcome: Outcome::Route(plan),
    }
}

fn candidate() -> Candidate {
    Candidate {
        model: "gpt-5".to_owned(),
        region: "us".to_owned(),
        endpoint: "eu".to_owned(),
        verdict: Verdict::Excluded,
        reasons: vec![Reason {
            code: "model-not-in-region".to_owned(),
            rule: rule("model-not-in-region"),
            message: "`gpt-5` is not offered in region `eu`".to_owned(),
        }],
    }
}

fn refusal() -> Refusal {
    Refusal {
        status: 404,
        code: "model-not-in-region".to_owned(),
        field: Some("model".to_owned()),
        retryable: false,
        retry_after_s: None,
        message: "`gpt-5` is not offered in region `eu`".to_owned(),
        help: vec!["it is offered in `us`".to_owned()],
        rule: rule("model-not-in-region"),
        candidates: vec![candidate()],
        also: Vec::new(),
        dropped: Vec::new(),
    }
}

fn refuse(refusal: Refusal) -> Answer {
    Answer {
        snapshot: "abc".to_owned(),
        at: at("2026-03-01"),
        outcome: Outcome::Refuse(refusal),
    }
}

#[test]
fn a_route() {
    let body = BodyText::new(
        r#"{"model": "claude-sonnet-4-6", "stream": true, "fallbacks": [{"model": "gpt-5"}]}"#,
    );
    insta::assert_snapshot!(lines(&answer_json(&route(plan()), Some(&body))), @r#"
{
"version":1,
"outcome":"route",
"snapshot":"abc",
"at":"2026-07-15T00:00:00Z",
"attempts":[{
"fallback":null,
"model":"claude-sonnet-4-6",
"maker":"anthropic",
"provider":"bedrock",
"region":"eu",
"endpoint":"eu",
"url":"https://llm-gateway.eu.assemblyai.com/v1/chat/completions",
"processing":"EU27",
"storage":"EU27",
"usage_region":"eu",
"price":{
"input_per_mtok":"3.30",
"output_per_mtok":"16.50",
"multiplier":"1.10"},
"stream":false,
"body":{
"stream":null,
"fallbacks":null,
"fallback_config":{
"retry":false}},
"limit":{
"requests":30,
"window_s":60,
"key":"claude-sonnet-4-6"}}],
"dropped":[{
"fallback":0,
"model":"gpt-5",
"code":"model-not-in-region",
"message":"`gpt-5` is not offered in region `eu`"}],
"retry":{
"on":["5xx"],
"times":1,
"after_ms":500},
"limit":{
"requests":30,
"window_s":60,
"key":"claude-sonnet-4-6"},
"valid_until":"2026-11-30T00:00:00Z",
"warnings":[{
"code":"fallback-dropped",
"attempt":null,
"field":"fallbacks[0]",
"message":"dropped"}]}
"#);
}

#[test]
fn a_refusal() {
    insta::assert_snapshot!(lines(&answer_json(&refuse(refusal()), None)), @r#"
{
"version":1,
"outcome":"refuse",
"snapshot":"abc",
"at":"2026-03-01T00:00:00Z",
"status":404,
"code":"model-not-in-region",
"field":"model",
"retryable":false,
"message":"`gpt-5` is not offered in region `eu`",
"help":["it is offered in `us`"],
"rule":{
"name":"model-not-in-region",
"file":"policy.portolan",
"line":31,
"column":1},
"candidates":[{
"model":"gpt-5",
"region":"us",
"verdict":"excluded",
"reasons":[{
"code":"model-not-in-region",
"rule":"model-not-in-region",
"message":"`gpt-5` is not offered in region `eu`"}]}],
"also":[]}
"#);
}

#[test]
fn a_route_with_everything_that_is_sometimes_left_out() {
    let full = Plan {
        attempts: vec![Attempt {
            fallback: Some(1),
            alias: Some("sonnet".to_owned()),
            providers: vec!["bedrock".to_owned(), "anthropic".to_owned()],
            processing: vec!["US".to_owned(), "CA".to_owned()],
            storage: Vec::new(),
            price: Price {
                cache_read: money("0.3"),
                cache_write: money("3.75"),
                multiplier: None,
                ..attempt().price
            },
            set: Vec::new(),
            executes: Vec::new(),
            limit: None,
            ..attempt()
        }],
        dropped: Vec::new(),
        retry: None,
        advance: vec!["429".to_owned(), "5xx".to_owned()],
        timeouts: Timeouts {
            connect: Some(1_000),
            total: Some(60_000),
            ..Timeouts::default()
        },
        limit: None,
        valid_until: None,
        warnings: Vec::new(),
    };
    insta::assert_snapshot!(lines(&answer_json(&route(full), None)), @r#"
{
"version":1,
"outcome":"route",
"snapshot":"abc",
"at":"2026-07-15T00:00:00Z",
"attempts":[{
"fallback":1,
"model":"claude-sonnet-4-6",
"alias":"sonnet",
"maker":"anthropic",
"provider":"bedrock",
"spills_to":["anthropic"],
"region":"eu",
"endpoint":"eu",
"url":"https://llm-gateway.eu.assemblyai.com/v1/chat/completions",
"processing":"US+CA",
"storage":null,
"usage_region":"eu",
"price":{
"input_per_mtok":"3.30",
"output_per_mtok":"16.50",
"cache_read_per_mtok":"0.30",
"cache_write_per_mtok":"3.75",
"multiplier":null},
"stream":false,
"body":{
"model":"claude-sonnet-4-6"},
"limit":null}],
"dropped":[],
"retry":null,
"advance":{
"on":["429",
"5xx"]},
"timeout_ms":{
"connect":1000,
"total":60000},
"limit":null,
"valid_until":null,
"warnings":[]}
"#);
}

#[test]
fn a_refusal_with_everything_that_is_sometimes_left_out() {
    let full = Refusal {
        status: 429,
        retryable: true,
        retry_after_s: Some(12),
        rule: RuleRef {
            file: String::new(),
            ..rule("rate-limited")
        },
        candidates: vec![
            candidate(),
            Candidate {
                endpoint: "us".to_owned(),
                verdict: Verdict::Skipped,
                reasons: Vec::new(),
                ..candidate()
            },
        ],
        also: candidate().reasons,
        dropped: plan().dropped,
        ..refusal()
    };
    insta::assert_snapshot!(lines(&answer_json(&refuse(full), None)), @r#"
{
"version":1,
"outcome":"refuse",
"snapshot":"abc",
"at":"2026-03-01T00:00:00Z",
"status":429,
"code":"model-not-in-region",
"field":"model",
"retryable":true,
"retry_after_s":12,
"message":"`gpt-5` is not offered in region `eu`",
"help":["it is offered in `us`"],
"rule":{
"name":"rate-limited",
"file":null,
"line":null,
"column":null},
"candidates":[{
"model":"gpt-5",
"region":"us",
"endpoint":"eu",
"verdict":"excluded",
"reasons":[{
"code":"model-not-in-region",
"rule":"model-not-in-region",
"message":"`gpt-5` is not offered in region `eu`"}]},{
"model":"gpt-5",
"region":"us",
"endpoint":"us",
"verdict":"skipped",
"reasons":[]}],
"also":[{
"code":"model-not-in-region",
"rule":"model-not-in-region",
"message":"`gpt-5` is not offered in region `eu`"}],
"dropped":[{
"fallback":0,
"model":"gpt-5",
"code":"model-not-in-region",
"message":"`gpt-5` is not offered in region `eu`"}]}
"#);
}

#[test]
fn a_trace() {
    let verdict = |kind| RuleTrace {
        rule: rule("r"),
        kind,
        holds: true,
        values: vec![("request.model".to_owned(), "gpt-5".to_owned())],
    };
    let trace = Trace {
        requests: vec![RequestTrace {
            fallback: None,
            model: Some("gpt-5".to_owned()),
            rules: vec![verdict("refuse")],
            candidates: vec![CandidateTrace {
                candidate: candidate(),
                rules: vec![verdict("exclude")],
            }],
        }],
    };
    insta::assert_snapshot!(lines(&trace_json(&trace)), @r#"
{
"requests":[{
"fallback":null,
"model":"gpt-5",
"rules":[{
"rule":{
"name":"r",
"file":"policy.portolan",
"line":31,
"column":1},
"kind":"refuse",
"holds":true,
"values":[{
"field":"request.model",
"value":"gpt-5"}]}],
"candidates":[{
"model":"gpt-5",
"region":"us",
"endpoint":"eu",
"verdict":"excluded",
"reasons":[{
"code":"model-not-in-region",
"rule":"model-not-in-region",
"message":"`gpt-5` is not offered in region `eu`"}],
"rules":[{
"rule":{
"name":"r",
"file":"policy.portolan",
"line":31,
"column":1},
"kind":"exclude",
"holds":true,
"values":[{
"field":"request.model",
"value":"gpt-5"}]}]}]}]}
"#);
    let explained = explained_json(&refuse(refusal()), None, &trace);
    let end = format!(",\"trace\":{}}}", trace_json(&trace));
    assert_eq!(
        explained.strip_suffix(&end),
        answer_json(&refuse(refusal()), None).strip_suffix('}')
    );
}
