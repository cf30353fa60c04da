//! What only one of two policies declares, or declares otherwise, so that a request may be one that
//! the other does not accept.

use std::collections::BTreeSet;

use portolan_core::engine::Engine;
use portolan_core::policy::{Attribute, Policy, Type};

/// Something declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declared {
    /// What: `endpoint`, `attribute`, `key`, …
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// What is different about it.
    pub change: String,
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
    one_sided("endpoint", &endpoints, &mut found);
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
        });
    }
    let policies = engines.map(Engine::policy);
    let names = policies.map(|policy| {
        policy
            .attribute_names()
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    });
    one_sided("attribute", &names, &mut found);
    let [old, new] = policies;
    for attribute in &new.attributes {
        if let Some(before) = old.attributes.iter().find(|a| a.name == attribute.name) {
            values([(old, before), (new, attribute)], &mut found);
        }
    }
    found
}

fn one_sided(what: &'static str, names: &[BTreeSet<String>; 2], found: &mut Vec<Declared>) {
    let [old, new] = names;
    let mut add = |name: &String, change: &str| {
        found.push(Declared {
            what,
            name: name.clone(),
            change: change.to_owned(),
        });
    };
    old.difference(new).for_each(|name| add(name, "removed"));
    new.difference(old).for_each(|name| add(name, "added"));
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
    let mut add = |change: String| {
        found.push(Declared {
            what: "attribute",
            name: new.name.to_string(),
            change,
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
        add(format!("takes no more {}", listed(lost)));
    }
    let more: Vec<&String> = after.difference(before).collect();
    if !more.is_empty() {
        add(format!("also takes {}", listed(more)));
    }
    let spared = |a: &Attribute| a.optional || a.default.is_some();
    if spared(old) && !spared(new) {
        add("must be given".to_owned());
    }
    if !spared(old) && spared(new) {
        add("may be left out".to_owned());
    }
}
