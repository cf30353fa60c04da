//! The checked catalog: what may be called, where it runs, when, and at what price.
//!
//! Built only by `validate`; every id in it resolves, every window is disjoint, every amount is
//! exact. What a fact means for one route is `route.rs`'s.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

use super::few::Few;
use super::ranking::Ranking;
use crate::decimal::Decimal;
use crate::instant::{Dated, Instant, Window};
use crate::near;
use crate::place::{PlaceId, Places};
use crate::source::Span;

/// The parameters that a body may use and a catalog may list for a model, by their name in a body.
///
/// What says which model, where, what to answer to, and how much, is not a parameter: every model
/// takes `model`, `model_region`, `messages`, `prompt`, `max_tokens`; `stream` is a capability;
/// fallbacks, post-processing and transcripts are the gateway's own.
pub const PARAMETERS: [&str; 26] = [
    "cache_control",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "min_p",
    "modalities",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "reasoning_effort",
    "repetition_penalty",
    "response_format",
    "seed",
    "stop",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
    "verbosity",
];

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the catalog's list.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

id!(
    /// A model.
    ModelId
);
id!(
    /// An offering: a model as sold in one region.
    OfferingId
);
id!(
    /// A region.
    RegionId
);
id!(
    /// An endpoint.
    EndpointId
);
id!(
    /// A provider.
    ProviderId
);
id!(
    /// A maker.
    MakerId
);
id!(
    /// A kind of score.
    ScoreId
);

/// A sorted set of short names: capabilities, parameters. Equal sets of a catalog are one.
pub type Names = Arc<BTreeSet<Box<str>>>;

/// How long a provider keeps inputs and outputs. `Unknown` is longer than anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Retention {
    /// Days kept; 0 is zero data retention.
    Days(u32),
    /// Nobody says: the worst.
    Unknown,
}

/// What an endpoint does itself, so that the plan does not ask for it twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Executes {
    /// Retries failed calls.
    Retry,
    /// Walks the `fallbacks` of a body.
    Fallbacks,
    /// Repairs malformed JSON.
    JsonRepair,
    /// Injects a transcript.
    Transcript,
}

impl Executes {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Retry,
        Self::Fallbacks,
        Self::JsonRepair,
        Self::Transcript,
    ];

    /// Its word, as catalogs and plans have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Fallbacks => "fallbacks",
            Self::JsonRepair => "json-repair",
            Self::Transcript => "transcript",
        }
    }
}

/// A name under which processing is sold.
#[derive(Debug, Clone)]
pub struct Region {
    /// Its name.
    pub name: Box<str>,
    /// Default processing places of its routes.
    pub processing: Dated<Vec<PlaceId>>,
    /// Default storage places of its routes.
    pub storage: Dated<Vec<PlaceId>>,
    /// What list prices are multiplied by here.
    pub multiplier: Dated<Decimal>,
    /// The bucket that usage is counted in; the name where none is given.
    pub usage: Box<str>,
    /// URL template of its routes, where the region decides it.
    pub url: Option<Box<str>>,
    /// Where it is declared.
    pub span: Span,
}

/// A host that clients call.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its name.
    pub name: Box<str>,
    /// The host, exact.
    pub host: Box<str>,
    /// URL template; slots are `{host}`, `{endpoint}`, `{region}`, `{model}`, `{upstream_id}`.
    pub url: Box<str>,
    /// Where a request enters.
    pub ingress: Dated<Vec<PlaceId>>,
    /// The region in which it processes by default.
    pub region: RegionId,
    /// Chosen where a request names none; at most one endpoint is.
    pub default: bool,
    /// What it does itself.
    pub executes: BTreeSet<Executes>,
    /// Where it is declared.
    pub span: Span,
}

/// Who runs an offering.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name.
    pub name: Box<str>,
    /// What people call it.
    pub title: Option<Box<str>>,
    /// How long it keeps data.
    pub retention: Dated<Retention>,
    /// Processing places, where the provider decides them rather than the region.
    pub processing: Dated<Vec<PlaceId>>,
    /// Storage places, where the provider decides them rather than the region.
    pub storage: Dated<Vec<PlaceId>>,
    /// URL template, where the provider decides it.
    pub url: Option<Box<str>>,
    /// Where it is declared.
    pub span: Span,
}

/// Who trained a model.
#[derive(Debug, Clone)]
pub struct Maker {
    /// Its name.
    pub name: Box<str>,
    /// What people call it.
    pub title: Option<Box<str>>,
    /// Where it is declared.
    pub span: Span,
}

/// A kind of score that models carry; the first one declared ranks alternatives.
#[derive(Debug, Clone)]
pub struct ScoreKind {
    /// Its name.
    pub name: Box<str>,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// Its unit, for people.
    pub unit: Option<Box<str>>,
    /// Where it is declared.
    pub span: Span,
}

/// Amounts in US dollars per million tokens, for one stretch of time and one tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// When it holds.
    pub window: Window,
    /// Holds for more input tokens than this; 0 for the lowest tier.
    pub above_input_tokens: u64,
    /// The service tier it is for; `None` is the standard one.
    pub service_tier: Option<Box<str>>,
    /// Input tokens.
    pub input: Option<Decimal>,
    /// Output tokens.
    pub output: Option<Decimal>,
    /// Input tokens read from a cache.
    pub cache_read: Option<Decimal>,
    /// Input tokens written to a cache.
    pub cache_write: Option<Decimal>,
}

