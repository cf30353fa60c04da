//! A call in borrowed, plain values: what a host fills in where it wants a decision without
//! building a [`Draft`](super::Draft).
//!
//! Nothing here allocates. What reads JSON builds drafts instead.

use std::collections::BTreeSet;

use super::{AttributeValue, Auth, Body, Chain, ChainFaultKind, Effective, Fault, Request};
use crate::catalog::EndpointId;
use crate::decimal::Decimal;
use crate::instant::Instant;

/// Who calls, and through which endpoint: accepted by an engine once, used for many calls.
///
/// What it holds means something to that engine only. Another one, as after a reload, refuses
/// every call of it: accept it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub(crate) endpoint: EndpointId,
    pub(crate) attributes: Vec<Option<AttributeValue>>,
    /// Where its rows begin among those of each kind, in the compiled form of that engine.
    pub(crate) row: u32,
    /// The attributes as the compiled form of that engine reads them.
    pub(crate) codes: Vec<i64>,
    /// How the snapshot of that engine begins.
    pub(crate) stamp: u64,
}

impl Caller {
    /// The endpoint called.
    pub fn endpoint(&self) -> EndpointId {
        self.endpoint
    }
}

/// One call. Its endpoint and attributes belong to the engine that accepted the caller.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Who calls.
    pub caller: &'a Caller,
    /// The instant it is judged for.
    pub at: Instant,
    /// How the caller authenticated.
    pub auth: Auth,
    /// The header that held the key, as sent, where it is not the right one.
    pub auth_header: Option<&'a str>,
    /// The posted body.
    pub body: Fields<'a>,
    /// Each fallback's effective body, in order; at most `limits::FALLBACKS` are looked at.
    pub fallbacks: &'a [Fields<'a>],
    /// What the body says about the chain of fallbacks as a whole.
    pub chain: ChainFields,
}

impl<'a> Call<'a> {
    /// A call without fallbacks, its authentication not judged.
    pub fn new(caller: &'a Caller, at: Instant, body: Fields<'a>) -> Self {
        Self {
            caller,
            at,
            auth: Auth::NotJudged,
            auth_header: None,
            body,
            fallbacks: &[],
            chain: ChainFields::default(),
        }
    }

    /// Entries of `fallbacks` as sent: no fewer than there are.
    pub(crate) fn sent(&self) -> i64 {
        let own = i64::try_from(self.fallbacks.len()).unwrap_or(i64::MAX);
        self.chain.count.max(own)
    }

    /// The same call with fallbacks.
    #[must_use]
    pub fn with_fallbacks(self, fallbacks: &'a [Fields<'a>]) -> Self {
        let count = i64::try_from(fallbacks.len()).unwrap_or(i64::MAX);
        let chain = ChainFields {
            count,
            ..self.chain
        };
        Self {
            fallbacks,
            chain,
            ..self
        }
    }
}

/// What a body says about the chain of fallbacks as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainFields {
    /// `fallback_config.depth`.
    pub depth: Option<i64>,
    /// `fallback_config.retry`.
    pub retry: Option<bool>,
    /// Entries of `fallbacks` as sent.
    pub count: i64,
    /// The kind of the chain's first fault.
    pub fault: Option<ChainFaultKind>,
}

impl From<&Chain> for ChainFields {
    fn from(chain: &Chain) -> Self {
        Self {
            depth: chain.depth,
            retry: chain.retry,
            count: chain.count,
            fault: chain.fault.as_ref().map(|fault| fault.kind),
        }
    }
}

static NOTHING: BTreeSet<String> = BTreeSet::new();

/// The fields of one effective body, borrowed. The default is a body without any.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one field of the schema, as the body says it"
)]
pub struct Fields<'a> {
    /// The model as written.
    pub model: Option<&'a str>,
    /// The region asked for.
    pub model_region: Option<&'a str>,
    /// The most tokens to produce.
    pub max_tokens: Option<i64>,
    /// Input tokens, counted by the caller or estimated.
    pub input_tokens: i64,
    /// The input tokens are an estimate of about 4 characters a token.
    pub input_tokens_estimated: bool,
    /// `messages` is there.
    pub messages: bool,
    /// `prompt` is there.
    pub prompt: bool,
    /// The answer is wanted as a stream.
    pub stream: bool,
    /// Everything else.
    pub rest: Rest<'a>,
}

/// The fields that fewer bodies have.
#[derive(Debug, Clone, Copy, Default)]
pub enum Rest<'a> {
    /// None of them is there.
    #[default]
    Nothing,
    /// Those of an owned body.
    Body(&'a Body),
    /// Borrowed ones.
    Extras(&'a Extras<'a>),
}

/// The fields that fewer bodies have, borrowed. The default is none of them.
#[derive(Debug, Clone, Copy)]
pub struct Extras<'a> {
    /// Sampling temperature.
    pub temperature: Option<Decimal>,
    /// Nucleus sampling.
    pub top_p: Option<Decimal>,
    /// `none`, `auto`, `required`, `function` for an object that names one, else as written.
    pub tool_choice: Option<&'a str>,
    /// The `type` of `response_format`.
    pub response_format: Option<&'a str>,
    /// The `effort` of `reasoning`.
    pub reasoning_effort: Option<&'a str>,
    /// The service tier asked for.
    pub service_tier: Option<&'a str>,
    /// Zero data retention asked for.
    pub zero_data_retention: Option<bool>,
    /// The transcript to inject.
    pub transcript_id: Option<&'a str>,
    /// The transcript id is not 1 to 64 letters, digits and hyphens.
    pub transcript_id_malformed: bool,
    /// Some message holds the exact tag `{{ transcript }}`.
    pub has_transcript_tag: bool,
    /// Types of the steps of `post_processing_steps`.
    pub post_processing: &'a BTreeSet<String>,
    /// Types of the parts of message contents; a string is `text`.
    pub content: &'a BTreeSet<String>,
    /// Types of the tools.
    pub tool_types: &'a BTreeSet<String>,
    /// The parameters that the body uses.
    pub parameters: &'a BTreeSet<String>,
    /// The first fault of the shape.
    pub fault: Option<&'a Fault>,
}

