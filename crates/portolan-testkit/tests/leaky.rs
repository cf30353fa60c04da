//! `rules/examples/leaky`: every claim of every policy there is broken by some request, and holds
//! under the overlay that puts a lock over the leak.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]

use std::collections::BTreeSet;
use std::fs;

use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::claims::{Asked, Said, said};
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::examples::unmet;
use portolan_testkit::policies::{compile, printed, root};
use portolan_verify::prove::{Asking, Outcome, prove};

const LEAKY: &str = "rules/examples/leaky";
/// Requests put to each policy.
const REQUESTS: u64 = 2_000;

fn engine(path: &str) -> Engine {
    let compiled = compile(&Origin::Shipped(path.to_owned()));
    let findings = printed(&compiled.diagnostics, &compiled.sources);
    assert!(findings.is_empty(), "{path}\n{findings}");
    compiled.engine.unwrap()
}

fn leaky() -> Vec<String> {
    let entries = fs::read_dir(root().join(LEAKY)).unwrap();
    let directories = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir());
    let name = |path: std::path::PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut names: Vec<String> = directories.map(name).collect();
    names.sort();
    names
}

/// The claims that some request breaks.
fn broken(engine: &Engine) -> BTreeSet<&str> {
    let (domain, asked) = (Domain::of(engine), Asked::of(engine));
    let mut broken = BTreeSet::new();
    for seed in 0..REQUESTS {
        let mut dice = Dice::new(seed);
        let draft = domain.draft(&mut dice);
        broken.extend(
            asked
                .broken(&draft, &mut dice)
                .into_iter()
                .map(|(claim, _)| claim),
        );
    }
    broken
}

#[test]
fn every_leak_is_found_and_is_closed_by_a_lock() {
    for name in leaky() {
        let open = engine(&format!("{LEAKY}/{name}"));
        let locked = engine(&format!("{LEAKY}/{name}/overlays/locked.portolan"));
        let claims: BTreeSet<&str> = open.policy().proves.iter().map(|p| &*p.name).collect();
        assert!(!claims.is_empty(), "{name} claims nothing");
        assert_eq!(broken(&open), claims, "{name}");
        assert_eq!(broken(&locked), BTreeSet::new(), "{name}, locked");
    }
}

#[test]
fn every_leak_is_refuted_and_under_the_lock_the_claim_is_proved() {
    for name in leaky() {
        let open = engine(&format!("{LEAKY}/{name}"));
        let locked = engine(&format!("{LEAKY}/{name}/overlays/locked.portolan"));
        let all: Vec<usize> = (0..open.policy().proves.len()).collect();
        for proof in prove(&open, asking(&all)) {
            let Outcome::Refuted(refutation) = &proof.outcome else {
                panic!("{name}: {:?}", proof.outcome);
            };
            let claim = &open.policy().proves[proof.prove];
            assert_eq!(said(&open, claim, &refutation.draft), Said::Fails, "{name}");
        }
        for proof in prove(&locked, asking(&all)) {
            assert!(matches!(proof.outcome, Outcome::Proved), "{name}, locked");
        }
    }
}

/// What is asked of these claims: none is about a second policy.
fn asking(wanted: &[usize]) -> Asking<'_> {
    Asking {
        wanted,
        posted: &posted,
        other: &|_| None,
    }
}

/// Says whether some posted request is this one.
fn posted(draft: &Draft) -> bool {
    portolan_wire::write_request(draft, &State::default()).is_ok()
}

#[test]
fn the_examples_show_the_leak_and_that_it_is_closed() {
    for name in leaky() {
        let open = engine(&format!("{LEAKY}/{name}"));
        assert!(!open.policy().tests.is_empty(), "{name} has no example");
        let mut complaints = unmet(&open);
        let locked = engine(&format!("{LEAKY}/{name}/overlays/locked.portolan"));
        // The base's own examples describe the base.
        let own = unmet(&locked).into_iter();
        complaints.extend(own.filter(|why| why.contains("locked.portolan")));
        assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    }
}

#[test]
fn every_leak_is_told_of() {
    let all = fs::read_to_string(root().join(LEAKY).join("README.md")).unwrap();
    let names = leaky();
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        assert!(all.contains(&format!("| `{name}/` |")), "{name}");
        let own = root().join(LEAKY).join(&name).join("README.md");
        assert!(own.is_file(), "{name}");
    }
}
