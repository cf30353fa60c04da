//! Tests of the lints as a whole: every lint has its cases and its page, and the list is in order.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]
#![expect(clippy::disallowed_methods, reason = "tests read the repository")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use portolan_lint::{Group, LINTS};
use portolan_testkit::policies::root;

/// The names in a directory.
fn names(directory: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return BTreeSet::new();
    };
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

fn cases(code: &str, kind: &str) -> usize {
    let found = names(&root().join("tests/cases/lint").join(code).join(kind));
    found
        .iter()
        .filter(|name| Path::new(name).extension() == Some("yaml".as_ref()))
        .count()
}

#[test]
fn every_lint_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent() {
    for lint in LINTS {
        for kind in ["fires", "silent"] {
            assert!(
                cases(lint.code, kind) > 0,
                "{}: no case in {kind}",
                lint.code
            );
        }
    }
    let folders = names(&root().join("tests/cases/lint"));
    let codes: BTreeSet<String> = LINTS.iter().map(|lint| lint.code.to_owned()).collect();
    assert_eq!(folders, codes, "folders of cases and lints");
}

#[test]
fn every_lint_has_its_own_file_and_page_and_the_list_is_by_code() {
    let codes: Vec<&str> = LINTS.iter().map(|lint| lint.code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
    let files = names(&root().join("crates/portolan-lint/src/lints"));
    let wanted = codes
        .iter()
        .map(|code| format!("{}.rs", code.replace('-', "_")));
    assert_eq!(files, wanted.collect());
}

#[test]
fn every_page_is_what_its_definition_says() {
    for lint in LINTS {
        let path = root().join(format!("docs/codes/{}.md", lint.code));
        let there = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == lint.markdown(),
            "{}: run `cargo xtask codes`",
            lint.code
        );
        let page = lint.page;
        for part in [page.what, page.why, page.example, page.fix] {
            assert!(!part.trim().is_empty(), "{}: an empty part", lint.code);
        }
        for other in lint.yields_to {
            let known = LINTS.iter().any(|lint| lint.code == *other);
            assert!(known, "{} yields to `{other}`, which is no lint", lint.code);
        }
    }
}

#[test]
fn every_lint_stands_in_the_table_of_its_group() {
    let page = fs::read_to_string(root().join("docs/lints.md")).unwrap();
    let (_, tables) = page.split_once("## All of them").unwrap();
    let tables: Vec<&str> = tables.split("\n### ").skip(1).collect();
    for (group, table) in Group::ALL.iter().zip(&tables) {
        let own = LINTS.iter().filter(|lint| lint.group == *group);
        let wanted: Vec<String> = own
            .map(|lint| {
                let (code, level) = (lint.code, lint.level.name());
                format!(
                    "| [{code}](codes/{code}.md) | `{level}` | {} |",
                    lint.summary
                )
            })
            .collect();
        let rows = table.lines().filter(|line| line.starts_with("| ["));
        assert_eq!(rows.collect::<Vec<_>>(), wanted);
    }
    assert_eq!(tables.len(), Group::ALL.len());
}
