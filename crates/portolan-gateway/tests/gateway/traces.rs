//! Spans of calls at a collector, which the test itself is.

use std::time::Duration;

use serde_json::Value;

use crate::harness::{ADMIN, Build, Gate, US, ask};
use crate::passing::passing;
use crate::upstream::{Act, End, Upstream};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// One line of configuration that sends spans to a collector.
fn traced(collector: &Upstream, more: &str) -> String {
    let secret = format!("{}/tests/gateway/secret.txt", env!("CARGO_MANIFEST_DIR"));
    format!(
        "traces: {{url: 'http://{}/v1/traces', headers: {{x-collector-key: 'file:{secret}'}}, \
         providers: {{acme: acme.cloud}}{more}}}",
        collector.address
    )
}

/// All spans that a collector was sent, once there are so many.
async fn spans(collector: &Upstream, count: usize) -> Vec<Value> {
    for _ in 0..3000 {
        let batches = collector.seen().into_iter().map(|seen| {
            let (_, body) = seen.split_once("\r\n\r\n").unwrap();
            serde_json::from_str::<Value>(body).unwrap()
        });
        let spans: Vec<Value> = batches
            .flat_map(|batch| {
                let spans = &batch["resourceSpans"][0]["scopeSpans"][0]["spans"];
                spans.as_array().unwrap().clone()
            })
            .collect();
        if spans.len() >= count {
            return spans;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there are not {count} spans");
}

/// A value of a span.
fn value<'s>(span: &'s Value, name: &str) -> &'s str {
    let all = span["attributes"].as_array().unwrap();
    let found = all.iter().find(|attribute| attribute["key"] == name);
    let value = found.map(|attribute| &attribute["value"]);
    let text = value.and_then(|value| value["stringValue"].as_str().or(value["intValue"].as_str()));
    text.unwrap_or_default()
}

fn collector() -> Act {
    Act::Json(200, "{}".to_owned())
}

const ANSWER: &str = r#"{"request_id":"up-1","model":"model-one-2026","choices":[{"message":{"role":"assistant","content":"the answer canary"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;

