//! The laws of a decision, as properties of every shipped policy and of generated ones over
//! random requests, chains and states. The laws are the public contract; `docs/language.md`
//! states them. `PORTOLAN_LAWS=20` makes for twenty times as many cases.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests panic to fail"
)]

mod asked;
mod dice;
mod extremes;
mod oracle;
mod rules;
mod subjects;
mod world;

use portolan_core::answer::{Attempt, Outcome};
use portolan_core::engine::Engine;
use portolan_core::policy::RuleKind;
use portolan_core::request::{Chain, Draft, State};
use proptest::prelude::*;

use subjects::{Subject, ask, for_every_policy, name, plan, refusal, subjects, survivors};

#[test]
fn generated_policies_mostly_compile() {
    let subjects = subjects();
    let rejected = subjects.rejected.len();
    assert!(
        rejected * 10 <= subjects.tried,
        "{rejected} of {}: {}",
        subjects.tried,
        subjects.rejected[0]
    );
}

#[test]
fn locks_are_absolute() {
    let attempts = std::cell::Cell::new(0usize);
    for_every_policy(|subject, draft, state| {
        let Some((world, rules)) = &subject.generated else {
            return Ok(());
        };
        for (engine, extra) in [
            (Some(&subject.engine), false),
            (subject.more.as_ref(), true),
        ] {
            let Some(engine) = engine else { continue };
            let answer = ask(engine, &draft, &state);
            let extra = rules.extra_lock.as_ref().filter(|_| extra);
            for attempt in plan(answer.as_ref()).iter().flat_map(|p| &p.attempts) {
                attempts.set(attempts.get() + 1);
                for lock in rules.locks.iter().chain(extra) {
                    let satisfied = oracle::satisfied(world, lock, &draft, attempt);
                    prop_assert!(satisfied, "{:?} breaks {lock:?}", name(attempt));
                }
            }
        }
        Ok(())
    });
    assert!(
        attempts.get() > 500,
        "only {} attempts were judged",
        attempts.get()
    );
}

#[test]
fn never_silently_elsewhere() {
    for_every_policy(|subject, draft, state| {
        let engine = &subject.engine;
        let answer = ask(engine, &draft, &state);
        for attempt in plan(answer.as_ref()).iter().flat_map(|p| &p.attempts) {
            let body = match attempt.fallback {
                None => &draft.body,
                Some(index) => &draft.fallbacks[index],
            };
            let asked = body.model.as_deref().unwrap_or("");
            let prefix = engine.policy().model_prefix.as_deref().unwrap_or("");
            let bare = asked.strip_prefix(prefix).unwrap_or(asked);
            let target = engine.catalog().lookup(bare, draft.at).value;
            let model = target.and_then(|target| engine.catalog().model(target.model));
            prop_assert!(
                model.is_some_and(|model| *model.id == *attempt.model),
                "asked for {asked}"
            );
            if let Some(region) = target.and_then(|target| target.region) {
                let region = engine.catalog().region(region).map(|region| &*region.name);
                prop_assert_eq!(region, Some(attempt.region.as_str()));
            }
            if !engine.policy().through_any_endpoint {
                let default = engine.catalog().default_endpoint();
                let default = default
                    .and_then(|id| engine.catalog().endpoint(id))
                    .map(|e| &*e.name);
                prop_assert_eq!(
                    draft.endpoint.as_deref().or(default),
                    Some(attempt.endpoint.as_str())
                );
            }
        }
        Ok(())
    });
}

/// The effective request of a fallback as a request of its own.
fn alone(draft: &Draft, index: usize) -> Draft {
    Draft {
        body: draft.fallbacks[index].clone(),
        fallbacks: Vec::new(),
        chain: Chain::default(),
        ..draft.clone()
    }
}

fn refused_for_the_chain(engine: &Engine, rule: &str) -> bool {
    let rules = &engine.policy().rules;
    rules
        .iter()
        .any(|r| *r.name == *rule && matches!(r.kind, RuleKind::Refuse { chain: true, .. }))
}

