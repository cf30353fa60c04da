//! A stream passed through: whole events, as they come, byte for byte.
//!
//! An event that broke off is never begun on the caller's side, so that what follows it, an event
//! that says so, can be read. Comments are sent where nothing has come for a while. Dropping the
//! stream drops the upstream's body, which ends the call there.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use portolan_wire::http::{Dialect, Fault, Trouble, reply};
use serde_json::Value;
use tokio::time::Instant;

use crate::attempt::Bounds;
use crate::log::{Record, Used};
use crate::transport::{Body, BoxError};

/// What is sent where there is nothing to send.
const PING: &[u8] = b": ping\n\n";

/// A stream on its way.
pub(crate) struct Flow {
    pub(crate) rest: Body,
    pub(crate) bounds: Bounds,
    pub(crate) ping: Duration,
    /// Usage was asked for by us and not by the caller, who is not to see it.
    pub(crate) hides_usage: bool,
    pub(crate) model: String,
    pub(crate) id: String,
    pub(crate) record: Record,
}

struct Course {
    flow: Flow,
    /// What has come of an event that is not whole.
    begun: Vec<u8>,
    ready: VecDeque<Bytes>,
    /// When the upstream must have sent something again.
    until: Option<Instant>,
    /// The upstream said that this is all, or that it failed.
    ended: bool,
    /// Nothing more is sent.
    over: bool,
}

/// The body of an answer whose first piece has come.
pub(crate) fn passed_on(first: &Bytes, flow: Flow) -> Body {
    let until = flow.bounds.by(flow.bounds.idle);
    let mut course = Course {
        flow,
        until,
        begun: Vec::new(),
        ready: VecDeque::new(),
        ended: false,
        over: false,
    };
    course.take(first);
    let frames = stream::unfold(course, |mut course| async move {
        let piece = course.next().await?;
        Some((Ok::<_, BoxError>(Frame::data(piece)), course))
    });
    StreamBody::new(frames).boxed_unsync()
}

impl Course {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            if let Some(ping) = self.piece().await {
                return Some(ping);
            }
        }
    }

    /// Waits for a piece of the upstream; a ping where that takes long.
    async fn piece(&mut self) -> Option<Bytes> {
        let ping = Instant::now() + self.flow.ping;
        let wake = self.until.map_or(ping, |until| until.min(ping));
        match tokio::time::timeout_at(wake, self.flow.rest.frame()).await {
            Ok(Some(Ok(frame))) => {
                self.until = self.flow.bounds.by(self.flow.bounds.idle);
                self.take(&frame.into_data().unwrap_or_default());
            }
            // Behind its own end nothing is missing, however it closes.
            Ok(None | Some(Err(_))) => self.end(),
            Err(_) if self.until.is_some_and(|until| Instant::now() >= until) => self.end(),
            Err(_) => return Some(Bytes::from_static(PING)),
        }
        None
    }

    /// Sorts what came into whole events.
    fn take(&mut self, data: &[u8]) {
        self.begun.extend_from_slice(data);
        while let Some(end) = end_of_event(&self.begun) {
            let rest = self.begun.split_off(end);
            let event = std::mem::replace(&mut self.begun, rest);
            self.look(&event);
            let shown = if self.flow.hides_usage {
                without_usage(event)
            } else {
                Some(event)
            };
            self.ready.extend(shown.map(Bytes::from));
        }
        if self.begun.len() > self.flow.bounds.bytes {
            self.break_off();
        }
    }

    /// What an event says about the stream itself.
    fn look(&mut self, event: &[u8]) {
        let Ok(event) = std::str::from_utf8(event) else {
            return;
        };
        for line in event.lines() {
            let Some(data) = line.strip_prefix("data:").map(str::trim) else {
                continue;
            };
            if data == "[DONE]" {
                self.ended = true;
            }
            // Most events say neither: looking for the words costs less than reading them.
            let counts = data.contains("\"usage\"") && null_usage(data).is_none();
            if !(counts || data.contains("\"error\"")) {
                continue;
            }
            let Ok(chunk) = serde_json::from_str::<Value>(data) else {
                continue;
            };
            if chunk.get("error").is_some_and(|error| !error.is_null()) {
                self.ended = true;
                self.flow.record.line.outcome = "broke-off";
            }
            if let Some(used) = used(&chunk) {
                self.flow.record.line.usage = Some(used);
            }
        }
    }

    /// The upstream closed, or broke off.
    fn end(&mut self) {
        if !self.ended {
            self.break_off();
            return;
        }
        self.over = true;
        if self.flow.record.line.outcome != "broke-off" {
            self.flow.record.line.outcome = "answered";
        }
    }

    /// Says so, and closes.
    fn break_off(&mut self) {
        self.over = true;
        self.flow.record.line.outcome = "broke-off";
        let model = &*self.flow.model;
        let trouble = Trouble::from(Fault::StreamBroken { model });
        self.flow.record.line.code = Some(trouble.code.clone());
        // Whatever the listener speaks: readers of streams look for `error`.
        let id = self.flow.record.line.upstream_request_id.as_ref();
        let told = reply(&trouble, Dialect::OpenAi, id.unwrap_or(&self.flow.id));
        let event = format!("data: {}\n\n", told.body);
        self.ready.push_back(event.into());
    }
}

