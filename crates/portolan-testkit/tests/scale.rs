//! A thousand models load, and each is decided as its own facts say.

#![expect(clippy::panic, reason = "tests panic to fail")]

use std::collections::BTreeMap;

use portolan_core::answer::Outcome;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::policies::{compile, printed};
use portolan_testkit::scale;

const POLICY: &str = "edition 1
policy large
use catalog \"catalog.yaml\"

lock processing within EU27
  when request.endpoint == eu

exclude 404 model-retired
  when route.model.retires is set and request.at >= route.model.retires
  say \"`{route.model}` is retired\"
  help \"use {successor}\"
  help \"use {alternatives}\"

prefer lowest route.price.output
";

fn engine(models: usize) -> Engine {
    let files = BTreeMap::from([
        ("policy.portolan".to_owned(), POLICY.to_owned()),
        ("catalog.yaml".to_owned(), scale::catalog(models)),
    ]);
    let entry = "policy.portolan".to_owned();
    let compiled = compile(&Origin::Inline { entry, files });
    let findings = printed(&compiled.diagnostics, &compiled.sources);
    compiled.engine.unwrap_or_else(|| panic!("{findings}"))
}

#[test]
fn a_thousand_models_load_and_each_is_its_own() {
    let engine = engine(1_000);
    assert_eq!(engine.catalog().models.len(), 1_000);
    let at = Instant::parse("2026-06-01").unwrap();
    let (mut routed, mut retired, mut locked) = (0, 0, 0);
    for number in 0..1_000 {
        let id = scale::id(number);
        for endpoint in ["us", "eu"] {
            let draft = Draft {
                endpoint: Some(endpoint.to_owned()),
                ..Draft::new(id.clone(), at)
            };
            let request = engine.request(draft).unwrap();
            match engine.answer(&request, &State::default()).outcome {
                Outcome::Route(plan) => {
                    routed += 1;
                    for attempt in &plan.attempts {
                        assert_eq!(attempt.model, id);
                        let place = attempt.processing.join(" ");
                        let union = ["DE", "IE", "FR", "SE", "EU27"].contains(&place.as_str());
                        assert!(endpoint != "eu" || union, "{id} in {place}");
                    }
                    let prices = plan.attempts.iter().map(|a| a.price.output);
                    assert!(prices.is_sorted(), "{id}");
                }
                Outcome::Refuse(refusal) if refusal.code == "model-retired" => retired += 1,
                Outcome::Refuse(refusal) => {
                    assert_eq!(
                        (refusal.code.as_str(), endpoint),
                        ("lock-not-met", "eu"),
                        "{id}"
                    );
                    locked += 1;
                }
            }
        }
    }
    assert!(
        routed > 900 && retired > 50 && locked > 100,
        "{routed} {retired} {locked}"
    );
}

#[test]
fn an_alias_of_one_among_thousands_is_one_hop() {
    let engine = engine(1_000);
    let at = Instant::parse("2025-06-01").unwrap();
    let request = engine.request(Draft::new("latest-990", at)).unwrap();
    let answer = engine.answer(&request, &State::default());
    let Outcome::Route(plan) = answer.outcome else {
        panic!("refused");
    };
    let first = plan.attempts.first().unwrap();
    assert_eq!(first.model, scale::id(990));
    assert_eq!(first.alias.as_deref(), Some("latest-990"));
}
