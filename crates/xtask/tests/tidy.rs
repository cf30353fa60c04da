//! The house rules that no compiler checks, as tests over every file of the repository.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "tests panic to fail"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files written by a generator, which may be long.
const GENERATED: [&str; 0] = [];
/// The most lines of a Rust file.
const LINES: usize = 500;
/// The most lines of a file of tests, which are data more than code.
const TEST_LINES: usize = 600;
/// Modules of the core that must know each other: the first may import the second.
const MUTUAL: [(&str, &str); 1] = [
    // A plan in full holds `Cleared` routes, which the interpreter makes.
    ("judgement", "reference"),
];
/// Directories that hold no source of ours.
const SKIPPED: [&str; 4] = ["target", ".git", "artifacts", "corpus"];

fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap().to_owned()
}

/// Every file below the root whose name ends so, by its path from the root.
fn files(endings: &[&str]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut left = vec![root()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !SKIPPED.contains(&name.as_str()) {
                    left.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                found.insert(relative(&path), text);
            }
        }
    }
    found
}

fn relative(path: &Path) -> String {
    let root = root();
    let path = path.strip_prefix(&root).unwrap();
    path.to_string_lossy().replace('\\', "/")
}

/// Fails with every complaint, one a line.
fn nothing_but(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_rust_file_says_what_lives_in_it() {
    let sources = files(&[".rs"]);
    let silent = sources.iter().filter(|(_, text)| !text.starts_with("//! "));
    let complaints: Vec<String> = silent
        .map(|(path, _)| format!("{path}: begin with `//!` and what lives here"))
        .collect();
    nothing_but(&complaints);
    assert!(sources.len() > 20);
}

#[test]
fn no_rust_file_is_too_long_to_enter() {
    let mut complaints = Vec::new();
    for (path, text) in files(&[".rs"]) {
        let test = path.ends_with("/tests.rs") || path.contains("/tests/");
        let most = if test { TEST_LINES } else { LINES };
        let lines = text.lines().count();
        if lines > most && !GENERATED.contains(&path.as_str()) {
            complaints.push(format!("{path}: {lines} lines, at most {most}"));
        }
    }
    nothing_but(&complaints);
}

#[test]
fn imports_in_the_core_go_upward_only() {
    let sources = files(&[".rs"]);
    let base = "crates/portolan-core/src/";
    let order: Vec<&str> = sources[&format!("{base}lib.rs")]
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod "))
        .filter_map(|rest| rest.strip_suffix(';'))
        .collect();
    let rank = |module: &str| order.iter().position(|m| *m == module);
    let mut complaints = Vec::new();
    for (path, text) in &sources {
        let Some(rest) = path.strip_prefix(base) else {
            continue;
        };
        // Tests may make what they look at with whatever there is.
        if rest.ends_with("/tests.rs") {
            continue;
        }
        let own = rest.split(['/', '.']).next().unwrap();
        let Some(here) = rank(own) else { continue };
        for (number, line) in text.lines().enumerate() {
            if line.contains("cfg(test)") {
                break;
            }
            if line.trim_start().starts_with("//") {
                continue;
            }
            for used in line.split("crate::").skip(1) {
                let module: String = used
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let mutual = MUTUAL.contains(&(own, module.as_str()));
                if !mutual && rank(&module).is_some_and(|there| there > here) {
                    let number = number + 1;
                    complaints.push(format!(
                        "{path}:{number}: `{own}` stands above `{module}` in lib.rs"
                    ));
                }
            }
        }
    }
    nothing_but(&complaints);
    assert!(order.len() > 8, "{order:?}");
}

#[test]
fn every_path_named_in_markdown_exists() {
    let mut complaints = Vec::new();
    for (path, text) in files(&[".md"]) {
        let mut fenced = false;
        for (number, line) in text.lines().enumerate() {
            fenced ^= line.trim_start().starts_with("```");
            if fenced {
                continue;
            }
            for quoted in line.split('`').skip(1).step_by(2) {
                let named = quoted.trim_end_matches('/');
                let first = named.split('/').next().unwrap_or_default();
                let known = ["crates", "rules", "tests", "fuzz", "docs", ".ci", ".config"];
                let looks_so = quoted.contains('/') && known.contains(&first);
                let pattern = named.contains(['*', '<', '{', ' ', '…']) || named.contains("NNNN");
                if looks_so && !pattern && !root().join(named).exists() {
                    complaints.push(format!("{path}:{}: no `{quoted}`", number + 1));
                }
            }
        }
    }
    nothing_but(&complaints);
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    // Split, so that this file does not name them.
    let machine: Vec<String> = ["work", "tmp", "home", "root", "Users"]
        .iter()
        .map(|name| format!("/{name}/"))
        .collect();
    let mut complaints = Vec::new();
    let endings = [
        ".rs",
        ".md",
        ".toml",
        ".yaml",
        ".yml",
        ".portolan",
        ".pest",
        ".snap",
        ".json",
        "run",
        "deep",
    ];
    for (path, text) in files(&endings) {
        for (number, line) in text.lines().enumerate() {
            let starts = |name: &String| {
                line.match_indices(name.as_str()).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    !before.is_some_and(|c| c.is_alphanumeric() || "._-}{)\\".contains(c))
                })
            };
            if machine.iter().any(starts) {
                complaints.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    nothing_but(&complaints);
}

#[test]
fn every_dependency_has_a_reason() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = text.split("[workspace.dependencies]").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let complaints: Vec<String> = section
        .lines()
        .filter(|line| line.contains('=') && !line.contains("path = \"crates/"))
        .filter(|line| !line.contains('#'))
        .map(|line| format!("Cargo.toml: say why: {line}"))
        .collect();
    nothing_but(&complaints);
}

#[test]
fn every_crate_inherits_the_lints() {
    let manifests = files(&["Cargo.toml"]);
    let bare = manifests
        .iter()
        .filter(|(path, _)| path.as_str() != "Cargo.toml")
        .filter(|(_, text)| !text.contains("[lints]\nworkspace = true"));
    let complaints: Vec<String> = bare
        .map(|(path, _)| format!("{path}: add `[lints] workspace = true`"))
        .collect();
    nothing_but(&complaints);
    assert!(manifests.len() > 6);
}

#[test]
fn every_crate_stands_in_the_table_of_crates() {
    let table = fs::read_to_string(root().join("crates/README.md")).unwrap();
    let complaints: Vec<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !table.contains(&format!("| `{name}` |")))
        .map(|name| format!("crates/README.md: no line about `{name}`"))
        .collect();
    nothing_but(&complaints);
}

#[test]
fn no_snapshot_waits_for_a_reader() {
    let waiting: Vec<String> = files(&[".snap.new"]).into_keys().collect();
    nothing_but(&waiting);
}

#[test]
fn no_test_is_switched_off() {
    // Split, so that this file does not contain them.
    let switches = [["#[ig", "nore"], ["#[should", "_panic"], ["to", "do!("]].map(|s| s.concat());
    let mut complaints = Vec::new();
    for (path, text) in files(&[".rs"]) {
        for switch in switches.iter().filter(|switch| text.contains(*switch)) {
            complaints.push(format!("{path}: `{switch}`"));
        }
    }
    nothing_but(&complaints);
}