/// Where a chunk says that it has no usage, as every chunk but the last does where usage is asked
/// for.
fn null_usage(text: &str) -> Option<std::ops::Range<usize>> {
    let forms = [",\"usage\":null", ", \"usage\": null"];
    forms.iter().find_map(|form| {
        let start = text.find(form)?;
        Some(start..start + form.len())
    })
}

/// An event as it would be if nobody had asked for usage; `None` for one that only that brought.
fn without_usage(mut event: Vec<u8>) -> Option<Vec<u8>> {
    let Ok(text) = std::str::from_utf8(&event) else {
        return Some(event);
    };
    if let Some(null) = null_usage(text) {
        event.drain(null);
        return Some(event);
    }
    if !text.contains("\"usage\"") {
        return Some(event);
    }
    let mut data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let chunk = data.next().map(serde_json::from_str::<Value>);
    let only_usage = chunk.and_then(Result::ok).is_some_and(|chunk| {
        let choices = chunk.get("choices").and_then(Value::as_array);
        choices.is_some_and(Vec::is_empty) && used(&chunk).is_some()
    });
    (!only_usage).then_some(event)
}

/// Tokens that an answer or a chunk says it used, by either naming.
pub(crate) fn used(answer: &Value) -> Option<Used> {
    let usage = answer.get("usage").filter(|usage| usage.is_object())?;
    let count = |names: [&str; 2]| names.iter().find_map(|name| usage.get(*name)?.as_u64());
    Some(Used {
        input: count(["prompt_tokens", "input_tokens"])?,
        output: count(["completion_tokens", "output_tokens"])?,
    })
}

/// Where the first event ends, the empty line behind it included.
pub(crate) fn end_of_event(text: &[u8]) -> Option<usize> {
    let mut line_empty = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'\n' if line_empty => return Some(at + 1),
            b'\n' => line_empty = true,
            b'\r' => {}
            _ => line_empty = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_by_either_naming() {
        let both = |usage: &str| {
            let answer = format!(r#"{{"usage":{usage},"response_time":275510459}}"#);
            used(&serde_json::from_str(&answer).unwrap())
        };
        let counted = Some(Used {
            input: 3,
            output: 2,
        });
        assert_eq!(
            both(r#"{"prompt_tokens":3,"completion_tokens":2}"#),
            counted
        );
        assert_eq!(both(r#"{"input_tokens":3,"output_tokens":2}"#), counted);
        assert_eq!(both("null"), None);
    }

    #[test]
    fn usage_that_only_we_asked_for_is_taken_out() {
        let shown = |event: &str| {
            let event = without_usage(event.as_bytes().to_vec())?;
            Some(String::from_utf8(event).unwrap())
        };
        let kept = r#"data: {"choices":[{"delta":{"content":",\"usage\":null"}}]}"#;
        assert_eq!(shown(kept).as_deref(), Some(kept));
        assert_eq!(
            shown(r#"data: {"choices":[{"index":0}],"usage":null}"#).as_deref(),
            Some(r#"data: {"choices":[{"index":0}]}"#)
        );
        let usage = r#""usage":{"prompt_tokens":1,"completion_tokens":2}"#;
        assert_eq!(shown(&format!(r#"data: {{"choices":[],{usage}}}"#)), None);
        // Whoever says it beside a choice says it unasked.
        let unasked = format!(r#"data: {{"choices":[{{"index":0}}],{usage}}}"#);
        assert_eq!(shown(&unasked), Some(unasked));
    }

    #[test]
    fn an_event_ends_with_an_empty_line() {
        assert_eq!(end_of_event(b"data: a\n\ndata: b"), Some(9));
        assert_eq!(end_of_event(b"data: a\r\n\r\nx"), Some(11));
        assert_eq!(end_of_event(b"data: a\nid: 1\n"), None);
        assert_eq!(end_of_event(b""), None);
    }
}
