//! What is asked: one call, as facts. The schema is the table in `docs/language.md`.
//!
//! A [`Draft`] is what the outside says, in text; [`Request`] is a draft whose endpoint,
//! attributes and keys an engine has accepted. Derived fields come from the wire crate; nothing
//! here reads JSON.

mod call;
mod header;
mod state;

pub(crate) use call::Fallbacks;
pub use call::{Call, Caller, ChainFields, Extras, Fields, Rest};
pub use header::{AUTHORIZATION, bare, is_misspelt, misspelt_beginning};
pub use state::{RouteUsages, State, Usage};

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{AliasTarget, EndpointId};
use crate::decimal::Decimal;
use crate::instant::Instant;

/// How the caller authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Auth {
    /// The caller passed no headers, so nobody looked.
    #[default]
    NotJudged,
    /// No authorization header.
    Missing,
    /// A header that is nearly it: `authorisation`, `x-api-key`, `api-key`.
    Misspelt,
    /// The header is there and empty.
    Empty,
    /// `Bearer KEY`.
    Bearer,
    /// The bare key.
    Raw,
    /// A key in the query string.
    InQuery,
}

impl Auth {
    /// Every value with the name it has in rules.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("not-judged", Self::NotJudged),
        ("missing", Self::Missing),
        ("misspelt", Self::Misspelt),
        ("empty", Self::Empty),
        ("bearer", Self::Bearer),
        ("raw", Self::Raw),
        ("in-query", Self::InQuery),
    ];
}

/// What is wrong with the shape of a posted body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// Not JSON.
    InvalidJson,
    /// Two keys that some reader takes for one field.
    AmbiguousField,
    /// A field that must be there is not.
    MissingField,
    /// A field of the wrong JSON type, or a number that does not fit.
    WrongType,
}

impl FaultKind {
    /// Every value with the name it has in rules.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("invalid-json", Self::InvalidJson),
        ("ambiguous-field", Self::AmbiguousField),
        ("missing-field", Self::MissingField),
        ("wrong-type", Self::WrongType),
    ];
}

/// A fault of the body's shape, as a fact that rules judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind.
    pub kind: FaultKind,
    /// Where: `messages[0].content`, empty for the whole body.
    pub path: String,
    /// What was found and what was expected, such as `a string, expected an array`.
    pub detail: String,
}

impl Fault {
    /// The simplest fault of a kind that a posted body can have. That of a body which is no JSON
    /// leaves nothing else to be read; the others leave everything else as it is.
    pub fn simplest(kind: FaultKind) -> Self {
        let (path, detail) = match kind {
            FaultKind::InvalidJson => ("", "empty, expected an object"),
            FaultKind::AmbiguousField => ("x", "`x` twice: readers differ in which one counts"),
            FaultKind::MissingField => (
                "post_processing_steps[0].type",
                "missing, expected a string",
            ),
            FaultKind::WrongType => ("post_processing_steps[0]", "a number, expected an object"),
        };
        Self {
            kind,
            path: path.to_owned(),
            detail: detail.to_owned(),
        }
    }
}

/// What is wrong with one entry of `fallbacks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChainFaultKind {
    /// An entry names no model.
    MissingModel,
    /// An entry has `fallbacks` or `fallback_config` of its own.
    Nested,
    /// More entries than anybody looks at.
    TooMany,
}

impl ChainFaultKind {
    /// Every value with the name it has in rules.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("missing-model", Self::MissingModel),
        ("nested", Self::Nested),
        ("too-many", Self::TooMany),
    ];
}

/// A fault of the fallback chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainFault {
    /// What kind.
    pub kind: ChainFaultKind,
    /// Where: `fallbacks[1]`.
    pub path: String,
}

pub use crate::catalog::PARAMETERS;

/// The fields of one effective body: the posted one, or a fallback put over it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one field of the schema, as the body says it"
)]
pub struct Body {
    /// The model as written.
    pub model: Option<String>,
    /// `messages` is there.
    pub messages: bool,
    /// `prompt` is there.
    pub prompt: bool,
    /// The region asked for.
    pub model_region: Option<String>,
    /// The most tokens to produce.
    pub max_tokens: Option<i64>,
    /// Sampling temperature.
    pub temperature: Option<Decimal>,
    /// Nucleus sampling.
    pub top_p: Option<Decimal>,
    /// The answer is wanted as a stream.
    pub stream: bool,
    /// `none`, `auto`, `required`, `function` for an object that names one, else as written.
    pub tool_choice: Option<String>,
    /// The `type` of `response_format`.
    pub response_format: Option<String>,
    /// The `effort` of `reasoning`.
    pub reasoning_effort: Option<String>,
    /// The service tier asked for.
    pub service_tier: Option<String>,
    /// Zero data retention asked for.
    pub zero_data_retention: Option<bool>,
    /// The transcript to inject.
    pub transcript_id: Option<String>,
    /// The transcript id is not 1 to 64 letters, digits and hyphens.
    pub transcript_id_malformed: bool,
    /// Some message holds the exact tag `{{ transcript }}`.
    pub has_transcript_tag: bool,
    /// Types of the steps of `post_processing_steps`.
    pub post_processing: BTreeSet<String>,
    /// Types of the parts of message contents; a string is `text`.
    pub content: BTreeSet<String>,
    /// Types of the tools.
    pub tool_types: BTreeSet<String>,
    /// The parameters that the body uses.
    pub parameters: BTreeSet<String>,
    /// Input tokens, counted by the caller or estimated.
    pub input_tokens: i64,
    /// The input tokens are an estimate of about 4 characters a token.
    pub input_tokens_estimated: bool,
    /// Faults of the shape, in the order in which they stand in the body.
    pub faults: Vec<Fault>,
    /// Where a derived field comes from, if not from the field of its own name:
    /// `content` to `messages[0].content[1]`.
    pub paths: BTreeMap<&'static str, String>,
}

