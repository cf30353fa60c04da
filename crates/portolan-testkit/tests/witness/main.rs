//! Witnesses: a class that holds some posted request has a witness, and the witness is in it, can
//! be written down and reads back as it is.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests panic to fail"
)]

mod around;

use around::{Around, holds};
use portolan_core::diagram::survey::{Class, Region, Standing};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::judgement::Outcome;
use portolan_core::policy::BodyField;
use portolan_core::request::{Body, Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, shipped};
use portolan_testkit::posted;
use portolan_testkit::random::Example;
use portolan_verify::{with_fallback, witness};
use portolan_wire::{read_envelope, write_request};

/// Request files to each shipped policy.
const SHIPPED: u64 = 400;
/// Random policies, and request files to each.
const POLICIES: u64 = 20;
const EACH: u64 = 60;
/// Classes of each region that are looked at.
const CLASSES: usize = 12;

fn engines() -> Vec<(Engine, u64)> {
    let shipped = shipped().into_iter();
    let shipped = shipped.filter_map(|path| compile(&Origin::Shipped(path)).engine);
    let random = (0..POLICIES).filter_map(|seed| Example::from_seed(seed).compile().engine);
    let shipped = shipped.map(|engine| (engine, SHIPPED));
    shipped.chain(random.map(|engine| (engine, EACH))).collect()
}

fn read(engine: &Engine, text: &str) -> Draft {
    let now = Instant::from_unix_seconds(0);
    let names = engine.policy().attribute_names();
    let call = read_envelope(text.as_bytes(), names, now);
    call.unwrap_or_else(|error| panic!("{error}: {text}")).draft
}

/// What a rule may read of a body: no paths, and of several faults the first.
fn facts(body: &Body) -> Body {
    let mut body = body.clone();
    body.paths.clear();
    body.faults.truncate(1);
    body
}

/// The witness is a request of its class that can be posted.
fn check(engine: &Engine, class: &Class, found: &Draft) -> Draft {
    assert!(holds(engine, class, found, None), "{found:?}\n{class:?}");
    engine.request(found.clone()).unwrap();
    let text = write_request(found, &State::default());
    let text = text.unwrap_or_else(|error| panic!("{error}: {found:?}\n{class:?}"));
    let again = read(engine, &text);
    assert!(holds(engine, class, &again, None), "{text}\n{class:?}");
    again
}

fn each_posted(mut visit: impl FnMut(&Engine, &mut Dice, &Draft)) {
    for (engine, requests) in engines() {
        let domain = Domain::of(&engine);
        for seed in 0..requests {
            let dice = &mut Dice::new(seed);
            let text = posted::envelope(dice, &domain);
            let draft = read(&engine, &text);
            // Text for very many estimated tokens takes long to write.
            let bodies = std::iter::once(&draft.body).chain(&draft.fallbacks);
            let tokens = bodies.map(|body| body.input_tokens).max();
            if !draft.body.input_tokens_estimated || tokens < Some(10_000) {
                visit(&engine, dice, &draft);
            }
        }
    }
}

#[test]
fn the_witness_of_exactly_one_request_is_that_request() {
    each_posted(|engine, _, draft| {
        let class = Around::exactly().class(engine, draft, None);
        assert!(holds(engine, &class, draft, None), "{draft:?}\n{class:?}");
        let found = witness(engine, &class);
        let found = found.unwrap_or_else(|| panic!("no witness: {draft:?}\n{class:?}"));
        let again = check(engine, &class, &found);
        let mut asked = facts(&draft.body);
        // The prefix says nothing.
        asked.model.clone_from(&again.body.model);
        // The policy's default says as much.
        let default = engine.policy().defaults.get(&BodyField::MaxTokens).copied();
        asked.max_tokens = asked.max_tokens.filter(|most| Some(*most) != default);
        assert_eq!(facts(&again.body), asked);
        assert_eq!((again.at, again.auth), (draft.at, draft.auth));
        assert_eq!(again.auth_header, draft.auth_header);
        assert_eq!(again.chain.count, draft.chain.count);
    });
}

