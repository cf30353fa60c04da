//! What is proved of all requests no request breaks, and what is refuted one does: of random
//! policies with random claims of every form, and of the shipped ones.
//! `PORTOLAN_LAWS=20` makes for twenty times as many.

#![expect(clippy::panic, reason = "tests panic to fail")]

use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::claims::steer;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, printed, shipped};
use portolan_testkit::random::Example;
use portolan_testkit::second_opinion::{request, speaks_against};
use portolan_verify::prove::{Asking, Outcome, prove};

const POLICIES: u64 = 20;
/// A policy with a claim that only a request in a certain state speaks against.
const BY_A_STATE: u64 = 222;
const CLAIMS: usize = 6;
const REQUESTS: u64 = 60;

fn scale() -> u64 {
    let scale = std::env::var("PORTOLAN_LAWS").ok();
    scale.and_then(|times| times.parse().ok()).unwrap_or(1)
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

/// How many were proved, refuted (by a state, some of them) and neither, and of how many requests
/// the proved ones were asked.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    proved: usize,
    refuted: usize,
    by_a_state: usize,
    unknown: usize,
    requests: usize,
}

/// Compares every answer with what the interpreter says of one request after the other.
fn compare(engine: &Engine, name: &str, count: &mut Count) {
    let all: Vec<usize> = (0..engine.policy().proves.len()).collect();
    let domain = Domain::of(engine);
    for proof in prove(engine, asking(&all)) {
        let Some(claim) = engine.policy().proves.get(proof.prove) else {
            panic!("{name}: no such claim");
        };
        let speaks = |draft: &Draft, state: &State| speaks_against(engine, claim, draft, state);
        match &proof.outcome {
            Outcome::Inconclusive(_) => count.unknown += 1,
            Outcome::Refuted(refutation) => {
                count.refuted += 1;
                // A plan with room for one attempt may come to a bad one in this state alone.
                let (draft, state) = (&refutation.draft, &refutation.state);
                count.by_a_state += usize::from(*state != State::default());
                let spoken = speaks(draft, state);
                assert_eq!(spoken, Ok(true), "{name}: {claim:?}\n{draft:?}\n{state:?}");
            }
            Outcome::Proved => {
                count.proved += 1;
                for seed in 0..REQUESTS {
                    let mut dice = Dice::new(seed ^ 0x0ff5_e75e_ed00);
                    let mut draft = request(&mut dice, engine, &domain, claim);
                    if dice.chance(60) {
                        steer(engine, claim, &mut draft, &mut dice);
                    }
                    // What nobody can post is no request.
                    if posted(&draft) {
                        count.requests += 1;
                        let spoken = speaks(&draft, &State::default());
                        assert_ne!(spoken, Ok(true), "{name}: {claim:?}\n{draft:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn proofs_of_random_policies_say_what_the_interpreter_says() {
    let mut count = Count::default();
    let mut rejected = Vec::new();
    for seed in (0..POLICIES * scale()).chain([BY_A_STATE]) {
        let example = Example::with_proves(seed, CLAIMS);
        let compiled = example.compile();
        match &compiled.engine {
            Some(engine) => compare(
                engine,
                &format!("seed {seed}\n{}", example.policy),
                &mut count,
            ),
            None => rejected.push(printed(&compiled.diagnostics, &compiled.sources)),
        }
    }
    assert!(rejected.is_empty(), "{rejected:#?}");
    let asked = count.proved + count.refuted + count.unknown;
    assert!(count.unknown * 10 < asked, "{count:?}");
    assert!(count.by_a_state > 0, "{count:?}");
    assert!(count.requests > 20 * count.proved, "{count:?}");
    assert!(count.proved.min(count.refuted) * 4 > asked, "{count:?}");
}

#[test]
fn what_the_shipped_policies_claim_is_proved() {
    for name in shipped() {
        let compiled = compile(&Origin::Shipped(name.clone()));
        let Some(engine) = &compiled.engine else {
            panic!("{name} does not compile");
        };
        let all: Vec<usize> = (0..engine.policy().proves.len()).collect();
        for proof in prove(engine, asking(&all)) {
            let claim = engine.policy().proves.get(proof.prove).map(|p| &*p.name);
            let proved = matches!(proof.outcome, Outcome::Proved);
            assert!(proved, "{name}: {claim:?}: {:?}", proof.outcome);
        }
    }
}
