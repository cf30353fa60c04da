//! What is walked: tests, each with what it reads and where its two sides lead.

#![expect(
    clippy::inline_always,
    reason = "values handed over in memory cost more than the tests"
)]

mod lay;

pub(super) use lay::{Laying, Layout, halves};

use super::constants::rank;
use super::field::{ABSENT, Asking, Field, Flag, Number, SetField, TextField};
use super::panel::Values;
use super::sketch::Mask;
use crate::request::Usage;

/// A walk's beginning or end: a node, or with the highest bit an answer.
pub(super) type At = u32;

pub(super) const ANSWER: At = 1 << 31;

/// What a test reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Ask {
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
pub(super) const OWN: u16 = u16::MAX;
pub(super) const WIDE: u16 = u16::MAX - 1;

/// One side below the cut, the other from it on: the one that a request is expected to take,
/// and the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Test {
    pub(super) cut: i64,
    pub(super) expected: At,
    pub(super) other: At,
    pub(super) slot: u16,
    pub(super) ask: Ask,
    /// The expected side is the one below the cut.
    pub(super) below: bool,
    /// Where the field stands among the basic ones, or past them.
    basic: u8,
}

/// The fields that nearly every walk asks for, read once.
pub(super) type Basics = [i64; 8];

/// Where a field stands among the basic ones.
pub(super) const fn basic(ask: Ask) -> u8 {
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

/// Many cuts, none of them a model's, each with where it leads.
type Wide = Box<[(i64, At)]>;

/// What is walked.
#[derive(Debug, Default)]
pub(super) struct Flat {
    tests: Box<[Test]>,
    wide: Box<[Wide]>,
    masks: Box<[(SetField, Mask)]>,
    texts: Box<[Texts]>,
    /// Those of the region asked for, where they are few and short.
    regions: Option<Box<[Short]>>,
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
            [text, next]
                if text.last() != Some(&0)
                    && matches!(next.split_last(), Some((0, same)) if *same == **text) =>
            {
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

    /// The same where each is short, and texts of other lengths are none of them.
    fn short(&self) -> Option<Box<[Short]>> {
        match self {
            Self::Exact(texts) => texts.iter().map(|text| Short::of(text)).collect(),
            Self::Bounds(_) => None,
        }
    }

    /// The same code as by rank, but that all texts between two of them share one.
    fn code(&self, text: &str) -> i64 {
        match self {
            Self::Exact(texts) => {
                let mut known = texts.iter().map(|known| &**known);
                let position = known.position(|known| known == text.as_bytes());
                position.map_or(0, code_of)
            }
            Self::Bounds(bounds) => rank(bounds, text),
        }
    }
}

/// The code of one of few texts, by its position: beside each there is what lies before it.
#[inline(always)]
fn code_of(position: usize) -> i64 {
    i64::try_from(position).map_or(0, |position| 2 * position + 1)
}

/// A text of 4 to 16 bytes in words that overlap: with its length, no two have the same.
#[derive(Debug, Clone, Copy)]
struct Short {
    words: [u64; 2],
    bytes: usize,
}

impl Short {
    #[inline(always)]
    fn of(text: &[u8]) -> Option<Self> {
        let words = if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
            [u64::from_le_bytes(*first), u64::from_le_bytes(*last)]
        } else {
            let (first, last) = (text.first_chunk()?, text.last_chunk()?);
            [first, last].map(|word| u64::from(u32::from_le_bytes(*word)))
        };
        let bytes = text.len();
        (bytes <= 16).then_some(Self { words, bytes })
    }

    #[inline(always)]
    const fn is(self, other: Self) -> bool {
        let [first, last] = self.words;
        let [one, other_last] = other.words;
        (first ^ one) | (last ^ other_last) | (self.bytes ^ other.bytes) as u64 == 0
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
        let texts: Box<[Texts]> = texts.collect();
        let regions = texts.get(TextField::ModelRegion as usize);
        Self {
            regions: regions.and_then(Texts::short),
            tests: layout.tests.into_keys().into_boxed_slice(),
            wide: layout.wide.into_keys().into_boxed_slice(),
            masks: layout.masks.into_keys().into_boxed_slice(),
            texts,
            words: words.collect(),
            applies: applies.into(),
        }
    }

    /// Every test; a test's sides were laid before it.
    pub(super) fn tests(&self) -> &[Test] {
        &self.tests
    }

    /// How many tests there are.
    pub(super) fn len(&self) -> usize {
        self.tests.len()
    }

    /// The basic fields of an effective request.
    #[inline(always)]
    pub(super) fn basics(&self, asking: &Asking<'_>) -> Basics {
        let region = match asking.body.model_region {
            None => ABSENT,
            Some(text) => self.region(text),
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
            ask @ (Ask::Flag(_) | Ask::Attribute(_) | Ask::Text(_) | Ask::At | Ask::Number(_)) => {
                self.value(ask, &reading.asking)
            }
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

    /// The code of a field of the request that has one.
    fn value(&self, ask: Ask, asking: &Asking<'_>) -> i64 {
        match ask {
            Ask::At => asking.call.at.unix_seconds(),
            Ask::Number(number) => asking.number(number),
            Ask::Flag(flag) => asking.flag(flag),
            Ask::Text(field) => match asking.text(field) {
                None => ABSENT,
                Some(words) => self.code(field, words),
            },
            Ask::Attribute(index) => {
                let codes = &asking.call.caller.codes;
                codes.get(usize::from(index)).copied().unwrap_or(ABSENT)
            }
            Ask::Applies(_) | Ask::Meets(_) | Ask::State(_) => ABSENT,
        }
    }

    /// What a panel makes its tests on, where basic fields are not enough.
    pub(super) fn read(&self, others: &[Ask], asking: &Asking<'_>, basics: &Basics) -> Values {
        let others = others.iter().map(|ask| self.value(*ask, asking));
        let mut values = Values::default();
        for (value, read) in values.iter_mut().zip(basics.iter().copied().chain(others)) {
            *value = read;
        }
        values
    }

    /// Whether the codes of a field can lie on both sides of a constant: `Err` with whether all
    /// are below it where they cannot.
    pub(super) fn parts(&self, ask: Ask, cut: i64) -> Result<(), bool> {
        let highest = match ask {
            Ask::Flag(
                Flag::Stream
                | Flag::Estimated
                | Flag::MalformedTranscript
                | Flag::HasTranscriptId
                | Flag::HasTranscriptTag,
            ) => {
                if cut <= 0 {
                    return Err(false);
                }
                1
            }
            Ask::Text(field) => match self.texts.get(field as usize) {
                Some(Texts::Exact(texts)) => i64::try_from(2 * texts.len()).unwrap_or(i64::MAX) - 1,
                Some(Texts::Bounds(_)) | None => i64::MAX,
            },
            Ask::Flag(_)
            | Ask::Attribute(_)
            | Ask::Applies(_)
            | Ask::Meets(_)
            | Ask::At
            | Ask::Number(_)
            | Ask::State(_) => i64::MAX,
        };
        if cut > highest.max(0) {
            Err(true)
        } else {
            Ok(())
        }
    }

    /// The region asked for among those that it is compared with.
    #[inline(always)]
    fn region(&self, text: &str) -> i64 {
        match (&self.regions, Short::of(text.as_bytes())) {
            (Some(known), Some(text)) => {
                let position = known.iter().position(|known| known.is(text));
                position.map_or(0, code_of)
            }
            _ => self.code(TextField::ModelRegion, text),
        }
    }

    /// A text among those that a field is compared with.
    #[inline(never)]
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

fn from_halves(low: i64, high: i64) -> Mask {
    Mask::from(low.cast_unsigned()) | Mask::from(high.cast_unsigned()) << 64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_that_differ_in_one_byte_or_in_length_are_others() {
        for bytes in 0..20 {
            let text = "m".repeat(bytes);
            let short = Short::of(text.as_bytes());
            assert_eq!(short.is_some(), (4..=16).contains(&bytes), "{bytes}");
            let Some(short) = short else { continue };
            assert!(short.is(short));
            for at in 0..bytes {
                let mut other = text.clone().into_bytes();
                other[at] = b'n';
                assert!(!short.is(Short::of(&other).unwrap()), "{bytes} {at}");
            }
            for longer in 4..=16 {
                let other = Short::of(&[b'm'; 16][..longer]).unwrap();
                assert_eq!(short.is(other), longer == bytes);
            }
        }
    }
}
