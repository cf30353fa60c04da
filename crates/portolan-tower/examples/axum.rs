//! A policy before an axum route: `cargo run -p portolan-tower --example axum`.
//!
//! It answers with where the call would go; a real host would send it there.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Uri;
use axum::routing::post;
use portolan::core::engine::Engine;
use portolan::{Instant, MemoryFiles, compile};
use portolan_tower::{Host, PortolanLayer, Routed};

/// A policy that keeps everything in the Union.
pub(crate) const POLICY: &str = r#"
edition 1
policy stay
use catalog "catalog.yaml"

lock processing, storage within EU27
"#;

/// Two regions, one endpoint.
pub(crate) const CATALOG: &str = "
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

/// The route behind the policy.
pub(crate) fn app(gateway: Gateway) -> Router {
    let chat = post(async |uri: Uri, request: Request<Body>| {
        let routed = request.extensions().get::<Routed>();
        let attempts = routed.map_or(0, |routed| routed.plan().attempts.len());
        let body = axum::body::to_bytes(request.into_body(), 1 << 20).await;
        let body = body.unwrap_or_default();
        format!(
            "{attempts} attempt: {uri} {}",
            String::from_utf8_lossy(&body)
        )
    });
    Router::new().route(
        "/v1/chat/completions",
        chat.layer(PortolanLayer::new(gateway)),
    )
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, app(Gateway::new()?)).await?;
    Ok(())
}
