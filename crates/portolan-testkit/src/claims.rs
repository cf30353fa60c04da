//! The `prove` blocks of a policy, asked of one request after the other, each of requests that it
//! is about. A proof over all requests must never say more than this does of one.
//!
//! What a claim says of one request is in `second_opinion.rs`. `same decision as` needs a second
//! policy and is not asked here.

use std::cell::Cell;

use portolan_core::engine::Engine;
use portolan_core::instant::Window;
use portolan_core::policy::{BodyField, Condition, Prove, Term, Value};
use portolan_core::request::{Auth, Body, Chain, Draft, State};
use portolan_core::syntax::ast::Comparison;

use crate::dice::Dice;
use crate::second_opinion::speaks_against;

/// What one claim says of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The request is none of those that the claim is about.
    Nothing,
    /// It holds.
    Holds,
    /// It does not.
    Fails,
}

/// What a claim says of a request.
pub fn said(engine: &Engine, prove: &Prove, draft: &Draft) -> Said {
    let Ok(request) = engine.request(draft.clone()) else {
        return Said::Nothing;
    };
    let about =
        prove.between.contains(request.at()) && engine.fulfils(&request, None, None, &prove.filter);
    match speaks_against(engine, prove, draft, &State::default()) {
        Ok(true) => Said::Fails,
        Ok(false) if about => Said::Holds,
        Ok(false) | Err(_) => Said::Nothing,
    }
}

/// Moves a request towards those that a claim is about: its endpoint, model, region, attributes
/// and instant, where the claim's `where` fixes them, and now and then away from what any rule
/// might refuse first.
pub fn steer(engine: &Engine, prove: &Prove, draft: &mut Draft, dice: &mut Dice) {
    if dice.chance(50) {
        let kept = std::mem::take(&mut draft.body);
        let size = |n: i64| n.clamp(0, 50_000);
        draft.body = Body {
            model: kept.model,
            model_region: kept.model_region,
            messages: true,
            max_tokens: kept.max_tokens.map(|n| size(n) % 8_000 + 1),
            input_tokens: size(kept.input_tokens),
            temperature: kept.temperature,
            stream: kept.stream,
            ..Body::default()
        };
        draft.auth = Auth::NotJudged;
        draft.fallbacks.clear();
        draft.chain = Chain::default();
    }
    let Window { from, until } = prove.between;
    match (from, until) {
        (Some(from), Some(until)) if !prove.between.contains(draft.at) => {
            let length = until.unix_seconds() - from.unix_seconds();
            let edges = [0, 1, length / 2, length - 1];
            let after = match dice.below(8) {
                edge @ 0..4 => edges.get(edge).copied().unwrap_or(0),
                _ => i64::try_from(dice.below(usize::MAX)).unwrap_or(0) % length.max(1),
            };
            draft.at = from.plus_seconds(after);
        }
        _ => {}
    }
    fix(engine, &prove.filter, draft);
}

/// Gives fields the values that a condition asks for, part by part.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is not steered by is left to the dice"
)]
fn fix(engine: &Engine, condition: &Condition, draft: &mut Draft) {
    let (catalog, policy) = (engine.catalog(), engine.policy());
    match condition {
        Condition::And(parts) => parts.iter().for_each(|part| fix(engine, part, draft)),
        Condition::Holds(Term::Attribute(index)) => {
            let name = policy.attribute_names().nth(*index as usize);
            draft
                .attributes
                .extend(name.map(|n| (n.to_owned(), "true".to_owned())));
        }
        Condition::Compare(Term::Attribute(index), Comparison::Equal, Term::Constant(value)) => {
            let name = policy.attribute_names().nth(*index as usize);
            let text = match value {
                Value::Text(text) => Some(text.to_string()),
                Value::Row(table, row) => {
                    let table = policy.tables.get(*table as usize);
                    let key = table.and_then(|table| table.keys.get(*row as usize));
                    key.map(ToString::to_string)
                }
                _ => None,
            };
            let given = name.map(ToOwned::to_owned).zip(text);
            draft.attributes.extend(given);
        }
        Condition::Compare(term, Comparison::Equal, Term::Constant(value)) => match (term, value) {
            (Term::Endpoint, Value::Endpoint(id)) => {
                let endpoint = catalog.endpoint(*id);
                draft.endpoint = endpoint.map(|endpoint| endpoint.name.to_string());
            }
            (Term::Body(BodyField::Model), Value::Model(id)) => {
                draft.body.model = catalog.model(*id).map(|model| model.id.to_string());
            }
            (Term::Body(BodyField::ModelRegion), Value::Text(region)) => {
                draft.body.model_region = Some(region.to_string());
            }
            _ => {}
        },
        Condition::Not(inner) => {
            if let Condition::IsSet(Term::Body(BodyField::ModelRegion)) = &**inner {
                draft.body.model_region = None;
            }
        }
        _ => {}
    }
}

/// How often the claims of a policy were asked, and of how many requests they said something.
#[derive(Debug)]
pub struct Asked<'a> {
    engine: &'a Engine,
    counts: Vec<Cell<u64>>,
}

impl<'a> Asked<'a> {
    /// Of an engine's policy, nothing asked yet.
    pub fn of(engine: &'a Engine) -> Self {
        let proves = engine.policy().proves.iter();
        Self {
            engine,
            counts: proves.map(|_| Cell::new(0)).collect(),
        }
    }

    /// The claims that do not hold of a request, or of one that is like it and that they are
    /// about, each with that request.
    pub fn broken(&self, draft: &Draft, dice: &mut Dice) -> Vec<(&'a str, Draft)> {
        let proves = self.engine.policy().proves.iter().zip(&self.counts);
        let mut failing = Vec::new();
        for (prove, count) in proves {
            let mut draft = draft.clone();
            if dice.chance(80) {
                steer(self.engine, prove, &mut draft, dice);
            }
            let said = said(self.engine, prove, &draft);
            if said != Said::Nothing {
                count.set(count.get() + 1);
            }
            if said == Said::Fails {
                failing.push((&*prove.name, draft));
            }
        }
        failing
    }

    /// Each claim with the number of requests that it said something of.
    pub fn counts(&self) -> Vec<(&'a str, u64)> {
        let proves = self.engine.policy().proves.iter().zip(&self.counts);
        proves
            .map(|(prove, count)| (&*prove.name, count.get()))
            .collect()
    }
}
