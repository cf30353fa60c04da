//! Sockets that pass through: refused before they open, or carried message by message.

use std::sync::{Arc, Mutex};

use crate::harness::{ADMIN, Build, EU, Gate, US};
use crate::passing::passing;
use crate::upstream::{Upstream, answer};
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};

/// A service of sockets that says back what it hears.
struct Echo {
    address: std::net::SocketAddr,
    seen: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Echo {
    async fn new() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<(String, HeaderMap)>>> = Arc::default();
        let kept = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (stream, _) = socket.accept().await.unwrap();
                tokio::spawn(echo(stream, Arc::clone(&kept)));
            }
        });
        Self { address, seen }
    }

    fn seen(&self) -> Vec<(String, HeaderMap)> {
        self.seen.lock().unwrap().clone()
    }
}

async fn echo(stream: TcpStream, kept: Arc<Mutex<Vec<(String, HeaderMap)>>>) {
    #[expect(
        clippy::result_large_err,
        reason = "the callback's type is the library's"
    )]
    let keep = |request: &server::Request, mut response: server::Response| {
        let target = request.uri().to_string();
        kept.lock()
            .unwrap()
            .push((target, request.headers().clone()));
        if let Some(offered) = request.headers().get(PROTOCOL) {
            let first = offered.to_str().unwrap().split(',').next().unwrap();
            let first = first.parse().unwrap();
            response.headers_mut().insert(PROTOCOL, first);
        }
        Ok(response)
    };
    let mut socket = accept_hdr_async(stream, keep).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        match &message {
            Message::Text(text) if text.contains("Terminate") => {
                let end = r#"{"type":"Termination","audio_duration_seconds":9}"#;
                socket.send(Message::text(end)).await.unwrap();
                socket.close(None).await.unwrap();
            }
            Message::Text(_) | Message::Binary(_) => socket.send(message).await.unwrap(),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {}
        }
    }
}

const PROTOCOL: &str = "sec-websocket-protocol";

type Socket = WebSocketStream<TcpStream>;

async fn open(
    gate: &Gate,
    listener: usize,
    target: &str,
) -> Result<(Socket, Response<()>), (u16, String)> {
    open_with(gate, listener, target, "").await
}

/// The same, with subprotocols to choose from.
async fn open_with(
    gate: &Gate,
    listener: usize,
    target: &str,
    protocols: &str,
) -> Result<(Socket, Response<()>), (u16, String)> {
    let address = gate.addresses[listener];
    let url = format!("ws://{address}{target}");
    let mut request: Request<()> = url.into_client_request().unwrap();
    let key = "client-key-canary".parse().unwrap();
    request.headers_mut().insert("authorization", key);
    if !protocols.is_empty() {
        let protocols = protocols.parse().unwrap();
        request.headers_mut().insert(PROTOCOL, protocols);
    }
    let stream = TcpStream::connect(address).await.unwrap();
    match client_async(request, stream).await {
        Ok((socket, response)) => Ok((socket, response.map(|_| ()))),
        Err(tungstenite::Error::Http(response)) => {
            let status = response.status().as_u16();
            let code = response.headers().get("x-portolan-code");
            let code = code.map_or("", |code| code.to_str().unwrap()).to_owned();
            Err((status, code))
        }
        Err(error) => panic!("{error}"),
    }
}

async fn over(echo: &Echo) -> Gate {
    let us = Upstream::new(vec![answer("us")]).await;
    Build::over(&us, &us)
        .with(&passing(echo.address, echo.address))
        .start()
        .await
}

async fn heard(socket: &mut Socket) -> Message {
    let next = tokio::time::timeout(std::time::Duration::from_secs(20), socket.next());
    next.await.unwrap().unwrap().unwrap()
}

