//! Fixes of refused requests: each of them routes, none is larger than it must be, and where brute
//! force over the domain's values finds a change of one field, so does the search.

use std::collections::BTreeSet;

use portolan_core::diagram::survey::Number;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::judgement::Outcome;
use portolan_core::request::{Auth, Chain, Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, shipped};
use portolan_testkit::random::Example;
use portolan_verify::fixes::{By, Field, fixes};

const POLICIES: u64 = 60;
const REQUESTS: u64 = 6;
const SHIPPED_REQUESTS: u64 = 25;
/// Policies in which brute force looks for something nearer.
const SEARCHED: usize = 30;

#[expect(
    clippy::disallowed_methods,
    reason = "how many policies there are is asked of the environment, in tests alone"
)]
fn scale() -> u64 {
    let given = std::env::var("PORTOLAN_LAWS").ok();
    given.and_then(|times| times.parse().ok()).unwrap_or(1)
}

fn engines() -> impl Iterator<Item = (String, Engine, u64)> {
    let shipped = shipped().into_iter().filter_map(|name| {
        let engine = compile(&Origin::Shipped(name.clone())).engine?;
        Some((name, engine, SHIPPED_REQUESTS))
    });
    let random = (0..POLICIES * scale()).filter_map(|seed| {
        let example = Example::from_seed(seed);
        let engine = example.compile().engine?;
        let name = format!("seed {seed}\n{}\n---\n{}", example.policy, example.catalog);
        Some((name, engine, REQUESTS))
    });
    shipped.chain(random)
}

fn routes(engine: &Engine, draft: &Draft) -> bool {
    let Ok(request) = engine.request(draft.clone()) else {
        return false;
    };
    let judged = engine.judge(&request, &State::default());
    matches!(judged.outcome, Outcome::Route(_))
}

/// Every request that differs from another in one field, by the domain's values.
fn one_field_changes(domain: &Domain, draft: &Draft) -> Vec<(&'static str, Draft)> {
    let mut all = Vec::new();
    let mut with = |name, change: &dyn Fn(&mut Draft)| {
        let mut draft = draft.clone();
        change(&mut draft);
        all.push((name, draft));
    };
    for model in &domain.models {
        with("model", &|d| d.body.model = Some(model.clone()));
    }
    for endpoint in &domain.endpoints {
        with("endpoint", &|d| d.endpoint = Some(endpoint.clone()));
    }
    for at in domain.cuts.instants.iter().filter(|at| **at > draft.at) {
        with("at", &|d| d.at = *at);
    }
    for (name, values, spared) in &domain.attributes {
        for value in values {
            with("attribute", &|d| {
                d.attributes.insert(name.clone(), value.clone());
            });
        }
        if *spared {
            with("attribute", &|d| {
                d.attributes.remove(name);
            });
        }
    }
    for number in domain.cuts.integers.iter().filter(|number| **number >= 0) {
        with("max_tokens", &|d| d.body.max_tokens = Some(*number));
        with("input_tokens", &|d| d.body.input_tokens = *number);
    }
    with("max_tokens", &|d| d.body.max_tokens = None);
    for decimal in &domain.cuts.decimals {
        with("temperature", &|d| d.body.temperature = Some(*decimal));
        with("top_p", &|d| d.body.top_p = Some(*decimal));
    }
    with("temperature", &|d| d.body.temperature = None);
    with("top_p", &|d| d.body.top_p = None);
    for text in domain.cuts.texts.iter().map(Some).chain([None]) {
        with("model_region", &|d| d.body.model_region = text.cloned());
        with("tool_choice", &|d| d.body.tool_choice = text.cloned());
        with("response_format", &|d| {
            d.body.response_format = text.cloned();
        });
        with("service_tier", &|d| d.body.service_tier = text.cloned());
    }
    with("stream", &|d| d.body.stream = !d.body.stream);
    with("messages", &|d| d.body.messages = !d.body.messages);
    with("prompt", &|d| d.body.prompt = !d.body.prompt);
    for truth in [None, Some(false), Some(true)] {
        with("zero_data_retention", &|d| {
            d.body.zero_data_retention = truth;
        });
    }
    with("content", &|d| d.body.content.clear());
    with("tool_types", &|d| d.body.tool_types.clear());
    with("parameters", &|d| d.body.parameters.clear());
    with("post_processing", &|d| d.body.post_processing.clear());
    with("faults", &|d| d.body.faults.clear());
    with("auth", &|d| {
        (d.auth, d.auth_header) = (Auth::NotJudged, None);
    });
    all
}

