//! Which routes of one side are those of the other, and what is observed of them beside rules:
//! price, places, URL.

use std::collections::BTreeMap;

use super::said::{Aspect, Sayings};
use crate::catalog::{Catalog, Price, Route};
use crate::diagram::fold::Fold;
use crate::diagram::sketch::Sketch;
use crate::diagram::store::Inconclusive;

/// Routes of either side, each with the route it is on each.
type Matched = (Vec<[Option<Route>; 2]>, [Vec<u16>; 2]);

/// Matches routes by the names of their model, providers, region and endpoint; several of the same
/// name in their order. The new side's come first, in catalog order.
pub(super) fn matched(old: (&Catalog, &[Route]), new: (&Catalog, &[Route])) -> Matched {
    let mut routes: Vec<[Option<Route>; 2]> = new.1.iter().map(|r| [None, Some(*r)]).collect();
    let mut named: BTreeMap<Vec<&str>, Vec<u16>> = BTreeMap::new();
    for (position, route) in (0u16..).zip(new.1) {
        named.entry(name(new.0, *route)).or_default().push(position);
    }
    for free in named.values_mut() {
        free.reverse();
    }
    let mut before = Vec::with_capacity(old.1.len());
    for route in old.1 {
        let free = named.get_mut(&name(old.0, *route)).and_then(Vec::pop);
        let place = free.and_then(|at| routes.get_mut(usize::from(at)).map(|place| (at, place)));
        if let Some((at, [of_old, _])) = place {
            *of_old = Some(*route);
            before.push(at);
        } else {
            before.push(u16::try_from(routes.len()).unwrap_or(u16::MAX));
            routes.push([Some(*route), None]);
        }
    }
    let after = (0u16..).zip(new.1).map(|(position, _)| position);
    (routes, [before, after.collect()])
}

/// What a route is called on either side.
fn name(catalog: &Catalog, route: Route) -> Vec<&str> {
    let Some(offering) = catalog.offering(route.offering) else {
        return Vec::new();
    };
    let providers = offering.providers.iter();
    let providers = providers.filter_map(|id| catalog.provider(*id).map(|p| &*p.name));
    let model = catalog.model(offering.model).map(|m| &*m.id);
    let region = catalog.region(offering.region).map(|r| &*r.name);
    let endpoint = catalog.endpoint(route.endpoint).map(|e| &*e.name);
    let place = [model, region, endpoint].into_iter().flatten();
    place.chain(providers).collect()
}

/// What is observed of routes that both have, where the sides differ in it.
pub(super) fn facts(
    folds: &[Fold<'_>; 2],
    routes: &[[Option<Route>; 2]],
    said: &mut Sayings,
) -> Result<Vec<(Aspect, [Sketch; 2])>, Inconclusive> {
    let [old, new] = folds;
    let mut found = Vec::new();
    for (position, sides) in (0u16..).zip(routes) {
        let [Some(before), Some(after)] = *sides else {
            continue;
        };
        let mut add = |aspect, sketches: [Sketch; 2]| {
            let [a, b] = &sketches;
            if a != b {
                found.push((aspect, sketches));
            }
        };
        let prices = [price(old, before, said)?, price(new, after, said)?];
        add(Aspect::Price(position), prices);
        for fact in ["processing", "storage"] {
            let sketches = [
                placed(old, before, fact, said)?,
                placed(new, after, fact, said)?,
            ];
            add(Aspect::Fact(position, fact), sketches);
        }
        let before = fixed(old.vocabulary.catalog, before);
        let after = fixed(new.vocabulary.catalog, after);
        for ((fact, own), (_, other)) in before.into_iter().zip(after) {
            if own != other {
                let sketches = [own, other].map(|text| Sketch::Leaf(said.text(text)));
                add(Aspect::Fact(position, fact), sketches);
            }
        }
    }
    Ok(found)
}

/// Facts that no date changes.
fn fixed(catalog: &Catalog, route: Route) -> [(&'static str, String); 5] {
    let offering = catalog.offering(route.offering);
    let region = offering.and_then(|o| catalog.region(o.region));
    let maker = offering.and_then(|o| catalog.model(o.model)?.maker);
    let maker = maker.and_then(|id| catalog.maker(id));
    let endpoint = catalog.endpoint(route.endpoint);
    let executes = endpoint.into_iter().flat_map(|e| &e.executes);
    let executes = executes.map(|what| what.name());
    [
        ("url", catalog.url(route)),
        ("upstream id", catalog.upstream_id(route).to_owned()),
        (
            "usage region",
            region.map_or(String::new(), |r| r.usage.to_string()),
        ),
        ("maker", maker.map_or(String::new(), |m| m.name.to_string())),
        ("executes", executes.collect::<Vec<_>>().join(", ")),
    ]
}

fn price(fold: &Fold<'_>, route: Route, said: &mut Sayings) -> Result<Sketch, Inconclusive> {
    let said = std::cell::RefCell::new(said);
    fold.price(route, &|price| said.borrow_mut().text(amounts(price)))
}

/// A price as text, in dollars per million tokens.
fn amounts(price: Price) -> String {
    let amounts = [
        ("input", price.input),
        ("output", price.output),
        ("cache read", price.cache_read),
        ("cache write", price.cache_write),
    ];
    let amounts = amounts.into_iter();
    let there = amounts.filter_map(|(kind, amount)| Some(format!("{kind} {}", amount?.money())));
    let mut parts: Vec<String> = there.collect();
    if let Some(factor) = price.multiplier {
        parts.push(format!("list price times {factor}"));
    }
    if parts.is_empty() {
        parts.push("unknown".to_owned());
    }
    parts.join(", ")
}

fn placed(
    fold: &Fold<'_>,
    route: Route,
    fact: &str,
    said: &mut Sayings,
) -> Result<Sketch, Inconclusive> {
    let catalog = fold.vocabulary.catalog;
    let said = std::cell::RefCell::new(said);
    fold.through_time(&|at| {
        let known = if fact == "storage" {
            catalog.storage(route, at)
        } else {
            catalog.processing(route, at)
        };
        let names = known.value.unwrap_or_default();
        let names: Vec<&str> = names.iter().map(|id| catalog.places.name(*id)).collect();
        let names = if names.is_empty() {
            "unknown".to_owned()
        } else {
            names.join("+")
        };
        (said.borrow_mut().text(names), known.next_change)
    })
}
