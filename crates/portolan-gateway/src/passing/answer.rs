//! What the host of a pass-through answered: as it answered, but no redirect, no refusal of our own
//! key and none of its secrets; and how long the audio was, where it tells.

use bytes::{Bytes, BytesMut};
use http::{Method, Response};
use http_body_util::{BodyExt, StreamBody};
use portolan_wire::http::Fault;
use serde_json::Value;

use super::{FIRST, Passage};
use crate::audio::{self, Heard};
use crate::exchange::put;
use crate::heads;
use crate::log::Record;
use crate::transport::{Body, full};

impl Passage<'_> {
    /// What the host answered, as it answered: but no redirect, and no refusal of our own key.
    pub(super) async fn answered(
        &self,
        response: Response<Body>,
        mut record: Record,
    ) -> Response<Body> {
        let exchange = self.exchange;
        let model = self.host_name();
        let (head, body) = response.into_parts();
        let status = head.status;
        let id = heads::text(&head.headers, "x-request-id").map(str::to_owned);
        record.line.upstream_request_id.clone_from(&id);
        if status.is_redirection() || status.is_informational() {
            return exchange.fault(&mut record, Fault::UpstreamRedirected { model });
        }
        if matches!(status.as_u16(), 401 | 403) {
            return exchange.fault(&mut record, Fault::UpstreamKeyRefused { model });
        }
        record.line.status = status.as_u16();
        let read = Read::new(body, exchange.served.config.bounds.answer_bytes).await;
        let body = match read {
            Read::Broken => return exchange.fault(&mut record, Fault::UpstreamInvalid { model }),
            Read::Whole(body) if status.is_success() => {
                if self.head.method == Method::GET {
                    self.hear(&body, &mut record);
                }
                full(body)
            }
            // Whoever refuses may say our key back to us: it must not reach the caller.
            Read::Whole(body) => {
                let (served, endpoint) = (&exchange.served, &self.passing.endpoint);
                full(served.without_secret(endpoint, self.caller.row, &body))
            }
            // An error longer than any answer that is read is passed to nobody.
            Read::Longer(_) if !status.is_success() => {
                return exchange.fault(&mut record, Fault::UpstreamInvalid { model });
            }
            Read::Longer(body) => body,
        };
        record.line.outcome = if status.is_success() {
            "answered"
        } else {
            "failed"
        };
        let mut answer = Response::new(body);
        *answer.status_mut() = status;
        heads::lowered(&head.headers, answer.headers_mut());
        let headers = answer.headers_mut();
        put(headers, "x-request-id", id.as_ref().unwrap_or(&exchange.id));
        put(headers, "x-portolan-request-id", &exchange.id);
        put(headers, "x-portolan-region", &self.passing.endpoint);
        if head.headers.contains_key(crate::mock::HEADER) {
            put(headers, crate::mock::HEADER, "1");
        }
        answer
    }

    /// Notes how long the audio of a transcript was, where an answer tells that it is done.
    fn hear(&self, body: &[u8], record: &mut Record) {
        let Ok(said) = serde_json::from_slice::<Transcript>(body) else {
            return;
        };
        let done = said.status.as_deref() == Some("completed");
        let seconds = said.audio_duration.as_ref().filter(|_| done);
        if let (Some(seconds), Some(id)) = (seconds.and_then(audio::length), said.id) {
            let heard = Heard {
                id: Some(id),
                billionths: seconds,
            };
            self.note(heard, record);
        }
    }

    fn note(&self, heard: Heard, record: &mut Record) {
        let price = self.passing.price.at(self.exchange.at()).copied();
        if let Some(passed) = &mut record.line.passed {
            passed.audio_s = Some(heard.seconds());
            passed.heard = Some((heard, price));
        }
    }
}

/// What is read of a transcript.
#[derive(serde::Deserialize)]
struct Transcript {
    id: Option<String>,
    status: Option<String>,
    audio_duration: Option<Value>,
}

/// An answer's body, read as far as answers are read whole.
pub(crate) enum Read {
    Whole(Bytes),
    /// What was read, and the rest behind it.
    Longer(Body),
    Broken,
}

impl Read {
    pub(crate) async fn new(mut body: Body, most: usize) -> Self {
        let mut read = BytesMut::new();
        loop {
            match tokio::time::timeout(FIRST, body.frame()).await {
                Ok(None) => return Self::Whole(read.freeze()),
                Ok(Some(Ok(frame))) => {
                    read.extend_from_slice(&frame.into_data().unwrap_or_default());
                }
                Ok(Some(Err(_))) | Err(_) => return Self::Broken,
            }
            if read.len() > most {
                let first = full(read.freeze());
                return Self::Longer(joined(first, body));
            }
        }
    }
}

/// One body behind another.
fn joined(first: Body, rest: Body) -> Body {
    let frames = futures_util::stream::unfold((first, rest), |(mut first, mut rest)| async move {
        let frame = match first.frame().await {
            Some(frame) => Some(frame),
            None => rest.frame().await,
        };
        frame.map(|frame| (frame, (first, rest)))
    });
    StreamBody::new(frames).boxed_unsync()
}
