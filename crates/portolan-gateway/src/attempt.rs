//! One try of one attempt: sent, waited for, and sorted into an outcome.
//!
//! An answer in one piece is read to its end before anybody sees a byte of it, so that what breaks
//! off can still be tried elsewhere; of a stream the first event or comment is. Outcome classes are
//! those that a plan can name.

use std::borrow::Cow;
use std::future::Future;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::{BodyExt, Full};
use portolan_core::answer::Timeouts;
use tokio::time::{Instant, timeout_at};

use crate::heads;
use crate::said::Said;
use crate::stream::end_of_event;
use crate::transport::{Body, Transport, Unsent};

/// How an attempt came out, where it was no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// No connection.
    Connect,
    /// No answer in time.
    Timeout,
    /// The connection broke before there was an answer.
    Reset,
    /// The answer broke off.
    Truncated,
    /// The answer is none: no JSON, or nothing that was chosen.
    Garbage,
    /// An answer of this status, which is no success.
    Status(u16),
    /// A limit was reached before anything was sent.
    Limit,
}

impl Class {
    /// Whether a plan's word means this.
    pub(crate) fn is(self, word: &str) -> bool {
        match self {
            // What would have been refused for its number is what a 429 says.
            Self::Limit => word == "429" || word == "4xx",
            Self::Status(status) => {
                let digits = status.to_string();
                let hundreds = word.strip_suffix("xx").filter(|h| h.len() == 1);
                word == digits || hundreds.is_some_and(|h| digits.starts_with(h))
            }
            Self::Connect | Self::Timeout | Self::Reset | Self::Truncated | Self::Garbage => {
                word == self.word()
            }
        }
    }

    /// Its word, as plans and logs have it.
    pub(crate) fn word(self) -> Cow<'static, str> {
        match self {
            Self::Connect => "connect".into(),
            Self::Timeout => "timeout".into(),
            Self::Reset => "reset".into(),
            Self::Truncated => "truncated".into(),
            Self::Garbage => "garbage".into(),
            Self::Status(status) => status.to_string().into(),
            Self::Limit => "limit".into(),
        }
    }

    /// Whether the upstream had the whole body, did not refuse it, and may bill for it.
    pub(crate) const fn may_be_billed(self) -> bool {
        match self {
            Self::Connect | Self::Limit => false,
            Self::Timeout | Self::Reset | Self::Truncated | Self::Garbage => true,
            Self::Status(status) => status >= 500,
        }
    }

    /// Whether it says that the route does not answer.
    pub(crate) const fn is_unhealthy(self) -> bool {
        match self {
            Self::Connect | Self::Timeout | Self::Reset | Self::Truncated | Self::Garbage => true,
            Self::Status(status) => status >= 500,
            Self::Limit => false,
        }
    }
}

/// An attempt that was not answered.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) class: Class,
    pub(crate) retry_after_s: Option<i64>,
    /// What the upstream said to it.
    pub(crate) body: Bytes,
    pub(crate) upstream_id: Option<String>,
}

impl From<Class> for Failure {
    fn from(class: Class) -> Self {
        Self {
            class,
            retry_after_s: None,
            body: Bytes::new(),
            upstream_id: None,
        }
    }
}

/// A success.
pub(crate) enum Answered {
    /// In one piece: an object of JSON.
    Whole {
        /// The body.
        body: Bytes,
        /// What it says of itself.
        said: Said,
        /// The headers, none of which has passed yet.
        headers: HeaderMap,
    },
    /// A stream of events, begun.
    Stream {
        /// Its first event or comment, and what came with it.
        first: Bytes,
        /// The rest.
        rest: Body,
        /// The headers.
        headers: HeaderMap,
    },
}

/// Bounds of one try.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) connect: Option<Duration>,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) idle: Option<Duration>,
    /// When all of it must be over.
    pub(crate) deadline: Option<Instant>,
    /// Bytes of an answer that are read.
    pub(crate) bytes: usize,
    /// Whether a stream is an answer.
    pub(crate) streams: bool,
}

impl Bounds {
    pub(crate) fn new(
        timeouts: Timeouts,
        deadline: Option<Instant>,
        bytes: usize,
        streams: bool,
    ) -> Self {
        Self {
            connect: ms(timeouts.connect),
            first_byte: ms(timeouts.first_byte),
            idle: ms(timeouts.idle),
            deadline,
            bytes,
            streams,
        }
    }

