//! What an adapter finds by itself, and its words: faults of the transport, of keys and of
//! upstreams. What a policy refuses is not here.
//!
//! No status is 408 or 409: the SDKs of `OpenAI` repeat both, and neither fault goes away by that.

use portolan_core::text::{echo, quoted};

use super::Trouble;

/// One fault, with what its words need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault<'a> {
    /// 404: nothing is served there.
    NoSuchPath {
        /// The path that was asked for.
        path: &'a str,
    },
    /// 404: the speech-to-text API of this region has no such transcript.
    TranscriptNotFound {
        /// The id that was sent.
        id: &'a str,
        /// The region that was asked.
        region: &'a str,
    },
    /// 405: the path takes other methods.
    MethodNotAllowed {
        /// What was sent.
        method: &'a str,
        /// What the path takes.
        allowed: &'a [&'a str],
    },
    /// 400: the body broke off.
    BodyIncomplete,
    /// 413: the body is longer than may be read.
    BodyTooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// 415: not JSON.
    UnsupportedMediaType {
        /// The `content-type`.
        found: &'a str,
    },
    /// 415: a compressed request.
    CompressedRequest {
        /// The `content-encoding`.
        found: &'a str,
    },
    /// 421: nobody listens for this host.
    WrongHost {
        /// The host that was named.
        host: &'a str,
    },
    /// 401: a key that the policy's table does not have.
    UnknownKey,
    /// 403: the key may not do this.
    KeyOutOfScope {
        /// What it may not do.
        what: &'a str,
    },
    /// 403: the key belongs to another region.
    KeyWrongRegion {
        /// Where it was used.
        used: &'a str,
        /// Where it is valid.
        valid: &'a [&'a str],
    },
    /// 403: the key's budget is used up.
    BudgetExhausted,
    /// 500: what the host says of itself does not fit the policy.
    Misconfigured {
        /// What does not fit.
        what: &'a str,
    },
    /// 400: an envelope that asks for a decision is wrong.
    WrongEnvelope {
        /// What is wrong with it.
        what: &'a str,
    },
    /// 400: what passes through holds a call to a model, and readers differ on which.
    AmbiguousField {
        /// The field.
        field: &'a str,
    },
    /// 400: no object of JSON, where one is read.
    InvalidJson,
    /// 426: the path is a WebSocket's.
    UpgradeRequired,
    /// 403: where a call would pass on to is outside a lock of the policy. The code is the lock's
    /// own where it has one.
    OutsideLock {
        /// The lock's name.
        lock: &'a str,
        /// Where it would go.
        host: &'a str,
        /// Where that is.
        place: &'a str,
    },
    /// 500: JSON was asked for, and what the model wrote cannot be made into any.
    JsonNotRepaired {
        /// The model that was asked.
        model: &'a str,
    },
    /// 429: more calls at once than a limit allows, found when one was about to be made.
    LimitReached {
        /// The model that was asked.
        model: &'a str,
        /// Calls that one window allows.
        requests: i64,
        /// Seconds until the next one begins.
        reset_s: i64,
    },
    /// 502: what the upstream sent is no answer.
    UpstreamInvalid {
        /// The model that was asked.
        model: &'a str,
    },
    /// 502: the upstream sent a redirect, which is never followed.
    UpstreamRedirected {
        /// The model that was asked.
        model: &'a str,
    },
    /// 502: the upstream could not be reached, or broke off before it answered.
    UpstreamUnreachable {
        /// The model that was asked.
        model: &'a str,
    },
    /// 502: the upstream does not take the key that this gateway has for it.
    UpstreamKeyRefused {
        /// The model that was asked.
        model: &'a str,
    },
    /// 502: an answer that had begun broke off.
    StreamBroken {
        /// The model that was asked.
        model: &'a str,
    },
    /// 503: the process is about to stop.
    Draining,
    /// 504: the plan's time is over.
    DeadlineExceeded {
        /// Milliseconds that the plan gave.
        after_ms: i64,
    },
}

