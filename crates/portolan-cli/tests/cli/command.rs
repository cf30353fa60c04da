//! The command as people and scripts meet it: what it prints, and its exit status.

use crate::run::{Ran, portolan, scratch};
use insta::assert_snapshot;

const EU_GPT: [&str; 8] = [
    "decide",
    "rules/assemblyai",
    "--endpoint",
    "eu",
    "--model",
    "gpt-5",
    "--at",
    "2026-03-01",
];

#[test]
fn a_model_that_is_sold_elsewhere_is_a_404_that_says_where() {
    let ran = portolan(&EU_GPT);
    assert_eq!(ran.status, 3);
    assert_snapshot!(ran.out());
}

#[test]
fn the_same_refusal_for_programs() {
    let ran = portolan(&[&EU_GPT[..], &["--format", "json"]].concat());
    assert_eq!(ran.status, 3);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["outcome"], "refuse");
    assert_eq!(value["code"], "model-not-in-region");
    assert_eq!(value["retryable"], false);
    assert_eq!(value["rule"]["file"], "policy.portolan");
    assert_eq!(ran.stdout.lines().count(), 1);
}

#[test]
fn explain_adds_every_rule_with_the_values_it_read() {
    let ran = portolan(&[&EU_GPT[..], &["--explain"]].concat());
    assert_eq!(ran.status, 3);
    assert_snapshot!(ran.out());
}

fn sonnet(at: &str, more: &[&str]) -> Ran {
    let arguments = [
        "decide",
        "rules/assemblyai",
        "--endpoint",
        "us",
        "--model",
        "claude-sonnet-4-6",
        "--at",
        at,
        "--format",
        "json",
    ];
    portolan(&[&arguments[..], more].concat())
}

#[test]
fn global_processing_is_at_list_price_and_a_region_costs_more_from_july() {
    let first = |ran: &Ran| {
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let attempt = &value["attempts"][0];
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        (
            text(&attempt["region"]),
            text(&attempt["price"]["multiplier"]),
        )
    };
    let pair = |region: &str, multiplier: &str| (region.to_owned(), multiplier.to_owned());
    let global = sonnet("2026-07-15", &["--model-region", "global"]);
    assert_eq!(first(&global), pair("global", "1.00"));
    assert_eq!(first(&sonnet("2026-07-15", &[])), pair("us", "1.10"));
    assert_eq!(first(&sonnet("2026-06-30", &[])), pair("us", "1.00"));
}

#[test]
fn a_route_shows_what_was_dropped_from_its_fallbacks() {
    let envelope = r#"{"endpoint": "eu", "at": "2026-07-15", "body": {"model": "claude-sonnet-4-6",
        "messages": [{"role": "user", "content": "hello"}], "stream": true,
        "fallbacks": [{"model": "gpt-5"}, {"model": "claude-haiku-4-5-20251001", "model_region": "global"}],
        "fallback_config": {"depth": 2}}}"#;
    let arguments = ["decide", "rules/assemblyai", "--request", "-"];
    let ran = crate::run::portolan_reading(&arguments, envelope);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_snapshot!(ran.out());
}

#[test]
fn flags_win_over_the_request_file() {
    let envelope = r#"{"endpoint": "eu", "body": {"model": "gpt-5", "messages": []}}"#;
    let arguments = [
        "decide",
        "rules/assemblyai",
        "--request",
        "-",
        "--endpoint",
        "us",
        "--at",
        "2026-03-01",
    ];
    let ran = crate::run::portolan_reading(&arguments, envelope);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("routed"));
}

