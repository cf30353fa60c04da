//! Hosts: on a shared listener they choose the endpoint, and nowhere may two differ.

use crate::harness::{Build, CHAT, US, ask};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One listener for both endpoints.
fn shared() -> Build {
    let mut build = Build::over_mock();
    "
gateway: 1
listeners:
  - address: 127.0.0.1:0
    hosts: {us.example.com: us, EU.example.com.: eu}
"
    .clone_into(&mut build.yaml);
    build
}

#[tokio::test]
async fn the_host_chooses_the_endpoint_however_it_is_written() {
    let gate = shared().start().await;
    for (host, status) in [
        ("us.example.com", 200),
        ("US.EXAMPLE.com:8080", 200),
        ("eu.example.com", 404),
        ("eu.example.com.:443", 404),
        ("evil.eu.example.com", 421),
        ("us.example.com.evil.com", 421),
        ("us.example.com..", 421),
    ] {
        let told = gate.chat(US, &ask("m-2"), &[("host", host)]).await;
        assert_eq!(told.status, status, "{host}: {}", told.text);
    }
}

/// A request as bytes, and the first line of its answer.
async fn raw(gate: &crate::harness::Gate, head: &str) -> String {
    let body = ask("m-2");
    let mut stream = TcpStream::connect(gate.addresses[US]).await.unwrap();
    let text = format!(
        "{head}\r\ncontent-type: application/json\r\nauthorization: k\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn hosts_that_do_not_agree_are_misdirected() {
    let gate = shared().start().await;
    let two = format!("POST {CHAT} HTTP/1.1\r\nhost: us.example.com\r\nhost: eu.example.com");
    assert!(raw(&gate, &two).await.contains("421"));
    let same = format!("POST {CHAT} HTTP/1.1\r\nhost: us.example.com\r\nhost: US.example.com:1");
    assert!(raw(&gate, &same).await.contains("200"));
    let absolute = format!("POST http://eu.example.com{CHAT} HTTP/1.1\r\nhost: us.example.com");
    assert!(raw(&gate, &absolute).await.contains("421"));
    let absolute = format!("POST http://us.example.com{CHAT} HTTP/1.1\r\nhost: us.example.com");
    assert!(raw(&gate, &absolute).await.contains("200"));
    let user = format!("POST {CHAT} HTTP/1.1\r\nhost: us.example.com@eu.example.com");
    assert!(raw(&gate, &user).await.contains("421"));
    let none = format!("POST {CHAT} HTTP/1.0");
    assert!(raw(&gate, &none).await.contains("421"));
}

#[tokio::test]
async fn in_http_2_the_authority_and_a_host_header_must_agree() {
    let gate = Build::over_mock().start().await;
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let own = gate.addresses[US].to_string();
    for (host, status) in [
        (None, 200),
        (Some(&*own), 200),
        (Some("eu.example.com"), 421),
    ] {
        let mut request = gate.posted(US, CHAT, &ask("m-1"), &[]);
        if let Some(host) = host {
            let host = host.parse().unwrap();
            request.headers_mut().insert("host", host);
        }
        let response = client.request(request).await.unwrap();
        assert_eq!(response.status(), status, "{host:?}");
    }
}
