//! What upstreams say of where they served: held against the plan, noted, counted, warned of, and
//! without effect on any answer.

use crate::harness::{ADMIN, Build, EU, Gate, ask, config, engine};
use crate::upstream::{Act, End, Upstream};

/// A gateway whose upstream in the EU says where it served.
async fn gate(eu: &Upstream, says: &str) -> Gate {
    let mut build = Build::over(eu, eu);
    let says = format!("scheme: bearer, served_region: {{{says}}}");
    build.yaml = build.yaml.replace("scheme: bearer", &says);
    build.start().await
}

fn whole(headers: &str, more: &str) -> Act {
    let body = format!(
        r#"{{"choices":[{{"message":{{"role":"assistant","content":"well"}},"finish_reason":"stop"}}]{more}}}"#
    );
    let headers = format!("content-type: application/json\r\n{headers}");
    Act::Full(200, headers, body)
}

const WORDS: &str = "regions: {Frankfurt: DE, virginia: US, everywhere: world}";

#[tokio::test]
async fn where_an_upstream_says_it_served_is_held_against_the_plan() {
    let says = |region: &str| whole(&format!("X-Served-Region: {region}\r\n"), "");
    let acts = vec![
        says("frankfurt"),
        says("Virginia"),
        says("virginia"),
        says("everywhere"),
        says("the-moon"),
        whole("", ""),
    ];
    let eu = Upstream::new(acts).await;
    let gate = gate(&eu, &format!("header: x-served-region, {WORDS}")).await;
    for _ in 0..6 {
        let told = gate.chat(EU, &ask("m-1"), &[]).await;
        // Whatever it says, the answer is the answer.
        assert_eq!(told.status, 200, "{}", told.text);
        assert!(told.text.contains("well"), "{}", told.text);
        assert_eq!(told.header("x-portolan-warnings"), "");
    }
    let log = gate.log();
    let (events, calls): (Vec<_>, Vec<_>) = log.iter().partition(|l| l["event"].is_string());
    let found: Vec<_> = calls
        .iter()
        .map(|call| call["attempts"][0]["served_region"]["finding"].as_str())
        .map(Option::unwrap)
        .collect();
    assert_eq!(
        found,
        ["as-planned", "drift", "drift", "drift", "unknown", "absent"]
    );
    assert_eq!(calls[1]["attempts"][0]["served_region"]["place"], "US");
    // The first of each kind is a warning.
    let warned: Vec<_> = events.iter().map(|e| (&e["event"], &e["said"])).collect();
    assert_eq!(
        serde_json::json!(warned),
        serde_json::json!([
            ["served-region-drift", "Virginia"],
            ["served-region-drift", "everywhere"],
            ["served-region-unknown", "the-moon"],
        ])
    );
    assert_eq!(events[0]["request_id"], calls[1]["request_id"]);
    let metrics = gate.get(ADMIN, "/metrics").await.text;
    for (finding, count) in [
        ("as-planned", 1),
        ("drift", 3),
        ("unknown", 1),
        ("absent", 1),
    ] {
        let line = format!(
            r#"portolan_served_region_total{{endpoint="eu",region="eu",finding="{finding}"}} {count}"#
        );
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }
}

#[tokio::test]
async fn the_word_may_stand_in_the_body_or_in_the_first_event() {
    let event = "data: {\"meta\":{\"at\":\"virginia\"},\"choices\":[]}\n\n";
    let events = vec![event.to_owned(), "data: [DONE]\n\n".to_owned()];
    let acts = vec![
        whole("", r#","meta":{"at":"frankfurt"}"#),
        whole("", r#","meta":{"at":7}"#),
        Act::Events(events, End::Clean),
    ];
    let eu = Upstream::new(acts).await;
    let gate = gate(&eu, &format!("field: /meta/at, {WORDS}")).await;
    gate.chat(EU, &ask("m-1"), &[]).await;
    gate.chat(EU, &ask("m-1"), &[]).await;
    let stream = r#"{"model":"m-1","messages":[],"stream":true}"#;
    let told = gate.chat(EU, stream, &[]).await;
    assert!(told.text.contains("virginia"), "{}", told.text);
    gate.logged(4).await;
    let log = gate.log();
    let calls = log.iter().filter(|line| line["event"].is_null());
    let found: Vec<_> = calls
        .map(|call| call["attempts"][0]["served_region"]["finding"].clone())
        .collect();
    assert_eq!(found, ["as-planned", "absent", "drift"]);
}

#[test]
fn a_place_that_the_catalog_does_not_have_is_found_where_it_stands() {
    let of = |says: &str| {
        format!(
            "gateway: 1\nlisteners: [{{address: 127.0.0.1:0, endpoint: eu}}]\n\
             upstreams: {{eu: {{served_region: {{{says}}}}}}}\n"
        )
    };
    let engine = engine(crate::harness::POLICY);
    for (says, code) in [
        ("header: x-a, regions: {a: Atlantis}", "unknown-name"),
        ("header: 'x a', regions: {a: US}", "bad-header"),
        ("field: region, regions: {a: US}", "bad-field"),
        (
            "header: x-a, field: /a, regions: {a: US}",
            "conflicting-keys",
        ),
        ("header: x-a, regions: {a: US, A: DE}", "duplicate-key"),
        ("regions: {a: US}", "missing-key"),
        ("header: x-a", "missing-key"),
    ] {
        let wrong = config(&of(says), &engine).unwrap_err();
        assert!(wrong[0].contains(code), "{says}: {wrong:?}");
    }
    assert!(config(&of("header: x-a, regions: {a: US}"), &engine).is_ok());
}
