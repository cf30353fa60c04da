//! Thousands of models and tenants load, and each is decided as its own facts say.

#![expect(clippy::panic, clippy::unwrap_used, reason = "tests panic to fail")]

use std::collections::BTreeMap;

use portolan_core::answer::{Answer, Outcome};
use portolan_core::catalog::{self, Notation};
use portolan_core::diagnostic::Diagnostics;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::request::{Draft, State};
use portolan_core::source::Sources;
use portolan_testkit::case::Origin;
use portolan_testkit::policies::{compile, printed};
use portolan_testkit::scale;

fn engine(mut files: BTreeMap<String, String>, models: usize) -> Engine {
    files.insert("catalog.yaml".to_owned(), scale::catalog(models));
    let entry = "policy.portolan".to_owned();
    let compiled = compile(&Origin::Inline { entry, files });
    let findings = printed(&compiled.diagnostics, &compiled.sources);
    compiled.engine.unwrap_or_else(|| panic!("{findings}"))
}

fn large(models: usize) -> Engine {
    let policy = ("policy.portolan".to_owned(), scale::POLICY.to_owned());
    engine(BTreeMap::from([policy]), models)
}

fn answer(engine: &Engine, draft: Draft) -> Answer {
    let request = engine.request(draft).unwrap();
    let state = State::default();
    engine.answer(&request, &state)
}

fn draft(endpoint: &str, id: &str, at: Instant) -> Draft {
    Draft {
        endpoint: Some(endpoint.to_owned()),
        ..Draft::new(id.to_owned(), at)
    }
}

const UNION: [&str; 5] = ["DE", "IE", "FR", "SE", "EU27"];

#[test]
fn a_thousand_models_load_and_each_is_its_own() {
    let engine = large(1_000);
    assert_eq!(engine.catalog().models.len(), 1_000);
    let at = Instant::parse("2026-06-01").unwrap();
    let (mut routed, mut retired, mut elsewhere) = (0, 0, 0);
    for number in 0..1_000 {
        let id = scale::id(number);
        for endpoint in ["us", "eu"] {
            match answer(&engine, draft(endpoint, &id, at)).outcome {
                Outcome::Route(plan) => {
                    routed += 1;
                    for attempt in &plan.attempts {
                        assert_eq!(attempt.model, id);
                        let place = attempt.processing.join(" ");
                        let union = UNION.contains(&place.as_str());
                        assert!(endpoint != "eu" || union, "{id} in {place}");
                    }
                    let prices = plan.attempts.iter().map(|a| a.price.output);
                    assert!(prices.is_sorted(), "{id}");
                }
                Outcome::Refuse(refusal) if refusal.code == "model-retired" => retired += 1,
                Outcome::Refuse(refusal) => {
                    let code = refusal.code.as_str();
                    let known = ["model-not-in-region", "model-not-offered"].contains(&code);
                    assert!(
                        known && (endpoint, code) != ("us", "model-not-in-region"),
                        "{id} {code}"
                    );
                    elsewhere += 1;
                }
            }
        }
    }
    assert!(
        routed > 900 && retired > 50 && elsewhere > 100,
        "{routed} {retired} {elsewhere}"
    );
}

#[test]
fn an_alias_of_one_among_thousands_is_one_hop() {
    let engine = large(1_000);
    let at = Instant::parse("2025-06-01").unwrap();
    let mut routed = 0;
    for number in (0..1_000).step_by(10) {
        let alias = scale::alias_of(number);
        let Outcome::Route(plan) = answer(&engine, draft("us", &alias, at)).outcome else {
            continue;
        };
        let first = plan.attempts.first().unwrap();
        assert_eq!(first.model, scale::id(number));
        assert_eq!(first.alias.as_deref(), Some(alias.as_str()));
        routed += 1;
    }
    assert!(routed > 50, "{routed}");
}