#[test]
fn a_class_around_a_request_has_a_witness() {
    each_posted(|engine, dice, draft| {
        let class = Around::loosely(dice).class(engine, draft, None);
        assert!(holds(engine, &class, draft, None), "{draft:?}\n{class:?}");
        let found = witness(engine, &class);
        let found = found.unwrap_or_else(|| panic!("no witness: {draft:?}\n{class:?}"));
        check(engine, &class, &found);
    });
}

#[test]
fn classes_around_a_request_and_its_fallback_have_one() {
    let mut pairs = 0;
    each_posted(|engine, dice, draft| {
        if draft.fallbacks.is_empty() {
            return;
        }
        pairs += 1;
        let loose = dice.chance(70);
        let mut around = |fallback| {
            let around = if loose {
                Around::loosely(dice)
            } else {
                Around::exactly()
            };
            around.class(engine, draft, fallback)
        };
        let (outer, inner) = (around(None), around(Some(0)));
        let found = with_fallback(engine, &outer, &inner);
        let found = found.unwrap_or_else(|| panic!("none: {draft:?}\n{outer:?}\n{inner:?}"));
        assert!(
            holds(engine, &inner, &found, Some(0)),
            "{found:?}\n{inner:?}"
        );
        let again = check(engine, &outer, &found);
        assert!(
            holds(engine, &inner, &again, Some(0)),
            "{again:?}\n{inner:?}"
        );
    });
    assert!(pairs > 500, "{pairs}");
}

#[test]
fn a_witness_of_a_region_is_judged_as_the_region_says() {
    let mut found = 0;
    for (engine, _) in engines() {
        let outcome = engine.survey(&[], |survey| {
            survey.each(&mut |chart| {
                let routes = chart.routes(true)?;
                let refused = chart.without(Region::ALL, routes)?;
                for (region, wanted) in [(routes, true), (refused, false)] {
                    for member in chart.members().iter().take(3) {
                        let mut left = CLASSES;
                        let during = chart.during(member)?;
                        let region = chart.and(region, during)?;
                        chart.classes(region, member, &mut |class| {
                            found += usize::from(judged(&engine, class, wanted));
                            left -= 1;
                            left > 0
                        });
                    }
                }
                Ok(())
            })
        });
        outcome.unwrap().unwrap();
    }
    assert!(found > 1_000, "{found}");
}

/// Whether there is a witness; it routes by itself or does not.
fn judged(engine: &Engine, class: &Class, wanted: bool) -> bool {
    let Some(draft) = witness(engine, class) else {
        return false;
    };
    assert!(holds(engine, class, &draft, None), "{draft:?}\n{class:?}");
    let mut alone = draft.clone();
    alone.fallbacks.clear();
    let request = engine.request(alone).unwrap();
    let routes = match engine.judge(&request, &State::default()).outcome {
        Outcome::Route(_) => true,
        Outcome::Refuse(_) => false,
    };
    assert_eq!(routes, wanted, "{draft:?}\n{class:?}");
    true
}

#[test]
fn what_no_class_asks_for_is_left_out() {
    let engine = compile(&Origin::Shipped("rules/assemblyai".into()))
        .engine
        .unwrap();
    let catalog = engine.catalog();
    let class = Class {
        endpoint: catalog.default_endpoint().unwrap(),
        standing: Standing::Model,
        id: catalog.models[0].id.clone(),
        window: portolan_core::instant::Window::ALWAYS,
        bounds: Vec::new(),
    };
    let written = |class: &Class| {
        let found = witness(&engine, class).unwrap();
        write_request(&found, &State::default()).unwrap()
    };
    let model = &catalog.models[0].id;
    let expected = format!("{{\"at\":\"1970-01-01\",\"body\":{{\"model\":\"{model}\"}}}}");
    assert_eq!(written(&class), expected);
    let unknown = Class {
        standing: Standing::Unknown,
        ..class
    };
    let expected = "{\"at\":\"1970-01-01\",\"body\":{\"model\":\"a\"}}";
    assert_eq!(written(&unknown), expected);
}
