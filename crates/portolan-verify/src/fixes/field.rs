//! The fields that a fix may change, whose they are, and how two requests differ in them.

use portolan_core::decimal::Decimal;
use portolan_core::diagram::survey::{Bounded, Flag, Number, SetField, TextField};
use portolan_core::engine::Engine;
use portolan_core::request::{Auth, Body, Draft};
use portolan_core::text::echo;

use super::Change;

/// Who may make a change. One that takes several of them is the last one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Whoever sends the request: the model, the body, the headers.
    Client,
    /// Whoever runs the gateway or the tenant's account: attributes, the endpoint.
    Operator,
    /// Nobody: a date has to pass.
    Nobody,
}

impl By {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Operator => "operator",
            Self::Nobody => "nobody",
        }
    }
}

/// What a fix changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The id of the model.
    Model,
    /// A number.
    Number(Number),
    /// A text.
    Text(TextField),
    /// A set of words.
    Set(SetField),
    /// An enumeration or a yes and no.
    Flag(Flag),
    /// The fallbacks.
    Fallbacks,
    /// The endpoint.
    Endpoint,
    /// An attribute, by position.
    Attribute(u16),
    /// The date.
    At,
}

/// Fields that stand for themselves, and for others that are derived from them.
const FIELDS: [Field; 26] = [
    Field::Number(Number::MaxTokens),
    Field::Number(Number::InputTokens),
    Field::Number(Number::Temperature),
    Field::Number(Number::TopP),
    Field::Number(Number::Depth),
    Field::Text(TextField::ModelRegion),
    Field::Text(TextField::ToolChoice),
    Field::Text(TextField::ResponseFormat),
    Field::Text(TextField::ReasoningEffort),
    Field::Text(TextField::ServiceTier),
    Field::Text(TextField::TranscriptId),
    Field::Set(SetField::PostProcessing),
    Field::Set(SetField::Content),
    Field::Set(SetField::ToolTypes),
    Field::Set(SetField::Parameters),
    Field::Flag(Flag::Auth),
    Field::Flag(Flag::Fault),
    Field::Flag(Flag::Messages),
    Field::Flag(Flag::Prompt),
    Field::Flag(Flag::Stream),
    Field::Flag(Flag::Estimated),
    Field::Flag(Flag::ZeroDataRetention),
    Field::Flag(Flag::HasTranscriptTag),
    Field::Flag(Flag::Retry),
    Field::Fallbacks,
    Field::At,
];

impl Field {
    /// Every field of a slice's requests: all but the model and the endpoint.
    pub(super) fn all(engine: &Engine) -> Vec<Self> {
        let attributes = 0..engine.policy().attributes.len();
        let attributes = attributes.filter_map(|at| u16::try_from(at).ok());
        let attributes = attributes.map(Self::Attribute);
        let mut all: Vec<Self> = FIELDS.into_iter().chain(attributes).collect();
        all.sort_unstable();
        all
    }

    /// Who may change it.
    pub const fn by(self) -> By {
        match self {
            Self::Model
            | Self::Number(_)
            | Self::Text(_)
            | Self::Set(_)
            | Self::Flag(_)
            | Self::Fallbacks => By::Client,
            Self::Endpoint | Self::Attribute(_) => By::Operator,
            Self::At => By::Nobody,
        }
    }

    /// Says whether a part of a class is this field's, or derived from it.
    pub(super) fn frees(self, bounded: Bounded) -> bool {
        match (self, bounded) {
            (
                Self::Number(Number::MaxTokens | Number::InputTokens),
                Bounded::Number(Number::TotalTokens),
            )
            | (
                Self::Text(TextField::TranscriptId),
                Bounded::Flag(Flag::HasTranscriptId | Flag::MalformedTranscript),
            )
            | (Self::Flag(Flag::Auth), Bounded::Text(TextField::AuthHeader))
            | (
                Self::Flag(Flag::Fault),
                Bounded::Text(TextField::FaultPath | TextField::FaultDetail),
            )
            | (Self::Fallbacks, Bounded::Flag(Flag::ChainFault) | Bounded::Number(Number::Count))
            | (Self::At, Bounded::At) => true,
            (Self::Number(own), Bounded::Number(of)) => own == of,
            (Self::Text(own), Bounded::Text(of)) => own == of,
            (Self::Set(own), Bounded::Set(of)) => own == of,
            (Self::Flag(own), Bounded::Flag(of)) => own == of,
            (Self::Attribute(own), Bounded::Attribute(of)) => own == of,
            (
                Self::Model
                | Self::Number(_)
                | Self::Text(_)
                | Self::Set(_)
                | Self::Flag(_)
                | Self::Fallbacks
                | Self::Endpoint
                | Self::Attribute(_)
                | Self::At,
                Bounded::Flag(_)
                | Bounded::Attribute(_)
                | Bounded::Set(_)
                | Bounded::Text(_)
                | Bounded::At
                | Bounded::Number(_),
            ) => false,
        }
    }
}

