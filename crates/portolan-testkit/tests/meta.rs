//! Tests of the tests: every snapshot has its fixture, every fact its place.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use portolan_testkit::case::{DecideFile, decide_files};
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
    // Those of `fmt` say themselves what comes out.
    let own = root().join("tests/cases/fmt");
    let stems = |found: BTreeSet<PathBuf>| -> BTreeSet<PathBuf> {
        let found = found.into_iter().filter(|path| !path.starts_with(&own));
        found.map(|path| path.with_extension("")).collect()
    };
    let mut fixtures = below(&root().join("tests/cases"), "yaml");
    fixtures.extend(decide_files());
    let mut snapshots = below(&root().join("tests/cases"), "snap");
    snapshots.extend(below(&root().join("rules"), "snap"));
    let (fixtures, snapshots) = (stems(fixtures), stems(snapshots));
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
            let areas = ["decide", "compile", "fmt", "lint"];
            !areas.iter().any(|area| path.starts_with(cases.join(area)))
                || path.extension().unwrap() != "yaml"
        })
        .collect();
    assert!(lost.is_empty(), "no runner takes {lost:#?}");
}

/// The facts that fixtures honour, each with the files that do.
fn honoured() -> BTreeMap<u32, BTreeSet<String>> {
    let mut honoured: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for path in decide_files() {
        let file = DecideFile::read(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        for fact in file.all_facts() {
            honoured.entry(fact).or_default().insert(name.clone());
        }
    }
    honoured
}

#[test]
fn every_fact_is_honoured_by_a_fixture_or_the_gateway_or_waits_for_http() {
    let tests = ["crates/portolan-gateway", "crates/portolan-wire"];
    let tests = tests
        .iter()
        .flat_map(|path| below(&root().join(path), "rs"));
    let tests: Vec<String> = tests
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let is_test = |name: &str| {
        tests
            .iter()
            .any(|text| text.contains(&format!("fn {name}()")))
    };
    let text = fs::read_to_string(root().join("docs/facts.md")).unwrap();
    let mut complaints = Vec::new();
    let mut waits: BTreeMap<u32, bool> = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", number, _, place, ""] = cells[..]
            && let Ok(number) = number.parse::<u32>()
        {
            let named = place.strip_prefix("gateway: `");
            let named = named.and_then(|rest| rest.strip_suffix('`'));
            if named.is_some_and(|name| !is_test(name)) {
                complaints.push(format!("fact {number}: there is no test {place}"));
            }
            // What the gateway honours waits for no fixture.
            let elsewhere = named.is_some() || place.starts_with("waits for HTTP");
            if waits.insert(number, elsewhere).is_some() {
                complaints.push(format!("fact {number} has two lines in docs/facts.md"));
            }
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

/// Beyond this bound a debug build would read for half a minute; it is measured by hand.
const NOT_FIRED: [&str; 1] = ["too-many-nodes"];

/// The words in quotes that look like codes, in these files.
fn quoted_codes<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    for path in paths {
        let text = fs::read_to_string(path).unwrap();
        let words = text.split('"').skip(1).step_by(2);
        found.extend(
            words
                .filter(|w| !w.is_empty() && w.chars().all(plain))
                .map(str::to_owned),
        );
    }
    found
}

/// The code that each finding of these files is made with.
fn declared_codes<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in paths {
        let text = fs::read_to_string(path).unwrap();
        for opened in ["Diagnostic::error(", "Diagnostic::warning("] {
            let calls = text.split(opened).skip(1);
            let codes =
                calls.filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next());
            found.extend(codes.map(str::to_owned));
        }
    }
    found
}

#[test]
fn every_code_of_the_core_fires_in_some_test() {
    let sources = below(&root().join("crates/portolan-core/src"), "rs");
    let named = |path: &&PathBuf, name: &str| path.file_name().is_some_and(|n| n == name);
    let declared = declared_codes(sources.iter().filter(|path| named(path, "diags.rs")));
    assert!(declared.len() > 100, "{}", declared.len());
    let mut fired = BTreeSet::new();
    for path in below(&root().join("tests/cases/compile"), "yaml") {
        let text = fs::read_to_string(&path).unwrap();
        let codes = text.split("code: ").skip(1);
        let codes = codes.filter_map(|rest| rest.split([',', '}', '\n']).next());
        fired.extend(codes.map(|code| code.trim().to_owned()));
    }
    let in_tests = |path: &&PathBuf| {
        path.components().any(|c| c.as_os_str() == "tests") || named(path, "tests.rs")
    };
    fired.extend(quoted_codes(sources.iter().filter(in_tests)));
    fired.extend(quoted_codes(&[
        root().join("crates/portolan-testkit/tests/bounds.rs")
    ]));
    let silent: Vec<&String> = declared.difference(&fired).collect();
    assert_eq!(
        silent, NOT_FIRED,
        "codes that no case of tests/cases/compile makes fire"
    );
}
