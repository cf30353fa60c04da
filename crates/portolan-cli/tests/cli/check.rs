//! `check` with lints: levels, settings, silences, fixes, baselines, and what each format says.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;

use crate::run::{Ran, portolan, root, scratch};

const CATALOG: &str = include_str!("../../../portolan-lint/tests/base.yaml");
const POLICY: &str = "edition 1\n\
    policy p\n\
    use catalog \"base.yaml\"\n\n\
    // Nobody asks for it.\n\
    define small = request.max_tokens is set and request.max_tokens < 100\n\n\
    refuse 400 no-streams\n  \
      when request.stream\n  \
      say  \"no streams\"\n  \
      help \"leave out `stream`\"\n\n\
    refuse 400 no-streams\n  \
      as   no-streams-again\n  \
      when request.stream\n  \
      say  \"no streams\"\n";

fn with(name: &str, policy: &str, settings: Option<&str>) -> String {
    let directory = scratch(name, &[("policy.portolan", policy), ("base.yaml", CATALOG)]);
    let file = directory.join("portolan.toml");
    let _ = fs::remove_file(&file);
    if let Some(settings) = settings {
        fs::write(file, settings).unwrap();
    }
    directory.to_str().unwrap().to_owned()
}

fn check(path: &str, more: &[&str]) -> Ran {
    portolan(&[&["check", path, "--at", "2026-03-01"], more].concat())
}

/// What was printed, with the directory's name in the place of its path.
fn said(ran: &Ran, path: &str) -> String {
    ran.stdout.replace(path, "DIRECTORY")
}

#[test]
fn warnings_fail_where_they_are_denied_on_the_command_line_or_by_the_directory() {
    let path = with("check-deny", POLICY, None);
    assert_eq!(check(&path, &[]).status, 0);
    assert_eq!(check(&path, &["--deny", "warnings"]).status, 1);
    assert_eq!(check(&path, &["--level", "dead-rule=error"]).status, 1);
    let path = with("check-deny-here", POLICY, Some("deny = \"warnings\"\n"));
    assert_eq!(check(&path, &[]).status, 1);
    let settings = "deny = \"warnings\"\n[lints]\nall = \"info\"\n";
    let path = with("check-info", POLICY, Some(settings));
    assert_eq!(check(&path, &[]).status, 0);
    assert_eq!(check(&path, &["--level", "rules=error"]).status, 1);
}