#[tokio::test]
async fn a_session_passes_with_the_key_of_its_region() {
    let echo = Echo::new().await;
    let gate = over(&echo).await;
    let target = "/eu.assemblyai/v3/ws?sample_rate=16000&token=query-key-canary&a=%20b";
    let (mut socket, response) = open(&gate, EU, target).await.unwrap();
    assert_eq!(response.headers()["x-portolan-request-id"].len(), 32);
    let audio = vec![7_u8; 3200];
    for message in [
        Message::binary(audio),
        Message::text(r#"{"type":"KeepAlive"}"#),
    ] {
        socket.send(message.clone()).await.unwrap();
        assert_eq!(heard(&mut socket).await, message);
    }
    socket
        .send(Message::text(r#"{"type":"Terminate"}"#))
        .await
        .unwrap();
    assert!(
        heard(&mut socket)
            .await
            .to_text()
            .unwrap()
            .contains("Termination")
    );
    assert!(heard(&mut socket).await.is_close());
    while socket.next().await.is_some() {}
    let (target, headers) = echo.seen().remove(0);
    assert_eq!(target, "/v3/ws?sample_rate=16000&a=%20b");
    assert_eq!(headers["authorization"], "Bearer upstream-secret-canary");
    assert!(
        !format!("{headers:?}").contains("client-key"),
        "{headers:?}"
    );
    let line = gate.logged(1).await;
    assert_eq!(
        (&line["status"], &line["outcome"]),
        (&101.into(), &"answered".into())
    );
    assert_eq!(line["passed"]["audio_s"], "9");
    let usage = gate.get(ADMIN, "/usage").await.json();
    assert_eq!(usage["audio"][0]["audio_seconds"], "9");
    assert_eq!(usage["audio"][0]["recordings_without_price"], 1);
}

#[tokio::test]
async fn a_subprotocol_that_is_listed_passes_and_a_key_among_them_does_not() {
    let echo = Echo::new().await;
    let us = Upstream::new(vec![answer("us")]).await;
    let listed = passing(echo.address, echo.address).replace(
        "sockets: [GET /v3/ws]",
        "sockets: [GET /v3/ws], protocols: [audio.v3, audio.v2]",
    );
    let gate = Build::over(&us, &us).with(&listed).start().await;
    let offered = "sk-key-canary, audio.v3, audio.v1";
    let opened = open_with(&gate, EU, "/eu.assemblyai/v3/ws", offered).await;
    let (mut socket, response) = opened.unwrap();
    assert_eq!(response.headers()[PROTOCOL], "audio.v3");
    let (_, headers) = echo.seen().remove(0);
    assert_eq!(headers[PROTOCOL], "audio.v3");
    socket.send(Message::text("{}")).await.unwrap();
    assert_eq!(heard(&mut socket).await, Message::text("{}"));
    // Nothing is offered that nobody offered.
    open(&gate, EU, "/eu.assemblyai/v3/ws").await.unwrap();
    assert!(!echo.seen()[1].1.contains_key(PROTOCOL));
}

#[tokio::test]
async fn a_handshake_that_may_not_pass_is_answered_and_opens_nothing() {
    let echo = Echo::new().await;
    let gate = over(&echo).await;
    let call = |model: &str| {
        let call = format!(r#"{{"model":"{model}","messages":[],"max_tokens":5}}"#);
        let call: String = form_urlencoded::byte_serialize(call.as_bytes()).collect();
        call
    };
    for (listener, target, code) in [
        (EU, "/assemblyai/v3/ws".to_owned(), (403, "lock-not-met")),
        (
            EU,
            "/eu.assemblyai/v3/ws/x".to_owned(),
            (404, "no-such-path"),
        ),
        (
            EU,
            format!("/eu.assemblyai/v3/ws?llm_gateway={}", call("m-2")),
            (404, "model-not-in-region"),
        ),
        (
            EU,
            format!("/eu.assemblyai/v3/ws?llm%5Fgateway={}", call("m-2")),
            (404, "model-not-in-region"),
        ),
        (
            EU,
            format!("/eu.assemblyai/v3/ws?LLM_gateway={}", call("m-2")),
            (400, "ambiguous-field"),
        ),
        (
            EU,
            format!(
                "/eu.assemblyai/v3/ws?llm_gateway={}&llm_gateway={}",
                call("m-1"),
                call("m-2")
            ),
            (400, "ambiguous-field"),
        ),
        (
            EU,
            format!("/eu.assemblyai/v3/ws?a=1;llm_gateway={}", call("m-2")),
            (400, "ambiguous-field"),
        ),
        (
            EU,
            "/eu.assemblyai/v3/ws?llm_gateway[model]=m-2".to_owned(),
            (400, "ambiguous-field"),
        ),
        (
            EU,
            "/eu.assemblyai/v3/ws?llm_gateway=m-2".to_owned(),
            (400, "bad-body"),
        ),
    ] {
        let refused = open(&gate, listener, &target).await.err().unwrap();
        assert_eq!((refused.0, &*refused.1), code, "{target}");
    }
    let told = gate.get(EU, "/eu.assemblyai/v3/ws").await;
    assert_eq!(told.code(), (426, "upgrade-required"));
    assert!(echo.seen().is_empty());
    let target = format!("/eu.assemblyai/v3/ws?llm_gateway={}", call("m-1"));
    let (socket, _) = open(&gate, EU, &target).await.unwrap();
    assert_eq!(echo.seen()[0].0, target.replace("/eu.assemblyai", ""));
    drop(socket);
}

#[tokio::test]
async fn a_call_to_a_model_in_a_message_closes_the_socket() {
    let echo = Echo::new().await;
    let gate = over(&echo).await;
    let (mut socket, _) = open(&gate, US, "/assemblyai/v3/ws").await.unwrap();
    let update = r#"{"type":"UpdateConfiguration","llm_gateway":{"model":"m-1"}}"#;
    socket.send(Message::text(update)).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        assert!(!message.is_text(), "{message}");
    }
    let line = gate.logged(1).await;
    assert_eq!(
        (&line["outcome"], &line["code"]),
        (&"refused".into(), &"ambiguous-field".into())
    );
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_the_session() {
    let echo = Echo::new().await;
    let gate = over(&echo).await;
    let (socket, _) = open(&gate, US, "/assemblyai/v3/ws").await.unwrap();
    drop(socket);
    let line = gate.logged(1).await;
    assert_eq!(line["outcome"], "cancelled");
}

#[tokio::test]
async fn an_upstream_that_opens_no_socket_is_told() {
    let us = Upstream::new(vec![answer("no socket")]).await;
    let gate = Build::over(&us, &us)
        .with(&passing(us.address, us.address))
        .start()
        .await;
    let refused = open(&gate, US, "/assemblyai/v3/ws").await.err().unwrap();
    assert_eq!(refused, (502, "upstream-invalid".to_owned()));
}

#[tokio::test]
async fn the_mock_holds_a_session() {
    let nowhere = "192.0.2.1:9".parse().unwrap();
    let gate = Build::over_mock()
        .with(&passing(nowhere, nowhere))
        .start()
        .await;
    let (mut socket, _) = open(&gate, US, "/assemblyai/v3/ws").await.unwrap();
    assert!(
        heard(&mut socket)
            .await
            .to_text()
            .unwrap()
            .contains("Begin")
    );
    socket.send(Message::binary(vec![0; 64_000])).await.unwrap();
    assert!(heard(&mut socket).await.to_text().unwrap().contains("Turn"));
    socket
        .send(Message::text(r#"{"type": "Terminate"}"#))
        .await
        .unwrap();
    let end = heard(&mut socket).await;
    assert!(
        end.to_text()
            .unwrap()
            .contains(r#""audio_duration_seconds":2"#),
        "{end}"
    );
    assert!(heard(&mut socket).await.is_close());
}

#[tokio::test]
async fn a_gateway_that_stops_waits_for_its_sockets() {
    let echo = Echo::new().await;
    let mut gate = over(&echo).await;
    let (mut socket, _) = open(&gate, US, "/assemblyai/v3/ws").await.unwrap();
    gate.stop();
    socket.send(Message::text("still here")).await.unwrap();
    assert_eq!(heard(&mut socket).await.to_text().unwrap(), "still here");
    socket.close(None).await.unwrap();
    while socket.next().await.is_some() {}
    gate.done().await;
}
