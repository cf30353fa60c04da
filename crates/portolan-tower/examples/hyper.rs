//! A policy before plain hyper: `cargo run -p portolan-tower --example hyper`.
//!
//! HTTP/1 and HTTP/2 are served on one port. It answers with where the call would go; a real host
//! would send it there.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use portolan::core::engine::Engine;
use portolan::{Instant, MemoryFiles, compile};
use portolan_tower::{Host, PortolanLayer, Routed};
use tokio::net::TcpListener;
use tower::{Layer, service_fn};

/// A policy that keeps everything in the Union.
const POLICY: &str = r#"
edition 1
policy stay
use catalog "catalog.yaml"

lock processing, storage within EU27
"#;

/// Two regions, one endpoint.
const CATALOG: &str = "
catalog: 1
regions: {eu: {processing: EU27, storage: EU27}, us: {processing: US, storage: US}}
endpoints: {eu: {host: eu.example.com, path: /v1/chat, ingress: EU27, region: eu, default: true}}
providers: {acme: {retention: zero}}
models:
  m-1: {offerings: [{region: eu, provider: acme, upstream_id: m-1-2026}]}
  m-2: {offerings: [{region: us, provider: acme}]}
";

/// One policy, the clock of the machine.
pub(crate) struct Gateway {
    engine: Arc<Engine>,
}

impl Gateway {
    /// Compiles the policy of this example.
    ///
    /// # Errors
    /// The policy has errors.
    pub(crate) fn new() -> Result<Self, String> {
        let mut files = MemoryFiles::from([("stay.portolan", POLICY), ("catalog.yaml", CATALOG)]);
        let compilation = compile("stay.portolan", &mut files);
        let engine = compilation.engine.ok_or("the policy has errors")?;
        Ok(Self {
            engine: Arc::new(engine),
        })
    }
}

impl Host for Gateway {
    fn engine(&self) -> Arc<Engine> {
        Arc::clone(&self.engine)
    }

    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = since.map_or(0, |since| since.as_secs());
        Instant::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    fn request_id(&self) -> String {
        "7d0c".to_owned()
    }
}

/// Where a call would go; it stands behind the policy.
async fn chat(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let routed = request.extensions().get::<Routed>();
    let attempts = routed.map_or(0, |routed| routed.plan().attempts.len());
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let told = format!(
        "{attempts} attempt: {} {}",
        head.uri,
        String::from_utf8_lossy(&body)
    );
    Ok(Response::new(Full::from(told)))
}

/// Serves each connection by a task of its own.
///
/// # Errors
/// A connection cannot be taken.
pub(crate) async fn serve(listener: TcpListener, gateway: Gateway) -> std::io::Result<()> {
    let service = PortolanLayer::new(gateway).layer(service_fn(chat));
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            // How a connection ends is between it and its caller.
            let _ = connection.await;
        });
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    serve(listener, Gateway::new()?).await?;
    Ok(())
}
