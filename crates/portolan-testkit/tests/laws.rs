//! The laws of a decision, as properties of every shipped policy over random requests, chains
//! and states. The laws are the public contract; `docs/language.md` states them.

#![expect(clippy::panic, reason = "tests panic to fail")]

use std::collections::BTreeMap;

use portolan_core::answer::{Answer, Attempt, Outcome, Plan};
use portolan_core::engine::Engine;
use portolan_core::place::Place;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::generate::{Palette, attributes};
use portolan_testkit::policies::{compile, shipped};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Puts a law to every shipped policy.
fn for_every_policy(law: impl Fn(&Engine, Draft, State) -> Result<(), TestCaseError>) {
    let policies = shipped();
    assert!(!policies.is_empty());
    for name in policies {
        let engine = compile(&Origin::Shipped(name.clone())).engine;
        let engine = engine.unwrap_or_else(|| panic!("{name} does not compile"));
        let palette = Palette::new(engine.catalog(), attributes(&engine));
        let cases = (palette.drafts(), palette.states());
        let mut runner = TestRunner::new(Config::with_cases(400));
        let outcome = runner.run(&cases, |(draft, state)| law(&engine, draft, state));
        if let Err(broken) = outcome {
            panic!("{name}: {broken}");
        }
    }
}

fn ask(engine: &Engine, draft: &Draft, state: &State) -> Option<Answer> {
    let request = engine.request(draft.clone()).ok()?;
    let decision = engine.decide(&request, state);
    Some(engine.answer(&request, state, &decision))
}

fn plan(answer: Option<&Answer>) -> Option<&Plan> {
    match answer.map(|answer| &answer.outcome) {
        Some(Outcome::Route(plan)) => Some(plan),
        Some(Outcome::Refuse(_)) | None => None,
    }
}

/// What names an attempt.
fn name(attempt: &Attempt) -> (Option<usize>, &str, &str, &str) {
    (
        attempt.fallback,
        &attempt.model,
        &attempt.region,
        &attempt.endpoint,
    )
}

/// The set that these names make at that instant; no name at all is unknown.
fn place(engine: &Engine, names: &[String], at: portolan_core::instant::Instant) -> Place {
    let places = &engine.catalog().places;
    let sets = names.iter().map(|name| {
        let id = places.named(name);
        id.map_or(Place::UNKNOWN, |id| places.at(id, at))
    });
    sets.reduce(Place::union).unwrap_or(Place::UNKNOWN)
}

#[test]
fn locks_are_absolute() {
    for_every_policy(|engine, draft, state| {
        let answer = ask(engine, &draft, &state);
        let europe = place(engine, &["EU27".to_owned()], draft.at);
        for attempt in plan(answer.as_ref()).iter().flat_map(|p| &p.attempts) {
            // Every shipped policy pins what its `eu` endpoint takes; by name, for a reader.
            if attempt.endpoint == "eu" {
                let processing = place(engine, &attempt.processing, draft.at);
                let storage = place(engine, &attempt.storage, draft.at);
                prop_assert!(processing.within(europe), "{:?}", name(attempt));
                prop_assert!(storage.within(europe), "{:?}", name(attempt));
            }
        }
        Ok(())
    });
}

#[test]
fn never_silently_elsewhere() {
    for_every_policy(|engine, draft, state| {
        let answer = ask(engine, &draft, &state);
        for attempt in plan(answer.as_ref()).iter().flat_map(|p| &p.attempts) {
            let body = match attempt.fallback {
                None => Some(&draft.body),
                Some(index) => draft.fallbacks.get(index),
            };
            let asked = body.and_then(|body| body.model.as_deref()).unwrap_or("");
            let stands_for = |id: &str| {
                let target = engine.catalog().lookup(id, draft.at).value;
                let model = target.and_then(|target| engine.catalog().model(target.model));
                model.is_some_and(|model| *model.id == *attempt.model)
            };
            let bare = asked.split_once('/').map_or(asked, |(_, rest)| rest);
            prop_assert!(stands_for(asked) || stands_for(bare), "asked for {asked}");
            if let (Some(endpoint), false) = (&draft.endpoint, engine.policy().through_any_endpoint)
            {
                prop_assert_eq!(endpoint, &attempt.endpoint);
            }
        }
        Ok(())
    });
}

#[test]
fn local_to_route_and_effective_request() {
    for_every_policy(|engine, draft, state| {
        let chained = ask(engine, &draft, &state);
        let mut alone = draft.clone();
        alone.fallbacks.clear();
        alone.chain = portolan_core::request::Chain::default();
        let alone = ask(engine, &alone, &state);
        let primary = |plan: &Plan| -> Vec<Attempt> {
            let attempts = plan.attempts.iter().filter(|a| a.fallback.is_none());
            attempts.cloned().collect()
        };
        if let (Some(chained), Some(alone)) = (plan(chained.as_ref()), plan(alone.as_ref())) {
            prop_assert_eq!(primary(chained), primary(alone));
        }
        Ok(())
    });
}

