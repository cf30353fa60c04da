//! An upstream that does to each call what its `user-agent` asks for: it answers, refuses, cuts,
//! lies, waits, or resets, one word a try, and keeps count of what came.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A running upstream.
#[derive(Clone)]
pub(crate) struct Chaos {
    pub(crate) address: SocketAddr,
    /// How often each call came.
    seen: Arc<Mutex<BTreeMap<usize, usize>>>,
    /// Whether connections are reset as soon as they are made.
    down: Arc<AtomicBool>,
    /// Where redirects lead.
    elsewhere: Arc<Mutex<String>>,
}

impl Chaos {
    pub(crate) async fn new() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let chaos = Self {
            address: socket.local_addr().unwrap(),
            seen: Arc::default(),
            down: Arc::default(),
            elsewhere: Arc::default(),
        };
        let shared = chaos.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = socket.accept().await.unwrap();
                if shared.down.load(Ordering::SeqCst) {
                    reset(stream);
                } else {
                    tokio::spawn(shared.clone().serve(stream));
                }
            }
        });
        chaos
    }

    pub(crate) fn seen(&self) -> BTreeMap<usize, usize> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    pub(crate) fn redirect_to(&self, address: SocketAddr) {
        *self.elsewhere.lock().unwrap() = format!("http://{address}/v1/chat");
    }

    /// Serves call after call, as long as that is possible.
    async fn serve(self, mut stream: TcpStream) {
        while let Some((head, body)) = read(&mut stream).await {
            let (call, word) = self.asked(&head);
            match self.act(&mut stream, call, &word, &head, &body).await {
                Ok(true) => {}
                Ok(false) | Err(_) if word == "rst" => return reset(stream),
                Ok(false) | Err(_) => return,
            }
        }
    }

    /// The number of a call, and what this try of it is to come to.
    fn asked(&self, head: &str) -> (usize, String) {
        let agent = head
            .lines()
            .find_map(|line| line.strip_prefix("user-agent: storm/"));
        let (call, script) = agent.unwrap().split_once(' ').unwrap();
        let call = call.parse().unwrap();
        let mut seen = self.seen.lock().unwrap();
        let tries = seen.entry(call).or_default();
        let word = script.split(',').nth(*tries).unwrap_or("ok").to_owned();
        *tries += 1;
        (call, word)
    }

    /// Whether the connection goes on.
    async fn act(
        &self,
        stream: &mut TcpStream,
        call: usize,
        word: &str,
        head: &str,
        body: &str,
    ) -> std::io::Result<bool> {
        let whole = format!(
            r#"{{"request_id":"up","choices":[{{"message":{{"role":"assistant","content":"{call}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":3,"completion_tokens":2}}}}"#
        );
        let streams = body.contains(r#""stream":true"#);
        match word {
            "close" | "rst" => return Ok(false),
            "half" => {
                stream.write_all(b"HTTP/1.1 200 O").await?;
                return Ok(false);
            }
            "garbage" => {
                stream
                    .write_all(b"\x16\x03\x01 what is this\r\n\r\n")
                    .await?;
                return Ok(false);
            }
            "hang" => {
                let mut rest = [0; 64];
                while stream.read(&mut rest).await? > 0 {}
                return Ok(false);
            }
            "cut" if streams => {
                stream.write_all(EVENTS_HEAD).await?;
                chunk(stream, &event(call)).await?;
                chunk(stream, "data: {\"choices\":[{\"ind").await?;
                return Ok(false);
            }
            "cut" => {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
                let half = whole.get(..40).unwrap();
                let text = format!("{head}content-length: {}\r\n\r\n{half}", whole.len());
                stream.write_all(text.as_bytes()).await?;
                return Ok(false);
            }
            "html" => full(stream, 200, "", "<html>not here</html>").await?,
            "redirect" => {
                let to = format!("location: {}\r\n", self.elsewhere.lock().unwrap());
                full(stream, 307, &to, "").await?;
            }
            "twice" => {
                // The second answer is to nobody.
                let other = whole.replace(&format!("\"{call}\""), "\"somebody else's\"");
                let both = [written(200, "", &whole), written(200, "", &other)].concat();
                stream.write_all(both.as_bytes()).await?;
            }
            "slow" => {
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
                let text = format!("{head}content-length: {}\r\n\r\n{whole}", whole.len());
                for piece in text.as_bytes().chunks(60) {
                    stream.write_all(piece).await?;
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
            }
            "ok" if streams => {
                stream.write_all(EVENTS_HEAD).await?;
                chunk(stream, &event(call)).await?;
                chunk(stream, "data: [DONE]\n\n").await?;
                stream.write_all(b"0\r\n\r\n").await?;
            }
            "ok" => full(stream, 200, "", &whole).await?,
            status => {
                // It says everything back that it was told.
                let said = serde_json::json!({"code": 1, "message": format!("{head} {body}")});
                full(stream, status.parse().unwrap(), "", &said.to_string()).await?;
            }
        }
        Ok(true)
    }
}

const EVENTS_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

fn event(call: usize) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{call}\"}}}}]}}\n\n")
}

async fn chunk(stream: &mut TcpStream, piece: &str) -> std::io::Result<()> {
    let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
    stream.write_all(chunk.as_bytes()).await
}

async fn full(stream: &mut TcpStream, status: u16, more: &str, body: &str) -> std::io::Result<()> {
    stream
        .write_all(written(status, more, body).as_bytes())
        .await
}

fn written(status: u16, more: &str, body: &str) -> String {
    let head = "content-type: application/json\r\n";
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\n{head}{more}content-length: {length}\r\n\r\n{body}")
}

/// Closes so that the other side is told of an error.
fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
    drop(stream);
}

/// One call, head and body.
async fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut text = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream
            .read(&mut piece)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        text.extend_from_slice(piece.get(..count)?);
        let read = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = read.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return Some((head.to_owned(), body.to_owned()));
        }
    }
}
