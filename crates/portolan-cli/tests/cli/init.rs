//! `init` as a first-time user meets it, and what a repository is given to call the command.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{portolan, root};

/// A directory that is not there yet.
fn fresh(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if directory.exists() {
        fs::remove_dir_all(&directory).unwrap();
    }
    directory
}

#[test]
fn a_new_policy_checks_proves_and_is_in_style() {
    let directory = fresh("init/deep/gateway");
    let path = directory.to_str().unwrap();
    let ran = portolan(&["init", path]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.matches("wrote `").count(), 5, "{}", ran.stdout);
    for arguments in [
        &["check", path, "--deny", "warnings"][..],
        &["check", path, "--deny", "warnings", "--at", "2030-01-01"],
        &["check", path, "--format", "sarif"],
        &["test", path],
        &["prove", path],
        &["fmt", path, "--check"],
        &[
            "timeline",
            path,
            "--from",
            "2026-01-01",
            "--until",
            "2027-01-01",
        ],
    ] {
        let ran = portolan(arguments);
        assert_eq!(ran.status, 0, "{arguments:?}\n{}{}", ran.stdout, ran.stderr);
    }
    let schema = fs::read_to_string(directory.join("catalog.schema.json")).unwrap();
    assert_eq!(schema, portolan(&["schema", "catalog"]).stdout);
}

#[test]
fn the_examples_of_a_new_policy_are_what_decide_says() {
    let directory = fresh("init-decide");
    let path = directory.to_str().unwrap();
    assert_eq!(portolan(&["init", path]).status, 0);
    let asked = |endpoint: &str, model: &str| {
        let at = [
            "--endpoint",
            endpoint,
            "--model",
            model,
            "--at",
            "2026-03-01",
        ];
        portolan(&[&["decide", path][..], &at].concat()).status
    };
    assert_eq!(asked("eu", "small-1"), 0);
    assert_eq!(asked("eu", "large-1"), 3);
    assert_eq!(asked("us", "small-0"), 3);
}

#[test]
fn nothing_is_overwritten_and_nothing_is_half_written() {
    let directory = fresh("init-taken");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("README.md"), "mine").unwrap();
    let ran = portolan(&["init", directory.to_str().unwrap()]);
    assert_eq!((ran.status, &*ran.stdout), (1, ""));
    assert!(
        ran.stderr.contains("README.md` is there already"),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    assert_eq!(
        fs::read_to_string(directory.join("README.md")).unwrap(),
        "mine"
    );

    // A file stands where a directory is needed: what was written before is taken back.
    let directory = fresh("init-blocked");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join(".github"), "a file").unwrap();
    let ran = portolan(&["init", directory.to_str().unwrap()]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("nothing was written"), "{}", ran.stderr);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
}

#[test]
fn shells_and_readers_are_told_of_every_verb() {
    let help = portolan(&["--help"]).stdout;
    let verbs = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let verbs: Vec<&str> = verbs
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .collect();
    assert!(verbs.len() > 10, "{help}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = portolan(&["completions", shell]);
        assert_eq!(script.status, 0, "{}", script.stderr);
        for verb in &verbs {
            assert!(script.stdout.contains(verb), "{shell} knows no `{verb}`");
        }
    }
    let page = portolan(&["man"]).stdout;
    assert!(page.contains(".TH portolan 1"), "{page}");
    for verb in verbs {
        let page = portolan(&["man", verb]);
        assert_eq!(page.status, 0, "{}", page.stderr);
        let title = std::format!(".TH portolan-{verb} 1");
        assert!(page.stdout.contains(&title), "{}", page.stdout);
    }
    assert_eq!(portolan(&["man", "sail"]).status, 1);
}

/// The verbs and flags that a text calls `portolan` with, line by line.
fn calls(text: &str) -> Vec<Vec<String>> {
    let calls = text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("- ");
        let line = line.strip_prefix("run: ").unwrap_or(line);
        let line = line.strip_prefix("entry: ").unwrap_or(line);
        line.strip_prefix("portolan ")
    });
    let words = |call: &str| {
        let words = call.split_whitespace();
        let words = words.take_while(|word| !matches!(*word, ">" | "||" | "#"));
        words
            .map(|word| word.trim_matches('"').to_owned())
            .collect()
    };
    calls.map(words).collect()
}

#[test]
fn what_others_run_is_there_to_be_run() {
    let mut verbs = BTreeSet::new();
    for file in [
        ".github/actions/portolan/action.yml",
        ".pre-commit-hooks.yaml",
        "crates/portolan-cli/src/commands/init/README.md",
    ] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let calls = calls(&text);
        assert!(!calls.is_empty(), "{file}");
        for call in calls {
            let help = portolan(&[&call[0], "--help"]);
            assert_eq!(help.status, 0, "{file} calls {call:?}");
            for flag in call.iter().filter(|word| word.starts_with("--")) {
                assert!(help.stdout.contains(flag.as_str()), "{file} calls {call:?}");
            }
            verbs.insert(call[0].clone());
        }
    }
    assert!(
        verbs.contains("diff") && verbs.contains("prove"),
        "{verbs:?}"
    );
}

#[test]
fn a_workflow_is_yaml_and_its_action_is_where_it_says() {
    let workflow = "crates/portolan-cli/src/commands/init/rules.yml";
    let text = fs::read_to_string(root().join(workflow)).unwrap();
    let data: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let steps = data["jobs"]["rules"]["steps"].as_array().unwrap();
    let used = steps.iter().filter_map(|step| step["uses"].as_str());
    let ours: Vec<&str> = used
        .filter_map(|used| used.strip_prefix("./.portolan/"))
        .collect();
    assert_eq!(ours.len(), 1);
    let action = fs::read_to_string(root().join(ours[0]).join("action.yml")).unwrap();
    let action: serde_json::Value = serde_yaml::from_str(&action).unwrap();
    assert_eq!(action["runs"]["using"], "composite");
    for step in action["runs"]["steps"].as_array().unwrap() {
        assert!(
            step["uses"].is_string() || step["shell"] == "bash",
            "{step}"
        );
    }
    let hooks = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    let hooks: serde_json::Value = serde_yaml::from_str(&hooks).unwrap();
    assert_eq!(hooks.as_array().unwrap().len(), 3);
}
