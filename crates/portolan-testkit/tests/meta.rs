//! Tests of the tests: every snapshot has its fixture, every fact its place.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use portolan_testkit::case::DecideFile;
use portolan_testkit::policies::root;

/// Every fact has a number from 1 to this.
const FACTS: u32 = 50;

fn below(directory: &Path, ending: &str) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut left = vec![directory.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.insert(path);
            }
        }
    }
    found
}

#[test]
fn every_snapshot_has_its_fixture_and_every_fixture_its_snapshot() {
    let cases = root().join("tests/cases");
    let stems = |ending| -> BTreeSet<PathBuf> {
        let found = below(&cases, ending).into_iter();
        found.map(|path| path.with_extension("")).collect()
    };
    let (fixtures, snapshots) = (stems("yaml"), stems("snap"));
    let lonely: Vec<&PathBuf> = fixtures.symmetric_difference(&snapshots).collect();
    assert!(lonely.is_empty(), "without its other half: {lonely:#?}");
}

#[test]
fn fixture_files_are_where_the_runner_looks() {
    let cases = root().join("tests/cases");
    let lost: Vec<PathBuf> = below(&cases, "yaml")
        .into_iter()
        .chain(below(&cases, "yml"))
        .filter(|path| {
            let inside = |area: &str| path.starts_with(cases.join(area));
            !inside("decide") && !inside("compile") || path.extension().unwrap() != "yaml"
        })
        .collect();
    assert!(lost.is_empty(), "no runner takes {lost:#?}");
}

/// The facts that fixtures honour, each with the files that do.
fn honoured() -> BTreeMap<u32, BTreeSet<String>> {
    let mut honoured: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for path in below(&root().join("tests/cases/decide"), "yaml") {
        let file = DecideFile::read(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for fact in file.all_facts() {
            honoured.entry(fact).or_default().insert(name.clone());
        }
    }
    honoured
}

#[test]
fn every_fact_is_honoured_by_a_fixture_or_waits_for_http() {
    let text = fs::read_to_string(root().join("docs/facts.md")).unwrap();
    let mut complaints = Vec::new();
    let mut waits: BTreeMap<u32, bool> = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", number, _, place, ""] = cells[..]
            && let Ok(number) = number.parse::<u32>()
            && waits
                .insert(number, place.starts_with("waits for HTTP"))
                .is_some()
        {
            complaints.push(format!("fact {number} has two lines in docs/facts.md"));
        }
    }
    let honoured = honoured();
    for number in 1..=FACTS {
        match (waits.get(&number), honoured.get(&number)) {
            (None, _) => complaints.push(format!("fact {number} has no line in docs/facts.md")),
            (Some(true), Some(files)) => complaints.push(format!(
                "fact {number} does not wait: {files:?} honour it; mend docs/facts.md"
            )),
            (Some(false), None) => complaints.push(format!(
                "fact {number} has no fixture and does not wait for HTTP"
            )),
            (Some(true), None) | (Some(false), Some(_)) => {}
        }
    }
    let beyond = honoured.keys().chain(waits.keys());
    for number in beyond.filter(|number| !(1..=FACTS).contains(*number)) {
        complaints.push(format!("there is no fact {number}"));
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
