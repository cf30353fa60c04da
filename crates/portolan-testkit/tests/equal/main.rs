//! The compiled form says what the reference interpreter says: over random policies that use all
//! of the language, and over the shipped ones. `PORTOLAN_LAWS=20` makes for twenty times as many.
//!
//! How policies and requests are made is the testkit's (`random`, `domain`); what is compared is
//! `agree`'s.

mod coverage;
mod grid;
mod locks;

use std::sync::OnceLock;

use portolan_core::engine::Engine;
use portolan_core::request::{Body, Call, Draft, Fields, State};
use portolan_testkit::agree::{Asked, agree, agree_on_call};
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

/// Random policies that compiled, with their seeds, and what the others were refused for.
struct Compiled {
    all: Vec<(u64, Example, Engine)>,
    rejected: Vec<String>,
}

/// The first `POLICIES`, compiled once for all tests.
fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let mut compiled = Compiled {
            all: Vec::new(),
            rejected: Vec::new(),
        };
        for seed in 0..POLICIES {
            let example = Example::from_seed(seed);
            let found = example.compile();
            if let Some(engine) = found.engine {
                compiled.all.push((seed, example, engine));
            } else {
                let why = printed(&found.diagnostics, &found.sources);
                let policy = example.policy;
                compiled
                    .rejected
                    .push(format!("seed {seed}: {why}\n{policy}"));
            }
        }
        compiled
    })
}

#[test]
fn nearly_every_random_policy_compiles() {
    let rejected = &compiled().rejected;
    let most = usize::try_from(POLICIES / 100).unwrap();
    let many = rejected.len();
    assert!(many <= most, "{many} of {POLICIES}:\n{}", rejected[0]);
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

/// More random policies than are kept.
fn more() -> impl Iterator<Item = (u64, Example, Engine)> {
    (POLICIES..POLICIES * scale()).filter_map(|seed| {
        let example = Example::from_seed(seed);
        let engine = example.compile().engine?;
        Some((seed, example, engine))
    })
}

#[test]
fn the_compiled_form_agrees_with_the_reference_on_random_policies() {
    let mut count = Count::default();
    let mut differences = Vec::new();
    let mut ask = |seed: u64, example: &Example, engine: &Engine| {
        if let Some((draft, state)) = asked_of(engine, seed, REQUESTS, &mut count) {
            differences.push((seed, example.clone(), draft, state));
        }
        // Ten are enough.
        differences.len() < 10
    };
    if compiled()
        .all
        .iter()
        .all(|(seed, example, engine)| ask(*seed, example, engine))
    {
        let _ = more().all(|(seed, example, engine)| ask(seed, &example, &engine));
    }
    if let Some((seed, example, draft, state)) = differences.first() {
        let Difference {
            example: Example { policy, catalog },
            draft,
            state,
            said,
        } = Difference::of(example, draft, state).unwrap().smallest();
        let shown = shown(&draft, &state, &said);
        let found = differences.len();
        panic!("{found} policies differ, {seed} the first: {shown}\n{policy}\n---\n{catalog}");
    }
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
fn a_call_with_more_fallbacks_than_anybody_looks_at_is_decided_alike() {
    for (seed, _, engine) in compiled().all.iter().step_by(10) {
        let domain = Domain::of(engine);
        let mut dice = Dice::new(*seed);
        for _ in 0..REQUESTS / 10 {
            let (draft, state) = (domain.draft(&mut dice), domain.state(&mut dice));
            let caller = engine.caller(draft.endpoint.as_deref(), &draft.attributes);
            let caller = caller.unwrap();
            let others: Vec<Draft> = (0..24).map(|_| domain.draft(&mut dice)).collect();
            let fallbacks: Vec<Fields<'_>> = others.iter().map(|d| (&d.body).into()).collect();
            let call = Call::new(&caller, draft.at, (&draft.body).into());
            let call = call.with_fallbacks(&fallbacks);
            let agreed = agree_on_call(engine, &call, &state);
            assert!(agreed.is_ok(), "{}", agreed.unwrap_err());
        }
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
    for (_, _, engine) in &self::compiled().all {
        let extent = engine.extent();
        compiled += extent.compiled;
        interpreted += extent.interpreted;
    }
    assert!(interpreted * 100 <= compiled, "{interpreted} of {compiled}");
}
