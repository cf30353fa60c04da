//! Model ids to records: one probe of an open table, most of the id beside what it finds.

#![expect(
    clippy::inline_always,
    reason = "a key handed over in memory costs more than the probe"
)]

/// Ids for which half of the places stay free.
const ROOMY: usize = 8_192;

/// What an id stands for: a cache line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub(super) struct Record {
    key: Key,
    /// The model's shape; an alias's position where `ALIAS` is set.
    pub(super) shape: u32,
    /// Where its numbers begin.
    numbers: u32,
}

/// No shape at all: the place is free.
const FREE: u32 = u32::MAX;

const EMPTY: Record = Record {
    key: Key {
        words: [0; 4],
        bytes: 0,
        between: 0,
    },
    shape: FREE,
    numbers: 0,
};

/// A record that stands for other records, by date.
pub(super) const ALIAS: u32 = 1 << 31;

/// Records, those with an id first, in the order of their hashes.
#[derive(Debug, Default)]
pub(super) struct Table {
    records: Vec<Record>,
    /// The numbers of all records, each with its routes behind them.
    numbers: Vec<i64>,
    /// Ids longer than a key holds, whole, each with its record.
    long: std::collections::BTreeMap<u32, Box<str>>,
    /// One less than the number of places for records with an id.
    mask: usize,
}

/// An id's first and last bytes, in words that overlap: no two ids of at most `WHOLE` bytes have
/// the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    words: [u64; 4],
    bytes: u32,
    /// What lies between them in a longer id, folded.
    between: u32,
}

/// Bytes of an id that its key holds.
const WHOLE: usize = 32;

impl Key {
    #[inline(always)]
    fn of(id: &str) -> Self {
        let text = id.as_bytes();
        let (long, short) = (text.first_chunk::<16>(), text.first_chunk::<8>());
        let words = if let (Some(first), Some(last)) = (long, text.last_chunk()) {
            let [a, b] = pair(first);
            let [c, d] = pair(last);
            [a, b, c, d]
        } else if let (Some(first), Some(last)) = (short, text.last_chunk()) {
            [u64::from_le_bytes(*first), u64::from_le_bytes(*last), 0, 0]
        } else {
            let push = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
            [text.iter().fold(0, push), 0, 0, 0]
        };
        Self {
            words,
            bytes: u32::try_from(id.len()).unwrap_or(u32::MAX),
            between: if text.len() > WHOLE { between(text) } else { 0 },
        }
    }

    /// Equality, word by word: whole keys would be compared through memory.
    #[inline(always)]
    const fn is(&self, other: &Self) -> bool {
        let [first, second, third, fourth] = self.words;
        let [one, two, three, four] = other.words;
        let words = (first ^ one) | (second ^ two) | (third ^ three) | (fourth ^ four);
        words == 0 && self.bytes == other.bytes && self.between == other.between
    }

    #[inline(always)]
    const fn hash(&self) -> u64 {
        let [a, b, c, d] = self.words;
        let left = spread(a ^ 0x9e37_79b9_7f4a_7c15, b ^ 0xbf58_476d_1ce4_e5b9);
        let right = spread(c ^ 0x94d0_49bb_1331_11eb, d ^ 0x2545_f491_4f6c_dd1d);
        spread(
            left ^ right.rotate_left(23) ^ self.bytes as u64 ^ (self.between as u64) << 32,
            0x9e37_79b9_7f4a_7c15,
        )
    }
}

/// The bytes of a long id, folded.
#[cold]
fn between(text: &[u8]) -> u32 {
    let fold = |sum: u64, byte: &u8| spread(sum ^ u64::from(*byte), 0x9e37_79b9_7f4a_7c15);
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
    let folded = text.iter().fold(1, fold) as u32;
    folded
}

