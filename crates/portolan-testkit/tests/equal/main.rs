//! The compiled form says what the reference interpreter says: over random policies that use all
//! of the language, and over the shipped ones. `PORTOLAN_LAWS=20` makes for twenty times as many.
//!
//! How policies and requests are made is the testkit's (`random`, `domain`); what is compared is
//! `agree`'s. Differences that were found once stand in `tests/differences.rs`.

mod coverage;

use std::fmt::Write as _;

use portolan_core::engine::Engine;
use portolan_core::request::{Body, Draft, State};
use portolan_testkit::agree::{Asked, agree};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, printed, shipped};
use portolan_testkit::random::Example;
use portolan_testkit::shrink::Difference;

/// Random policies, requests to each of them, and requests to each shipped policy.
const POLICIES: u64 = 500;
const REQUESTS: u64 = 60;
const SHIPPED_REQUESTS: u64 = 5_000;

fn scale() -> u64 {
    let given = std::env::var("PORTOLAN_LAWS").ok();
    given.and_then(|times| times.parse().ok()).unwrap_or(1)
}

#[test]
fn nearly_every_random_policy_compiles() {
    let mut rejected = Vec::new();
    for seed in 0..POLICIES {
        let example = Example::from_seed(seed);
        let compiled = example.compile();
        if compiled.engine.is_none() {
            let why = printed(&compiled.diagnostics, &compiled.sources);
            rejected.push(format!("seed {seed}: {why}\n{}", example.policy));
        }
    }
    let most = usize::try_from(POLICIES / 100).unwrap();
    assert!(
        rejected.len() <= most,
        "{} of {POLICIES}:\n{}",
        rejected.len(),
        rejected.first().unwrap()
    );
}

/// How many requests came to what.
#[derive(Default)]
struct Count {
    routes: usize,
    refusals: usize,
    others: usize,
}

impl Count {
    fn add(&mut self, asked: Asked) {
        match asked {
            Asked::Route => self.routes += 1,
            Asked::Refuse => self.refusals += 1,
            Asked::NotAccepted => self.others += 1,
        }
    }
}

/// Everything about a difference that it takes to see it again.
fn shown(draft: &Draft, state: &State, said: &str) -> String {
    let mut draft_text = format!("{draft:#?}");
    // Fields at their defaults say nothing.
    let plain = format!("{:#?}", Body::default());
    for line in plain.lines().filter(|line| line.starts_with("    ")) {
        for indent in ["", "    ", "        "] {
            draft_text = draft_text.replace(&format!("\n{indent}{line}\n"), "\n");
        }
    }
    format!("{said}\n{draft_text}\n{state:#?}")
}

fn asked_of(
    engine: &Engine,
    seed: u64,
    requests: u64,
    count: &mut Count,
) -> Option<(Draft, State)> {
    let domain = Domain::of(engine);
    for request in 0..requests {
        let mut dice = Dice::new(seed.wrapping_mul(1_000_003).wrapping_add(request));
        let (draft, state) = (domain.draft(&mut dice), domain.state(&mut dice));
        match agree(engine, &draft, &state) {
            Ok(asked) => count.add(asked),
            Err(_) => return Some((draft, state)),
        }
    }
    None
}

#[test]
fn the_compiled_form_agrees_with_the_reference_on_random_policies() {
    let mut count = Count::default();
    let mut differences = String::new();
    let mut found = 0;
    for seed in 0..POLICIES * scale() {
        let example = Example::from_seed(seed);
        let Some(engine) = example.compile().engine else {
            continue;
        };
        let Some((draft, state)) = asked_of(&engine, seed, REQUESTS, &mut count) else {
            continue;
        };
        found += 1;
        if found <= 3 {
            let difference = Difference::of(&example, &draft, &state).unwrap().smallest();
            let Difference {
                example,
                draft,
                state,
                said,
            } = difference;
            let shown = shown(&draft, &state, &said);
            let Example { policy, catalog } = example;
            writeln!(
                differences,
                "seed {seed}: {shown}\n{policy}\n---\n{catalog}"
            )
            .unwrap();
        }
    }
    assert!(found == 0, "{found} policies differ:\n{differences}");
    let all = count.routes + count.refusals + count.others;
    assert!(count.others == 0, "{} are no requests", count.others);
    assert!(
        count.routes * 5 > all && count.refusals * 5 > all,
        "{} routes and {} refusals of {all}",
        count.routes,
        count.refusals
    );
}

#[test]
fn the_compiled_form_agrees_with_the_reference_on_shipped_policies() {
    for name in shipped() {
        let engine = compile(&Origin::Shipped(name.clone())).engine.unwrap();
        let mut count = Count::default();
        let requests = SHIPPED_REQUESTS * scale();
        if let Some((draft, state)) = asked_of(&engine, 1, requests, &mut count) {
            let said = agree(&engine, &draft, &state).unwrap_err();
            panic!("{name}: {}", shown(&draft, &state, &said));
        }
        assert!(count.routes > 0 && count.refusals > 0, "{name}");
    }
}

#[test]
fn the_interpreter_stands_in_for_next_to_nothing() {
    for policy in shipped() {
        let engine = compile(&Origin::Shipped(policy.clone())).engine.unwrap();
        let extent = engine.extent();
        assert_eq!(extent.interpreted, 0, "{policy}: {extent:?}");
        assert!(extent.compiled > 0, "{policy}: {extent:?}");
    }
    let (mut compiled, mut interpreted) = (0, 0);
    for seed in 0..POLICIES {
        if let Some(engine) = Example::from_seed(seed).compile().engine {
            let extent = engine.extent();
            compiled += extent.compiled;
            interpreted += extent.interpreted;
        }
    }
    assert!(interpreted * 100 <= compiled, "{interpreted} of {compiled}");
}
