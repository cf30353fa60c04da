//! An independent judge of locks: from a generated world's own data, without the engine.
//!
//! What membership in the European Union was when is written out here a second time, on purpose.

use std::collections::BTreeSet;

use portolan_core::answer::Attempt;
use portolan_core::instant::Instant;
use portolan_core::request::{Body, Draft};

use crate::rules::{Atom, Bound, Condition, Fact, Lock};
use crate::world::{Dated, Offering, Placing, World, instant};

/// Since when whom; Britain until 2020-02-01.
const UNION: [(&str, &str); 8] = [
    ("1958-01-01", "BE DE FR IT LU NL"),
    ("1973-01-01", "DK IE"),
    ("1981-01-01", "GR"),
    ("1986-01-01", "ES PT"),
    ("1995-01-01", "AT FI SE"),
    ("2004-05-01", "CY CZ EE HU LT LV MT PL SI SK"),
    ("2007-01-01", "BG RO"),
    ("2013-07-01", "HR"),
];

type Atoms = BTreeSet<String>;

fn territories(name: &str, at: Instant) -> Option<Atoms> {
    let atoms = |names: &str| Some(names.split(' ').map(str::to_owned).collect());
    match name {
        "unknown" => None,
        "benelux" => atoms("BE NL LU"),
        "cloud:x-1" => atoms("FR"),
        "mixed" => atoms("BE NL LU FR"),
        "drift" if at < instant("2026-03-01") => atoms("DE GB"),
        "drift" => atoms("DE US"),
        "EU27" | "EEA" => {
            let mut all = Atoms::new();
            for (since, names) in UNION {
                if at >= instant(since) {
                    all.extend(names.split(' ').map(str::to_owned));
                }
            }
            if at >= instant("1973-01-01") && at < instant("2020-02-01") {
                all.insert("GB".to_owned());
            }
            if name == "EEA" {
                all.extend(["IS", "LI", "NO"].map(str::to_owned));
            }
            Some(all)
        }
        // Everything there is: more than any other set here.
        "world" => {
            let union = "EU27";
            let mut all = territories(union, instant("2019-01-01"))?;
            all.extend(["US", "JP", "IS", "LI", "NO", "the-rest"].map(str::to_owned));
            Some(all)
        }
        country => atoms(country),
    }
}

/// `EU27`, or `["DE", "benelux"]` as written in the catalog.
fn union<'a>(names: impl IntoIterator<Item = &'a str>, at: Instant) -> Option<Atoms> {
    let mut all = Atoms::new();
    for name in names {
        all.extend(territories(name, at)?);
    }
    Some(all)
}

fn written(list: &str) -> Vec<&str> {
    let inner = list.trim_start_matches('[').trim_end_matches(']');
    inner
        .split(", ")
        .map(|name| name.trim_matches('"'))
        .collect()
}

fn within(a: Option<Atoms>, b: Option<Atoms>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if !a.is_empty() && a.is_subset(&b))
}

/// Days, `None` where nobody knows.
fn days(retention: &str) -> Option<u32> {
    match retention {
        "zero" => Some(0),
        text => text.strip_suffix('d').and_then(|days| days.parse().ok()),
    }
}

/// The offering that an attempt calls, by its id upstream.
pub(crate) fn offering<'w>(world: &'w World, attempt: &Attempt) -> &'w Offering {
    let found = world
        .offerings
        .iter()
        .find(|o| o.upstream_id == attempt.upstream_id);
    found.unwrap()
}

fn placed(
    world: &World,
    attempt: &Attempt,
    at: Instant,
    pick: fn(&Placing) -> &Dated,
) -> Option<Atoms> {
    let offering = offering(world, attempt);
    let pair = offering
        .pairs
        .iter()
        .find(|p| world.endpoints[p.endpoint].name == attempt.endpoint);
    let stated = pair
        .and_then(|p| pick(&p.placing).at(at))
        .or_else(|| pick(&offering.placing).at(at));
    if let Some(names) = stated {
        return union(written(names), at);
    }
    let mut all = Atoms::new();
    for provider in &offering.providers {
        let own = pick(&world.providers[*provider].placing).at(at);
        let names = own.or_else(|| pick(&world.regions[offering.region].placing).at(at))?;
        all.extend(union(written(names), at)?);
    }
    Some(all)
}

