//! Diagrams laid out for walking: one test a node, its constant beside it or in the model's slots.

use super::build::Build;
use super::field::{ABSENT, Asking, Field, Flag, Number, SetField, TextField};
use super::intern::{Interner, Memo};
use super::shape::{Questions, Slots};
use super::sketch::Mask;
use super::store::{Diagram, Inconclusive, Store};
use super::vocabulary::rank;
use crate::limits;
use crate::policy::{Scope, StateFact};
use crate::request::Usage;

/// A walk's beginning or end: a node, or with the highest bit an answer.
pub(super) type At = u32;

const ANSWER: At = 1 << 31;

/// What a test reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Ask {
    Flag(Flag),
    Attribute(u16),
    Text(TextField),
    Meets(SetField),
    At,
    Number(Number),
    State(u16),
}

/// Where a test's cut stands: one of the model's slots, the test itself, or a list of cuts.
const OWN: u16 = u16::MAX;
const WIDE: u16 = u16::MAX - 1;

/// `low` below the cut, `high` from it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Test {
    cut: i64,
    low: At,
    high: At,
    slot: u16,
    ask: Ask,
}

/// Tests of all shapes, each once.
#[derive(Debug, Default)]
pub(super) struct Layout {
    tests: Interner<Test>,
    /// Many cuts, none of them a model's, each with where it leads.
    wide: Interner<Box<[(i64, At)]>>,
    masks: Interner<(SetField, Mask)>,
    edges: usize,
}

/// What is walked.
#[derive(Debug, Default)]
pub(super) struct Flat {
    tests: Box<[Test]>,
    wide: Box<[Box<[(i64, At)]>]>,
    masks: Box<[(SetField, Mask)]>,
    texts: Box<[Box<[Box<[u8]>]>]>,
    words: Box<[Box<[Box<str>]>]>,
}

/// A cut of one shape's field.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Constant(i64),
    Slot(u16),
}

/// Lays one shape's diagrams out.
pub(super) struct Laying<'a> {
    layout: &'a mut Layout,
    store: &'a Store,
    questions: &'a Questions,
    slots: &'a Slots,
    fields: Vec<Field>,
    cuts: Vec<Option<Vec<Cut>>>,
    done: Memo<Diagram>,
}

impl<'a> Laying<'a> {
    pub(super) fn new(
        layout: &'a mut Layout,
        store: &'a Store,
        questions: &'a Questions,
        slots: &'a Slots,
    ) -> Result<Self, Inconclusive> {
        let fields = Build::fields(questions, slots)?;
        let cuts = vec![None; fields.len()];
        let wanted = slots.cuts.len() + 2 * slots.masks.len();
        if wanted >= usize::from(WIDE) {
            return Err(Inconclusive);
        }
        Ok(Self {
            layout,
            store,
            questions,
            slots,
            fields,
            cuts,
            done: Memo::default(),
        })
    }

    /// Where a walk of this diagram begins.
    pub(super) fn lay(&mut self, diagram: Diagram) -> Result<At, Inconclusive> {
        if let Some(answer) = diagram.value() {
            return Ok(answer | ANSWER);
        }
        if let Some(known) = self.done.get(&diagram) {
            return Ok(known);
        }
        let node = self.store.node(diagram).ok_or(Inconclusive)?;
        self.layout.edges += node.edges.len();
        if self.layout.edges > limits::DIAGRAM_EDGES_IN_ALL {
            return Err(Inconclusive);
        }
        let field = *self
            .fields
            .get(usize::from(node.field))
            .ok_or(Inconclusive)?;
        let mut edges = Vec::with_capacity(node.edges.len());
        for (rank, to) in &node.edges {
            edges.push((*rank, self.lay(*to)?));
        }
        let made = self.field(node.field, field, &edges)?;
        self.done.insert(diagram, made);
        Ok(made)
    }

    fn field(&mut self, at: u16, field: Field, edges: &[(u32, At)]) -> Result<At, Inconclusive> {
        if let Field::Meets(set, mask) = field {
            return self.meets(set, mask, edges);
        }
        let cuts = match self.cuts.get(usize::from(at)) {
            Some(Some(cuts)) => cuts.clone(),
            _ => {
                let made = self.merged(field)?;
                if let Some(place) = self.cuts.get_mut(usize::from(at)) {
                    *place = Some(made.clone());
                }
                made
            }
        };
        let ask = asked(field)?;
        let cut = |rank: u32| cuts.get((rank as usize).wrapping_sub(1)).copied();
        let constant = |(rank, to): &(u32, At)| match cut(*rank) {
            None if *rank == 0 => Some((i64::MIN, *to)),
            Some(Cut::Constant(cut)) => Some((cut, *to)),
            _ => None,
        };
        if edges.len() > 3
            && let Some(list) = edges.iter().map(constant).collect::<Option<Box<[_]>>>()
        {
            let list = self.layout.wide.intern(list);
            return self.test(Test {
                cut: i64::from(list),
                low: 0,
                high: 0,
                slot: WIDE,
                ask,
            });
        }
        self.halves(ask, edges, &cut)
    }

