//! Every `test` block of every shipped policy and overlay comes out as it says.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]

use std::collections::BTreeMap;
use std::fs;

use portolan_core::engine::Engine;
use portolan_testkit::case::Origin;
use portolan_testkit::examples::unmet;
use portolan_testkit::policies::{compile, printed, root, shipped};

fn engine(origin: &Origin) -> Engine {
    let compiled = compile(origin);
    let findings = printed(&compiled.diagnostics, &compiled.sources);
    assert!(findings.is_empty(), "{origin:?}\n{findings}");
    compiled.engine.unwrap()
}

#[test]
fn the_examples_of_every_shipped_policy_hold() {
    let policies = shipped();
    assert!(policies.len() >= 3, "{policies:?}");
    for name in policies {
        let engine = engine(&Origin::Shipped(name.clone()));
        assert!(!engine.policy().tests.is_empty(), "{name} has no example");
        assert!(!engine.policy().proves.is_empty(), "{name} claims nothing");
        let complaints = unmet(&engine);
        assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    }
}

#[test]
fn the_examples_of_every_shipped_overlay_hold() {
    for name in shipped() {
        let overlays = fs::read_dir(root().join(&name).join("overlays"));
        for overlay in overlays.into_iter().flatten() {
            let path = overlay.unwrap().path();
            let path = path.strip_prefix(root()).unwrap();
            let engine = engine(&Origin::Shipped(path.to_string_lossy().into_owned()));
            // The base's own examples describe the base.
            let own: Vec<String> = unmet(&engine)
                .into_iter()
                .filter(|why| why.contains(&*path.file_name().unwrap().to_string_lossy()))
                .collect();
            assert!(own.is_empty(), "\n{}\n", own.join("\n"));
        }
    }
}

#[test]
fn an_example_that_does_not_hold_is_told() {
    let files = [
        (
            "policy.portolan",
            r#"
edition 1
policy p
use catalog "catalog.yaml"

test "wrong in every line"
  request { model: "alpha", stream: true } at 2026-01-01
  expect route { region: us, price.output: $2.00 }
  expect warn nothing-of-the-kind
  expect drop nothing-of-the-kind
  expect refuse 404 nothing-of-the-kind

test "a refusal is no route"
  request { model: "beta" }
  expect route
"#,
        ),
        (
            "catalog.yaml",
            r"
catalog: 1
regions: {us: {processing: US, storage: US}}
endpoints: {us: {host: us.example.com, path: /v1, ingress: US, region: us, default: true}}
providers: {here: {retention: zero}}
models: {alpha: {price: {input: 1.00, output: 3.00}, offerings: [{region: us, provider: here}]}}
",
        ),
    ];
    let files: BTreeMap<String, String> = files
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    let entry = "policy.portolan".to_owned();
    let complaints = unmet(&engine(&Origin::Inline { entry, files }));
    let expected = [
        "price.output: expected 2.00, found 3.00",
        "expected the warning nothing-of-the-kind",
        "expected a fallback to be dropped for nothing-of-the-kind",
        "expected 404 nothing-of-the-kind, found the route alpha@us",
        "expected a route, found 404",
    ];
    assert_eq!(complaints.len(), expected.len(), "{complaints:#?}");
    for (complaint, expected) in complaints.iter().zip(expected) {
        assert!(complaint.contains(expected), "{complaint}");
    }
}
