//! The mock's speech-to-text service: it takes any audio, has every transcript but `missing`, and
//! hears nothing.

use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Mock, SAID, answered, request_id};
use crate::heads;
use crate::passing::Opened;
use crate::transport::{Body, Unsent, full};

/// Bytes that are on their way within a mocked socket.
const BUFFER: usize = 64 * 1024;

/// The one transcript that it does not have.
const MISSING: &str = "missing";

/// How long each of its transcripts is.
const SECONDS: u64 = 8;

impl Mock {
    /// Answers a call that passes through.
    pub(crate) async fn pass(&self, request: Request<Body>) -> Result<Response<Body>, Unsent> {
        let (head, mut body) = request.into_parts();
        let path = head.uri.path().to_owned();
        let mut asked = Vec::new();
        while let Some(frame) = body.frame().await {
            let data = frame.map_err(|_| Unsent::Reset)?.into_data();
            let data = data.unwrap_or_default();
            // An upload is counted and not kept.
            if path != "/v2/upload" {
                asked.extend_from_slice(&data);
            }
        }
        tokio::time::sleep(self.latency).await;
        let asked: Value = serde_json::from_slice(&asked).unwrap_or_default();
        let said = match (head.method.as_str(), segments(&path).as_slice()) {
            ("POST", ["v2", "upload"]) => {
                let url = format!("https://cdn.example.com/upload/{}", request_id());
                json!({"upload_url": url})
            }
            ("POST", ["v2", "transcript"]) => transcript(&request_id(), "queued", &asked),
            ("GET", ["v2", "transcript"]) => json!({
                "page_details": {"limit": 10, "result_count": 0},
                "transcripts": [],
            }),
            ("GET", ["v2", "transcript", MISSING]) => return Ok(not_found()),
            ("GET", ["v2", "transcript", id]) => transcript(id, "completed", &json!({})),
            ("DELETE", ["v2", "transcript", id]) => {
                let mut gone = transcript(id, "completed", &json!({}));
                if let Some(gone) = gone.as_object_mut() {
                    gone.insert("text".to_owned(), json!("Deleted by user."));
                }
                gone
            }
            (_, ["v2", "transcript", id, what]) => json!({"id": id, *what: []}),
            _ => return Ok(not_found()),
        };
        Ok(answered("application/json", full(said.to_string())))
    }

    /// Opens a socket that is served by a task of its own.
    pub(crate) fn open(request: &Request<Body>) -> Opened {
        let (near, far) = tokio::io::duplex(BUFFER);
        let query = request.uri().query().unwrap_or_default();
        let asks = query.contains("llm_gateway=");
        tokio::spawn(async move {
            // How a mocked session ends is between it and its caller.
            let _ = session(far, asks).await;
        });
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let mark = HeaderValue::from_static("1");
        response.headers_mut().insert(super::HEADER, mark);
        let offered = heads::text(request.headers(), header::SEC_WEBSOCKET_PROTOCOL);
        let first = offered.and_then(|offered| offered.split(',').next());
        if let Some(Ok(first)) = first.map(HeaderValue::from_str) {
            let name = header::SEC_WEBSOCKET_PROTOCOL;
            response.headers_mut().insert(name, first);
        }
        Opened::Open(Box::new(response.into_parts().0), Box::new(near))
    }
}

fn not_found() -> Response<Body> {
    let said = json!({"error": "Not found"}).to_string();
    let mut response = answered("application/json", full(said));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').skip(1).collect()
}

fn transcript(id: &str, status: &str, asked: &Value) -> Value {
    let done = status == "completed";
    let audio = asked.get("audio_url").and_then(Value::as_str);
    let audio = audio.map_or_else(|| format!("https://cdn.example.com/{id}"), str::to_owned);
    json!({
        "id": id,
        "status": status,
        "audio_url": audio,
        "audio_duration": done.then_some(SECONDS),
        "text": done.then_some(SAID),
        "words": done.then(Vec::<Value>::new),
        "utterances": null,
        "confidence": done.then_some(1),
        "error": null,
    })
}

/// One session of real-time audio: 16 bits a sample, 16,000 samples a second.
async fn session(
    far: tokio::io::DuplexStream,
    asks: bool,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let mut socket = WebSocketStream::from_raw_socket(far, Role::Server, None).await;
    let begin = json!({"type": "Begin", "id": request_id(), "expires_at": 0});
    socket.send(Message::text(begin.to_string())).await?;
    let mut bytes = 0;
    while let Some(message) = socket.next().await {
        match message? {
            Message::Binary(audio) => {
                if bytes == 0 {
                    let turn = json!({
                        "type": "Turn", "turn_order": 0, "turn_is_formatted": true,
                        "end_of_turn": true, "transcript": SAID,
                        "end_of_turn_confidence": 1.0, "words": [],
                    });
                    socket.send(Message::text(turn.to_string())).await?;
                }
                if bytes == 0 && asks {
                    let answer = json!({
                        "type": "LLMGatewayResponse", "turn_order": 0,
                        "transcript": SAID, "data": {},
                    });
                    socket.send(Message::text(answer.to_string())).await?;
                }
                bytes += audio.len();
            }
            Message::Text(text) if text.contains("\"Terminate\"") => {
                let seconds = bytes / 32_000;
                let end = json!({
                    "type": "Termination", "audio_duration_seconds": seconds,
                    "session_duration_seconds": seconds,
                });
                socket.send(Message::text(end.to_string())).await?;
                socket.close(None).await?;
            }
            Message::Text(_)
            | Message::Ping(_)
            | Message::Pong(_)
            | Message::Close(_)
            | Message::Frame(_) => {}
        }
    }
    Ok(())
}
