//! Traces: a span for each call and one for each try of an upstream, with OpenTelemetry's names for
//! calls to models.
//!
//! A call continues the trace that its caller began, and upstreams continue ours. Spans are made of
//! a call's line in the log once that is written, so that they hold what it holds: ids, names and
//! numbers, never a prompt or a key. They wait in a queue of a bounded length, and what does not
//! fit is dropped and counted: no call waits for a collector.

mod exporter;
mod spans;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde::{Serialize, Serializer};

pub(crate) use exporter::export;

use crate::attempt::Answered;
use crate::config::watching::Traces;
use crate::gateway::{NotServed, Served};
use crate::heads;
use crate::log::Line;
use crate::secrets::secret;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Where a call stands in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trace {
    id: u128,
    span: u64,
    /// The caller's span.
    parent: Option<u64>,
    begun_ns: u64,
}

impl Trace {
    /// Continues the trace of a caller, or begins one. `None` where nobody wants traces, or where
    /// the caller's is one that is not kept.
    pub(crate) fn of(headers: &HeaderMap, served: &Served, now_ms: i64) -> Option<Self> {
        served.config.traces.as_ref()?;
        let given = heads::text(headers, TRACEPARENT).and_then(Parent::read);
        if given.is_some_and(|parent| !parent.sampled) {
            return None;
        }
        let now_ms = u64::try_from(now_ms).unwrap_or(0);
        Some(Self {
            id: given.map_or_else(|| fastrand::u128(1..), |parent| parent.trace),
            span: fastrand::u64(1..),
            parent: given.map(|parent| parent.span),
            begun_ns: now_ms.saturating_mul(1_000_000),
        })
    }

    /// Makes whoever is sent these headers continue a span.
    fn put(&self, span: u64, headers: &mut HeaderMap) {
        let value = format!("00-{:032x}-{span:016x}-01", self.id);
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(TRACEPARENT, value);
        }
    }

    /// The span of a try, by its position.
    const fn try_span(&self, position: usize) -> u64 {
        let mixed = self.span ^ (position as u64 + 1);
        // Odd times odd: another one for each position, and never zero.
        mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1
    }
}

/// By its id, as other systems show it.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.id)
    }
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a `traceparent` header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parent {
    trace: u128,
    span: u64,
    sampled: bool,
}

impl Parent {
    /// Reads one; `None` where it is none, and a trace begins anew.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let version = hex(parts.next()?, 2)?;
        let trace = hex(parts.next()?, 32)?;
        let span = u64::try_from(hex(parts.next()?, 16)?).ok()?;
        let flags = hex(parts.next()?, 2)?;
        let later = parts.next().is_some();
        let sound = version != 0xff && trace != 0 && span != 0 && !(version == 0 && later);
        sound.then_some(Self {
            trace,
            span,
            sampled: flags & 1 == 1,
        })
    }
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let sound = text.len() == digits && text.bytes().all(lower);
    u128::from_str_radix(text, 16).ok().filter(|_| sound)
}

/// Makes an upstream continue our trace, in the try that is about to be made.
pub(crate) fn carried(line: &Line, headers: &mut HeaderMap) {
    let Some(trace) = &line.trace else {
        return;
    };
    trace.put(trace.try_span(line.attempts.len()), headers);
}

/// The same of a call that passes through, and has no tries.
pub(crate) fn passed(trace: Option<Trace>, headers: &mut HeaderMap) {
    if let Some(trace) = trace {
        trace.put(trace.span, headers);
    }
}

/// The model that an upstream says it answered with, where somebody will ask: a name, and nothing
/// that could be a sentence.
pub(crate) fn answered_with(line: &mut Line, answered: &Answered) {
    #[derive(serde::Deserialize)]
    struct Named {
        model: Option<String>,
    }
    if line.trace.is_none() {
        return;
    }
    let named: Option<Named> = match answered {
        Answered::Whole { body, .. } => serde_json::from_slice(body).ok(),
        Answered::Stream { first, .. } => {
            let data = std::str::from_utf8(first).ok();
            let data = data.and_then(|text| text.lines().find_map(|l| l.strip_prefix("data:")));
            data.and_then(|data| serde_json::from_str(data).ok())
        }
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/@-".contains(&byte);
    let is_name = |name: &String| name.len() <= 128 && name.bytes().all(plain);
    line.answered_with = named.and_then(|named| named.model).filter(is_name);
}

/// Where spans are sent, with which headers.
#[derive(Debug)]
pub(crate) struct Collector {
    uri: Uri,
    headers: HeaderMap,
}

impl Collector {
    /// The one that a configuration names.
    pub(crate) fn new(traces: &Traces) -> Result<Self, NotServed> {
        let mut headers = HeaderMap::new();
        for (name, place) in &traces.headers {
            let unfit = || NotServed::NoSecret(format!("`{place}` that can stand in a header"));
            let mut value = HeaderValue::try_from(secret(place)?).map_err(|_| unfit())?;
            value.set_sensitive(true);
            let name = HeaderName::try_from(name).map_err(|_| unfit())?;
            headers.insert(name, value);
        }
        let wrong = |_| NotServed::Unsound(format!("`{}` is no URL", traces.url));
        let uri = traces.url.parse().map_err(wrong)?;
        Ok(Self { uri, headers })
    }
}

/// Spans on their way to a collector.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Mutex<VecDeque<Span>>);

impl Waiting {
    /// Adds the spans of a call; how many there was no room for.
    pub(crate) fn add(&self, line: &Line, served: &Served) -> u64 {
        let (Some(trace), Some(traces)) = (&line.trace, &served.config.traces) else {
            return 0;
        };
        let spans = spans::of(line, *trace, served, traces);
        let mut waiting = self.lock();
        let room = traces.queue.saturating_sub(waiting.len());
        let over = spans.len().saturating_sub(room);
        waiting.extend(spans.into_iter().take(room));
        over as u64
    }

    fn take(&self, most: usize) -> Vec<Span> {
        let mut waiting = self.lock();
        let count = waiting.len().min(most);
        waiting.drain(..count).collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Span>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_read_as_the_recommendation_has_it() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let sampled = |text: &str| Parent::read(text).map(|parent| parent.sampled);
        assert_eq!(sampled(&format!("00-{id}-00f067aa0ba902b7-01")), Some(true));
        assert_eq!(
            sampled(&format!("00-{id}-00f067aa0ba902b7-00")),
            Some(false)
        );
        assert_eq!(
            sampled(&format!("cc-{id}-00f067aa0ba902b7-01-more")),
            Some(true)
        );
        for wrong in [
            String::new(),
            format!("00-{id}-00f067aa0ba902b7"),
            format!("00-{id}-00f067aa0ba902b7-01-more"),
            format!("ff-{id}-00f067aa0ba902b7-01"),
            format!("00-{id}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", id.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-+{}-00f067aa0ba902b7-01", id.get(1..).unwrap()),
        ] {
            assert_eq!(Parent::read(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_try_has_a_span_of_its_own() {
        let trace = Trace {
            id: 1,
            span: 7,
            parent: None,
            begun_ns: 0,
        };
        let mut spans: Vec<u64> = (0..100).map(|position| trace.try_span(position)).collect();
        spans.sort_unstable();
        spans.dedup();
        assert!(spans.len() > 95 && !spans.contains(&0));
    }
}
