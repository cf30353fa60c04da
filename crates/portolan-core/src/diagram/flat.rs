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
    Applies(u16),
    Text(TextField),
    Meets(SetField),
    At,
    Number(Number),
    State(u16),
}

/// Edges that are still laid out as single tests.
const FEW: usize = 8;

/// Where a test's cut stands: one of the model's slots, the test itself, or a list of cuts.
const OWN: u16 = u16::MAX;
const WIDE: u16 = u16::MAX - 1;

/// One side below the cut, the other from it on: the one that a request is expected to take,
/// and the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Test {
    cut: i64,
    expected: At,
    other: At,
    slot: u16,
    ask: Ask,
    /// The expected side is the one below the cut.
    below: bool,
    /// Where the field stands among the basic ones, or past them.
    basic: u8,
}

/// The fields that nearly every walk asks for, read once.
pub(super) type Basics = [i64; 8];

/// Where a field stands among the basic ones.
const fn basic(ask: Ask) -> u8 {
    match ask {
        Ask::Text(TextField::ModelRegion) => 0,
        Ask::At => 1,
        Ask::Number(Number::MaxTokens) => 2,
        Ask::Number(Number::InputTokens) => 3,
        Ask::Number(Number::TotalTokens) => 4,
        Ask::Flag(Flag::Stream) => 5,
        Ask::Flag(Flag::Messages) => 6,
        Ask::Flag(Flag::Auth) => 7,
        Ask::Flag(_)
        | Ask::Attribute(_)
        | Ask::Applies(_)
        | Ask::Text(_)
        | Ask::Meets(_)
        | Ask::Number(_)
        | Ask::State(_) => u8::MAX,
    }
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
    texts: Box<[Texts]>,
    words: Box<[Box<[Box<str>]>]>,
    /// Whether one of a group of locks applies.
    applies: Box<[At]>,
}

/// The texts that a field is compared with.
#[derive(Debug)]
enum Texts {
    /// Few, and never by how they begin: which one it is, with its code.
    Exact(Box<[Box<[u8]>]>),
    /// Bounds; a text's code is its rank among them.
    Bounds(Box<[Box<[u8]>]>),
}

impl Texts {
    fn new(bounds: &[Box<[u8]>], begun: bool) -> Self {
        let pairs = bounds.chunks(2).map(|pair| match pair {
            [text, next] if matches!(next.split_last(), Some((0, same)) if *same == **text) => {
                Some(text.clone())
            }
            _ => None,
        });
        match pairs.collect::<Option<Box<[_]>>>() {
            // How a text begins counts where it stands among all of them.
            Some(texts) if texts.len() <= FEW && !begun => Self::Exact(texts),
            _ => Self::Bounds(bounds.into()),
        }
    }

    /// The same code as by rank, but that all texts between two of them share one.
    fn code(&self, text: &str) -> i64 {
        match self {
            Self::Exact(texts) => {
                let same = |known: &Box<[u8]>| **known == *text.as_bytes();
                let position = texts.iter().position(same);
                position
                    .and_then(|p| i64::try_from(p).ok())
                    .map_or(0, |p| 2 * p + 1)
            }
            Self::Bounds(bounds) => rank(bounds, text),
        }
    }
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
    /// The weight of each test, by its place.
    weights: Memo<Diagram>,
    /// Which answers a request hopes for.
    hoped: &'a dyn Fn(u32) -> bool,
}

