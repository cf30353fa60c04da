//! What is answered without an upstream, and what reaches one.

use crate::harness::{ADMIN, Build, CHAT, EU, US, ask};
use crate::upstream::{Act, Upstream, answer};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::json;

#[tokio::test]
async fn a_call_is_passed_on_and_its_answer_back() {
    let us = Upstream::new(vec![answer("hello")]).await;
    let gate = Build::over(&us, &us).start().await;
    let body = r#"{ "model":"m-1", "messages":[], "temperature":1.0, "fallbacks":[] }"#;
    let told = gate
        .chat(
            US,
            body,
            &[
                ("traceparent", "00-abc"),
                ("cookie", "a=b"),
                ("x-forwarded-for", "1.2.3.4"),
                ("x-request-id", "mine"),
                ("connection", "x-hop, user-agent"),
                ("x-hop", "1"),
                ("user-agent", "named-by-connection"),
            ],
        )
        .await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(told.json()["choices"][0]["message"]["content"], "hello");
    assert_eq!(told.header("x-request-id"), "up-1");
    assert_eq!(told.header("x-portolan-request-id").len(), 32);
    assert_eq!(told.header("x-portolan-model"), "m-1");
    let seen = us.seen();
    let (head, sent) = seen[0].split_once("\r\n\r\n").unwrap();
    assert_eq!(
        sent,
        r#"{ "model":"m-1", "messages":[], "temperature":1.0 }"#
    );
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /v1/chat "), "{head}");
    assert!(
        head.contains("authorization: upstream-secret-canary"),
        "{head}"
    );
    assert!(head.contains("traceparent: 00-abc"), "{head}");
    for gone in [
        "client-key",
        "cookie",
        "forwarded",
        "x-hop",
        "user-agent",
        "mine",
    ] {
        assert!(!head.contains(gone), "{gone}: {head}");
    }
    let line = gate.logged(1).await;
    assert_eq!(line["client_request_id"], "mine");
    assert_eq!(line["upstream_request_id"], "up-1");
    assert_eq!(line["usage"], json!({"input": 3, "output": 2}));
    assert_eq!(line["attempts"][0]["outcome"], "answered");
}

#[tokio::test]
async fn a_refusal_is_answered_in_dialect_and_calls_nobody() {
    let us = Upstream::new(vec![answer("hello")]).await;
    let gate = Build::over(&us, &us).start().await;
    let told = gate.chat(EU, &ask("m-2"), &[]).await;
    assert_eq!(told.code(), (404, "model-not-in-region"));
    assert_eq!(told.json()["error"]["code"], "model-not-in-region");
    assert_eq!(told.header("x-should-retry"), "false");
    let told = gate.chat(US, &ask("m-1"), &[("authorization", "")]).await;
    assert_eq!(told.code(), (401, "missing-api-key"));
    let problem = [("accept", "application/problem+json")];
    let told = gate.chat(EU, &ask("m-2"), &problem).await;
    assert_eq!(told.header("content-type"), "application/problem+json");
    assert!(us.seen().is_empty());
    let codes: Vec<_> = gate.log().iter().map(|l| l["code"].clone()).collect();
    assert_eq!(
        codes,
        [
            "model-not-in-region",
            "missing-api-key",
            "model-not-in-region"
        ]
    );
}

#[tokio::test]
async fn each_listener_calls_its_own_upstream() {
    let us = Upstream::new(vec![answer("from us")]).await;
    let eu = Upstream::new(vec![answer("from eu")]).await;
    let gate = Build::over(&us, &eu).start().await;
    for (listener, text) in [(US, "from us"), (EU, "from eu")] {
        let told = gate.chat(listener, &ask("m-1"), &[]).await;
        assert_eq!(told.json()["choices"][0]["message"]["content"], text);
    }
    assert_eq!((us.seen().len(), eu.seen().len()), (1, 1));
    let bearer = "authorization: Bearer upstream-secret-canary";
    assert!(eu.seen()[0].contains(bearer), "{}", eu.seen()[0]);
}

#[tokio::test]
async fn what_cannot_be_judged_is_refused_unread() {
    let gate = Build::over_mock()
        .with("bounds: {body_bytes: 200}")
        .start()
        .await;
    let long = ask(&"x".repeat(300));
    for (body, header, code) in [
        (
            "{}",
            ("content-encoding", "gzip"),
            (415, "compressed-request"),
        ),
        (
            "{}",
            ("content-type", "text/plain"),
            (415, "unsupported-media-type"),
        ),
        (&*long, ("accept", "*/*"), (413, "body-too-large")),
    ] {
        let told = gate.chat(US, body, &[header]).await;
        assert_eq!(told.code(), code, "{}", told.text);
        // Where the rest of a body is not read, no call comes behind it.
        let closes = told.header("connection") == "close";
        assert_eq!(closes, code.0 == 413, "{code:?}");
    }
    let put = Request::put(gate.uri(US, CHAT));
    let told = gate.told(put.body(Full::<Bytes>::default()).unwrap()).await;
    assert_eq!(told.code(), (405, "method-not-allowed"));
    assert_eq!(told.header("allow"), "POST");
    assert_eq!(gate.get(US, "/v1/chat").await.code(), (404, "no-such-path"));
    assert_eq!(gate.get(US, "/metrics").await.code(), (404, "no-such-path"));
    assert_eq!(
        gate.get(ADMIN, "/v1/models").await.code(),
        (404, "no-such-path")
    );
}

