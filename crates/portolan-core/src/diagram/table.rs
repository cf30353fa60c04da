//! Model ids to records: one probe of a table that has a place for each of its ids.
//!
//! Which place that is tells `place`; how a model is sold is `site`'s.

#![expect(
    clippy::inline_always,
    reason = "a key handed over in memory costs more than the probe"
)]

mod key;
mod place;

use std::collections::BTreeMap;

use key::{Key, UNSURE};
use place::Places;

use super::panel::{INLINE, Kind, UNPANELLED};
use super::site::Sale;

/// What a decision over a panel reads of a model: a cache line.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Record {
    words: [u64; 3],
    check: u32,
    /// What the panel says of it and of others; `UNPANELLED`.
    pub(super) kind: Kind,
    /// The first of its own cuts, in the order of the panel's columns, as these keep them.
    pub(super) cuts: [i32; INLINE],
    /// How it is sold.
    pub(super) sale: Sale,
}

/// What is read of a model where diagrams are walked.
#[derive(Debug, Clone, Copy)]
struct Spot {
    /// The model's shape; an alias's position where `ALIAS` is set; `FREE`.
    shape: u32,
    /// Where its numbers begin.
    numbers: u32,
    /// Where the text of an id begins that is longer than a key holds, and its bytes.
    text: (u32, u32),
}

/// No shape at all: the place is free.
const FREE: u32 = u32::MAX;

/// The check of no key: no id has so many bytes and is not cut.
const NOBODY: u32 = i32::MAX.cast_unsigned();

const EMPTY: Record = Record {
    words: [0; 3],
    check: NOBODY,
    kind: UNPANELLED,
    cuts: [0; INLINE],
    sale: Sale::NOTHING,
};

const UNUSED: Spot = Spot {
    shape: FREE,
    numbers: 0,
    text: (0, 0),
};

/// A record that stands for other records, by date.
pub(super) const ALIAS: u32 = 1 << 31;

/// What the panel says of a record and of others, and the first of its own cuts.
pub(super) type Panelled = (Kind, [i32; INLINE]);

/// What a model is stored with.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) shape: u32,
    pub(super) numbers: Vec<i64>,
    pub(super) sale: Sale,
}

/// Records, those with an id first, each in its place.
#[derive(Debug, Default)]
pub(super) struct Table {
    records: Vec<Record>,
    spots: Vec<Spot>,
    /// The numbers of all models.
    numbers: Vec<i64>,
    /// Ids longer than a key holds, whole.
    long: String,
    places: Places,
    /// Ids without a place of their own.
    strays: BTreeMap<Box<str>, u32>,
}

