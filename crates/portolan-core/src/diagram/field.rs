//! What a node may ask of a request, and how each answer becomes an integer.
//!
//! The order of fields is fixed here: enumerations and flags, attributes, sets, texts, the
//! instant, numbers, facts about now. A diagram asks in this order along every path; the same
//! rules with numbers first are larger by orders of magnitude.

use crate::policy::{BodyField, Scope, StateFact};
use crate::request::{Auth, Call, ChainFaultKind, FaultKind, Fields};

/// The code of a field that is absent; below every value.
pub(super) const ABSENT: i64 = i64::MIN;

/// What a node asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    /// An enumeration or a yes and no.
    Flag(Flag),
    /// An attribute: its value, choice, class of rows, or text among the texts compared with.
    Attribute(u16),
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
        pub(super) enum $name { $($variant),* }

        impl $name {
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant),*];
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

/// Flags, the instant and numbers of one effective request, by `position`.
pub(super) type Codes = [i64; CODES];

const AT: usize = Flag::ALL.len();
const CODES: usize = AT + 1 + Number::ALL.len();

/// Where a field stands among the codes; `None` for one that is read otherwise.
pub(super) const fn position(field: Field) -> Option<usize> {
    match field {
        Field::Flag(flag) => Some(flag as usize),
        Field::At => Some(AT),
        Field::Number(number) => Some(AT + 1 + number as usize),
        Field::Attribute(_) | Field::Meets(..) | Field::Text(_) | Field::State(..) => None,
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

/// The codes of one effective body of a call.
pub(super) fn codes(call: &Call<'_>, body: &Fields<'_>, defaults: Defaults) -> Codes {
    let chain = &call.chain;
    let max_tokens = body.max_tokens.or(defaults.max_tokens);
    let total = body
        .input_tokens
        .saturating_add(max_tokens.unwrap_or(0).max(0));
    [
        auth(call.auth),
        body.fault.map_or(0, |fault| fault_kind(fault.kind)),
        chain.fault.map_or(0, chain_fault),
        presence(body.messages),
        presence(body.prompt),
        i64::from(body.stream),
        i64::from(body.input_tokens_estimated),
        choice(body.zero_data_retention),
        i64::from(body.transcript_id_malformed),
        i64::from(body.transcript_id.is_some()),
        i64::from(body.has_transcript_tag),
        choice(chain.retry),
        call.at.unix_seconds(),
        optional(body.temperature.map(crate::decimal::Decimal::billionths)),
        optional(body.top_p.map(crate::decimal::Decimal::billionths)),
        optional(chain.depth.or(defaults.depth)),
        chain.count,
        optional(max_tokens),
        body.input_tokens,
        total,
    ]
}

/// A text of one effective body of a call.
pub(super) fn text<'a>(
    call: &Call<'a>,
    body: &Fields<'a>,
    model: Option<&'a str>,
    field: TextField,
) -> Option<&'a str> {
    match field {
        TextField::AuthHeader => call.auth_header,
        TextField::Model => model,
        TextField::ModelRegion => body.model_region,
        TextField::ToolChoice => body.tool_choice,
        TextField::ResponseFormat => body.response_format,
        TextField::ReasoningEffort => body.reasoning_effort,
        TextField::ServiceTier => body.service_tier,
        TextField::TranscriptId => body.transcript_id,
        TextField::FaultPath => body
            .fault
            .map(|f| f.path.as_str())
            .filter(|p| !p.is_empty()),
        TextField::FaultDetail => body.fault.map(|f| f.detail.as_str()),
    }
}

/// A set of one effective body.
pub(super) const fn set<'a>(
    body: &Fields<'a>,
    field: SetField,
) -> &'a std::collections::BTreeSet<String> {
    match field {
        SetField::PostProcessing => body.post_processing,
        SetField::Content => body.content,
        SetField::ToolTypes => body.tool_types,
        SetField::Parameters => body.parameters,
    }
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
    fn codes_stand_where_their_fields_say() {
        let caller = Caller {
            endpoint: crate::catalog::EndpointId(0),
            attributes: Vec::new(),
            codes: Vec::new(),
        };
        let body = Fields {
            stream: true,
            input_tokens: 7,
            max_tokens: Some(i64::MIN),
            ..Fields::default()
        };
        let at = Instant::from_unix_seconds(99);
        let codes = codes(&Call::new(&caller, at, body), &body, Defaults::default());
        let code = |field| codes[position(field).unwrap()];
        assert_eq!(code(Field::Flag(Flag::Stream)), 1);
        assert_eq!(code(Field::Flag(Flag::Messages)), ABSENT);
        assert_eq!(code(Field::Flag(Flag::Retry)), ABSENT);
        assert_eq!(code(Field::At), 99);
        assert_eq!(code(Field::Number(Number::Temperature)), ABSENT);
        assert_eq!(code(Field::Number(Number::MaxTokens)), i64::MIN + 1);
        assert_eq!(code(Field::Number(Number::TotalTokens)), 7);
    }
}