#[test]
fn local_to_route_and_effective_request() {
    for_every_policy(|subject, draft, state| {
        let engine = &subject.engine;
        let chained = ask(engine, &draft, &state);
        let Some(chained) = plan(chained.as_ref()) else {
            return Ok(());
        };
        let of = |index: Option<usize>| -> Vec<Attempt> {
            let attempts = chained.attempts.iter().filter(|a| a.fallback == index);
            attempts
                .cloned()
                .map(|a| Attempt {
                    fallback: None,
                    ..a
                })
                .collect()
        };
        let first = Draft {
            fallbacks: Vec::new(),
            chain: Chain::default(),
            ..draft.clone()
        };
        if let Some(first) = plan(ask(engine, &first, &state).as_ref()) {
            prop_assert_eq!(of(None), first.attempts.clone());
        }
        for index in 0..draft.fallbacks.len() {
            let dropped = chained.dropped.iter().find(|d| d.fallback == index);
            if dropped.is_some_and(|d| d.code == "fallback-beyond-depth") {
                continue;
            }
            let answer = ask(engine, &alone(&draft, index), &state);
            match answer.map(|answer| answer.outcome) {
                Some(Outcome::Route(plan)) => prop_assert_eq!(of(Some(index)), plan.attempts),
                Some(Outcome::Refuse(refusal)) => prop_assert!(
                    of(Some(index)).is_empty() || refused_for_the_chain(engine, &refusal.rule.name),
                    "fallbacks[{index}] routes, alone it is refused by {}",
                    refusal.rule.name
                ),
                None => prop_assert!(false, "fallbacks[{index}] alone is not a request"),
            }
        }
        Ok(())
    });
}

