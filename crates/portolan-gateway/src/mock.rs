//! An upstream that is none: it answers inside this process, says so, and fails when it is told to.
//!
//! Every answer has `x-portolan-mock: 1`. A call may bring a script in the header
//! `x-portolan-mock`, one word for each try, such as `503,ok`; where the script ends the mock
//! answers. The header is read where calls go to the mock, and nowhere else.
//!
//! | word | what the mock does |
//! |---|---|
//! | `ok` | answers |
//! | `400` to `599` | refuses with that status, in the shape that the real service has |
//! | `connect` | cannot be reached |
//! | `reset` | breaks off before it answers |
//! | `slow` | never answers |
//! | `truncated` | breaks off in the middle of its answer |
//! | `garbage` | answers with what is no JSON |
//! | `redirect` | answers with a redirect |

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use serde_json::{Value, json};

use crate::transport::{Body, BoxError, Unsent, full};

/// The header by which a call scripts the mock, and by which the mock says what it is.
pub(crate) const HEADER: &str = "x-portolan-mock";

/// The mock.
#[derive(Debug, Clone, Copy)]
pub struct Mock {
    /// How long it takes to the first byte of an answer.
    pub latency: Duration,
    /// How long it takes from one event of a stream to the next.
    pub pace: Duration,
}

impl Default for Mock {
    fn default() -> Self {
        Self {
            latency: Duration::from_millis(150),
            pace: Duration::from_millis(30),
        }
    }
}

impl Mock {
    pub(crate) async fn answer(
        &self,
        request: Request<Full<Bytes>>,
        tries: usize,
    ) -> Result<Response<Body>, Unsent> {
        let (head, body) = request.into_parts();
        let script = head.headers.get(HEADER).and_then(|v| v.to_str().ok());
        let word = script.and_then(|script| script.split(',').nth(tries));
        let word = word.map_or("ok", str::trim);
        let Ok(body) = never(body.collect().await);
        let asked: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
        match word {
            "connect" => return Err(Unsent::Connect),
            "slow" => std::future::pending::<()>().await,
            _ => tokio::time::sleep(self.latency).await,
        }
        if let Some(refused) = word.parse().ok().and_then(|s| StatusCode::from_u16(s).ok()) {
            return Ok(refusal(refused));
        }
        match word {
            "reset" => Err(Unsent::Reset),
            "redirect" => Ok(redirect()),
            "garbage" => Ok(answered("text/html", full("<html>not here</html>"))),
            "truncated" => Ok(self.answered(&asked, true)),
            _ => Ok(self.answered(&asked, false)),
        }
    }

    fn answered(&self, asked: &Value, broken: bool) -> Response<Body> {
        let streamed = asked.get("stream").and_then(Value::as_bool) == Some(true);
        let mut parts: Vec<Bytes> = if streamed {
            events(asked)
        } else {
            let text = completion(asked).to_string();
            let middle = text.len() / 2;
            let (start, end) = text.split_at_checked(middle).unwrap_or((&text, ""));
            vec![start.to_owned().into(), end.to_owned().into()]
        };
        if broken {
            parts.truncate(parts.len() / 2);
        }
        let media = if streamed {
            "text/event-stream"
        } else {
            "application/json"
        };
        let pace = if streamed { self.pace } else { Duration::ZERO };
        let state = (parts.into_iter(), broken, false);
        let frames = stream::unfold(state, move |(mut parts, broken, begun)| async move {
            if begun {
                tokio::time::sleep(pace).await;
            }
            match parts.next() {
                Some(part) => Some((Ok(Frame::data(part)), (parts, broken, true))),
                None if broken => {
                    let error: BoxError = "the mock broke off".into();
                    Some((Err(error), (parts, false, true)))
                }
                None => None,
            }
        });
        answered(media, StreamBody::new(frames).boxed_unsync())
    }
}

/// The value of what cannot fail.
fn never<T>(outcome: Result<T, Infallible>) -> Result<T, Infallible> {
    outcome
}

fn answered(media: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(media));
    headers.insert(HEADER, HeaderValue::from_static("1"));
    response
}

fn redirect() -> Response<Body> {
    let mut response = answered("text/html", full(""));
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    let elsewhere = HeaderValue::from_static("https://elsewhere.example.com/");
    response.headers_mut().insert("location", elsewhere);
    response
}

