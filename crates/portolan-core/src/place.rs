//! The set algebra of territories: countries, named sets that change with the date, and what it
//! means to be within one.
//!
//! INVARIANT: places are compared as sets, never as text.

use std::collections::BTreeMap;

use crate::instant::{Instant, Window};

/// A set of territories. One atom lies outside the world; the unknown place holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    countries: [u64; 4],
    outside: bool,
}

impl Place {
    /// No territory: within nothing.
    pub const EMPTY: Self = Self {
        countries: [0; 4],
        outside: false,
    };
    /// Nobody says where: within nothing, and nothing is within it.
    pub const UNKNOWN: Self = Self {
        countries: [0; 4],
        outside: true,
    };

    /// Either set's territories.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let mut countries = self.countries;
        for (mine, theirs) in countries.iter_mut().zip(other.countries) {
            *mine |= theirs;
        }
        Self {
            countries,
            outside: self.outside || other.outside,
        }
    }

    /// Set inclusion over known, non-empty sets.
    pub fn within(self, other: Self) -> bool {
        let inside = |(mine, theirs): (u64, u64)| mine & !theirs == 0;
        !self.outside
            && !other.outside
            && self != Self::EMPTY
            && self.countries.into_iter().zip(other.countries).all(inside)
    }

    /// Says whether both share a territory; an unknown place may share one with any.
    pub fn overlaps(self, other: Self) -> bool {
        let shared = |(mine, theirs): (u64, u64)| mine & theirs != 0;
        if self == Self::EMPTY || other == Self::EMPTY {
            return false;
        }
        self.outside || other.outside || self.countries.into_iter().zip(other.countries).any(shared)
    }
}

/// A named place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceId(pub u32);

/// Named places: every country, the standard sets, and what catalogs define.
#[derive(Debug, Clone, Default)]
pub struct Places {
    names: Vec<Box<str>>,
    members: Vec<Vec<(Window, Place)>>,
    ids: BTreeMap<Box<str>, PlaceId>,
}

impl Places {
    /// The place with this name.
    pub fn named(&self, name: &str) -> Option<PlaceId> {
        self.ids.get(name).copied()
    }

    /// A place's name.
    pub fn name(&self, id: PlaceId) -> &str {
        self.names.get(id.0 as usize).map_or("unknown", |n| n)
    }

    /// Every name, for near spellings.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|n| &**n)
    }

    /// The territories of a place at an instant.
    pub fn at(&self, id: PlaceId, at: Instant) -> Place {
        let members = self.members.get(id.0 as usize);
        members.map_or(Place::UNKNOWN, |members| {
            members
                .iter()
                .filter(|(window, _)| window.contains(at))
                .fold(Place::EMPTY, |sum, (_, place)| sum.union(*place))
        })
    }

    /// The next instant at which a place's territories may change.
    pub fn next_change(&self, id: PlaceId, at: Instant) -> Option<Instant> {
        let members = self.members.get(id.0 as usize)?;
        members
            .iter()
            .filter_map(|(window, _)| window.next_change(at))
            .min()
    }
}
