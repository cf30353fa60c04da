//! Streams: passed on as they come, ended with a word where they break off, made where there is
//! none.

use std::time::Duration;

use crate::harness::{ADMIN, Build, Gate, US};
use crate::upstream::{Act, End, Upstream, answer};
use http_body_util::BodyExt;
use serde_json::Value;

const ASK: &str = r#"{"model":"m-1","messages":[],"stream":true}"#;

fn chunk(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
}

fn done() -> String {
    "data: [DONE]\n\n".to_owned()
}

async fn over(acts: Vec<Act>, ping: Duration) -> (Gate, Upstream) {
    let us = Upstream::new(acts).await;
    let mut build = Build::over(&us, &us);
    build.ping = ping;
    (build.start().await, us)
}

const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn events_pass_byte_for_byte() {
    let usage =
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":8}}\n\n";
    let pieces = vec![
        chunk("a"),
        "data: {\"choices\":[{\"delta\":{\"cont".to_owned(),
        "ent\":\"b\"}}]}\n\n: kept\n\n".to_owned(),
        usage.to_owned(),
        done(),
    ];
    let (gate, _) = over(vec![Act::Events(pieces.clone(), End::Clean)], LONG).await;
    let counted = ASK.replace('}', r#","stream_options":{"include_usage":true}}"#);
    let told = gate.chat(US, &counted, &[]).await;
    assert_eq!(told.text, pieces.concat());
    assert_eq!(told.header("content-type"), "text/event-stream");
    assert_eq!(told.header("x-request-id"), "up-1");
    let line = gate.logged(1).await;
    assert_eq!(line["outcome"], "answered");
    assert_eq!(line["usage"]["output"], 8);
}

#[tokio::test]
async fn a_stream_that_breaks_off_ends_with_an_error_and_is_not_tried_again() {
    let half = "data: {\"choices\":[{\"del".to_owned();
    for (pieces, end) in [
        (vec![chunk("a"), half], End::Cut),
        (vec![chunk("a")], End::Clean),
    ] {
        let (gate, us) = over(vec![Act::Events(pieces, end), answer("x")], LONG).await;
        let told = gate.chat(US, ASK, &[]).await;
        assert_eq!(told.status, 200);
        let last = told.text.strip_prefix(&chunk("a")).unwrap();
        let last = last.strip_prefix("data: ").unwrap().trim_end();
        let error: Value = serde_json::from_str(last).unwrap();
        assert_eq!(error["error"]["code"], "stream-broken", "{}", told.text);
        assert_eq!(us.seen().len(), 1);
        let line = gate.logged(1).await;
        assert_eq!(
            (&line["outcome"], &line["code"]),
            (&"broke-off".into(), &"stream-broken".into())
        );
    }
}

#[tokio::test]
async fn what_breaks_off_before_its_first_event_is_tried_elsewhere() {
    let nothing = Act::Events(Vec::new(), End::Cut);
    let second = Act::Events(vec![chunk("b"), done()], End::Clean);
    let (gate, us) = over(vec![nothing, second], LONG).await;
    let body = r#"{"model":"m-1","messages":[],"stream":true,"fallbacks":[{"model":"m-2"}]}"#;
    let told = gate.chat(US, body, &[]).await;
    assert_eq!(told.text, chunk("b") + &done());
    assert_eq!(us.seen().len(), 2);
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_the_call_upstream() {
    let waits = Act::Events(vec![chunk("a")], End::Wait);
    let (gate, us) = over(vec![waits], LONG).await;
    let response = gate
        .send(gate.posted(US, "/v1/chat/completions", ASK, &[]))
        .await;
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, chunk("a"));
    let metrics = gate.get(ADMIN, "/metrics").await.text;
    assert!(metrics.contains("\nportolan_calls_open 1\n"), "{metrics}");
    drop(body);
    us.left().await;
    assert_eq!(gate.logged(1).await["outcome"], "cancelled");
    let metrics = gate.get(ADMIN, "/metrics").await.text;
    assert!(metrics.contains("\nportolan_calls_open 0\n"), "{metrics}");
}

#[tokio::test]
async fn a_silent_stream_is_kept_alive() {
    let waits = Act::Events(vec![chunk("a")], End::Wait);
    let (gate, _) = over(vec![waits], Duration::from_millis(20)).await;
    let response = gate
        .send(gate.posted(US, "/v1/chat/completions", ASK, &[]))
        .await;
    let mut body = response.into_body();
    let mut read = String::new();
    while !read.ends_with(": ping\n\n") {
        let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
        read.push_str(&String::from_utf8_lossy(&piece));
    }
    assert!(read.starts_with(&chunk("a")), "{read}");
}

#[tokio::test]
async fn a_stream_that_is_silent_for_too_long_has_broken_off() {
    let us = Upstream::new(vec![Act::Events(vec![chunk("a")], End::Wait)]).await;
    let mut build = Build::over(&us, &us);
    build.policy = build.policy.replace("idle 30s", "idle 100ms");
    let gate = build.start().await;
    let told = gate.chat(US, ASK, &[]).await;
    assert!(told.text.starts_with(&chunk("a")), "{}", told.text);
    assert!(told.text.contains("stream-broken"), "{}", told.text);
}

#[tokio::test]
async fn an_answer_in_one_piece_becomes_the_stream_that_was_asked_for() {
    let (gate, us) = over(vec![answer("all at once")], LONG).await;
    let body =
        r#"{"model":"m-3","messages":[],"stream":true,"stream_options":{"include_usage":true}}"#;
    let told = gate.chat(US, body, &[]).await;
    assert_eq!(told.header("content-type"), "text/event-stream");
    assert_eq!(told.header("x-portolan-warnings"), "stream-ignored");
    let events: Vec<&str> = told.text.split_terminator("\n\n").collect();
    assert_eq!(events.len(), 4, "{}", told.text);
    assert!(
        events[0].contains(r#""content":"all at once""#),
        "{}",
        told.text
    );
    assert!(events[2].contains(r#""total_tokens":5"#), "{}", told.text);
    assert_eq!(events[3], "data: [DONE]");
    assert!(
        !us.seen()[0].contains(r#""stream":true"#),
        "{:?}",
        us.seen()
    );
}

#[tokio::test]
async fn who_asked_for_no_stream_gets_none() {
    let stream = Act::Events(vec![chunk("a"), done()], End::Clean);
    let (gate, _) = over(vec![stream], LONG).await;
    let told = gate.chat(US, r#"{"model":"m-1","messages":[]}"#, &[]).await;
    assert_eq!(told.code(), (502, "upstream-invalid"));
}
