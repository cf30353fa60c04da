//! Plans carried out: what moves on, what is tried again, and what never is.

use crate::harness::{Build, EU, Gate, POLICY, Told, US, ask};
use crate::upstream::{Act, Upstream, answer};
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::Notify;

async fn over(acts: Vec<Act>) -> (Gate, Upstream) {
    let us = Upstream::new(acts).await;
    (Build::over(&us, &us).start().await, us)
}

fn with_fallback() -> String {
    r#"{"model":"m-1","messages":[],"fallbacks":[{"model":"m-2"}]}"#.to_owned()
}

fn said(told: &Told) -> Value {
    told.json()["choices"][0]["message"]["content"].clone()
}

/// What the log says of each try.
fn outcomes(line: &Value) -> Vec<String> {
    let tried = line["attempts"].as_array().unwrap().iter();
    let outcome = |t: &Value| format!("{} {}", t["model"], t["outcome"]).replace('"', "");
    tried.map(outcome).collect()
}

fn refusal(status: u16) -> Act {
    Act::Json(
        status,
        format!(r#"{{"code":{status},"message":"no","request_id":"up-2"}}"#),
    )
}

#[tokio::test]
async fn what_the_plan_lists_moves_on_to_the_next_attempt() {
    for (act, class) in [
        (refusal(429), "429"),
        (refusal(503), "503"),
        (Act::Close, "reset"),
        (Act::Truncate, "truncated"),
        (Act::Json(200, "<html>".to_owned()), "garbage"),
        (Act::Json(200, "[1]".to_owned()), "garbage"),
    ] {
        let (gate, us) = over(vec![act, answer("second")]).await;
        let told = gate.chat(US, &with_fallback(), &[]).await;
        assert_eq!(
            (told.status, said(&told)),
            (200, "second".into()),
            "{class}"
        );
        assert_eq!(told.header("x-portolan-model"), "m-2");
        let line = gate.logged(1).await;
        assert_eq!(
            outcomes(&line),
            [format!("m-1 {class}"), "m-2 answered".to_owned()]
        );
        let billed = !matches!(class, "429");
        assert_eq!(
            line["attempts"][0]["maybe_billed"] == true,
            billed,
            "{class}"
        );
        assert_eq!(us.seen().len(), 2);
        assert!(us.seen()[1].contains(r#""model":"m-2""#), "{:?}", us.seen());
    }
}

#[tokio::test]
async fn what_the_plan_does_not_list_ends_it() {
    let (gate, us) = over(vec![refusal(400), answer("second")]).await;
    let told = gate.chat(US, &with_fallback(), &[]).await;
    assert_eq!(told.code(), (400, "upstream-error"));
    assert_eq!(told.json()["error"]["message"], "no");
    assert_eq!(us.seen().len(), 1);
}

#[tokio::test]
async fn the_last_attempt_is_tried_again_as_often_as_the_plan_says() {
    let (gate, us) = over(vec![refusal(500), answer("again")]).await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!((told.status, said(&told)), (200, "again".into()));
    assert_eq!(us.seen().len(), 2);

    let (gate, us) = over(vec![refusal(500)]).await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.code(), (500, "upstream-error"));
    // We have tried again: the client must not multiply it.
    assert_eq!(told.header("x-should-retry"), "false");
    assert_eq!(us.seen().len(), 2);
}

#[tokio::test]
async fn an_upstream_that_asks_for_too_long_a_wait_is_not_waited_for() {
    let wait = Act::Full(503, "retry-after: 60\r\n".to_owned(), "{}".to_owned());
    let (gate, us) = over(vec![wait, answer("again")]).await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!((told.status, told.header("retry-after")), (503, "60"));
    assert_eq!(us.seen().len(), 1);
}

/// The answer to a call whose first try fails on the day on which `m-4` has retired.
async fn told_later(status: u16, body: &str) -> (Told, Gate, Upstream) {
    let word = Arc::new(Notify::new());
    let acts = vec![Act::Told(status, Arc::clone(&word)), answer("later")];
    let (gate, us) = over(acts).await;
    let retired = async {
        us.asked().await;
        gate.clock.pass(100 * 24 * 3600);
        word.notify_one();
    };
    let (told, ()) = tokio::join!(gate.chat(US, body, &[]), retired);
    (told, gate, us)
}

fn falling_back(fallbacks: &str) -> String {
    format!(r#"{{"model":"m-1","messages":[],"fallbacks":[{fallbacks}]}}"#)
}

#[tokio::test]
async fn a_plan_past_its_time_is_judged_again_before_the_next_try() {
    // It would be tried again, and may not be any more.
    let (told, gate, us) = told_later(503, &ask("m-4")).await;
    assert_eq!(told.code(), (404, "model-retired"), "{}", told.text);
    assert_eq!(us.seen().len(), 1);
    let log = gate.log();
    assert_eq!(log[0]["attempts"][0]["outcome"], "503");
    assert_eq!(log[0]["code"], "model-retired");
}

#[tokio::test]
async fn a_fallback_that_has_retired_meanwhile_is_passed_over() {
    let body = falling_back(r#"{"model":"m-4"},{"model":"m-2"}"#);
    let (told, gate, us) = told_later(503, &body).await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(told.header("x-portolan-model"), "m-2");
    assert_eq!(us.seen().len(), 2);
    let log = gate.log();
    let tried: Vec<_> = log[0]["attempts"].as_array().unwrap().iter().collect();
    let tried: Vec<_> = tried.iter().map(|tried| tried["model"].as_str()).collect();
    assert_eq!(tried, [Some("m-1"), Some("m-2")]);
    // It was answered: what the first upstream said to it is nobody's concern any more.
    assert!(log[0]["upstream_body"].is_null());
}

#[tokio::test]
async fn where_nothing_is_left_to_try_the_failure_is_told() {
    let body = falling_back(r#"{"model":"m-4"}"#);
    let (told, gate, us) = told_later(429, &body).await;
    assert_eq!(told.code(), (429, "upstream-error"), "{}", told.text);
    assert_eq!(us.seen().len(), 1);
    assert_eq!(gate.log()[0]["attempts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn retries_are_those_of_the_plan_that_holds_now() {
    // Without its fallback the call would have been tried again.
    let (told, gate, us) = told_later(503, &falling_back(r#"{"model":"m-4"}"#)).await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(us.seen().len(), 2);
    assert_eq!(gate.log()[0]["attempts"][1]["model"], "m-1");
}

#[tokio::test]
async fn a_plan_that_still_holds_goes_on() {
    let (told, _, us) = told_later(503, &ask("m-1")).await;
    assert_eq!(told.status, 200, "{}", told.text);
    assert_eq!(us.seen().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let away = Upstream::new(vec![answer("away")]).await;
    let to = format!("location: http://{}/\r\n", away.address);
    let (gate, us) = over(vec![Act::Full(307, to, String::new())]).await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.code(), (502, "upstream-redirected"));
    assert_eq!((us.seen().len(), away.seen().len()), (1, 0));
}

#[tokio::test]
async fn statuses_that_clients_repeat_by_themselves_are_not_passed_on() {
    for (status, told_as) in [(408, 504), (409, 400)] {
        let (gate, _) = over(vec![refusal(status)]).await;
        assert_eq!(gate.chat(US, &ask("m-1"), &[]).await.status, told_as);
    }
}

#[tokio::test]
async fn a_key_of_ours_that_is_refused_is_not_the_callers_fault() {
    let (gate, _) = over(vec![refusal(401)]).await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.code(), (502, "upstream-key-refused"));
    assert_eq!(told.header("x-should-retry"), "false");
}

#[tokio::test]
async fn nothing_answers_and_the_caller_is_told_so() {
    let (gate, us) = over(vec![Act::Close]).await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.code(), (502, "upstream-unreachable"));
    assert_eq!(us.seen().len(), 1);
    // Bound, and nobody listens.
    let gone = tokio::net::TcpSocket::new_v4().unwrap();
    gone.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = gone.local_addr().unwrap();
    let mut build = Build::over(&us, &us);
    build.yaml = build
        .yaml
        .replace(&us.address.to_string(), &address.to_string());
    let gate = build.start().await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.code(), (502, "upstream-unreachable"));
    assert_eq!(
        outcomes(&gate.logged(1).await),
        ["m-1 connect", "m-1 connect"]
    );
}

#[tokio::test]
async fn an_answer_that_never_comes_moves_on_and_ends_at_the_deadline() {
    let us = Upstream::new(vec![Act::Hang]).await;
    let mut build = Build::over(&us, &us);
    build.policy = build.policy.replace("first-byte 30s", "first-byte 100ms");
    let gate = build.start().await;
    let told = gate.chat(US, &with_fallback(), &[]).await;
    assert_eq!(told.code(), (504, "deadline-exceeded"));
    assert_eq!(
        outcomes(&gate.logged(1).await),
        ["m-1 timeout", "m-2 timeout"]
    );

    let mut build = Build::over(&us, &us);
    build.policy = build.policy.replace("total 50s", "total 300ms");
    let gate = build.start().await;
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.code(), (504, "deadline-exceeded"));
    assert!(
        told.text.contains("no answer within 300 ms"),
        "{}",
        told.text
    );
}

#[tokio::test]
async fn a_route_that_keeps_failing_is_unhealthy_for_a_while() {
    let us = Upstream::new(vec![refusal(500), refusal(500), answer("well")]).await;
    let build = Build::over(&us, &us).with("breaker: {failures: 2, open_s: 30}");
    let gate = build.start().await;
    assert_eq!(gate.chat(US, &ask("m-1"), &[]).await.status, 500);
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.code(), (503, "unhealthy"));
    assert_eq!(told.header("retry-after"), "30");
    assert_eq!(us.seen().len(), 2);
    gate.clock.pass(31);
    assert_eq!(gate.chat(US, &ask("m-1"), &[]).await.status, 200);
    assert_eq!(gate.chat(US, &ask("m-1"), &[]).await.status, 200);
}

#[tokio::test]
async fn a_route_whose_time_is_over_takes_one_call() {
    let word = Arc::new(Notify::new());
    let waits = Act::Told(200, Arc::clone(&word));
    let us = Upstream::new(vec![refusal(500), refusal(500), waits]).await;
    let build = Build::over(&us, &us).with("breaker: {failures: 2, open_s: 30}");
    let gate = build.start().await;
    assert_eq!(gate.chat(US, &ask("m-1"), &[]).await.status, 500);
    gate.clock.pass(31);
    let body = ask("m-1");
    let (first, ()) = tokio::join!(gate.chat(US, &body, &[]), async {
        while us.seen().len() < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        // It has not answered yet, so that nobody knows whether it does.
        let told = gate.chat(US, &ask("m-1"), &[]).await;
        assert_eq!(told.code(), (503, "unhealthy"), "{}", told.text);
        word.notify_one();
    });
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(us.seen().len(), 3);
    word.notify_one();
    assert_eq!(gate.chat(US, &ask("m-1"), &[]).await.status, 200);
}

#[tokio::test]
async fn a_limit_is_counted_when_a_call_is_made_and_spills_or_refuses() {
    let us = Upstream::new(vec![answer("well")]).await;
    let build = Build::over(&us, &us).with("attributes: {account: counted}");
    let gate = build.start().await;
    let refused = gate.chat(EU, &ask("m-2"), &[]).await;
    assert_eq!(refused.code(), (404, "model-not-in-region"));
    for left in ["1", "0"] {
        let told = gate.chat(US, &ask("m-1"), &[]).await;
        assert_eq!(
            (told.status, told.header("x-ratelimit-remaining")),
            (200, left)
        );
    }
    let told = gate.chat(US, &ask("m-1"), &[]).await;
    assert_eq!(told.code(), (429, "rate-limited"));
    assert_eq!(told.header("retry-after"), "60");
    let told = gate.chat(US, &with_fallback(), &[]).await;
    assert_eq!((told.status, told.header("x-portolan-model")), (200, "m-2"));
    gate.clock.pass(60);
    assert_eq!(gate.chat(US, &ask("m-1"), &[]).await.status, 200);
}

#[tokio::test]
async fn calls_at_once_do_not_pass_a_limit_together() {
    let us = Upstream::new(vec![answer("well")]).await;
    let build = Build::over(&us, &us).with("attributes: {account: counted}");
    let gate = build.start().await;
    let body = ask("m-1");
    let calls = (0..12).map(|_| gate.chat(US, &body, &[]));
    let told = futures(calls).await;
    let statuses: Vec<u16> = told.iter().map(|told| told.status).collect();
    assert_eq!(
        statuses.iter().filter(|s| **s == 200).count(),
        2,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|s| **s == 429).count(),
        10,
        "{statuses:?}"
    );
    assert_eq!(us.seen().len(), 2);
}

/// Runs all at once.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    futures_util::future::join_all(all).await
}

#[tokio::test]
async fn a_client_is_told_not_to_try_what_the_plan_does_not() {
    // 501 is no failure that this plan would try again; without a plan for retries a client may.
    let retries = "retry on 503 once after 20ms\n  without fallbacks";
    let policy = POLICY.replace(
        "retry on 5xx, connect once after 20ms\n  without fallbacks",
        retries,
    );
    for (policy, final_) in [(policy.clone(), "false"), (policy.replace(retries, ""), "")] {
        let us = Upstream::new(vec![refusal(501)]).await;
        let gate = Build {
            policy,
            ..Build::over(&us, &us)
        };
        let gate = gate.start().await;
        let told = gate.chat(US, &ask("m-1"), &[]).await;
        assert_eq!(told.status, 501);
        assert_eq!(told.header("x-should-retry"), final_);
        assert_eq!(us.seen().len(), 1);
    }
}