    /// A tree of tests over the edges.
    fn halves(
        &mut self,
        ask: Ask,
        edges: &[(u32, At)],
        cut: &dyn Fn(u32) -> Option<Cut>,
    ) -> Result<At, Inconclusive> {
        if let [(_, only)] = edges {
            return Ok(*only);
        }
        let (below, above) = edges.split_at(edges.len() / 2);
        let (rank, _) = above.first().ok_or(Inconclusive)?;
        let at = cut(*rank).ok_or(Inconclusive)?;
        let low = self.halves(ask, below, cut)?;
        let high = self.halves(ask, above, cut)?;
        let (cut, slot) = match at {
            Cut::Constant(cut) => (cut, OWN),
            Cut::Slot(slot) => (0, slot),
        };
        self.test(Test {
            cut,
            low,
            high,
            slot,
            ask,
        })
    }

    fn meets(&mut self, set: SetField, mask: u16, edges: &[(u32, At)]) -> Result<At, Inconclusive> {
        let [(_, low), (_, high)] = *edges else {
            return Err(Inconclusive);
        };
        let constants = self.questions.masks.len();
        let test = match usize::from(mask).checked_sub(constants) {
            None => {
                let known = self.questions.masks.get(usize::from(mask));
                let known = *known.ok_or(Inconclusive)?;
                let index = self.layout.masks.intern(known);
                Test {
                    cut: i64::from(index),
                    low,
                    high,
                    slot: OWN,
                    ask: Ask::Meets(set),
                }
            }
            Some(own) => {
                let slot = self.slots.cuts.len() + 2 * own;
                Test {
                    cut: 0,
                    low,
                    high,
                    slot: u16::try_from(slot).map_err(|_| Inconclusive)?,
                    ask: Ask::Meets(set),
                }
            }
        };
        self.test(test)
    }

    fn test(&mut self, test: Test) -> Result<At, Inconclusive> {
        let at = self.layout.tests.intern(test);
        if at >= ANSWER {
            return Err(Inconclusive);
        }
        Ok(at)
    }

    /// The cuts of a field, constants and slots, by size.
    fn merged(&self, field: Field) -> Result<Vec<Cut>, Inconclusive> {
        let constants = self.questions.cuts.get(&field);
        let mut all: Vec<(i64, Cut)> = constants
            .into_iter()
            .flatten()
            .map(|cut| (*cut, Cut::Constant(*cut)))
            .collect();
        for (slot, (of, cut)) in self.slots.cuts.iter().enumerate() {
            if *of == field {
                let slot = u16::try_from(slot).map_err(|_| Inconclusive)?;
                all.push((*cut, Cut::Slot(slot)));
            }
        }
        all.sort_by_key(|(cut, _)| *cut);
        Ok(all.into_iter().map(|(_, cut)| cut).collect())
    }
}

/// How a field is read.
fn asked(field: Field) -> Result<Ask, Inconclusive> {
    Ok(match field {
        Field::Attribute(index) => Ask::Attribute(index),
        Field::Text(text) => Ask::Text(text),
        Field::State(scope, fact) => Ask::State(state_index(scope, fact)),
        Field::Flag(flag) => Ask::Flag(flag),
        Field::At => Ask::At,
        Field::Number(number) => Ask::Number(number),
        Field::Meets(..) => return Err(Inconclusive),
    })
}

const fn state_index(scope: Scope, fact: StateFact) -> u16 {
    let of = match scope {
        Scope::Model => 0,
        Scope::Route => 2,
    };
    of + match fact {
        StateFact::Healthy => 0,
        StateFact::Used => 1,
    }
}

/// What is known now of a candidate, as codes.
pub(super) type StateCodes = [i64; 4];

/// Nothing is known.
pub(super) const NO_STATE: StateCodes = [ABSENT; 4];

/// The codes of what is known now of a candidate's model, and of the candidate itself.
pub(super) fn state_codes(model: Option<Usage>, route: Option<Usage>) -> StateCodes {
    let healthy = |usage: Option<Usage>| usage.and_then(|u| u.healthy).map_or(ABSENT, i64::from);
    let used = |usage: Option<Usage>| {
        let used = usage.and_then(|u| u.used);
        used.map_or(ABSENT, |used| used.max(i64::MIN + 1))
    };
    [healthy(model), used(model), healthy(route), used(route)]
}

