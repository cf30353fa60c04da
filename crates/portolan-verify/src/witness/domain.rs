//! What each field may be in one effective request that is to be in some classes at once.

use std::collections::BTreeSet;

use portolan_core::diagram::survey::{
    Bound, Bounded, Class, Flag, Number, SetField, TextField, Values,
};

use super::text;

/// The classes that one effective request is to be in.
#[derive(Clone)]
pub(super) struct Domain<'c> {
    classes: Vec<&'c Class>,
}

/// Codes of a field, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Codes {
    pub(super) absent: bool,
    pub(super) from: i64,
    pub(super) last: i64,
}

/// Texts of a field, from the first included to the last left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts<'c> {
    pub(super) absent: bool,
    from: Option<&'c [u8]>,
    until: Option<&'c [u8]>,
}

/// Sets that have one of some words, or none of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mask<'c> {
    words: &'c [Box<str>],
    besides: Option<&'c [Box<str>]>,
    /// The set has one of them.
    pub(super) has: bool,
}

impl<'c> Domain<'c> {
    pub(super) fn new(classes: impl IntoIterator<Item = &'c Class>) -> Self {
        Self {
            classes: classes.into_iter().collect(),
        }
    }

    /// The same with one class more.
    pub(super) fn and(&self, class: &'c Class) -> Self {
        let mut classes = self.classes.clone();
        classes.push(class);
        Self { classes }
    }

    fn values(&self, field: Bounded) -> impl Iterator<Item = &'c Values> {
        let bounds = self.classes.iter().flat_map(|class| &class.bounds);
        let bounds = bounds.filter(move |bound: &&Bound| bound.field == field);
        bounds.map(|bound| &bound.values)
    }

    pub(super) fn codes(&self, field: Bounded) -> Codes {
        let mut codes = Codes::ANY;
        for values in self.values(field) {
            if let Values::Codes { absent, from, last } = values {
                codes.absent &= absent;
                codes.from = codes.from.max(*from);
                codes.last = codes.last.min(*last);
            }
        }
        codes
    }

    pub(super) fn flag(&self, flag: Flag) -> Codes {
        self.codes(Bounded::Flag(flag))
    }

    /// The truths that a flag may have, the plain one first.
    pub(super) fn truths(&self, flag: Flag) -> impl Iterator<Item = bool> {
        let codes = self.flag(flag);
        let truths = [false, true].into_iter();
        truths.filter(move |truth| codes.has(i64::from(*truth)))
    }

    /// Whether a field is there that has no value of its own, the plain one first.
    pub(super) fn presences(&self, flag: Flag) -> impl Iterator<Item = bool> {
        let codes = self.flag(flag);
        let absent = codes.absent.then_some(false);
        absent.into_iter().chain(codes.has(1).then_some(true))
    }

    pub(super) fn number(&self, number: Number) -> Codes {
        self.codes(Bounded::Number(number))
    }

    pub(super) fn text(&self, field: TextField) -> Texts<'c> {
        self.texts(Bounded::Text(field))
    }

    pub(super) fn texts(&self, field: Bounded) -> Texts<'c> {
        let mut texts = Texts {
            absent: true,
            from: Some(&[]),
            until: None,
        };
        for values in self.values(field) {
            if let Values::Texts {
                absent,
                from,
                until,
            } = values
            {
                texts.absent &= absent;
                texts.from = texts.from.zip(from.as_deref()).map(|(a, b)| a.max(b));
                texts.until = match (texts.until, until.as_deref()) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
        }
        texts
    }

    pub(super) fn masks(&self, set: SetField) -> Vec<Mask<'c>> {
        let values = self.values(Bounded::Set(set));
        let masks = values.filter_map(|values| match values {
            Values::Words {
                words,
                others,
                besides,
                has,
            } => Some(Mask {
                words,
                besides: others.then_some(besides),
                has: *has,
            }),
            Values::Codes { .. } | Values::Rows { .. } | Values::Texts { .. } => None,
        });
        masks.collect()
    }

    /// The rows that an attribute may have, and whether it may be absent; `None` for any.
    pub(super) fn rows(&self, attribute: u16) -> Option<(bool, BTreeSet<u32>)> {
        let values = self.values(Bounded::Attribute(attribute));
        let all = values.filter_map(|values| match values {
            Values::Rows { absent, rows } => {
                Some((*absent, rows.iter().copied().collect::<BTreeSet<u32>>()))
            }
            Values::Codes { .. } | Values::Texts { .. } | Values::Words { .. } => None,
        });
        all.reduce(|(absent, rows), (other, others)| (absent && other, &rows & &others))
    }
}

impl Codes {
    /// Anything.
    pub(super) const ANY: Self = Self {
        absent: true,
        from: i64::MIN + 1,
        last: i64::MAX,
    };

    pub(super) const fn has(self, code: i64) -> bool {
        self.from <= code && code <= self.last
    }

    /// Says whether the field may be there.
    pub(super) const fn present(self) -> bool {
        self.from <= self.last
    }

    pub(super) fn within(self, from: i64, last: i64) -> Self {
        Self {
            absent: self.absent,
            from: self.from.max(from),
            last: self.last.min(last),
        }
    }

    /// The value at the boundary: the first, or where there is no first the last. Zero rather
    /// than a negative one.
    pub(super) fn value(self) -> Option<i64> {
        let open = self.from <= Self::ANY.from;
        let value = match (open, self.last) {
            (true, i64::MAX) => 0,
            (true, last) => last,
            (false, _) => self.from,
        };
        let value = if value < 0 && self.has(0) { 0 } else { value };
        self.present().then_some(value)
    }

    /// An optional field: absent rather than there.
    pub(super) fn optional(self) -> Option<Option<i64>> {
        if self.absent {
            return Some(None);
        }
        self.value().map(Some)
    }
}

impl Texts<'_> {
    pub(super) fn has(self, text: &str) -> bool {
        self.from
            .is_some_and(|from| text::within(text, from, self.until))
    }

    pub(super) fn present(self) -> bool {
        self.value().is_some()
    }

    pub(super) fn value(self) -> Option<String> {
        text::shortest(self.from?, self.until)
    }

    /// The first that will do of the simplest, and of so many more.
    pub(super) fn value_where(self, more: usize, fits: &dyn Fn(&str) -> bool) -> Option<String> {
        text::find(self.from?, self.until, more, fits)
    }

    pub(super) fn transcript_id(self) -> Option<String> {
        text::transcript_id(self.from?, self.until)
    }

    /// A header that is taken for the right one.
    pub(super) fn misspelt(self) -> Option<String> {
        text::misspelt(self.from?, self.until)
    }

    /// An optional field: absent rather than there.
    pub(super) fn optional(self) -> Option<Option<String>> {
        if self.absent {
            return Some(None);
        }
        self.value().map(Some)
    }
}

impl Mask<'_> {
    pub(super) fn contains(&self, word: &str) -> bool {
        let among = |words: &[Box<str>]| words.iter().any(|known| **known == *word);
        among(self.words) || self.besides.is_some_and(|besides| !among(besides))
    }

    /// Every word that it names.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        let besides = self.besides.into_iter().flatten();
        self.words.iter().chain(besides).map(|word| &**word)
    }
}