/// The scores of a model.
#[derive(Debug, Clone, Default)]
pub struct Scores(Box<[(ScoreId, Dated<Decimal>)]>);

impl Scores {
    /// The score of this kind.
    pub fn get(&self, kind: ScoreId) -> Option<&Dated<Decimal>> {
        let found = self.0.iter().find(|(id, _)| *id == kind);
        found.map(|(_, score)| score)
    }
}

impl FromIterator<(ScoreId, Dated<Decimal>)> for Scores {
    fn from_iter<I: IntoIterator<Item = (ScoreId, Dated<Decimal>)>>(scores: I) -> Self {
        Self(scores.into_iter().collect())
    }
}

/// A model: an opaque, case-sensitive id with dated facts.
#[derive(Debug, Clone)]
pub struct Model {
    /// The id.
    pub id: Box<str>,
    /// What people call it.
    pub title: Option<Box<str>>,
    /// Who trained it.
    pub maker: Option<MakerId>,
    /// From when it can be called.
    pub released: Option<Instant>,
    /// From when it can no longer be called.
    pub retires: Option<Instant>,
    /// What its maker or gateway names as its replacement.
    pub successor: Option<ModelId>,
    /// The largest legal total of input and output tokens.
    pub context_window: Dated<u64>,
    /// The largest legal `max_tokens`.
    pub max_output: Dated<u64>,
    /// What it can do.
    pub capabilities: Dated<Names>,
    /// The request parameters it takes; unknown where never given.
    pub parameters: Dated<Names>,
    /// Its scores.
    pub scores: Scores,
    /// List prices.
    pub price: Box<[PriceRow]>,
    /// Its offerings, in catalog order.
    pub offerings: Few<OfferingId>,
    /// Where it is declared.
    pub span: Span,
}

/// A model as sold in one region. What it states itself reads as its own fields.
#[derive(Debug, Clone)]
pub struct Offering {
    /// The model.
    pub model: ModelId,
    /// The region.
    pub region: RegionId,
    /// Who runs it; every one of them may.
    pub providers: Few<ProviderId>,
    /// When it is sold.
    pub window: Window,
    /// Facts that it states itself; all offerings that state none share one.
    pub own: Arc<Own>,
    /// Where it is declared.
    pub span: Span,
}

impl Deref for Offering {
    type Target = Own;

    fn deref(&self) -> &Own {
        &self.own
    }
}

/// What an offering states itself, rather than its model, region and providers: mostly nothing.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// The endpoints that reach it; `None` is all.
    pub endpoints: Option<Vec<EndpointId>>,
    /// The id it has upstream, where it differs from the model's.
    pub upstream_id: Option<Box<str>>,
    /// URL template, where the offering decides it.
    pub url: Option<Box<str>>,
    /// Processing places, where they differ from the region's and providers'.
    pub processing: Dated<Vec<PlaceId>>,
    /// Storage places, where they differ.
    pub storage: Dated<Vec<PlaceId>>,
    /// Retention, where it differs from the providers'.
    pub retention: Dated<Retention>,
    /// Its own context window, where it differs from the model's.
    pub context_window: Dated<u64>,
    /// Its own output limit, where it differs.
    pub max_output: Dated<u64>,
    /// Its own capabilities, where they differ.
    pub capabilities: Dated<Names>,
    /// Its own parameters, where they differ.
    pub parameters: Dated<Names>,
    /// Its own prices, absolute: neither the model's list price nor the multiplier applies.
    pub price: Box<[PriceRow]>,
    /// Its own multiplier of the list price.
    pub multiplier: Dated<Decimal>,
    /// Facts of the pair (this offering, one endpoint), where they differ again.
    pub pairs: Box<[Pair]>,
}

/// Facts of one offering through one endpoint; each overrides the offering's.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Processing places.
    pub processing: Dated<Vec<PlaceId>>,
    /// Storage places.
    pub storage: Dated<Vec<PlaceId>>,
    /// Retention.
    pub retention: Dated<Retention>,
    /// Upstream id.
    pub upstream_id: Option<Box<str>>,
    /// URL template.
    pub url: Option<Box<str>>,
    /// Where it is declared.
    pub span: Span,
}

/// A dated second id of a model, or of one of its offerings.
#[derive(Debug, Clone)]
pub struct Alias {
    /// The second id.
    pub id: Box<str>,
    /// What it stands for, and when.
    pub target: Dated<AliasTarget>,
    /// Where it is declared.
    pub span: Span,
}

/// What an alias stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AliasTarget {
    /// The model.
    pub model: ModelId,
    /// Only its offerings in this region, where the alias says so.
    pub region: Option<RegionId>,
}

/// Everything that may be called, checked.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Countries and named places.
    pub places: Places,
    /// Kinds of scores, in order of declaration.
    pub scores: Vec<ScoreKind>,
    /// The capabilities that models may have.
    pub capabilities: Names,
    /// The parameters that models may take, beyond those every request schema knows.
    pub parameters: Names,
    /// Regions.
    pub regions: Vec<Region>,
    /// Endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Providers.
    pub providers: Vec<Provider>,
    /// Makers.
    pub makers: Vec<Maker>,
    /// Models.
    pub models: Vec<Model>,
    /// Offerings.
    pub offerings: Vec<Offering>,
    /// Aliases.
    pub aliases: Vec<Alias>,
    /// Ids of models, then of aliases.
    pub(super) ids: near::Index,
    /// Models by score.
    pub(super) ranking: Ranking,
}
