//! `--observe`: calls pass as they came, and what the policy would have done is logged and summed up.

use serde_json::json;

use crate::harness::{ADMIN, Build, EU, Gate, POLICY, US, ask};
use crate::upstream::{Act, Upstream, answer};

async fn observing(us: &Upstream, eu: &Upstream) -> Gate {
    let build = Build {
        observe: true,
        ..Build::over(us, eu)
    };
    build.start().await
}

#[tokio::test]
async fn a_call_that_would_be_refused_passes_byte_for_byte() {
    let us = Upstream::new(vec![answer("us")]).await;
    let eu = Upstream::new(vec![answer("eu")]).await;
    let gate = observing(&us, &eu).await;
    // Sold in the US alone, with a key twice and more than the policy knows.
    let body = r#"{ "model":"m-2", "messages":[], "x":1.50, "Model":"m-1" }"#;
    let told = gate.chat(EU, body, &[("cookie", "a=b")]).await;
    assert_eq!(told.status, 200);
    assert_eq!(told.json()["choices"][0]["message"]["content"], "eu");
    let line = gate.logged(1).await;
    assert_eq!(line["outcome"], "observed");
    assert_eq!(
        line["observed"],
        json!({"would": "refuse", "status": 400, "code": "bad-body"})
    );
    let [call] = &eu.seen()[..] else {
        panic!("{:?}", eu.seen());
    };
    assert!(call.ends_with(body), "{call}");
    assert!(!call.contains("cookie"), "{call}");
    assert!(us.seen().is_empty());
}

#[tokio::test]
async fn what_would_be_rerouted_or_edited_is_told_apart() {
    let us = Upstream::new(vec![answer("us")]).await;
    let gate = observing(&us, &us).await;
    for (body, would, model) in [
        (r#"{"model":"m-1","messages":[]}"#, "same", "m-1"),
        (
            r#"{"model":"m-3","messages":[],"stream":true}"#,
            "edit",
            "m-3",
        ),
        (
            r#"{"model":"m-9","messages":[],"fallbacks":[{"model":"m-1"}]}"#,
            "refuse",
            "",
        ),
    ] {
        let told = gate.chat(US, body, &[]).await;
        assert_eq!(told.status, 200, "{body}");
        let line = gate.log().pop().unwrap();
        assert_eq!(line["observed"]["would"], would, "{line}");
        assert_eq!(
            line["observed"]["model"].as_str().unwrap_or_default(),
            model
        );
    }
}

#[tokio::test]
async fn nothing_is_retried_or_counted_and_a_refusal_upstream_passes() {
    let refusal = r#"{"code":503,"message":"no"}"#.to_owned();
    let us = Upstream::new(vec![Act::Json(503, refusal.clone())]).await;
    let gate = observing(&us, &us).await;
    for calls in 1..=4 {
        let told = gate.chat(US, r#"{"model":"m-1","messages":[]}"#, &[]).await;
        assert_eq!((told.status, &told.text), (503, &refusal));
        assert_eq!(us.seen().len(), calls);
    }
}

#[tokio::test]
async fn a_refusal_that_says_our_key_back_comes_without_it() {
    let refusal = r#"{"error":"the key upstream-secret-canary may not: the prompt canary"}"#;
    let us = Upstream::new(vec![Act::Json(403, refusal.to_owned())]).await;
    let gate = observing(&us, &us).await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    let expected = refusal.replace("upstream-secret-canary", "…");
    assert_eq!((told.status, told.text), (403, expected));
    let line = gate.logged(1).await;
    let logged = line["upstream_body"].as_str().unwrap();
    assert!(
        logged.starts_with(r#"{"error":"the key … may not: …"#),
        "{logged}"
    );
}

#[tokio::test]
async fn a_report_sums_up_what_would_have_been() {
    let us = Upstream::new(vec![answer("us")]).await;
    let gate = observing(&us, &us).await;
    for (listener, body) in [
        (EU, r#"{"model":"m-2","messages":[]}"#),
        (US, r#"{"model":"m-1","messages":[]}"#),
        (EU, r#"{"model":"m-2","messages":[]}"#),
        (EU, r#"{"model":"made-up","messages":[]}"#),
    ] {
        assert_eq!(gate.chat(listener, body, &[]).await.status, 200);
    }
    let last = gate.logged(4).await;
    assert_eq!(last["observed"]["code"], "model-not-found");
    let report = gate.get(ADMIN, "/report").await.json();
    assert_eq!(
        report["calls"],
        json!({"refuse": 3, "reroute": 0, "edit": 0, "same": 1})
    );
    let first = &report["by"][0];
    assert_eq!(
        (&first["code"], &first["model"], &first["calls"]),
        (&json!("model-not-in-region"), &json!("m-2"), &json!(2))
    );
    assert_eq!(report["by"][1]["model"], "other", "{report}");
    let sample = first["sample_request_id"].as_str().unwrap();
    assert!(gate.log().iter().any(|line| line["request_id"] == sample));
}

#[tokio::test]
async fn a_gateway_that_decides_has_no_report() {
    let gate = Build {
        policy: POLICY.to_owned(),
        ..Build::over_mock()
    };
    let gate = gate.start().await;
    assert_eq!(gate.get(ADMIN, "/report").await.status, 404);
}
