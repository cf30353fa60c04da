//! Many calls at once, each with a fate of its own, and reloads in the middle: each gets its one
//! answer, each has its one line in the log, and nothing that was said is in it.

use crate::harness::{ADMIN, Build, EU, POLICY, US, ask};
use futures_util::future::join_all;
use std::collections::BTreeSet;

/// What the mock is told, and what a call then comes to.
const FATES: [(&str, u16); 10] = [
    ("ok", 200),
    ("503,ok", 200),
    ("503,503", 503),
    ("connect,ok", 200),
    ("reset", 502),
    ("truncated", 502),
    ("garbage", 502),
    ("redirect", 502),
    ("400", 400),
    ("401", 502),
];

#[tokio::test]
async fn no_call_is_lost_or_answered_twice_while_upstreams_fail_and_policies_change() {
    let build = Build::over_mock().with("breaker: {failures: 1000000}");
    let gate = build.start().await;
    let body = ask("m-1");
    let calls = (0..200_usize).map(|call| {
        let (script, status) = FATES[call % FATES.len()];
        let listener = if call % 3 == 0 { EU } else { US };
        let (gate, body) = (&gate, &body);
        async move {
            let told = gate
                .chat(listener, body, &[("x-portolan-mock", script)])
                .await;
            assert_eq!(told.status, status, "{script}: {}", told.text);
            told.header("x-portolan-request-id").to_owned()
        }
    });
    let reloads = (0..4).map(|turn| {
        let gate = &gate;
        async move {
            gate.write_policy(&POLICY.replace("no model", &format!("no model any more {turn}")));
            let request = http::Request::post(gate.uri(ADMIN, "/reload"));
            gate.told(request.body(http_body_util::Full::default()).unwrap())
                .await
                .status
        }
    });
    let (ids, reloaded) = tokio::join!(join_all(calls), join_all(reloads));
    assert_eq!(reloaded, [200; 4]);
    let ids: BTreeSet<String> = ids.into_iter().collect();
    let log = gate.log();
    let logged = log
        .iter()
        .map(|line| line["request_id"].as_str().unwrap().to_owned());
    assert_eq!(log.len(), 200);
    assert_eq!(logged.collect::<BTreeSet<_>>(), ids);
    for line in &log {
        for tried in line["attempts"].as_array().unwrap() {
            assert_eq!(tried["region"], line["endpoint"], "{line}");
        }
    }
    let text = serde_json::to_string(&log).unwrap() + &gate.get(ADMIN, "/metrics").await.text;
    assert!(!text.contains("canary"), "a prompt or a key is in the log");
}
