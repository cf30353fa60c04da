//! Which tests a diagram may ask for, and the columns that hold those of many diagrams.

use std::collections::{BTreeMap, BTreeSet};

use super::OTHERS;
use crate::diagram::flat::{ANSWER, Ask, At, Flat, OWN, WIDE, basic};
use crate::diagram::intern::{Interner, Memo};
use crate::limits;

/// A comparison: a field with a constant, or with one of the model's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Asked {
    pub(super) ask: Ask,
    /// A number's position; `OWN` for a constant.
    pub(super) slot: u16,
    pub(super) cut: i64,
}

/// More than a panel has room for, or something that it cannot ask.
pub(super) const TOO_MUCH: u32 = u32::MAX;

/// What is asked below each test.
pub(super) struct Needs {
    /// Comparisons, each once.
    pub(super) asked: Interner<Asked>,
    /// By test: its own comparison.
    pub(super) own: Vec<u32>,
    /// By test: the set of comparisons that a walk from it may make.
    below: Vec<u32>,
    /// Sets of comparisons, each once and sorted. The first is empty.
    pub(super) sets: Interner<Box<[u32]>>,
    unions: Memo<(u32, u32)>,
}

impl Needs {
    pub(super) fn new(flat: &Flat) -> Self {
        let tests = flat.tests();
        let mut needs = Self {
            asked: Interner::default(),
            own: Vec::with_capacity(tests.len()),
            below: Vec::with_capacity(tests.len()),
            sets: Interner::default(),
            unions: Memo::default(),
        };
        needs.sets.intern(Box::default());
        // Each side of a test was laid before it.
        for test in tests {
            let askable = match test.ask {
                Ask::Flag(_) | Ask::Attribute(_) | Ask::Text(_) | Ask::At | Ask::Number(_) => true,
                Ask::Applies(_) | Ask::Meets(_) | Ask::State(_) => false,
            };
            if !askable || test.slot == WIDE {
                needs.own.push(TOO_MUCH);
                needs.below.push(TOO_MUCH);
                continue;
            }
            let asked = needs.asked.intern(Asked {
                ask: test.ask,
                slot: test.slot,
                cut: if test.slot == OWN { test.cut } else { 0 },
            });
            let idle = test.slot == OWN && flat.parts(test.ask, test.cut).is_err();
            let own: Box<[u32]> = if idle { [].into() } else { [asked].into() };
            let own = needs.sets.intern(own);
            let sides = needs.union(needs.of(test.expected), needs.of(test.other));
            let all = needs.union(own, sides);
            needs.own.push(asked);
            needs.below.push(all);
        }
        needs
    }

    /// What a walk from here may ask.
    pub(super) fn of(&self, at: At) -> u32 {
        if at & ANSWER != 0 {
            return 0;
        }
        self.below.get(at as usize).copied().unwrap_or(TOO_MUCH)
    }

    /// What one or the other asks.
    pub(super) fn union(&mut self, a: u32, b: u32) -> u32 {
        if a == TOO_MUCH || b == TOO_MUCH {
            return TOO_MUCH;
        }
        if a == b || b == 0 {
            return a;
        }
        let pair = (a.min(b), a.max(b));
        if let Some(known) = self.unions.get(&pair) {
            return known;
        }
        let each = [a, b].map(|set| self.sets.get(set).map_or(&[][..], |set| set));
        let both: BTreeSet<u32> = each.into_iter().flatten().copied().collect();
        let made = if both.len() > limits::PANEL_TESTS {
            TOO_MUCH
        } else {
            self.sets.intern(both.into_iter().collect())
        };
        self.unions.insert(pair, made);
        made
    }
}

/// The columns of a panel while they are gathered.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    pub(super) constants: BTreeMap<Ask, BTreeSet<i64>>,
    /// By field: how many of its own numbers a model compares it with, at most.
    pub(super) own: BTreeMap<Ask, usize>,
}

/// Per field: the numbers of a shape that it is compared with, in order.
pub(super) type OwnSlots = BTreeMap<Ask, BTreeSet<u16>>;

/// The model's own numbers in a set of comparisons.
pub(super) fn own_slots(needs: &Needs, set: u32) -> OwnSlots {
    let mut slots = OwnSlots::new();
    let set = needs.sets.get(set).map_or(&[][..], |set| set);
    for asked in set.iter().filter_map(|asked| needs.asked.get(*asked)) {
        if asked.slot != OWN {
            slots.entry(asked.ask).or_default().insert(asked.slot);
        }
    }
    slots
}

impl Columns {
    /// Makes room for one more set of comparisons, if there is any.
    pub(super) fn make_room(&mut self, needs: &Needs, set: u32) -> bool {
        let mut wider = self.clone();
        let all = needs.sets.get(set).map_or(&[][..], |set| set);
        for asked in all.iter().filter_map(|asked| needs.asked.get(*asked)) {
            if asked.slot == OWN {
                let constants = wider.constants.entry(asked.ask).or_default();
                constants.insert(asked.cut);
            }
        }
        for (ask, own) in own_slots(needs, set) {
            let room = wider.own.entry(ask).or_default();
            *room = own.len().max(*room);
        }
        let fits = wider.fits();
        if fits {
            *self = wider;
        }
        fits
    }

    /// How many cells an ending is looked up in.
    pub(super) fn cells(&self) -> usize {
        let constants = self.constants.values().map(BTreeSet::len);
        let all = constants.chain(self.own.values().copied());
        all.fold(1, |cells, tests| cells.saturating_mul(tests + 1))
    }

    /// The fields that are not basic.
    pub(super) fn others(&self) -> Vec<Ask> {
        let asked = self.constants.keys().chain(self.own.keys());
        let others = asked.filter(|ask| basic(**ask) == u8::MAX);
        let others: BTreeSet<Ask> = others.copied().collect();
        others.into_iter().collect()
    }

    fn fits(&self) -> bool {
        let own: usize = self.own.values().sum();
        let constants: usize = self.constants.values().map(BTreeSet::len).sum();
        own + constants <= limits::PANEL_TESTS
            && self.cells() <= limits::PANEL_CELLS
            && self.others().len() <= OTHERS
    }
}
