//! What a key may spend: set aside before a call, settled behind it, never spent twice.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::harness::{Build, EU, Gate, US};
use crate::operation::sha256;
use crate::passing::passing;
use crate::upstream::{Act, Upstream, answer};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;

/// A key with two tenths of a cent and a little more an hour.
async fn with_budget(us: &Upstream) -> Gate {
    let secret = format!("{}/tests/gateway/secret.txt", env!("CARGO_MANIFEST_DIR"));
    let build = Build::over(us, us).with(&format!(
        "
keys:
  attribute: key
  rows:
    - sha256: {}
      row: everybody
      upstreams: {{us: 'file:{secret}'}}
      budget: {{usd: 0.0021, window_s: 3_600}}
    - {{sha256: {}, row: everybody, upstreams: {{us: 'file:{secret}'}}}}",
        sha256("sk-poor"),
        sha256("sk-rich"),
    ));
    build.start().await
}

/// A call that may come to two tenths of a cent.
const DEAR: &str = r#"{"model":"m-1","messages":[],"max_tokens":1000}"#;
const POOR: [(&str, &str); 1] = [("authorization", "sk-poor")];
const RICH: [(&str, &str); 1] = [("authorization", "sk-rich")];

#[tokio::test]
async fn calls_are_settled_by_what_they_used_until_nothing_is_left() {
    let us = Upstream::new(vec![answer("well")]).await;
    let gate = with_budget(&us).await;
    let mut answered = 0;
    let refused = loop {
        let told = gate.chat(US, DEAR, &POOR).await;
        if told.status != 200 {
            break told;
        }
        answered += 1;
        assert!(answered < 100);
    };
    // Each was estimated at 0.002 dollars and came to 0.0000073, of 0.0001 that were left.
    assert!((5..=14).contains(&answered), "{answered}");
    assert_eq!(refused.code(), (403, "budget-exhausted"));
    assert_eq!(refused.header("x-should-retry"), "false");
    assert_eq!(us.seen().len(), answered);
    // Another key of the same row has money of its own; a new hour brings new money.
    assert_eq!(gate.chat(US, DEAR, &RICH).await.status, 200);
    gate.clock.pass(3_600);
    assert_eq!(gate.chat(US, DEAR, &POOR).await.status, 200);
}

#[tokio::test]
async fn calls_at_the_same_time_do_not_spend_the_same_money() {
    let word = Arc::new(Notify::new());
    let us = Upstream::new(vec![Act::Told(400, Arc::clone(&word)), answer("well")]).await;
    let gate = with_budget(&us).await;
    let first = gate.chat(US, DEAR, &POOR);
    let meanwhile = async {
        us.asked().await;
        let told = gate.chat(US, DEAR, &POOR).await;
        word.notify_one();
        told
    };
    let (first, meanwhile) = tokio::join!(first, meanwhile);
    assert_eq!(meanwhile.code(), (403, "budget-exhausted"));
    // What fails costs nothing, and what was set aside for it is there again.
    assert_eq!(first.status, 400);
    assert_eq!(gate.chat(US, DEAR, &POOR).await.status, 200);
}

#[tokio::test]
async fn a_model_without_a_price_is_not_for_a_key_with_a_budget() {
    let us = Upstream::new(vec![answer("well")]).await;
    let gate = with_budget(&us).await;
    let body = r#"{"model":"m-2","messages":[],"max_tokens":1}"#;
    let told = gate.chat(US, body, &POOR).await;
    assert_eq!(told.code(), (403, "key-out-of-scope"));
    assert_eq!(gate.chat(US, body, &RICH).await.status, 200);
    assert_eq!(us.seen().len(), 1);
}

#[tokio::test]
async fn a_call_that_may_cost_more_than_all_there_is_is_refused() {
    let us = Upstream::new(vec![answer("well")]).await;
    let gate = with_budget(&us).await;
    let body = DEAR.replace("1000", "2000");
    let told = gate.chat(US, &body, &POOR).await;
    assert_eq!(told.code(), (403, "budget-exhausted"));
    assert!(us.seen().is_empty());
}

#[tokio::test]
async fn audio_is_paid_for_when_it_is_heard_and_begins_while_money_is_left() {
    let queued = || Act::Json(200, r#"{"id":"t","status":"queued"}"#.to_owned());
    let done = |id: u8| {
        let said =
            format!(r#"{{"id":"t-{id}","status":"completed","audio_duration":8,"text":""}}"#);
        Act::Json(200, said)
    };
    // Eight seconds at 27 cents an hour are 0.0006 dollars; the budget is 0.0021.
    let acts = (0..4).flat_map(|id| [queued(), done(id)]).collect();
    let us = Upstream::new(acts).await;
    let secret = format!("{}/tests/gateway/secret.txt", env!("CARGO_MANIFEST_DIR"));
    let keys = format!(
        "
keys:
  attribute: key
  rows:
    - sha256: {}
      row: everybody
      upstreams: {{us: 'file:{secret}', eu: 'file:{secret}'}}
      budget: {{usd: 0.0021, window_s: 3_600}}",
        sha256("sk-poor"),
    );
    let build = Build::over(&us, &us).with(&passing(us.address, us.address));
    let gate = build.with(&keys).start().await;
    let made = |listener, name: &str, body: &str| {
        let path = format!("/{name}/v2/transcript");
        gate.told(gate.posted(listener, &path, body, &POOR))
    };
    let read = |id: u8| {
        let uri = gate.uri(US, &format!("/assemblyai/v2/transcript/t-{id}"));
        let request = Request::get(uri).header("authorization", "sk-poor");
        gate.told(request.body(Full::<Bytes>::default()).unwrap())
    };
    for id in 0..4 {
        let told = made(US, "assemblyai", "{}").await;
        assert_eq!(told.status, 200, "{id}: {}", told.text);
        assert_eq!(read(id).await.status, 200);
    }
    let told = made(US, "assemblyai", "{}").await;
    assert_eq!(told.code(), (403, "budget-exhausted"));
    // What is there can be read, and costs nothing more.
    assert_eq!(read(3).await.status, 200);
    assert_eq!(
        gate.chat(US, DEAR, &POOR).await.code(),
        (403, "budget-exhausted")
    );
    gate.clock.pass(3_600);
    let asks = r#"{"llm_gateway":{"model":"m-1","messages":[]}}"#;
    for (listener, name, body) in [(EU, "eu.assemblyai", "{}"), (US, "assemblyai", asks)] {
        let told = made(listener, name, body).await;
        assert_eq!(told.code(), (403, "key-out-of-scope"), "{}", told.text);
    }
    assert_eq!(made(US, "assemblyai", "{}").await.status, 200);
}
