//! A source of choices: from a seed, so that the same seed makes the same world on every machine,
//! or from bytes, so that a fuzzer can steer.
//!
//! What is chosen lives in `random` and `domain`.

/// Choices in a row.
#[derive(Debug, Clone)]
pub struct Dice {
    bytes: Vec<u8>,
    used: usize,
    state: u64,
}

impl Dice {
    /// Splitmix64 from a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            bytes: Vec::new(),
            used: 0,
            state: seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5851_f42d_4c95_7f2d,
        }
    }

    /// The bytes first, one a small choice; after the last of them as `new(0)` goes on, so that a
    /// byte that changes changes its own choice and not those behind it.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            ..Self::new(0)
        }
    }

    /// Says whether no byte is left: what comes now is the same whatever they were.
    pub fn spent(&self) -> bool {
        self.used >= self.bytes.len()
    }

    fn byte(&mut self) -> Option<u64> {
        let byte = self.bytes.get(self.used).copied()?;
        self.used += 1;
        Some(u64::from(byte))
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        let n = u64::try_from(n.max(1)).unwrap_or(1);
        let drawn = match self.byte() {
            Some(byte) if n > 256 => byte << 8 | self.byte().unwrap_or(0),
            Some(byte) => byte,
            None => self.next(),
        };
        usize::try_from(drawn % n).unwrap_or(0)
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them; the type's default where there is none.
    pub fn pick<T: Clone + Default>(&mut self, from: &[T]) -> T {
        let index = self.below(from.len());
        from.get(index).cloned().unwrap_or_default()
    }

    /// One of some words.
    pub fn word<'a>(&mut self, from: &[&'a str]) -> &'a str {
        self.pick(from)
    }

    /// One of them, borrowed.
    pub fn one_of<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let index = self.below(from.len());
        from.get(index)
    }

    /// Some of them, in order.
    pub fn some_of<T: Clone>(&mut self, from: &[T], percent: usize) -> Vec<T> {
        let mut kept = from.to_vec();
        kept.retain(|_| self.chance(percent));
        kept
    }
}