#[test]
fn lints_are_selected_and_ignored_by_code_and_by_group() {
    let path = with("check-select", POLICY, None);
    let codes = |more: &[&str]| -> Vec<String> {
        let ran = check(&path, &[more, &["--format", "json"]].concat());
        let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let found = json["diagnostics"].as_array().unwrap().iter();
        found
            .map(|d| d["code"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(codes(&["--select", "dead-rule"]), ["dead-rule"]);
    let two = codes(&["--select", "dead-rule,unused-define"]);
    assert_eq!(two, ["unused-define", "dead-rule"]);
    let without = [
        "--select",
        "dead-rule,unused-define",
        "--ignore",
        "dead-rule",
    ];
    assert_eq!(codes(&without), ["unused-define"]);
    assert!(codes(&["--ignore", "rules,catalog,verify"]).is_empty());
    let ran = check(&path, &["--select", "dead-rul"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("did you mean `dead-rule`?"), "{ran:?}");
}

#[test]
fn a_setting_that_nobody_knows_is_an_error_at_its_line() {
    let settings = "[lints]\ndead-rul = \"off\"\n";
    let path = with("check-settings", POLICY, Some(settings));
    let ran = check(&path, &[]);
    assert_eq!(ran.status, 1);
    assert_snapshot!(said(&ran, &path));
}

#[test]
fn each_format_says_the_same_findings() {
    let path = with("check-formats", POLICY, None);
    for format in ["human", "compact", "github", "junit"] {
        let two = ["--select", "dead-rule,unused-define"];
        let ran = check(&path, &[&two[..], &["--format", format]].concat());
        assert_snapshot!(format!("check_{format}"), said(&ran, &path));
    }
}

/// Says what is wrong with a SARIF log, by the schema of its committee.
fn against_the_schema(text: &str) -> Vec<String> {
    let schema = root().join("crates/portolan-cli/tests/data/sarif-2.1.0.json");
    // One of its patterns has a bracket too many, which strict readers of patterns refuse.
    let schema = fs::read_to_string(schema).unwrap();
    let schema = schema.replace("{2}]?$", "{2}$");
    let schema = serde_json::from_str(&schema).unwrap();
    let log = serde_json::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors = validator.iter_errors(&log);
    errors.map(|error| error.to_string()).collect()
}

#[test]
fn sarif_keeps_to_its_schema_for_lints_errors_and_proofs() {
    let path = with("check-sarif", POLICY, None);
    let ran = check(&path, &["--format", "sarif"]);
    assert_eq!(against_the_schema(&ran.stdout), Vec::<String>::new());
    let log: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let unused = results.iter().find(|r| r["ruleId"] == "unused-define");
    let change = &unused.unwrap()["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(change["deletedRegion"]["startLine"], 6);
    assert_eq!(change["insertedContent"]["text"], "");
    let broken = with("check-sarif-broken", "edition 1\npolicy p\n", None);
    let ran = check(&broken, &["--format", "sarif"]);
    assert_eq!(ran.status, 1);
    assert_eq!(against_the_schema(&ran.stdout), Vec::<String>::new());
    let leaky = "rules/examples/leaky/fallbacks-not-checked";
    let ran = portolan(&["prove", leaky, "--format", "sarif"]);
    assert_eq!(ran.status, 1);
    assert_eq!(against_the_schema(&ran.stdout), Vec::<String>::new());
    assert!(ran.stdout.contains("refuted-claim"));
    assert!(!against_the_schema("{\"version\": \"2.1.0\"}").is_empty());
}

#[test]
fn proofs_are_annotations_and_test_results_too() {
    let leaky = "rules/examples/leaky/fallbacks-not-checked";
    let ran = portolan(&["prove", leaky, "--format", "github"]);
    assert!(
        ran.stdout.starts_with("::error file=rules/examples/leaky/"),
        "{ran:?}"
    );
    let ran = portolan(&["prove", leaky, "--format", "junit"]);
    assert!(ran.stdout.contains("<failure message="), "{ran:?}");
    let good = portolan(&["prove", "rules/multi-cloud-eu", "--format", "junit"]);
    assert!(good.stdout.contains("failures=\"0\""), "{good:?}");
}

#[test]
fn safe_fixes_are_written_and_comments_kept_and_a_diff_writes_nothing() {
    let path = with("check-fix", POLICY, None);
    let file = Path::new(&path).join("policy.portolan");
    let shown = check(&path, &["--diff"]);
    assert_eq!(shown.status, 0);
    assert_snapshot!(said(&shown, &path));
    assert_eq!(fs::read_to_string(&file).unwrap(), POLICY);
    let ran = check(&path, &["--fix", "--select", "unused-define"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "no errors\n"));
    assert_eq!(ran.stderr, "1 file changed by fixes\n");
    let after = fs::read_to_string(&file).unwrap();
    assert!(after.contains("// Nobody asks for it.\n"), "{after}");
    assert!(!after.contains("define"), "{after}");
    assert_eq!(check(&path, &["--diff"]).stdout, "");
}

#[test]
fn a_guess_is_applied_only_where_it_is_asked_for() {
    let policy = POLICY.replace("request.stream", "request.steam");
    let path = with("check-unsafe", &policy, None);
    assert_eq!(check(&path, &["--fix"]).status, 1);
    let file = Path::new(&path).join("policy.portolan");
    assert_eq!(fs::read_to_string(&file).unwrap(), policy);
    let shown = check(&path, &["--diff", "--unsafe-fixes"]).stdout;
    assert!(shown.contains("+  when request.stream"), "{shown}");
    assert!(
        !check(&path, &["--diff"])
            .stdout
            .contains("when request.stream")
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), policy);
    let ran = check(&path, &["--fix", "--unsafe-fixes"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let after = fs::read_to_string(&file).unwrap();
    assert!(after.contains("when request.stream"), "{after}");
}

#[test]
fn a_baseline_hides_what_was_there_and_nothing_else() {
    let settings = "deny = \"warnings\"\nbaseline = \"known.toml\"\n";
    let path = with("check-baseline", POLICY, Some(settings));
    let known = Path::new(&path).join("known.toml");
    let written = check(&path, &["--write-baseline", known.to_str().unwrap()]);
    assert_eq!(written.status, 0, "{written:?}");
    assert_eq!(check(&path, &[]).status, 0);
    let more = POLICY.replace(
        "define small",
        "// one line more\ndefine tiny = small\ndefine small",
    );
    let path = with("check-baseline", &more, Some(settings));
    let ran = check(&path, &["--format", "compact"]);
    assert_eq!(ran.status, 1);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].ends_with("nothing uses `tiny`"), "{lines:?}");
}

#[test]
fn explain_prints_the_page_of_a_lint_and_of_an_error() {
    let ran = portolan(&["explain", "dead-rule"]);
    let page = fs::read_to_string(root().join("docs/codes/dead-rule.md")).unwrap();
    assert_eq!((ran.status, ran.stdout), (0, page));
    assert_eq!(portolan(&["explain", "unknown-field"]).status, 0);
    let ran = portolan(&["explain", "dead-rul"]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("did you mean `dead-rule`?"), "{ran:?}");
    let all = portolan(&["explain"]).stdout;
    assert!(all.lines().count() > 100, "{all}");
}
