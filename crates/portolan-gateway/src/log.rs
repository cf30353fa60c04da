//! The decision log: one line of JSON for each answer, whatever became of the call.
//!
//! Ids, names, numbers and, where the answer was no success, the upstream's words without whatever
//! the call itself said. Never a prompt, never a key.

use std::borrow::Cow;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portolan_core::catalog::Price;
use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::audio::Heard;
use crate::budgets::Reserved;
use crate::evidence::Evidence;
use crate::observe::Observed;
use crate::reading::Slow;
use crate::steady::Afterwards;
use crate::traces::Trace;
use crate::ways::Way;

/// Bytes that a line seldom has more of.
const ROOM: usize = 1024;

/// Where lines go. One line is one write.
pub struct Log(Mutex<Box<dyn Write + Send>>);

impl Log {
    /// A log that writes there.
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(writer)))
    }

    /// A log that nobody reads.
    pub fn nowhere() -> Self {
        Self::to(std::io::sink())
    }

    /// Writes what happened to the gateway itself, in a line that is about no call.
    pub(crate) fn event(&self, at: &str, event: &str) -> bool {
        self.put(format!("{{\"at\":\"{at}\",\"event\":\"{event}\"}}").into())
    }

    /// The same with names and values that say more.
    pub(crate) fn warning(&self, at: &str, event: &str, more: &[(&str, &str)]) -> bool {
        let mut line = serde_json::Map::new();
        for (name, value) in [("at", at), ("event", event)].iter().chain(more) {
            line.insert((*name).to_owned(), (*value).into());
        }
        self.put(serde_json::Value::Object(line).to_string().into())
    }

    /// Writes a line; `false` where that is not possible. It must not stop calls: a metric says
    /// that lines are missing.
    pub(crate) fn write(&self, line: &Line) -> bool {
        let mut text = Vec::with_capacity(ROOM);
        serde_json::to_writer(&mut text, line).is_ok() && self.put(text)
    }

    fn put(&self, mut text: Vec<u8>) -> bool {
        text.push(b'\n');
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let written = writer.write_all(&text);
        written.and_then(|()| writer.flush()).is_ok()
    }
}

/// One call, from its arrival to the end of its answer.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Line {
    /// When it came; written as RFC 3339.
    #[serde(serialize_with = "written")]
    pub(crate) at: Option<Instant>,
    /// Ours.
    pub(crate) request_id: String,
    /// The upstream's, where one answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upstream_request_id: Option<String>,
    /// The client's, bounded, never adopted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_request_id: Option<String>,
    pub(crate) path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) endpoint: String,
    /// The row of the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// As asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) snapshot: Option<String>,
    /// The status that was answered; 0 where the caller was gone before.
    pub(crate) status: u16,
    /// `answered`, `refused`, `failed`, `cancelled`, `slow-reader`, `broke-off`, `observed`,
    /// `stopped`.
    pub(crate) outcome: &'static str,
    /// The code of what was not a success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// What the policy would have done, where the gateway only observes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) observed: Option<Observed>,
    /// What was to be tried, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) plan: Vec<Planned>,
    /// What was tried, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) attempts: Vec<Tried>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stream: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<Used>,
    /// What passed through, and where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) passed: Option<Passed>,
    /// What the last upstream said where that was no success, redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) upstream_body: Option<String>,
    pub(crate) ms: u64,
    /// The trace that it is part of, by its id.
    #[serde(rename = "trace_id", skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<Trace>,
    /// The model that an upstream says it answered with, where traces are wanted.
    #[serde(skip)]
    pub(crate) answered_with: Option<String>,
    /// The same as `ms`, and not cut short.
    #[serde(skip)]
    pub(crate) took: Duration,
    /// What is set aside of the key's budget.
    #[serde(skip)]
    pub(crate) reserved: Option<Reserved>,
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a field over like this"
)]
fn written<S: Serializer>(at: &Option<Instant>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_str(""),
    }
}

/// An attempt of a plan.
#[derive(Debug, Clone)]
pub(crate) struct Planned(pub(crate) Arc<Way>);

