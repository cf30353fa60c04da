//! What holds of every request that can be posted, around its bodies: who calls, faults of the
//! shape, the chain.

use portolan_core::limits;
use portolan_core::policy::{BodyField, Value};
use portolan_core::request::{Fault, FaultKind};

use super::encoder::Encoder;
use super::formula::Formula;
use super::ranges::Ranges;
use super::space::{Field, Meaning, Named, Part};

impl Encoder<'_> {
    /// What a field says about what stands around bodies, or that about it.
    pub(super) fn around(&mut self, field: Field) -> Option<Formula> {
        let nothing = self.unread(field);
        let said = match field {
            // The header is named where it is misspelt, and only there.
            Field::AuthHeader => {
                let named = self.there(field)?;
                let misspelt = self.is(Field::Auth, "misspelt");
                let fits = self.same(named, misspelt);
                let headers = self.space.texts.misspelt();
                let such = |value: &Option<Value>| match value {
                    Some(Value::Text(text)) => headers.contains_key(text),
                    _ => false,
                };
                let such = self.one_of(field, such);
                let such = self.all.implies(named, such);
                Some(self.all.and([fits, such]))
            }
            Field::Body(Part::Fallback, BodyField::Fault) => Some(self.is(field, "none")),
            Field::Body(part, BodyField::FaultDetail) => Some(self.worded(part)),
            Field::Body(part, BodyField::FaultPath) => Some(self.placed(part)),
            Field::Body(_, BodyField::FallbackFault | BodyField::FallbackCount) => {
                Some(self.counted())
            }
            Field::Endpoint
            | Field::At
            | Field::Auth
            | Field::Attribute(_)
            | Field::AttributeGiven(_)
            | Field::Chained
            | Field::OwnText
            | Field::Body(..)
            | Field::Given(..)
            | Field::State(..)
            | Field::StateGiven(..)
            | Field::Word(..) => None,
        };
        match (nothing, said) {
            (Some(nothing), Some(said)) => Some(self.all.and([nothing, said])),
            (nothing, said) => nothing.or(said),
        }
    }

    /// A fault is told in words: in those of the simplest one of its kind, which stands for all.
    fn worded(&mut self, part: Part) -> Formula {
        let fault = Field::Body(part, BodyField::Fault);
        let detail = Field::Body(part, BodyField::FaultDetail);
        let none = self.is(fault, "none");
        let untold = self.one_of(detail, Option::is_none);
        let mut out = vec![self.all.implies(none, untold)];
        for (name, kind) in FaultKind::NAMES {
            let such = self.is(fault, name);
            let told = self.of_class(detail, &Fault::simplest(kind).detail);
            out.push(self.all.implies(such, told));
        }
        self.all.and(out)
    }

    /// Where a fault stands: there too the simplest one stands for all of its kind. Of the whole
    /// body only a wrong type can be said, and that it is no JSON.
    fn placed(&mut self, part: Part) -> Formula {
        let fault = Field::Body(part, BodyField::Fault);
        let path = Field::Body(part, BodyField::FaultPath);
        let nowhere = self.one_of(path, Option::is_none);
        let none = self.is(fault, "none");
        let mut out = vec![self.all.implies(none, nowhere)];
        for (name, kind) in FaultKind::NAMES {
            let such = self.is(fault, name);
            let at = Fault::simplest(kind).path;
            let somewhere = if at.is_empty() {
                Formula::FALSE
            } else {
                self.of_class(path, &at)
            };
            let whole = match kind {
                FaultKind::InvalidJson | FaultKind::WrongType => nowhere,
                FaultKind::AmbiguousField | FaultKind::MissingField => Formula::FALSE,
            };
            let placed = self.all.or([somewhere, whole]);
            out.push(self.all.implies(such, placed));
        }
        self.all.and(out)
    }

    fn of_class(&mut self, field: Field, text: &str) -> Formula {
        let texts = &self.space.texts;
        let class = texts.classes().get(texts.class(text)).cloned();
        let class = class.map(Value::Text);
        self.one_of(field, |value| value.is_some() && *value == class)
    }

    fn is(&mut self, field: Field, word: &str) -> Formula {
        let word = Value::Text(word.into());
        self.one_of(field, |value| value.as_ref() == Some(&word))
    }

    fn same(&mut self, a: Formula, b: Formula) -> Formula {
        let (to, from) = (self.all.implies(a, b), self.all.implies(b, a));
        self.all.and([to, from])
    }

    /// How many fallbacks there are, by what is wrong with them: of so many that some are not
    /// looked at, that is said, unless something is said before.
    fn counted(&mut self) -> Formula {
        let of = |body| Field::Body(Part::Primary, body);
        let (count, fault) = (of(BodyField::FallbackCount), of(BodyField::FallbackFault));
        let looked_at = i128::try_from(limits::FALLBACKS).unwrap_or(0);
        let mut out = Vec::new();
        for (kind, least, most) in [
            ("none", 0, looked_at),
            ("missing-model", 1, i128::MAX),
            ("nested", 1, i128::MAX),
            ("too-many", looked_at + 1, i128::MAX),
        ] {
            let wrong = self.is(fault, kind);
            let so_many = self.within(count, &Ranges::between(least, most));
            out.push(self.all.implies(wrong, so_many));
        }
        if self.space.known(Field::Chained).is_some() {
            // The fallback that is judged has a model.
            let chained = self.flag(Field::Chained);
            let missing = self.is(fault, "missing-model");
            let both = self.all.and([missing, chained]);
            let more = self.within(count, &Ranges::between(2, i128::MAX));
            out.push(self.all.implies(both, more));
        }
        self.all.and(out)
    }

    /// Of a body that is no JSON, or no object, nothing is read.
    fn unread(&mut self, field: Field) -> Option<Formula> {
        let fault = Field::Body(Part::Primary, BodyField::Fault);
        self.space.known(fault)?;
        let empty = match field {
            Field::Body(Part::Primary, body) => match body {
                // The caller may have counted what nobody can read. Of other numbers whether they
                // are given has a variable of its own.
                BodyField::Fault
                | BodyField::FaultPath
                | BodyField::FaultDetail
                | BodyField::InputTokens
                | BodyField::InputTokensEstimated
                | BodyField::TotalTokens
                | BodyField::MaxTokens
                | BodyField::Temperature
                | BodyField::TopP
                | BodyField::FallbackDepth => return None,
                BodyField::Model => {
                    let named = self.space.named.iter();
                    let absent = named.take_while(|named| **named != Named::Absent).count();
                    let absent = i128::try_from(absent).unwrap_or(-1);
                    self.within(field, &Ranges::one(absent))
                }
                BodyField::FallbackFault => self.is(field, "none"),
                BodyField::FallbackCount => self.within(field, &Ranges::one(0)),
                BodyField::Messages
                | BodyField::Prompt
                | BodyField::ModelRegion
                | BodyField::Stream
                | BodyField::ToolChoice
                | BodyField::ResponseFormat
                | BodyField::ReasoningEffort
                | BodyField::ServiceTier
                | BodyField::ZeroDataRetention
                | BodyField::TranscriptId
                | BodyField::HasTranscriptId
                | BodyField::TranscriptIdMalformed
                | BodyField::HasTranscriptTag
                | BodyField::PostProcessing
                | BodyField::Content
                | BodyField::ToolTypes
                | BodyField::Parameters
                | BodyField::FallbackRetry => {
                    let there = if matches!(self.meaning(field), Some(Meaning::Flag)) {
                        self.flag(field)
                    } else {
                        self.there(field)?
                    };
                    self.all.not(there)
                }
            },
            Field::Given(Part::Primary, _) | Field::Word(Part::Primary, ..) | Field::Chained => {
                let up = self.flag(field);
                self.all.not(up)
            }
            Field::Endpoint
            | Field::At
            | Field::Auth
            | Field::AuthHeader
            | Field::Attribute(_)
            | Field::AttributeGiven(_)
            | Field::OwnText
            | Field::Body(..)
            | Field::Given(..)
            | Field::State(..)
            | Field::StateGiven(..)
            | Field::Word(..) => return None,
        };
        let unread = self.is(fault, "invalid-json");
        let wrong = self.is(fault, "wrong-type");
        let path = Field::Body(Part::Primary, BodyField::FaultPath);
        let nowhere = match self.space.known(path) {
            Some(_) => self.one_of(path, Option::is_none),
            None => Formula::FALSE,
        };
        let whole = self.all.and([wrong, nowhere]);
        let unread = self.all.or([unread, whole]);
        Some(self.all.implies(unread, empty))
    }
}
