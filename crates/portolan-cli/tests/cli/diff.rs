//! `portolan diff` as a pull request's gate meets it.

use crate::run::portolan;

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
