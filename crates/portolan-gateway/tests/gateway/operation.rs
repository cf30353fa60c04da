//! Keys, the log, metrics, reload and drain.

use std::fmt::Write;
use std::num::NonZeroUsize;

use crate::harness::{ADMIN, Build, EU, POLICY, US, ask};
use crate::upstream::{Act, End, Upstream, answer};
use bytes::Bytes;
use futures_util::future::join_all;
use http::Request;
use http_body_util::{BodyExt, Full};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) fn sha256(key: &str) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(key) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

pub(crate) fn keys() -> String {
    let secret = format!("{}/tests/gateway/secret.txt", env!("CARGO_MANIFEST_DIR"));
    format!(
        "
keys:
  attribute: key
  rows:
    - {{sha256: {}, row: everybody, upstreams: {{us: 'file:{secret}'}}}}
    - {{sha256: {}, row: north, upstreams: {{us: 'file:{secret}', eu: 'file:{secret}'}}}}
",
        sha256("sk-everybody"),
        sha256("sk-north")
    )
}

#[tokio::test]
async fn a_key_is_a_row_of_the_policy_and_a_secret_for_each_region() {
    let us = Upstream::new(vec![answer("us")]).await;
    let eu = Upstream::new(vec![answer("eu")]).await;
    let gate = Build::over(&us, &eu).with(&keys()).start().await;
    let body = ask("m-1");
    for (listener, key, code) in [
        (US, "Bearer sk-everybody", (200, "")),
        (US, "sk-everybody", (200, "")),
        // It has no secret for the EU, and no other region's is taken.
        (EU, "Bearer sk-everybody", (403, "key-wrong-region")),
        (EU, "Bearer sk-north", (200, "")),
        // Its row demands processing in the EU.
        (US, "Bearer sk-north", (403, "lock-not-met")),
        (US, "Bearer sk-nobody", (401, "unknown-key")),
        (US, "", (401, "unknown-key")),
    ] {
        let told = gate.chat(listener, &body, &[("authorization", key)]).await;
        assert_eq!(told.code(), code, "{key}: {}", told.text);
    }
    assert_eq!((us.seen().len(), eu.seen().len()), (2, 1));
    let log = gate.log();
    assert_eq!(log[0]["account"], "everybody");
    let text = serde_json::to_string(&log).unwrap();
    assert!(!text.contains("sk-") && !text.contains("canary"), "{text}");
}

