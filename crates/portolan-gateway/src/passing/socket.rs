//! A WebSocket that passes through: opened upstream first, so that what refuses it there or here is
//! an answer to the caller's own handshake; then message by message, in both directions.
//!
//! Messages are read, not bytes tunnelled: a call to a model in one of them would be judged by
//! nobody and closes the socket, and the last one says how long the audio was.

use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use portolan_wire::http::{Fault, Trouble};
use portolan_wire::{Unclear, embedded};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::outbound::{Bytewise, Opened, nothing};
use super::within::FIELD;
use super::{FIRST, Passage};
use crate::audio::{self, Heard};
use crate::exchange::put;
use crate::heads;
use crate::log::Record;
use crate::transport::{Body, full};

/// How long nothing at all may come from either side.
const IDLE: Duration = Duration::from_mins(5);

/// How long one side has to close once the other one has.
const CLOSING: Duration = Duration::from_secs(10);

impl Passage<'_> {
    /// Opens a socket.
    pub(super) async fn opened(
        &self,
        key: Option<HeaderValue>,
        upgrade: Option<OnUpgrade>,
        mut record: Record,
    ) -> Response<Body> {
        let exchange = self.exchange;
        let asked = upgrade.zip(asked(&self.head.headers));
        let Some((upgrade, accept)) = asked.filter(|_| self.head.method == Method::GET) else {
            let mut response = exchange.fault(&mut record, Fault::UpgradeRequired);
            put(response.headers_mut(), "upgrade", "websocket");
            return response;
        };
        let Ok(permit) = exchange.gateway.sockets.clone().try_acquire_owned() else {
            return exchange.fault(&mut record, Fault::Draining);
        };
        let query = match self.judged(b"", &mut record).await {
            Ok((query, _)) => query,
            Err(trouble) => return exchange.tell(&mut record, &trouble, None),
        };
        let request = match self.outgoing(key, &query, nothing()) {
            Ok(request) => request,
            Err(trouble) => return exchange.tell(&mut record, &trouble, None),
        };
        let offered = self.offered();
        let opening = exchange.gateway.outbound.open(request, &offered);
        let (head, bytes) = match timeout(FIRST, opening).await {
            Ok(Ok(Opened::Open(head, bytes))) => (head, bytes),
            Ok(Ok(Opened::Refused(response))) => return self.refused(response, record).await,
            Ok(Err(why)) => return self.unsent(why, &mut record),
            Err(_) => return self.too_late(&mut record),
        };
        record.line.status = 101;
        record.line.outcome = "answered";
        record.line.upstream_request_id =
            heads::text(&head.headers, "x-request-id").map(str::to_owned);
        let mut response = Response::new(full(""));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        put(headers, "connection", "upgrade");
        put(headers, "upgrade", "websocket");
        put(headers, "sec-websocket-accept", &accept);
        if let Some(chosen) = head.headers.get(header::SEC_WEBSOCKET_PROTOCOL) {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, chosen.clone());
        }
        put(headers, "x-portolan-request-id", &exchange.id);
        if exchange.gateway.transport.is_mock() {
            put(headers, crate::mock::HEADER, "1");
        }
        let price = self.passing.price.at(exchange.at()).copied();
        let most = exchange.served.config.bounds.answer_bytes;
        tokio::spawn(async move {
            let relay = Relay { most, permit };
            let audio = relay.run(upgrade, bytes, &mut record).await;
            if let (Some(heard), Some(passed)) = (audio, &mut record.line.passed) {
                passed.audio_s = Some(heard.seconds());
                passed.heard = Some((heard, price));
            }
        });
        response
    }

    /// The subprotocols of a handshake that the host may be offered. Some callers put a key among
    /// them: what is not listed stays here.
    fn offered(&self) -> Vec<&str> {
        let headers = &self.head.headers;
        let values = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
        let words = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        let listed = |word: &&str| self.host.protocols.iter().any(|listed| listed == word);
        words.map(str::trim).filter(listed).collect()
    }

    /// What was answered to a handshake in the place of a socket.
    async fn refused(&self, response: Response<Body>, mut record: Record) -> Response<Body> {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS || response.status().is_success() {
            let model = self.host_name();
            let fault = Fault::UpstreamInvalid { model };
            return self.exchange.fault(&mut record, fault);
        }
        self.answered(response, record).await
    }
}

/// What a handshake wants to be answered with, where it is one.
fn asked(headers: &HeaderMap) -> Option<String> {
    let says = |name, word: &str| {
        let values = headers.get_all(name).iter();
        let words = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        words
            .into_iter()
            .any(|w| w.trim().eq_ignore_ascii_case(word))
    };
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    let sound = says(header::CONNECTION, "upgrade")
        && says(header::UPGRADE, "websocket")
        && says(header::SEC_WEBSOCKET_VERSION, "13");
    sound.then(|| derive_accept_key(key.as_bytes()))
}

type Stream = WebSocketStream<Pin<Box<dyn Bytewise>>>;

/// Both ends of an open socket.
struct Relay {
    most: usize,
    permit: OwnedSemaphorePermit,
}