/// A refusal as the service words it: authentication in one shape, all else in another.
fn refusal(status: StatusCode) -> Response<Body> {
    let id = request_id();
    let body = match status.as_u16() {
        401 | 403 => json!({
            "error": "Authentication error, API token missing/invalid",
            "status": "error",
            "request_id": id,
        }),
        code => json!({
            "code": code,
            "message": "the mock was told to refuse",
            "request_id": id,
            "metadata": {"errors": ["scripted"]},
        }),
    };
    let mut response = answered("application/json", full(body.to_string()));
    *response.status_mut() = status;
    if status == StatusCode::TOO_MANY_REQUESTS {
        let seconds = HeaderValue::from_static("1");
        response.headers_mut().insert("retry-after", seconds);
    }
    response
}

fn request_id() -> String {
    let [a, b] = [fastrand::u64(..), fastrand::u64(..)];
    format!("mock-{a:016x}{b:016x}")
}

/// The tool that the mock calls: the first of those that are offered, unless it may not, or the
/// last message is what a tool came to.
fn tool(asked: &Value) -> Option<&str> {
    let last = asked
        .get("messages")
        .and_then(|messages| messages.as_array()?.last());
    let answered = last.is_some_and(|last| last.get("role") == Some(&json!("tool")));
    if answered || asked.get("tool_choice") == Some(&json!("none")) {
        return None;
    }
    asked.pointer("/tools/0/function/name")?.as_str()
}

/// Why the mock stopped.
fn ended(called: Option<&str>) -> Value {
    json!(if called.is_some() {
        "tool_calls"
    } else {
        "stop"
    })
}

/// What the mock says, or the call of a tool.
fn message(asked: &Value) -> Value {
    match tool(asked) {
        Some(name) => json!({
            "role": "assistant",
            "content": null,
            "tool_calls": [{
                "id": "call_1",
                "type": "function",
                "function": {"name": name, "arguments": "{}"},
            }],
        }),
        None => json!({"role": "assistant", "content": SAID}),
    }
}

const SAID: &str = "This is a mock: no model was asked.";

fn usage(asked: &Value) -> Value {
    let input = asked.to_string().len() / 4;
    let output = SAID.len() / 4;
    json!({
        "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
        "input_tokens": input, "output_tokens": output,
    })
}

fn completion(asked: &Value) -> Value {
    let mut echo = asked.clone();
    if let Some(echo) = echo.as_object_mut() {
        echo.remove("messages");
        echo.remove("prompt");
    }
    json!({
        "request_id": request_id(),
        "choices": [{
            "index": 0,
            "message": message(asked),
            "finish_reason": ended(tool(asked)),
        }],
        "request": echo,
        "usage": usage(asked),
        "http_status_code": 200,
        "response_time": 150_000_000,
        "llm_status_code": 200,
    })
}

fn events(asked: &Value) -> Vec<Bytes> {
    let id = format!("chatcmpl-{}", request_id());
    let model = asked.get("model").cloned().unwrap_or_default();
    let chunk = |delta: Value, finish: Value| {
        json!({
            "id": id, "object": "chat.completion.chunk", "created": 0, "model": model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        })
    };
    let mut chunks = vec![chunk(
        json!({"role": "assistant", "content": ""}),
        Value::Null,
    )];
    let called = tool(asked);
    if let Some(name) = called {
        // A call comes in pieces: its name first, then what it is called with.
        let begun = json!({"index": 0, "id": "call_1", "type": "function",
            "function": {"name": name, "arguments": ""}});
        let pieces = ["{", "}"].map(|piece| json!({"index": 0, "function": {"arguments": piece}}));
        let deltas = std::iter::once(begun).chain(pieces);
        chunks.extend(deltas.map(|call| chunk(json!({"tool_calls": [call]}), Value::Null)));
    } else {
        let words = SAID.split_inclusive(' ');
        chunks.extend(words.map(|word| chunk(json!({"content": word}), Value::Null)));
    }
    chunks.push(chunk(json!({}), ended(called)));
    let counted = asked.pointer("/stream_options/include_usage");
    if counted.and_then(Value::as_bool) == Some(true) {
        let mut last = chunk(json!({}), Value::Null);
        if let Some(last) = last.as_object_mut() {
            last.insert("choices".to_owned(), json!([]));
            last.insert("usage".to_owned(), usage(asked));
        }
        chunks.push(last);
    }
    let events = chunks.iter().map(|chunk| format!("data: {chunk}\n\n"));
    let events = events.chain(["data: [DONE]\n\n".to_owned()]);
    events.map(Bytes::from).collect()
}