#[tokio::test]
async fn a_call_and_each_of_its_tries_are_spans_of_the_callers_trace() {
    let collects = Upstream::new(vec![collector()]).await;
    let refusal = r#"{"error":{"message":"the prompt canary"}}"#.to_owned();
    let us = Upstream::new(vec![
        Act::Json(503, refusal),
        Act::Json(200, ANSWER.to_owned()),
    ])
    .await;
    let gate = Build::over(&us, &us)
        .with(&traced(&collects, ""))
        .start()
        .await;
    let told = gate.chat(US, &ask("m-1"), &[("traceparent", PARENT)]).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let spans = spans(&collects, 3).await;
    let [call, failed, answered] = &spans[..] else {
        panic!("{spans:#?}");
    };
    for span in &spans {
        assert_eq!(span["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
        let time = |name: &str| span[name].as_str().unwrap().parse::<u64>().unwrap();
        let (start, end) = (time("startTimeUnixNano"), time("endTimeUnixNano"));
        assert!(start <= end);
        // The clock of the gateway.
        assert_eq!(start / 60_000_000_000, 1_772_323_200 / 60);
    }
    assert_eq!(call["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(
        (&call["name"], &call["kind"]),
        (&"chat m-1".into(), &2.into())
    );
    assert_eq!(value(call, "http.response.status_code"), "200");
    assert_eq!(value(call, "portolan.outcome"), "answered");
    assert_eq!(
        value(call, "gen_ai.usage.input_tokens"),
        "",
        "they are counted once"
    );
    for attempt in [failed, answered] {
        assert_eq!(attempt["parentSpanId"], call["spanId"]);
        assert_eq!(attempt["kind"], 3);
        for (name, wanted) in [
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "acme.cloud"),
            ("gen_ai.request.model", "m-1"),
            ("server.address", "127.0.0.1"),
            ("server.port", &us.address.port().to_string()),
            ("portolan.region", "us"),
            ("portolan.request_id", value(call, "portolan.request_id")),
        ] {
            assert_eq!(value(attempt, name), wanted, "{name}");
        }
    }
    assert_eq!(
        (value(failed, "error.type"), &failed["status"]["code"]),
        ("503", &2.into())
    );
    assert_eq!(value(answered, "error.type"), "");
    assert_eq!(value(answered, "gen_ai.response.model"), "model-one-2026");
    assert_eq!(value(answered, "gen_ai.usage.input_tokens"), "3");
    assert_eq!(value(answered, "gen_ai.usage.output_tokens"), "2");
    // Upstreams continue it, each try by itself.
    let carried = us.seen().into_iter().zip([failed, answered]);
    for (seen, span) in carried {
        let id = span["spanId"].as_str().unwrap();
        let wanted = format!("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-{id}-01\r\n");
        assert!(seen.contains(&wanted), "{wanted} {seen}");
    }
    assert_eq!(
        gate.log()[0]["trace_id"],
        "4bf92f3577b34da6a3ce929d0e0e4736"
    );
    let seen = &collects.seen()[0];
    assert!(seen.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{seen}");
    assert!(
        seen.contains("x-collector-key: upstream-secret-canary"),
        "{seen}"
    );
    // Neither what was said nor any key: but for the collector's own, which is in no span.
    let (_, body) = seen.split_once("\r\n\r\n").unwrap();
    assert!(!body.contains("canary"), "{body}");
    let metrics = gate.get(ADMIN, "/metrics").await.text;
    assert!(
        metrics.contains("portolan_spans_exported_total 3"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_stream_is_one_span_to_its_end_and_has_its_tokens() {
    let collects = Upstream::new(vec![collector()]).await;
    let event = |rest: &str| format!("data: {{\"model\":\"m-one\",\"choices\":[{rest}]");
    let us = Upstream::new(vec![Act::Events(
        vec![
            event(r#"{"index":0,"delta":{"content":"the answer canary"}}"#) + "}\n\n",
            event("") + r#","usage":{"prompt_tokens":7,"completion_tokens":1}}"# + "\n\n",
            "data: [DONE]\n\n".to_owned(),
        ],
        End::Clean,
    )])
    .await;
    let gate = Build::over(&us, &us)
        .with(&traced(&collects, ""))
        .start()
        .await;
    let body =
        r#"{"model":"m-1","messages":[{"role":"user","content":"prompt canary"}],"stream":true}"#;
    gate.chat(US, body, &[]).await;
    // Without a parent it is a trace of its own.
    let spans = spans(&collects, 2).await;
    assert_eq!(spans[0]["parentSpanId"], "");
    assert_eq!(value(&spans[1], "gen_ai.response.model"), "m-one");
    assert_eq!(value(&spans[1], "gen_ai.usage.input_tokens"), "7");
    let end = |span: &Value| {
        span["endTimeUnixNano"]
            .as_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    assert!(end(&spans[1]) <= end(&spans[0]));
    assert!(!collects.seen().concat().contains("prompt canary"));
}

#[tokio::test]
async fn a_refusal_is_a_span_and_what_a_caller_makes_up_is_in_none() {
    let collects = Upstream::new(vec![collector()]).await;
    let us = Upstream::new(vec![collector()]).await;
    let gate = Build::over(&us, &us)
        .with(&traced(&collects, ""))
        .start()
        .await;
    gate.chat(
        US,
        &ask("a-model-canary"),
        &[("x-request-id", "an-id-canary")],
    )
    .await;
    gate.get(US, "/a-path-canary").await;
    // One that nobody keeps is passed on and not kept here either.
    let quiet = PARENT.replace("-01", "-00");
    gate.chat(US, &ask("m-1"), &[("traceparent", &quiet)]).await;
    assert!(us.seen()[0].contains(&quiet));
    let spans = spans(&collects, 2).await;
    assert_eq!(spans[0]["name"], "chat other");
    assert_eq!(value(&spans[0], "error.type"), "model-not-found");
    // It is the caller's error, not the server's.
    assert_eq!(spans[0]["status"]["code"], 0);
    assert_eq!(spans[1]["name"], "unknown path");
    let sent = collects
        .seen()
        .concat()
        .replace("upstream-secret-canary", "");
    assert!(!sent.contains("canary"), "{sent}");
    gate.logged(3).await;
    assert!(gate.log()[2]["trace_id"].is_null());
}

#[tokio::test]
async fn what_passes_through_is_a_span_that_its_host_continues() {
    let collects = Upstream::new(vec![collector()]).await;
    let us = Upstream::new(vec![Act::Json(200, r#"{"id":"t-1"}"#.to_owned())]).await;
    let build = Build::over(&us, &us).with(&passing(us.address, us.address));
    let gate = build.with(&traced(&collects, "")).start().await;
    let path = "/assemblyai/v2/transcript";
    let request = gate.posted(US, path, "{}", &[("traceparent", PARENT)]);
    assert_eq!(gate.told(request).await.status, 200);
    let spans = spans(&collects, 1).await;
    assert_eq!(spans[0]["name"], "pass assemblyai");
    assert_eq!(value(&spans[0], "server.address"), "127.0.0.1");
    let port = us.address.port().to_string();
    assert_eq!(value(&spans[0], "server.port"), port);
    let id = spans[0]["spanId"].as_str().unwrap();
    let wanted = format!("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-{id}-01");
    assert!(us.seen()[0].contains(&wanted), "{wanted} {}", us.seen()[0]);
}

#[tokio::test]
async fn what_waits_is_bounded_and_what_is_dropped_is_counted() {
    let collects = Upstream::new(vec![Act::Json(400, "{}".to_owned()), collector()]).await;
    let us = Upstream::new(vec![Act::Json(200, ANSWER.to_owned())]).await;
    let gate = Build::over(&us, &us)
        .with(&traced(&collects, ", queue: 1"))
        .start()
        .await;
    // Two spans, room for one, and that is refused.
    gate.chat(US, &ask("m-1"), &[]).await;
    dropped(&gate, 2).await;
    gate.chat(US, &ask("m-1"), &[]).await;
    for _ in 0..3000 {
        if gate
            .log()
            .iter()
            .any(|line| line["event"] == "traces-found")
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let log = gate.log();
    let events: Vec<_> = log
        .iter()
        .filter(|line| line["event"].is_string())
        .collect();
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(
        (&events[0]["event"], &events[1]["event"]),
        (&"traces-lost".into(), &"traces-found".into())
    );
}

/// Waits until so many spans were dropped.
async fn dropped(gate: &Gate, count: u64) {
    for _ in 0..3000 {
        let metrics = gate.get(ADMIN, "/metrics").await.text;
        if metrics.contains(&format!("portolan_spans_dropped_total {count}")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!(
        "{count} were not dropped: {}",
        gate.get(ADMIN, "/metrics").await.text
    );
}

#[tokio::test]
async fn the_last_spans_are_sent_before_the_gateway_ends() {
    let collects = Upstream::new(vec![collector()]).await;
    let us = Upstream::new(vec![Act::Json(200, ANSWER.to_owned())]).await;
    let mut gate = Build::over(&us, &us)
        .with(&traced(&collects, ""))
        .start()
        .await;
    gate.chat(US, &ask("m-1"), &[]).await;
    gate.stop();
    gate.done().await;
    assert_eq!(spans(&collects, 2).await.len(), 2);
}
