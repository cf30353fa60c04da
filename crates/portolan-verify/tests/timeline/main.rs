//! A timeline against brute force: the interpreter, the second before an instant and at it.
//!
//! Over random policies and the shipped ones: where an answer to a request that can be posted
//! changes, the timeline has that instant, that id and that endpoint; whatever the timeline has
//! is shown by its sample. `PORTOLAN_LAWS=20` makes for twenty times as many.

use std::collections::BTreeSet;

use portolan_core::engine::Engine;
use portolan_core::instant::{Instant, Window};
use portolan_core::request::{Body, Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, engine_of, shipped};
use portolan_testkit::random::Example;
use portolan_verify::timeline::answer::Answer;
use portolan_verify::timeline::promises::{Promise, broken};
use portolan_verify::timeline::{Asked, Range, Timeline, What, Who, timeline};

const POLICIES: u64 = 60;
const REQUESTS: u64 = 150;
/// Policies of which it is asked whether what is said of all is true of all.
const SPOKEN: usize = 25;

#[expect(
    clippy::disallowed_methods,
    reason = "how many policies there are is asked of the environment, in tests alone"
)]
fn scale() -> u64 {
    let given = std::env::var("PORTOLAN_LAWS").ok();
    given.and_then(|times| times.parse().ok()).unwrap_or(1)
}

/// Shipped policies, and random ones.
fn engines() -> impl Iterator<Item = (String, Engine)> {
    let shipped = shipped().into_iter().filter_map(|name| {
        let engine = compile(&Origin::Shipped(name.clone())).engine?;
        Some((name, engine))
    });
    let random = (0..POLICIES * scale()).filter_map(|seed| {
        let example = Example::from_seed(seed);
        let engine = example.compile().engine?;
        let name = format!("seed {seed}\n{}\n---\n{}", example.policy, example.catalog);
        Some((name, engine))
    });
    shipped.chain(random)
}

/// What a timeline says of an instant: ids and endpoints.
fn said(timeline: &Timeline) -> BTreeSet<(Instant, Asked, String)> {
    let mut said = BTreeSet::new();
    for moment in &timeline.moments {
        for change in &moment.changes {
            for id in &change.ids {
                for endpoint in &change.endpoints {
                    said.insert((moment.at, id.clone(), endpoint.clone()));
                }
            }
        }
    }
    said
}

/// The id that a draft names, as far as anybody knows it the second before an instant or at it.
fn asked(engine: &Engine, body: &Body, at: Instant) -> Asked {
    let Some(model) = &body.model else {
        return Asked::Nothing;
    };
    let prefix = engine.policy().model_prefix.as_deref().unwrap_or("");
    let id = model.strip_prefix(prefix).unwrap_or(model);
    let known = |at| engine.catalog().lookup(id, at).value.is_some();
    if known(at) || known(at.plus_seconds(-1)) {
        Asked::Id(id.into())
    } else {
        Asked::Unknown
    }
}

/// A request without fallbacks: fields are what is left of one with some.
fn plain(mut draft: Draft) -> Draft {
    draft.fallbacks.clear();
    draft.chain.count = 0;
    draft.chain.fault = None;
    // Derived fields are what a posted body would have them be.
    draft.body.faults.clear();
    draft
}

#[test]
fn every_change_of_an_answer_is_on_the_timeline() {
    let mut changed = 0;
    let mut unwritable = 0;
    for (name, engine) in engines() {
        let timeline = timeline(&engine, &Range::default());
        if !timeline.complete {
            assert!(!name.starts_with("rules/"), "{name} is incomplete");
            continue;
        }
        let said = said(&timeline);
        let domain = Domain::of(&engine);
        for request in 0..REQUESTS {
            let mut dice = Dice::new(request);
            let draft = plain(domain.draft(&mut dice));
            for at in &domain.cuts.instants {
                let earlier = Answer::of(&engine, &draft, at.plus_seconds(-1));
                let now = Answer::of(&engine, &draft, *at);
                if earlier == now || *at == Instant::MIN {
                    continue;
                }
                changed += 1;
                let id = asked(&engine, &draft.body, *at);
                let endpoint = draft.endpoint.clone().unwrap();
                if said.contains(&(*at, id.clone(), endpoint.clone())) {
                    continue;
                }
                let mut at_that = draft.clone();
                at_that.at = *at;
                if portolan_wire::write_request(&at_that, &State::default()).is_err() {
                    unwritable += 1;
                    continue;
                }
                panic!(
                    "{at}: {id:?} through {endpoint}: {earlier:#?} {now:#?}\n{at_that:#?}\n{name}"
                );
            }
        }
    }
    assert!(changed > 2_000, "{changed}");
    assert!(unwritable * 20 < changed, "{unwritable} of {changed}");
}

