//! Regions of requests: boxes over models, endpoints, roles and fields.

use std::collections::BTreeMap;

use portolan_core::catalog::Catalog;
use portolan_core::diagram::survey::pair::{Axis, Cell, Pairing, Role, Slice, Span, tidy};
use portolan_core::diagram::survey::{Flag, Number, SetField, TextField};
use portolan_core::engine::Engine;

/// Something that a region bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// A field of the request.
    Axis(Axis),
    /// The role of the effective request: 0 for the body's own, 1 for a fallback's, 2 for the chain
    /// of fallbacks as a whole.
    Role,
    /// The endpoint, by its position among all names.
    Endpoint,
    /// The model id, by its position among all ids.
    Model,
}

/// Requests: of every dimension that is named one of the codes, sorted and apart.
pub type Region = BTreeMap<Dimension, Vec<Span>>;

/// What positions of models and endpoints are called.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    models: Vec<Option<Box<str>>>,
    known: BTreeMap<Box<str>, i64>,
    endpoints: Vec<Box<str>>,
}

/// The positions of no id, and of any other id.
pub(super) const NO_ID: i64 = 0;
pub(super) const OTHER_ID: i64 = 1;

/// The role of a chain as a whole.
pub(super) const CHAIN: i64 = 2;

impl Names {
    pub(super) fn new(engines: [&Engine; 2]) -> Self {
        let mut names = Self {
            models: vec![None, None],
            ..Self::default()
        };
        for engine in engines {
            for endpoint in &engine.catalog().endpoints {
                if !names.endpoints.contains(&endpoint.name) {
                    names.endpoints.push(endpoint.name.clone());
                }
            }
        }
        names
    }

    /// A cell of a slice for some of its ids.
    pub(super) fn region(
        &mut self,
        engines: [&Engine; 2],
        slice: &Slice<'_>,
        pairings: &[&Pairing],
        cell: &Region,
    ) -> Region {
        let mut region = cell.clone();
        let models = pairings.iter().map(|pairing| {
            let position = match (&pairing.id, pairing.unknown) {
                (None, false) => NO_ID,
                (None, true) => OTHER_ID,
                (Some(id), _) => {
                    let next = i64::try_from(self.models.len()).unwrap_or(i64::MAX);
                    let known = self.known.entry(id.clone());
                    let position = *known.or_insert(next);
                    if position == next {
                        self.models.push(Some(id.clone()));
                    }
                    position
                }
            };
            (position, position)
        });
        region.insert(Dimension::Model, tidy(models.collect()));
        let [_, new] = engines;
        let [_, endpoint] = slice.endpoint;
        let endpoint = new.catalog().endpoint(endpoint).map(|e| &e.name);
        let endpoint = self
            .endpoints
            .iter()
            .position(|name| Some(name) == endpoint);
        let endpoint = i64::try_from(endpoint.unwrap_or(0)).unwrap_or(0);
        region.insert(Dimension::Endpoint, vec![(endpoint, endpoint)]);
        let codes = slice.roles.iter().map(|role| match role {
            Role::Primary => (0, 0),
            Role::Fallback => (1, 1),
        });
        region.insert(Dimension::Role, tidy(codes.collect()));
        region
    }

    /// The ids of a region, in words.
    pub(super) fn models(&self, region: &Region) -> Vec<String> {
        let name = |position: i64| match position {
            NO_ID => "no id".to_owned(),
            OTHER_ID => "any other id".to_owned(),
            position => self.model(position).unwrap_or_default().to_owned(),
        };
        if !region.contains_key(&Dimension::Model) {
            return vec!["any id".to_owned()];
        }
        positions(region, Dimension::Model).map(name).collect()
    }

    /// An id by its position.
    pub(super) fn model(&self, position: i64) -> Option<&str> {
        let id = self.models.get(usize::try_from(position).ok()?)?;
        id.as_deref()
    }

    /// Says whether a region is for an endpoint.
    pub(super) fn endpoint_in(&self, region: &Region, name: &str) -> bool {
        let position = self.endpoints.iter().position(|own| **own == *name);
        let position = position.and_then(|at| i64::try_from(at).ok());
        position.is_some_and(|at| within(region, Dimension::Endpoint, at))
    }

    /// Says whether a region is for an id: as itself, or as one that neither side knows just now.
    pub(super) fn model_in(&self, region: &Region, id: Option<&str>) -> bool {
        let Some(id) = id else {
            return within(region, Dimension::Model, NO_ID);
        };
        let known = self.known.get(id).copied();
        let known = known.is_some_and(|at| within(region, Dimension::Model, at));
        known || within(region, Dimension::Model, OTHER_ID)
    }

    /// The endpoints of a region.
    pub(super) fn endpoints(&self, region: &Region) -> Vec<String> {
        if !region.contains_key(&Dimension::Endpoint) {
            return self.endpoints.iter().map(ToString::to_string).collect();
        }
        let named = positions(region, Dimension::Endpoint);
        let named = named.filter_map(|at| self.endpoints.get(usize::try_from(at).ok()?));
        named.map(ToString::to_string).collect()
    }
}

/// The one role of a region that is for one alone.
pub(super) fn role(region: &Region) -> Option<Role> {
    match region.get(&Dimension::Role).map(Vec::as_slice) {
        Some([(0, 0)]) => Some(Role::Primary),
        Some([(1, 1)]) => Some(Role::Fallback),
        _ => None,
    }
}

/// The fields of a cell.
pub(super) fn of_cell(cell: &Cell) -> Region {
    let bounds = cell.bounds.iter();
    bounds
        .map(|(axis, spans)| (Dimension::Axis(*axis), spans.clone()))
        .collect()
}

