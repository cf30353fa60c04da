//! What callers see, what upstreams send, and that no caller is told less than another.

use super::*;

const DIALECTS: [Dialect; 4] = [
    Dialect::OpenAi,
    Dialect::AssemblyAi,
    Dialect::AssemblyAiCurrent,
    Dialect::Problem,
];

fn not_in_region() -> Trouble {
    Trouble {
        status: 404,
        code: "model-not-in-region".to_owned(),
        field: Some("model".to_owned()),
        retryable: false,
        retry_after_s: None,
        message: "`gpt-5` is not offered in region `eu`".to_owned(),
        help: vec![
            "it is offered in `us`".to_owned(),
            "in `eu` use `claude-sonnet-4-6`".to_owned(),
        ],
    }
}

/// One of each, named by a list that the compiler holds complete.
fn faults() -> Vec<Fault<'static>> {
    let all = vec![
        Fault::NoSuchPath { path: "/v2" },
        Fault::TranscriptNotFound {
            id: "abc",
            region: "eu",
        },
        Fault::MethodNotAllowed {
            method: "PUT",
            allowed: &["GET", "POST"],
        },
        Fault::BodyIncomplete,
        Fault::BodyTooLarge { limit: 1024 },
        Fault::UnsupportedMediaType {
            found: "text/plain",
        },
        Fault::CompressedRequest { found: "gzip" },
        Fault::WrongHost { host: "evil.test" },
        Fault::UnknownKey,
        Fault::KeyOutOfScope {
            what: "model `gpt-5`",
        },
        Fault::KeyWrongRegion {
            used: "us",
            valid: &["eu"],
        },
        Fault::BudgetExhausted,
        Fault::Misconfigured {
            what: "no attribute `tenant`",
        },
        Fault::WrongEnvelope {
            what: "`body` is missing",
        },
        Fault::AmbiguousField {
            field: "llm_gateway",
        },
        Fault::InvalidJson,
        Fault::UpgradeRequired,
        Fault::OutsideLock {
            lock: "eu-stays-in-eu",
            host: "api.example.com",
            place: "US",
        },
        Fault::JsonNotRepaired { model: "gpt-5" },
        Fault::LimitReached {
            model: "gpt-5",
            requests: 30,
            reset_s: 12,
        },
        Fault::UpstreamInvalid { model: "gpt-5" },
        Fault::UpstreamUnreachable { model: "gpt-5" },
        Fault::UpstreamKeyRefused { model: "gpt-5" },
        Fault::StreamBroken { model: "gpt-5" },
        Fault::UpstreamRedirected { model: "gpt-5" },
        Fault::Draining,
        Fault::DeadlineExceeded { after_ms: 30_000 },
    ];
    for fault in &all {
        match fault {
            Fault::NoSuchPath { .. }
            | Fault::TranscriptNotFound { .. }
            | Fault::MethodNotAllowed { .. }
            | Fault::BodyIncomplete
            | Fault::BodyTooLarge { .. }
            | Fault::UnsupportedMediaType { .. }
            | Fault::CompressedRequest { .. }
            | Fault::WrongHost { .. }
            | Fault::UnknownKey
            | Fault::KeyOutOfScope { .. }
            | Fault::KeyWrongRegion { .. }
            | Fault::BudgetExhausted
            | Fault::Misconfigured { .. }
            | Fault::WrongEnvelope { .. }
            | Fault::AmbiguousField { .. }
            | Fault::InvalidJson
            | Fault::UpgradeRequired
            | Fault::OutsideLock { .. }
            | Fault::JsonNotRepaired { .. }
            | Fault::LimitReached { .. }
            | Fault::UpstreamInvalid { .. }
            | Fault::UpstreamUnreachable { .. }
            | Fault::UpstreamKeyRefused { .. }
            | Fault::StreamBroken { .. }
            | Fault::UpstreamRedirected { .. }
            | Fault::Draining
            | Fault::DeadlineExceeded { .. } => {}
        }
    }
    all
}

#[test]
fn a_refusal_is_worded_in_every_dialect() {
    let replies = DIALECTS.map(|dialect| {
        let reply = reply(&not_in_region(), dialect, "7d0c");
        let headers = reply.headers.iter().map(|(n, v)| format!("{n}: {v}\n"));
        format!(
            "{}\n{}\n{}\n",
            dialect.name(),
            headers.collect::<String>(),
            reply.body
        )
    });
    insta::assert_snapshot!(replies.join("\n"));
}

#[test]
fn every_fault_has_its_status_and_words() {
    let lines = faults().into_iter().map(|fault| {
        let trouble = Trouble::from(fault);
        let again = if trouble.retryable { "again" } else { "never" };
        let Trouble {
            status,
            code,
            message,
            help,
            ..
        } = trouble;
        format!(
            "{status} {code} ({again}): {message}; {}\n",
            help.join("; ")
        )
    });
    insta::assert_snapshot!(lines.collect::<String>());
}