impl Default for Extras<'_> {
    fn default() -> Self {
        Self {
            temperature: None,
            top_p: None,
            tool_choice: None,
            response_format: None,
            reasoning_effort: None,
            service_tier: None,
            zero_data_retention: None,
            transcript_id: None,
            transcript_id_malformed: false,
            has_transcript_tag: false,
            post_processing: &NOTHING,
            content: &NOTHING,
            tool_types: &NOTHING,
            parameters: &NOTHING,
            fault: None,
        }
    }
}

impl<'a> From<&'a Body> for Extras<'a> {
    fn from(body: &'a Body) -> Self {
        Self {
            temperature: body.temperature,
            top_p: body.top_p,
            tool_choice: body.tool_choice.as_deref(),
            response_format: body.response_format.as_deref(),
            reasoning_effort: body.reasoning_effort.as_deref(),
            service_tier: body.service_tier.as_deref(),
            zero_data_retention: body.zero_data_retention,
            transcript_id: body.transcript_id.as_deref(),
            transcript_id_malformed: body.transcript_id_malformed,
            has_transcript_tag: body.has_transcript_tag,
            post_processing: &body.post_processing,
            content: &body.content,
            tool_types: &body.tool_types,
            parameters: &body.parameters,
            fault: body.faults.first(),
        }
    }
}

impl<'a> From<&'a Body> for Fields<'a> {
    fn from(body: &'a Body) -> Self {
        Self {
            model: body.model.as_deref(),
            model_region: body.model_region.as_deref(),
            max_tokens: body.max_tokens,
            input_tokens: body.input_tokens,
            input_tokens_estimated: body.input_tokens_estimated,
            messages: body.messages,
            prompt: body.prompt,
            stream: body.stream,
            rest: Rest::Body(body),
        }
    }
}

impl<'a> Rest<'a> {
    /// The service tier asked for.
    pub(crate) fn service_tier(self) -> Option<&'a str> {
        match self {
            Self::Nothing => None,
            Self::Body(body) => body.service_tier.as_deref(),
            Self::Extras(extras) => extras.service_tier,
        }
    }

    /// All of them.
    pub fn extras(self) -> Extras<'a> {
        match self {
            Self::Nothing => Extras::default(),
            Self::Body(body) => body.into(),
            Self::Extras(extras) => *extras,
        }
    }
}

impl Fields<'_> {
    /// The same body, owned.
    pub fn to_body(&self) -> Body {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let extras = self.rest.extras();
        Body {
            model: text(self.model),
            messages: self.messages,
            prompt: self.prompt,
            model_region: text(self.model_region),
            max_tokens: self.max_tokens,
            temperature: extras.temperature,
            top_p: extras.top_p,
            stream: self.stream,
            tool_choice: text(extras.tool_choice),
            response_format: text(extras.response_format),
            reasoning_effort: text(extras.reasoning_effort),
            service_tier: text(extras.service_tier),
            zero_data_retention: extras.zero_data_retention,
            transcript_id: text(extras.transcript_id),
            transcript_id_malformed: extras.transcript_id_malformed,
            has_transcript_tag: extras.has_transcript_tag,
            post_processing: extras.post_processing.clone(),
            content: extras.content.clone(),
            tool_types: extras.tool_types.clone(),
            parameters: extras.parameters.clone(),
            input_tokens: self.input_tokens,
            input_tokens_estimated: self.input_tokens_estimated,
            faults: extras.fault.into_iter().cloned().collect(),
            paths: std::collections::BTreeMap::new(),
        }
    }
}

/// The effective bodies of a chain of fallbacks, however they are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fallbacks<'a> {
    /// Beside a call.
    Borrowed(&'a [Fields<'a>]),
    /// In a request.
    Owned(&'a [Effective]),
}

impl<'a> Fallbacks<'a> {
    /// How many are looked at.
    #[inline]
    pub(crate) fn count(self) -> usize {
        let sent = match self {
            Self::Borrowed(fields) => fields.len(),
            Self::Owned(effective) => effective.len(),
        };
        sent.min(crate::limits::FALLBACKS)
    }

    /// One of them.
    #[inline]
    pub(crate) fn fields(self, position: usize) -> Option<Fields<'a>> {
        match self {
            Self::Borrowed(fields) => fields.get(position).copied(),
            Self::Owned(effective) => effective.get(position).map(|e| (&e.body).into()),
        }
    }
}

impl Request {
    /// The call without its fallbacks, borrowed.
    pub(crate) fn call(&self) -> Call<'_> {
        Call {
            caller: &self.caller,
            at: self.at,
            auth: self.auth,
            auth_header: self.auth_header.as_deref(),
            body: (&self.primary.body).into(),
            fallbacks: &[],
            chain: (&self.chain).into(),
        }
    }
}