impl<'a> Laying<'a> {
    pub(super) fn new(
        layout: &'a mut Layout,
        store: &'a Store,
        questions: &'a Questions,
        slots: &'a Slots,
        hoped: &'a dyn Fn(u32) -> bool,
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
            weights: Memo::default(),
            hoped,
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
        if edges.len() > FEW
            && let Some(list) = edges.iter().map(constant).collect::<Option<Box<[_]>>>()
        {
            let list = self.layout.wide.intern(list);
            return self.test(Test {
                cut: i64::from(list),
                expected: 0,
                other: 0,
                slot: WIDE,
                ask,
                below: false,
                basic: u8::MAX,
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
        self.sides(cut, slot, ask, low, high)
    }

    /// A test with its expected side before the other.
    fn sides(
        &mut self,
        cut: i64,
        slot: u16,
        ask: Ask,
        low: At,
        high: At,
    ) -> Result<At, Inconclusive> {
        if low == high {
            return Ok(low);
        }
        let below = self.weight(low) > self.weight(high);
        let (expected, other) = if below { (low, high) } else { (high, low) };
        let test = self.test(Test {
            cut,
            expected,
            other,
            slot,
            ask,
            below,
            basic: basic(ask),
        })?;
        // Near the end counts most: a side that is decided is one that is expected to be right.
        let weight = (self.weight(expected) * 3 + self.weight(other)) / 4;
        self.weights.insert(Diagram::terminal(test), weight);
        Ok(test)
    }

    /// How much of what lies behind a walk's place is an answer that is hoped for.
    fn weight(&self, at: At) -> u32 {
        if at & ANSWER != 0 {
            return if (self.hoped)(at & !ANSWER) {
                1 << 16
            } else {
                0
            };
        }
        self.weights.get(&Diagram::terminal(at)).unwrap_or(0)
    }

    fn meets(&mut self, set: SetField, mask: u16, edges: &[(u32, At)]) -> Result<At, Inconclusive> {
        let [(_, low), (_, high)] = *edges else {
            return Err(Inconclusive);
        };
        let constants = self.questions.masks.len();
        let (cut, slot) = match usize::from(mask).checked_sub(constants) {
            None => {
                let known = self.questions.masks.get(usize::from(mask));
                let known = *known.ok_or(Inconclusive)?;
                (i64::from(self.layout.masks.intern(known)), OWN)
            }
            Some(own) => {
                let slot = self.slots.cuts.len() + 2 * own;
                (0, u16::try_from(slot).map_err(|_| Inconclusive)?)
            }
        };
        self.sides(cut, slot, Ask::Meets(set), low, high)
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
        Field::Applies(group) => Ask::Applies(group),
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
    pub(super) basics: Basics,
    /// The numbers of the model, as many as its shape has.
    pub(super) slots: &'a [i64],
}

impl Flat {
    pub(super) fn new(
        layout: Layout,
        vocabulary: &super::vocabulary::Vocabulary<'_>,
        applies: Vec<At>,
    ) -> Self {
        let texts = TextField::ALL.iter().map(|text| {
            let field = Field::Text(*text);
            let found = vocabulary.texts.get(&field);
            let begun = vocabulary.begun.contains(&field);
            Texts::new(found.map_or(&[][..], Vec::as_slice), begun)
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
            applies: applies.into(),
        }
    }

    /// How many tests there are.
    pub(super) fn len(&self) -> usize {
        self.tests.len()
    }

    /// The basic fields of an effective request.
    #[inline]
    pub(super) fn basics(&self, asking: &Asking<'_>) -> Basics {
        let region = match asking.body.model_region {
            None => ABSENT,
            Some(text) => self.code(TextField::ModelRegion, text),
        };
        [
            region,
            asking.call.at.unix_seconds(),
            asking.number(Number::MaxTokens),
            asking.number(Number::InputTokens),
            asking.number(Number::TotalTokens),
            asking.flag(Flag::Stream),
            asking.flag(Flag::Messages),
            asking.flag(Flag::Auth),
        ]
    }

    /// Walks to an answer. Ends: a test leads to later fields or ranks only.
    pub(super) fn walk(&self, from: At, reading: &Reading<'_>, state: &StateCodes) -> u32 {
        let mut at = from;
        while at & ANSWER == 0 {
            let Some(test) = self.tests.get(at as usize) else {
                return 0;
            };
            let below = match reading.basics.get(usize::from(test.basic)) {
                Some(value) => {
                    let slot = reading.slots.get(usize::from(test.slot));
                    *value < slot.copied().unwrap_or(test.cut)
                }
                None => match self.rarely(test, reading, state) {
                    Ok(below) => below,
                    Err(to) => {
                        at = to;
                        continue;
                    }
                },
            };
            if below == test.below {
                at = test.expected;
            } else {
                std::hint::cold_path();
                at = test.other;
            }
        }
        at & !ANSWER
    }

    /// A test of any other field, or one with many sides, which leads where it says.
    #[inline(never)]
    fn rarely(&self, test: &Test, reading: &Reading<'_>, state: &StateCodes) -> Result<bool, At> {
        let value = match test.ask {
            Ask::At => reading.asking.call.at.unix_seconds(),
            Ask::Number(number) => reading.asking.number(number),
            Ask::Flag(flag) => reading.asking.flag(flag),
            Ask::Text(field) => match reading.asking.text(field) {
                None => ABSENT,
                Some(text) => self.code(field, text),
            },
            Ask::Attribute(index) => {
                let codes = &reading.asking.call.caller.codes;
                codes.get(usize::from(index)).copied().unwrap_or(ABSENT)
            }
            Ask::Applies(group) => {
                let root = self.applies.get(usize::from(group));
                // Ends: what a group asks is about no group.
                root.map_or(0, |root| i64::from(self.walk(*root, reading, state)))
            }
            Ask::State(index) => {
                let state = state.get(usize::from(index));
                state.copied().unwrap_or(ABSENT)
            }
            Ask::Meets(set) => return Ok(!self.meets(test, set, reading)),
        };
        match test.slot {
            WIDE => Err(self.widely(test, value)),
            OWN => Ok(value < test.cut),
            slot => {
                let cut = reading.slots.get(usize::from(slot));
                Ok(cut.is_none_or(|cut| value < *cut))
            }
        }
    }

    /// A text among those that a field is compared with.
    fn code(&self, field: TextField, text: &str) -> i64 {
        let texts = self.texts.get(field as usize);
        texts.map_or(ABSENT, |texts| texts.code(text))
    }

    fn widely(&self, test: &Test, value: i64) -> At {
        let list = usize::try_from(test.cut).ok();
        let list = list.and_then(|list| self.wide.get(list));
        let list = list.map_or(&[][..], |list| list);
        let after = list.partition_point(|(cut, _)| *cut <= value);
        let found = list.get(after.saturating_sub(1));
        found.map_or(ANSWER, |(_, to)| *to)
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
