//! A place for every hash: hashes are thrown into groups, and each group is shifted until all of
//! it falls on free places. Looking one up reads the group's shift, and nothing is tried twice.

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
    shifts: Box<[u8]>,
    /// How far a hash is pushed right for its group.
    top: u32,
    mask: usize,
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
        hashes.sort_unstable();
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
            shifts: vec![0; groups].into(),
            top: u64::BITS - groups.trailing_zeros(),
            mask: count - 1,
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
            for shift in 0..limits::TABLE_SHIFTS {
                tried.clear();
                for hash in group {
                    let at = made.shifted(*hash, shift);
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
                    if let Some(place) = made.shifts.get_mut(own) {
                        *place = shift;
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
        self.mask + 1
    }

    /// The place of a hash.
    #[inline(always)]
    pub(super) fn of(&self, hash: u64) -> usize {
        let shift = self.shifts.get(self.group(hash));
        self.shifted(hash, shift.copied().unwrap_or(0))
    }

    #[inline(always)]
    const fn group(&self, hash: u64) -> usize {
        (hash >> self.top) as usize
    }

    #[inline(always)]
    const fn shifted(&self, hash: u64, shift: u8) -> usize {
        let step = (hash >> 32) * shift as u64;
        hash.wrapping_add(step) as usize & self.mask
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
            let mut taken: Vec<usize> = hashes.iter().map(|hash| places.of(*hash)).collect();
            taken.sort_unstable();
            taken.dedup();
            assert_eq!(taken.len(), hashes.len());
            assert!(taken.iter().all(|place| *place < places.count()));
        }
    }

    #[test]
    fn hashes_that_cannot_be_parted_are_no_reason_to_go_on() {
        let places = Places::new((0..200).map(|n| n << 50 | 5).collect());
        assert!(places.of(5) < places.count());
    }
}