/// A refused request that a body can hold, but for what nobody can post.
fn refused(domain: &Domain, engine: &Engine, seed: u64) -> Option<Draft> {
    let mut draft = domain.draft(&mut Dice::new(seed));
    draft.body.faults.clear();
    draft.body.transcript_id_malformed = false;
    draft.body.transcript_id = None;
    draft.body.input_tokens = draft.body.input_tokens.max(0);
    draft.auth = Auth::NotJudged;
    draft.auth_header = None;
    if seed.is_multiple_of(2) {
        draft.fallbacks.clear();
        draft.chain = Chain::default();
    }
    (!routes(engine, &draft)).then_some(draft)
}

#[test]
fn every_fix_routes_and_the_nearest_is_found() {
    let (mut fixed, mut single, mut refusals) = (0, 0, 0);
    let mut by = BTreeSet::new();
    for (name, engine, requests) in engines() {
        let domain = Domain::of(&engine);
        for seed in 0..requests {
            let Some(draft) = refused(&domain, &engine, seed) else {
                continue;
            };
            refusals += 1;
            let Ok(found) = fixes(&engine, &draft, &State::default()) else {
                assert!(!name.starts_with("rules/"), "{name}: {draft:#?}");
                continue;
            };
            for fix in &found {
                assert!(routes(&engine, &fix.draft), "{fix:#?}\n{name}");
                let most = fix.changes.iter().map(|change| change.field.by()).max();
                assert_eq!(Some(fix.by), most, "{fix:#?}");
                if fix.changes.iter().all(|change| change.field != Field::At) {
                    assert_eq!(fix.draft.at, draft.at);
                } else {
                    assert!(fix.draft.at > draft.at, "{fix:#?}");
                }
                by.insert(fix.by);
                fixed += 1;
            }
            for who in [By::Client, By::Operator, By::Nobody] {
                let own = found.iter().filter(|fix| fix.by == who);
                assert!(own.count() <= 3);
            }
            let all = one_field_changes(&domain, &draft);
            let brute = all.iter().find(|(_, changed)| routes(&engine, changed));
            let Some((field, changed)) = brute else {
                continue;
            };
            single += 1;
            let least = found.iter().map(|fix| fix.changes.len()).min();
            assert!(
                least == Some(1),
                "`{field}` alone would do: {changed:#?}\nof {draft:#?}\nfound {found:#?}\n{name}"
            );
        }
    }
    assert!(refusals > 150, "{refusals}");
    assert!(single > 60 && fixed > single, "{single} of {fixed}");
    assert_eq!(by.len(), 3);
}

/// How far a single number or date of a request is changed, and every other value of it that the
/// domain has.
fn others(domain: &Domain, draft: &Draft, field: Field) -> Vec<(u64, Draft)> {
    let integers = || domain.cuts.integers.iter().filter(|number| **number >= 0);
    let with = |far: u64, change: &dyn Fn(&mut Draft)| {
        let mut draft = draft.clone();
        change(&mut draft);
        (far, draft)
    };
    match field {
        Field::At => {
            let later = domain.cuts.instants.iter().filter(|at| **at > draft.at);
            let far = |at: &Instant| at.unix_seconds().abs_diff(draft.at.unix_seconds());
            later.map(|at| with(far(at), &|d| d.at = *at)).collect()
        }
        Field::Number(Number::MaxTokens) => {
            let Some(before) = draft.body.max_tokens else {
                return Vec::new();
            };
            let each = integers();
            each.map(|n| with(n.abs_diff(before), &|d| d.body.max_tokens = Some(*n)))
                .collect()
        }
        Field::Number(Number::InputTokens) => {
            let before = draft.body.input_tokens;
            let each = integers();
            each.map(|n| with(n.abs_diff(before), &|d| d.body.input_tokens = *n))
                .collect()
        }
        Field::Number(_)
        | Field::Model
        | Field::Text(_)
        | Field::Set(_)
        | Field::Flag(_)
        | Field::Fallbacks
        | Field::Endpoint
        | Field::Attribute(_) => Vec::new(),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "how far two values lie apart is known of dates and numbers only"
)]
#[test]
fn no_number_or_date_that_routes_lies_nearer() {
    let (mut compared, mut nearer) = (0, 0);
    for (name, engine, requests) in engines().take(SEARCHED) {
        let domain = Domain::of(&engine);
        for seed in 0..requests {
            let Some(draft) = refused(&domain, &engine, seed) else {
                continue;
            };
            let Ok(found) = fixes(&engine, &draft, &State::default()) else {
                continue;
            };
            for fix in found.iter().filter(|fix| fix.changes.len() == 1) {
                let field = fix.changes[0].field;
                let far = match field {
                    Field::At => fix
                        .draft
                        .at
                        .unix_seconds()
                        .abs_diff(draft.at.unix_seconds()),
                    Field::Number(Number::MaxTokens) => {
                        let pair = draft.body.max_tokens.zip(fix.draft.body.max_tokens);
                        let Some((before, after)) = pair else {
                            continue;
                        };
                        before.abs_diff(after)
                    }
                    Field::Number(Number::InputTokens) => {
                        let after = fix.draft.body.input_tokens;
                        after.abs_diff(draft.body.input_tokens)
                    }
                    _ => continue,
                };
                for (other, changed) in others(&domain, &draft, field) {
                    compared += 1;
                    if other >= far {
                        continue;
                    }
                    nearer += 1;
                    assert!(
                        !routes(&engine, &changed),
                        "{changed:#?} is nearer than {fix:#?}\n{name}"
                    );
                }
            }
        }
    }
    assert!(compared > 100 && nearer > 5, "{nearer} of {compared}");
}