#[tokio::test]
async fn a_question_is_about_the_row_of_its_key() {
    let us = Upstream::new(vec![answer("us")]).await;
    let gate = Build::over(&us, &us).with(&keys()).start().await;
    let asked = async |envelope: &str, key: &str| {
        let key = [("authorization", key)];
        gate.told(gate.posted(US, "/v1/decide", envelope, &key))
            .await
    };
    let plain = r#"{"body":{"model":"m-1","messages":[]}}"#;
    let told = asked(plain, "sk-everybody").await;
    assert_eq!(told.json()["outcome"], "route", "{}", told.text);
    // Its row demands processing in the EU.
    let told = asked(plain, "sk-north").await;
    assert_eq!(told.json()["code"], "lock-not-met", "{}", told.text);
    let named = plain.replace("{\"body\"", r#"{"key":"everybody","body""#);
    assert_eq!(asked(&named, "sk-everybody").await.status, 200);
    let told = asked(&named, "sk-north").await;
    assert_eq!(told.code(), (400, "wrong-envelope"), "{}", told.text);
    assert!(told.text.contains("`key` is `north`"), "{}", told.text);
    let told = asked(&format!("[{named},{plain}]"), "sk-north").await;
    assert!(told.json()[0]["error"].is_string(), "{}", told.text);
    assert_eq!(told.json()[1]["code"], "lock-not-met", "{}", told.text);
    assert_eq!(asked(plain, "sk-nobody").await.status, 401);
}

#[tokio::test]
async fn whoever_asks_how_the_gateway_fares_is_answered_when_it_is_full() {
    let gate = Build::over_mock()
        .with("bounds: {connections: 2}")
        .start()
        .await;
    let connect = || tokio::net::TcpStream::connect(gate.addresses[US]);
    let _idle = (connect().await.unwrap(), connect().await.unwrap());
    for _ in 0..4 {
        let asked = gate.get(ADMIN, "/healthz");
        let told = tokio::time::timeout(std::time::Duration::from_secs(5), asked).await;
        assert_eq!(told.unwrap().status, 200);
    }
}

#[tokio::test]
async fn every_answer_is_in_the_log_and_the_metrics() {
    let gate = Build::over_mock().start().await;
    gate.chat(US, &ask("m-1"), &[]).await;
    gate.chat(US, &ask("who-knows"), &[]).await;
    gate.chat(EU, &ask("m-2"), &[]).await;
    gate.get(US, "/nowhere").await;
    let outcomes: Vec<_> = gate.log().iter().map(|l| l["outcome"].clone()).collect();
    assert_eq!(outcomes, ["answered", "refused", "refused", "refused"]);
    let metrics = gate.get(ADMIN, "/metrics").await.text;
    for line in [
        r#"portolan_requests_total{endpoint="us",model="m-1",status="200",outcome="answered"} 1"#,
        r#"portolan_requests_total{endpoint="us",model="other",status="404",outcome="refused"} 2"#,
        r#"portolan_attempts_total{endpoint="us",region="us",model="m-1",outcome="answered"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    assert!(!metrics.contains("who-knows"), "{metrics}");
    assert!(
        metrics.contains("portolan_tokens_total{usage_region=\"us\""),
        "{metrics}"
    );
    assert_eq!(gate.get(ADMIN, "/healthz").await.text, "ok\n");
}

#[tokio::test]
async fn a_head_that_nobody_can_read_is_in_the_log_and_the_metrics() {
    let gate = Build::over_mock().start().await;
    let long = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(70_000));
    for (head, status) in [("GET / HTTP/1.1\r\n: x\r\n\r\n", "400"), (&*long, "431")] {
        let mut stream = tokio::net::TcpStream::connect(gate.addresses[US])
            .await
            .unwrap();
        let _ = stream.write_all(head.as_bytes()).await;
        let mut told = vec![0; 12];
        stream.read_exact(&mut told).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&told), format!("HTTP/1.1 {status}"));
    }
    assert_eq!(gate.logged(2).await["event"], "unreadable-head");
    let metrics = gate.get(ADMIN, "/metrics").await.text;
    assert!(
        metrics.contains("\nportolan_heads_unreadable_total 2\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn threads_of_its_own_serve_connections_and_end_with_it() {
    let us = Upstream::new(vec![answer("well")]).await;
    let build = Build {
        threads: NonZeroUsize::new(2),
        ..Build::over(&us, &us)
    };
    let mut gate = build.start().await;
    let body = ask("m-1");
    for _ in 0..3 {
        let all = (0..8).map(|_| gate.chat(US, &body, &[]));
        for told in join_all(all).await {
            assert_eq!((told.status, told.text.contains("well")), (200, true));
        }
    }
    gate.logged(24).await;
    assert_eq!(us.seen().len(), 24);
    assert_eq!(gate.get(ADMIN, "/healthz").await.text, "ok\n");
    gate.stop();
    gate.done().await;
}

#[tokio::test]
async fn usage_is_summed_up_with_its_exact_cost() {
    let us = Upstream::new(vec![answer("well")]).await;
    let gate = Build::over(&us, &us).start().await;
    for _ in 0..3 {
        gate.chat(US, &ask("m-1"), &[]).await;
    }
    gate.chat(US, &ask("m-2"), &[]).await;
    let usage = gate.get(ADMIN, "/usage").await.json();
    // 3 tokens in for $1.10 a million and 2 out for $2.00, three times.
    let priced = serde_json::json!({
        "usage_region": "us", "model": "m-1", "account": null, "calls": 3,
        "input_tokens": 9, "output_tokens": 6, "cost_usd": "0.0000219", "calls_without_price": 0,
    });
    assert_eq!(usage["usage"][0], priced);
    assert_eq!(usage["usage"][1]["calls_without_price"], 1);
    let metrics = gate.get(ADMIN, "/metrics").await.text;
    let spent = r#"portolan_cost_usd_total{usage_region="us",model="m-1",account=""} 0.0000219"#;
    assert!(metrics.contains(spent), "{metrics}");
}

#[tokio::test]
async fn a_reload_serves_what_is_sound_and_proved_and_nothing_else() {
    let gate = Build::over_mock().start().await;
    let reload = || {
        let request = Request::post(gate.uri(ADMIN, "/reload"));
        gate.told(request.body(Full::<Bytes>::default()).unwrap())
    };
    let before = gate.gateway.snapshot();
    gate.write_policy("edition 1\npolicy broken");
    let told = reload().await;
    assert_eq!(
        (told.status, gate.gateway.snapshot()),
        (422, before.clone()),
        "{}",
        told.text
    );
    let leaks = POLICY
        .replace(
            "request.endpoint == eu\nlock",
            "request.endpoint == us and request.endpoint == eu\nlock",
        )
        .replace(
            "when  route.region != request.endpoint.region",
            "when request.endpoint == us and route.region != us",
        );
    gate.write_policy(&leaks);
    let told = reload().await;
    assert_eq!(
        (told.status, gate.gateway.snapshot()),
        (422, before.clone()),
        "{}",
        told.text
    );
    assert!(told.text.contains("eu-stays-in-eu"), "{}", told.text);
    gate.write_policy(&POLICY.replace("is not offered", "is not sold"));
    assert_eq!(reload().await.status, 200);
    assert_ne!(gate.gateway.snapshot(), before);
    let told = gate.chat(EU, &ask("m-2"), &[]).await;
    assert!(told.text.contains("is not sold"), "{}", told.text);
}

#[tokio::test]
async fn a_reload_says_what_it_cannot_change() {
    for (line, key) in [
        ("log: elsewhere.ndjson", "`log`"),
        ("bounds: {connections: 7}", "`connections`"),
    ] {
        let gate = Build::over_mock().start().await;
        gate.add_to_config(line);
        let request = Request::post(gate.uri(ADMIN, "/reload"));
        let told = gate
            .told(request.body(Full::<Bytes>::default()).unwrap())
            .await;
        assert_eq!(told.status, 422);
        assert!(told.text.contains(key), "{}", told.text);
    }
}

#[tokio::test]
async fn what_is_under_way_ends_before_the_gateway_does() {
    let pieces = vec!["data: {}\n\n".to_owned()];
    let us = Upstream::new(vec![Act::Events(pieces, End::Wait)]).await;
    let mut build = Build::over(&us, &us);
    build.policy = build.policy.replace("idle 30s", "idle 500ms");
    let mut gate = build.start().await;
    assert_eq!(gate.get(ADMIN, "/readyz").await.status, 200);
    let body = r#"{"model":"m-1","messages":[],"stream":true}"#;
    let response = gate
        .send(gate.posted(US, "/v1/chat/completions", body, &[]))
        .await;
    let mut stream = response.into_body();
    stream.frame().await.unwrap().unwrap();
    gate.stop();
    while gate.get(ADMIN, "/readyz").await.status != 503 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // The stream is silent for too long in the end, and says so: it was not cut.
    let rest = stream.collect().await.unwrap().to_bytes();
    assert!(
        String::from_utf8_lossy(&rest).contains("stream-broken"),
        "{rest:?}"
    );
    gate.done().await;
}
