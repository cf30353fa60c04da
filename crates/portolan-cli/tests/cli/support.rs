//! What `portolan support` makes of a decision log.

use std::fs;

use crate::run::{portolan, scratch};

/// Two calls and what something else wrote between them.
const LOG: &str = r#"{"at":"2026-03-01T10:00:00Z","request_id":"ours-1","upstream_request_id":"theirs-1","client_request_id":"c-1","path":"/v1/chat/completions","endpoint":"us","model":"m-1","snapshot":"abc","status":503,"outcome":"failed","code":"upstream-error","attempts":[{"model":"m-1","region":"us","endpoint":"us","url":"https://us.example.com/v1","usage_region":"us","outcome":"500","ms":12},{"model":"m-1","region":"us","endpoint":"us","url":"https://us.example.com/v1","usage_region":"us","outcome":"503","ms":14,"maybe_billed":true}],"warnings":["bearer-prefix"],"stream":true,"upstream_body":"{\"code\":503,\"message\":\"no\u001b[2J\"}","ms":540}
not a line
{"at":"2026-03-01T10:00:01Z","request_id":"ours-2","path":"/v1/chat/completions","endpoint":"eu","status":404,"outcome":"refused","code":"no-such-path","ms":1}
"#;

#[test]
fn a_bundle_has_what_a_support_team_asks_for() {
    let place = scratch("support-bundle", &[("decisions.ndjson", LOG)]);
    let log = place.join("decisions.ndjson");
    let log = log.to_str().unwrap();
    let expected = "request_id: theirs-1
gateway's id: ours-1
client's id: c-1
time: 2026-03-01T10:00:00Z
model: m-1
region: us
status: 503, failed, `upstream-error`, after 540 ms
stream: asked for
warnings: `bearer-prefix`
policy: abc
try 1: m-1 in us, 500 after 12 ms, https://us.example.com/v1
try 2: m-1 in us, 503 after 14 ms, https://us.example.com/v1
upstream's error body:
  {\"code\":503,\"message\":\"no\\u{1b}[2J\"}

example of the request, the key taken out:
  none: the log holds no prompts; give a small one with `--request FILE`
";
    for id in ["theirs-1", "ours-1", "c-1"] {
        let ran = portolan(&["support", id, "--log", log]);
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (0, expected),
            "{}",
            ran.stderr
        );
    }
}

/// A body with a key where it does not belong.
const EXAMPLE: &str = r#"{"model":"m-1","messages":[],"max_tokens":1,"api_key":"canary",
    "extra":[{"headers":{"Authorization":"Bearer canary"}}]}"#;

#[test]
fn several_calls_and_an_example_make_one_bundle() {
    let place = scratch("support-several", &[("decisions.ndjson", LOG)]);
    let log = place.join("decisions.ndjson");
    let log = log.to_str().unwrap();
    let example = place.join("example.json");
    fs::write(&example, EXAMPLE).unwrap();
    let example = example.to_str().unwrap();
    let ran = portolan(&[
        "support",
        "ours-2",
        "ours-1",
        "--log",
        log,
        "--request",
        example,
        "--format",
        "json",
    ]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let bundle: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(bundle["calls"][0]["request_id"], "ours-1");
    assert_eq!(
        bundle["calls"][1]["upstream_request_id"],
        serde_json::Value::Null
    );
    assert_eq!(bundle["example"]["model"], "m-1");
    // Keys that were written into it are nobody's to read.
    assert_eq!(bundle["example"]["api_key"], "…");
    assert!(!ran.stdout.contains("canary"), "{}", ran.stdout);
}

#[test]
fn an_id_that_is_not_there_is_said() {
    let place = scratch("support-missing", &[("decisions.ndjson", LOG)]);
    let log = place.join("decisions.ndjson");
    let log = log.to_str().unwrap();
    let ran = portolan(&["support", "ours-1", "ours-9", "--log", log]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stderr.contains("has no call `ours-9`"),
        "{}",
        ran.stderr
    );
    // A part of an id is none.
    let ran = portolan(&["support", "ours", "--log", log]);
    assert_eq!(ran.status, 1);
    let ran = portolan(&["support", "ours-1", "--log", "nowhere.ndjson"]);
    assert_eq!(ran.status, 1);
    assert!(
        ran.stderr.contains("cannot read `nowhere.ndjson`"),
        "{}",
        ran.stderr
    );
}