fn retention(world: &World, attempt: &Attempt, at: Instant) -> Option<u32> {
    let offering = offering(world, attempt);
    let pair = offering
        .pairs
        .iter()
        .find(|p| world.endpoints[p.endpoint].name == attempt.endpoint);
    if let Some(stated) = pair
        .and_then(|p| p.retention.at(at))
        .or_else(|| offering.retention.at(at))
    {
        return days(stated);
    }
    let each = offering
        .providers
        .iter()
        .map(|p| days(world.providers[*p].retention.at(at)?));
    each.collect::<Option<Vec<u32>>>()?.into_iter().max()
}

/// What an attribute is for this draft: given, else its default.
fn attribute<'d>(draft: &'d Draft, name: &str) -> Option<&'d str> {
    let default = match name {
        "tier" => Some("free"),
        "strict" => Some("false"),
        "tenant" => Some("t1"),
        _ => None,
    };
    draft.attributes.get(name).map(String::as_str).or(default)
}

/// Says whether a condition holds; absence makes a lock apply.
fn holds(world: &World, condition: &Condition, draft: &Draft, body: &Body) -> bool {
    match condition {
        Condition::And(a, b) => holds(world, a, draft, body) && holds(world, b, draft, body),
        Condition::Or(a, b) => holds(world, a, draft, body) || holds(world, b, draft, body),
        Condition::Not(a) => !holds(world, a, draft, body),
        Condition::Atom(atom) => match atom {
            Atom::Endpoint(name) => endpoint(world, draft) == name,
            Atom::From(date) => draft.at >= instant(date),
            Atom::Tier(value) => attribute(draft, "tier") == Some(value),
            Atom::Strict => attribute(draft, "strict") == Some("true"),
            Atom::TeamUnsetOr(value) => attribute(draft, "team").is_none_or(|team| team == *value),
            Atom::RegionUnset => body.model_region.is_none(),
            Atom::RegionUnsetOr(value) => body.model_region.as_ref().is_none_or(|r| r == value),
        },
    }
}

fn endpoint<'a>(world: &'a World, draft: &'a Draft) -> &'a str {
    draft
        .endpoint
        .as_deref()
        .unwrap_or(&world.endpoints[0].name)
}

/// Says whether an attempt satisfies a lock, or the lock does not apply to it.
pub(crate) fn satisfied(world: &World, lock: &Lock, draft: &Draft, attempt: &Attempt) -> bool {
    let at = draft.at;
    let body = match attempt.fallback {
        None => &draft.body,
        Some(index) => &draft.fallbacks[index],
    };
    let applies = lock.period.contains(at)
        && lock
            .when
            .as_ref()
            .is_none_or(|when| holds(world, when, draft, body));
    if !applies {
        return true;
    }
    let bound = |names: &[&str]| union(names.iter().copied(), at);
    let tenant = attribute(draft, "tenant").unwrap_or("t1");
    lock.facts.iter().all(|fact| {
        let place = match fact {
            Fact::Processing => placed(world, attempt, at, |p| &p.processing),
            Fact::Storage => placed(world, attempt, at, |p| &p.storage),
            Fact::Ingress => {
                let endpoint = world
                    .endpoints
                    .iter()
                    .find(|e| e.name == attempt.endpoint)
                    .unwrap();
                endpoint
                    .ingress
                    .at(at)
                    .and_then(|names| union(written(names), at))
            }
            Fact::Retention => {
                let most = match &lock.bound {
                    Bound::Days(days) => *days,
                    Bound::Places(_) | Bound::Tenant => crate::rules::tenant(tenant).1,
                };
                return retention(world, attempt, at).is_some_and(|days| days <= most);
            }
        };
        match &lock.bound {
            Bound::Places(names) => within(place, bound(names)),
            Bound::Days(_) => false,
            Bound::Tenant => within(place, bound(&[crate::rules::tenant(tenant).0])),
        }
    })
}