#[tokio::test]
async fn models_are_those_that_can_be_called_here() {
    let gate = Build::over_mock().start().await;
    let ids = |told: &crate::harness::Told| -> Vec<String> {
        let data = told.json()["data"].as_array().unwrap().clone();
        data.iter()
            .map(|m| m["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let us = gate.get(US, "/v1/models").await;
    assert_eq!(ids(&us), ["m-1", "m-2", "m-4", "m-3"]);
    let eu = gate.get(EU, "/v1/models").await;
    assert_eq!(ids(&eu), ["m-1", "m-3"]);
    let model = &eu.json()["data"][0];
    assert_eq!(model["name"], "Model One");
    assert_eq!(model["creator"], "acme");
    assert_eq!(model["context_length"], 100_000);
    assert_eq!(model["available_regions"], json!(["eu"]));
    assert_eq!(
        model["providers"],
        json!([{"id": "acme", "name": "Acme Cloud"}])
    );
    assert!(
        eu.text
            .contains(r#""pricing":{"eu":{"prompt":1.1,"completions":2},"global":{"prompt":1.1,"completions":2}}"#),
        "{}",
        eu.text
    );
    // The service's clients insist on prices; for others none is better than a wrong one.
    let unpriced = &us.json()["data"][1];
    assert_eq!(unpriced["pricing"], json!({}));
}

#[tokio::test]
async fn decisions_are_asked_for_one_by_one_and_in_batches() {
    let gate = Build::over_mock().start().await;
    let asked = |body: &str| gate.posted(EU, "/v1/decide", body, &[]);
    let one = gate
        .told(asked(
            r#"{"at":"2026-03-01","body":{"model":"m-2","messages":[]}}"#,
        ))
        .await;
    assert_eq!(one.status, 200, "{}", one.text);
    assert_eq!(one.json()["code"], "model-not-in-region");
    let several = r#"[{"body":{"model":"m-1","messages":[]}},{"nobody":1},{"endpoint":"us","body":{"model":"m-2","messages":[]}}]"#;
    let told = gate.told(asked(several)).await.json();
    assert_eq!(told[0]["attempts"][0]["region"], "eu");
    assert!(
        told[1]["error"].as_str().unwrap().contains("nobody"),
        "{told}"
    );
    assert_eq!(told[2]["attempts"][0]["region"], "us");
    let wrong = gate.told(asked(r#"{"at":"yesterday","body":{}}"#)).await;
    assert_eq!(wrong.code(), (400, "wrong-envelope"));
    assert_eq!(gate.told(asked("[1")).await.code(), (400, "wrong-envelope"));
}

#[tokio::test]
async fn a_dry_run_gives_the_decision() {
    let mut build = Build::over_mock();
    build.dry_run = true;
    let gate = build.start().await;
    let told = gate.chat(EU, &ask("m-1"), &[]).await;
    assert_eq!(told.json()["outcome"], "route");
    assert_eq!(told.header("x-portolan-dry-run"), "1");
    let told = gate.chat(EU, &ask("m-2"), &[]).await;
    assert_eq!(
        (told.status, told.json()["code"].as_str()),
        (200, Some("model-not-in-region"))
    );
}

#[tokio::test]
async fn an_upstream_refusal_is_told_in_the_dialect_and_logged_without_the_prompt() {
    let echo = r#"{"error":"I do not like 'the prompt canary' of upstream-secret-canary","status":"error","request_id":"up-9"}"#;
    let us = Upstream::new(vec![Act::Json(400, echo.to_owned())]).await;
    let gate = Build::over(&us, &us).start().await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.code(), (400, "upstream-error"));
    let message = told.json()["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "I do not like '…' of …");
    assert_eq!(told.header("x-request-id"), "up-9");
    assert_eq!(told.header("x-should-retry"), "false");
    let line = gate.logged(1).await;
    let body = line["upstream_body"].as_str().unwrap();
    assert!(body.contains("I do not like '…"), "{body}");
    assert!(!line.to_string().contains("canary"), "{line}");
}

#[tokio::test]
async fn the_mock_says_that_it_is_one() {
    let gate = Build::over_mock().start().await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(told.header("x-portolan-mock"), "1");
    assert!(
        told.json()["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .contains("mock")
    );
}
