//! What a node may ask of a request, and how each answer becomes an integer.
//!
//! The order of fields is fixed here: enumerations and flags, attributes, sets, texts, the
//! instant, numbers, facts about now. A diagram asks in this order along every path; the same
//! rules with numbers first are larger by orders of magnitude.

mod position;

use std::collections::BTreeSet;

use crate::decimal::Decimal;
use crate::policy::{BodyField, Scope, StateFact};
use crate::request::{Auth, Call, ChainFaultKind, Extras, FaultKind, Fields, Rest};

/// The code of a field that is absent; below every value.
pub(super) const ABSENT: i64 = i64::MIN;

/// What a node asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    /// An enumeration or a yes and no.
    Flag(Flag),
    /// An attribute: its value, choice, class of rows, or text among the texts compared with.
    Attribute(u16),
    /// Whether one of a group of locks applies, by the group's position: so many values of
    /// attributes tell that they have a diagram of their own.
    Applies(u16),
    /// Whether a set of the request meets a mask, by the mask's position.
    Meets(SetField, u16),
    /// A text, as its rank among the texts that it is compared with.
    Text(TextField),
    /// The request's instant.
    At,
    /// A number.
    Number(Number),
    /// A fact about now.
    State(Scope, StateFact),
}

macro_rules! listed {
    ($(#[$doc:meta])* $name:ident { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(
                #[doc = concat!("`", stringify!($variant), "`")]
                $variant,
            )*
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: [Self; [$(Self::$variant),*].len()] = [$(Self::$variant),*];
        }
    };
}

listed!(
    /// Enumerations and flags.
    Flag {
        Auth, Fault, ChainFault, Messages, Prompt, Stream, Estimated, ZeroDataRetention,
        MalformedTranscript, HasTranscriptId, HasTranscriptTag, Retry,
    }
);
listed!(
    /// Sets of words.
    SetField { PostProcessing, Content, ToolTypes, Parameters }
);
listed!(
    /// Texts.
    TextField {
        AuthHeader, Model, ModelRegion, ToolChoice, ResponseFormat, ReasoningEffort, ServiceTier,
        TranscriptId, FaultPath, FaultDetail,
    }
);
listed!(
    /// Numbers; tokens last.
    Number { Temperature, TopP, Depth, Count, MaxTokens, InputTokens, TotalTokens }
);

impl Field {
    /// Says whether a fallback may override it.
    pub(super) const fn of_body(self) -> bool {
        match self {
            Self::Flag(flag) => match flag {
                Flag::Auth | Flag::ChainFault | Flag::Retry => false,
                Flag::Fault
                | Flag::Messages
                | Flag::Prompt
                | Flag::Stream
                | Flag::Estimated
                | Flag::ZeroDataRetention
                | Flag::MalformedTranscript
                | Flag::HasTranscriptId
                | Flag::HasTranscriptTag => true,
            },
            Self::Text(text) => !matches!(text, TextField::AuthHeader),
            Self::Number(number) => !matches!(number, Number::Depth | Number::Count),
            Self::Meets(..) => true,
            Self::Attribute(_) | Self::Applies(_) | Self::At | Self::State(..) => false,
        }
    }
}

/// Which kind of field a body field is. The model is none: every diagram is of one model.
pub(super) enum Kind {
    Model,
    Flag(Flag),
    Set(SetField),
    Text(TextField),
    Number(Number),
}

pub(super) const fn kind(field: BodyField) -> Kind {
    match field {
        BodyField::Model => Kind::Model,
        BodyField::Messages => Kind::Flag(Flag::Messages),
        BodyField::Prompt => Kind::Flag(Flag::Prompt),
        BodyField::ModelRegion => Kind::Text(TextField::ModelRegion),
        BodyField::MaxTokens => Kind::Number(Number::MaxTokens),
        BodyField::InputTokens => Kind::Number(Number::InputTokens),
        BodyField::InputTokensEstimated => Kind::Flag(Flag::Estimated),
        BodyField::TotalTokens => Kind::Number(Number::TotalTokens),
        BodyField::Temperature => Kind::Number(Number::Temperature),
        BodyField::TopP => Kind::Number(Number::TopP),
        BodyField::Stream => Kind::Flag(Flag::Stream),
        BodyField::ToolChoice => Kind::Text(TextField::ToolChoice),
        BodyField::ResponseFormat => Kind::Text(TextField::ResponseFormat),
        BodyField::ReasoningEffort => Kind::Text(TextField::ReasoningEffort),
        BodyField::ServiceTier => Kind::Text(TextField::ServiceTier),
        BodyField::ZeroDataRetention => Kind::Flag(Flag::ZeroDataRetention),
        BodyField::TranscriptId => Kind::Text(TextField::TranscriptId),
        BodyField::HasTranscriptId => Kind::Flag(Flag::HasTranscriptId),
        BodyField::TranscriptIdMalformed => Kind::Flag(Flag::MalformedTranscript),
        BodyField::HasTranscriptTag => Kind::Flag(Flag::HasTranscriptTag),
        BodyField::PostProcessing => Kind::Set(SetField::PostProcessing),
        BodyField::Content => Kind::Set(SetField::Content),
        BodyField::ToolTypes => Kind::Set(SetField::ToolTypes),
        BodyField::Parameters => Kind::Set(SetField::Parameters),
        BodyField::Fault => Kind::Flag(Flag::Fault),
        BodyField::FaultPath => Kind::Text(TextField::FaultPath),
        BodyField::FaultDetail => Kind::Text(TextField::FaultDetail),
        BodyField::FallbackDepth => Kind::Number(Number::Depth),
        BodyField::FallbackRetry => Kind::Flag(Flag::Retry),
        BodyField::FallbackCount => Kind::Number(Number::Count),
        BodyField::FallbackFault => Kind::Flag(Flag::ChainFault),
    }
}

