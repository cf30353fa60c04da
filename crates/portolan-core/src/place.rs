//! The set algebra of territories: countries, named sets that change with the date, and what it
//! means to be within one.
//!
//! INVARIANT: places are compared as sets, never as text.

mod iso3166;
mod jurisdictions;

use std::collections::BTreeMap;

use crate::instant::{Instant, Window};
use crate::limits;

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

    /// The country at this position of the ISO 3166-1 list; past its end, the unknown place.
    fn country(position: usize) -> Self {
        let mut place = Self::EMPTY;
        match place.countries.get_mut(position / 64) {
            Some(word) if position < iso3166::CODES.len() => *word |= 1 << (position % 64),
            _ => place.outside = true,
        }
        place
    }

    /// The codes of the countries in it, in alphabetical order.
    pub fn countries(self) -> impl Iterator<Item = &'static str> {
        let has = move |position: usize| {
            let word = self.countries.get(position / 64);
            word.is_some_and(|word| word >> (position % 64) & 1 == 1)
        };
        let codes = iso3166::CODES.into_iter().enumerate();
        codes.filter(move |(i, _)| has(*i)).map(|(_, code)| code)
    }

    /// Says whether part of it is not known.
    pub const fn is_unknown(self) -> bool {
        self.outside
    }

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

/// Why a place cannot be defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DefineError {
    /// A place has this name already.
    #[error("a place of this name exists")]
    NameTaken(PlaceId),
    /// Its territories change more often than [`limits::PLACE_PERIODS`].
    #[error("the territories change too often")]
    TooManyPeriods,
}

/// Named places: every country, the standard sets, and what catalogs define.
#[derive(Debug, Clone)]
pub struct Places {
    names: Vec<Box<str>>,
    /// For each place disjoint windows that cover all of time, by start.
    timelines: Vec<Vec<(Window, Place)>>,
    ids: BTreeMap<Box<str>, PlaceId>,
}

impl Default for Places {
    /// The standard places.
    fn default() -> Self {
        Self::standard()
    }
}

/// What people write for a place, and the name that it has here. A country's code is two letters,
/// and every slip of it is another country: no edit distance may guess there.
const MEANT: [(&str, &str); 9] = [
    ("EU", "EU27"),
    ("EUROPE", "EU27"),
    ("EUROPEAN UNION", "EU27"),
    ("UK", "GB"),
    ("UNITED KINGDOM", "GB"),
    ("USA", "US"),
    ("UNITED STATES", "US"),
    ("GLOBAL", "world"),
    ("ANYWHERE", "world"),
];

impl Places {
    /// The place that a name was probably meant to be: a well-known word for one, or a near
    /// spelling among the names that are no country codes.
    pub fn meant(&self, name: &str) -> Option<&str> {
        let word = name.to_ascii_uppercase();
        let known = MEANT.iter().find(|(written, _)| *written == word);
        if let Some((_, meant)) = known {
            return self.named(meant).map(|id| self.name(id));
        }
        if name.len() < 3 {
            return None;
        }
        crate::near::nearest(name, self.names().filter(|n| n.len() > 2))
    }

    /// Every country by its code, `world`, `EU27`, `EEA`, `EFTA` and `unknown`.
    pub fn standard() -> Self {
        let mut places = Self {
            names: Vec::new(),
            timelines: Vec::new(),
            ids: BTreeMap::new(),
        };
        let mut world = Place::EMPTY;
        for (position, code) in iso3166::CODES.into_iter().enumerate() {
            let country = Place::country(position);
            world = world.union(country);
            places.add(code, vec![(Window::ALWAYS, country)]);
        }
        places.add("world", vec![(Window::ALWAYS, world)]);
        places.add("unknown", vec![(Window::ALWAYS, Place::UNKNOWN)]);

        let date = |text: Option<&str>| text.and_then(|t| Instant::parse(t).ok());
        let union: Vec<_> = jurisdictions::EU27
            .into_iter()
            .map(|(code, from, until)| {
                let window = Window {
                    from: date(from),
                    until: date(until),
                };
                (window, code)
            })
            .collect();
        let always = |codes: &[&'static str]| -> Vec<(Window, &'static str)> {
            codes.iter().map(|code| (Window::ALWAYS, *code)).collect()
        };
        let area = [union.clone(), always(&jurisdictions::EEA_BESIDE_EU)].concat();
        let association = always(&jurisdictions::EFTA);
        for (name, members) in [("EU27", union), ("EEA", area), ("EFTA", association)] {
            let members: Vec<_> = members
                .into_iter()
                .map(|(window, code)| (window, places.named(code).unwrap_or(PlaceId(u32::MAX))))
                .collect();
            // Cannot fail: the names are new and the dates are few; a test holds it to that.
            let _ = places.define(name, &members);
        }
        places
    }