/// A value as it is shown; none where it is absent.
type Shown = Option<String>;

fn words(set: &std::collections::BTreeSet<String>) -> Shown {
    let words: Vec<String> = set.iter().map(|word| echo(word)).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn yes(truth: bool) -> Shown {
    truth.then(|| "true".to_owned())
}

/// A field of a request, with its name and value.
type Valued = (Field, &'static str, Shown);

/// Every field of a request, fallbacks aside.
fn values(draft: &Draft) -> Vec<Valued> {
    let mut values = plain(draft);
    values.extend(texts(&draft.body));
    values
}

fn texts(body: &Body) -> Vec<Valued> {
    let text = |text: &Option<String>| text.as_deref().map(echo);
    vec![
        (
            Field::Text(TextField::ModelRegion),
            "model_region",
            text(&body.model_region),
        ),
        (
            Field::Text(TextField::ToolChoice),
            "tool_choice",
            text(&body.tool_choice),
        ),
        (
            Field::Text(TextField::ResponseFormat),
            "response_format.type",
            text(&body.response_format),
        ),
        (
            Field::Text(TextField::ReasoningEffort),
            "reasoning.effort",
            text(&body.reasoning_effort),
        ),
        (
            Field::Text(TextField::ServiceTier),
            "service_tier",
            text(&body.service_tier),
        ),
        (
            Field::Text(TextField::TranscriptId),
            "transcript_id",
            text(&body.transcript_id).map(|id| {
                if body.transcript_id_malformed {
                    format!("{id}, malformed")
                } else {
                    id
                }
            }),
        ),
    ]
}

fn plain(draft: &Draft) -> Vec<Valued> {
    let body: &Body = &draft.body;
    let text = |text: &Option<String>| text.as_deref().map(echo);
    let auth = Auth::NAMES.iter().find(|(_, auth)| *auth == draft.auth);
    let auth = match (&draft.auth_header, auth) {
        (Some(header), Some((name, _))) => Some(format!("{name}, {}", echo(header))),
        (None, Some((name, _))) => Some((*name).to_owned()),
        (_, None) => None,
    };
    vec![
        (Field::Model, "model", text(&body.model)),
        (
            Field::Number(Number::MaxTokens),
            "max_tokens",
            body.max_tokens.map(|n| n.to_string()),
        ),
        (
            Field::Number(Number::InputTokens),
            "input_tokens",
            Some(body.input_tokens.to_string()),
        ),
        (
            Field::Number(Number::Temperature),
            "temperature",
            body.temperature.map(|n| n.to_string()),
        ),
        (
            Field::Number(Number::TopP),
            "top_p",
            body.top_p.map(|n| n.to_string()),
        ),
        (
            Field::Number(Number::Depth),
            "fallback_config.depth",
            draft.chain.depth.map(|n| n.to_string()),
        ),
        (
            Field::Set(SetField::PostProcessing),
            "post_processing_steps",
            words(&body.post_processing),
        ),
        (
            Field::Set(SetField::Content),
            "content",
            words(&body.content),
        ),
        (
            Field::Set(SetField::ToolTypes),
            "tools",
            words(&body.tool_types),
        ),
        (
            Field::Set(SetField::Parameters),
            "parameters",
            words(&body.parameters),
        ),
        (Field::Flag(Flag::Auth), "authorization", auth),
        (
            Field::Flag(Flag::Fault),
            "fault",
            body.faults.first().map(|fault| echo(&fault.detail)),
        ),
        (Field::Flag(Flag::Messages), "messages", yes(body.messages)),
        (Field::Flag(Flag::Prompt), "prompt", yes(body.prompt)),
        (Field::Flag(Flag::Stream), "stream", yes(body.stream)),
        (
            Field::Flag(Flag::Estimated),
            "input_tokens_estimated",
            yes(body.input_tokens_estimated),
        ),
        (
            Field::Flag(Flag::ZeroDataRetention),
            "zero_data_retention",
            body.zero_data_retention.map(|truth| truth.to_string()),
        ),
        (
            Field::Flag(Flag::HasTranscriptTag),
            "transcript tag",
            yes(body.has_transcript_tag),
        ),
        (
            Field::Flag(Flag::Retry),
            "fallback_config.retry",
            draft.chain.retry.map(|truth| truth.to_string()),
        ),
        (Field::At, "at", Some(draft.at.short())),
    ]
}

/// What differs between two requests. What only follows from another difference is left out.
pub(super) fn changes(engine: &Engine, before: &Draft, after: &Draft) -> Vec<Change> {
    let mut changes = Vec::new();
    for ((field, name, before), (_, _, after)) in values(before).into_iter().zip(values(after)) {
        if before != after {
            changes.push(Change {
                field,
                name: name.to_owned(),
                before,
                after,
            });
        }
    }
    // A parameter that goes with its field is no change of its own, and the other way round.
    let parameters = Field::Set(SetField::Parameters);
    if changes
        .iter()
        .any(|change| change.field != parameters && follows(change.field))
    {
        changes.retain(|change| change.field != parameters);
    }
    if before.fallbacks != after.fallbacks || before.chain.fault != after.chain.fault {
        changes.push(Change {
            field: Field::Fallbacks,
            name: "fallbacks".to_owned(),
            before: Some(before.fallbacks.len().to_string()),
            after: (!after.fallbacks.is_empty()).then(|| after.fallbacks.len().to_string()),
        });
    }
    let endpoint = |draft: &Draft| {
        let default = engine.catalog().default_endpoint();
        let default = default.and_then(|id| engine.catalog().endpoint(id));
        let named = draft.endpoint.clone();
        named.or_else(|| default.map(|endpoint| endpoint.name.to_string()))
    };
    if endpoint(before) != endpoint(after) {
        changes.push(Change {
            field: Field::Endpoint,
            name: "endpoint".to_owned(),
            before: endpoint(before),
            after: endpoint(after),
        });
    }
    for (position, attribute) in (0u16..).zip(&engine.policy().attributes) {
        let value = |draft: &Draft| draft.attributes.get(&*attribute.name).map(|v| echo(v));
        if value(before) != value(after) {
            changes.push(Change {
                field: Field::Attribute(position),
                name: attribute.name.to_string(),
                before: value(before),
                after: value(after),
            });
        }
    }
    changes
}

/// Says whether the set of parameters that a body uses changes with a field.
pub(super) fn follows(field: Field) -> bool {
    match field {
        Field::Number(number) => matches!(number, Number::Temperature | Number::TopP),
        Field::Text(text) => matches!(
            text,
            TextField::ToolChoice | TextField::ResponseFormat | TextField::ReasoningEffort
        ),
        Field::Set(set) => matches!(set, SetField::ToolTypes),
        Field::Model
        | Field::Flag(_)
        | Field::Fallbacks
        | Field::Endpoint
        | Field::Attribute(_)
        | Field::At => false,
    }
}

/// How far numbers, dates and sets of two requests lie apart.
pub(super) fn far(before: &Draft, after: &Draft) -> u128 {
    let (one, other) = (&before.body, &after.body);
    let apart = |a: Option<i64>, b: Option<i64>| match (a, b) {
        (Some(a), Some(b)) => u128::from(a.abs_diff(b)),
        (None, None) => 0,
        (None, Some(b)) => u128::from(b.unsigned_abs()),
        // To leave a field out is a plain thing to do.
        (Some(_), None) => 1,
    };
    let billionths = |n: Option<Decimal>| n.map(Decimal::billionths);
    let sets = [
        (&one.post_processing, &other.post_processing),
        (&one.content, &other.content),
        (&one.tool_types, &other.tool_types),
        (&one.parameters, &other.parameters),
    ];
    let words: usize = sets
        .iter()
        .map(|(a, b)| a.symmetric_difference(b).count())
        .sum();
    let parts = [
        apart(one.max_tokens, other.max_tokens),
        apart(Some(one.input_tokens), Some(other.input_tokens)),
        apart(billionths(one.temperature), billionths(other.temperature)),
        apart(billionths(one.top_p), billionths(other.top_p)),
        apart(before.chain.depth, after.chain.depth),
        apart(
            Some(before.at.unix_seconds()),
            Some(after.at.unix_seconds()),
        ),
        words as u128,
    ];
    parts
        .iter()
        .fold(0, |sum: u128, part| sum.saturating_add(*part))
}
