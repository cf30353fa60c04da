//! Questions as they are put to a solver, looked at one request at a time: the formulas say what
//! the interpreter says. No solver is needed for that; `tests/z3` has one.
//! `PORTOLAN_LAWS=20` makes for twenty times as many policies.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]

use portolan_core::engine::Engine;
use portolan_core::policy::{Goal, Prove};
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, differed, printed, shipped};
use portolan_testkit::random::{Example, ask};
use portolan_testkit::second_opinion::{request, speaks_against};
use portolan_verify::prove::{Outcome, answers};
use portolan_verify::smt::{Question, Unsupported};
use portolan_wire::write_request;

const POLICIES: u64 = 25;
const QUESTIONS: usize = 8;
const REQUESTS: usize = 25;
const SHIPPED_REQUESTS: usize = 1_000;

/// What was found of some questions.
#[derive(Debug, Default)]
struct Found {
    for_it: usize,
    against_it: usize,
    /// Those that can be posted.
    posted: usize,
}

impl Found {
    /// Asks one question of one request.
    fn ask(&mut self, engine: &Engine, question: &Question<'_>, draft: &Draft) {
        let state = State::default();
        let expected = speaks_against(engine, question.prove(), draft, &state).unwrap();
        let found = question.refuted_by(draft, &state);
        assert_eq!(
            found,
            expected,
            "{:?}\nspeaks against `{}` {:?} where {:?}",
            draft,
            question.prove().name,
            question.prove().goal,
            question.prove().filter,
        );
        if write_request(draft, &state).is_ok() {
            self.posted += 1;
            assert!(
                question.includes(draft, &state),
                "posted, and left out: {draft:?}"
            );
        }
        if found {
            self.against_it += 1;
        } else {
            self.for_it += 1;
        }
    }
}

#[test]
fn formulas_say_what_the_interpreter_says_of_random_policies() {
    let scale = std::env::var("PORTOLAN_LAWS").ok();
    let scale: u64 = scale.and_then(|times| times.parse().ok()).unwrap_or(1);
    let mut found = Found::default();
    let (mut compiled, mut rejected) = (0, Vec::new());
    for seed in 0..POLICIES * scale {
        let example = Example::with_proves(seed, 3);
        let compilation = example.compile();
        let Some(engine) = compilation.engine else {
            rejected.push(printed(&compilation.diagnostics, &compilation.sources));
            continue;
        };
        compiled += 1;
        let domain = Domain::of(&engine);
        let dice = &mut Dice::new(seed ^ 0x5eed);
        for _ in 0..QUESTIONS {
            let Some(prove) = ask(dice, engine.policy()) else {
                continue;
            };
            // Whether a route that has no place in the plan counts is asked of no question.
            let planned = engine.policy().plan_at_most.is_some();
            if planned && matches!(prove.goal, Goal::SomeModelRoutes(_)) {
                continue;
            }
            let question = match Question::new(&engine, &prove) {
                Err(Unsupported::NamesModel) => continue,
                question => question.unwrap(),
            };
            for _ in 0..REQUESTS {
                let draft = request(dice, &engine, &domain, &prove);
                found.ask(&engine, &question, &draft);
            }
        }
    }
    let few = rejected.len() * 10 < compiled;
    assert!(few, "{compiled} compiled, not: {}", rejected.join("\n"));
    let both = found.for_it > 500 && found.against_it > 500 && found.posted > 500;
    assert!(both, "{found:?}");
}

#[test]
fn formulas_say_what_the_interpreter_says_of_shipped_policies() {
    for name in shipped() {
        let engine = compile(&Origin::Shipped(name.clone())).engine.unwrap();
        let domain = Domain::of(&engine);
        let dice = &mut Dice::new(7);
        let mut found = Found::default();
        for _ in 0..4 {
            let prove = ask(dice, engine.policy()).unwrap();
            let question = match Question::new(&engine, &prove) {
                Err(Unsupported::NamesModel) => continue,
                question => question.unwrap(),
            };
            for _ in 0..SHIPPED_REQUESTS / 4 {
                let draft = request(dice, &engine, &domain, &prove);
                found.ask(&engine, &question, &draft);
            }
        }
        assert!(found.for_it > 0, "{name}: {found:?}");
    }
}

/// What the prover says, by question; what it finds against a claim, a solver may find too.
fn proved(engine: &Engine) -> Vec<(&Prove, Outcome)> {
    let proves: Vec<&Prove> = engine.policy().proves.iter().collect();
    let posted = |draft: &Draft| write_request(draft, &State::default()).is_ok();
    let outcomes = answers(engine, &proves, &posted, &|_| None);
    let all: Vec<(&Prove, Outcome)> = proves
        .into_iter()
        .zip(outcomes.into_iter().map(|(_, outcome)| outcome))
        .collect();
    for (prove, outcome) in &all {
        let (Outcome::Refuted(found), Ok(question)) = (outcome, Question::new(engine, prove))
        else {
            continue;
        };
        let (draft, state) = (&found.draft, &found.state);
        let left_out = question.left_out_by(draft, state);
        assert!(
            left_out.is_empty(),
            "{}: {left_out:?}\n{draft:?}",
            prove.name
        );
        let said = question.refuted_by(draft, state);
        assert!(said, "{}: {draft:?}", prove.name);
    }
    all
}

#[test]
fn what_the_prover_finds_a_solver_may_find() {
    let scale = std::env::var("PORTOLAN_LAWS").ok();
    let scale: u64 = scale.and_then(|times| times.parse().ok()).unwrap_or(1);
    let mut refuted = 0;
    for seed in 0..POLICIES * scale {
        if let Some(engine) = Example::with_proves(seed, QUESTIONS).compile().engine {
            let found = proved(&engine);
            let found = found
                .iter()
                .filter(|(_, of)| matches!(of, Outcome::Refuted(_)));
            refuted += found.count();
        }
    }
    assert!(refuted > 40, "{refuted}");
}

#[test]
fn questions_on_which_they_once_differed_are_answered_as_their_names_say() {
    let mut all = 0;
    for name in differed() {
        let compilation = compile(&Origin::Shipped(name.clone()));
        let findings = printed(&compilation.diagnostics, &compilation.sources);
        let engine = compilation.engine.expect(&findings);
        for (prove, outcome) in proved(&engine) {
            let said = match outcome {
                Outcome::Proved => "-is-proved",
                Outcome::Refuted(_) => "-is-refuted",
                Outcome::Inconclusive(_) => "-is-open",
            };
            assert!(prove.name.ends_with(said), "{name}: {}{said}", prove.name);
            all += 1;
        }
    }
    assert!(all >= 5, "{all}");
}
