//! What became of a call is told and noted, whatever became of it.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{ADMIN, Build, CHAT, US, ask};
use crate::reading::called;
use crate::upstream::{Act, End, Upstream, answer};

#[tokio::test]
async fn an_error_has_the_id_of_whoever_said_it() {
    let named = r#"{"code":400,"message":"no","request_id":"up-9"}"#;
    let headed = "content-type: text/plain\r\nx-request-id: up-8\r\n";
    let us = Upstream::new(vec![
        Act::Json(400, named.to_owned()),
        Act::Full(200, headed.to_owned(), "nothing".to_owned()),
    ])
    .await;
    let gate = Build::over(&us, &us).start().await;
    for (model, id) in [("m-1", "up-9"), ("m-1", "up-8"), ("m-9", "")] {
        let told = gate.chat(US, &ask(model), &[]).await;
        let ours = told.header("x-portolan-request-id");
        assert_eq!(ours.len(), 32);
        let id = if id.is_empty() { ours } else { id };
        assert_eq!(told.header("x-request-id"), id, "{}", told.text);
        assert_eq!(told.json()["request_id"], id, "{}", told.text);
    }
}

#[tokio::test]
async fn a_limit_that_the_policy_refuses_for_says_how_it_stands() {
    let us = Upstream::new(vec![answer("well")]).await;
    let build = Build::over(&us, &us).with("attributes: {account: counted}");
    let gate = build.start().await;
    for remaining in ["1", "0"] {
        let told = gate.chat(US, &ask("m-1"), &[]).await;
        assert_eq!(told.header("x-ratelimit-remaining"), remaining);
    }
    gate.clock.pass(20);
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.code(), (429, "rate-limited"));
    for (name, value) in [
        ("x-ratelimit-limit", "2"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "40"),
        ("x-ratelimit-model", "m-1"),
        ("retry-after", "40"),
    ] {
        assert_eq!(told.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn a_line_has_the_plan_and_where_its_calls_went() {
    let us = Upstream::new(vec![answer("well")]).await;
    let gate = Build::over(&us, &us).start().await;
    let body = r#"{"model":"m-1","messages":[],"fallbacks":[{"model":"m-2"}]}"#;
    assert_eq!(gate.chat(US, body, &[]).await.status, 200);
    let line = gate.logged(1).await;
    let planned = |model: &str| json!({"model": model, "region": "us", "endpoint": "us"});
    assert_eq!(line["plan"], json!([planned("m-1"), planned("m-2")]));
    assert_eq!(line["attempts"].as_array().map(Vec::len), Some(1));
    let url = format!("http://{}/v1/chat", us.address);
    assert_eq!(line["attempts"][0]["url"], url);
}

#[tokio::test]
async fn a_refusal_that_is_only_told_has_its_code_in_the_log() {
    let build = Build {
        dry_run: true,
        ..Build::over_mock()
    };
    let gate = build.start().await;
    assert_eq!(gate.chat(US, &ask("m-9"), &[]).await.status, 200);
    assert_eq!(gate.logged(1).await["code"], "model-not-found");
}

#[tokio::test]
async fn a_call_whose_caller_went_away_has_its_try_in_the_log() {
    let us = Upstream::new(vec![Act::Hang]).await;
    let gate = Build::over(&us, &us).start().await;
    let call = gate.send(gate.posted(US, CHAT, &ask("m-1"), &[]));
    let gone = tokio::time::timeout(Duration::from_millis(300), call).await;
    assert!(gone.is_err());
    let line = gate.logged(1).await;
    assert_eq!(line["outcome"], "cancelled");
    let tried = &line["attempts"][0];
    assert_eq!(
        (&tried["outcome"], &tried["maybe_billed"]),
        (&json!("cancelled"), &json!(true))
    );
    assert!(tried["ms"].as_u64() > Some(50), "{tried}");
}

#[tokio::test]
async fn a_call_that_the_gateway_cut_off_is_not_its_callers_doing() {
    let us = Upstream::new(vec![Act::Hang]).await;
    let mut gate = Build::over(&us, &us)
        .with("bounds: {drain_s: 0}")
        .start()
        .await;
    let stream = called(&gate, &ask("m-1")).await;
    us.asked().await;
    gate.stop();
    gate.stopped().await;
    drop(stream);
    let line = gate.logged(1).await;
    assert_eq!(line["outcome"], "stopped", "{line}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_mended_is_counted_and_paid_for() {
    let us = Upstream::new(vec![answer("I would rather not.")]).await;
    let gate = Build::over(&us, &us).start().await;
    let body = r#"{"model":"m-1","messages":[],"post_processing_steps":[{"type":"json-repair"}]}"#;
    let told = gate.chat(US, body, &[]).await;
    assert_eq!(told.code(), (500, "json-not-repaired"), "{}", told.text);
    assert_eq!(told.header("x-request-id"), "up-1");
    let line = gate.logged(1).await;
    assert_eq!(line["usage"], json!({"input": 3, "output": 2}));
    let usage: Value = gate.get(ADMIN, "/usage").await.json();
    assert!(usage.to_string().contains("\"calls\":1"), "{usage}");
}

#[tokio::test]
async fn success_without_a_choice_is_none() {
    let error = r#"{"error":{"message":"overloaded"}}"#;
    for stream in ["false", "true"] {
        let us = Upstream::new(vec![Act::Json(200, error.to_owned()), answer("well")]).await;
        let gate = Build::over(&us, &us).start().await;
        let body = format!(
            r#"{{"model":"m-3","messages":[],"stream":{stream},"fallbacks":[{{"model":"m-1"}}]}}"#
        );
        let told = gate.chat(US, &body, &[]).await;
        assert_eq!(told.status, 200);
        assert!(told.text.contains("well"), "{}", told.text);
        let line = gate.logged(1).await;
        assert_eq!(line["attempts"][0]["outcome"], "garbage", "{line}");
        let alone = body.replace(r#","fallbacks":[{"model":"m-1"}]"#, "");
        let us = Upstream::new(vec![Act::Json(200, error.to_owned())]).await;
        let gate = Build::over(&us, &us).start().await;
        let told = gate.chat(US, &alone, &[]).await;
        assert_eq!(told.code(), (502, "upstream-invalid"), "{}", told.text);
        assert_eq!(gate.logged(1).await["upstream_body"], error);
    }
}

#[tokio::test]
async fn a_stream_ends_where_it_says_so_and_begins_with_an_event() {
    let done = "data: {\"choices\":[]}\n\ndata: [DONE]\n\n".to_owned();
    let body = r#"{"model":"m-1","messages":[],"stream":true,"fallbacks":[{"model":"m-2"}]}"#;
    let us = Upstream::new(vec![Act::Events(vec![done.clone()], End::Cut)]).await;
    let gate = Build::over(&us, &us).start().await;
    assert_eq!(gate.chat(US, body, &[]).await.text, done);
    assert_eq!(gate.logged(1).await["outcome"], "answered");
    // What broke off within its first event was never begun, and is tried elsewhere.
    let half = Act::Events(vec!["data: {\"choi".to_owned()], End::Cut);
    let us = Upstream::new(vec![half, Act::Events(vec![done.clone()], End::Clean)]).await;
    let gate = Build::over(&us, &us).start().await;
    assert_eq!(gate.chat(US, body, &[]).await.text, done);
    assert_eq!(us.seen().len(), 2);
}

#[tokio::test]
async fn an_echo_is_kept_out_of_the_log_and_of_what_is_told_however_it_is_written() {
    let prompt = "Пациент Иванов, диагноз диабет";
    let mut escaped = String::new();
    for unit in prompt.encode_utf16() {
        let _ = write!(escaped, "\\u{unit:04x}");
    }
    for (said, echo) in [(prompt, &*escaped), (&*escaped, prompt)] {
        let refusal = format!(
            r#"{{"code":400,"message":"no","metadata":{{"errors":["not this: {echo}"]}}}}"#
        );
        let us = Upstream::new(vec![Act::Json(400, refusal)]).await;
        let mut build = Build::over(&us, &us);
        build.yaml = build.yaml.replace(
            "endpoint: us}",
            "endpoint: us, dialect: assemblyai-current}",
        );
        let gate = build.start().await;
        let body =
            format!(r#"{{"model":"m-1","messages":[{{"role":"user","content":"{said}"}}]}}"#);
        let told = gate.chat(US, &body, &[]).await;
        assert_eq!(told.status, 400);
        let line = gate.logged(1).await;
        let logged = line["upstream_body"].as_str().unwrap();
        for text in [&*told.text, logged] {
            assert!(text.contains("not this: …"), "{text}");
            assert!(!text.contains("диаг") && !text.contains("u0434"), "{text}");
        }
    }
}
