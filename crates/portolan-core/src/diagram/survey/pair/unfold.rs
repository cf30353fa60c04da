//! A diagram to boxes, from below: those of a node are those of the nodes under it, each with the
//! values that lead there. Boxes that go on alike are one before there are many.
//!
//! What a box is stands in `cells.rs`.

use std::collections::BTreeMap;

use super::cells::{Axis, Cell, Span, meet, tidy};
use super::coding::Coding;
use crate::diagram::field::Field;
use crate::diagram::intern::{Interner, Memo};
use crate::diagram::shape::{Cut, Questions, Slots};
use crate::diagram::store::{Diagram, Inconclusive, Store};
use crate::limits;

/// Boxes by the answer of a diagram that they are for.
type Found = BTreeMap<u32, Vec<Cell>>;

/// The boxes of every answer but the first, with all values that lead the same way together where
/// they have no order.
pub(super) fn unfold(
    store: &Store,
    diagram: Diagram,
    numbers: (&Questions, &Slots),
    coding: &Coding,
) -> Result<Found, Inconclusive> {
    let mut unfolding = Unfolding {
        store,
        numbers,
        coding,
        axes: BTreeMap::new(),
        links: Interner::default(),
        spans: Interner::default(),
        known: Memo::default(),
        lists: Vec::new(),
        left: limits::CHANGE_BOXES,
    };
    let list = unfolding.boxes(diagram)?;
    let mut found = Found::new();
    for link in unfolding.list(list) {
        let (answer, cell) = unfolding.cell(*link).ok_or(Inconclusive)?;
        found.entry(answer).or_default().push(cell);
    }
    Ok(found)
}

/// The part of a box from one field on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Link {
    /// Nothing is bounded any more, and this is the answer.
    End(u32),
    /// A field by position, its values by position, and the rest of the box.
    Bound(u16, u32, u32),
}

struct Unfolding<'u> {
    store: &'u Store,
    numbers: (&'u Questions, &'u Slots),
    coding: &'u Coding,
    /// By a field's position: what a box bounds there, and every code of it.
    axes: BTreeMap<u16, (Axis, Vec<Span>)>,
    links: Interner<Link>,
    spans: Interner<Vec<Span>>,
    /// By diagram: the position of its list.
    known: Memo<Diagram>,
    lists: Vec<Vec<u32>>,
    left: usize,
}

impl Unfolding<'_> {
    /// The boxes of a diagram, as the position of a list; as deep as there are fields.
    fn boxes(&mut self, diagram: Diagram) -> Result<u32, Inconclusive> {
        if let Some(known) = self.known.get(&diagram) {
            return Ok(known);
        }
        let boxes = match diagram.value() {
            Some(0) => Vec::new(),
            Some(answer) => vec![self.links.intern(Link::End(answer))],
            None => self.below(diagram)?,
        };
        let position = u32::try_from(self.lists.len()).map_err(|_| Inconclusive)?;
        self.lists.push(boxes);
        self.known.insert(diagram, position);
        Ok(position)
    }

    fn list(&self, position: u32) -> &[u32] {
        let list = self.lists.get(position as usize);
        list.map_or(&[], Vec::as_slice)
    }

    fn below(&mut self, diagram: Diagram) -> Result<Vec<u32>, Inconclusive> {
        let store = self.store;
        let node = store.node(diagram).ok_or(Inconclusive)?;
        let (axis, codes) = self.axis(node.field)?;
        let ends = node.edges.iter().skip(1).map(|(rank, _)| Some(*rank));
        let mut ways: BTreeMap<Diagram, Vec<Span>> = BTreeMap::new();
        for ((rank, to), end) in node.edges.iter().zip(ends.chain([None])) {
            let span = self.span(node.field, axis, *rank, end)?;
            let values = meet(&[span], &codes);
            if !values.is_empty() {
                ways.entry(*to).or_default().extend(values);
            }
        }
        let mut like: BTreeMap<u32, Vec<Span>> = BTreeMap::new();
        for (to, values) in ways {
            let list = self.boxes(to)?;
            let rests = self.lists.get(list as usize).ok_or(Inconclusive)?;
            self.left = self.left.checked_sub(rests.len()).ok_or(Inconclusive)?;
            for rest in rests {
                like.entry(*rest).or_default().extend(&values);
            }
        }
        let mut boxes = Vec::with_capacity(like.len());
        for (rest, values) in like {
            for part in axis.parts(tidy(values)) {
                boxes.push(if part == codes {
                    rest
                } else {
                    let part = self.spans.intern(part);
                    self.links.intern(Link::Bound(node.field, part, rest))
                });
            }
        }
        Ok(boxes)
    }

    /// What a box bounds in a field, and every code of it.
    fn axis(&mut self, position: u16) -> Result<(Axis, Vec<Span>), Inconclusive> {
        if let Some(known) = self.axes.get(&position) {
            return Ok(known.clone());
        }
        let (questions, slots) = self.numbers;
        let field = Field::at(position).ok_or(Inconclusive)?;
        let axis = Axis::of(field, &questions.masks, slots).ok_or(Inconclusive)?;
        let made = (axis, axis.codes(self.coding));
        self.axes.insert(position, made.clone());
        Ok(made)
    }

    /// A box and its answer.
    fn cell(&self, mut link: u32) -> Option<(u32, Cell)> {
        let mut cell = Cell::default();
        // Ends: every link is of a later field than the one before.
        loop {
            match *self.links.get(link)? {
                Link::End(answer) => return Some((answer, cell)),
                Link::Bound(field, values, rest) => {
                    let (axis, _) = self.axes.get(&field)?;
                    let values = self.spans.get(values)?.clone();
                    cell.bounds.insert(*axis, values);
                    link = rest;
                }
            }
        }
    }

    /// The codes between two ranks.
    fn span(
        &self,
        field: u16,
        axis: Axis,
        rank: u32,
        end: Option<u32>,
    ) -> Result<Span, Inconclusive> {
        if let Axis::Words(..) = axis {
            let last = end.map_or(1, |end| i64::from(end) - 1);
            return Ok((i64::from(rank), last));
        }
        let (questions, slots) = self.numbers;
        let field = Field::at(field).ok_or(Inconclusive)?;
        let cut = |rank: u32| match rank {
            0 => Some(i64::MIN),
            rank => slots.cut(questions, field, rank).map(Cut::value),
        };
        let from = cut(rank).ok_or(Inconclusive)?;
        let last = match end {
            None => i64::MAX,
            Some(end) => cut(end).ok_or(Inconclusive)? - 1,
        };
        Ok((from, last))
    }
}
