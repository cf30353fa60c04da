//! What changes for whom between two policies: complete, disjoint regions of requests, each with a
//! direction, a cause, and a sample that both reference interpreters were asked about.
//!
//! Requests that both policies accept are compared. A region is a box: one range or set of values a
//! field, for some models and endpoints. No two boxes of one change merge into one. A request
//! changes only if its own effective request, or that of one of its fallbacks, lies in a region.

mod boxes;
mod cause;
mod chain;
mod declared;
mod named;
mod place;
mod sample;
mod shown;

pub use boxes::{Dimension, Region};
pub use cause::Cause;
pub use declared::Declared;
pub use named::{Direction, Named};
pub use sample::{Sample, essence};

use std::collections::BTreeMap;

use boxes::Names;
use place::Ground;
use portolan_core::diagram::survey::pair::{Coding, Obstacle, Pairing, Role};
use portolan_core::engine::Engine;
use portolan_core::request::{Draft, State};

/// Everything that is different.
#[derive(Debug, Clone, Default)]
pub struct Diff {
    /// What only one of them declares, or declares otherwise.
    pub declared: Vec<Declared>,
    /// Changes by cause; within a cause by how much they matter.
    pub groups: Vec<Group>,
    /// Why it is not known whether this is all. Empty where it is.
    pub inconclusive: Vec<String>,
    ground: Ground,
}

/// Changes of one cause.
#[derive(Debug, Clone)]
pub struct Group {
    /// The rules and facts that differ.
    pub cause: Cause,
    /// The changes.
    pub changes: Vec<Change>,
}

/// One change and everybody whom it is for.
#[derive(Debug, Clone)]
pub struct Change {
    /// What is different.
    pub what: Vec<Named>,
    /// In which directions it goes, the gravest first.
    pub directions: Vec<Direction>,
    /// Whom it is for.
    pub regions: Vec<Affected>,
}

/// A box of requests, in words.
#[derive(Debug, Clone)]
pub struct Affected {
    /// Ids, or `any other id`, or `no id`.
    pub models: Vec<String>,
    /// Endpoints.
    pub endpoints: Vec<String>,
    /// Only the body's own effective request, or only that of a fallback.
    pub role: Option<Role>,
    /// What else is true of the requests, all of it.
    pub conditions: Vec<String>,
    /// One of the requests, and both decisions.
    pub sample: Sample,
    /// The region itself.
    pub region: Region,
}

impl Diff {
    /// Says whether nothing is different, and that is known.
    pub fn is_empty(&self) -> bool {
        self.declared.is_empty() && self.groups.is_empty() && self.inconclusive.is_empty()
    }

