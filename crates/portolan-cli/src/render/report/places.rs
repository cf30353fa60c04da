//! What the named places of the claims stand for, and from when on.

use std::collections::BTreeSet;

use portolan_core::instant::Instant;
use portolan_core::place::PlaceId;
use portolan_core::policy::{Claim, Condition, Goal, Prove, Term, Value};

use crate::render::proofs::Shown;

/// Each place that a claim names, with its countries.
pub(super) fn named(shown: &Shown<'_>) -> Vec<(String, String)> {
    let mut places = BTreeSet::new();
    let proves = &shown.engine.policy().proves;
    for prove in shown.proofs.iter().filter_map(|p| proves.get(p.prove)) {
        for term in conditions(prove).into_iter().flat_map(Condition::terms) {
            if let Term::Constant(value) = term {
                collect(value, &mut places);
            }
        }
    }
    let all = &shown.engine.catalog().places;
    let mut facts: Vec<(String, String)> = places
        .into_iter()
        .map(|id| (all.name(id).to_owned(), meaning(shown, id)))
        .collect();
    facts.sort();
    facts
}

fn conditions(prove: &Prove) -> Vec<&Condition> {
    fn every(claim: &Claim) -> Option<&Condition> {
        if let Claim::Every(condition) = claim {
            Some(condition)
        } else {
            None
        }
    }
    let mut all = vec![&prove.filter];
    match &prove.goal {
        Goal::Claim { premises, claim } => {
            all.extend(premises.iter().chain([claim]).filter_map(every));
        }
        Goal::SomeModelRoutes(condition) => all.push(condition),
        Goal::SameDecisionAs { .. } => {}
    }
    all
}

fn collect(value: &Value, places: &mut BTreeSet<PlaceId>) {
    if let Value::Places(named) = value {
        places.extend(named);
    }
    if let Value::Set(values) = value {
        for value in values {
            if let Value::Places(named) = value {
                places.extend(named);
            }
        }
    }
}

/// Changes of one place that are told.
const CHANGES: usize = 32;

/// The countries of a place, by the dates at which they change.
fn meaning(shown: &Shown<'_>, id: PlaceId) -> String {
    let places = &shown.engine.catalog().places;
    let mut said = Vec::new();
    let (mut at, mut from) = (Instant::from_unix_seconds(i64::MIN), None::<Instant>);
    for _ in 0..CHANGES {
        let place = places.at(id, at);
        let mut countries: Vec<&str> = place.countries().collect();
        if place.is_unknown() {
            countries.push("somewhere unknown");
        }
        let countries = if countries.is_empty() {
            "nowhere".to_owned()
        } else {
            countries.join(" ")
        };
        let from_then = from.map_or(String::new(), |from| format!("from {} ", from.short()));
        said.push(format!("{from_then}{countries}"));
        let Some(next) = places.next_change(id, at) else {
            break;
        };
        (at, from) = (next, Some(next));
    }
    said.join("; ")
}