#[test]
fn two_changes_can_be_undone_by_two() {
    let mut undone = 0;
    for (name, engine, requests) in engines().take(SEARCHED) {
        let domain = Domain::of(&engine);
        for seed in 0..requests {
            let mut dice = Dice::new(seed);
            let routed = domain.draft(&mut dice);
            if !routes(&engine, &routed) {
                continue;
            }
            // Nobody can go back to a date.
            let mut change = |draft: &Draft| {
                let mut all = one_field_changes(&domain, draft);
                all.retain(|(field, _)| *field != "at");
                dice.one_of(&all).cloned()
            };
            let mut twice = std::iter::from_fn(|| {
                let (first, changed) = change(&routed)?;
                let (second, draft) = change(&changed)?;
                Some((first, second, draft))
            });
            let refused = |(.., draft): &(_, _, Draft)| {
                engine.request(draft.clone()).is_ok() && !routes(&engine, draft)
            };
            let Some((first, second, draft)) = twice.by_ref().take(8).find(refused) else {
                continue;
            };
            let Ok(found) = fixes(&engine, &draft, &State::default()) else {
                continue;
            };
            undone += 1;
            let least = found.iter().map(|fix| fix.changes.len()).min();
            assert!(
                least.is_some_and(|least| least <= 2),
                "to undo `{first}` and `{second}` would do: {routed:#?}\nof {draft:#?}\n\
                 found {found:#?}\n{name}"
            );
        }
    }
    assert!(undone > 10, "{undone}");
}

#[test]
fn a_request_that_routes_needs_no_fix() {
    let origin = Origin::Shipped("rules/assemblyai".to_owned());
    let engine = compile(&origin).engine.unwrap();
    let at = Instant::parse("2026-03-01").unwrap();
    let draft = Draft::new("gpt-5", at);
    assert!(
        fixes(&engine, &draft, &State::default())
            .unwrap()
            .is_empty()
    );
}

#[test]
fn no_fix_leads_past_a_lock() {
    let origin = Origin::Shipped("rules/assemblyai".to_owned());
    let engine = compile(&origin).engine.unwrap();
    let at = Instant::parse("2026-03-01").unwrap();
    // Sold in the US only, and asked for in the EU: what the client may do stays in the EU.
    let draft = Draft {
        endpoint: Some("eu".to_owned()),
        ..Draft::new("gpt-5", at)
    };
    let found = fixes(&engine, &draft, &State::default()).unwrap();
    let client: Vec<_> = found.iter().filter(|fix| fix.by == By::Client).collect();
    assert_eq!(client.len(), 3);
    for fix in client {
        assert_eq!(fix.draft.endpoint.as_deref(), Some("eu"));
        assert_ne!(fix.draft.body.model.as_deref(), Some("gpt-5"));
    }
    let operator = found.iter().find(|fix| fix.by == By::Operator).unwrap();
    assert_eq!(operator.draft.endpoint.as_deref(), Some("us"));
    // A model that is released later: nobody can do anything but wait.
    let early = Draft::new("gpt-5.5", at);
    let found = fixes(&engine, &early, &State::default()).unwrap();
    let waits = found.iter().find(|fix| fix.by == By::Nobody).unwrap();
    assert_eq!(waits.changes.len(), 1);
    assert_eq!(waits.draft.at, Instant::parse("2026-04-23").unwrap());
}
