//! `portolan test`: what passes, what fails and how that is shown, and snapshots.

use std::fs;
use std::path::Path;

use crate::run::{Ran, portolan, portolan_reading, scratch};

const CATALOG: &str = r"
catalog: 1
regions: {us: {processing: US, storage: US}, eu: {processing: EU27, storage: EU27}}
endpoints:
  us: {host: us.example.com, path: /v1, ingress: US, region: us, default: true}
  eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu}
providers: {here: {retention: zero}}
models:
  alpha: {context_window: 8000, price: {input: 1.00, output: 3.00}, offerings: [{region: us, provider: here}]}
";

const POLICY: &str = r#"
edition 1
policy p
use catalog "catalog.yaml"

define near-home = route.region == request.endpoint.region

exclude 404 elsewhere
  when not near-home
  say  "not here"

exclude 400 too-long
  when route.context_window is set and request.max_tokens is set and request.max_tokens >= route.context_window
  say  "too long"

test "alpha is sold in the US"
  request { endpoint: us, model: "alpha" } at 2026-01-01
  expect route { region: us }
"#;

/// A policy with one case file, made anew.
fn policy(name: &str, cases: &str) -> String {
    let directory = scratch(
        name,
        &[("policy.portolan", POLICY), ("catalog.yaml", CATALOG)],
    );
    let tests = directory.join("tests");
    let _ = fs::remove_dir_all(&tests);
    fs::create_dir_all(&tests).unwrap();
    fs::write(tests.join("cases.yaml"), cases).unwrap();
    directory.to_str().unwrap().to_owned()
}

fn test(policy: &str, flags: &[&str]) -> Ran {
    let mut arguments = vec!["test", policy];
    arguments.extend(flags);
    portolan(&arguments)
}

const CASES: &str = r"
why: limits of alpha
requests:
  - why: it is not sold in the EU
    request: {endpoint: eu, body: {model: alpha, messages: []}}
    expect: {status: 404, code: elsewhere}
  - why: its window takes no more than 8000
    request: {endpoint: us, body: {model: alpha, messages: [], max_tokens: 7999}}
    expect: {status: 400, code: too-long}
";

#[test]
fn every_shipped_policy_passes_its_own_tests() {
    for policy in ["assemblyai", "bedrock", "multi-cloud-eu"] {
        let ran = test(&format!("rules/{policy}"), &[]);
        assert_eq!((ran.status, &*ran.stderr), (0, ""), "{}", ran.stdout);
    }
}