/// Says whether a transcript id is well formed: 1 to 64 letters, digits and hyphens.
pub fn is_transcript_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// What the body says about the chain of fallbacks as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain {
    /// `fallback_config.depth`.
    pub depth: Option<i64>,
    /// `fallback_config.retry`.
    pub retry: Option<bool>,
    /// Entries of `fallbacks` as sent.
    pub count: i64,
    /// The first fault of the chain.
    pub fault: Option<ChainFault>,
}

/// One call as the outside describes it, before an engine accepted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The endpoint's name; the default endpoint where absent.
    pub endpoint: Option<String>,
    /// The instant the call is judged for.
    pub at: Instant,
    /// Attributes by name, values as text.
    pub attributes: BTreeMap<String, String>,
    /// How the caller authenticated.
    pub auth: Auth,
    /// The header that held the key, as sent, where it is not the right one.
    pub auth_header: Option<String>,
    /// The posted body.
    pub body: Body,
    /// Each fallback's effective body, in order: the posted body with the fallback's fields put
    /// over it. At most `limits::FALLBACKS`.
    pub fallbacks: Vec<Body>,
    /// The chain as a whole.
    pub chain: Chain,
}

impl Draft {
    /// A call for a model at an instant, everything else absent.
    pub fn new(model: impl Into<String>, at: Instant) -> Self {
        let body = Body {
            model: Some(model.into()),
            messages: true,
            ..Body::default()
        };
        Self {
            endpoint: None,
            at,
            attributes: BTreeMap::new(),
            auth: Auth::NotJudged,
            auth_header: None,
            body,
            fallbacks: Vec::new(),
            chain: Chain::default(),
        }
    }
}

/// An attribute's value, checked against its declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// True or false.
    Bool(bool),
    /// The index of an enumeration's value.
    Choice(u32),
    /// The index of a table's row.
    Row(u32),
    /// A whole number.
    Integer(i64),
    /// Free text.
    Text(String),
}

/// One effective request's own part: its body with the policy's defaults, its model resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The body.
    pub body: Body,
    /// The model id with the policy's prefix removed.
    pub model_text: Option<String>,
    /// What the id stands for at the request's instant.
    pub target: Option<AliasTarget>,
    /// When the id may come to stand for something else.
    pub target_changes: Option<Instant>,
}

/// A call that an engine has accepted: every id in it belongs to that engine's catalog and policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub(crate) caller: Caller,
    pub(crate) at: Instant,
    pub(crate) auth: Auth,
    pub(crate) auth_header: Option<String>,
    pub(crate) primary: Effective,
    pub(crate) fallbacks: Vec<Effective>,
    pub(crate) chain: Chain,
}

impl Request {
    /// The instant it is judged for.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// The endpoint called.
    pub fn endpoint(&self) -> EndpointId {
        self.caller.endpoint
    }

    /// The posted body's effective request.
    pub fn primary(&self) -> &Effective {
        &self.primary
    }

    /// The first fault of the chain.
    pub fn chain_fault(&self) -> Option<&ChainFault> {
        self.chain.fault.as_ref()
    }

    /// The fallbacks' effective requests, in order.
    pub fn fallbacks(&self) -> &[Effective] {
        &self.fallbacks
    }
}

/// Why a draft cannot be judged by an engine: a wrong input, never a refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The endpoint is not in the catalog.
    #[error("no endpoint `{name}`{near}")]
    UnknownEndpoint {
        /// As given.
        name: String,
        /// A near spelling, worded, or nothing.
        near: String,
    },
    /// None was named and the catalog has no default endpoint.
    #[error("name an endpoint: this catalog has no default one")]
    NoEndpoint,
    /// The attribute is not declared.
    #[error("no attribute `{name}` in this policy{near}")]
    UnknownAttribute {
        /// As given.
        name: String,
        /// A near spelling, worded, or nothing.
        near: String,
    },
    /// The value is not one the attribute's declaration allows.
    #[error("attribute `{name}` does not take `{value}`: {expected}")]
    BadAttribute {
        /// The attribute.
        name: String,
        /// As given.
        value: String,
        /// What it takes.
        expected: String,
    },
    /// The attribute has no default and was not given.
    #[error("attribute `{name}` is needed: {expected}")]
    MissingAttribute {
        /// The attribute.
        name: String,
        /// What it takes.
        expected: String,
    },
    /// More fallbacks than `limits::FALLBACKS`.
    #[error("more than {0} fallbacks")]
    TooManyFallbacks(usize),
}

/// Everything for which a draft cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct RequestErrors(pub Vec<RequestError>);
