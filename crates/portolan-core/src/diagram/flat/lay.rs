//! Diagrams laid out: one test a node, its constant beside it or in the model's slots.

use super::{ANSWER, Ask, At, FEW, OWN, Test, WIDE, basic};
use crate::diagram::build::Build;
use crate::diagram::field::{Field, SetField};
use crate::diagram::intern::{Interner, Memo};
use crate::diagram::shape::{Questions, Slots};
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
}

/// A cut of one shape's field.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Constant(i64),
    Slot(u16),
}

/// Lays one shape's diagrams out.
pub(in crate::diagram) struct Laying<'a> {
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
    pub(in crate::diagram) fn new(
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
    pub(in crate::diagram) fn lay(&mut self, diagram: Diagram) -> Result<At, Inconclusive> {
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
        for (rank, to) in node.edges {
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
        let known = self.cuts.get(usize::from(at)).and_then(Option::as_ref);
        let cuts = if let Some(cuts) = known {
            cuts.clone()
        } else {
            let made = self.merged(field)?;
            if let Some(place) = self.cuts.get_mut(usize::from(at)) {
                *place = Some(made.clone());
            }
            made
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
