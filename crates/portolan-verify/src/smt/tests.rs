//! A question from end to end, without a solver: what is written, and what it says of requests.

use std::collections::BTreeMap;

use portolan_core::engine::{Engine, compile};
use portolan_core::instant::Instant;
use portolan_core::request::{Body, Draft, State};
use portolan_core::source::Files;

use super::{Question, questions, smt2};

const CATALOG: &str = "
catalog: 1
title: Two regions
regions:
  us: {processing: US, storage: US}
  eu: {processing: EU27, storage: EU27}
endpoints:
  us: {host: llm.example.com, path: /v1/chat, ingress: US, region: us, default: true}
  eu: {host: llm.eu.example.com, path: /v1/chat, ingress: EU27, region: eu}
makers: {acme: {title: Acme}}
providers:
  acme-cloud: {retention: zero}
models:
  acme-1:
    maker: acme
    retires: 2026-06-01
    offerings:
      - {region: us, provider: acme-cloud}
      - {region: eu, provider: acme-cloud}
  acme-2:
    maker: acme
    offerings:
      - {region: us, provider: acme-cloud}
";

const POLICY: &str = "
edition 1
policy two-regions
use catalog \"catalog.yaml\"
opt-in request.model_region

exclude 404 retired
  when route.model.retires is set and request.at >= route.model.retires
  say  \"gone\"

exclude 404 elsewhere
  when request.model_region is not set and route.region != request.endpoint.region
  say  \"not here\"

prove eu-stays-in-eu
  for every request where request.endpoint == eu and request.model_region is not set
  every attempt.processing within EU27

prove nothing-of-acme-1
  for every request where request.model is set and request.model == acme-1 between 2026-06-01 and 2030-01-01
  never routes
";

struct Two;

impl Files for Two {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let text = if path == "catalog.yaml" {
            CATALOG
        } else {
            POLICY
        };
        Ok(text.as_bytes().to_vec())
    }
}

fn engine() -> Engine {
    let compiled = compile("policy.portolan", &mut Two);
    let said = compiled.diagnostics.iter().map(|found| &found.message);
    compiled
        .engine
        .unwrap_or_else(|| panic!("{:?}", said.collect::<Vec<_>>()))
}

fn draft(model: &str, at: &str, model_region: Option<&str>) -> Draft {
    let mut draft = Draft::new(model, Instant::parse(at).unwrap());
    draft.endpoint = Some("eu".to_owned());
    draft.body.model_region = model_region.map(str::to_owned);
    draft
}

#[test]
fn a_question_is_the_same_text_each_time_and_names_only_what_is_read() {
    let engine = engine();
    let prove = &engine.policy().proves[1];
    let script = smt2(&engine, prove).unwrap();
    assert_eq!(script, smt2(&engine, prove).unwrap());
    assert!(script.starts_with("; nothing-of-acme-1\n(set-logic QF_LIA)\n"));
    assert!(script.contains("; request.endpoint: 0 us, 1 eu\n"));
    assert!(script.contains("(declare-const request.at Int)"));
    assert!(!script.contains("max_tokens"));
    assert!(script.ends_with("request.model_region))\n"), "{script}");
}

#[test]
fn a_request_outside_the_question_says_nothing_against_it() {
    let engine = engine();
    let prove = &engine.policy().proves[1];
    let question = Question::new(&engine, prove).unwrap();
    let against = |draft: &Draft| question.refuted_by(draft, &State::default());
    assert!(!against(&draft("acme-1", "2026-07-01", None)));
    assert!(!against(&draft("acme-1", "2026-05-01", None)));
}

#[test]
fn a_fallback_may_opt_into_what_the_request_did_not() {
    let engine = engine();
    let question = questions(&engine).remove(0).unwrap();
    let against = |draft: &Draft| question.refuted_by(draft, &State::default());
    let mut chained = draft("acme-1", "2026-05-01", None);
    assert!(!against(&chained));
    chained.fallbacks.push(Body {
        model: Some("acme-2".to_owned()),
        model_region: Some("global".to_owned()),
        ..Body::default()
    });
    assert!(against(&chained));
    // One that the depth leaves out, and one to a request that is refused.
    chained.chain.depth = Some(0);
    assert!(!against(&chained));
    chained.chain.depth = None;
    chained.at = Instant::parse("2026-06-01").unwrap();
    assert!(!against(&chained));
}

#[test]
fn what_a_solver_found_reads_back_as_the_request() {
    let engine = engine();
    let question = questions(&engine).remove(0).unwrap();
    let values = [
        ("request.endpoint", 1),
        ("request.at", 86_400),
        ("request.model", 0),
        ("request.model_region", 0),
        ("fallback.model", 1),
        ("fallback.model_region", 1),
        ("fallback?", 1),
        ("request.fallback_count", 1),
    ];
    let values: BTreeMap<String, i128> = values.map(|(name, n)| (name.to_owned(), n)).into();
    let (draft, state) = question.request(&values);
    assert_eq!(draft.endpoint.as_deref(), Some("eu"));
    assert_eq!(draft.at, Instant::parse("1970-01-02").unwrap());
    assert_eq!(draft.body.model.as_deref(), Some("acme-1"));
    assert_eq!(draft.body.model_region, None);
    assert_eq!(draft.fallbacks[0].model.as_deref(), Some("acme-2"));
    assert!(draft.fallbacks[0].model_region.is_some());
    assert!(question.refuted_by(&draft, &state));
}
