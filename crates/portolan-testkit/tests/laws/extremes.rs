//! Requests at the edges of every type, and the law that none of them breaks anything.

use std::collections::BTreeSet;

use portolan_core::decimal::Decimal;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::BodyField;
use portolan_core::request::{Body, Usage};
use proptest::prelude::*;

use crate::subjects::for_every_policy;

/// Puts other values into every field that a client sends and the policy does not opt in.
pub(crate) fn another_body(body: &mut Body, engine: &Engine) {
    let opted = |field| engine.policy().opt_ins.contains(&field);
    body.stream = !body.stream;
    body.messages = !body.messages;
    body.input_tokens = body.input_tokens.wrapping_add(17).max(0);
    if !opted(BodyField::MaxTokens) {
        body.max_tokens = body.max_tokens.map_or(Some(3), |_| None);
    }
    if !opted(BodyField::Temperature) {
        body.temperature = body
            .temperature
            .map_or(Some(Decimal::from_billionths(5)), |_| None);
    }
    if !opted(BodyField::ModelRegion) {
        body.model_region = body
            .model_region
            .as_ref()
            .map_or(Some("global".to_owned()), |_| None);
    }
    if !opted(BodyField::ZeroDataRetention) {
        body.zero_data_retention = body
            .zero_data_retention
            .map_or(Some(true), |zero| Some(!zero));
    }
    body.content = BTreeSet::from(["image_url".to_owned()]);
    body.parameters = BTreeSet::from(["tools".to_owned(), "n".to_owned()]);
}

#[test]
fn total_on_every_draft() {
    let edges = [i64::MIN, -1, 0, i64::MAX - 1, i64::MAX];
    let counter = std::cell::Cell::new(0usize);
    for_every_policy(|subject, mut draft, mut state| {
        let turn = || {
            counter.set(counter.get() + 1);
            edges[counter.get() % edges.len()]
        };
        for body in std::iter::once(&mut draft.body).chain(&mut draft.fallbacks) {
            body.max_tokens = Some(turn());
            body.input_tokens = turn();
            body.temperature = Some(Decimal::from_billionths(turn()));
            body.service_tier = Some("\u{0}\u{202e}{request.model}`".to_owned());
            body.model_region = Some("`\n{{".to_owned()).filter(|_| turn() < 0);
        }
        draft.chain.depth = Some(turn());
        draft.chain.count = turn();
        if turn() == -1 {
            draft.at = Instant::from_unix_seconds(turn());
        }
        for usage in state.models.values_mut().chain(state.routes.values_mut()) {
            *usage = Usage {
                healthy: usage.healthy,
                used: Some(turn()),
                reset_s: Some(turn()),
            };
        }
        let engine = &subject.engine;
        if let Ok(request) = engine.request(draft) {
            let answer = engine.answer(&request, &state);
            let json = portolan_wire::answer_json(&answer, None);
            let read: Result<serde_json::Value, _> = serde_json::from_str(&json);
            prop_assert!(read.is_ok(), "{json}");
            prop_assert!(!engine.trace(&request, &state).requests.is_empty());
        }
        Ok(())
    });
}