    /// The earlier of the deadline and so long from now.
    pub(crate) fn by(&self, limit: Option<Duration>) -> Option<Instant> {
        let limit = limit.map(|limit| Instant::now() + limit);
        match (limit, self.deadline) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

/// Milliseconds of a plan as a length of time.
pub(crate) fn ms(limit: Option<i64>) -> Option<Duration> {
    let limit = limit.and_then(|ms| u64::try_from(ms).ok());
    limit.map(Duration::from_millis)
}

/// Waits, but no longer than until then.
pub(crate) async fn within<F: Future>(until: Option<Instant>, work: F) -> Result<F::Output, Class> {
    match until {
        None => Ok(work.await),
        Some(until) => timeout_at(until, work).await.map_err(|_| Class::Timeout),
    }
}

/// Sends one request and waits for its answer.
pub(crate) async fn tried(
    transport: &Transport,
    request: Request<Full<Bytes>>,
    bounds: Bounds,
    tries: usize,
) -> Result<Answered, Failure> {
    let first_by = bounds.by(bounds.first_byte);
    let sending = transport.send(request, bounds.connect, tries);
    let response = match within(first_by, sending).await? {
        Ok(response) => response,
        Err(Unsent::Connect) => return Err(Class::Connect.into()),
        Err(Unsent::Reset) => return Err(Class::Reset.into()),
    };
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        return Err(refused(Response::from_parts(head, body), bounds).await);
    }
    let media = heads::text(&head.headers, header::CONTENT_TYPE).unwrap_or_default();
    if media.starts_with("text/event-stream") {
        if !bounds.streams {
            return Err(failed(Class::Garbage, &head.headers, Bytes::new()));
        }
        return begun(body, head.headers, bounds, first_by).await;
    }
    let body = whole(body, bounds).await?;
    match Said::read(&body) {
        Some(said) if said.chooses => Ok(Answered::Whole {
            body,
            said,
            headers: head.headers,
        }),
        Some(_) | None => Err(failed(Class::Garbage, &head.headers, body)),
    }
}

/// A status that is no success, with what the upstream said to it as far as it came.
async fn refused(response: Response<Body>, bounds: Bounds) -> Failure {
    let (head, body) = response.into_parts();
    let body = whole(body, bounds).await.unwrap_or_default();
    failed(Class::Status(head.status.as_u16()), &head.headers, body)
}

/// A try that an upstream answered, and that failed.
fn failed(class: Class, headers: &HeaderMap, body: Bytes) -> Failure {
    Failure {
        class,
        retry_after_s: heads::retry_after(headers),
        body,
        upstream_id: heads::text(headers, "x-request-id").map(str::to_owned),
    }
}

/// A stream up to the end of its first event or comment: what breaks off before was never begun.
async fn begun(
    mut rest: Body,
    headers: HeaderMap,
    bounds: Bounds,
    first_by: Option<Instant>,
) -> Result<Answered, Failure> {
    let mut read = Gathered::default();
    loop {
        match within(first_by, rest.frame()).await? {
            None => return Err(Class::Truncated.into()),
            Some(Err(_)) => return Err(Class::Reset.into()),
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                if !read.takes(data, bounds.bytes) {
                    return Err(Class::Garbage.into());
                }
            }
        }
        if end_of_event(read.so_far()).is_some() {
            return Ok(Answered::Stream {
                first: read.whole(),
                rest,
                headers,
            });
        }
    }
}

/// A body to its end. One that says that it has ended is not asked again: that would wake whoever
/// reads it, to hear as much.
async fn whole(mut body: Body, bounds: Bounds) -> Result<Bytes, Class> {
    let mut read = Gathered::default();
    while !body.is_end_stream() {
        match within(bounds.by(bounds.idle), body.frame()).await? {
            None => break,
            Some(Err(_)) => return Err(Class::Truncated),
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                if !read.takes(data, bounds.bytes) {
                    return Err(Class::Garbage);
                }
            }
        }
    }
    Ok(read.whole())
}

/// Pieces of a body. One that comes in one piece is not copied.
#[derive(Default)]
pub(crate) struct Gathered {
    first: Bytes,
    all: BytesMut,
}

impl Gathered {
    /// Adds a piece, unless there are more bytes then than a bound allows.
    pub(crate) fn takes(&mut self, piece: Bytes, most: usize) -> bool {
        let length = self.first.len().max(self.all.len());
        if piece.len() > most.saturating_sub(length) {
            return false;
        }
        if length == 0 {
            self.first = piece;
        } else {
            if self.all.is_empty() {
                self.all.extend_from_slice(&self.first);
            }
            self.all.extend_from_slice(&piece);
        }
        true
    }

    /// Those that have come.
    fn so_far(&self) -> &[u8] {
        if self.all.is_empty() {
            &self.first
        } else {
            &self.all
        }
    }

    /// All of them.
    pub(crate) fn whole(self) -> Bytes {
        if self.all.is_empty() {
            self.first
        } else {
            self.all.freeze()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_names_classes_by_word_status_or_hundred() {
        assert!(Class::Status(503).is("5xx"));
        assert!(Class::Status(503).is("503"));
        assert!(!Class::Status(503).is("502"));
        assert!(!Class::Status(503).is("4xx"));
        assert!(!Class::Status(503).is("xx"));
        assert!(Class::Timeout.is("timeout"));
        assert!(!Class::Timeout.is("5xx"));
        assert!(Class::Limit.is("429"));
    }
}
