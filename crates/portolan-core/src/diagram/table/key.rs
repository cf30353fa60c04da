//! An id as a few words: what is hashed, and what a record is recognised by.

#![expect(
    clippy::inline_always,
    reason = "a key handed over in memory costs more than the probe"
)]

use std::hint::cold_path;

/// An id's first and last bytes, in words that overlap: no two ids of at most `WHOLE` bytes have
/// the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) words: [u64; 3],
    /// The number of bytes; of an id that is cut, what lies between, folded, and a mark.
    pub(super) check: u32,
}

/// Bytes of an id that its key holds.
const WHOLE: usize = 24;

/// The mark of a key that is cut.
const CUT: u32 = 1 << 31;

/// What no key has: a record that has it is no key's at first sight.
pub(super) const UNSURE: u32 = 1 << 30;

impl Key {
    #[inline(always)]
    pub(super) fn of(id: &str) -> Self {
        let text = id.as_bytes();
        let bytes = text.len();
        // Words that overlap as far as they must: no branch on how long the id is.
        let word = |from: usize| text.get(from..).and_then(<[u8]>::first_chunk);
        let words = if let Some(last) = bytes.checked_sub(8)
            && let (Some(a), Some(b), Some(c)) = (word(0), word(last.min(8)), word(last))
        {
            [a, b, c].map(|word| u64::from_le_bytes(*word))
        } else {
            let push = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
            [text.iter().fold(0, push), 0, 0]
        };
        #[expect(clippy::cast_possible_truncation, reason = "no more than `WHOLE`")]
        let check = if bytes > WHOLE {
            between(text)
        } else {
            bytes as u32
        };
        Self { words, check }
    }

    /// The key does not hold all of its id.
    #[inline(always)]
    pub(super) const fn is_cut(&self) -> bool {
        self.check & CUT != 0
    }

    /// Equality, word by word: whole keys would be compared through memory. One that differs is
    /// seldom, and what is put together of all words waits in the processor for all of them.
    #[inline(always)]
    pub(super) fn is(&self, words: &[u64; 3], check: u32) -> bool {
        let [first, second, third] = self.words;
        let [one, two, three] = *words;
        let same = |ours: u64, theirs: u64| {
            if ours != theirs {
                cold_path();
            }
            ours == theirs
        };
        same(third, three)
            && same(self.check.into(), check.into())
            && same(first, one)
            && same(second, two)
    }

    #[inline(always)]
    pub(super) const fn hash(&self) -> u64 {
        let [a, b, c] = self.words;
        let check = self.check as u64;
        spread(a ^ c.rotate_left(29), b ^ (check + 0x1ce4_e5b9))
    }
}

/// The whole words of a long id and its number of bytes, folded. What is left of it is in the last
/// word of its key.
#[cold]
fn between(text: &[u8]) -> u32 {
    let (words, _) = text.as_chunks::<8>();
    // A factor of 32 bits is part of an instruction: one of 64 would be fetched for short ids, too.
    let fold = |sum: u64, word: &[u8; 8]| {
        let product = (sum ^ u64::from_le_bytes(*word)).wrapping_mul(0x1ce4_e5b9);
        product ^ product >> 32
    };
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
    let folded = words.iter().fold(text.len() as u64, fold) as u32;
    folded & !UNSURE | CUT
}

/// The halves of a product, folded.
#[inline(always)]
const fn spread(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    #[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
    let folded = product as u64 ^ (product >> 64) as u64;
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_differ_in_one_byte_or_in_length_have_other_keys() {
        for length in 0..=40 {
            let id = "m".repeat(length);
            let key = Key::of(&id);
            assert!(key.is(&Key::of(&id).words, key.check));
            assert_eq!(key.is_cut(), length > WHOLE);
            assert_ne!(key, Key::of(&"m".repeat(length + 1)));
            for at in 0..length {
                let mut other = id.clone();
                other.replace_range(at..=at, "n");
                assert_ne!(key, Key::of(&other), "{other}");
            }
        }
    }
}
