//! What should hold of every policy holds of every shipped one, and what a policy can get wrong is
//! shown by a request.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests panic to fail")]

use std::collections::BTreeMap;
use std::fs;

use portolan_core::engine::Engine;
use portolan_core::policy::BodyField;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::policies::{compile, printed, root, shipped};
use portolan_verify::theorems::{Because, Law, Outcome, Theorem, theorems};

/// Says whether some posted request is this one.
fn posted(draft: &Draft) -> bool {
    portolan_wire::write_request(draft, &State::default()).is_ok()
}

fn of(engine: &Engine) -> [Theorem; 3] {
    theorems(engine, &posted).try_into().unwrap()
}

fn holds(theorem: &Theorem) -> bool {
    matches!(theorem.outcome, Outcome::Holds)
}

#[test]
fn every_law_holds_of_every_shipped_policy_and_was_put_to_the_test() {
    for name in shipped() {
        let engine = compile(&Origin::Shipped(name.clone())).engine.unwrap();
        for theorem in of(&engine) {
            assert!(holds(&theorem), "{name}: {theorem:?}");
            assert!(theorem.looked > 100, "{name}: {theorem:?}");
        }
    }
}

/// What leaks there is what a policy claims of itself; no law forbids it.
#[test]
fn every_law_holds_of_every_leaky_policy() {
    let entries = fs::read_dir(root().join("rules/examples/leaky")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.is_dir()) {
        let name = path.file_name().unwrap().to_string_lossy();
        let origin = Origin::Shipped(format!("rules/examples/leaky/{name}"));
        let engine = compile(&origin).engine.unwrap();
        for theorem in of(&engine) {
            assert!(holds(&theorem), "{name}: {theorem:?}");
        }
    }
}

const CATALOG: &str = "catalog: 1
title: t
as_of: 2026-03-15
source: t
sources: {t: {title: t}}
regions:
  us: {processing: US, storage: US}
  eu: {processing: EU27, storage: EU27}
endpoints:
  all: {host: all.example.com, path: /v1, ingress: EU27, region: eu, default: true}
providers: {here: {retention: zero}}
models:
  chat-1:
    price: {input: 2.50, output: 10.00}
    offerings:
      - {region: us, provider: here}
      - {region: eu, provider: here, multiplier: 1.10}
";

/// A policy under which a price is no obstacle to whoever names a service tier.
fn engine(heads: &str) -> Engine {
    let policy = format!(
        "edition 1\npolicy p\nuse catalog \"catalog.yaml\"\n{heads}
exclude 404 dear
  when request.service_tier is not set and route.price.output is set
    and route.price.output > $10.50
  say \"costs too much\"
lock ingress within EU27
"
    );
    let files = [
        ("policy.portolan", policy.as_str()),
        ("catalog.yaml", CATALOG),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let compiled = compile(&Origin::Inline {
        entry: "policy.portolan".to_owned(),
        files: BTreeMap::from(files),
    });
    let findings = printed(&compiled.diagnostics, &compiled.sources);
    let Some(engine) = compiled.engine else {
        panic!("{findings}");
    };
    engine
}

#[test]
fn a_field_that_lets_a_request_go_to_another_continent_is_found_unless_it_is_an_opt_in() {
    let engine_without = engine("");
    let [locks, opt_ins, _] = of(&engine_without);
    assert!(holds(&locks), "{locks:?}");
    assert_eq!(opt_ins.law, Law::OnlyOptInsWiden);
    let Outcome::Violated(violation) = &opt_ins.outcome else {
        panic!("{opt_ins:?}");
    };
    let Because::Field { field, route } = &violation.because else {
        panic!("{violation:?}");
    };
    assert_eq!(*field, BodyField::ServiceTier);
    let offering = engine_without.catalog().offering(route.offering).unwrap();
    let region = engine_without.catalog().region(offering.region).unwrap();
    assert_eq!(&*region.name, "eu");
    assert!(violation.draft.body.service_tier.is_some());

    let [.., opt_ins, _] = of(&engine("opt-in request.service_tier"));
    assert!(holds(&opt_ins), "{opt_ins:?}");
}
