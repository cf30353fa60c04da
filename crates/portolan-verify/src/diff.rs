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
mod make;
mod merge;
mod named;
mod place;
mod sample;
mod shown;
mod states;

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
use sample::Sampled;

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
    /// Whom it is for; those with a sample first.
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
    /// One of the requests, and both decisions; none where no body that is posted says it.
    pub sample: Option<Sample>,
    /// The region itself.
    pub region: Region,
}

impl Change {
    /// The regions that a posted body is in: each has a sample. They come before the others.
    pub fn posted(&self) -> &[Affected] {
        let posted = self.regions.partition_point(|r| r.sample.is_some());
        self.regions.get(..posted).unwrap_or_default()
    }

    /// What can be posted comes before what only a program can ask, and then what is graver.
    fn order(&self) -> (bool, Vec<Direction>) {
        (self.posted().is_empty(), self.directions.clone())
    }
}

impl Diff {
    /// Says whether nothing is different, and that is known.
    pub fn is_empty(&self) -> bool {
        self.declared.is_empty() && self.groups.is_empty() && self.inconclusive.is_empty()
    }

    /// Every direction in which something goes, a decision or what is accepted.
    pub fn directions(&self) -> Vec<Direction> {
        let changes = self.groups.iter().flat_map(|group| &group.changes);
        let declared = self.declared.iter().flat_map(|d| &d.directions).copied();
        let mut all: Vec<Direction> = changes.flat_map(|c| c.directions.clone()).collect();
        all.extend(declared);
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

/// Compares two policies.
pub fn diff(old: &Engine, new: &Engine) -> Diff {
    let engines = [old, new];
    let mut diff = Diff {
        declared: declared::declared(engines),
        ..Diff::default()
    };
    let found = diff.find(engines);
    let mut groups: BTreeMap<Cause, Vec<Change>> = BTreeMap::new();
    for (what, regions) in found {
        for (cause, change) in diff.changes(engines, &what, regions) {
            groups.entry(cause).or_default().push(change);
        }
    }
    for chained in chain::chained(engines, &diff.ground.coding) {
        let Some(sample) = chained.sample else {
            let what = chained.what.text();
            let lost = format!("no request was found that shows the change {what}");
            diff.inconclusive.push(lost);
            continue;
        };
        let what = std::slice::from_ref(&chained.what);
        let cause = cause::cause(engines, Some(&sample), what);
        groups.entry(cause).or_default().push(Change {
            directions: vec![chained.what.direction],
            what: vec![chained.what],
            regions: vec![diff.ground.affected(chained.region, Some(sample))],
        });
    }
    for (cause, mut changes) in groups {
        changes.sort_by_cached_key(Change::order);
        diff.groups.push(Group { cause, changes });
    }
    diff.groups
        .sort_by_cached_key(|group| group.changes.first().map(Change::order));
    diff
}

impl Diff {
    /// The regions of every change, each change by name. Where the comparison did not come to an
    /// end, those that it came to.
    fn find(&mut self, engines: [&Engine; 2]) -> BTreeMap<Vec<Named>, Vec<Region>> {
        let [old, new] = engines;
        let mut names = Names::new(engines);
        let mut coding = Coding::default();
        let mut found: BTreeMap<Vec<Named>, Vec<Region>> = BTreeMap::new();
        let mut left = REGIONS;
        let compared = old.compare(new, &mut |slice| {
            coding.clone_from(slice.coding);
            let cells = slice.cells.iter().filter(|cell| boxes::possible(cell));
            let cells = merge::merged(cells.map(boxes::of_cell).collect(), &coding);
            // Ids for which it is the same by name are one.
            let mut ids: BTreeMap<Vec<Named>, Vec<&Pairing>> = BTreeMap::new();
            for pairing in slice.pairings {
                let what = slice.differences.iter();
                let what = what.map(|difference| Named::of(engines, pairing, difference));
                ids.entry(what.collect()).or_default().push(pairing);
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
        match compared {
            Ok(whole) => coding = whole,
            Err(obstacle) => self.inconclusive.push(worded(&obstacle)),
        }
        if left == 0 {
            let regions = format!("there are more than {REGIONS} regions to tell apart");
            self.inconclusive.push(regions);
        }
        self.ground = Ground::new(engines, coding, names);
        found
    }

    /// One change, by the causes that its regions have.
    fn changes(
        &mut self,
        engines: [&Engine; 2],
        what: &[Named],
        regions: Vec<Region>,
    ) -> Vec<(Cause, Change)> {
        let mut by_cause: BTreeMap<Cause, Vec<Affected>> = BTreeMap::new();
        for region in merge::merged(regions, &self.ground.coding) {
            let sample = match sample::sample(engines, &self.ground, &region, what) {
                Sampled::Shown(sample) => Some(*sample),
                Sampled::Nobody => None,
                Sampled::Lost => {
                    self.inconclusive.push(self.ground.unseen(&region, what));
                    continue;
                }
            };
            let cause = cause::cause(engines, sample.as_ref(), what);
            let affected = self.ground.affected(region, sample);
            by_cause.entry(cause).or_default().push(affected);
        }
        let directions = named::directions(what);
        let changes = by_cause.into_iter().map(|(cause, mut regions)| {
            regions.sort_by_key(|affected| affected.sample.is_none());
            let change = Change {
                what: what.to_vec(),
                directions: directions.clone(),
                regions,
            };
            (cause, change)
        });
        changes.collect()
    }
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