#[test]
fn state_only_masks() {
    for_every_policy(|engine, draft, state| {
        let masked = ask(engine, &draft, &state);
        let free = ask(engine, &draft, &State::default());
        if let Some(masked) = plan(masked.as_ref()) {
            let free = plan(free.as_ref());
            let names: Vec<_> = free.iter().flat_map(|p| &p.attempts).map(name).collect();
            for attempt in &masked.attempts {
                prop_assert!(names.contains(&name(attempt)), "{:?}", name(attempt));
            }
        }
        Ok(())
    });
}

#[test]
fn a_permanent_refusal_never_looks_retryable() {
    for_every_policy(|engine, draft, state| {
        if let Some(Outcome::Refuse(refusal)) =
            ask(engine, &draft, &state).map(|answer| answer.outcome)
        {
            let passing = refusal.status == 429 || refusal.status >= 500;
            prop_assert_eq!(passing, refusal.retryable, "{}", refusal.code);
            prop_assert!(passing || refusal.retry_after_s.is_none());
            prop_assert!(!passing || state != State::default());
        }
        Ok(())
    });
}

#[test]
fn deterministic_and_total() {
    for_every_policy(|engine, draft, state| {
        let first = ask(engine, &draft, &state);
        prop_assert_eq!(&first, &ask(engine, &draft, &state));
        if let Some(answer) = first {
            let json = portolan_wire::answer_json(&answer, None);
            let read: Result<serde_json::Value, _> = serde_json::from_str(&json);
            prop_assert!(read.is_ok());
        }
        Ok(())
    });
}

#[test]
fn a_plan_is_good_until_it_says() {
    for_every_policy(|engine, draft, state| {
        let now = ask(engine, &draft, &state);
        if let Some(now) = plan(now.as_ref()) {
            let mut later = draft.clone();
            later.at = match now.valid_until {
                Some(until) => until.plus_seconds(-1),
                None => portolan_core::instant::Instant::MAX,
            };
            prop_assert!(later.at >= draft.at);
            let answer = ask(engine, &later, &state);
            let then = plan(answer.as_ref());
            prop_assert_eq!(then, Some(now));
        }
        Ok(())
    });
}

#[test]
fn a_dropped_fallback_is_reported() {
    for_every_policy(|engine, draft, state| {
        let answer = ask(engine, &draft, &State::default());
        let _ = state;
        if let Some(plan) = plan(answer.as_ref()) {
            for index in 0..draft.fallbacks.len() {
                let planned = plan.attempts.iter().any(|a| a.fallback == Some(index));
                let dropped = plan.dropped.iter().any(|d| d.fallback == index);
                prop_assert!(planned != dropped, "fallbacks[{index}]");
            }
        }
        Ok(())
    });
}

/// The same policy with one more rule at its end.
fn with_rule(rule: &str) -> (Engine, Engine) {
    let root = portolan_testkit::policies::root().join("rules/assemblyai");
    let read = |file: &str| std::fs::read_to_string(root.join(file)).ok();
    let policy = read("policy.portolan").unwrap_or_default();
    let engine = |policy: String| {
        let mut files = BTreeMap::from([("policy.portolan".to_owned(), policy)]);
        for entry in std::fs::read_dir(&root).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != "policy.portolan" && entry.path().is_file() {
                files.insert(name.clone(), read(&name).unwrap_or_default());
            }
        }
        let entry = "policy.portolan".to_owned();
        let compiled = compile(&Origin::Inline { entry, files });
        compiled
            .engine
            .unwrap_or_else(|| panic!("{rule}: {:?}", compiled.diagnostics))
    };
    (
        engine(policy.clone()),
        engine(format!("{policy}\n{rule}\n")),
    )
}

#[test]
fn one_more_rule_never_adds_a_survivor() {
    let rules = [
        "refuse 400 one-more\n  when request.has_transcript_tag\n  say \"one more\"",
        "exclude 404 one-more\n  when route.region == us\n  say \"one more\"",
        "exclude 404 one-more\n  when \"tools\" in route.capabilities\n  say \"one more\"",
        "lock retention within zero",
        "lock processing within US",
    ];
    for rule in rules {
        let (base, more) = with_rule(rule);
        let palette = Palette::new(base.catalog(), attributes(&base));
        let mut runner = TestRunner::new(Config::with_cases(200));
        let outcome = runner.run(&palette.drafts(), |draft| {
            let before = ask(&base, &draft, &State::default());
            let after = ask(&more, &draft, &State::default());
            if let Some(after) = plan(after.as_ref()) {
                let before = plan(before.as_ref());
                let names: Vec<_> = before.iter().flat_map(|p| &p.attempts).map(name).collect();
                for attempt in &after.attempts {
                    prop_assert!(names.contains(&name(attempt)), "{:?}", name(attempt));
                }
            }
            Ok(())
        });
        if let Err(broken) = outcome {
            panic!("{rule}: {broken}");
        }
    }
}
