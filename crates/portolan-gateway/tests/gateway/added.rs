//! What the gateway does where an endpoint does not: usage of streams, JSON mended, transcripts put in.

use crate::harness::{Build, CATALOG, EU, Gate, US};
use crate::passing::passing;
use crate::upstream::{Act, End, Upstream, answer};
use serde_json::{Value, json};

fn chunk(text: &str) -> String {
    format!(
        "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}],\"usage\":null}}\n\n"
    )
}

const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":8}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// A catalog whose endpoints do all of that themselves.
fn executing() -> String {
    let executes = "executes: [json-repair, transcript]";
    CATALOG
        .replace(
            "ingress: US, region",
            &format!("{executes}, ingress: US, region"),
        )
        .replace(
            "ingress: EU27, region",
            &format!("{executes}, ingress: EU27, region"),
        )
}

#[tokio::test]
async fn usage_of_a_stream_is_asked_for_and_taken_out_again() {
    let pieces = vec![chunk("a"), chunk("b"), USAGE.to_owned(), DONE.to_owned()];
    let us = Upstream::new(vec![Act::Events(pieces.clone(), End::Clean)]).await;
    let gate = Build::over(&us, &us).start().await;
    let body = r#"{"model":"m-1", "messages":[], "stream":true}"#;
    let told = gate.chat(US, body, &[]).await;
    let plain = (chunk("a") + &chunk("b")).replace(",\"usage\":null", "") + DONE;
    assert_eq!(told.text, plain);
    let sent =
        r#"{"model":"m-1", "messages":[], "stream":true,"stream_options":{"include_usage":true}}"#;
    assert!(us.seen()[0].ends_with(sent), "{}", us.seen()[0]);
    assert_eq!(gate.logged(1).await["usage"]["output"], 8);
    // Who asks for it gets all of it, and the upstream is asked as it was.
    let body =
        r#"{"model":"m-1","messages":[],"stream":true,"stream_options":{"include_usage":true}}"#;
    let told = gate.chat(US, body, &[]).await;
    assert_eq!(told.text, pieces.concat());
    assert!(us.seen()[1].ends_with(body), "{}", us.seen()[1]);
    // Where nothing streams nothing is asked.
    gate.chat(US, r#"{"model":"m-3","messages":[],"stream":true}"#, &[])
        .await;
    assert!(!us.seen()[2].contains("\"stream"), "{}", us.seen()[2]);
}

fn asks(model: &str, stream: bool) -> String {
    let body = json!({
        "model": model, "messages": [], "stream": stream,
        "post_processing_steps": [{"type": "json-repair"}],
    });
    body.to_string()
}

fn wrote(content: &Value, arguments: &str) -> Act {
    let body = json!({"choices": [{"message": {
        "role": "assistant", "content": content,
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}],
    }}]});
    Act::Json(200, body.to_string())
}