    /// Defines a place as the union of others, each for a stretch of time.
    ///
    /// # Errors
    /// When the name is taken, or the territories change too often.
    pub fn define(
        &mut self,
        name: &str,
        members: &[(Window, PlaceId)],
    ) -> Result<PlaceId, DefineError> {
        if let Some(id) = self.named(name) {
            return Err(DefineError::NameTaken(id));
        }
        let timeline = self.timeline(members).ok_or(DefineError::TooManyPeriods)?;
        Ok(self.add(name, timeline))
    }

    fn add(&mut self, name: &str, timeline: Vec<(Window, Place)>) -> PlaceId {
        let id = PlaceId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.into());
        self.timelines.push(timeline);
        self.ids.insert(name.into(), id);
        id
    }

    /// The union of members as disjoint windows, neighbours that are equal joined; `None` when
    /// there are too many of them.
    fn timeline(&self, members: &[(Window, PlaceId)]) -> Option<Vec<(Window, Place)>> {
        let mut bounds = std::collections::BTreeSet::new();
        for (window, id) in members {
            bounds.extend(window.from.into_iter().chain(window.until));
            let inner = self.timelines.get(id.0 as usize).into_iter().flatten();
            bounds.extend(inner.filter_map(|(inner, _)| inner.from));
            if bounds.len() > limits::PLACE_PERIODS {
                return None;
            }
        }
        let starts = std::iter::once(None).chain(bounds.into_iter().map(Some));
        let mut timeline: Vec<(Window, Place)> = Vec::new();
        for from in starts {
            let at = from.unwrap_or(Instant::MIN);
            let place = members
                .iter()
                .filter(|(window, _)| match from {
                    Some(from) => window.contains(from),
                    None => window.from.is_none(),
                })
                .fold(Place::EMPTY, |sum, (_, id)| sum.union(self.at(*id, at)));
            match timeline.last_mut() {
                Some((_, last)) if *last == place => {}
                last => {
                    if let Some((window, _)) = last {
                        window.until = from;
                    }
                    timeline.push((Window { from, until: None }, place));
                }
            }
        }
        Some(timeline)
    }

    /// The place with this name.
    pub fn named(&self, name: &str) -> Option<PlaceId> {
        self.ids.get(name).copied()
    }

    /// A place's name.
    pub fn name(&self, id: PlaceId) -> &str {
        self.names.get(id.0 as usize).map_or("unknown", |n| n)
    }

    /// Every name, for near spellings.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.names.iter().map(|n| &**n)
    }

    /// The territories of a place at an instant; unknown for an id of other places.
    pub fn at(&self, id: PlaceId, at: Instant) -> Place {
        self.period(id, at)
            .map_or(Place::UNKNOWN, |(_, place)| *place)
    }

    /// The next instant at which a place's territories change.
    pub fn next_change(&self, id: PlaceId, at: Instant) -> Option<Instant> {
        self.period(id, at).and_then(|(window, _)| window.until)
    }

    fn period(&self, id: PlaceId, at: Instant) -> Option<&(Window, Place)> {
        let timeline = self.timelines.get(id.0 as usize)?;
        let after = timeline.partition_point(|(window, _)| window.from.is_none_or(|f| f <= at));
        after.checked_sub(1).and_then(|i| timeline.get(i))
    }
}

#[cfg(test)]
mod tests;
