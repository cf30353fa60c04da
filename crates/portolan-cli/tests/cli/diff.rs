//! `portolan diff` as a pull request's gate meets it.

use std::fs;

use crate::run::{portolan, root, scratch};

const OLD: &str = "tests/diff/old";
const NEW: &str = "tests/diff/new";

#[test]
fn a_policy_and_itself_differ_in_nothing() {
    let ran = portolan(&["diff", "rules/bedrock", "rules/bedrock", "--fail-on", "any"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "nothing changes\n"));
}

#[test]
fn a_gate_stops_what_goes_its_way_and_nothing_else() {
    let gate = |direction: &str| portolan(&["diff", OLD, NEW, "--fail-on", direction]).status;
    assert_eq!(gate("loosens"), 1);
    assert_eq!(gate("tightens"), 0);
    assert_eq!(gate("tightens,reprices"), 1);
    let back = |direction: &str| portolan(&["diff", NEW, OLD, "--fail-on", direction]).status;
    assert_eq!(back("tightens"), 1);
    assert_eq!(back("loosens"), 0);
    assert_eq!(
        portolan(&["diff", OLD, NEW, "--fail-on", "sideways"]).status,
        2
    );
}

#[test]
fn programs_get_both_decisions_of_every_sample() {
    let ran = portolan(&["diff", OLD, NEW, "--format", "json"]);
    assert_eq!(ran.status, 0);
    for part in [
        r#""equal":false"#,
        r#""rules":["model-retired"],"facts":["route.model.retires"]"#,
        r#""directions":["loosens"]"#,
        r#""outcome":"refuse""#,
        r#""outcome":"route""#,
    ] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
}

#[test]
fn a_policy_that_does_not_compile_is_no_comparison() {
    let ran = portolan(&["diff", OLD, "crates/portolan-cli/tests/cli/five"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("error"));
}

/// The shipped policy with one date of its catalog changed, in a directory of this name.
fn retiring_later(name: &str) -> String {
    let own = |name: &str| fs::read_to_string(root().join("rules/assemblyai").join(name)).unwrap();
    let catalog = own("catalog.yaml");
    let (before, after) = catalog.split_once("claude-sonnet-4-5-20250929:").unwrap();
    let after = after.replacen("retires: 2026-11-30", "retires: 2026-12-31", 1);
    let changed = format!("{before}claude-sonnet-4-5-20250929:{after}");
    assert_ne!(changed, catalog);
    let files = [
        ("policy.portolan", &*own("policy.portolan")),
        ("catalog.yaml", &changed),
    ];
    scratch(name, &files).display().to_string()
}

#[test]
fn what_no_posted_body_says_is_counted_and_comes_last() {
    let later = retiring_later("retiring-later");
    let arguments = ["diff", "rules/assemblyai", &later];
    let few = portolan(&arguments).stdout;
    let changes = few
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let samples = few.lines().filter(|line| line.starts_with("    such as {"));
    assert_eq!(changes.count(), samples.count(), "{few}");
    let counted = few.lines().rev().nth(1).unwrap();
    let says = " regions of what no posted body says: `--all` shows them";
    assert!(counted.ends_with(says), "{counted}");
    let all = portolan(&[&arguments[..], &["--all"]].concat()).stdout;
    assert!(!all.contains(says) && all.len() > few.len());
    assert!(all.starts_with(few.lines().next().unwrap()));
    let markdown = [&arguments[..], &["--format", "markdown"]].concat();
    let markdown = portolan(&markdown).stdout;
    assert!(markdown.contains(says) && !markdown.contains("no posted body |"));
}

#[test]
fn either_of_two_ranges_stands_in_brackets() {
    let few = portolan(&[
        "diff",
        "rules/assemblyai",
        &retiring_later("retiring-later-too"),
    ])
    .stdout;
    let says = " and (request.temperature is not set or request.temperature >= 0 and \
                request.temperature <= 2) and ";
    assert!(few.contains(says), "{few}");
}