/// One effective request as tests read it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) asking: Asking<'a>,
    /// The numbers of the model.
    pub(super) slots: &'a [i64],
}

impl Flat {
    pub(super) fn new(layout: Layout, vocabulary: &super::vocabulary::Vocabulary<'_>) -> Self {
        let texts = TextField::ALL.iter().map(|text| {
            let found = vocabulary.texts.get(&Field::Text(*text));
            found.cloned().unwrap_or_default().into_boxed_slice()
        });
        let words = SetField::ALL.iter().map(|set| {
            let found = vocabulary.words.get(set);
            found.cloned().unwrap_or_default().into_boxed_slice()
        });
        Self {
            tests: layout.tests.into_keys().into_boxed_slice(),
            wide: layout.wide.into_keys().into_boxed_slice(),
            masks: layout.masks.into_keys().into_boxed_slice(),
            texts: texts.collect(),
            words: words.collect(),
        }
    }

    /// How many tests there are.
    pub(super) fn len(&self) -> usize {
        self.tests.len()
    }

    /// Walks to an answer. Ends: a test leads to later fields or ranks only.
    pub(super) fn walk(&self, from: At, reading: &Reading<'_>, state: &StateCodes) -> u32 {
        let mut at = from;
        while at & ANSWER == 0 {
            let Some(test) = self.tests.get(at as usize) else {
                return 0;
            };
            let value = match test.ask {
                Ask::At => reading.asking.call.at.unix_seconds(),
                Ask::Number(number) => reading.asking.number(number),
                Ask::Flag(flag) => reading.asking.flag(flag),
                Ask::Text(field) => self.text(reading, field),
                Ask::Attribute(index) => {
                    let codes = &reading.asking.call.caller.codes;
                    codes.get(usize::from(index)).copied().unwrap_or(ABSENT)
                }
                Ask::State(index) => {
                    let state = state.get(usize::from(index));
                    state.copied().unwrap_or(ABSENT)
                }
                Ask::Meets(set) => {
                    at = if self.meets(test, set, reading) {
                        test.high
                    } else {
                        test.low
                    };
                    continue;
                }
            };
            at = match test.slot {
                OWN => test.side(value, test.cut),
                WIDE => self.widely(test, value),
                slot => match reading.slots.get(usize::from(slot)) {
                    Some(cut) => test.side(value, *cut),
                    None => test.low,
                },
            };
        }
        at & !ANSWER
    }

    #[cold]
    fn widely(&self, test: &Test, value: i64) -> At {
        let list = usize::try_from(test.cut).ok();
        let list = list.and_then(|list| self.wide.get(list));
        let list = list.map_or(&[][..], |list| list);
        let after = list.partition_point(|(cut, _)| *cut <= value);
        let found = list.get(after.saturating_sub(1));
        found.map_or(ANSWER, |(_, to)| *to)
    }

    fn text(&self, reading: &Reading<'_>, field: TextField) -> i64 {
        match reading.asking.text(field) {
            None => ABSENT,
            Some(text) => {
                let bounds = self.texts.get(field as usize);
                rank(bounds.map_or(&[][..], |b| b), text)
            }
        }
    }

    fn meets(&self, test: &Test, field: SetField, reading: &Reading<'_>) -> bool {
        let Some(words) = reading.asking.set(field).filter(|words| !words.is_empty()) else {
            return false;
        };
        let mask = if test.slot == OWN {
            let at = usize::try_from(test.cut).ok();
            at.and_then(|at| self.masks.get(at)).map_or(0, |(_, m)| *m)
        } else {
            let at = usize::from(test.slot);
            let half = |at: usize| reading.slots.get(at).copied().unwrap_or(0);
            from_halves(half(at), half(at + 1))
        };
        let known = self.words.get(field as usize);
        let known = known.map_or(&[][..], |words| words);
        words.iter().any(|word| {
            let found = known.binary_search_by(|known| (**known).cmp(word.as_str()));
            mask & (1 << found.unwrap_or(127)) != 0
        })
    }
}

impl Test {
    const fn side(&self, value: i64, cut: i64) -> At {
        if value < cut { self.low } else { self.high }
    }
}

/// A mask as two slots.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each half is taken by itself"
)]
pub(super) const fn halves(mask: Mask) -> [i64; 2] {
    [
        (mask as u64).cast_signed(),
        ((mask >> 64) as u64).cast_signed(),
    ]
}

fn from_halves(low: i64, high: i64) -> Mask {
    Mask::from(low.cast_unsigned()) | Mask::from(high.cast_unsigned()) << 64
}