#[test]
fn a_failure_shows_the_rule_that_was_wanted_with_the_value_of_every_part() {
    let ran = test(&policy("test-unfolded", CASES), &[]);
    assert_eq!(ran.status, 1);
    let from = ran.stdout.find("failed:").unwrap();
    let (_, shown) = ran.stdout.split_at(from);
    let lines = shown.lines().filter(|line| !line.contains("test-unfolded"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_filter_picks_tests_by_name_or_file() {
    let policy = policy("test-filter", CASES);
    let one = test(&policy, &["--filter", "not sold"]);
    assert_eq!((one.status, &*one.stdout), (0, "1 test: 1 passed\n"));
    let file = test(&policy, &["--filter", "cases.yaml"]);
    assert!(
        file.stdout.ends_with("2 tests: 1 passed, 1 failed\n"),
        "{}",
        file.stdout
    );
}

#[test]
fn programs_and_servers_read_the_same_results() {
    let policy = policy("test-formats", CASES);
    let json = test(&policy, &["--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.status, &value["failed"]), (1, &1.into()));
    let wanted = &value["tests"][2]["wanted"][0];
    assert_eq!(wanted["rule"], "too-long");
    assert_eq!(wanted["lines"][1]["values"][0][1], "8000");
    let junit = test(&policy, &["--format", "junit"]);
    assert_eq!(junit.status, 1);
    assert!(
        junit
            .stdout
            .contains("tests=\"3\" failures=\"1\" skipped=\"0\"")
    );
    assert!(
        junit
            .stdout
            .contains("<failure message=\"expected 400 too-long, found the route [alpha@us]\">")
    );
}

const OPEN: &str = r"
why: not yet thought about
requests:
  - why: what a long answer comes to
    request: {endpoint: us, at: 2026-01-01, body: {model: alpha, messages: [], max_tokens: 9000}}
";

#[test]
fn an_answer_that_nobody_expected_waits_until_somebody_takes_it() {
    let policy = policy("test-pending", OPEN);
    let snap = Path::new(&policy).join("tests/cases.snap");
    let pending = Path::new(&policy).join("tests/cases.snap.new");
    let ran = test(&policy, &[]);
    assert_eq!(ran.status, 0);
    assert!(ran.stdout.contains("1 passed, 1 pending"), "{}", ran.stdout);
    assert!(pending.is_file() && !snap.exists());

    let left = portolan_reading(&["test", &policy, "--review"], "\n");
    assert_eq!(left.status, 1);
    assert!(
        left.stderr.contains("+   \"code\": \"too-long\","),
        "{}",
        left.stderr
    );
    assert!(pending.is_file());

    let taken = portolan_reading(&["test", &policy, "--review"], "y\n");
    assert_eq!(taken.status, 0);
    assert!(snap.is_file() && !pending.exists());
    assert_eq!(test(&policy, &[]).stdout, "2 tests: 2 passed\n");

    // Another answer is a failure, whoever looks.
    let text = fs::read_to_string(&snap).unwrap();
    fs::write(&snap, text.replace("too-long", "too-short")).unwrap();
    let changed = test(&policy, &[]);
    assert_eq!(changed.status, 1);
    assert!(
        changed.stdout.contains("-   \"code\": \"too-short\","),
        "{}",
        changed.stdout
    );
    assert_eq!(test(&policy, &["--accept"]).status, 0);
    assert_eq!(test(&policy, &[]).status, 0);
}

const THOROUGH: &str = r"
why: alpha, at every edge
requests:
  - why: it is not sold in the EU
    request: {endpoint: eu, body: {model: alpha, messages: []}}
    expect: {status: 404, code: elsewhere}
  - why: one token less than its window
    request: {endpoint: us, body: {model: alpha, messages: [], max_tokens: 7999}}
    expect: {route: [alpha@us]}
  - why: its window
    request: {endpoint: us, body: {model: alpha, messages: [], max_tokens: 8000}}
    expect: {status: 400, code: too-long}
";

#[test]
fn mutants_that_nothing_notices_are_named_with_a_request_that_shows_them() {
    let policy = policy("test-mutants", CASES);
    let some = test(
        &policy,
        &["--mutate", "--kill", "90", "--filter", "not sold"],
    );
    assert_eq!(some.status, 1);
    let from = some.stdout.find("survived:").unwrap();
    let (_, shown) = some.stdout.split_at(from);
    let lines = shown.lines().filter(|line| !line.contains("test-mutants"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

/// A `unique` decides nothing: a mutant without a rule that it lists is one as any other.
#[test]
fn a_rule_that_a_unique_lists_can_be_taken_out() {
    let counted = |name: &str, more: &str| {
        let policy = policy(name, CASES);
        let file = Path::new(&policy).join("policy.portolan");
        fs::write(file, format!("{POLICY}{more}")).unwrap();
        let ran = test(&policy, &["--mutate", "--format", "json"]);
        let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        value["mutation"].clone()
    };
    let listed = counted("test-unique", "\nunique reasons { elsewhere, too-long }\n");
    let plain = counted("test-not-unique", "\n// nothing is unique\n");
    assert!(plain.is_object(), "{plain}");
    for count in ["mutants", "killed", "stillborn", "equivalent"] {
        assert_eq!(listed[count], plain[count], "{count}");
    }
}

#[test]
fn tests_at_every_edge_kill_every_mutant() {
    let policy = policy("test-thorough", THOROUGH);
    let all = test(&policy, &["--mutate", "--kill", "100", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!(value["mutation"]["survivors"], serde_json::json!([]));
    assert_eq!(all.status, 0);
}

#[test]
fn what_no_test_touches_is_counted_and_shown() {
    let ran = test(
        &policy("test-coverage", CASES),
        &["--coverage", "--filter", "not sold"],
    );
    insta::assert_snapshot!(ran.stdout.replace(env!("CARGO_TARGET_TMPDIR"), ""));
}

#[test]
fn missing_tests_are_written_to_be_reviewed_and_never_over_others() {
    let policy = policy("test-generated", CASES);
    let out = Path::new(&policy).join("tests/more.yaml");
    let out = out.to_str().unwrap();
    let ran = portolan(&["gen-tests", &policy, "--out", out]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    insta::assert_snapshot!(fs::read_to_string(out).unwrap());
    let again = portolan(&["gen-tests", &policy, "--out", out]);
    assert_eq!(again.status, 1);
    assert!(
        again.stderr.contains("is there already"),
        "{}",
        again.stderr
    );
    // What was written passes, and nothing is missing any more.
    let passed = test(&policy, &["--filter", "more.yaml"]);
    assert_eq!(passed.status, 0, "{}", passed.stdout);
    assert_eq!(
        portolan(&["gen-tests", &policy]).stdout,
        "nothing is missing\n"
    );
}

#[test]
fn a_case_file_with_an_unknown_key_is_a_wrong_input() {
    let cases = CASES.replace("status:", "statuss:");
    let ran = test(&policy("test-malformed", &cases), &[]);
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr.contains("unknown field `statuss`"),
        "{}",
        ran.stderr
    );
}
