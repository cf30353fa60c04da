//! Diagrams laid out: one test a node, its constant beside it or in the model's slots.

use super::{ANSWER, Ask, At, FEW, OWN, Test, WIDE, basic};
use crate::diagram::field::{Field, SetField};
use crate::diagram::intern::{Interner, Memo};
use crate::diagram::shape::{Cut, Questions, Slots};
use crate::diagram::sketch::Mask;
use crate::diagram::store::{Diagram, Inconclusive, Store};
use crate::limits;
use crate::policy::{Scope, StateFact};

/// Tests of all shapes, each once.
#[derive(Debug, Default)]
pub(in crate::diagram) struct Layout {
    pub(super) tests: Interner<Test>,
    /// Many cuts, none of them a model's, each with where it leads.
    pub(super) wide: Interner<Box<[(i64, At)]>>,
    pub(super) masks: Interner<(SetField, Mask)>,
    pub(super) edges: usize,
    /// Where walks begin of diagrams that were laid before, by where the shape's own cuts are.
    done: Memo<(u32, Diagram)>,
    /// How often the store had forgotten all diagrams when these were laid.
    since: u32,
    /// Where shapes have cuts of their own: each field with the constants below it.
    headers: Interner<Box<[u32]>>,
    /// The weight of each test, by its place.
    weights: Memo<At>,
}

/// Lays one shape's diagrams out.
pub(in crate::diagram) struct Laying<'a> {
    layout: &'a mut Layout,
    store: &'a Store,
    questions: &'a Questions,
    slots: &'a Slots,
    /// Where this shape's own cuts are.
    header: u32,
    /// Which answers a request hopes for.
    hoped: &'a dyn Fn(u32) -> bool,
}

impl<'a> Laying<'a> {
    pub(in crate::diagram) fn new(
        layout: &'a mut Layout,
        store: &'a Store,
        questions: &'a Questions,
        slots: &'a Slots,
        hoped: &'a dyn Fn(u32) -> bool,
    ) -> Result<Self, Inconclusive> {
        let wanted = slots.cuts.len() + 2 * slots.masks.len();
        if wanted >= usize::from(WIDE) || !slots.fit(questions) {
            return Err(Inconclusive);
        }
        if layout.since != store.forgotten() {
            layout.since = store.forgotten();
            layout.done.clear();
        }
        let mut header = Vec::with_capacity(2 * slots.cuts.len());
        for (field, cut) in &slots.cuts {
            let below = questions.constants(*field).partition_point(|c| c < cut);
            let position = field.position().ok_or(Inconclusive)?;
            header.push(u32::from(position));
            header.push(u32::try_from(below).map_err(|_| Inconclusive)?);
        }
        let header = layout.headers.intern_slice(&header);
        Ok(Self {
            layout,
            store,
            questions,
            slots,
            header,
            hoped,
        })
    }

    /// Where a walk of this diagram begins.
    pub(in crate::diagram) fn lay(&mut self, diagram: Diagram) -> Result<At, Inconclusive> {
        if let Some(answer) = diagram.value() {
            return Ok(answer | ANSWER);
        }
        if let Some(known) = self.layout.done.get(&(self.header, diagram)) {
            return Ok(known);
        }
        let node = self.store.node(diagram).ok_or(Inconclusive)?;
        self.layout.edges += node.edges.len();
        if self.layout.edges > limits::DIAGRAM_EDGES_IN_ALL {
            return Err(Inconclusive);
        }
        let field = Field::at(node.field).ok_or(Inconclusive)?;
        let mut edges = Vec::with_capacity(node.edges.len());
        for (rank, to) in node.edges {
            edges.push((*rank, self.lay(*to)?));
        }
        let made = self.field(field, &edges)?;
        self.layout.done.insert((self.header, diagram), made);
        Ok(made)
    }

    fn field(&mut self, field: Field, edges: &[(u32, At)]) -> Result<At, Inconclusive> {
        if let Field::Meets(set, mask) = field {
            return self.meets(set, mask, edges);
        }
        let ask = asked(field)?;
        let (slots, questions) = (self.slots, self.questions);
        let cut = |rank: u32| slots.cut(questions, field, rank);
        let constant = |(rank, to): &(u32, At)| match cut(*rank) {
            None if *rank == 0 => Some((i64::MIN, *to)),
            Some(Cut::Constant(cut)) => Some((cut, *to)),
            None | Some(Cut::Own(..)) => None,
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
            Cut::Own(slot, _) => (0, u16::try_from(slot).map_err(|_| Inconclusive)?),
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
        self.layout.weights.insert(test, weight);
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
        self.layout.weights.get(&at).unwrap_or(0)
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

/// A mask as two slots.
#[expect(
    clippy::cast_possible_truncation,
    reason = "each half is taken by itself"
)]
pub(in crate::diagram) const fn halves(mask: Mask) -> [i64; 2] {
    [
        (mask as u64).cast_signed(),
        ((mask >> 64) as u64).cast_signed(),
    ]
}
