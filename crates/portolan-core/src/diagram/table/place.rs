//! A place for every hash: hashes are thrown into groups, and each group is multiplied until all of
//! it falls on free places. Looking one up reads the group's factor, and nothing is tried twice.

#![expect(
    clippy::inline_always,
    reason = "a few instructions of the shortest path through a decision"
)]
#![expect(
    clippy::cast_possible_truncation,
    reason = "bits of a hash, and masks follow"
)]

use crate::limits;

/// Where hashes have their places.
#[derive(Debug)]
pub(super) struct Places {
    /// By group.
    factors: Box<[u8]>,
    /// What a hash is cut to for its group.
    mask: usize,
    /// How far a product is pushed right for its place.
    top: u32,
}

impl Default for Places {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Places {
    /// Places for these hashes; one that is there twice, or finds none in time, shares one.
    pub(super) fn new(mut hashes: Vec<u64>) -> Self {
        let count = (hashes.len() / 7 * 8 + 8).next_power_of_two();
        // Those of a group lie together, however many groups there are.
        hashes.sort_unstable_by_key(|hash| hash.reverse_bits());
        hashes.dedup();
        let mut groups = (count / 4).max(2);
        loop {
            // Smaller groups find places more easily.
            let (made, all) = Self::of_groups(groups, count, &hashes);
            if all || groups >= count {
                return made;
            }
            groups *= 2;
        }
    }

    /// Places in so many groups, and whether every hash has one of its own.
    fn of_groups(groups: usize, count: usize, members: &[u64]) -> (Self, bool) {
        let mut made = Self {
            factors: vec![1; groups].into(),
            mask: groups - 1,
            top: u64::BITS - count.trailing_zeros(),
        };
        let mut placed = 0;
        let mut each: Vec<&[u64]> = members
            .chunk_by(|a, b| made.group(*a) == made.group(*b))
            .collect();
        // The largest first, while there is room.
        each.sort_by_key(|group| std::cmp::Reverse(group.len()));
        let mut taken = vec![false; count];
        let mut tried = Vec::new();
        for group in each {
            let Some(first) = group.first() else { continue };
            for factor in 1..=limits::TABLE_FACTORS {
                tried.clear();
                for hash in group {
                    let at = made.multiplied(*hash, factor);
                    if taken.get(at) != Some(&false) || tried.contains(&at) {
                        break;
                    }
                    tried.push(at);
                }
                if tried.len() == group.len() {
                    for at in &tried {
                        if let Some(place) = taken.get_mut(*at) {
                            *place = true;
                        }
                    }
                    let own = made.group(*first);
                    if let Some(place) = made.factors.get_mut(own) {
                        *place = factor;
                    }
                    placed += group.len();
                    break;
                }
            }
        }
        (made, placed == members.len())
    }

    /// How many places there are.
    pub(super) fn count(&self) -> usize {
        1 << (u64::BITS - self.top)
    }

    /// The place of a hash: there is one for each.
    #[inline(always)]
    pub(super) fn of(&self, hash: u64) -> Option<usize> {
        let factor = self.factors.get(self.group(hash))?;
        Some(self.multiplied(hash, *factor))
    }

    #[inline(always)]
    const fn group(&self, hash: u64) -> usize {
        hash as usize & self.mask
    }

    #[inline(always)]
    const fn multiplied(&self, hash: u64, factor: u8) -> usize {
        (hash.wrapping_mul(factor as u64) >> self.top) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::intern::mix;

    #[test]
    fn no_two_hashes_share_a_place() {
        for count in [0, 1, 2, 25, 1_000, 20_000] {
            let hashes: Vec<u64> = (0..count).map(|n| mix(n, 7)).collect();
            let places = Places::new(hashes.clone());
            let mut taken: Vec<usize> = hashes.iter().filter_map(|hash| places.of(*hash)).collect();
            taken.sort_unstable();
            taken.dedup();
            assert_eq!(taken.len(), hashes.len());
            assert!(taken.iter().all(|place| *place < places.count()));
        }
    }

    #[test]
    fn hashes_that_cannot_be_parted_are_no_reason_to_go_on() {
        let places = Places::new((0..200).map(|n| n << 50 | 5).collect());
        assert!(places.of(5).unwrap() < places.count());
    }
}
