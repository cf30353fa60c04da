//! The schema says of every fixture's catalog what `check` says, as far as one entry can tell.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use portolan_core::diagnostic::Severity;
use portolan_testkit::case::{CompileFile, DecideFile, Origin};
use portolan_testkit::policies::compile;
use serde_json::Value;

use crate::run::{portolan, root};

/// Fixtures whose catalogs are wrong in ways that no schema of single entries sees: they name what
/// is not there or stands twice, contradict themselves, or break what YAML itself allows.
const UNSEEN: [&str; 21] = [
    "alias-circle",
    "alias-cycle",
    "alias-not-offered",
    "alias-shadows-model",
    "ambiguous-offering",
    "bad-date",
    "bad-money",
    "duplicate-key",
    "empty-period",
    "imprecise-money",
    "output-above-context",
    "overlapping-dates",
    "place-cycle",
    "retired-before-release",
    "second-default-endpoint",
    "standard-place",
    "successor-cycle",
    "successor-is-alias",
    "unknown-name",
    "unreached-pair",
    "yaml-tag",
];

fn schema() -> jsonschema::Validator {
    let ran = portolan(&["schema"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let schema: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    jsonschema::validator_for(&schema).unwrap()
}

/// What another reader of YAML makes of a text.
fn data(text: &str) -> Option<Value> {
    serde_yaml::from_str(text).ok()
}

/// Catalogs in YAML, whether `check` finds errors in them, and the fixture.
fn catalogs() -> Vec<(String, String, bool)> {
    let mut found = Vec::new();
    for area in ["compile/catalog", "compile/rules", "decide/engine"] {
        let directory = root().join("tests/cases").join(area);
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "yaml") {
                continue;
            }
            let origin = match area {
                "decide/engine" => DecideFile::read(&path).unwrap().origin,
                _ => CompileFile::read(&path).unwrap().origin,
            };
            let Origin::Inline { .. } = origin else {
                continue;
            };
            let compiled = compile(&origin);
            let wrong: BTreeSet<_> = compiled
                .diagnostics
                .iter()
                .filter(|found| found.severity == Severity::Error)
                .map(|found| found.primary.span.source)
                .collect();
            for (id, source) in compiled.sources.iter() {
                let ending = Path::new(source.name()).extension();
                if ending.is_some_and(|ending| ending == "yaml") {
                    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
                    found.push((stem, source.text().to_owned(), wrong.contains(&id)));
                }
            }
        }
    }
    found
}

#[test]
fn a_catalog_is_valid_by_the_schema_where_it_is_sound() {
    let schema = schema();
    let catalogs = catalogs();
    let mut sound = 0;
    for (fixture, text, _) in catalogs.iter().filter(|(_, _, wrong)| !wrong) {
        let data = data(text).unwrap();
        let complaints: Vec<String> = schema.iter_errors(&data).map(|e| e.to_string()).collect();
        assert!(complaints.is_empty(), "{fixture}: {complaints:#?}\n{text}");
        sound += 1;
    }
    assert!(sound > 50, "{sound}");
}

#[test]
fn what_the_schema_cannot_see_is_listed_and_nothing_else() {
    let schema = schema();
    let wrong = catalogs().into_iter().filter(|(_, _, wrong)| *wrong);
    let unseen: BTreeSet<String> = wrong
        .filter(|(_, text, _)| data(text).is_some_and(|data| schema.is_valid(&data)))
        .map(|(fixture, _, _)| fixture)
        .collect();
    let listed: BTreeSet<String> = UNSEEN.into_iter().map(str::to_owned).collect();
    assert_eq!(unseen, listed);
}

#[test]
fn every_shipped_catalog_is_valid_by_the_schema() {
    let schema = schema();
    let mut left = vec![root().join("rules")];
    let mut seen = 0;
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                let text = fs::read_to_string(&path).unwrap();
                // Case files are YAML as well.
                if !text.lines().any(|line| line.starts_with("catalog:")) {
                    continue;
                }
                let data = data(&text).unwrap();
                let found: Vec<String> = schema.iter_errors(&data).map(|e| e.to_string()).collect();
                assert!(found.is_empty(), "{}: {found:#?}", path.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 6);
}
