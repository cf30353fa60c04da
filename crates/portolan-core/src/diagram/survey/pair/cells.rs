//! Diagrams to boxes: which requests, one range or set of values a field.

use std::collections::BTreeMap;

use super::coding::{Coding, Kind};
use crate::diagram::field::{ABSENT, Field, Flag, Number, SetField, TextField};
use crate::diagram::shape::{Questions, Slots};
use crate::diagram::sketch::Mask;
use crate::diagram::store::{Diagram, Inconclusive, Store};
use crate::limits;
use crate::policy::{Scope, StateFact};

/// What a box bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Axis {
    /// An enumeration or a yes and no.
    Flag(Flag),
    /// An attribute, by its position in the coding.
    Attribute(u16),
    /// Whether a set of words has one of these: 0 or 1.
    Words(SetField, u128),
    /// A text.
    Text(TextField),
    /// The instant, in seconds.
    At,
    /// A number; decimals in billionths.
    Number(Number),
    /// A fact about now.
    State(Scope, StateFact),
}

/// Codes from the first to the last, both included. The lowest of all is absence.
pub type Span = (i64, i64);

/// Requests: of every axis that is named one of the codes, sorted and apart; the others are any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cell {
    /// By axis.
    pub bounds: BTreeMap<Axis, Vec<Span>>,
}

impl Axis {
    /// The code of absence.
    pub const ABSENT: i64 = ABSENT;

    fn of(field: Field, masks: &[(SetField, Mask)], slots: &Slots) -> Option<Self> {
        Some(match field {
            Field::Flag(flag) => Self::Flag(flag),
            Field::Attribute(index) => Self::Attribute(index),
            Field::Meets(_, position) => {
                let mut all = masks.iter().chain(&slots.masks);
                let (set, mask) = all.nth(usize::from(position))?;
                Self::Words(*set, *mask)
            }
            Field::Text(text) => Self::Text(text),
            Field::At => Self::At,
            Field::Number(number) => Self::Number(number),
            Field::State(scope, fact) => Self::State(scope, fact),
            Field::Applies(_) => return None,
        })
    }

    /// Says whether its codes are in an order that people read: one box has one range of it.
    pub fn is_ordered(self) -> bool {
        matches!(
            self,
            Self::At | Self::Number(_) | Self::State(_, StateFact::Used)
        )
    }

    /// Every code that a request may have.
    pub fn codes(self, coding: &Coding) -> Vec<Span> {
        let (absent, first, last) = match self {
            Self::Flag(flag) => match flag {
                Flag::Auth => (false, 0, 6),
                Flag::Fault => (false, 0, 4),
                Flag::ChainFault => (false, 0, 3),
                Flag::Messages | Flag::Prompt => (true, 1, 1),
                Flag::ZeroDataRetention | Flag::Retry => (true, 0, 1),
                Flag::Stream
                | Flag::Estimated
                | Flag::MalformedTranscript
                | Flag::HasTranscriptId
                | Flag::HasTranscriptTag => (false, 0, 1),
            },
            Self::Attribute(index) => {
                let shared = coding.attributes.get(usize::from(index));
                let absent = shared.is_none_or(|shared| shared.absent);
                match shared.map(|shared| &shared.of) {
                    Some(Kind::Bool) => (absent, 0, 1),
                    Some(Kind::Words(words)) => {
                        let last = i64::try_from(words.len()).unwrap_or(i64::MAX) - 1;
                        (absent, 0, last)
                    }
                    Some(Kind::Text(bounds)) => (absent, first_text(bounds), last_text(bounds)),
                    Some(Kind::Integer) | None => (absent, ABSENT + 1, i64::MAX),
                }
            }
            Self::Words(..) => (false, 0, 1),
            Self::Text(text) => {
                let bounds = coding.texts.get(&text).map_or(&[][..], Vec::as_slice);
                let absent = text != TextField::Model;
                (absent, first_text(bounds), last_text(bounds))
            }
            Self::At => (
                false,
                crate::instant::Instant::MIN.unix_seconds(),
                crate::instant::Instant::MAX.unix_seconds(),
            ),
            Self::Number(number) => {
                let same = |defaults: [Option<i64>; 2]| {
                    let [a, b] = defaults;
                    a != b || a.is_none()
                };
                match number {
                    Number::Temperature | Number::TopP => (true, ABSENT + 1, i64::MAX),
                    Number::MaxTokens => (same(coding.max_tokens), ABSENT + 1, i64::MAX),
                    Number::Depth => (same(coding.depth), ABSENT + 1, i64::MAX),
                    // There are no fewer entries than none.
                    Number::Count => (false, 0, i64::MAX),
                    Number::InputTokens | Number::TotalTokens => (false, ABSENT, i64::MAX),
                }
            }
            Self::State(_, StateFact::Healthy) => (true, 0, 1),
            Self::State(_, StateFact::Used) => (true, ABSENT + 1, i64::MAX),
        };
        if absent && first == ABSENT + 1 {
            return vec![(ABSENT, last)];
        }
        let absent = absent.then_some((ABSENT, ABSENT));
        absent.into_iter().chain([(first, last)]).collect()
    }
}