impl Relay {
    /// Carries messages until it is over, and says how long the audio was.
    async fn run(
        self,
        upgrade: OnUpgrade,
        upstream: Box<dyn Bytewise>,
        record: &mut Record,
    ) -> Option<Heard> {
        let Ok(Ok(client)) = timeout(FIRST, upgrade).await else {
            record.line.outcome = "cancelled";
            return None;
        };
        let client = Pin::from(Box::new(TokioIo::new(client)) as Box<dyn Bytewise>);
        let config = WebSocketConfig::default()
            .max_message_size(Some(self.most))
            .max_frame_size(Some(self.most));
        let client = WebSocketStream::from_raw_socket(client, Role::Server, Some(config)).await;
        let upstream = Pin::from(upstream);
        let upstream = WebSocketStream::from_raw_socket(upstream, Role::Client, Some(config)).await;
        let (to_client, from_client) = client.split();
        let (to_upstream, from_upstream) = upstream.split();
        let mut heard = None;
        let (first, end) = {
            let up = pump(from_client, to_upstream, allowed);
            let down = pump(from_upstream, to_client, |message| {
                heard = heard.take().or_else(|| length(message));
                None
            });
            tokio::pin!(up, down);
            tokio::select! {
                end = &mut up => {
                    let _ = timeout(CLOSING, &mut down).await;
                    (Side::Caller, end)
                }
                end = &mut down => {
                    let end = match timeout(CLOSING, &mut up).await {
                        Ok(End::Unjudged) => End::Unjudged,
                        Ok(End::Closed | End::Gone) | Err(_) => end,
                    };
                    (Side::Upstream, end)
                }
            }
        };
        match (first, end) {
            (_, End::Unjudged) => {
                record.line.outcome = "refused";
                let trouble = Trouble::from(Fault::AmbiguousField { field: FIELD });
                record.line.code = Some(trouble.code);
            }
            (Side::Caller, End::Gone) => record.line.outcome = "cancelled",
            (Side::Upstream, End::Gone) => record.line.outcome = "broke-off",
            (Side::Caller | Side::Upstream, End::Closed) => {}
        }
        drop(self.permit);
        heard
    }
}

/// Whose messages ended first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Caller,
    Upstream,
}

/// How one direction came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its sender closed.
    Closed,
    /// Its sender was gone, or silent for too long.
    Gone,
    /// It said what may not pass.
    Unjudged,
}

/// Carries messages one way. `look` sees each; what it returns closes the socket instead.
async fn pump(
    mut from: SplitStream<Stream>,
    mut to: SplitSink<Stream, Message>,
    mut look: impl FnMut(&Message) -> Option<CloseFrame>,
) -> End {
    let end = loop {
        match timeout(IDLE, from.next()).await {
            Ok(Some(Ok(Message::Close(frame)))) => {
                let _ = to.send(Message::Close(frame)).await;
                break End::Closed;
            }
            // Each side's pings are answered where they come in.
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => {}
            Ok(Some(Ok(message))) => {
                if let Some(frame) = look(&message) {
                    let _ = to.send(Message::Close(Some(frame))).await;
                    return End::Unjudged;
                }
                if to.send(message).await.is_err() {
                    break End::Gone;
                }
            }
            Ok(Some(Err(_)) | None) | Err(_) => {
                let frame = CloseFrame {
                    code: CloseCode::Away,
                    reason: Utf8Bytes::from_static("the other side is gone"),
                };
                let _ = to.send(Message::Close(Some(frame))).await;
                break End::Gone;
            }
        }
    };
    // The answer to a close is written by whoever goes on reading.
    while let Ok(Some(Ok(_))) = timeout(CLOSING, from.next()).await {}
    end
}

/// What stands against a message of a caller.
fn allowed(message: &Message) -> Option<CloseFrame> {
    let Message::Text(text) = message else {
        return None;
    };
    let unjudged = match embedded(text.as_bytes(), FIELD) {
        Ok(None) => false,
        Ok(Some(_)) | Err(Unclear::Ambiguous) => true,
        // No JSON: a reader that takes it for some would have to find the word in it.
        Err(Unclear::NotJson) => text.contains('\\') || text.to_ascii_lowercase().contains(FIELD),
    };
    unjudged.then(|| CloseFrame {
        code: CloseCode::Policy,
        reason: Utf8Bytes::from_static("`llm_gateway` is judged in the handshake only"),
    })
}

/// How long the audio was, by the last message of a session.
fn length(message: &Message) -> Option<Heard> {
    let Message::Text(text) = message else {
        return None;
    };
    if !text.contains("audio_duration_seconds") {
        return None;
    }
    let said: Value = serde_json::from_str(text).ok()?;
    let billionths = audio::length(said.get("audio_duration_seconds")?)?;
    Some(Heard {
        id: None,
        billionths,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_with_a_call_to_a_model_does_not_pass() {
        let passes = |text: &str| allowed(&Message::text(text)).is_none();
        assert!(passes(r#"{"type":"Terminate"}"#));
        assert!(passes(
            r#"{"type":"UpdateConfiguration","keyterms_prompt":["a"]}"#
        ));
        assert!(passes("hello"));
        assert!(!passes(
            r#"{"type":"UpdateConfiguration","llm_gateway":{}}"#
        ));
        assert!(!passes(r#"{"type":"x","a":{"LLM_gateway":{}}}"#));
        assert!(!passes(r#"{"llm_gatew\u0061y":{}}"#));
        assert!(!passes("{'llm_gateway':{}}"));
    }

    #[test]
    fn a_handshake_is_one_where_every_header_says_so() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            assert_eq!(asked(&headers), None);
            headers.insert(name, HeaderValue::from_static(value));
        }
        let accept = asked(&headers);
        assert_eq!(accept.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    }
}
