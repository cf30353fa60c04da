//! Proofs, checked by asking: what is proved holds of every request that is tried, what is refuted
//! is refuted by a request that can be posted, and little is left open.
//! `PORTOLAN_LAWS=20` makes for twenty times as many policies.
//!
//! What a claim says of one request is the interpreter's word, by `second_opinion`, which shares
//! no code with the proofs.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests panic to fail")]

mod grid;
mod lemmas;

use std::collections::BTreeMap;

use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::{Claim, Goal, Prove};
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::claims::steer;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, shipped};
use portolan_testkit::posted;
use portolan_testkit::random::{Example, ask};
use portolan_testkit::second_opinion::{request, speaks_against};
use portolan_verify::prove::{Outcome, answers};
use portolan_wire::{read_envelope, write_request};

const POLICIES: u64 = 120;
const QUESTIONS: usize = 6;
/// Requests put to each question that was proved.
const REQUESTS: u64 = 150;
const SHIPPED_REQUESTS: u64 = 500;

fn scale() -> u64 {
    let given = std::env::var("PORTOLAN_LAWS").ok();
    given.and_then(|times| times.parse().ok()).unwrap_or(1)
}

fn postable(draft: &Draft) -> bool {
    write_request(draft, &State::default()).is_ok()
}

fn read(engine: &Engine, text: &str) -> Draft {
    let now = Instant::from_unix_seconds(0);
    let names = engine.policy().attribute_names();
    let call = read_envelope(text.as_bytes(), names, now);
    call.unwrap_or_else(|error| panic!("{error}: {text}")).draft
}

/// A request worth asking a question of: a posted one, one with a fallback, or any.
fn worth_asking(engine: &Engine, domain: &Domain, prove: &Prove, dice: &mut Dice) -> Draft {
    let mut draft = match dice.below(3) {
        0 => read(engine, &posted::envelope(dice, domain)),
        1 => request(dice, engine, domain, prove),
        _ => domain.draft(dice),
    };
    if dice.chance(60) {
        steer(engine, prove, &mut draft, dice);
    }
    draft
}

/// What came of some questions.
#[derive(Debug, Default)]
struct Count {
    proved: usize,
    refuted: usize,
    with_fallbacks: usize,
    inconclusive: BTreeMap<String, usize>,
    requests: u64,
}

/// What a premise says of every attempt it says of all legal ones, whatever is known about now.
fn is_about_the_legal_plan(prove: &Prove) -> bool {
    let Goal::Claim { premises, .. } = &prove.goal else {
        return false;
    };
    let every = |premise: &Claim| matches!(premise, Claim::Every(_));
    premises.iter().any(every)
}

fn shown(prove: &Prove) -> String {
    format!(
        "`{}` {:?}\nwhere {:?}\n{:?}",
        prove.name, prove.goal, prove.filter, prove.between
    )
}

impl Count {
    /// Answers questions, and checks every answer.
    fn check(&mut self, engine: &Engine, proves: &[Prove], requests: u64, about: &str) {
        let domain = Domain::of(engine);
        let asked: Vec<&Prove> = proves.iter().collect();
        let answered = answers(engine, &asked, &postable, &|_| None);
        assert_eq!(answered.len(), proves.len());
        for (seed, (prove, (_, outcome))) in (0u64..).zip(proves.iter().zip(answered)) {
            // What has no place in the plan routes, and the interpreter's plan does not show it.
            let planned = engine.policy().plan_at_most.is_some();
            if planned && matches!(prove.goal, Goal::SomeModelRoutes(_)) {
                continue;
            }
            match outcome {
                Outcome::Proved => {
                    self.proved += 1;
                    for request in 0..requests {
                        let dice = &mut Dice::new(seed.wrapping_mul(1_000_003) + request);
                        let draft = worth_asking(engine, &domain, prove, dice);
                        let state = if is_about_the_legal_plan(prove) {
                            State::default()
                        } else {
                            domain.state(dice)
                        };
                        self.requests += 1;
                        let against = speaks_against(engine, prove, &draft, &state).unwrap();
                        let shows = against && postable(&draft);
                        assert!(!shows, "{about}: {} is not so\n{draft:#?}", shown(prove));
                    }
                }
                Outcome::Refuted(found) => {
                    self.refuted += 1;
                    self.with_fallbacks += usize::from(!found.draft.fallbacks.is_empty());
                    let text = write_request(&found.draft, &found.state).unwrap();
                    let again = read(engine, &text);
                    let against = speaks_against(engine, prove, &again, &found.state).unwrap();
                    assert!(against, "{about}: {} by {text}", shown(prove));
                }
                Outcome::Inconclusive(reason) => {
                    *self.inconclusive.entry(format!("{reason:?}")).or_default() += 1;
                }
            }
        }
    }
}

#[test]
fn proofs_over_random_policies_hold_of_every_request_that_is_tried() {
    let mut count = Count::default();
    for seed in 0..POLICIES * scale() {
        let Some(engine) = Example::with_proves(seed, 3).compile().engine else {
            continue;
        };
        let dice = &mut Dice::new(seed ^ 0x9e37);
        let mut proves = engine.policy().proves.clone();
        proves.extend((0..QUESTIONS).filter_map(|_| ask(dice, engine.policy())));
        count.check(&engine, &proves, REQUESTS, &format!("seed {seed}"));
    }
    println!("{count:?}");
    assert!(count.proved > 100 && count.refuted > 100, "{count:?}");
}

#[test]
fn proofs_over_shipped_policies_hold_of_every_request_that_is_tried() {
    for name in shipped() {
        let mut count = Count::default();
        let engine = compile(&Origin::Shipped(name.clone())).engine.unwrap();
        let mut proves = engine.policy().proves.clone();
        let dice = &mut Dice::new(7);
        proves.extend((0..QUESTIONS).filter_map(|_| ask(dice, engine.policy())));
        count.check(&engine, &proves, SHIPPED_REQUESTS * scale(), &name);
        println!("{name}: {count:?}");
    }
}