impl Table {
    /// A table for these ids, which differ.
    pub(super) fn new<'i>(ids: impl Iterator<Item = &'i str>) -> Self {
        let places = Places::new(ids.map(|id| Key::of(id).hash()).collect());
        Self {
            records: vec![EMPTY; places.count()],
            spots: vec![UNUSED; places.count()],
            places,
            ..Self::default()
        }
    }

    /// Adds a record that an id finds: one of those that the table was made for.
    pub(super) fn insert(&mut self, id: &str, stored: &Stored) -> u32 {
        let key = Key::of(id);
        let place = self.places.of(key.hash()).unwrap_or(usize::MAX);
        let at = u32::try_from(place).unwrap_or(u32::MAX);
        let (mut record, mut spot) = self.store(stored);
        (record.words, record.check) = (key.words, key.check);
        if key.is_cut() {
            record.check |= UNSURE;
        }
        let free = self.spots.get(place).is_some_and(|s| s.shape == FREE);
        let lines = (self.records.get_mut(place), self.spots.get_mut(place));
        let (true, (Some(own), Some(own_spot))) = (free, lines) else {
            let at = self.append(stored);
            self.strays.insert(id.into(), at);
            return at;
        };
        if key.is_cut() {
            let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            spot.text = (place(self.long.len()), place(id.len()));
            self.long.push_str(id);
        }
        *own = record;
        *own_spot = spot;
        at
    }

    /// Adds a record that no id finds by itself.
    pub(super) fn append(&mut self, stored: &Stored) -> u32 {
        let (record, spot) = self.store(stored);
        self.records.push(record);
        self.spots.push(spot);
        u32::try_from(self.records.len() - 1).unwrap_or(u32::MAX)
    }

    fn store(&mut self, stored: &Stored) -> (Record, Spot) {
        let spot = Spot {
            shape: stored.shape,
            numbers: u32::try_from(self.numbers.len()).unwrap_or(u32::MAX),
            ..UNUSED
        };
        self.numbers.extend_from_slice(&stored.numbers);
        let record = Record {
            sale: stored.sale,
            ..EMPTY
        };
        (record, spot)
    }

    /// The record that an id finds.
    #[inline(always)]
    pub(super) fn find(&self, id: &str) -> Option<(u32, &Record)> {
        match self.recognise(id) {
            Ok(found) => Some(found),
            Err(true) => None,
            Err(false) => self.seldom(id, self.places.of(Key::of(id).hash())?),
        }
    }

    /// The record that an id finds at first sight; `Err` with whether it is nobody's for certain.
    #[inline(always)]
    pub(super) fn recognise(&self, id: &str) -> Result<(u32, &Record), bool> {
        let key = Key::of(id);
        let Some(place) = self.places.of(key.hash()) else {
            return Err(false);
        };
        let Some(record) = self.records.get(place) else {
            return Err(false);
        };
        if key.is(&record.words, record.check) {
            #[expect(clippy::cast_possible_truncation, reason = "there are fewer records")]
            return Ok((place as u32, record));
        }
        // An id that is cut is nobody's at first sight.
        let perhaps = key.is_cut() && key.check == record.check & !UNSURE;
        Err(!perhaps && self.strays.is_empty())
    }

    /// An id longer than its key, or one that may have no place.
    #[inline(never)]
    fn seldom(&self, id: &str, place: usize) -> Option<(u32, &Record)> {
        let own = u32::try_from(place).ok()?;
        let spot = self.spots.get(place)?;
        let (start, bytes) = (spot.text.0 as usize, spot.text.1 as usize);
        if bytes > 0 && self.long.get(start..start + bytes) == Some(id) {
            return Some((own, self.record(own)?));
        }
        let at = *self.strays.get(id)?;
        Some((at, self.record(at)?))
    }

    #[inline(always)]
    pub(super) fn record(&self, at: u32) -> Option<&Record> {
        self.records.get(at as usize)
    }

    /// The shape of a record, or what it stands for.
    pub(super) fn shape(&self, at: u32) -> u32 {
        self.spots.get(at as usize).map_or(FREE, |spot| spot.shape)
    }

    /// So many numbers of a record.
    pub(super) fn numbers(&self, at: u32, count: u32) -> &[i64] {
        let start = self.spots.get(at as usize).map(|spot| spot.numbers);
        let stored = start.and_then(|start| self.numbers.get(start as usize..));
        let own = stored.and_then(|stored| stored.get(..count as usize));
        own.unwrap_or_default()
    }

    /// Reads something of the record that an id may find.
    #[inline(always)]
    pub(super) fn touch(&self, id: &str) -> u32 {
        let place = self.places.of(Key::of(id).hash());
        let record = place.and_then(|place| self.records.get(place));
        record.map_or(0, |record| record.kind)
    }

    /// The shapes of all records that are no aliases.
    pub(super) fn shapes(&self) -> impl Iterator<Item = u32> {
        let taken = self.spots.iter().map(|spot| spot.shape);
        taken.filter(|shape| *shape != FREE && shape & ALIAS == 0)
    }

    /// How many records have rows of the panel.
    pub(super) fn panelled(&self) -> usize {
        let rows = self.records.iter().filter(|r| r.kind != UNPANELLED);
        rows.count()
    }

    /// Says what the panel says of each record, and what its own cuts are: `panelled` tells, by its
    /// shape, and its numbers and all that lie behind them.
    pub(super) fn settle(&mut self, panelled: &mut dyn FnMut(u32, &[i64]) -> Option<Panelled>) {
        for (record, spot) in self.records.iter_mut().zip(&self.spots) {
            let numbers = self.numbers.get(spot.numbers as usize..);
            let numbers = numbers.unwrap_or_default();
            if let Some((kind, cuts)) = panelled(spot.shape, numbers) {
                record.kind = kind;
                record.cuts = cuts;
            }
        }
        self.records.shrink_to_fit();
        self.spots.shrink_to_fit();
        self.numbers.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_finds_its_own_record_and_no_other_does() {
        let id = |n: usize| format!("{}{n}", "x".repeat(n % 49));
        let ids: Vec<String> = (0..500).map(id).collect();
        let mut table = Table::new(ids.iter().map(String::as_str));
        for (n, id) in (0u32..).zip(&ids) {
            let stored = Stored {
                shape: n,
                numbers: vec![i64::from(n)],
                ..Stored::default()
            };
            table.insert(id, &stored);
        }
        for (n, id) in (0u32..).zip(&ids) {
            let (found, _) = table.find(id).unwrap();
            assert_eq!(table.shape(found), n);
            assert_eq!(table.numbers(found, 1), [i64::from(n)]);
        }
        for other in ["", "x", "1\0", "xx500", &"x".repeat(60)] {
            assert_eq!(table.find(other).map(|(at, _)| at), None, "{other:?}");
        }
    }

    #[test]
    fn an_id_is_nobody_elses_that_ends_alike() {
        let known = ["haiku-1-20250101", "sonnet-1-20250101", "opus-1-20250101"];
        let mut table = Table::new(known.into_iter());
        for id in known {
            table.insert(id, &Stored::default());
        }
        // So many that they come to every place.
        for n in 0..4_096 {
            let other = format!("haiku-{n:04}-20250101");
            assert_eq!(table.find(&other).map(|(at, _)| at), None, "{other}");
            let other = format!("haiku-{n}-20250101-longer-than-a-key");
            assert_eq!(table.find(&other).map(|(at, _)| at), None, "{other}");
        }
    }

    #[test]
    fn ids_without_a_place_are_found_too() {
        let mut table = Table::new(["a", "b"].into_iter());
        for id in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            table.insert(id, &Stored::default());
        }
        assert!(!table.strays.is_empty());
        for id in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            assert!(table.find(id).is_some(), "{id}");
        }
        assert!(table.find("i").is_none());
    }
}