#[test]
fn no_fault_has_a_status_that_clients_repeat_in_vain() {
    for fault in faults() {
        let trouble = Trouble::from(fault);
        assert!(!matches!(trouble.status, 408 | 409), "{}", trouble.code);
        let told = reply(&trouble, Dialect::OpenAi, "1").headers;
        let stops = told.contains(&("x-should-retry", "false".to_owned()));
        assert_eq!(stops, !trouble.retryable, "{}", trouble.code);
    }
}

#[test]
fn no_dialect_loses_the_message_or_what_to_do() {
    for fault in faults() {
        let trouble = Trouble::from(fault);
        for dialect in DIALECTS {
            let body = reply(&trouble, dialect, "1").body;
            let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
            let text = body.to_string();
            let said = |words: &String| {
                let quoted = serde_json::Value::from(words.clone()).to_string();
                text.contains(quoted.trim_matches('"'))
            };
            assert!(said(&trouble.message), "{dialect:?}: {text}");
            assert!(trouble.help.iter().all(said), "{dialect:?}: {text}");
            assert!(!body["error"].is_string(), "SDKs lose a bare string");
        }
    }
}

#[test]
fn what_is_sent_reads_back_as_what_it_was() {
    let read =
        |dialect| UpstreamError::read(reply(&not_in_region(), dialect, "7d0c").body.as_bytes());
    let open_ai = read(Dialect::OpenAi);
    assert_eq!(open_ai.envelope, Envelope::OpenAi);
    assert_eq!(open_ai.code.as_deref(), Some("model-not-in-region"));
    assert_eq!(open_ai.request_id.as_deref(), Some("7d0c"));
    let documented = read(Dialect::AssemblyAi);
    assert_eq!(documented.envelope, Envelope::Nested);
    assert_eq!(documented.code.as_deref(), Some("404"));
    let current = read(Dialect::AssemblyAiCurrent);
    assert_eq!(current.envelope, Envelope::Flat);
    assert_eq!(current.details, not_in_region().help);
}

#[test]
fn the_envelopes_of_upstreams_are_told_apart() {
    let read = |body: &str| UpstreamError::read(body.as_bytes());
    let flat = read(
        r#"{"code":400,"message":"invalid request body","request_id":"a","metadata":{"errors":["one of messages or prompt required"]}}"#,
    );
    assert_eq!(flat.envelope, Envelope::Flat);
    assert_eq!(flat.code.as_deref(), Some("400"));
    assert_eq!(flat.details, ["one of messages or prompt required"]);
    let string = read(r#"{"error":"Authentication error","status":"error","request_id":"b"}"#);
    assert_eq!(string.envelope, Envelope::String);
    assert_eq!(string.message.as_deref(), Some("Authentication error"));
    assert_eq!(string.request_id.as_deref(), Some("b"));
    let nested = read(r#"{"error":{"code":401,"message":"no","metadata":{"errors":null}}}"#);
    assert_eq!(nested.envelope, Envelope::Nested);
    assert_eq!(nested.code.as_deref(), Some("401"));
    let open_ai = read(r#"{"error":{"message":"m","type":"t","param":null,"code":null}}"#);
    assert_eq!(open_ai.envelope, Envelope::OpenAi);
    assert_eq!(open_ai.code, None);
    for other in [
        "<html>502</html>",
        "",
        "[]",
        r#"{"error":7}"#,
        r#"{"message""#,
        "\u{feff}{}",
    ] {
        assert_eq!(read(other).envelope, Envelope::Text, "{other}");
    }
    assert_eq!(UpstreamError::read(b"\xff\xfe").envelope, Envelope::Text);
}

#[test]
fn a_problem_is_sent_to_who_asks_for_it() {
    let asks = [
        "application/problem+json",
        "text/html, Application/Problem+JSON;q=0.5",
    ];
    let does_not = [
        "",
        "*/*",
        "application/json",
        "application/problem+json;q=0",
        "application/problem+json ; Q=0.000",
    ];
    assert!(asks.into_iter().all(wants_problem));
    assert!(!does_not.into_iter().any(wants_problem));
    assert_eq!(Dialect::AssemblyAi.accepted(None), Dialect::AssemblyAi);
    assert_eq!(
        Dialect::AssemblyAi.accepted(Some(asks[0])),
        Dialect::Problem
    );
}

#[test]
fn what_is_left_is_said_in_seconds_and_may_be_negative() {
    let window = Window {
        limit: 30,
        remaining: -1,
        reset_s: 56,
        model: "gpt-5",
    };
    let told: Vec<String> = window
        .headers()
        .into_iter()
        .map(|(n, v)| format!("{n}: {v}"))
        .collect();
    assert_eq!(
        told,
        [
            "x-ratelimit-limit: 30",
            "x-ratelimit-remaining: -1",
            "x-ratelimit-reset: 56",
            "x-ratelimit-model: gpt-5"
        ]
    );
    let smuggled = Window {
        model: "a\r\nset-cookie: b",
        ..window
    };
    assert_eq!(smuggled.headers().len(), 3);
}