#[test]
fn what_is_suggested_among_thousands_is_near_and_would_be_routed() {
    let engine = large(5_000);
    let at = Instant::parse("2026-06-01").unwrap();
    let (mut itself, mut suggested) = (0, 0);
    for number in (0..5_000).step_by(100) {
        let id = scale::id(number);
        let Outcome::Refuse(refusal) = answer(&engine, draft("eu", &format!("{id}x"), at)).outcome
        else {
            panic!("`{id}x` is no model");
        };
        assert_eq!(refusal.code, "model-not-found");
        let names = refusal
            .help
            .iter()
            .flat_map(|line| line.split('`').skip(1).step_by(2));
        for name in names {
            suggested += 1;
            itself += usize::from(name == id);
            let outcome = answer(&engine, draft("eu", name, at)).outcome;
            assert!(matches!(outcome, Outcome::Route(_)), "{name} for {id}x");
        }
    }
    assert!(itself > 10 && suggested > 50, "{itself} {suggested}");
}

#[test]
fn ten_thousand_tenants_have_each_their_own_lock_and_rules_for_them_say_the_same() {
    let by_table = engine(scale::tenants_by_table(10_000), 100);
    // Fewer, because the diagrams of ten thousand values take a minute without optimisation.
    let by_rules = engine(scale::tenants_by_rules(1_000), 100);
    let at = Instant::parse("2025-06-01").unwrap();
    let (mut routed, mut locked) = (0, 0);
    for number in (0..1_000).step_by(101).chain((1_000..10_000).step_by(999)) {
        let tenant = scale::tenant(number);
        for model in (0..100).step_by(9) {
            let asked = || Draft {
                attributes: BTreeMap::from([("tenant".to_owned(), tenant.clone())]),
                ..draft("us", &scale::id(model), at)
            };
            let ruled = if number < 1_000 { &by_rules } else { &by_table };
            let outcomes = [&by_table, ruled].map(|engine| answer(engine, asked()).outcome);
            match outcomes {
                [Outcome::Route(table), Outcome::Route(other)] => {
                    assert_eq!(table, other);
                    routed += 1;
                    let catalog = by_table.catalog();
                    let bound = catalog.places.named(scale::residency(number)).unwrap();
                    for attempt in &table.attempts {
                        for place in &attempt.processing {
                            let place = catalog.places.named(place).unwrap();
                            let (place, bound) =
                                (catalog.places.at(place, at), catalog.places.at(bound, at));
                            assert!(place.within(bound), "{tenant} {}", attempt.model);
                        }
                    }
                }
                [Outcome::Refuse(table), Outcome::Refuse(other)] => {
                    locked += usize::from(table.code == "lock-not-met");
                    assert_eq!(table.code, other.code, "{tenant}");
                }
                [Outcome::Route(_), Outcome::Refuse(_)]
                | [Outcome::Refuse(_), Outcome::Route(_)] => {
                    panic!("{tenant} fares differently by table and by rules");
                }
            }
        }
    }
    assert!(routed > 50 && locked > 50, "{routed} {locked}");
}

/// Taking models as they are read, keeping the whole tree first, and the other notation: all the
/// same catalog.
#[test]
fn a_large_catalog_reads_alike_in_both_notations() {
    let mut sources = Sources::default();
    let mut found = Diagnostics::default();
    let yaml = sources.add("catalog.yaml", scale::catalog(300));
    let tree = catalog::read(&sources, yaml, &mut found).unwrap();
    let written = catalog::write_rules(&tree).unwrap();
    let rules = sources.add("catalog.portolan", written);
    assert_eq!(Notation::of("catalog.portolan"), Notation::Rules);
    let catalogs = [yaml, rules].map(|id| {
        let raw = catalog::parse(&sources, id, &mut found);
        catalog::validate(raw.into_iter().collect(), &mut found).unwrap()
    });
    assert!(found.is_empty());
    let [yaml, rules] = &catalogs;
    assert_eq!(yaml.models.len(), rules.models.len());
    let at = Instant::parse("2026-06-01").unwrap();
    for (one, other) in yaml.models.iter().zip(&rules.models) {
        assert_eq!((&one.id, one.retires), (&other.id, other.retires));
        assert_eq!(one.context_window, other.context_window);
        assert_eq!(one.capabilities, other.capabilities);
        assert_eq!(one.price, other.price);
        assert_eq!(yaml.lookup(&one.id, at), rules.lookup(&other.id, at));
    }
    for (one, other) in yaml.offerings.iter().zip(&rules.offerings) {
        assert_eq!((one.region, one.window), (other.region, other.window));
        assert_eq!(one.providers, other.providers);
        assert_eq!(one.multiplier, other.multiplier);
    }
}
