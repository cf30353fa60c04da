//! What would work instead: only what is legal for this very request.

use std::collections::BTreeSet;

use crate::catalog::{AliasTarget, ModelId};
use crate::decimal::Decimal;
use crate::limits;
use crate::near;
use crate::policy::Slot;
use crate::reference::{Case, Facts};
use crate::request::Effective;
use crate::text::quoted;

/// The text of a slot, `None` where there is nothing to advise.
pub(super) fn advice(case: Case<'_>, facts: &Facts<'_>, slot: Slot) -> Option<String> {
    let text = match slot {
        Slot::Successor => successor(case, facts)?,
        Slot::Alternatives => quoted(alternatives(case, facts), "or"),
        Slot::SoldIn => quoted(sold_in(case, facts), "and"),
        Slot::Near => quoted(near_ids(case, facts), "or"),
    };
    (!text.is_empty()).then_some(text)
}

/// Says whether this request would be legal if it named another id.
fn legal(case: Case<'_>, facts: &Facts<'_>, id: &str) -> bool {
    let at = facts.request.at();
    let target = case.catalog.lookup(id, at);
    facts.changes(target.next_change);
    legal_target(case, facts, id, target.value)
}

fn legal_target(case: Case<'_>, facts: &Facts<'_>, id: &str, target: Option<AliasTarget>) -> bool {
    if target.is_none() {
        return false;
    }
    let other = Effective {
        model_text: Some(id.to_owned()),
        target,
        ..facts.effective.clone()
    };
    case.legal(&other, facts.horizon)
}

/// The nearest successor, hop by hop, that this request could use.
fn successor(case: Case<'_>, facts: &Facts<'_>) -> Option<String> {
    let mut model = facts.effective.target?.model;
    for _ in 0..limits::SUCCESSOR_HOPS {
        model = case.catalog.model(model)?.successor?;
        let id = &case.catalog.model(model)?.id;
        if legal(case, facts, id) {
            return Some(id.to_string());
        }
    }
    None
}

/// The best-scored models that this request could use.
fn alternatives<'a>(case: Case<'a>, facts: &Facts<'_>) -> Vec<&'a str> {
    let own = facts.effective.target.map(|t| t.model);
    let at = facts.request.at();
    let first = case.catalog.scores.first();
    let score = |id: ModelId| {
        let score = case.catalog.score(id, crate::catalog::ScoreId(0), at);
        facts.changes(score.next_change);
        let value = score.value;
        let better = |v: Decimal| {
            if first.is_some_and(|s| s.higher_is_better) {
                v.billionths()
            } else {
                -v.billionths()
            }
        };
        value.map_or(i64::MIN, better)
    };
    let mut ids: Vec<(i64, ModelId)> = (0u32..)
        .map(ModelId)
        .zip(&case.catalog.models)
        .map(|(id, _)| (score(id), id))
        .filter(|(_, id)| Some(*id) != own)
        .collect();
    ids.sort_by_key(|(score, id)| (std::cmp::Reverse(*score), *id));
    ids.into_iter()
        .take(limits::ALTERNATIVES_TRIED)
        .filter_map(|(_, id)| case.catalog.model(id))
        .map(|m| &*m.id)
        .filter(|id| legal(case, facts, id))
        .take(limits::SUGGESTIONS)
        .collect()
}

/// The regions in which the model is sold at this instant, in catalog order.
fn sold_in<'a>(case: Case<'a>, facts: &Facts<'_>) -> Vec<&'a str> {
    let at = facts.request.at();
    let Some(model) = facts
        .effective
        .target
        .and_then(|t| case.catalog.model(t.model))
    else {
        return Vec::new();
    };
    let gone = model.retires.is_some_and(|r| r <= at) || model.released.is_some_and(|r| at < r);
    let mut seen = BTreeSet::new();
    let offerings = model
        .offerings
        .iter()
        .filter_map(|o| case.catalog.offering(*o));
    let changes = [model.retires, model.released].into_iter().flatten();
    changes
        .filter(|change| *change > at)
        .for_each(|change| facts.changes(Some(change)));
    offerings
        .inspect(|o| facts.changes(o.window.next_change(at)))
        .filter(|o| !gone && o.window.contains(at))
        .filter_map(|o| case.catalog.region(o.region))
        .map(|r| &*r.name)
        .filter(|name| seen.insert(*name))
        .collect()
}

/// Near spellings of an unknown id that this request could use.
fn near_ids<'a>(case: Case<'a>, facts: &Facts<'_>) -> Vec<&'a str> {
    let Some(text) = facts.effective.model_text.as_deref() else {
        return Vec::new();
    };
    let models = case.catalog.models.iter().map(|m| &*m.id);
    let aliases = case.catalog.aliases.iter().map(|a| &*a.id);
    near::ranked(text, models.chain(aliases))
        .into_iter()
        .take(limits::ALTERNATIVES_TRIED)
        .filter(|id| legal(case, facts, id))
        .take(limits::SUGGESTIONS)
        .collect()
}