#[test]
fn every_change_on_the_timeline_is_shown_by_a_request() {
    let mut shown = 0;
    for (name, engine) in engines() {
        let timeline = timeline(&engine, &Range::default());
        for moment in &timeline.moments {
            let at = moment.at;
            for change in &moment.changes {
                let before = Answer::of(&engine, &change.sample, at.plus_seconds(-1));
                let after = Answer::of(&engine, &change.sample, at);
                assert_eq!(before.as_ref(), Some(&change.before), "{at}: {name}");
                assert_eq!(after.as_ref(), Some(&change.after), "{at}: {name}");
                assert_ne!(before, after, "{at}: {:?}: {name}", change.what);
                assert_eq!(change.sample.at, at);
                shown += 1;
            }
        }
        let instants: Vec<Instant> = timeline.moments.iter().map(|m| m.at).collect();
        assert!(instants.is_sorted_by(|a, b| a < b));
    }
    assert!(shown > 500, "{shown}");
}

#[test]
fn what_is_said_of_all_requests_is_true_of_all() {
    let mut checked = 0;
    for (name, engine) in engines().take(SPOKEN) {
        let timeline = timeline(&engine, &Range::default());
        let domain = Domain::of(&engine);
        for moment in &timeline.moments {
            let at = moment.at;
            let all = moment.changes.iter();
            for change in all.filter(|change| change.who == Who::All) {
                let ids: Vec<String> = (change.ids.iter())
                    .filter_map(|id| match id {
                        Asked::Id(id) => Some(id.to_string()),
                        Asked::Unknown | Asked::Nothing => None,
                    })
                    .collect();
                for request in 0..2 {
                    let mut draft = plain(domain.draft(&mut Dice::new(request)));
                    let (Some(id), Some(endpoint)) = (ids.first(), change.endpoints.first()) else {
                        continue;
                    };
                    let prefix = engine.policy().model_prefix.as_deref().unwrap_or("");
                    draft.body.model = Some(format!("{prefix}{id}"));
                    draft.endpoint = Some(endpoint.clone());
                    let before = Answer::of(&engine, &draft, at.plus_seconds(-1)).unwrap();
                    let after = Answer::of(&engine, &draft, at).unwrap();
                    let holds = match &change.what {
                        What::Stops { code } => !before.routes() || after.code() == Some(&*code.1),
                        What::Starts { code } => before.code() != Some(&*code.1) || after.routes(),
                        What::Means => !before.routes() || !after.routes() || before != after,
                        What::RefusedOtherwise { .. }
                        | What::Loses(_)
                        | What::Gains(_)
                        | What::Reordered
                        | What::Priced { .. }
                        | What::Placed(_)
                        | What::Warns { .. }
                        | What::Sets { .. }
                        | What::Limits { .. }
                        | What::Retries { .. } => continue,
                    };
                    assert!(holds, "{at}: {:?} of {draft:#?}\n{name}", change.what);
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 100, "{checked}");
}

const SWITCH_CATALOG: &str = "
catalog: 1
regions:
  eu: {processing: EU27, storage: EU27}
endpoints:
  eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu, default: true}
providers:
  cloud: {retention: zero}
models:
  large:
    context_window: 1M
    retires: 2026-06-01
    offerings: [{region: eu, provider: cloud}]
  small:
    context_window: 100k
    offerings: [{region: eu, provider: cloud}]
aliases:
  best: [{model: large, until: 2026-06-01}, {model: small, from: 2026-06-01, until: 2027-01-01}]
";

const SWITCH_POLICY: &str = "
edition 1
policy switch
use catalog \"catalog.yaml\"
default request.max_tokens = 0

exclude 404 retired
  when route.model.retires is set and request.at >= route.model.retires
  say  \"gone\"

exclude 400 too-long
  when route.model.context_window is set and request.total_tokens > route.model.context_window
  say  \"too long\"
";

#[test]
fn an_alias_that_moves_is_told_for_each_request() {
    let engine = engine_of(SWITCH_POLICY, SWITCH_CATALOG);
    let range = Range {
        window: Window::ALWAYS,
        ids: vec!["best".to_owned()],
    };
    let timeline = timeline(&engine, &range);
    assert!(timeline.complete);
    let mut told = Vec::new();
    for moment in &timeline.moments {
        for change in &moment.changes {
            let who = match &change.who {
                Who::All => "all".to_owned(),
                Who::Some { classes, whole } => {
                    let classes: Vec<String> =
                        classes.iter().map(|class| class.join(" and ")).collect();
                    format!("{} whole: {whole}", classes.join(" or "))
                }
            };
            told.push(format!(
                "{} {} {who}",
                moment.at.short(),
                change.kind().name()
            ));
        }
    }
    assert_eq!(
        told,
        [
            "2026-06-01 tightens request.total_tokens >= 100001 whole: true",
            // All of those that go on routing.
            "2026-06-01 reroutes all",
            "2027-01-01 tightens all",
            "2027-01-01 notes all",
        ]
    );
    let from = |at: &str| Range {
        window: Window {
            from: Some(Instant::parse(at).unwrap()),
            until: None,
        },
        ids: vec!["best".to_owned()],
    };
    let stops: Vec<String> = broken(&engine, Promise::AlwaysRoutes, &from("2026-01-01"))
        .unwrap()
        .iter()
        .map(|broken| broken.at.short())
        .collect();
    assert_eq!(stops, ["2026-06-01", "2027-01-01"]);
}

#[test]
fn a_range_is_a_part_of_the_whole() {
    let engine = compile(&Origin::Shipped("rules/assemblyai".to_owned()))
        .engine
        .unwrap();
    let at = |text: &str| Instant::parse(text).unwrap();
    let window = Window {
        from: Some(at("2026-07-01")),
        until: Some(at("2026-12-11")),
    };
    let whole = said(&timeline(&engine, &Range::default()));
    let part = Range {
        window,
        ids: Vec::new(),
    };
    let part = said(&timeline(&engine, &part));
    let inside: BTreeSet<_> = whole
        .into_iter()
        .filter(|(at, ..)| window.contains(*at))
        .collect();
    assert_eq!(part, inside);
    assert!(part.iter().any(|(found, ..)| *found == at("2026-07-01")));
}

#[test]
fn what_stops_routing_is_found_as_brute_force_finds_it() {
    let mut stopped = 0;
    for (name, engine) in engines() {
        let domain = Domain::of(&engine);
        let instants = &domain.cuts.instants;
        let Some(start) = instants.get(instants.len() / 2) else {
            continue;
        };
        let range = Range {
            window: Window {
                from: Some(*start),
                until: None,
            },
            ids: Vec::new(),
        };
        let Ok(found) = broken(&engine, Promise::AlwaysRoutes, &range) else {
            continue;
        };
        for broken in &found {
            let then = Answer::of(&engine, &broken.sample, *start).unwrap();
            let now = Answer::of(&engine, &broken.sample, broken.at).unwrap();
            assert!(then.routes() && !now.routes(), "{name}");
        }
        for request in 0..REQUESTS {
            let draft = plain(domain.draft(&mut Dice::new(request)));
            let Some(Answer::Route(_)) = Answer::of(&engine, &draft, *start) else {
                continue;
            };
            let mut later = instants.iter().filter(|at| *at > start);
            let stops = later.find(|at| {
                Answer::of(&engine, &draft, **at).is_some_and(|answer| !answer.routes())
            });
            let Some(at) = stops else { continue };
            stopped += 1;
            let id = asked(&engine, &draft.body, *start);
            let endpoint = draft.endpoint.clone().unwrap();
            let known = found.iter().any(|broken| {
                broken.id.as_ref() == Some(&id)
                    && broken.endpoints.contains(&endpoint)
                    && broken.at <= *at
            });
            assert!(
                known,
                "{id:?} through {endpoint} stops at {at}: {draft:#?}\n{name}"
            );
        }
    }
    assert!(stopped > 200, "{stopped}");
}

#[test]
fn somebody_left_without_a_model_is_found_as_brute_force_finds_it() {
    let mut found_some = 0;
    for (name, engine) in engines() {
        let Ok(found) = broken(&engine, Promise::SomeModelRoutes, &Range::default()) else {
            continue;
        };
        let domain = Domain::of(&engine);
        let has = |endpoint: &str, draft: &Draft, at: Instant| {
            let catalog = engine.catalog();
            let ids = catalog.models.iter().map(|m| &m.id);
            let mut ids = ids.chain(catalog.aliases.iter().map(|a| &a.id));
            ids.any(|id| {
                let draft = Draft {
                    endpoint: Some(endpoint.to_owned()),
                    attributes: draft.attributes.clone(),
                    ..Draft::new(id.as_ref(), at)
                };
                Answer::of(&engine, &draft, at).is_some_and(|answer| answer.routes())
            })
        };
        for broken in &found {
            for endpoint in &broken.endpoints {
                assert!(
                    has(endpoint, &broken.sample, broken.at.plus_seconds(-1)),
                    "{name}"
                );
                assert!(!has(endpoint, &broken.sample, broken.at), "{name}");
            }
            found_some += 1;
        }
        for request in 0..20 {
            let draft = domain.draft(&mut Dice::new(request));
            let endpoint = draft.endpoint.clone().unwrap();
            for at in &domain.cuts.instants {
                if *at > Instant::MIN
                    && has(&endpoint, &draft, at.plus_seconds(-1))
                    && !has(&endpoint, &draft, *at)
                {
                    let known = found
                        .iter()
                        .any(|broken| broken.at == *at && broken.endpoints.contains(&endpoint));
                    assert!(known, "{at} through {endpoint}: {draft:#?}\n{name}");
                }
            }
        }
    }
    assert!(found_some > 5, "{found_some}");
}
