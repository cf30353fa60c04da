//! `portolan prove`: what it prints, how it ends, and that what it shows can be replayed.

use std::fs;

use insta::assert_snapshot;

use crate::run::{Ran, portolan, scratch};

const LEAKY: &str = "rules/examples/leaky/fallbacks-not-checked";

/// Without the content hash and the time that it took.
fn steady(text: &str) -> String {
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let mut out: Vec<String> = Vec::new();
    for word in words {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let hash = bare.len() == 32 && bare.bytes().all(|b| b.is_ascii_hexdigit());
        if bare == "ms" {
            let number = out.pop().unwrap_or_default();
            assert!(number.trim_end().parse::<u64>().is_ok(), "{number}");
            out.push("… ".to_owned());
        }
        out.push(if hash {
            word.replace(bare, "…")
        } else {
            word.to_owned()
        });
    }
    out.concat()
}

fn prove(arguments: &str) -> Ran {
    let words = arguments.split_whitespace();
    let words: Vec<&str> = ["prove"].into_iter().chain(words).collect();
    portolan(&words)
}

#[test]
fn a_claim_that_does_not_hold_is_refuted_by_a_request() {
    let ran = prove(LEAKY);
    assert_eq!((ran.status, &*ran.stderr), (1, ""));
    assert_snapshot!(steady(&ran.stdout));
}

#[test]
fn under_the_overlay_that_closes_the_leak_it_holds() {
    let ran = prove(&format!("{LEAKY} --overlay locked"));
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    assert_snapshot!(steady(&ran.stdout));
}

#[test]
fn what_refutes_a_claim_can_be_replayed() {
    let ran = prove(&format!("{LEAKY} --format json"));
    assert_eq!(ran.status, 1);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let proof = &value["proofs"][0];
    assert_eq!(proof["outcome"], "refuted");
    let directory = scratch(
        "replayed",
        &[("request.json", &proof["request"].to_string())],
    );
    let file = directory.join("request.json");
    let again = portolan(&[
        "decide",
        LEAKY,
        "--request",
        file.to_str().unwrap(),
        "--format",
        "json",
    ]);
    let again: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(again, proof["decision"]);
}

#[test]
fn only_the_claims_that_are_named_are_asked() {
    let ran = prove("rules/assemblyai --only eu-stays-in-eu --only no-key-no-route --format json");
    assert_eq!(ran.status, 0);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let proofs = value["proofs"].as_array().unwrap();
    let names: Vec<&str> = proofs.iter().filter_map(|p| p["name"].as_str()).collect();
    assert_eq!(names, ["eu-stays-in-eu", "no-key-no-route"]);
    assert!(proofs.iter().all(|proof| proof["outcome"] == "proved"));
    assert!(
        proofs
            .iter()
            .all(|proof| proof["covered"]["ids"].as_u64() > Some(20))
    );
}

#[test]
fn a_name_that_no_claim_has_is_an_error_with_the_nearest_one() {
    let ran = prove("rules/assemblyai --only eu-stay-in-eu");
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr
            .contains("no `prove` is named `eu-stay-in-eu`, did you mean `eu-stays-in-eu`?")
    );
}

#[test]
fn questions_are_written_for_a_solver() {
    let ran = prove("rules/assemblyai --only eu-stays-in-eu --smt2");
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    assert!(ran.stdout.contains("(check-sat)"));
    let both = prove("rules/assemblyai --smt2 --format json");
    assert_eq!(both.status, 2, "there is one form for a solver");
}

const CATALOG: &str = "catalog: 1
regions: {eu: {processing: EU27, storage: EU27}}
endpoints: {eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, default: true}}
providers: {acme: {retention: zero}}
models: {m-1: {offerings: [{region: eu, provider: acme}]}}
";

#[test]
fn a_policy_that_claims_nothing_says_so() {
    let policy = "edition 1\npolicy silent\nuse catalog \"catalog.yaml\"\n";
    let directory = scratch(
        "silent",
        &[("policy.portolan", policy), ("catalog.yaml", CATALOG)],
    );
    let ran = prove(directory.to_str().unwrap());
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    let said = ran.stdout.replace(directory.to_str().unwrap(), "silent");
    let first = said.lines().next();
    assert_eq!(first, Some("no `prove` in `silent`: it claims nothing"));
    assert_eq!(said.matches("\nholds: ").count(), 4, "{said}");
    let ran = prove(&format!("{} --format json", directory.display()));
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.status, &value["proofs"]), (0, &serde_json::json!([])));
}

#[test]
fn a_policy_that_does_not_compile_is_shown_its_errors() {
    let ran = prove("crates/portolan-cli/tests/cli/five");
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(ran.stderr.contains("error[unknown-field]") && ran.stderr.contains("5 errors"));
}

#[test]
fn a_catalog_claims_nothing() {
    let directory = scratch("of-a-catalog", &[("catalog.yaml", CATALOG)]);
    let file = directory.join("catalog.yaml");
    let ran = prove(file.to_str().unwrap());
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(ran.stderr.contains("this is a catalog"), "{}", ran.stderr);
}

#[test]
fn every_claim_of_a_shipped_policy_is_proved() {
    let rules = fs::read_dir(crate::run::root().join("rules")).unwrap();
    let policies = rules.map(|entry| entry.unwrap().path());
    let policies = policies.filter(|path| path.join("policy.portolan").is_file());
    for policy in policies {
        let ran = prove(policy.to_str().unwrap());
        assert_eq!((ran.status, &*ran.stderr), (0, ""), "{}", ran.stdout);
        assert!(ran.stdout.contains(" 0 refuted, 0 inconclusive"));
    }
}
