//! `convert` as people meet it.

use std::fs;

use insta::assert_snapshot;

use crate::run::{portolan, scratch};

const SMALL: &str = "# Ours.
catalog: 1
title: A gateway
regions:
  eu: {processing: EU27, multiplier: 1.10} # dearer
models:
  alpha:
    price: &list {input: 3.00, output: 15}
    offerings: [{region: eu}]
  beta: {price: *list}
";

#[test]
fn a_catalog_is_printed_in_either_notation() {
    let directory = scratch("convert", &[("catalog.yaml", SMALL)]);
    let yaml = directory.join("catalog.yaml");
    let rules = portolan(&["convert", yaml.to_str().unwrap(), "--to", "rules"]);
    assert_eq!(rules.status, 0, "{}", rules.stderr);
    assert_eq!(rules.stderr.lines().count(), 1);
    assert!(rules.stderr.contains("comments"), "{}", rules.stderr);
    assert_snapshot!(rules.stdout);
    let path = directory.join("catalog.portolan");
    fs::write(&path, &rules.stdout).unwrap();
    let back = portolan(&["convert", path.to_str().unwrap(), "--to", "yaml"]);
    assert_eq!(back.status, 0, "{}", back.stderr);
    assert_snapshot!(back.stdout);
}

#[test]
fn a_catalog_that_cannot_be_read_is_shown_where_and_not_converted() {
    let directory = scratch(
        "convert-broken",
        &[("catalog.yaml", "a: 1\nb: {c: 2, c: 3}\n")],
    );
    let path = directory.join("catalog.yaml");
    let ran = portolan(&["convert", path.to_str().unwrap(), "--to", "rules"]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.stdout, "");
    assert_snapshot!(ran.stderr.replace(directory.to_str().unwrap(), "broken"));
}

#[test]
fn what_is_no_catalog_file_is_a_wrong_input() {
    for (path, word) in [
        ("rules/nowhere.yaml", "there is no such file"),
        ("rules", "`rules` is a directory"),
        (".", "`.` is a directory"),
        (
            "rules/assemblyai/policy.portolan",
            "this is a policy; only catalogs are converted",
        ),
    ] {
        let ran = portolan(&["convert", path, "--to", "yaml"]);
        assert_eq!(ran.status, 1);
        assert_eq!(ran.stdout, "");
        assert!(
            ran.stderr.contains(path) && ran.stderr.contains(word),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(
        portolan(&["convert", "rules/assemblyai/catalog.yaml"]).status,
        2
    );
}
