//! TLS on a listener: what callers are offered, and what happens to those who do not speak it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::harness::{ADMIN, Build, EU, Gate, US, ask, not_served};
use bytes::Bytes;
use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

fn file(name: &str) -> PathBuf {
    let tests = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/gateway/tls");
    tests.join(name)
}

/// The EU's listener speaks TLS.
fn over_mock(certificate: &str, key: &str) -> Build {
    let mut build = Build::over_mock();
    let plain = "{address: '127.0.0.1:0', endpoint: eu}";
    let tls = format!("tls: {{certificate: 'file:{certificate}', key: 'file:{key}'}}");
    let encrypted = format!("{{address: '127.0.0.1:0', endpoint: eu, {tls}}}");
    build.yaml = build.yaml.replace(plain, &encrypted);
    build
}

/// A connection of somebody who trusts that certificate and no other.
async fn connected(
    gate: &Gate,
    trusted: &str,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(file(trusted)).unwrap();
    roots.add(certificate).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(gate.addresses[EU]).await.unwrap();
    let name = ServerName::try_from("eu.example.com").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await
}

fn call(version: Version) -> Request<Full<Bytes>> {
    let uri = match version {
        Version::HTTP_2 => "https://eu.example.com/v1/chat/completions",
        _ => "/v1/chat/completions",
    };
    let request = Request::post(uri).header("authorization", "k");
    let request = match version {
        Version::HTTP_2 => request,
        _ => request.header("host", "eu.example.com"),
    };
    request.body(Full::from(ask("m-1"))).unwrap()
}

#[tokio::test]
async fn a_listener_with_a_certificate_speaks_tls_and_http_2_by_alpn() {
    let (certificate, key) = (file("first.crt"), file("first.key"));
    let build = over_mock(&certificate.to_string_lossy(), &key.to_string_lossy());
    let gate = build.start().await;

    let stream = connected(&gate, "first.crt", &["h2", "http/1.1"])
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let io = TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
        .await
        .unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(call(Version::HTTP_2)).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), response.version()),
        (200, Version::HTTP_2)
    );
    response.into_body().collect().await.unwrap();

    let stream = connected(&gate, "first.crt", &["http/1.1"]).await.unwrap();
    let io = TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(call(Version::HTTP_11)).await.unwrap();
    assert_eq!(response.status().as_u16(), 200);

    // Whoever trusts another certificate does not get this one past.
    assert!(connected(&gate, "second.crt", &["h2"]).await.is_err());
    // Whoever speaks plainly is told nothing, and the listener goes on.
    let mut plain = TcpStream::connect(gate.addresses[EU]).await.unwrap();
    plain
        .write_all(b"GET /v1/models HTTP/1.1\r\n\r\n")
        .await
        .unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said).await;
    assert!(!said.starts_with(b"HTTP"), "{said:?}");
    assert!(connected(&gate, "first.crt", &["h2"]).await.is_ok());
    // The others speak as before.
    assert_eq!(gate.chat(US, &ask("m-1"), &[]).await.status, 200);
    assert_eq!(gate.log().len(), 3);
}

#[tokio::test]
async fn a_reload_takes_a_renewed_certificate_and_keeps_the_old_one_over_a_broken_one() {
    let directory = std::env::temp_dir().join(format!("portolan-tls-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let (certificate, key) = (directory.join("own.crt"), directory.join("own.key"));
    let put = |name: &str| {
        std::fs::copy(file(&format!("{name}.crt")), &certificate).unwrap();
        std::fs::copy(file(&format!("{name}.key")), &key).unwrap();
    };
    put("first");
    let build = over_mock(&certificate.to_string_lossy(), &key.to_string_lossy());
    let gate = build.start().await;
    assert!(connected(&gate, "first.crt", &["h2"]).await.is_ok());
    let reload = || {
        let request = Request::post(gate.uri(ADMIN, "/reload"));
        gate.told(request.body(Full::default()).unwrap())
    };
    // A certificate without its key.
    std::fs::copy(file("second.crt"), &certificate).unwrap();
    let told = reload().await;
    assert_eq!(told.status, 422, "{}", told.text);
    assert!(told.text.contains("own.crt"), "{}", told.text);
    assert!(connected(&gate, "first.crt", &["h2"]).await.is_ok());
    put("second");
    assert_eq!(reload().await.status, 200);
    assert!(connected(&gate, "second.crt", &["h2"]).await.is_ok());
    assert!(connected(&gate, "first.crt", &["h2"]).await.is_err());
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn what_is_no_certificate_is_not_served() {
    let key = file("first.key").to_string_lossy().into_owned();
    let build = over_mock(&key, &key);
    let why = not_served(&build.policy, &build.yaml, true).to_string();
    assert!(
        why.starts_with("no certificate with its key in `file:"),
        "{why}"
    );
    let build = over_mock("nowhere.crt", &key);
    let why = not_served(&build.policy, &build.yaml, true).to_string();
    assert_eq!(why, "there is no secret `file:nowhere.crt`");
}
