//! Which requests are in a region: one class for every path through its diagram.
//!
//! A class bounds fields one by one. Fields that it does not name may be anything. Ties between
//! fields, such as that of a sum to its parts, are not looked at here.

use super::{Chart, Member, Region, Standing};
use crate::catalog::EndpointId;
use crate::diagram::field::{ABSENT, Field, Flag, Number, SetField, TextField};
use crate::diagram::intern::Memo;
use crate::diagram::shape::{Cut, Slots};
use crate::diagram::store::Diagram;
use crate::diagram::vocabulary::Vocabulary;
use crate::instant::Window;
use crate::policy::Type;
use crate::request::{Auth, ChainFaultKind, FaultKind};

/// Requests of one member through one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The endpoint called.
    pub endpoint: EndpointId,
    /// What the id stands for.
    pub standing: Standing,
    /// The id; empty where it stands for no model.
    pub id: Box<str>,
    /// When it stands for that.
    pub window: Window,
    /// By field; each at most once, sets once a mask.
    pub bounds: Vec<Bound>,
}

/// What one field may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Which field.
    pub field: Bounded,
    /// Its values.
    pub values: Values,
}

/// A field of a request that a class bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bounded {
    /// An enumeration or a yes and no.
    Flag(Flag),
    /// An attribute, by position.
    Attribute(u16),
    /// A set of words.
    Set(SetField),
    /// A text.
    Text(TextField),
    /// The request's instant.
    At,
    /// A number; decimals in billionths.
    Number(Number),
}

/// The values of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Codes between two, both included; numbers are their own code, instants are seconds.
    Codes {
        /// The field may be absent.
        absent: bool,
        /// The first code, where it is there; past `last` if it must be absent.
        from: i64,
        /// The last code.
        last: i64,
    },
    /// Rows of a table: one of each class of rows with the same effect.
    Rows {
        /// The attribute may be absent.
        absent: bool,
        /// The rows.
        rows: Vec<u32>,
    },
    /// Texts in byte order, from the first included to the last left out.
    Texts {
        /// The field may be absent.
        absent: bool,
        /// Where texts begin; none if the field must be absent.
        from: Option<Box<[u8]>>,
        /// Where they end.
        until: Option<Box<[u8]>>,
    },
    /// Sets that have one of these words, or none of them.
    Words {
        /// The words.
        words: Vec<Box<str>>,
        /// Any word that no rule and no fact names is one of them.
        others: bool,
        /// Where it is: the words that are named and not among them.
        besides: Vec<Box<str>>,
        /// The set has one of them.
        has: bool,
    },
}

impl Chart<'_> {
    /// The classes of a region that a member's id makes, until `visit` wants no more.
    pub fn classes(
        &self,
        region: Region,
        member: &Member<'_>,
        visit: &mut dyn FnMut(&Class) -> bool,
    ) {
        let mut class = self.class(member, Vec::new());
        self.descend(region.0, &member.slots, &mut class, visit);
    }

    /// A class of a member's requests. An id that stands for nothing for a while is named by them
    /// all the same.
    pub(super) fn class(&self, member: &Member<'_>, bounds: Vec<Bound>) -> Class {
        Class {
            endpoint: self.end.endpoint,
            standing: if member.id.is_empty() {
                self.standing()
            } else {
                Standing::Model
            },
            id: member.id.into(),
            window: member.window,
            bounds,
        }
    }

    /// Visits every path; the depth is that of the diagram's fields.
    fn descend(
        &self,
        diagram: Diagram,
        slots: &Slots,
        class: &mut Class,
        visit: &mut dyn FnMut(&Class) -> bool,
    ) -> bool {
        if diagram == Diagram::FALSE {
            return true;
        }
        let Some(node) = self.build.store.node(diagram) else {
            return visit(class);
        };
        let Some(field) = Field::at(node.field) else {
            return true;
        };
        let ends = node.edges.iter().skip(1).map(|(cut, _)| Some(*cut));
        for ((cut, to), end) in node.edges.iter().zip(ends.chain([None])) {
            let values = self.values(field, *cut, end, slots);
            let Some(values) = values else { continue };
            class.bounds.push(values);
            let more = self.descend(*to, slots, class, visit);
            class.bounds.pop();
            if !more {
                return false;
            }
        }
        true
    }

    /// How many classes a region has.
    pub fn count(&mut self, region: Region) -> u64 {
        if !self.every_rank_has_values() {
            return self.count_below(region.0, &mut Memo::default());
        }
        let mut known = std::mem::take(&mut self.build.common.counts);
        let count = self.count_below(region.0, &mut known);
        self.build.common.counts = known;
        count
    }

    /// Says whether some request has a value between any two of these ids' own cuts, and between
    /// one of those and a constant: then two regions that are one diagram have as many classes,
    /// whatever the slice.
    fn every_rank_has_values(&self) -> bool {
        self.build.slots.cuts.iter().all(|(field, cut)| {
            let (_, lowest, highest) = possible(*field, self.build.vocabulary);
            lowest < *cut && *cut <= highest
        }) && self.build.slots.masks.is_empty()
    }

    fn count_below(&self, diagram: Diagram, known: &mut Memo<Diagram, u64>) -> u64 {
        let Some(node) = self.build.store.node(diagram) else {
            return u64::from(diagram == Diagram::TRUE);
        };
        if let Some(known) = known.get(&diagram) {
            return known;
        }
        let (mut below, mut next) = (0u64, node.edges.iter().skip(1));
        for (cut, to) in node.edges {
            let end = next.next().map(|(end, _)| *end);
            let field = Field::at(node.field);
            let values = field.and_then(|field| self.values(field, *cut, end, self.build.slots));
            if values.is_some() {
                below = below.saturating_add(self.count_below(*to, known));
            }
        }
        known.insert(diagram, below);
        below
    }

    /// What a field may be between two ranks; nothing where no value lies there.
    pub(super) fn values(
        &self,
        field: Field,
        rank: u32,
        end: Option<u32>,
        slots: &Slots,
    ) -> Option<Bound> {
        let (questions, vocabulary) = (self.build.questions, self.build.vocabulary);
        if let Field::Meets(set, mask) = field {
            let mask = usize::from(mask);
            let mut masks = questions.masks.iter().chain(&slots.masks);
            let (_, mask) = *masks.nth(mask)?;
            let others = mask >> 127 & 1 == 1;
            let named = vocabulary.words.get(&set);
            let (mut words, mut besides) = (Vec::new(), Vec::new());
            for (bit, word) in named.into_iter().flatten().enumerate() {
                if mask >> bit & 1 == 1 {
                    words.push(word.clone());
                } else if others {
                    besides.push(word.clone());
                }
            }
            return Some(Bound {
                field: Bounded::Set(set),
                values: Values::Words {
                    words,
                    others,
                    besides,
                    has: rank == 1,
                },
            });
        }
        let cut = |rank: u32| slots.cut(questions, field, rank).map(Cut::value);
        let from = if rank == 0 { i64::MIN } else { cut(rank)? };
        let last = match end {
            Some(end) => cut(end)?.checked_sub(1)?,
            None => i64::MAX,
        };
        let (optional, lowest, highest) = possible(field, vocabulary);
        let absent = optional && from == ABSENT;
        let first = from.max(lowest);
        let last = last.min(highest);
        if first > last && !absent {
            return None;
        }
        let codes = Values::Codes {
            absent,
            from: first,
            last,
        };
        let (field, values) = match field {
            Field::Flag(flag) => (Bounded::Flag(flag), codes),
            Field::At => (Bounded::At, codes),
            Field::Number(number) => (Bounded::Number(number), codes),
            Field::Text(text) => {
                let values = texts(vocabulary, field, absent, first, last);
                (Bounded::Text(text), values)
            }
            Field::Attribute(index) => {
                let of = &vocabulary.policy.attributes.get(usize::from(index))?.of;
                let values = if let Type::Key(_) = of {
                    let classes = vocabulary.classes.get(&index)?;
                    let within = (0i64..).zip(&classes.rows);
                    let within = within.filter(|(code, _)| (first..=last).contains(code));
                    let rows: Vec<u32> = within.map(|(_, row)| *row).collect();
                    Values::Rows { absent, rows }
                } else if *of == Type::Text {
                    texts(vocabulary, field, absent, first, last)
                } else {
                    codes
                };
                (Bounded::Attribute(index), values)
            }
            Field::Applies(_) | Field::Meets(..) | Field::State(..) => return None,
        };
        Some(Bound { field, values })
    }
}