/// A number that may be absent. No cut is below zero, so the lowest value may stand for its
/// neighbour.
const fn optional(value: Option<i64>) -> i64 {
    match value {
        Some(i64::MIN) => i64::MIN + 1,
        Some(value) => value,
        None => ABSENT,
    }
}

fn presence(there: bool) -> i64 {
    if there { 1 } else { ABSENT }
}

fn choice(value: Option<bool>) -> i64 {
    value.map_or(ABSENT, i64::from)
}

/// What stands in for `max_tokens` and the depth where a body gives none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Defaults {
    pub(super) max_tokens: Option<i64>,
    pub(super) depth: Option<i64>,
}

/// One effective request, as fields are read from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) body: &'a Fields<'a>,
    /// The model id without the policy's prefix.
    pub(super) model: Option<&'a str>,
    pub(super) defaults: &'a Defaults,
}

impl Asking<'_> {
    /// The code of a flag.
    pub(super) fn flag(&self, flag: Flag) -> i64 {
        let (call, body) = (self.call, self.body);
        match flag {
            Flag::Messages => presence(body.messages),
            Flag::Prompt => presence(body.prompt),
            Flag::Stream => i64::from(body.stream),
            Flag::Estimated => i64::from(body.input_tokens_estimated),
            Flag::Auth => auth(call.auth),
            Flag::ChainFault => call.chain.fault.map_or(0, chain_fault),
            Flag::Retry => choice(call.chain.retry),
            Flag::Fault => {
                let fault = match body.rest {
                    Rest::Nothing => None,
                    Rest::Body(body) => body.faults.first(),
                    Rest::Extras(extras) => extras.fault,
                };
                fault.map_or(0, |fault| fault_kind(fault.kind))
            }
            Flag::ZeroDataRetention => choice(match body.rest {
                Rest::Nothing => None,
                Rest::Body(body) => body.zero_data_retention,
                Rest::Extras(extras) => extras.zero_data_retention,
            }),
            Flag::MalformedTranscript => i64::from(match body.rest {
                Rest::Nothing => false,
                Rest::Body(body) => body.transcript_id_malformed,
                Rest::Extras(extras) => extras.transcript_id_malformed,
            }),
            Flag::HasTranscriptId => i64::from(match body.rest {
                Rest::Nothing => false,
                Rest::Body(body) => body.transcript_id.is_some(),
                Rest::Extras(extras) => extras.transcript_id.is_some(),
            }),
            Flag::HasTranscriptTag => i64::from(match body.rest {
                Rest::Nothing => false,
                Rest::Body(body) => body.has_transcript_tag,
                Rest::Extras(extras) => extras.has_transcript_tag,
            }),
        }
    }

    /// The code of a number.
    pub(super) fn number(&self, number: Number) -> i64 {
        let (call, body) = (self.call, self.body);
        match number {
            Number::MaxTokens => optional(body.max_tokens.or(self.defaults.max_tokens)),
            Number::InputTokens => body.input_tokens,
            Number::TotalTokens => {
                let most = body.max_tokens.or(self.defaults.max_tokens);
                body.input_tokens.saturating_add(most.unwrap_or(0).max(0))
            }
            Number::Depth => optional(call.chain.depth.or(self.defaults.depth)),
            Number::Count => call.sent(),
            Number::Temperature => decimal(match body.rest {
                Rest::Nothing => None,
                Rest::Body(body) => body.temperature,
                Rest::Extras(extras) => extras.temperature,
            }),
            Number::TopP => decimal(match body.rest {
                Rest::Nothing => None,
                Rest::Body(body) => body.top_p,
                Rest::Extras(extras) => extras.top_p,
            }),
        }
    }
}