#[tokio::test]
async fn json_is_mended_where_that_is_asked_for() {
    let us = Upstream::new(vec![wrote(&json!("{'a': 1,}"), "{\"b\": [1")]).await;
    let gate = Build::over(&us, &us).start().await;
    let told = gate.chat(US, &asks("m-1", false), &[]).await;
    let message = &told.json()["choices"][0]["message"];
    assert_eq!(message["content"], r#"{"a": 1}"#, "{}", told.text);
    let arguments = &message["tool_calls"][0]["function"]["arguments"];
    assert_eq!(arguments, r#"{"b": [1]}"#);
    assert!(
        !us.seen()[0].contains("post_processing"),
        "{}",
        us.seen()[0]
    );
    // Who does not ask gets what the model wrote.
    let told = gate.chat(US, r#"{"model":"m-1","messages":[]}"#, &[]).await;
    assert!(told.text.contains("{'a': 1,}"), "{}", told.text);
}

#[tokio::test]
async fn a_stream_of_mended_json_is_made_of_one_answer() {
    let us = Upstream::new(vec![wrote(&json!("{'a': 1,}"), "{}")]).await;
    let gate = Build::over(&us, &us).start().await;
    let told = gate.chat(US, &asks("m-1", true), &[]).await;
    assert_eq!(told.header("content-type"), "text/event-stream");
    assert!(
        told.text.contains(r#""content":"{\"a\": 1}""#),
        "{}",
        told.text
    );
    assert!(told.text.ends_with(DONE), "{}", told.text);
    assert!(!us.seen()[0].contains("\"stream"), "{}", us.seen()[0]);
}

#[tokio::test]
async fn what_cannot_be_mended_is_said_and_not_tried_again() {
    let us = Upstream::new(vec![wrote(&json!("I would rather not."), "{}")]).await;
    let gate = Build::over(&us, &us).start().await;
    let told = gate.chat(US, &asks("m-1", false), &[]).await;
    assert_eq!(told.code(), (500, "json-not-repaired"), "{}", told.text);
    assert_eq!(told.header("x-should-retry"), "false");
    assert!(!told.text.contains("rather"), "{}", told.text);
    assert_eq!(us.seen().len(), 1);
    let line = gate.logged(1).await;
    assert_eq!(
        (&line["outcome"], &line["status"]),
        (&"failed".into(), &500.into())
    );
}

#[tokio::test]
async fn who_mends_json_himself_is_asked_to() {
    let us = Upstream::new(vec![wrote(&json!("{'a': 1,}"), "{}")]).await;
    let mut build = Build::over(&us, &us);
    build.catalog = executing();
    let gate = build.start().await;
    let body = asks("m-1", false);
    let told = gate.chat(US, &body, &[]).await;
    assert!(told.text.contains("{'a': 1,}"), "{}", told.text);
    assert!(us.seen()[0].ends_with(&body), "{}", us.seen()[0]);
}

/// A gateway whose models and speech-to-text APIs are apart.
async fn speaking(transcript: Act, catalog: &str) -> (Gate, [Upstream; 3]) {
    let llm = Upstream::new(vec![answer("summed up")]).await;
    let us = Upstream::new(vec![Act::Close]).await;
    let eu = Upstream::new(vec![transcript]).await;
    let mut build = Build::over(&llm, &llm).with(&passing(us.address, eu.address));
    build.catalog = catalog.to_owned();
    (build.start().await, [llm, us, eu])
}

fn done(text: &str) -> Act {
    let body = json!({"id": "t-1", "status": "completed", "text": text});
    Act::Json(200, body.to_string())
}

const TAGGED: &str = r#"{"model":"m-1", "transcript_id":"t-1", "messages":[{"role":"user","content":"sum up: {{ transcript }} {{ transcript }}"}]}"#;

#[tokio::test]
async fn a_transcript_is_put_in_from_the_region_that_was_called() {
    let (gate, [llm, us, eu]) = speaking(done("she said \"hi\""), CATALOG).await;
    let told = gate.chat(EU, TAGGED, &[]).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let asked = eu.seen().remove(0);
    assert!(
        asked.starts_with("GET /v2/transcript/t-1 HTTP/1.1\r\n"),
        "{asked}"
    );
    assert!(
        asked
            .to_ascii_lowercase()
            .contains("authorization: bearer upstream-secret-canary")
    );
    assert_eq!(us.seen(), [""; 0]);
    let sent = llm.seen().remove(0);
    let (_, sent) = sent.split_once("\r\n\r\n").unwrap();
    let sent: Value = serde_json::from_str(sent).unwrap();
    let content = &sent["messages"][0]["content"];
    assert_eq!(content, "sum up: she said \"hi\" {{ transcript }}");
    assert_eq!(sent.get("transcript_id"), None);
}

#[tokio::test]
async fn with_its_transcript_a_call_is_judged_again() {
    let long = "word ".repeat(100_000);
    let (mut build, llm) = {
        let llm = Upstream::new(vec![answer("x")]).await;
        let eu = Upstream::new(vec![done(&long)]).await;
        let build = Build::over(&llm, &llm).with(&passing(eu.address, eu.address));
        (build, llm)
    };
    build.policy = build.policy.replace(
        "exclude 404 model-retired",
        "exclude 400 context-window-exceeded\n  when route.context_window is set and request.input_tokens > route.context_window\n  say \"too long\"\nexclude 404 model-retired",
    );
    let gate = build.start().await;
    let told = gate.chat(EU, TAGGED, &[]).await;
    assert_eq!(
        told.code(),
        (400, "context-window-exceeded"),
        "{}",
        told.text
    );
    assert_eq!(llm.seen(), [""; 0]);
}

#[tokio::test]
async fn a_transcript_that_is_not_there_is_no_model_that_is_not_there() {
    let missing = Act::Json(404, r#"{"message":"transcript not found"}"#.to_owned());
    let begun = Act::Json(
        200,
        r#"{"id":"t-1","status":"processing","text":null}"#.to_owned(),
    );
    for act in [missing, begun] {
        let (gate, [llm, ..]) = speaking(act, CATALOG).await;
        let told = gate.chat(EU, TAGGED, &[]).await;
        assert_eq!(told.code(), (404, "transcript-not-found"), "{}", told.text);
        assert_eq!(llm.seen(), [""; 0]);
    }
    let (gate, [_, _, eu]) = speaking(done("x"), CATALOG).await;
    let body = TAGGED.replace("t-1", "../x");
    let told = gate.chat(EU, &body, &[]).await;
    assert_ne!(told.status, 200, "{}", told.text);
    assert_eq!(eu.seen(), [""; 0]);
}

#[tokio::test]
async fn an_endpoint_that_puts_transcripts_in_gets_the_body_as_it_is() {
    let (gate, [llm, us, eu]) = speaking(done("x"), &executing()).await;
    let told = gate.chat(EU, TAGGED, &[]).await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert!(llm.seen()[0].ends_with(TAGGED), "{}", llm.seen()[0]);
    assert_eq!((us.seen().len(), eu.seen().len()), (0, 0));
}

#[tokio::test]
async fn without_a_tag_nothing_is_fetched_and_the_id_stays_here() {
    let (gate, [llm, _, eu]) = speaking(done("x"), CATALOG).await;
    let body = r#"{"model":"m-1","transcript_id":"t-1","messages":[{"role":"user","content":"{{transcript}}"}]}"#;
    let told = gate.chat(EU, body, &[]).await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert!(
        !llm.seen()[0].contains("transcript_id"),
        "{}",
        llm.seen()[0]
    );
    assert_eq!(eu.seen(), [""; 0]);
    let torn = r#"{"model":"m-1","transcript_id":"t-1","messages":[],"fallbacks":[{"model":"m-3","transcript_id":"t-2"}]}"#;
    let told = gate.chat(EU, torn, &[]).await;
    assert_eq!(told.code(), (400, "ambiguous-field"), "{}", told.text);
}