/// Whether a field may be absent, and the first and the last code that it may have.
pub(super) fn possible(field: Field, vocabulary: &Vocabulary<'_>) -> (bool, i64, i64) {
    let last = |count: usize| i64::try_from(count).unwrap_or(i64::MAX) - 1;
    let any = |optional: bool| (optional, i64::MIN + i64::from(optional), i64::MAX);
    match field {
        Field::Flag(flag) => match flag {
            Flag::Auth => (false, 0, last(Auth::NAMES.len())),
            Flag::Fault => (false, 0, last(FaultKind::NAMES.len() + 1)),
            Flag::ChainFault => (false, 0, last(ChainFaultKind::NAMES.len() + 1)),
            Flag::Messages | Flag::Prompt => (true, 1, 1),
            Flag::ZeroDataRetention | Flag::Retry => (true, 0, 1),
            Flag::Stream
            | Flag::Estimated
            | Flag::MalformedTranscript
            | Flag::HasTranscriptId
            | Flag::HasTranscriptTag => (false, 0, 1),
        },
        Field::Attribute(index) => {
            let Some(attribute) = vocabulary.policy.attributes.get(usize::from(index)) else {
                return any(true);
            };
            let optional = attribute.optional && attribute.default.is_none();
            if let Type::Choice(words) = &attribute.of {
                (optional, 0, last(words.len()))
            } else if attribute.of == Type::Bool {
                (optional, 0, 1)
            } else if attribute.of == Type::Text {
                (optional, 0, i64::MAX)
            } else {
                any(optional)
            }
        }
        Field::Text(text) => (!matches!(text, TextField::Model), 0, i64::MAX),
        Field::Number(number) => any(match number {
            Number::Temperature | Number::TopP => true,
            Number::MaxTokens => vocabulary.defaults.max_tokens.is_none(),
            Number::Depth => vocabulary.defaults.depth.is_none(),
            Number::Count | Number::InputTokens | Number::TotalTokens => false,
        }),
        Field::At => any(false),
        Field::Meets(..) | Field::Applies(_) | Field::State(..) => any(true),
    }
}

/// The texts between two codes: a code is the rank among a field's bounds.
fn texts(vocabulary: &Vocabulary<'_>, field: Field, absent: bool, first: i64, last: i64) -> Values {
    let bounds = vocabulary.texts.get(&field).map_or(&[][..], Vec::as_slice);
    let bound = |code: i64| usize::try_from(code).ok().and_then(|code| bounds.get(code));
    let from = if last < 0 {
        None
    } else if first < 1 {
        Some(Box::default())
    } else {
        bound(first - 1).cloned()
    };
    Values::Texts {
        absent,
        from,
        until: bound(last).cloned(),
    }
}