impl Serialize for Planned {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let way = &*self.0;
        let mut line = serializer.serialize_struct("Planned", 3)?;
        line.serialize_field("model", &way.model)?;
        line.serialize_field("region", &way.region)?;
        line.serialize_field("endpoint", &way.endpoint)?;
        line.end()
    }
}

/// One try of an attempt.
#[derive(Debug, Clone)]
pub(crate) struct Tried {
    /// Where.
    pub(crate) way: Arc<Way>,
    /// What its tokens cost.
    pub(crate) price: Price,
    /// `answered`, a status, or `connect`, `timeout`, `reset`, `truncated`, `garbage`, `limit`;
    /// `cancelled` where the caller went away before any of these.
    pub(crate) outcome: Cow<'static, str>,
    pub(crate) ms: u64,
    /// The upstream had the whole body and gave no answer that counts: it may bill for it.
    pub(crate) maybe_billed: bool,
    /// What the upstream said of where it served, where the configuration says how to read that.
    pub(crate) served_region: Option<Evidence>,
    /// When it began, since the call came.
    pub(crate) begun: Duration,
    pub(crate) took: Duration,
}

impl Serialize for Tried {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let way = &*self.way;
        let mut line = serializer.serialize_struct("Tried", 9)?;
        line.serialize_field("model", &way.model)?;
        line.serialize_field("region", &way.region)?;
        line.serialize_field("endpoint", &way.endpoint)?;
        line.serialize_field("url", &way.url)?;
        line.serialize_field("usage_region", &way.usage_region)?;
        line.serialize_field("outcome", &self.outcome)?;
        line.serialize_field("ms", &self.ms)?;
        if self.maybe_billed {
            line.serialize_field("maybe_billed", &true)?;
        }
        if let Some(evidence) = &self.served_region {
            line.serialize_field("served_region", evidence)?;
        }
        line.end()
    }
}

/// A call that passed through to another service.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Passed {
    /// The first segment of its path.
    pub(crate) name: String,
    pub(crate) host: String,
    /// The endpoint whose key it took.
    pub(crate) endpoint: String,
    pub(crate) place: String,
    /// Bytes of an upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<u64>,
    /// Seconds of audio, where the answer told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_s: Option<String>,
    /// The same, and what an hour costs.
    #[serde(skip)]
    pub(crate) heard: Option<(Heard, Option<Decimal>)>,
}

/// Tokens that an upstream counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Used {
    pub(crate) input: u64,
    pub(crate) output: u64,
}

/// What has become of a call of which nothing else is known: its caller went away.
pub(crate) const CANCELLED: &str = "cancelled";

/// Who takes lines, and says what has become of calls that the gateway itself has cut off.
type Sink = Arc<dyn Fn(&mut Line) + Send + Sync>;

/// A line that is written once it is dropped, so that no call goes unaccounted.
pub(crate) struct Record {
    pub(crate) line: Box<Line>,
    sink: Sink,
    begun: tokio::time::Instant,
    /// Whether the caller was cut off, because it did not read.
    pub(crate) slow: Slow,
    /// Where the writing is left, so that no answer waits for it.
    afterwards: Afterwards,
}

impl Record {
    pub(crate) fn begin(line: Line, sink: Sink, afterwards: Afterwards) -> Self {
        Self {
            line: Box::new(Line {
                outcome: CANCELLED,
                ..line
            }),
            sink,
            begun: tokio::time::Instant::now(),
            slow: Slow::default(),
            afterwards,
        }
    }

    /// How long ago the call came.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.line.outcome == CANCELLED && self.slow.is() {
            self.line.outcome = "slow-reader";
        }
        self.line.took = self.begun.elapsed();
        self.line.ms = u64::try_from(self.line.took.as_millis()).unwrap_or(u64::MAX);
        if let Some(tried) = self.line.attempts.last_mut()
            && tried.outcome == CANCELLED
        {
            tried.took = self.line.took.saturating_sub(tried.begun);
            tried.ms = u64::try_from(tried.took.as_millis()).unwrap_or(u64::MAX);
        }
        let (mut line, sink) = (std::mem::take(&mut self.line), Arc::clone(&self.sink));
        self.afterwards.leave(move || sink(&mut line));
    }
}
