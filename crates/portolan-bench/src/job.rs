//! The job that every contender does: what is asked, what is known of the models, what is
//! answered. How requests and catalogs come about lives in `generate.rs`.

use std::borrow::Cow;

/// The host that is called, and the region in which it processes unless asked otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    /// In the United States.
    Us,
    /// In the European Union.
    Eu,
}

impl Host {
    /// Its name, which is its region's too.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
        }
    }
}

/// One request, as a gateway holds it after reading its JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    /// The host called.
    pub(crate) host: Host,
    /// The model as written.
    pub(crate) model: String,
    /// The region asked for.
    pub(crate) model_region: Option<String>,
    /// A stream is wanted.
    pub(crate) stream: bool,
    /// Input tokens.
    pub(crate) input_tokens: i64,
    /// The most tokens to produce.
    pub(crate) max_tokens: i64,
    /// When, in seconds of Unix time.
    pub(crate) at: i64,
}

/// What the catalog says of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact of the catalog"
)]
pub(crate) struct Model {
    /// Its id.
    pub(crate) id: String,
    /// Who runs it.
    pub(crate) provider: &'static str,
    /// Sold in the United States.
    pub(crate) us: bool,
    /// Sold in the European Union.
    pub(crate) eu: bool,
    /// Sold for processing anywhere, through the host in the United States.
    pub(crate) global: bool,
    /// Can be called from here on, in seconds of Unix time.
    pub(crate) released: i64,
    /// Cannot be called from here on.
    pub(crate) retires: Option<i64>,
    /// The largest sum of input tokens and `max_tokens`.
    pub(crate) context_window: i64,
    /// The largest `max_tokens`.
    pub(crate) max_output: i64,
    /// List price of a million input tokens, in cents.
    pub(crate) input_cents: i64,
    /// List price of a million output tokens, in cents.
    pub(crate) output_cents: i64,
    /// It can stream.
    pub(crate) streams: bool,
}

/// The seven reasons, in the order in which they are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// `model_region` is something else than `global`.
    InvalidModelRegion,
    /// Nobody knows the model.
    ModelNotFound,
    /// Before its release, or at or after its retirement.
    ModelNotAvailable,
    /// `global` is asked of a model or a host that does not have it.
    GlobalNotEligible,
    /// Not sold in the host's region.
    ModelNotInRegion,
    /// `max_tokens` above the output limit.
    MaxTokensOutOfRange,
    /// Input and `max_tokens` above the context window.
    ContextWindowExceeded,
}

impl Reason {
    /// In order.
    pub(crate) const ALL: [Self; 7] = [
        Self::InvalidModelRegion,
        Self::ModelNotFound,
        Self::ModelNotAvailable,
        Self::GlobalNotEligible,
        Self::ModelNotInRegion,
        Self::MaxTokensOutOfRange,
        Self::ContextWindowExceeded,
    ];

    /// Its code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::InvalidModelRegion => "invalid-model-region",
            Self::ModelNotFound => "model-not-found",
            Self::ModelNotAvailable => "model-not-available",
            Self::GlobalNotEligible => "global-not-eligible",
            Self::ModelNotInRegion => "model-not-in-region",
            Self::MaxTokensOutOfRange => "max-tokens-out-of-range",
            Self::ContextWindowExceeded => "context-window-exceeded",
        }
    }

    /// Its HTTP status.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::ModelNotFound | Self::ModelNotAvailable | Self::ModelNotInRegion => 404,
            Self::InvalidModelRegion
            | Self::GlobalNotEligible
            | Self::MaxTokensOutOfRange
            | Self::ContextWindowExceeded => 400,
        }
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict<'a> {
    /// Not allowed.
    Refuse {
        /// HTTP status.
        status: u16,
        /// Why.
        code: &'a str,
    },
    /// Not allowed, by a contender that cannot say why.
    Denied,
    /// Allowed, by a contender that cannot say where.
    #[cfg(feature = "engines")]
    Allowed,
    /// Allowed, and where.
    Route(Shipment<'a>),
}

/// Where an allowed request goes first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shipment<'a> {
    /// The URL to post to.
    pub(crate) url: Cow<'a, str>,
    /// The bucket in which its usage is counted.
    pub(crate) usage_region: &'a str,
    /// A million input tokens, in billionths of a US dollar.
    pub(crate) input: i64,
    /// A million output tokens, in billionths of a US dollar.
    pub(crate) output: i64,
    /// How many warnings there are.
    pub(crate) warnings: usize,
}

impl Verdict<'_> {
    /// Refuses for a reason.
    pub(crate) const fn refuse(reason: Reason) -> Self {
        Self::Refuse {
            status: reason.status(),
            code: reason.code(),
        }
    }

    /// Whether it refuses.
    pub(crate) const fn refuses(&self) -> bool {
        matches!(self, Self::Refuse { .. } | Self::Denied)
    }

    /// Whether it says the same as a full verdict, as far as it says anything.
    pub(crate) fn agrees_with(&self, full: &Verdict<'_>) -> bool {
        match self {
            Self::Denied => full.refuses(),
            #[cfg(feature = "engines")]
            Self::Allowed => !full.refuses(),
            Self::Refuse { .. } | Self::Route(_) => self == full,
        }
    }
}

/// 2026-07-01: from here on processing in a region costs a tenth more.
pub(crate) const PREMIUM_FROM: i64 = 1_782_864_000;

/// Where the host in the United States is called.
pub(crate) const URL_US: &str = "https://gateway.us.example.com/v1/chat/completions";

/// Where the host in the European Union is called.
pub(crate) const URL_EU: &str = "https://gateway.eu.example.com/v1/chat/completions";