    /// Every direction in which something goes.
    pub fn directions(&self) -> Vec<Direction> {
        let changes = self.groups.iter().flat_map(|group| &group.changes);
        let mut all: Vec<Direction> = changes.flat_map(|c| c.directions.clone()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Diff {
    /// The regions that a request lies in, itself or by one of its fallbacks.
    pub fn regions_of<'d>(
        &'d self,
        draft: &'d Draft,
        state: &'d State,
    ) -> impl Iterator<Item = (&'d Change, &'d Affected)> {
        let changes = self.groups.iter().flat_map(|group| &group.changes);
        let regions = changes.flat_map(|change| change.regions.iter().map(move |r| (change, r)));
        regions.filter(|(_, affected)| self.ground.lies_in(&affected.region, draft, state))
    }
}

/// The most regions that are kept before they are merged.
const REGIONS: usize = 40_000;

/// Regions of one change whose samples are asked for a cause; those after them have that of the
/// last one asked.
const CAUSES: usize = 4;

/// Compares two policies.
pub fn diff(old: &Engine, new: &Engine) -> Diff {
    let engines = [old, new];
    let mut diff = Diff {
        declared: declared::declared(engines),
        ..Diff::default()
    };
    let mut names = Names::new(engines);
    let mut coding = Coding::default();
    let mut found: BTreeMap<Vec<Named>, Vec<Region>> = BTreeMap::new();
    let mut left = REGIONS;
    let compared = old.compare(new, &mut |slice| {
        coding = slice.coding.clone();
        let cells = slice.cells.iter().filter(|cell| boxes::possible(cell));
        let cells = cells.map(|cell| boxes::of_cell(cell)).collect();
        let cells = boxes::merged(cells, &coding);
        // Ids for which it is the same by name are one.
        let mut ids: BTreeMap<Vec<Named>, Vec<&Pairing>> = BTreeMap::new();
        for pairing in slice.pairings {
            let named = slice.differences.iter();
            let named = named.map(|difference| Named::of(engines, pairing, difference));
            ids.entry(named.collect()).or_default().push(pairing);
        }
        for (what, pairings) in ids {
            let regions = found.entry(what).or_default();
            for cell in &cells {
                left = left.saturating_sub(1);
                if left > 0 {
                    regions.push(names.region(engines, &slice, &pairings, cell));
                }
            }
        }
    });
    if let Err(obstacle) = compared {
        diff.inconclusive.push(worded(&obstacle));
    }
    if left == 0 {
        let regions = format!("there are more than {REGIONS} regions to tell apart");
        diff.inconclusive.push(regions);
    }
    let mut groups: BTreeMap<Cause, Vec<Change>> = BTreeMap::new();
    for (what, regions) in found {
        let merged = boxes::merged(regions, &coding);
        let directions = named::directions(&what);
        let mut by_cause: BTreeMap<Cause, Vec<Affected>> = BTreeMap::new();
        let (mut asked, mut last) = (0, None);
        for region in merged {
            let Some(sample) = sample::sample(engines, &names, &coding, &region, &what) else {
                let models = names.models(&region).join(", ");
                let endpoints = names.endpoints(&region).join(", ");
                let conditions = shown::conditions(&region, &coding).join(" and ");
                let what: Vec<String> = what.iter().map(Named::text).collect();
                diff.inconclusive.push(format!(
                    "no request was found that shows the change {} for {models} on {endpoints} \
                     where {conditions}",
                    what.join("; ")
                ));
                continue;
            };
            let cause = match &last {
                Some(cause) if asked >= CAUSES => cause.clone(),
                _ => cause::cause(engines, &sample, &what),
            };
            asked += 1;
            last = Some(cause.clone());
            let affected = Affected {
                models: names.models(&region),
                endpoints: names.endpoints(&region),
                role: names.role(&region),
                conditions: shown::conditions(&region, &coding),
                sample,
                region,
            };
            by_cause.entry(cause).or_default().push(affected);
        }
        for (cause, regions) in by_cause {
            groups.entry(cause).or_default().push(Change {
                what: what.clone(),
                directions: directions.clone(),
                regions,
            });
        }
    }
    for chained in chain::chained(engines, &coding) {
        let Some(sample) = chained.sample else {
            let what = chained.what.text();
            let lost = format!("no request was found that shows the change {what}");
            diff.inconclusive.push(lost);
            continue;
        };
        let cause = cause::cause(engines, &sample, std::slice::from_ref(&chained.what));
        groups.entry(cause).or_default().push(Change {
            directions: vec![chained.what.direction],
            what: vec![chained.what],
            regions: vec![Affected {
                models: names.models(&chained.region),
                endpoints: names.endpoints(&chained.region),
                role: None,
                conditions: shown::conditions(&chained.region, &coding),
                sample,
                region: chained.region,
            }],
        });
    }
    for (cause, mut changes) in groups {
        changes.sort_by(|a, b| a.directions.cmp(&b.directions));
        diff.groups.push(Group { cause, changes });
    }
    let prefix = engines.map(|engine| engine.policy().model_prefix.as_deref());
    let default = engines.map(|engine| {
        let catalog = engine.catalog();
        let endpoint = catalog
            .default_endpoint()
            .and_then(|id| catalog.endpoint(id));
        endpoint.map(|e| e.name.to_string())
    });
    let [before, after] = default;
    diff.ground = Ground {
        coding,
        names,
        prefix: prefix
            .first()
            .filter(|first| prefix.last() == Some(first))
            .and_then(|prefix| *prefix)
            .unwrap_or("")
            .to_owned(),
        endpoint: before.filter(|name| Some(name) == after.as_ref()),
    };
    diff.groups.sort_by(|a, b| {
        let first = |group: &Group| group.changes.first().map(|c| c.directions.clone());
        first(a).cmp(&first(b))
    });
    diff
}

fn worded(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::Budget => "the comparison went past its budget".to_owned(),
        Obstacle::Attribute(name) => {
            format!("attribute `{name}` is of another type; give one of them another name")
        }
        Obstacle::Prefix => {
            "the model prefix differs, and a rule asks how an unknown id begins".to_owned()
        }
    }
}
