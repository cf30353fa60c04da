//! Equal things once, by position. Its order is the order of arrival: nothing here is random.

use std::hash::{Hash, Hasher};

/// Folds what is hashed into 64 bits, the same on every platform for the same integers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mix(u64);

/// An odd number without pattern: the golden ratio's fraction.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// One step of the hash: a word folded in.
pub(super) const fn mix(hash: u64, word: u64) -> u64 {
    let product = (hash ^ word) as u128 * SPREAD as u128;
    #[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
    let folded = (product as u64) ^ ((product >> 64) as u64);
    folded.rotate_left(23).wrapping_add(word)
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        mix(self.0, SPREAD)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.0 = mix(self.0, u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, n: u8) {
        self.0 = mix(self.0, u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.0 = mix(self.0, u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = mix(self.0, n);
    }

    fn write_i64(&mut self, n: i64) {
        self.0 = mix(self.0, n.cast_unsigned());
    }

    fn write_usize(&mut self, n: usize) {
        self.0 = mix(self.0, n as u64);
    }
}

const EMPTY: u32 = u32::MAX;

/// Positions of things that stand elsewhere, found by hash: open addressing, at most half of the
/// slots taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    slots: Vec<u32>,
    taken: usize,
}

impl Index {
    /// The position of the thing of this hash that is wanted, or else the free slot that it would
    /// take.
    pub(super) fn probe(&self, hash: u64, wanted: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let mask = self.slots.len().saturating_sub(1);
        let mut at = start(hash, mask);
        // Ends: half of the slots are free.
        while let Some(position) = self.slots.get(at).filter(|slot| **slot != EMPTY) {
            if wanted(*position) {
                return Ok(*position);
            }
            at = (at + 1) & mask;
        }
        Err(at)
    }

    /// Adds the position of a new thing, which follows all that are there, in the slot that is
    /// free for it.
    pub(super) fn insert(&mut self, free: usize, hash_of: impl Fn(u32) -> u64) {
        let position = u32::try_from(self.taken).unwrap_or(EMPTY);
        self.taken += 1;
        if self.taken * 2 <= self.slots.len() {
            if let Some(slot) = self.slots.get_mut(free) {
                *slot = position;
            }
            return;
        }
        let size = (self.taken * 4).next_power_of_two().max(16);
        self.slots.clear();
        self.slots.resize(size, EMPTY);
        for position in 0..=position {
            if let Err(free) = self.probe(hash_of(position), |_| false)
                && let Some(slot) = self.slots.get_mut(free)
            {
                *slot = position;
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.taken = 0;
    }
}

/// Keys, each once.
#[derive(Debug, Clone)]
pub(super) struct Interner<K> {
    keys: Vec<K>,
    index: Index,
}

impl<K> Default for Interner<K> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            index: Index::default(),
        }
    }
}

impl<K: Hash + Eq> Interner<K> {
    /// The position of a key, which is added where it is new.
    pub(super) fn intern(&mut self, key: K) -> u32 {
        let free = match self.probe(&key) {
            Ok(found) => return found,
            Err(free) => free,
        };
        let position = u32::try_from(self.keys.len()).unwrap_or(EMPTY);
        self.keys.push(key);
        let keys = &self.keys;
        let hash_of = |position: u32| keys.get(position as usize).map_or(0, hash);
        self.index.insert(free, hash_of);
        position
    }

    /// The position of a key that is there.
    pub(super) fn find(&self, key: &K) -> Option<u32> {
        self.probe(key).ok()
    }

    fn probe(&self, key: &K) -> Result<u32, usize> {
        let known = |position: u32| self.keys.get(position as usize) == Some(key);
        self.index.probe(hash(key), known)
    }
}

impl Interner<Box<[u32]>> {
    /// As `intern`, of words that are copied where they are new.
    pub(super) fn intern_slice(&mut self, key: &[u32]) -> u32 {
        let known = |position: u32| self.get(position).is_some_and(|own| **own == *key);
        match self.index.probe(hash(key), known) {
            Ok(found) => found,
            Err(_) => self.intern(key.into()),
        }
    }
}

impl<K> Interner<K> {
    /// A key by its position.
    pub(super) fn get(&self, position: u32) -> Option<&K> {
        self.keys.get(position as usize)
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Forgets all keys.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.index.clear();
    }

    /// The keys alone, in order of arrival.
    pub(super) fn into_keys(self) -> Vec<K> {
        self.keys
    }
}

/// A map, for remembering results: of positions, or of other small things.
#[derive(Debug, Clone)]
pub(super) struct Memo<K, V = u32> {
    keys: Interner<K>,
    values: Vec<V>,
}

impl<K, V> Default for Memo<K, V> {
    fn default() -> Self {
        Self {
            keys: Interner::default(),
            values: Vec::new(),
        }
    }
}

impl<K: Hash + Eq, V: Copy> Memo<K, V> {
    /// What was remembered.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        let position = self.keys.find(key)?;
        self.values.get(position as usize).copied()
    }

    /// How much is remembered.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Remembers; the first value of a key stays.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let position = self.keys.intern(key) as usize;
        if position == self.values.len() {
            self.values.push(value);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }
}

fn hash<K: Hash + ?Sized>(key: &K) -> u64 {
    let mut mix = Mix::default();
    key.hash(&mut mix);
    mix.finish()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a mask follows; a smaller pointer takes fewer bits"
)]
const fn start(hash: u64, mask: usize) -> usize {
    hash as usize & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_have_one_position() {
        let mut interner = Interner::default();
        let positions: Vec<u32> = (0..1000u32)
            .map(|n| interner.intern((n % 300, 7u8)))
            .collect();
        assert_eq!(interner.len(), 300);
        assert_eq!(positions[299], positions[599]);
        assert_eq!(interner.find(&(299, 7)), Some(299));
        assert_eq!(interner.find(&(300, 7)), None);
        assert_eq!(interner.get(12), Some(&(12, 7)));
    }
}
