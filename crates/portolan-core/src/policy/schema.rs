//! The schema: every field that a rule may read, with its type and whether it may be absent.
//!
//! `docs/language.md` shows these as tables; a test holds them together.

use super::types::{Type, Vocabulary};
use crate::catalog::ScoreId;

macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal: $of:expr, $optional:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)*
        }

        impl $name {
            /// Every field, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in rules.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// Its type.
            pub fn of(self) -> Type {
                match self {
                    $(Self::$variant => $of,)*
                }
            }

            /// Whether it may be absent.
            pub const fn optional(self) -> bool {
                match self {
                    $(Self::$variant => $optional,)*
                }
            }

            /// The field with this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|f| f.name() == name)
            }
        }
    };
}

fn words(vocabulary: Vocabulary) -> Type {
    Type::Set(Box::new(Type::Word(vocabulary)))
}

fn texts() -> Type {
    Type::Set(Box::new(Type::Text))
}

fn choice(names: impl IntoIterator<Item = &'static str>) -> Type {
    Type::Choice(names.into_iter().map(Into::into).collect())
}

fn fault_choice() -> Type {
    choice(
        ["none"]
            .into_iter()
            .chain(crate::request::FaultKind::NAMES.map(|(name, _)| name)),
    )
}

fn chain_fault_choice() -> Type {
    choice(
        ["none"]
            .into_iter()
            .chain(crate::request::ChainFaultKind::NAMES.map(|(name, _)| name)),
    )
}

/// The values of `request.auth`.
pub(crate) fn auth_choice() -> Type {
    choice(crate::request::Auth::NAMES.map(|(name, _)| name))
}

fields! {
    /// A field of the effective body, or of the chain.
    BodyField {
        /// The model id.
        Model = "model": Type::Model, true;
        /// `messages` is there.
        Messages = "messages": Type::Presence, true;
        /// `prompt` is there.
        Prompt = "prompt": Type::Presence, true;
        /// The region asked for.
        ModelRegion = "model_region": Type::Text, true;
        /// The most tokens to produce.
        MaxTokens = "max_tokens": Type::Tokens, true;
        /// Input tokens.
        InputTokens = "input_tokens": Type::Tokens, false;
        /// Whether the input tokens are an estimate.
        InputTokensEstimated = "input_tokens_estimated": Type::Bool, false;
        /// Input tokens and `max_tokens` together.
        TotalTokens = "total_tokens": Type::Tokens, false;
        /// Sampling temperature.
        Temperature = "temperature": Type::Number, true;
        /// Nucleus sampling.
        TopP = "top_p": Type::Number, true;
        /// The answer is wanted as a stream.
        Stream = "stream": Type::Bool, false;
        /// The kind of `tool_choice`.
        ToolChoice = "tool_choice": Type::Text, true;
        /// The type of `response_format`.
        ResponseFormat = "response_format": Type::Text, true;
        /// The effort of `reasoning`.
        ReasoningEffort = "reasoning_effort": Type::Text, true;
        /// The service tier.
        ServiceTier = "service_tier": Type::Text, true;
        /// Zero data retention asked for.
        ZeroDataRetention = "zero_data_retention": Type::Bool, true;
        /// The transcript to inject.
        TranscriptId = "transcript_id": Type::Text, true;
        /// There is a transcript id.
        HasTranscriptId = "has_transcript_id": Type::Bool, false;
        /// The transcript id is malformed.
        TranscriptIdMalformed = "transcript_id_malformed": Type::Bool, false;
        /// Some message holds the tag.
        HasTranscriptTag = "has_transcript_tag": Type::Bool, false;
        /// Types of post-processing steps.
        PostProcessing = "post_processing": texts(), false;
        /// Types of message parts.
        Content = "content": texts(), false;
        /// Types of tools.
        ToolTypes = "tool_types": texts(), false;
        /// The parameters used.
        Parameters = "parameters": words(Vocabulary::Parameter), false;
        /// The first fault of the body's shape.
        Fault = "fault": fault_choice(), false;
        /// Where the first fault is, unless it is the whole body.
        FaultPath = "fault_path": Type::Text, true;
        /// The first fault in words.
        FaultDetail = "fault_detail": Type::Text, true;
        /// `fallback_config.depth`.
        FallbackDepth = "fallback_depth": Type::Count, true;
        /// `fallback_config.retry`.
        FallbackRetry = "fallback_retry": Type::Bool, true;
        /// Entries of `fallbacks` as sent.
        FallbackCount = "fallback_count": Type::Count, false;
        /// The first fault of the chain.
        FallbackFault = "fallback_fault": chain_fault_choice(), false;
    }
}

