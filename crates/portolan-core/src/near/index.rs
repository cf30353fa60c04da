//! Near spellings among very many names: what `ranked` says, without looking at each of them.
//!
//! Names in the order of their folded text are a tree of prefixes laid flat. One walk over it
//! keeps the distances of the prefix it stands at, and passes over all names that share a prefix
//! from which none is near.

use std::ops::ControlFlow;

use super::{FARTHEST, SEPARATORS, Sought, fold};

/// An index of names, which their owner keeps under numbers.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// Numbers of names as their folded text sorts.
    order: Box<[u32]>,
    /// For each of them the characters that its folded text shares with the one before, as far as
    /// a byte counts.
    shared: Box<[u8]>,
    /// What follows them, for all names on end.
    rests: Box<str>,
    /// Where each rest ends.
    ends: Box<[u32]>,
    /// Numbers of names as the names themselves sort.
    sorted: Box<[u32]>,
}

impl Index {
    /// Indexes names, each under its position; none stands twice.
    pub fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut sorted: Vec<(&str, u32)> = names.zip(0..).collect();
        sorted.sort_unstable();
        let folded = sorted.iter().map(|(name, number)| (fold(name), *number));
        let mut folded: Vec<(String, u32)> = folded.collect();
        folded.sort_unstable();
        let (mut shared, mut ends) = (Vec::new(), Vec::new());
        let (mut rests, mut before) = (String::new(), "");
        for (text, _) in &folded {
            let alike = text.chars().zip(before.chars()).take(u8::MAX.into());
            let alike = alike.take_while(|(a, b)| a == b).count();
            rests.extend(text.chars().skip(alike));
            shared.push(u8::try_from(alike).unwrap_or(u8::MAX));
            ends.push(u32::try_from(rests.len()).unwrap_or(u32::MAX));
            before = text;
        }
        Self {
            order: folded.iter().map(|(_, number)| *number).collect(),
            shared: shared.into(),
            rests: rests.into(),
            ends: ends.into(),
            sorted: sorted.into_iter().map(|(_, number)| number).collect(),
        }
    }

    /// The number of the name that is exactly this.
    pub fn find<'a>(&self, name: &str, name_of: impl Fn(u32) -> &'a str) -> Option<u32> {
        let found = self.sorted.binary_search_by(|n| name_of(*n).cmp(name));
        found.ok().and_then(|i| self.sorted.get(i)).copied()
    }

    /// Hands over names within reach of another, nearest first, then by name, until told to stop
    /// or so many were handed over. `name_of` gives the name under a number.
    pub fn ranked<'a>(
        &self,
        name: &str,
        most: usize,
        name_of: impl Fn(u32) -> &'a str,
        mut found: impl FnMut(&'a str) -> ControlFlow<()>,
    ) {
        let sought = Sought::of(name);
        let mut left = most;
        // A walk costs more the farther it looks, and most slips are small.
        for distance in 0..=sought.reach {
            let numbers = self.at_distance(&sought, distance).into_iter();
            let names = numbers.map(&name_of);
            let fit = |name: &&str| sought.may_be(name) && !sought.left_off(name);
            let mut level: Vec<&str> = names.filter(fit).collect();
            if distance == 1 {
                level.extend(self.left_off(&sought, left, &name_of));
            }
            if level.len() > left {
                level.select_nth_unstable(left);
                level.truncate(left);
            }
            level.sort_unstable();
            for name in level {
                if found(name).is_break() {
                    return;
                }
                left -= 1;
            }
        }
    }

    /// The first names of which this one is the beginning.
    fn left_off<'a>(
        &self,
        sought: &Sought<'_>,
        most: usize,
        name_of: &impl Fn(u32) -> &'a str,
    ) -> Vec<&'a str> {
        let mut found = Vec::new();
        for separator in SEPARATORS {
            let start = format!("{}{separator}", sought.bare);
            let first = self
                .sorted
                .partition_point(|n| name_of(*n) < start.as_str());
            let rest = self.sorted.get(first..).unwrap_or_default();
            let names = rest.iter().map(|number| name_of(*number));
            let names = names.take_while(|name| name.starts_with(&start));
            found.extend(names.filter(|name| sought.left_off(name)).take(most));
        }
        found
    }

    /// The numbers of all names at exactly this distance.
    fn at_distance(&self, sought: &Sought<'_>, distance: usize) -> Vec<u32> {
        let mut walk = Walk::new(&sought.folded, distance);
        let mut found = Vec::new();
        // After so many characters nothing is near, where that was found.
        let mut barren = usize::MAX;
        let mut start = 0;
        let names = self.order.iter().zip(&self.shared).zip(&self.ends);
        for ((number, shared), end) in names {
            let (shared, end) = (usize::from(*shared), *end as usize);
            let rest = start..end;
            start = end;
            if shared >= barren {
                continue;
            }
            barren = walk.to(shared, self.rests.get(rest).unwrap_or_default());
            if barren == usize::MAX && walk.distance() == distance {
                found.push(*number);
            }
        }
        found
    }
}

