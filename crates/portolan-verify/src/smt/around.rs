//! What holds of every request that can be posted, around its bodies: who calls, faults of the
//! shape, the chain.

use portolan_core::limits;
use portolan_core::policy::{BodyField, Value};

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
                Some(self.same(named, misspelt))
            }
            Field::Body(Part::Fallback, BodyField::Fault) => Some(self.is(field, "none")),
            Field::Body(part, BodyField::FaultDetail) => {
                let told = self.there(field)?;
                let none = self.is(Field::Body(part, BodyField::Fault), "none");
                let faulty = self.all.not(none);
                Some(self.same(told, faulty))
            }
            Field::Body(part, BodyField::FaultPath) => {
                let at = self.there(field)?;
                let fault = Field::Body(part, BodyField::Fault);
                let [none, no_json, wrong] =
                    ["none", "invalid-json", "wrong-type"].map(|kind| self.is(fault, kind));
                // Of the whole body only a wrong type can be said, and that it is no JSON.
                let nowhere = self.all.or([none, no_json]);
                let not = self.all.not(at);
                let nowhere = self.all.implies(nowhere, not);
                let somewhere = self.all.or([none, no_json, wrong, at]);
                Some(self.all.and([nowhere, somewhere]))
            }
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
