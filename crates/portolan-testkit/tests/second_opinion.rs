//! Questions as they are put to a solver, looked at one request at a time: the formulas say what
//! the interpreter says. No solver is needed for that; `tests/z3` has one.
//! `PORTOLAN_LAWS=20` makes for twenty times as many policies.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]

use portolan_core::engine::Engine;
use portolan_core::policy::{Claim, Goal, Prove};
use portolan_core::request::{Auth, Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, printed, shipped};
use portolan_testkit::random::{Example, ask};
use portolan_testkit::second_opinion::speaks_against;
use portolan_verify::smt::{Question, Unsupported};

const POLICIES: u64 = 60;
const QUESTIONS: usize = 8;
const REQUESTS: usize = 25;
const SHIPPED_REQUESTS: usize = 2_000;

/// What was found of some questions.
#[derive(Debug, Default)]
struct Found {
    for_it: usize,
    against_it: usize,
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
        if found {
            self.against_it += 1;
        } else {
            self.for_it += 1;
        }
    }
}

/// A request that a question can be asked of: nothing less than nothing in it, and at most one
/// fallback, which names something that the catalog knows.
fn draft(dice: &mut Dice, engine: &Engine, domain: &Domain, prove: &Prove) -> Draft {
    let mut draft = domain.draft(dice);
    draft.fallbacks.truncate(1);
    let attempts = match &prove.goal {
        Goal::Claim { premises, claim } => {
            let mut all = premises.iter().chain([claim]);
            all.any(|claim| matches!(claim, Claim::Every(_)))
        }
        Goal::SomeModelRoutes(_) | Goal::SameDecisionAs { .. } => false,
    };
    if !attempts {
        draft.fallbacks.clear();
    }
    let prefix = engine.policy().model_prefix.as_deref().unwrap_or("");
    let known = |id: &str| {
        let id = id.strip_prefix(prefix).unwrap_or(id);
        engine.catalog().lookup(id, draft.at).value.is_some()
    };
    let named = draft.fallbacks.first().and_then(|body| body.model.clone());
    if !named.is_some_and(|id| known(&id)) {
        draft.fallbacks.clear();
    }
    draft.chain.count = draft.chain.count.max(0);
    for body in [&mut draft.body].into_iter().chain(&mut draft.fallbacks) {
        body.input_tokens = body.input_tokens.max(0);
        body.transcript_id_malformed &= body.transcript_id.is_some();
    }
    if let (Some(fallback), body) = (draft.fallbacks.first_mut(), &draft.body) {
        // A fallback takes nothing away.
        fallback.messages |= body.messages;
        fallback.prompt |= body.prompt;
        let text = |own: &mut Option<String>, of: &Option<String>| {
            *own = own.take().or_else(|| of.clone());
        };
        text(&mut fallback.model_region, &body.model_region);
        text(&mut fallback.tool_choice, &body.tool_choice);
        text(&mut fallback.response_format, &body.response_format);
        text(&mut fallback.reasoning_effort, &body.reasoning_effort);
        text(&mut fallback.service_tier, &body.service_tier);
        text(&mut fallback.transcript_id, &body.transcript_id);
        fallback.max_tokens = fallback.max_tokens.or(body.max_tokens);
        fallback.temperature = fallback.temperature.or(body.temperature);
        fallback.top_p = fallback.top_p.or(body.top_p);
        fallback.zero_data_retention = fallback.zero_data_retention.or(body.zero_data_retention);
        if fallback.faults.is_empty() {
            fallback.faults.clone_from(&body.faults);
        }
    }
    if draft.chain.count == 0 && draft.fallbacks.is_empty() {
        draft.chain.fault = None;
    }
    // Most often a plain request, which is what many questions are about.
    if dice.chance(70) {
        draft.auth = Auth::NotJudged;
        draft.auth_header = None;
        draft.body.faults.clear();
        draft.chain.fault = None;
        draft.chain.count = 0;
    }
    draft
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
            let prove = ask(dice, engine.policy()).unwrap();
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
                let draft = draft(dice, &engine, &domain, &prove);
                found.ask(&engine, &question, &draft);
            }
        }
    }
    let few = rejected.len() * 10 < compiled;
    assert!(few, "{compiled} compiled, not: {}", rejected.join("\n"));
    let both = found.for_it > 1_000 && found.against_it > 1_000;
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
            let question = Question::new(&engine, &prove).unwrap();
            for _ in 0..SHIPPED_REQUESTS / 4 {
                let draft = draft(dice, &engine, &domain, &prove);
                found.ask(&engine, &question, &draft);
            }
        }
        assert!(found.for_it > 0, "{name}: {found:?}");
    }
}
