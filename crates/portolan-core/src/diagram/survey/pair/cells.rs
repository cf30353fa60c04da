//! Boxes of requests: one range or set of values a field. How a diagram becomes boxes is in
//! `unfold.rs`.

use std::collections::BTreeMap;

use super::coding::{Coding, Kind};
use crate::diagram::field::{ABSENT, Field, Flag, Number, SetField, TextField};
use crate::diagram::shape::Slots;
use crate::diagram::sketch::Mask;
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

    pub(super) fn of(field: Field, masks: &[(SetField, Mask)], slots: &Slots) -> Option<Self> {
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

    /// Tidy spans in parts, each of which one box can have.
    pub fn parts(self, spans: Vec<Span>) -> Vec<Vec<Span>> {
        if !self.is_ordered() || spans.len() < 2 {
            return vec![spans];
        }
        let mut parts: Vec<Vec<Span>> = spans.into_iter().map(|span| vec![span]).collect();
        // Absence beside one range is one box still.
        if let [first, second, ..] = parts.as_mut_slice()
            && let [(ABSENT, ABSENT)] = first.as_slice()
        {
            second.insert(0, (ABSENT, ABSENT));
            parts.remove(0);
        }
        parts
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

/// Spans sorted, those that touch joined.
pub fn tidy(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for (from, last) in spans {
        match joined.last_mut() {
            Some((_, end)) if from <= end.saturating_add(1) => *end = last.max(*end),
            _ => joined.push((from, last)),
        }
    }
    joined
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
