//! Model ids to records: one probe of an open table, the id beside the model's numbers.

use super::intern::mix;

/// What an id stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record {
    /// Bits of the id's hash that the place in the table does not tell.
    tag: u32,
    /// The model's shape; an alias's position where `ALIAS` is set.
    pub(super) shape: u32,
    /// Where its id and its numbers begin.
    words: u32,
    /// Bytes of its id.
    bytes: u32,
    /// Its first route.
    pub(super) routes: u32,
}

const EMPTY: Record = Record {
    tag: 0,
    shape: u32::MAX,
    words: 0,
    bytes: 0,
    routes: 0,
};

/// A record that stands for other records, by date.
pub(super) const ALIAS: u32 = 1 << 31;

/// Records, those with an id first, in the order of their hashes.
#[derive(Debug, Default)]
pub(super) struct Table {
    records: Vec<Record>,
    /// The ids and numbers of all records.
    words: Vec<i64>,
    /// One less than the number of places for records with an id.
    mask: usize,
}

impl Table {
    /// A table for so many ids.
    pub(super) fn new(ids: usize) -> Self {
        let places = (ids.max(1) * 2).next_power_of_two();
        Self {
            records: vec![EMPTY; places],
            words: Vec::new(),
            mask: places - 1,
        }
    }

    /// Adds a record that an id finds. Ids differ, and are no more than was said.
    pub(super) fn insert(&mut self, id: &str, shape: u32, routes: u32, numbers: &[i64]) -> u32 {
        let hash = hash(id);
        let words = self.store(id, numbers);
        let mut at = place(hash, self.mask);
        // Ends: half of the places stay empty.
        while self.records.get(at).is_some_and(|r| *r != EMPTY) {
            at = (at + 1) & self.mask;
        }
        if let Some(record) = self.records.get_mut(at) {
            *record = Record {
                tag: tag(hash),
                shape,
                words,
                bytes: u32::try_from(id.len()).unwrap_or(u32::MAX),
                routes,
            };
        }
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// Adds a record that no id finds by itself.
    pub(super) fn append(&mut self, shape: u32, routes: u32, numbers: &[i64]) -> u32 {
        let words = self.store("", numbers);
        self.records.push(Record {
            tag: 0,
            shape,
            words,
            bytes: 0,
            routes,
        });
        u32::try_from(self.records.len() - 1).unwrap_or(u32::MAX)
    }

    fn store(&mut self, id: &str, numbers: &[i64]) -> u32 {
        let start = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        let (whole, rest) = id.as_bytes().as_chunks::<8>();
        self.words.extend(whole.iter().map(word));
        if !rest.is_empty() {
            self.words.push(word(&padded(rest)));
        }
        self.words.extend_from_slice(numbers);
        start
    }

    /// The record that an id finds.
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        let hash = hash(id);
        let mut at = place(hash, self.mask);
        loop {
            let record = self.records.get(at)?;
            if record.shape == EMPTY.shape {
                return None;
            }
            if record.tag == tag(hash) && record.bytes as usize == id.len() && self.is(record, id) {
                return u32::try_from(at).ok();
            }
            at = (at + 1) & self.mask;
        }
    }

    fn is(&self, record: &Record, id: &str) -> bool {
        let (whole, rest) = id.as_bytes().as_chunks::<8>();
        let words = self.words.get(record.words as usize..).unwrap_or_default();
        if words.len() < whole.len() {
            return false;
        }
        let (own, after) = words.split_at(whole.len());
        own.iter()
            .zip(whole)
            .all(|(own, given)| *own == word(given))
            && (rest.is_empty() || after.first() == Some(&word(&padded(rest))))
    }

    pub(super) fn record(&self, at: u32) -> Option<&Record> {
        self.records.get(at as usize)
    }

    /// The numbers of a record, and whatever follows them.
    pub(super) fn numbers(&self, record: &Record) -> &[i64] {
        let start = record.words as usize + (record.bytes as usize).div_ceil(8);
        self.words.get(start..).unwrap_or_default()
    }

    /// The shapes of all records that are no aliases.
    pub(super) fn shapes(&self) -> impl Iterator<Item = u32> {
        let taken = self.records.iter().filter(|record| **record != EMPTY);
        taken.map(|r| r.shape).filter(|shape| shape & ALIAS == 0)
    }

    pub(super) fn shrink(&mut self) {
        self.records.shrink_to_fit();
        self.words.shrink_to_fit();
    }
}

fn word(bytes: &[u8; 8]) -> i64 {
    i64::from_le_bytes(*bytes)
}

/// The last bytes of an id, with zeros after them; the length tells them from an id's own.
fn padded(rest: &[u8]) -> [u8; 8] {
    let mut padded = [0; 8];
    for (to, from) in padded.iter_mut().zip(rest) {
        *to = *from;
    }
    padded
}

fn hash(id: &str) -> u64 {
    let (whole, rest) = id.as_bytes().as_chunks::<8>();
    let start = id.len() as u64;
    let sum = whole
        .iter()
        .fold(start, |sum, bytes| mix(sum, word(bytes).cast_unsigned()));
    mix(sum, word(&padded(rest)).cast_unsigned())
}

#[expect(clippy::cast_possible_truncation, reason = "the upper half is wanted")]
const fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a mask follows; a smaller pointer takes fewer bits"
)]
const fn place(hash: u64, mask: usize) -> usize {
    hash as usize & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_finds_its_own_record_and_no_other_does() {
        let id = |n: usize| format!("model-{n}{}", "x".repeat(n % 19));
        let mut table = Table::new(500);
        for n in 0..500u32 {
            table.insert(&id(n as usize), n, 7, &[i64::from(n)]);
        }
        for n in 0..500u32 {
            let found = table.find(&id(n as usize)).unwrap();
            let record = table.record(found).unwrap();
            assert_eq!((record.shape, record.routes), (n, 7));
            assert_eq!(table.numbers(record).first(), Some(&i64::from(n)));
        }
        for other in ["", "model-", "model-1x\0", "model-500"] {
            assert_eq!(table.find(other), None, "{other:?}");
        }
    }
}