impl Fault<'_> {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoSuchPath { .. } => "no-such-path",
            Self::TranscriptNotFound { .. } => "transcript-not-found",
            Self::MethodNotAllowed { .. } => "method-not-allowed",
            Self::BodyIncomplete => "body-incomplete",
            Self::BodyTooLarge { .. } => "body-too-large",
            Self::UnsupportedMediaType { .. } => "unsupported-media-type",
            Self::CompressedRequest { .. } => "compressed-request",
            Self::WrongHost { .. } => "wrong-host",
            Self::UnknownKey => "unknown-key",
            Self::KeyOutOfScope { .. } => "key-out-of-scope",
            Self::KeyWrongRegion { .. } => "key-wrong-region",
            Self::BudgetExhausted => "budget-exhausted",
            Self::Misconfigured { .. } => "misconfigured",
            Self::WrongEnvelope { .. } => "wrong-envelope",
            Self::AmbiguousField { .. } => "ambiguous-field",
            Self::InvalidJson => "invalid-json",
            Self::UpgradeRequired => "upgrade-required",
            Self::OutsideLock { .. } => "lock-not-met",
            Self::JsonNotRepaired { .. } => "json-not-repaired",
            Self::LimitReached { .. } => "limit-reached",
            Self::UpstreamInvalid { .. } => "upstream-invalid",
            Self::UpstreamUnreachable { .. } => "upstream-unreachable",
            Self::UpstreamKeyRefused { .. } => "upstream-key-refused",
            Self::StreamBroken { .. } => "stream-broken",
            Self::UpstreamRedirected { .. } => "upstream-redirected",
            Self::Draining => "draining",
            Self::DeadlineExceeded { .. } => "deadline-exceeded",
        }
    }

    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::BodyIncomplete
            | Self::WrongEnvelope { .. }
            | Self::AmbiguousField { .. }
            | Self::InvalidJson => 400,
            Self::UnknownKey => 401,
            Self::KeyOutOfScope { .. }
            | Self::KeyWrongRegion { .. }
            | Self::BudgetExhausted
            | Self::OutsideLock { .. } => 403,
            Self::NoSuchPath { .. } | Self::TranscriptNotFound { .. } => 404,
            Self::MethodNotAllowed { .. } => 405,
            Self::BodyTooLarge { .. } => 413,
            Self::UnsupportedMediaType { .. } | Self::CompressedRequest { .. } => 415,
            Self::WrongHost { .. } => 421,
            Self::UpgradeRequired => 426,
            Self::LimitReached { .. } => 429,
            Self::Misconfigured { .. } | Self::JsonNotRepaired { .. } => 500,
            Self::UpstreamInvalid { .. }
            | Self::UpstreamRedirected { .. }
            | Self::UpstreamUnreachable { .. }
            | Self::UpstreamKeyRefused { .. }
            | Self::StreamBroken { .. } => 502,
            Self::Draining => 503,
            Self::DeadlineExceeded { .. } => 504,
        }
    }

    /// Whether the same request may succeed later. A redirect stands in a configuration and stays.
    const fn retryable(&self) -> bool {
        matches!(
            self,
            Self::LimitReached { .. }
                | Self::UpstreamInvalid { .. }
                | Self::UpstreamUnreachable { .. }
                | Self::StreamBroken { .. }
                | Self::Draining
                | Self::DeadlineExceeded { .. }
        )
    }

    const fn retry_after_s(&self) -> Option<i64> {
        if let Self::LimitReached { reset_s, .. } = self {
            return Some(*reset_s);
        }
        if matches!(self, Self::Draining) {
            return Some(1);
        }
        None
    }

    fn message(&self) -> String {
        match self {
            Self::NoSuchPath { path } => format!("there is no path `{}`", echo(path)),
            Self::TranscriptNotFound { id, region } => {
                format!("region `{}` has no transcript `{}`", echo(region), echo(id))
            }
            Self::MethodNotAllowed { method, .. } => {
                format!("the path does not take `{}`", echo(method))
            }
            Self::BodyIncomplete => "the body broke off".to_owned(),
            Self::BodyTooLarge { limit } => format!("the body is longer than {limit} bytes"),
            Self::UnsupportedMediaType { found } => {
                format!("the body is `{}`, not JSON", echo(found))
            }
            Self::CompressedRequest { found } => {
                format!("the body is compressed with `{}`", echo(found))
            }
            Self::WrongHost { host } => format!("host `{}` is not served here", echo(host)),
            Self::UnknownKey => "the key is not known".to_owned(),
            Self::KeyOutOfScope { what } => format!("the key does not allow {what}"),
            Self::KeyWrongRegion { used, .. } => {
                format!("the key is not valid in region `{}`", echo(used))
            }
            Self::BudgetExhausted => "the budget of the key is used up".to_owned(),
            Self::Misconfigured { what } => {
                format!("the host does not fit its policy: {}", echo(what))
            }
            Self::UpstreamInvalid { model } => format!(
                "what the upstream of `{}` sent is not an answer",
                echo(model)
            ),
            Self::WrongEnvelope { what } => echo(what),
            Self::AmbiguousField { field } => {
                format!("`{}` stands where readers differ", echo(field))
            }
            Self::InvalidJson => "the body is no object of JSON".to_owned(),
            Self::UpgradeRequired => "the path is a WebSocket".to_owned(),
            Self::OutsideLock { lock, host, place } => format!(
                "`{}`, in `{}`, is outside the lock `{}`",
                echo(host),
                echo(place),
                echo(lock)
            ),
            Self::JsonNotRepaired { model } => format!(
                "what `{}` wrote is no JSON and cannot be made into any",
                echo(model)
            ),
            Self::LimitReached {
                model, requests, ..
            } => format!("`{}` has used its {requests} requests", echo(model)),
            Self::UpstreamUnreachable { model } => {
                format!("the upstream of `{}` gave no answer", echo(model))
            }
            Self::UpstreamKeyRefused { model } => format!(
                "the upstream of `{}` does not take the key of this gateway",
                echo(model)
            ),
            Self::StreamBroken { model } => format!("the answer of `{}` broke off", echo(model)),
            Self::UpstreamRedirected { model } => {
                format!("the upstream of `{}` answered with a redirect", echo(model))
            }
            Self::Draining => "the gateway is about to stop".to_owned(),
            Self::DeadlineExceeded { after_ms } => {
                format!("no answer within {after_ms} ms")
            }
        }
    }

    fn help(&self) -> Vec<String> {
        let help = match self {
            Self::NoSuchPath { .. } => "ask for `GET /v1/models` or `POST /v1/chat/completions`",
            Self::TranscriptNotFound { .. } => {
                "name a transcript that was made in this region, with this key"
            }
            Self::MethodNotAllowed { allowed, .. } => {
                return vec![format!("use {}", quoted(allowed.iter().copied(), "or"))];
            }
            Self::BodyIncomplete => "send the whole body",
            Self::BodyTooLarge { .. } => "send less, for example fewer messages",
            Self::UnsupportedMediaType { .. } => "send `content-type: application/json`",
            Self::CompressedRequest { .. } => "send the body without `content-encoding`",
            Self::WrongHost { .. } => "call the host of a region by its name",
            Self::UnknownKey => "send a key of this gateway as `authorization: Bearer …`",
            Self::KeyOutOfScope { .. } => "use a key that allows it",
            Self::KeyWrongRegion { valid, .. } => {
                return vec![format!(
                    "it is valid in {}",
                    quoted(valid.iter().copied(), "and")
                )];
            }
            Self::BudgetExhausted => "ask whoever gave you the key to raise its budget",
            Self::WrongEnvelope { .. } => "send an envelope, or an array of them",
            Self::AmbiguousField { .. } => "send it once, at the top, spelled exactly",
            Self::InvalidJson => "send one object of JSON",
            Self::UpgradeRequired => "open it as a WebSocket, version 13",
            Self::OutsideLock { .. } => "call the path of a region that the lock allows",
            Self::JsonNotRepaired { .. } => {
                "ask for less text, or for `response_format`: the same request may fail again"
            }
            Self::LimitReached { .. } => "wait, or name fallbacks for the traffic to spill to",
            Self::Misconfigured { .. } | Self::UpstreamKeyRefused { .. } => {
                "tell whoever runs this service"
            }
            Self::UpstreamInvalid { .. }
            | Self::UpstreamUnreachable { .. }
            | Self::StreamBroken { .. }
            | Self::DeadlineExceeded { .. } => "try again",
            Self::UpstreamRedirected { .. } => {
                "correct the address of the upstream: redirects are never followed"
            }
            Self::Draining => "try again: another instance answers",
        };
        vec![help.to_owned()]
    }

    fn field(&self) -> Option<String> {
        matches!(self, Self::TranscriptNotFound { .. }).then(|| "transcript_id".to_owned())
    }
}

impl From<Fault<'_>> for Trouble {
    fn from(fault: Fault<'_>) -> Self {
        Self {
            status: fault.status(),
            code: fault.code().to_owned(),
            field: fault.field(),
            retryable: fault.retryable(),
            retry_after_s: fault.retry_after_s(),
            message: fault.message(),
            help: fault.help(),
        }
    }
}
