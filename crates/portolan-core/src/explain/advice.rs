//! What would work instead: only what is legal for this very request.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::limits;
use crate::policy::Slot;
use crate::reference::{Case, Facts};
use crate::request::Effective;
use crate::text::quoted;

/// The text of a slot, `None` where there is nothing to advise.
pub(super) fn advice(case: Case<'_>, facts: &Facts<'_>, slot: Slot) -> Option<String> {
    let names = names(case, facts, slot);
    let text = match slot {
        // Its quotes are the template's.
        Slot::Successor => names.into_iter().next()?.to_owned(),
        Slot::Alternatives | Slot::Near => quoted(names, "or"),
        Slot::SoldIn => quoted(names, "and"),
    };
    (!text.is_empty()).then_some(text)
}

/// What a slot names: ids of models, or regions.
pub(super) fn names<'a>(case: Case<'a>, facts: &Facts<'_>, slot: Slot) -> Vec<&'a str> {
    match slot {
        Slot::Successor => successor(case, facts).into_iter().collect(),
        Slot::Alternatives => alternatives(case, facts),
        Slot::SoldIn => sold_in(case, facts),
        Slot::Near => near_ids(case, facts),
    }
}

/// A request that differs from the one at hand in the id it names, and is changed from one id to
/// the next.
struct Other<'f, 'a> {
    case: Case<'a>,
    facts: &'f Facts<'a>,
    effective: Effective,
}

impl<'f, 'a> Other<'f, 'a> {
    fn of(case: Case<'a>, facts: &'f Facts<'a>) -> Self {
        Self {
            case,
            facts,
            effective: facts.effective.clone(),
        }
    }

    /// Says whether this request would be legal if it named another id.
    fn legal(&mut self, id: &str) -> bool {
        let target = self.case.catalog.lookup(id, self.facts.request.at());
        self.facts.changes(target.next_change);
        if target.value.is_none() {
            return false;
        }
        let text = self.effective.model_text.get_or_insert_default();
        text.clear();
        text.push_str(id);
        self.effective.target = target.value;
        self.case.legal(&self.effective, self.facts.horizon)
    }
}

/// The nearest successor, hop by hop, that this request could use.
fn successor<'a>(case: Case<'a>, facts: &Facts<'_>) -> Option<&'a str> {
    let mut model = facts.effective.target?.model;
    let mut other = Other::of(case, facts);
    for _ in 0..limits::SUCCESSOR_HOPS {
        model = case.catalog.model(model)?.successor?;
        let id = &case.catalog.model(model)?.id;
        if other.legal(id) {
            return Some(id);
        }
    }
    None
}

/// The best-scored models that this request could use.
fn alternatives<'a>(case: Case<'a>, facts: &Facts<'_>) -> Vec<&'a str> {
    let own = facts.effective.target.map(|t| t.model);
    let best = case.catalog.best_scored(facts.request.at());
    facts.changes(best.next_change);
    let mut other = Other::of(case, facts);
    let others = best.value.iter().filter(|id| Some(**id) != own);
    others
        .take(limits::ALTERNATIVES_TRIED)
        .filter_map(|id| case.catalog.model(*id))
        .map(|m| &*m.id)
        .filter(|id| other.legal(id))
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
    let mut other = Other::of(case, facts);
    let mut found = Vec::new();
    case.catalog.near(text, limits::ALTERNATIVES_TRIED, |id| {
        if other.legal(id) {
            found.push(id);
        }
        if found.len() < limits::SUGGESTIONS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    found
}