#[inline(always)]
fn pair(bytes: &[u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(*bytes);
    [low(both), low(both >> 64)]
}

/// The halves of a product, folded.
const fn spread(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    low(product) ^ low(product >> 64)
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
const fn low(wide: u128) -> u64 {
    wide as u64
}

impl Table {
    /// A table for so many ids.
    pub(super) fn new(ids: usize) -> Self {
        // Roomy while that stays in a cache near the core, else as small as probing allows.
        let wanted = if ids <= ROOMY {
            ids.max(1) * 2
        } else {
            ids / 4 * 5 + 4
        };
        let places = wanted.next_power_of_two();
        Self {
            records: vec![EMPTY; places],
            mask: places - 1,
            ..Self::default()
        }
    }

    /// Adds a record that an id finds. Ids differ, and are no more than was said.
    pub(super) fn insert(&mut self, id: &str, shape: u32, numbers: &[i64]) -> u32 {
        let key = Key::of(id);
        let mut at = place(key.hash(), self.mask);
        // Ends: a fifth of the places stays free.
        while self.records.get(at).is_some_and(|r| r.shape != FREE) {
            at = (at + 1) & self.mask;
        }
        let record = self.store(key, shape, numbers);
        if let Some(free) = self.records.get_mut(at) {
            *free = record;
        }
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        if id.len() > WHOLE {
            self.long.insert(at, id.into());
        }
        at
    }

    /// Adds a record that no id finds by itself.
    pub(super) fn append(&mut self, shape: u32, numbers: &[i64]) -> u32 {
        let record = self.store(EMPTY.key, shape, numbers);
        self.records.push(record);
        u32::try_from(self.records.len() - 1).unwrap_or(u32::MAX)
    }

    fn store(&mut self, key: Key, shape: u32, numbers: &[i64]) -> Record {
        let start = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.extend_from_slice(numbers);
        Record {
            key,
            shape,
            numbers: start,
        }
    }

    /// The record that an id finds.
    #[inline(always)]
    pub(super) fn find(&self, id: &str) -> Option<u32> {
        let key = Key::of(id);
        let mut at = place(key.hash(), self.mask);
        // Ends: a fifth of the places is free.
        loop {
            let record = self.records.get(at)?;
            if record.key.is(&key) && record.shape != FREE {
                let found = u32::try_from(at).ok()?;
                if id.len() <= WHOLE || self.long.get(&found).is_some_and(|own| **own == *id) {
                    return Some(found);
                }
            }
            if record.shape == FREE {
                return None;
            }
            at = (at + 1) & self.mask;
        }
    }

    #[inline(always)]
    pub(super) fn record(&self, at: u32) -> Option<&Record> {
        self.records.get(at as usize)
    }

    /// So many numbers of a record, and what was stored after them, which other records follow.
    #[inline(always)]
    pub(super) fn numbers(&self, record: &Record, count: u32) -> (&[i64], &[i64]) {
        let stored = self.numbers.get(record.numbers as usize..);
        let split = stored.and_then(|stored| stored.split_at_checked(count as usize));
        split.unwrap_or_default()
    }

    /// Reads the first of a record's numbers, and one of the next cache line.
    #[inline(always)]
    pub(super) fn touch(&self, at: u32) -> i64 {
        let start = self.record(at).map_or(0, |record| record.numbers as usize);
        let number = |at: usize| self.numbers.get(at).copied().unwrap_or(0);
        number(start) ^ number(start + 8)
    }

    /// The shapes of all records that are no aliases.
    pub(super) fn shapes(&self) -> impl Iterator<Item = u32> {
        let taken = self.records.iter().map(|record| record.shape);
        taken.filter(|shape| *shape != FREE && shape & ALIAS == 0)
    }

    pub(super) fn shrink(&mut self) {
        self.records.shrink_to_fit();
        self.numbers.shrink_to_fit();
    }
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
        let id = |n: usize| format!("model-{}{n}", "x".repeat(n % 49));
        let mut table = Table::new(500);
        for n in 0..500u32 {
            table.insert(&id(n as usize), n, &[i64::from(n), -1]);
        }
        for n in 0..500u32 {
            let found = table.find(&id(n as usize)).unwrap();
            let record = table.record(found).unwrap();
            assert_eq!(record.shape, n);
            let (own, after) = table.numbers(record, 1);
            assert_eq!((own, after.first()), (&[i64::from(n)][..], Some(&-1)));
        }
        for other in ["", "model-", "model-1\0", "model-xx500", &"x".repeat(60)] {
            assert_eq!(table.find(other), None, "{other:?}");
        }
    }
}