#[test]
fn state_only_masks() {
    for_every_policy(|subject, draft, state| {
        let engine = &subject.engine;
        let free = survivors(engine, &draft, &State::default());
        prop_assert_eq!(&free, &survivors(engine, &draft, &state));
        if engine.policy().plan_at_most.is_none()
            && let Some(masked) = plan(ask(engine, &draft, &state).as_ref())
        {
            let free = ask(engine, &draft, &State::default());
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
    for_every_policy(|subject, draft, state| {
        let answer = ask(&subject.engine, &draft, &state);
        if let Some(refusal) = refusal(answer.as_ref()) {
            let passing = refusal.status == 429 || refusal.status >= 500;
            prop_assert_eq!(passing, refusal.retryable, "{}", refusal.code);
            prop_assert!(!matches!(refusal.status, 408 | 409 | 425));
            prop_assert!(passing || refusal.retry_after_s.is_none());
            prop_assert!(!passing || state != State::default());
        }
        Ok(())
    });
}

#[test]
fn deterministic_over_calls_and_engines() {
    for_every_policy(|subject, draft, state| {
        let first = ask(&subject.engine, &draft, &state);
        prop_assert_eq!(&first, &ask(&subject.engine, &draft, &state));
        let second = ask(&subject.twin, &draft, &state);
        prop_assert_eq!(&first, &second);
        if let (Some(first), Some(second)) = (first, second) {
            let json = portolan_wire::answer_json(&first, None);
            prop_assert_eq!(&json, &portolan_wire::answer_json(&second, None));
            let read: Result<serde_json::Value, _> = serde_json::from_str(&json);
            prop_assert!(read.is_ok());
        }
        Ok(())
    });
}

#[test]
fn a_plan_is_good_until_it_says() {
    let part = std::cell::RefCell::new(dice::Dice::new(7));
    for_every_policy(|subject, draft, state| {
        let now = ask(&subject.engine, &draft, &state);
        let Some(now) = plan(now.as_ref()) else {
            return Ok(());
        };
        let least = draft.at.unix_seconds();
        let end = now
            .valid_until
            .map_or(portolan_core::instant::Instant::MAX, |until| {
                until.plus_seconds(-1)
            });
        prop_assert!(end >= draft.at, "ends before it starts");
        let span = usize::try_from(end.unix_seconds() - least).unwrap_or(0);
        let within = i64::try_from(part.borrow_mut().below(span.max(1))).unwrap_or(0);
        for at in [end, draft.at.plus_seconds(within)] {
            let later = Draft {
                at,
                ..draft.clone()
            };
            let answer = ask(&subject.engine, &later, &state);
            let mut then = plan(answer.as_ref()).cloned();
            if let Some(then) = &mut then {
                then.valid_until = now.valid_until;
            }
            prop_assert_eq!(then.as_ref(), Some(now), "at {}", at);
        }
        Ok(())
    });
}

#[test]
fn a_dropped_fallback_is_reported() {
    for_every_policy(|subject, draft, state| {
        let answer = ask(&subject.engine, &draft, &state);
        if let Some(plan) = plan(answer.as_ref()) {
            for index in 0..draft.fallbacks.len() {
                let planned = plan.attempts.iter().any(|a| a.fallback == Some(index));
                let dropped = plan.dropped.iter().filter(|d| d.fallback == index).count();
                prop_assert_eq!(dropped, usize::from(!planned), "fallbacks[{}]", index);
            }
        }
        Ok(())
    });
}

#[test]
fn one_more_rule_never_adds_a_survivor() {
    let fewer = std::cell::Cell::new(0usize);
    for_every_policy(|subject, draft, state| {
        let (Some(more), Some(_)) = (&subject.more, &subject.generated) else {
            return Ok(());
        };
        let before = survivors(&subject.engine, &draft, &state);
        let after = survivors(more, &draft, &state);
        for survivor in &after {
            prop_assert!(before.contains(survivor), "{survivor:?}");
        }
        fewer.set(fewer.get() + before.len() - after.len());
        Ok(())
    });
    assert!(
        fewer.get() > 100,
        "the added rules take away only {}",
        fewer.get()
    );
}

#[test]
fn no_field_that_is_not_an_opt_in_changes_what_a_lock_says() {
    for_every_policy(|subject, draft, state| {
        let engine = &subject.engine;
        let mut other = draft.clone();
        extremes::another_body(&mut other.body, engine);
        let locks = |draft: &Draft| -> Option<Vec<(String, bool)>> {
            let request = engine.request(draft.clone()).ok()?;
            let trace = engine.trace(&request, &state);
            let primary = trace.requests.into_iter().next()?;
            let rules = primary.candidates.into_iter().flat_map(|c| c.rules);
            let locks = rules.filter(|rule| rule.kind == "lock");
            Some(locks.map(|rule| (rule.rule.name, rule.holds)).collect())
        };
        prop_assert_eq!(locks(&draft), locks(&other));
        Ok(())
    });
}

/// Ids in backticks in the part of a help line that advises models.
fn advised<'h>(help: &'h str, engine: &Engine) -> Vec<&'h str> {
    let advice = ["use ", "mean ", "keep nothing: ", "move to "];
    let Some(start) = advice
        .iter()
        .filter_map(|word| Some(help.find(word)? + word.len()))
        .min()
    else {
        return Vec::new();
    };
    let words = help[start..].split('`').skip(1).step_by(2);
    let known = |id: &&str| {
        let catalog = engine.catalog();
        catalog.models.iter().any(|m| *m.id == **id)
            || catalog.aliases.iter().any(|a| *a.id == **id)
    };
    words.filter(known).collect()
}

#[test]
fn what_help_advises_is_legal() {
    let advised_count = std::cell::Cell::new(0usize);
    for_every_policy(|subject: &Subject, draft, state| {
        let engine = &subject.engine;
        let answer = ask(engine, &draft, &state);
        let Some(refusal) = refusal(answer.as_ref()) else {
            return Ok(());
        };
        let field = refusal.field.as_deref().unwrap_or("");
        let index = field
            .strip_prefix("fallbacks[")
            .and_then(|rest| rest.split(']').next());
        let body = match index.and_then(|index| index.parse::<usize>().ok()) {
            Some(index) => draft.fallbacks.get(index).unwrap_or(&draft.body),
            None => &draft.body,
        };
        for help in &refusal.help {
            let ids = advised(help, engine);
            prop_assert!(ids.len() <= 3, "{help}");
            for id in ids {
                advised_count.set(advised_count.get() + 1);
                let mut body = body.clone();
                body.model = Some(id.to_owned());
                let again = Draft {
                    body,
                    fallbacks: Vec::new(),
                    ..draft.clone()
                };
                let answer = ask(engine, &again, &State::default());
                let refused = subjects::refusal(answer.as_ref());
                prop_assert!(
                    refused.is_none(),
                    "`{help}`, but {:?}",
                    refused.map(|r| &r.message)
                );
            }
        }
        Ok(())
    });
    assert!(
        advised_count.get() > 100,
        "only {} ids were advised",
        advised_count.get()
    );
}
