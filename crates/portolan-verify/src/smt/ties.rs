//! What holds of every request: fields that are derived from others, or say something together.

use portolan_core::policy::{BodyField, Value};

use super::encoder::Encoder;
use super::formula::Formula;
use super::ranges::Ranges;
use super::space::{Field, Part};

/// A total of tokens, by whose body it is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Total(pub(super) Part);

impl Encoder<'_> {
    /// Ties of the variables that there are, and the sums among them. They may need more
    /// variables, which are tied in turn.
    pub(super) fn ties(&mut self) -> (Vec<Formula>, Vec<Total>) {
        let (mut out, mut totals) = (Vec::new(), Vec::new());
        let mut next = 0;
        while let Some((field, _)) = self.space.fields().get(next) {
            let field = *field;
            next += 1;
            if let Field::Body(part, body) = field {
                if body == BodyField::TotalTokens {
                    self.total(part);
                    totals.push(Total(part));
                }
                out.extend(self.tie(part, body));
            }
            out.extend(self.inherited(field));
        }
        out.retain(|tie| *tie != Formula::TRUE);
        (out, totals)
    }

    fn total(&mut self, part: Part) {
        for field in BodyField::TotalTokens.parts() {
            self.space
                .variable(&mut self.all, Field::Body(part, *field));
        }
        self.given(part, BodyField::MaxTokens);
    }

    fn tie(&mut self, part: Part, body: BodyField) -> Option<Formula> {
        let none = Value::Text("none".into());
        match body {
            // A fault is told in words, and its place where it has one.
            BodyField::FaultDetail => {
                let told = self.one_of(Field::Body(part, body), Option::is_some);
                let faulty = self.one_of(Field::Body(part, BodyField::Fault), |kind| {
                    kind.as_ref() != Some(&none)
                });
                let (there, not) = (
                    self.all.implies(faulty, told),
                    self.all.implies(told, faulty),
                );
                Some(self.all.and([there, not]))
            }
            BodyField::FaultPath => {
                let told = self.one_of(Field::Body(part, body), Option::is_some);
                let faulty = self.one_of(Field::Body(part, BodyField::Fault), |kind| {
                    kind.as_ref() != Some(&none)
                });
                Some(self.all.implies(told, faulty))
            }
            BodyField::TranscriptIdMalformed => {
                let malformed = self.flag(Field::Body(part, body));
                let id = Field::Body(part, BodyField::TranscriptId);
                let there = self.one_of(id, Option::is_some);
                Some(self.all.implies(malformed, there))
            }
            // Where there is no fallback, none is wrong.
            BodyField::FallbackFault => {
                let wrong =
                    self.one_of(Field::Body(part, body), |kind| kind.as_ref() != Some(&none));
                let some = self.within(
                    Field::Body(part, BodyField::FallbackCount),
                    &Ranges::between(1, i128::MAX),
                );
                Some(self.all.implies(wrong, some))
            }
            BodyField::Model
            | BodyField::Messages
            | BodyField::Prompt
            | BodyField::ModelRegion
            | BodyField::MaxTokens
            | BodyField::InputTokens
            | BodyField::InputTokensEstimated
            | BodyField::TotalTokens
            | BodyField::Temperature
            | BodyField::TopP
            | BodyField::Stream
            | BodyField::ToolChoice
            | BodyField::ResponseFormat
            | BodyField::ReasoningEffort
            | BodyField::ServiceTier
            | BodyField::ZeroDataRetention
            | BodyField::TranscriptId
            | BodyField::HasTranscriptId
            | BodyField::HasTranscriptTag
            | BodyField::PostProcessing
            | BodyField::Content
            | BodyField::ToolTypes
            | BodyField::Parameters
            | BodyField::Fault
            | BodyField::FallbackDepth
            | BodyField::FallbackRetry
            | BodyField::FallbackCount => None,
        }
    }

    /// A fallback takes nothing away: what it lacks, the primary lacks. Its model is its own.
    fn inherited(&mut self, field: Field) -> Option<Formula> {
        let (of_fallback, of_primary) = match field {
            Field::Body(Part::Fallback, body) if body != BodyField::Model => {
                let outer = Field::Body(Part::Primary, body);
                self.space.known(outer)?;
                if matches!(body, BodyField::Messages | BodyField::Prompt) {
                    (self.flag(field), self.flag(outer))
                } else {
                    (self.there(field)?, self.there(outer)?)
                }
            }
            Field::Given(Part::Fallback, body) => {
                let outer = Field::Given(Part::Primary, body);
                self.space.known(outer)?;
                (self.flag(field), self.flag(outer))
            }
            Field::Endpoint
            | Field::At
            | Field::Auth
            | Field::AuthHeader
            | Field::Attribute(_)
            | Field::AttributeGiven(_)
            | Field::Chained
            | Field::Body(..)
            | Field::Given(..)
            | Field::State(..)
            | Field::StateGiven(..)
            | Field::Word(..) => return None,
        };
        Some(self.all.implies(of_primary, of_fallback))
    }

    /// A field that may be absent has a value.
    fn there(&mut self, field: Field) -> Option<Formula> {
        self.space.values(field).contains(&None).then_some(())?;
        Some(self.one_of(field, Option::is_some))
    }
}
