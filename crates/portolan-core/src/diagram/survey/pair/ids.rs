//! Every id that a request may name, with what it stands for on each side, and when.

use std::collections::{BTreeMap, BTreeSet};

use super::Pairing;
use crate::catalog::{AliasTarget, Catalog, ModelId};
use crate::diagram::fold::Subject;
use crate::instant::{Dated, Window};

/// A stretch of time, and what an id stands for then.
type Period = (Window, Option<AliasTarget>);

/// Every id that either side knows, by what it stands for on both; then no id, and any other.
/// Where the two take different prefixes off, ids are as a request has them.
pub(super) fn pairings<'p>(
    catalogs: [&'p Catalog; 2],
    prefixes: [&str; 2],
) -> Vec<([Subject<'p>; 2], Pairing)> {
    let [old, new] = catalogs;
    let [before, after] = prefixes;
    let aliases = catalogs.map(|catalog| {
        let aliases = catalog.aliases.iter();
        let aliases = aliases.map(|alias| (&*alias.id, &alias.target));
        aliases.collect::<BTreeMap<&str, &Dated<AliasTarget>>>()
    });
    let [old_aliases, new_aliases] = &aliases;
    let same = before == after;
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (catalog, prefix) in [(new, after), (old, before)] {
        let models = catalog.models.iter().map(|model| &*model.id);
        let ids = models.chain(catalog.aliases.iter().map(|alias| &*alias.id));
        for id in ids {
            let raw = if same {
                vec![id.to_owned()]
            } else {
                vec![id.to_owned(), format!("{prefix}{id}")]
            };
            for raw in raw {
                if !seen.insert(raw.clone()) {
                    continue;
                }
                let strip = |prefix: &str| {
                    let rest = raw.strip_prefix(prefix).filter(|_| !same);
                    rest.unwrap_or(&raw).to_owned()
                };
                let first = periods(old, old_aliases, &strip(before));
                let second = periods(new, new_aliases, &strip(after));
                for (window, a) in &first {
                    for (other, b) in &second {
                        let window = both(*window, *other);
                        let Some(window) = window.filter(|_| a.1.is_some() || b.1.is_some()) else {
                            continue;
                        };
                        found.push(([a.0, b.0], pairing(Some(&raw), window, [a.1, b.1])));
                    }
                }
            }
        }
    }
    found.push((
        [Subject::Absent; 2],
        pairing(None, Window::ALWAYS, [None; 2]),
    ));
    let mut unknown = pairing(None, Window::ALWAYS, [None; 2]);
    unknown.unknown = true;
    found.push(([Subject::Unknown; 2], unknown));
    found
}

fn pairing(id: Option<&str>, window: Window, targets: [Option<AliasTarget>; 2]) -> Pairing {
    Pairing {
        id: id.map(Box::from),
        unknown: false,
        window,
        targets,
        routes: Vec::new(),
    }
}

/// What an id stands for, for all of time.
fn periods<'p>(
    catalog: &'p Catalog,
    aliases: &BTreeMap<&'p str, &'p Dated<AliasTarget>>,
    id: &str,
) -> Vec<(Window, (Subject<'p>, Option<AliasTarget>))> {
    let unknown = (Subject::Unknown, None);
    if let Some(model) = catalog.model_named(id) {
        let target = AliasTarget {
            model,
            region: None,
        };
        return vec![(
            Window::ALWAYS,
            (subject(catalog, model, None), Some(target)),
        )];
    }
    let Some((id, dated)) = aliases.get_key_value(id) else {
        return vec![(Window::ALWAYS, unknown)];
    };
    let mut all: Vec<(Window, (Subject<'p>, Option<AliasTarget>))> = Vec::new();
    let mut stated: Vec<Period> = dated
        .periods()
        .iter()
        .map(|(window, target)| (*window, Some(*target)))
        .collect();
    stated.sort_by_key(|(window, _)| window.from);
    // Where the last period ended; none where one goes on for ever.
    let mut reached = Some(None);
    for (window, target) in stated {
        let Some(from) = reached else { break };
        let gap = Window {
            from,
            until: window.from,
        };
        if window.from.is_some() && window.from != from {
            all.push((gap, unknown));
        }
        if let Some(target) = target {
            all.push((
                window,
                (subject(catalog, target.model, Some(id)), Some(target)),
            ));
        }
        reached = window.until.map(Some);
    }
    if let Some(from) = reached {
        all.push((Window { from, until: None }, unknown));
    }
    all
}

fn subject<'p>(catalog: &'p Catalog, model: ModelId, alias: Option<&'p str>) -> Subject<'p> {
    let own = catalog.model(model).map_or("", |model| &model.id);
    Subject::Model(model, alias.unwrap_or(own))
}

/// The instants of both; none where there is none.
fn both(a: Window, b: Window) -> Option<Window> {
    let from = a.from.max(b.from);
    let until = match (a.until, b.until) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let empty = until.is_some_and(|until| from.is_some_and(|from| until <= from));
    (!empty).then_some(Window { from, until })
}