impl BodyField {
    /// The field's path on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::InputTokens
            | Self::InputTokensEstimated
            | Self::TotalTokens
            | Self::HasTranscriptTag
            | Self::Content => "messages",
            Self::ReasoningEffort => "reasoning.effort",
            Self::ResponseFormat => "response_format.type",
            Self::HasTranscriptId | Self::TranscriptIdMalformed => "transcript_id",
            Self::PostProcessing => "post_processing_steps",
            Self::ToolTypes => "tools",
            Self::FallbackDepth => "fallback_config.depth",
            Self::FallbackRetry => "fallback_config.retry",
            Self::FallbackCount | Self::FallbackFault => "fallbacks",
            Self::Parameters | Self::Fault | Self::FaultPath | Self::FaultDetail => "",
            Self::Model
            | Self::Messages
            | Self::Prompt
            | Self::ModelRegion
            | Self::MaxTokens
            | Self::Temperature
            | Self::TopP
            | Self::Stream
            | Self::ToolChoice
            | Self::ServiceTier
            | Self::ZeroDataRetention
            | Self::TranscriptId => self.name(),
        }
    }

    /// The field that this one is derived from, where it is.
    pub const fn parts(self) -> &'static [Self] {
        if matches!(self, Self::TotalTokens) {
            &[Self::InputTokens, Self::MaxTokens]
        } else if matches!(self, Self::HasTranscriptId | Self::TranscriptIdMalformed) {
            &[Self::TranscriptId]
        } else {
            &[]
        }
    }
}

fields! {
    /// A fact of a model.
    ModelFact {
        /// Who trained it.
        Maker = "maker": Type::Maker, true;
        /// From when it can be called.
        Released = "released": Type::Instant, true;
        /// From when it can no longer be called.
        Retires = "retires": Type::Instant, true;
        /// Its replacement.
        Successor = "successor": Type::Model, true;
        /// The largest legal total of tokens.
        ContextWindow = "context_window": Type::Tokens, true;
        /// The largest legal `max_tokens`.
        MaxOutput = "max_output": Type::Tokens, true;
        /// What it can do.
        Capabilities = "capabilities": words(Vocabulary::Capability), false;
        /// The parameters it takes.
        Parameters = "parameters": words(Vocabulary::Parameter), true;
    }
}

fields! {
    /// A fact of an endpoint.
    EndpointFact {
        /// The region in which it processes by default.
        Region = "region": Type::Region, false;
        /// Its host.
        Host = "host": Type::Text, false;
        /// Where requests enter.
        Ingress = "ingress": Type::Place, false;
    }
}

fields! {
    /// A fact of one route about now.
    StateFact {
        /// Whether it answers.
        Healthy = "healthy": Type::Bool, false;
        /// Requests used in the current window.
        Used = "used": Type::Count, false;
    }
}

/// A fact of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteFact {
    /// The model.
    Model,
    /// Who trained it.
    Maker,
    /// Who runs it.
    Providers,
    /// The region it is sold in.
    Region,
    /// The endpoint.
    Endpoint,
    /// Where it is processed.
    Processing,
    /// Where data is stored.
    Storage,
    /// Where the request enters.
    Ingress,
    /// How long data is kept.
    Retention,
    /// The id upstream.
    UpstreamId,
    /// The largest legal total of tokens.
    ContextWindow,
    /// The largest legal `max_tokens`.
    MaxOutput,
    /// What it can do.
    Capabilities,
    /// The parameters it takes.
    Parameters,
    /// When the offering starts.
    From,
    /// When the offering ends.
    Until,
    /// When its price changes next.
    PriceChanges,
    /// What the list price is multiplied by.
    Multiplier,
    /// The price of an input token.
    PriceInput,
    /// The price of an output token.
    PriceOutput,
    /// The price of a token read from a cache.
    PriceCacheRead,
    /// The price of a token written to a cache.
    PriceCacheWrite,
    /// The model's score of a kind.
    Score(ScoreId),
}

impl RouteFact {
    /// Says whether the fact depends on the price row, and so on the service tier asked for.
    pub const fn is_of_price(self) -> bool {
        matches!(
            self,
            Self::PriceChanges
                | Self::Multiplier
                | Self::PriceInput
                | Self::PriceOutput
                | Self::PriceCacheRead
                | Self::PriceCacheWrite
        )
    }

    /// Every fact with a fixed name: name after `route.`, type, whether it may be absent.
    pub fn table() -> Vec<(&'static str, Self, Type, bool)> {
        vec![
            ("model", Self::Model, Type::Model, false),
            ("maker", Self::Maker, Type::Maker, true),
            (
                "providers",
                Self::Providers,
                Type::Set(Box::new(Type::Provider)),
                false,
            ),
            ("region", Self::Region, Type::Region, false),
            ("endpoint", Self::Endpoint, Type::Endpoint, false),
            ("processing", Self::Processing, Type::Place, false),
            ("storage", Self::Storage, Type::Place, false),
            ("ingress", Self::Ingress, Type::Place, false),
            ("retention", Self::Retention, Type::Retention, false),
            ("upstream_id", Self::UpstreamId, Type::Text, false),
            ("context_window", Self::ContextWindow, Type::Tokens, true),
            ("max_output", Self::MaxOutput, Type::Tokens, true),
            (
                "capabilities",
                Self::Capabilities,
                words(Vocabulary::Capability),
                false,
            ),
            (
                "parameters",
                Self::Parameters,
                words(Vocabulary::Parameter),
                true,
            ),
            ("from", Self::From, Type::Instant, true),
            ("until", Self::Until, Type::Instant, true),
            ("price_changes", Self::PriceChanges, Type::Instant, true),
            ("multiplier", Self::Multiplier, Type::Number, true),
            ("price.input", Self::PriceInput, Type::Money, true),
            ("price.output", Self::PriceOutput, Type::Money, true),
            ("price.cache_read", Self::PriceCacheRead, Type::Money, true),
            (
                "price.cache_write",
                Self::PriceCacheWrite,
                Type::Money,
                true,
            ),
        ]
    }
}
