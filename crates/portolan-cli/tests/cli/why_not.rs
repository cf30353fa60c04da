//! `portolan why-not`: what would help, who can do it, and that it does help.

use crate::run::{portolan, portolan_reading};

const EU_GPT: [&str; 8] = [
    "why-not",
    "rules/assemblyai",
    "--endpoint",
    "eu",
    "--model",
    "gpt-5",
    "--at",
    "2026-03-01",
];

#[test]
fn every_way_out_is_a_request_that_decide_routes() {
    let ran = portolan(&[&EU_GPT[..], &["--format", "json"]].concat());
    assert_eq!(ran.status, 3);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["code"], "model-not-in-region");
    let fixes = value["fixes"].as_array().unwrap();
    let by: Vec<&str> = fixes.iter().map(|f| f["by"].as_str().unwrap()).collect();
    assert_eq!(by, ["client", "client", "client", "operator"]);
    for fix in fixes {
        let request = fix["request"].to_string();
        let arguments = ["decide", "rules/assemblyai", "--request", "-"];
        let decided = portolan_reading(&arguments, &request);
        assert_eq!(decided.status, 0, "{request}: {}", decided.stdout);
    }
}

#[test]
fn people_read_who_can_do_what() {
    let ran = portolan(&EU_GPT);
    assert_eq!(ran.status, 3);
    assert!(ran.stdout.contains("it would route\n"), "{}", ran.stdout);
    let operator = "  operator with `endpoint` `us` instead of `eu`\n";
    assert!(ran.stdout.contains(operator), "{}", ran.stdout);
    let routed = [
        "why-not",
        "rules/assemblyai",
        "--model",
        "gpt-5",
        "--at",
        "2026-03-01",
    ];
    let routed = portolan(&routed);
    assert_eq!(routed.status, 0);
    assert!(!routed.stdout.contains("it would route"));
}

#[test]
fn a_limit_is_met_by_the_nearest_number() {
    let arguments = [
        "--model",
        "gpt-5.5",
        "--max-tokens",
        "200k",
        "--at",
        "2026-05-01",
    ];
    let arguments = [&["why-not", "rules/assemblyai"][..], &arguments[..]].concat();
    let ran = portolan(&arguments);
    let says = "  client with `max_tokens` `128000` instead of `200000`\n";
    assert!(ran.stdout.contains(says), "{}", ran.stdout);
}
