//! The engine is general: what vendors, models and regions there are is data. No line of the core
//! knows one of their names, and the shipped policies that differ most run on the same core.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]

use std::fs;
use std::path::{Path, PathBuf};

use portolan_testkit::policies::root;

/// Names that would betray a special case, in small letters.
const NAMES: [&str; 19] = [
    "amazon",
    "anthropic",
    "assemblyai",
    "aws",
    "azure",
    "bedrock",
    "claude",
    "eu-central",
    "gemini",
    "google",
    "gpt",
    "kimi",
    "llama",
    "microsoft",
    "mistral",
    "moonshot",
    "openai",
    "qwen",
    "vertex",
];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if path.is_file() && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// The words of a line of code; `aws` is one, and `laws` is none.
fn words(line: &str) -> Vec<String> {
    let parts = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    parts.map(str::to_ascii_lowercase).collect()
}

#[test]
fn no_line_of_the_core_knows_a_vendor() {
    let mut files = Vec::new();
    sources(&root().join("crates/portolan-core/src"), &mut files);
    assert!(files.len() > 30, "{files:?}");
    let mut complaints = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        // Tests stand at the end of a file and may use any name; so may comments.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in (1..).zip(code.lines()) {
            let known = |word: &String| NAMES.iter().any(|name| word.starts_with(name));
            if !line.trim_start().starts_with("//") && words(line).iter().any(known) {
                complaints.push(format!("{}:{number}: {}", file.display(), line.trim()));
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_policy_for_several_clouds_names_none_of_them() {
    let policy = root().join("rules/multi-cloud-eu/policy.portolan");
    let text = fs::read_to_string(policy).unwrap();
    let rules = text.split("// ---- Examples").next().unwrap_or_default();
    let named: Vec<&str> = rules
        .lines()
        .filter(|line| !line.starts_with("//"))
        .filter(|line| words(line).iter().any(|w| NAMES.contains(&w.as_str())))
        .collect();
    assert!(named.is_empty(), "{named:?}");
}
