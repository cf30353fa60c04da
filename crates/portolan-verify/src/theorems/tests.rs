//! Each law can fail: what it asks is put to an engine that was made without what keeps it.

use portolan_core::judgement;
use portolan_core::request::State;
use portolan_testkit::policies::engine_of;

use super::*;

const CATALOG: &str = "catalog: 1
title: t
as_of: 2026-03-15
source: t
sources: {t: {title: t}}
regions:
  us: {processing: US, storage: US}
  eu: {processing: DE, storage: DE}
endpoints:
  all: {host: all.example.com, path: /v1, ingress: DE, region: eu, default: true}
providers: {here: {retention: zero}}
models:
  atlantic: {offerings: [{region: us, provider: here}]}
  baltic: {offerings: [{region: eu, provider: here}]}
";

fn engine(rules: &str) -> Engine {
    let policy = format!("edition 1\npolicy p\nuse catalog \"catalog.yaml\"\n{rules}");
    engine_of(&policy, CATALOG)
}

fn posted(draft: &Draft) -> bool {
    portolan_wire::write_request(draft, &State::default()).is_ok()
}

/// What the laws say of an engine that was made without some locks.
fn without(engine: &Engine, locks: &Engine) -> Vec<Theorem> {
    let mut topics = Vec::new();
    let rules = locks.policy().rules();
    let inquest = Inquest::of_locks(engine, &posted, rules, &mut topics);
    surveyed(engine, inquest, &topics)
}

/// The one law's outcome.
fn outcome(theorems: Vec<Theorem>, law: Law) -> Outcome {
    let mut theorems = theorems.into_iter();
    theorems.find(|own| own.law == law).unwrap().outcome
}

const LOCK: &str = "lock processing within DE\n";

#[test]
fn a_lock_that_was_left_out_is_broken_by_a_request_itself() {
    let engine = engine("");
    let locks = self::engine(LOCK);
    let outcome = outcome(without(&engine, &locks), Law::LocksHold);
    let Outcome::Violated(violation) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(violation.draft.body.model.as_deref(), Some("atlantic"));
    assert!(violation.draft.fallbacks.is_empty());
    let Because::Lock { lock, route } = violation.because else {
        panic!("{violation:?}");
    };
    assert_eq!(&*locks.policy().rule(lock).unwrap().name, "lock-1");
    replays(&engine, &violation.draft, route, None);
}

/// Nobody may call the American model directly; as a fallback it is let through.
#[test]
fn a_lock_that_only_a_fallback_breaks_is_shown_with_a_request_it_is_a_fallback_of() {
    let direct = "refuse chain 403 not-directly
  when request.model is set and request.model == \"atlantic\"
  say \"not directly\"\n";
    let engine = engine(direct);
    let locks = self::engine(&format!("{direct}{LOCK}"));
    let outcome = outcome(without(&engine, &locks), Law::LocksHold);
    let Outcome::Violated(violation) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(violation.draft.body.model.as_deref(), Some("baltic"));
    let Because::Lock { route, .. } = violation.because else {
        panic!("{violation:?}");
    };
    replays(&engine, &violation.draft, route, Some(0));
}

fn replays(engine: &Engine, draft: &Draft, route: Route, fallback: Option<usize>) {
    let request = engine.request(draft.clone()).unwrap();
    let judged = engine.judge(&request, &State::default());
    let judgement::Outcome::Route(plan) = judged.outcome else {
        panic!("{judged:?}");
    };
    let mut attempts = plan.attempts.iter();
    let shows = attempts.any(|own| own.route.route() == route && own.fallback == fallback);
    assert!(shows, "{draft:?}\n{plan:?}");
}

#[test]
fn locks_that_were_built_in_hold() {
    let engine = engine(LOCK);
    for theorem in without(&engine, &engine) {
        assert!(matches!(theorem.outcome, Outcome::Holds), "{theorem:?}");
    }
}

#[test]
fn advice_that_does_not_route_is_found() {
    let rules = "lock processing within DE
  say \"not there\"
  help \"use {alternatives}\"\n";
    let engine = engine(rules);
    for (advised, legal) in [("baltic", true), ("atlantic", false), ("nothing", false)] {
        let mut topics = Vec::new();
        let mut inquest = Inquest::new(&engine, &posted, &mut topics);
        inquest.advised = Box::new(|_, _| vec![advised.to_owned()]);
        let outcome = outcome(surveyed(&engine, inquest, &topics), Law::HelpIsLegal);
        match outcome {
            Outcome::Holds => assert!(legal, "{advised}"),
            Outcome::Violated(violation) => {
                assert!(!legal, "{violation:?}");
                let Because::Advice { model, .. } = violation.because else {
                    panic!("{violation:?}");
                };
                assert_eq!(model, advised);
            }
            Outcome::Unknown(_) => panic!("{outcome:?}"),
        }
    }
}