/// No text lies below the empty one.
fn first_text(bounds: &[Box<[u8]>]) -> i64 {
    i64::from(bounds.first().is_some_and(|first| first.is_empty()))
}

fn last_text(bounds: &[Box<[u8]>]) -> i64 {
    i64::try_from(bounds.len()).unwrap_or(i64::MAX)
}

/// The codes of both.
pub(super) fn meet(a: &[Span], b: &[Span]) -> Vec<Span> {
    let mut found = Vec::new();
    for (from, last) in a {
        for (other_from, other_last) in b {
            let (from, last) = (*from.max(other_from), *last.min(other_last));
            if from <= last {
                found.push((from, last));
            }
        }
    }
    found.sort_unstable();
    found
}

/// Boxes by the answer of a diagram that they are for.
type Found = BTreeMap<u32, Vec<Cell>>;

impl Cell {
    /// The boxes of every answer but the first: one a path, with all values that lead the same
    /// way together where they have no order.
    pub(super) fn all(
        store: &Store,
        diagram: Diagram,
        fields: &[Field],
        (questions, slots): (&Questions, &Slots),
        coding: &Coding,
    ) -> Result<Found, Inconclusive> {
        let mut walk = Walk {
            store,
            axes: Vec::with_capacity(fields.len()),
            cuts: Vec::with_capacity(fields.len()),
            found: Found::new(),
            left: limits::CHANGE_BOXES,
        };
        for field in fields {
            let axis = Axis::of(*field, &questions.masks, slots);
            let codes = axis.map_or(Vec::new(), |axis| axis.codes(coding));
            walk.axes.push((axis, codes));
            let start = slots.cuts.partition_point(|(of, _)| of < field);
            let own = slots.cuts.get(start..).unwrap_or_default();
            let own = own.iter().take_while(|(of, _)| of == field);
            let constants = questions.cuts.get(field).into_iter().flatten();
            let mut cuts: Vec<i64> = constants.chain(own.map(|(_, cut)| cut)).copied().collect();
            cuts.sort_unstable();
            walk.cuts.push(cuts);
        }
        walk.descend(diagram, &mut Self::default())?;
        Ok(walk.found)
    }
}

struct Walk<'w> {
    store: &'w Store,
    axes: Vec<(Option<Axis>, Vec<Span>)>,
    cuts: Vec<Vec<i64>>,
    found: Found,
    left: usize,
}

impl Walk<'_> {
    /// Visits every path; the depth is that of the diagram's fields.
    fn descend(&mut self, diagram: Diagram, cell: &mut Cell) -> Result<(), Inconclusive> {
        if let Some(value) = diagram.value() {
            if value != 0 {
                self.left = self.left.checked_sub(1).ok_or(Inconclusive)?;
                self.found.entry(value).or_default().push(cell.clone());
            }
            return Ok(());
        }
        let node = self.store.node(diagram).ok_or(Inconclusive)?;
        let field = usize::from(node.field);
        let (axis, codes) = self.axes.get(field).cloned().ok_or(Inconclusive)?;
        let axis = axis.ok_or(Inconclusive)?;
        let ends = node.edges.iter().skip(1).map(|(rank, _)| Some(*rank));
        let mut ways: Vec<(Diagram, Vec<Span>)> = Vec::new();
        for ((rank, to), end) in node.edges.iter().zip(ends.chain([None])) {
            let span = self.span(field, axis, *rank, end)?;
            let values = meet(&[span], &codes);
            if values.is_empty() {
                continue;
            }
            let same = ways.iter_mut().find(|(way, _)| way == to);
            match same.filter(|_| !axis.is_ordered()) {
                Some((_, known)) => known.extend(values),
                None => ways.push((*to, values)),
            }
        }
        for (to, mut values) in ways {
            values.sort_unstable();
            if values == codes {
                self.descend(to, cell)?;
                continue;
            }
            cell.bounds.insert(axis, values);
            self.descend(to, cell)?;
            cell.bounds.remove(&axis);
        }
        Ok(())
    }

    /// The codes between two ranks.
    fn span(
        &self,
        field: usize,
        axis: Axis,
        rank: u32,
        end: Option<u32>,
    ) -> Result<Span, Inconclusive> {
        if let Axis::Words(..) = axis {
            let last = end.map_or(1, |end| i64::from(end) - 1);
            return Ok((i64::from(rank), last));
        }
        let cuts = self.cuts.get(field).ok_or(Inconclusive)?;
        let cut = |rank: u32| match rank.checked_sub(1) {
            None => Some(i64::MIN),
            Some(position) => cuts.get(position as usize).copied(),
        };
        let from = cut(rank).ok_or(Inconclusive)?;
        let last = match end {
            None => i64::MAX,
            Some(end) => cut(end).ok_or(Inconclusive)? - 1,
        };
        Ok((from, last))
    }
}