impl<'a> Asking<'a> {
    /// A text.
    pub(super) fn text(&self, field: TextField) -> Option<&'a str> {
        match field {
            TextField::ModelRegion => self.body.model_region,
            TextField::Model => self.model,
            TextField::AuthHeader => self.call.auth_header,
            TextField::ToolChoice
            | TextField::ResponseFormat
            | TextField::ReasoningEffort
            | TextField::ServiceTier
            | TextField::TranscriptId
            | TextField::FaultPath
            | TextField::FaultDetail => match self.body.rest {
                Rest::Nothing => None,
                Rest::Body(body) => text(&body.into(), field),
                Rest::Extras(extras) => text(extras, field),
            },
        }
    }

    /// A set.
    pub(super) fn set(&self, field: SetField) -> Option<&'a BTreeSet<String>> {
        let extras = match self.body.rest {
            Rest::Nothing => return None,
            Rest::Body(body) => body.into(),
            Rest::Extras(extras) => *extras,
        };
        Some(match field {
            SetField::PostProcessing => extras.post_processing,
            SetField::Content => extras.content,
            SetField::ToolTypes => extras.tool_types,
            SetField::Parameters => extras.parameters,
        })
    }
}

fn text<'a>(extras: &Extras<'a>, field: TextField) -> Option<&'a str> {
    match field {
        TextField::ToolChoice => extras.tool_choice,
        TextField::ResponseFormat => extras.response_format,
        TextField::ReasoningEffort => extras.reasoning_effort,
        TextField::ServiceTier => extras.service_tier,
        TextField::TranscriptId => extras.transcript_id,
        TextField::FaultPath => {
            let path = extras.fault.map(|fault| fault.path.as_str());
            path.filter(|path| !path.is_empty())
        }
        TextField::FaultDetail => extras.fault.map(|fault| fault.detail.as_str()),
        TextField::ModelRegion | TextField::Model | TextField::AuthHeader => None,
    }
}

fn decimal(value: Option<Decimal>) -> i64 {
    optional(value.map(Decimal::billionths))
}

const fn auth(auth: Auth) -> i64 {
    match auth {
        Auth::NotJudged => 0,
        Auth::Missing => 1,
        Auth::Misspelt => 2,
        Auth::Empty => 3,
        Auth::Bearer => 4,
        Auth::Raw => 5,
        Auth::InQuery => 6,
    }
}

const fn fault_kind(kind: FaultKind) -> i64 {
    match kind {
        FaultKind::InvalidJson => 1,
        FaultKind::AmbiguousField => 2,
        FaultKind::MissingField => 3,
        FaultKind::WrongType => 4,
    }
}

const fn chain_fault(kind: ChainFaultKind) -> i64 {
    match kind {
        ChainFaultKind::MissingModel => 1,
        ChainFaultKind::Nested => 2,
        ChainFaultKind::TooMany => 3,
    }
}

/// The code of a word of an enumeration; `None` where no request has it.
pub(super) fn word(flag: Flag, word: &str) -> Option<i64> {
    let none = (word == "none").then_some(0);
    match flag {
        Flag::Auth => named(&Auth::NAMES, word).map(auth),
        Flag::Fault => named(&FaultKind::NAMES, word).map(fault_kind).or(none),
        Flag::ChainFault => named(&ChainFaultKind::NAMES, word)
            .map(chain_fault)
            .or(none),
        Flag::Messages
        | Flag::Prompt
        | Flag::Stream
        | Flag::Estimated
        | Flag::ZeroDataRetention
        | Flag::MalformedTranscript
        | Flag::HasTranscriptId
        | Flag::HasTranscriptTag
        | Flag::Retry => None,
    }
}

fn named<T: Copy>(names: &[(&'static str, T)], word: &str) -> Option<T> {
    names
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, v)| *v)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::Instant;
    use crate::request::Caller;

    #[test]
    fn absent_fields_are_below_every_value() {
        let caller = Caller {
            endpoint: crate::catalog::EndpointId(0),
            attributes: Vec::new(),
            codes: Vec::new(),
            row: 0,
            stamp: 0,
        };
        let body = Fields {
            stream: true,
            input_tokens: 7,
            max_tokens: Some(i64::MIN),
            ..Fields::default()
        };
        let asking = Asking {
            call: &Call::new(&caller, Instant::from_unix_seconds(99), body),
            body: &body,
            model: None,
            defaults: &Defaults::default(),
        };
        assert_eq!(asking.flag(Flag::Stream), 1);
        assert_eq!(asking.flag(Flag::Messages), ABSENT);
        assert_eq!(asking.flag(Flag::Retry), ABSENT);
        assert_eq!(asking.number(Number::Temperature), ABSENT);
        assert_eq!(asking.number(Number::MaxTokens), i64::MIN + 1);
        assert_eq!(asking.number(Number::TotalTokens), 7);
        assert_eq!(asking.text(TextField::ToolChoice), None);
    }
}