/// The positions that a region has of a dimension of names.
pub(super) fn positions(region: &Region, dimension: Dimension) -> impl Iterator<Item = i64> {
    let spans = region.get(&dimension).map_or(&[][..], Vec::as_slice);
    spans.iter().flat_map(|(from, last)| *from..=*last)
}

/// Says whether a code is one that a region has.
pub(super) fn within(region: &Region, dimension: Dimension, code: i64) -> bool {
    let Some(spans) = region.get(&dimension) else {
        return true;
    };
    spans
        .iter()
        .any(|(from, last)| (*from..=*last).contains(&code))
}

/// Says whether some request is in a cell: false only where fields that are tied to each other
/// prove that none is.
pub(super) fn possible(cell: &Cell) -> bool {
    let spans = |axis: Axis| cell.bounds.get(&axis).map(Vec::as_slice);
    let allows = |axis: Axis, code: i64| {
        spans(axis).is_none_or(|spans| spans.iter().any(|(a, b)| (*a..=*b).contains(&code)))
    };
    let present = |axis: Axis| {
        spans(axis).is_none_or(|spans| spans.iter().any(|(_, last)| *last != Axis::ABSENT))
    };
    // A transcript id is there, or is not.
    let there = allows(Axis::Flag(Flag::HasTranscriptId), 1)
        && present(Axis::Text(TextField::TranscriptId));
    let missing = allows(Axis::Flag(Flag::HasTranscriptId), 0)
        && allows(Axis::Text(TextField::TranscriptId), Axis::ABSENT);
    // A fault has a detail; without one there is no path either.
    let sound = allows(Axis::Flag(Flag::Fault), 0)
        && allows(Axis::Text(TextField::FaultDetail), Axis::ABSENT)
        && allows(Axis::Text(TextField::FaultPath), Axis::ABSENT);
    let faulty = spans(Axis::Flag(Flag::Fault))
        .is_none_or(|spans| spans.iter().any(|(_, last)| *last > 0))
        && present(Axis::Text(TextField::FaultDetail));
    (there || missing) && (sound || faulty) && tokens(cell).is_some() && words_fit(cell)
}

/// Input tokens and the maximum given of some request in a cell; none only where there is none.
pub(super) fn tokens(cell: &Cell) -> Option<(i64, Option<i64>)> {
    let range = |number: Number| {
        let spans = cell.bounds.get(&Axis::Number(number));
        let span = spans.and_then(|spans| spans.first()).copied();
        span.unwrap_or((i64::MIN, i64::MAX))
    };
    let (input, total) = (range(Number::InputTokens), range(Number::TotalTokens));
    let (lowest, last) = range(Number::MaxTokens);
    let first = lowest.max(Axis::ABSENT + 1);
    // What is left out adds nothing to the total here.
    let left_out = (lowest == Axis::ABSENT).then_some(None);
    let simple = [1000, 1].map(Some);
    let simple = simple
        .into_iter()
        .filter(|m| m.is_some_and(|m| (first..=last).contains(&m)));
    for most in left_out.into_iter().chain(simple) {
        if let Some((input, _)) = sum(input, (most.unwrap_or(0), most.unwrap_or(0)), total) {
            return Some((input, most));
        }
    }
    if first > last {
        return None;
    }
    let (input, most) = sum(input, (first.max(0), last.max(0)), total)?;
    // Below nothing is nothing to a total.
    Some((input, Some(if most == 0 { last.min(0) } else { most })))
}

/// Two parts whose sum, which stops at the largest number there is, lies in a range: parts that
/// are not below zero first.
fn sum(a: Span, b: Span, total: Span) -> Option<(i64, i64)> {
    let wide = |(from, last): Span| (i128::from(from), i128::from(last));
    let ((a_from, a_last), (b_from, b_last)) = (wide(a), wide(b));
    let (least, most) = wide(total);
    let most = if total.1 == i64::MAX { i128::MAX } else { most };
    let from = least.max(a_from + b_from);
    let until = most.min(a_last + b_last);
    if from > until {
        return None;
    }
    // Every sum between the ends is made by some pair.
    let wanted = (a_from.max(0) + b_from).clamp(from, until);
    let b = b_from.max(wanted - a_last);
    let narrow = |number: i128| i64::try_from(number).ok();
    Some((narrow(wanted - b)?, narrow(b)?))
}

/// Says whether some set has what it must, and nothing that it must not.
fn words_fit(cell: &Cell) -> bool {
    SetField::ALL.iter().all(|set| {
        let banned = banned(cell, *set);
        asked(cell, *set, 1).all(|mask| mask & !banned != 0)
    })
}

/// The words that a set must not have.
pub(super) fn banned(cell: &Cell, set: SetField) -> u128 {
    asked(cell, set, 0).fold(0, |all, mask| all | mask)
}

/// The masks of a set that it must meet, or must not.
pub(super) fn asked(cell: &Cell, set: SetField, code: i64) -> impl Iterator<Item = u128> {
    cell.bounds.iter().filter_map(move |(axis, spans)| {
        let Axis::Words(of, mask) = axis else {
            return None;
        };
        let wanted = *of == set && spans.as_slice() == [(code, code)];
        wanted.then_some(*mask)
    })
}

/// An id that neither catalog knows.
pub(super) fn unknown_to(catalogs: [&Catalog; 2], id: &str) -> bool {
    let known = |catalog: &Catalog| {
        catalog.model_named(id).is_some() || catalog.aliases.iter().any(|alias| *alias.id == *id)
    };
    !catalogs.iter().any(|catalog| known(catalog))
}
