//! What only one of two policies declares, or declares otherwise, so that a request may be one that
//! the other does not accept.

use std::collections::BTreeSet;

use portolan_core::engine::Engine;
use portolan_core::policy::{Attribute, Policy, Type};

use super::named::Direction;

/// Something declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declared {
    /// What: `endpoint`, `attribute`, `key`, …
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// What is different about it.
    pub change: String,
    /// In which directions that goes for the requests that are accepted, the gravest first.
    pub directions: Vec<Direction>,
}

/// Everything that is declared differently.
pub(super) fn declared(engines: [&Engine; 2]) -> Vec<Declared> {
    let mut found = Vec::new();
    let endpoints = engines.map(|engine| {
        let endpoints = engine.catalog().endpoints.iter();
        endpoints
            .map(|e| e.name.to_string())
            .collect::<BTreeSet<_>>()
    });
    one_sided("endpoint", &endpoints, &|_, _| false, &mut found);
    let default = engines.map(|engine| {
        let catalog = engine.catalog();
        let endpoint = catalog
            .default_endpoint()
            .and_then(|id| catalog.endpoint(id));
        endpoint.map_or("none".to_owned(), |e| e.name.to_string())
    });
    let [old, new] = default;
    if old != new {
        found.push(Declared {
            what: "default endpoint",
            name: new.clone(),
            change: format!("was {old}"),
            directions: vec![default_directions(&old, &new)],
        });
    }
    let policies = engines.map(Engine::policy);
    let names = policies.map(|policy| {
        policy
            .attribute_names()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    });
    let [old, new] = policies;
    let must = |name: &str, side: usize| {
        let policy = if side == 0 { old } else { new };
        let own = policy.attributes.iter().find(|a| *a.name == *name);
        own.is_some_and(|a| !spared(a))
    };
    one_sided("attribute", &names, &must, &mut found);
    for attribute in &new.attributes {
        if let Some(before) = old.attributes.iter().find(|a| a.name == attribute.name) {
            values([(old, before), (new, attribute)], &mut found);
        }
    }
    found
}

/// Where a request that names no endpoint goes.
fn default_directions(old: &str, new: &str) -> Direction {
    match (old, new) {
        ("none", _) => Direction::Loosens,
        (_, "none") => Direction::Tightens,
        (_, _) => Direction::Reroutes,
    }
}

/// Names that one side alone declares; `must` says whether a request has to give one, on a side.
fn one_sided(
    what: &'static str,
    names: &[BTreeSet<String>; 2],
    must: &dyn Fn(&str, usize) -> bool,
    found: &mut Vec<Declared>,
) {
    let [old, new] = names;
    let mut add = |name: &String, change: &str, directions: Vec<Direction>| {
        found.push(Declared {
            what,
            name: name.clone(),
            change: change.to_owned(),
            directions,
        });
    };
    // Those who gave it are turned away, and those who gave none no more where it had to be given.
    for name in old.difference(new) {
        let more = must(name, 0).then_some(Direction::Loosens);
        let directions = more.into_iter().chain([Direction::Tightens]);
        add(name, "removed", directions.collect());
    }
    for name in new.difference(old) {
        let fewer = must(name, 1).then_some(Direction::Tightens);
        let directions = std::iter::once(Direction::Loosens).chain(fewer);
        add(name, "added", directions.collect());
    }
}

/// Says whether a request may leave an attribute out.
fn spared(attribute: &Attribute) -> bool {
    attribute.optional || attribute.default.is_some()
}

/// What one attribute takes, and whether it may be left out.
fn values(sides: [(&Policy, &Attribute); 2], found: &mut Vec<Declared>) {
    let taken = sides.map(|(policy, attribute)| {
        let texts = |words: &[Box<str>]| words.iter().map(ToString::to_string).collect();
        if let Type::Choice(words) = &attribute.of {
            texts(words)
        } else if let Type::Key(table) = attribute.of {
            let table = policy.tables.get(table as usize);
            table.map_or_else(BTreeSet::new, |table| texts(&table.keys))
        } else {
            BTreeSet::new()
        }
    });
    let [(_, old), (_, new)] = sides;
    let mut add = |change: String, direction: Direction| {
        found.push(Declared {
            what: "attribute",
            name: new.name.to_string(),
            change,
            directions: vec![direction],
        });
    };
    let [before, after] = &taken;
    let listed = |words: Vec<&String>| {
        let shown: Vec<&str> = words.iter().take(8).map(|word| word.as_str()).collect();
        let more = words.len().saturating_sub(shown.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        format!("{}{more}", shown.join(", "))
    };
    let lost: Vec<&String> = before.difference(after).collect();
    if !lost.is_empty() {
        add(
            format!("takes no more {}", listed(lost)),
            Direction::Tightens,
        );
    }
    let more: Vec<&String> = after.difference(before).collect();
    if !more.is_empty() {
        add(format!("also takes {}", listed(more)), Direction::Loosens);
    }
    if spared(old) && !spared(new) {
        add("must be given".to_owned(), Direction::Tightens);
    }
    if !spared(old) && spared(new) {
        add("may be left out".to_owned(), Direction::Loosens);
    }
}
