//! An upstream on a socket of its own: it says what it is told to say, byte by byte, and keeps what
//! it was sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// What an upstream does with one call.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answers with a status and a body of JSON.
    Json(u16, String),
    /// Answers with a status, more headers and a body.
    Full(u16, String, String),
    /// Answers with a status and nothing that was chosen, once it is told to.
    Told(u16, Arc<Notify>),
    /// Reads the call and closes.
    Close,
    /// Reads the call and never answers.
    Hang,
    /// Announces more bytes than it sends, and closes.
    Truncate,
    /// Sends events for as long as anybody takes them.
    Flood,
    /// Begins a stream with these pieces, and then does the last thing.
    Events(Vec<String>, End),
}

/// How a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Clean,
    /// In the middle.
    Cut,
    /// Never: it waits until the other side is gone.
    Wait,
}

/// A running upstream.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    left: Arc<Notify>,
}

impl Upstream {
    /// One that does these things, one a call, and the last one from then on.
    pub(crate) async fn new(acts: Vec<Act>) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            address: socket.local_addr().unwrap(),
            seen: Arc::default(),
            left: Arc::default(),
        };
        let shared = upstream.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = socket.accept().await.unwrap();
                tokio::spawn(shared.clone().serve(stream, acts.clone()));
            }
        });
        upstream
    }

    /// What it was sent, head and body, one text a call.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until it was sent something.
    pub(crate) async fn asked(&self) {
        while self.seen().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until a caller went away from a stream that waits.
    pub(crate) async fn left(&self) {
        let left = tokio::time::timeout(Duration::from_secs(10), self.left.notified());
        left.await.unwrap();
    }

    async fn serve(self, mut stream: TcpStream, acts: Vec<Act>) {
        let Some(call) = read(&mut stream).await else {
            return;
        };
        let position = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(call);
            seen.len() - 1
        };
        let act = acts.get(position).or(acts.last()).unwrap();
        match act {
            Act::Json(status, body) => {
                let text = response(*status, "content-type: application/json\r\n", body);
                stream.write_all(text.as_bytes()).await.unwrap();
            }
            Act::Full(status, headers, body) => {
                let text = response(*status, headers, body);
                stream.write_all(text.as_bytes()).await.unwrap();
            }
            Act::Told(status, word) => {
                word.notified().await;
                let text = response(*status, "content-type: application/json\r\n", NOTHING);
                stream.write_all(text.as_bytes()).await.unwrap();
            }
            Act::Close => {}
            Act::Hang => std::future::pending().await,
            Act::Truncate => {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                            content-length: 1000\r\n\r\n{\"choices\"";
                stream.write_all(head.as_bytes()).await.unwrap();
            }
            Act::Flood => self.flood(stream).await,
            Act::Events(pieces, end) => self.stream(stream, pieces, *end).await,
        }
    }

    async fn flood(&self, mut stream: TcpStream) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let event = format!(
            "data: {{\"choices\":[],\"pad\":\"{}\"}}\n\n",
            "x".repeat(60_000)
        );
        while stream.write_all(event.as_bytes()).await.is_ok() {}
        self.left.notify_one();
    }

    async fn stream(&self, mut stream: TcpStream, pieces: &[String], end: End) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                    transfer-encoding: chunked\r\nx-request-id: up-1\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        for piece in pieces {
            let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
            stream.write_all(chunk.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
        }
        match end {
            End::Clean => stream.write_all(b"0\r\n\r\n").await.unwrap(),
            End::Cut => {}
            End::Wait => {
                let mut rest = [0; 64];
                while stream.read(&mut rest).await.is_ok_and(|read| read > 0) {}
                self.left.notify_one();
            }
        }
    }
}

fn response(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// One call, head and body.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.ok()?;
        if count == 0 {
            return None;
        }
        text.extend_from_slice(piece.get(..count)?);
        let read = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = read.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let length = name.eq_ignore_ascii_case("content-length");
            length.then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            return Some(read);
        }
    }
}

/// An answer without an answer.
const NOTHING: &str = r#"{"choices":[]}"#;

/// An answer such as the service gives.
pub(crate) fn answer(text: &str) -> Act {
    let body = format!(
        r#"{{"request_id":"up-1","choices":[{{"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}}}"#
    );
    Act::Json(200, body)
}