#[test]
fn a_wrong_command_line_is_2_and_a_wrong_input_is_1() {
    let refused = |arguments: &[&str], status: i32, word: &str| {
        let ran = portolan(arguments);
        assert_eq!(ran.status, status, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(word), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{arguments:?}: {}", ran.stdout);
    };
    let base = ["decide", "rules/assemblyai"];
    let with = |more: &[&'static str]| [&base[..], more].concat();
    refused(&["decide"], 2, "POLICY");
    refused(&with(&[]), 2, "--request");
    refused(&with(&[]), 2, "--model");
    for flag in ["--max-tokens=8.5k", "--input-tokens=many", "--max-tokens=k"] {
        refused(
            &with(&["--model", "gpt-5", flag]),
            2,
            "write a whole number",
        );
    }
    for negative in ["-1", "-1k"] {
        let flag = format!("--input-tokens={negative}");
        let arguments = [&base[..], &["--model", "gpt-5", &flag]].concat();
        refused(&arguments, 2, "from 0");
    }
    let twice = ["--set", "account=free", "--set", "account=paid"];
    refused(
        &[&base[..], &["--model", "gpt-5"], &twice].concat(),
        1,
        "attribute `account` is given twice",
    );
    refused(
        &with(&["--model", "gpt-5", "--at", "2026-02-30"]),
        2,
        "2026-02-30",
    );
    refused(
        &with(&["--model", "gpt-5", "--set", "account"]),
        2,
        "account=free",
    );
    refused(&with(&["--model", "gpt-5", "--nonsense"]), 2, "--nonsense");
    refused(&with(&["--model", "gpt-5", "--endpoint", "ue"]), 1, "`eu`");
    refused(
        &with(&["--model", "gpt-5", "--set", "account=gold"]),
        1,
        "gold",
    );
    refused(
        &with(&["--model", "gpt-5", "--set", "acount=free"]),
        1,
        "account",
    );
    refused(&with(&["--request", "no-such-file"]), 1, "no-such-file");
    refused(
        &["decide", "rules/nowhere", "--model", "x"],
        1,
        "rules/nowhere",
    );
    refused(&["check", "docs"], 1, "policy.portolan");
}

#[test]
fn an_envelope_with_an_unknown_key_is_a_wrong_input() {
    let arguments = ["decide", "rules/assemblyai", "--request", "-"];
    let ran = crate::run::portolan_reading(&arguments, r#"{"endpiont": "eu", "body": {}}"#);
    assert_eq!(ran.status, 1);
    assert_snapshot!(ran.stderr);
}

#[test]
fn every_shipped_policy_passes_its_check() {
    let rules = crate::run::root().join("rules");
    for entry in std::fs::read_dir(rules).unwrap() {
        let path = entry.unwrap().path();
        if path.join("policy.portolan").is_file() {
            let path = path.to_str().unwrap();
            // What a date makes stale is for whoever checks on that day.
            let ran = portolan(&["check", path, "--deny", "warnings", "--at", "2026-03-01"]);
            assert_eq!(ran.status, 0, "{}", ran.stdout);
            assert!(ran.stdout.starts_with("no errors"), "{}", ran.stdout);
        }
    }
}

#[test]
fn an_overlay_is_named_and_lies_over_its_policy() {
    let observed =
        portolan(&[&EU_GPT[..], &["--overlay", "observed", "--format", "json"]].concat());
    assert_eq!(observed.status, 3, "{}", observed.stderr);
    assert!(
        observed.stdout.contains("\"status\":400"),
        "{}",
        observed.stdout
    );
}

#[test]
fn five_mistakes_are_five_findings_in_one_run() {
    let policy = scratch(
        "five",
        &[
            ("policy.portolan", include_str!("five/policy.portolan")),
            ("catalog.yaml", include_str!("five/catalog.yaml")),
        ],
    );
    let ran = portolan(&["check", policy.to_str().unwrap()]);
    assert_eq!(ran.status, 1);
    let printed = ran.stdout.replace(policy.to_str().unwrap(), "five");
    let last = printed.lines().last().unwrap();
    assert!(last.starts_with("5 errors; "), "{printed}");
    assert_snapshot!(printed);
    let json = portolan(&["check", policy.to_str().unwrap(), "--format", "json"]);
    assert_eq!(json.status, 1);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["errors"], 5);
}

#[test]
fn colour_is_asked_for_or_stays_away() {
    let plain = portolan(&EU_GPT);
    assert!(!plain.stdout.contains('\u{1b}'));
    let colored = portolan(&[&EU_GPT[..], &["--color", "always"]].concat());
    assert!(colored.stdout.contains('\u{1b}'));
}

#[test]
fn a_reader_that_leaves_early_is_no_accident() {
    let ran = crate::run::portolan_unread(&[&EU_GPT[..], &["--explain"]].concat());
    assert_eq!(ran.status, 3);
    assert_eq!(ran.stderr, "");
}

#[test]
fn tokens_are_written_as_in_policies() {
    let decided = |most: &str, given: &str| {
        let more = ["--max-tokens", most, "--input-tokens", given];
        let ran = sonnet("2026-03-01", &more);
        assert_eq!(ran.stderr, "");
        ran.stdout
    };
    let units = decided("8k", "1M");
    assert_eq!(units, decided("8_000", "1_000_000"));
    assert_ne!(units, decided("8M", "1M"));
    assert_ne!(units, decided("8k", "1k"));
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let verbs: [&[&str]; 3] = [
        &EU_GPT,
        &["check", "rules/assemblyai"],
        &["convert", "rules/assemblyai/catalog.yaml", "--to", "rules"],
    ];
    for arguments in verbs {
        let ran = crate::run::portolan_into_full(arguments);
        assert_eq!(ran.status, 1, "{arguments:?}");
        let last = ran.stderr.lines().last();
        assert_eq!(last, Some("error: cannot write: no space left on device"));
    }
}

#[test]
fn what_is_no_policy_is_said_in_one_line() {
    let directory = scratch(
        "no-policy",
        &[
            ("x.yaml", "catalog: 1\n"),
            ("x.portolan", "// Ours.\nedition 1\ncatalog \"x\"\n"),
        ],
    );
    let said = |path: &str, more: &[&str], word: &str| {
        let ran = portolan(&[&["check", path], more].concat());
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{path}");
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    };
    for name in ["x.yaml", "x.portolan"] {
        let path = directory.join(name);
        said(
            path.to_str().unwrap(),
            &[],
            "this is a catalog; check a policy that uses it",
        );
    }
    said(
        "rules/nowhere",
        &[],
        "`rules/nowhere`: there is no such file\n",
    );
    said(
        "rules/assemblyai",
        &["--overlay", "nope"],
        "no overlay `nope`; `rules/assemblyai` has `observed`",
    );
    said("rules/bedrock", &["--overlay", "nope"], "has no overlays");
    if cfg!(target_os = "linux") {
        said("/dev/null", &[], "it is not a plain file");
    }
}