/// Cells of a row: as far from the diagonal as a distance may be, on both sides.
const BAND: usize = 2 * FARTHEST + 1;

/// Distances of a prefix from those prefixes of the sought text that are about as long.
type Row = [u8; BAND];

/// What stands before and behind the sought text: no character.
const NOTHING: char = '\u{0}';

/// Where a walk stands: a prefix, and the rows that lead to it.
struct Walk {
    /// The sought text between as much of nothing as a row may reach into.
    sought: Vec<char>,
    length: usize,
    /// One more than the largest distance asked for.
    far: u8,
    prefix: Vec<char>,
    rows: Vec<Row>,
}

impl Walk {
    fn new(sought: &str, most: usize) -> Self {
        let mut padded = vec![NOTHING; FARTHEST + 1];
        padded.extend(sought.chars());
        let length = padded.len() - (FARTHEST + 1);
        padded.extend([NOTHING; 2 * BAND]);
        let most = u8::try_from(most).unwrap_or(u8::MAX);
        let far = most.saturating_add(1);
        let mut first = [far; BAND];
        for (cell, distance) in first.iter_mut().skip(FARTHEST).zip(0..far) {
            *cell = distance;
        }
        Self {
            sought: padded,
            length,
            far,
            prefix: Vec::new(),
            rows: vec![first],
        }
    }

    /// Walks to a text that shares so many characters with the one before and goes on like this.
    /// Gives the number of characters after which nothing is near, if it came so far.
    fn to(&mut self, shared: usize, rest: &str) -> usize {
        self.prefix.truncate(shared);
        self.rows.truncate(shared + 1);
        for c in rest.chars() {
            let before = self.prefix.last().copied().unwrap_or(NOTHING);
            self.prefix.push(c);
            if !self.step(before, c) {
                return self.prefix.len();
            }
        }
        usize::MAX
    }

    /// The row of one character more; says whether something may still be near.
    fn step(&mut self, before: char, c: char) -> bool {
        let far = self.far;
        let depth = self.prefix.len();
        let above = self.rows.last().copied().unwrap_or([far; BAND]);
        let twice = self.rows.len().checked_sub(2);
        let twice = twice.and_then(|i| self.rows.get(i)).copied();
        let twice = twice.unwrap_or([far; BAND]);
        // The cell at `i` is of the prefix that ends with the second of these, at `i`.
        let sought = self.sought.get(depth - 1..).unwrap_or_default();
        let pairs = sought.iter().zip(sought.iter().skip(1));
        let overs = above.iter().skip(1).chain([&far]);
        let mut row = [far; BAND];
        let (mut left, mut least) = (far, far);
        let cells = row.iter_mut().zip(above).zip(twice).zip(overs).zip(pairs);
        for ((((cell, diagonal), twice), over), (last, here)) in cells {
            let mut best = (diagonal + u8::from(*here != c)).min((*over).min(left) + 1);
            if *last == c && *here == before {
                best = best.min(twice + 1);
            }
            left = best.min(far);
            least = least.min(left);
            *cell = left;
        }
        self.rows.push(row);
        // A swap of two characters passes over a row.
        least < far || above.iter().any(|cell| cell + 1 < far)
    }

    /// The distance of the text that was walked to; one too large where it is far.
    fn distance(&self) -> usize {
        let cell = (self.length + FARTHEST).checked_sub(self.prefix.len());
        let row = self.rows.last();
        let found = cell.and_then(|cell| row?.get(cell)).copied();
        found.unwrap_or(self.far).into()
    }
}
