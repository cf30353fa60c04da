//! The layer under axum and under plain hyper, over real sockets.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is how a broken promise is reported"
)]

#[path = "../examples/axum.rs"]
#[expect(dead_code, reason = "the example's own `main` is not called here")]
mod example;

#[path = "../examples/hyper.rs"]
#[expect(dead_code, reason = "the example's own `main` is not called here")]
mod plain;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use example::{Gateway, app};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use portolan_tower::{PortolanLayer, Routed};
use serde_json::{Value, json};
use tower::{Layer, Service, ServiceExt};

fn post(body: impl Into<Body>) -> Request<Body> {
    Request::post("/v1/chat/completions")
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

async fn text(body: impl http_body::Body<Data = Bytes, Error: std::fmt::Debug>) -> String {
    let bytes = body.collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn asked(request: Request<Body>) -> (StatusCode, http::HeaderMap, String) {
    let app = app(Gateway::new().unwrap());
    let (head, body) = app.oneshot(request).await.unwrap().into_parts();
    (head.status, head.headers, text(body).await)
}

#[tokio::test]
async fn a_call_goes_on_rewritten_with_its_plan() {
    let body =
        r#"{ "model":"m-1", "messages":[], "temperature":1.0, "fallbacks":[{"model":"m-2"}] }"#;
    let (status, _, told) = asked(post(body)).await;
    assert_eq!(status, 200);
    assert_eq!(
        told,
        r#"1 attempt: https://eu.example.com/v1/chat { "model":"m-1-2026", "messages":[], "temperature":1.0 }"#
    );
}

#[tokio::test]
async fn a_refusal_is_answered_in_the_dialect_of_the_caller() {
    let body = r#"{"model":"m-2","messages":[]}"#;
    let (status, headers, told) = asked(post(body)).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert!(status.is_client_error(), "{status}");
    assert_eq!(headers["x-should-retry"], "false");
    assert_eq!(headers["x-portolan-request-id"], "7d0c");
    assert_eq!(
        told["error"]["code"],
        headers["x-portolan-code"].to_str().unwrap()
    );
    assert_eq!(told["request_id"], "7d0c");

    let mut problem = post(body);
    problem
        .headers_mut()
        .insert("accept", "application/problem+json".parse().unwrap());
    let (same, headers, told) = asked(problem).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(same, status);
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(told["status"], status.as_u16());
}

#[tokio::test]
async fn what_cannot_be_judged_is_refused_unread() {
    let with = |name: &'static str, value: &'static str| {
        let mut request = post("{}");
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    for (request, status, code) in [
        (with("content-encoding", "gzip"), 415, "compressed-request"),
        (
            with("content-type", "text/plain"),
            415,
            "unsupported-media-type",
        ),
        (with("content-length", "99999999999"), 413, "body-too-large"),
    ] {
        let (found, headers, _) = asked(request).await;
        assert_eq!(
            (found.as_u16(), headers["x-portolan-code"].to_str().unwrap()),
            (status, code)
        );
    }
}

/// The example's policy has no rule about the shape of a body.
#[tokio::test]
async fn what_readers_would_read_differently_goes_nowhere() {
    let many = |value: &str| {
        let parts = format!("{value},").repeat(200);
        format!(r#"{{"model":"m-1","messages":[{parts}{value}]}}"#)
    };
    let own = |body: &str| body.to_owned();
    for (body, code) in [
        (
            own(r#"{"model":"m-2","model":"m-1","messages":[]}"#),
            "ambiguous-field",
        ),
        (
            own(r#"{"Model":"m-2","model":"m-1","messages":[]}"#),
            "ambiguous-field",
        ),
        (
            own(r#"{"model":"m-1","messages":[],"fallbacks":[{"model":"m-1","MODEL":"m-2"}]}"#),
            "ambiguous-field",
        ),
        // So much is wrong that not all of it is kept.
        (many("7"), "wrong-type"),
    ] {
        let (status, headers, told) = asked(post(body.clone())).await;
        assert_eq!(
            (
                status.as_u16(),
                headers["x-portolan-code"].to_str().unwrap()
            ),
            (400, code),
            "{body}: {told}"
        );
        assert_eq!(headers["x-should-retry"], "false");
    }
    // One fault that reads alike to everybody is the policy's to refuse.
    let (status, ..) = asked(post(r#"{"model":"m-1","messages":[7]}"#)).await;
    assert_eq!(status, 200);
    // And where the policy refuses, it is the policy's words that are told.
    for body in [
        r#"{"model":"m-1","model":"m-2","messages":[]}"#,
        r#"{"model":"m-1","messages":[]"#,
    ] {
        let (status, headers, told) = asked(post(body)).await;
        assert!(status.is_client_error(), "{told}");
        assert_ne!(headers["x-portolan-code"], "ambiguous-field", "{told}");
        assert_ne!(headers["x-portolan-code"], "invalid-json", "{told}");
    }
}

#[tokio::test]
async fn a_body_of_unsaid_length_is_read_up_to_the_limit_only() {
    let layer = PortolanLayer::new(Gateway::new().unwrap()).body_limit(64);
    let inner = tower::service_fn(async |_: Request<Full<Bytes>>| {
        Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let body = json!({"model": "m-1", "messages": "x".repeat(100)}).to_string();
    let response = layer.layer(inner).oneshot(post(body)).await.unwrap();
    assert_eq!(response.status(), 413);
}

/// Ready only once it was polled twice, and counts its calls.
#[derive(Clone)]
struct Slow {
    polled: usize,
    called: Arc<AtomicUsize>,
}

impl Service<Request<Full<Bytes>>> for Slow {
    type Response = Response<Full<Bytes>>;
    type Error = std::convert::Infallible;
    type Future = std::future::Pending<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.polled += 1;
        if self.polled < 2 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(self.polled >= 2, "called before it was ready");
        assert!(request.extensions().get::<Routed>().is_some());
        self.called.fetch_add(1, Ordering::SeqCst);
        std::future::pending()
    }
}

#[tokio::test]
async fn the_inner_service_pushes_back_and_a_dropped_call_is_gone() {
    let called = Arc::new(AtomicUsize::new(0));
    let slow = Slow {
        polled: 0,
        called: Arc::clone(&called),
    };
    let service = PortolanLayer::new(Gateway::new().unwrap()).layer(slow);
    let call = service.oneshot(post(r#"{"model":"m-1","messages":[]}"#));
    let waited = tokio::time::timeout(std::time::Duration::from_millis(50), call).await;
    assert!(waited.is_err(), "the inner service never answers");
    assert_eq!(called.load(Ordering::SeqCst), 1);
    assert_eq!(
        Arc::strong_count(&called),
        1,
        "dropping the call drops what it held"
    );
}

#[tokio::test]
async fn plain_hyper_serves_it_over_http_1_and_http_2() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = plain::Gateway::new().unwrap();
    tokio::spawn(plain::serve(listener, gateway));
    for version in [http::Version::HTTP_11, http::Version::HTTP_2] {
        let http2 = version == http::Version::HTTP_2;
        let client = Client::builder(TokioExecutor::new())
            .http2_only(http2)
            .build_http();
        let asked = async |body: &'static str| {
            let request = Request::post(format!("http://{address}/v1/chat/completions"));
            let request = request.body(Full::<Bytes>::from(body)).unwrap();
            client.request(request).await.unwrap()
        };
        let response = asked(r#"{"model":"m-1","messages":[]}"#).await;
        assert_eq!(response.version(), version);
        assert_eq!(
            text(response.into_body()).await,
            r#"1 attempt: https://eu.example.com/v1/chat {"model":"m-1-2026","messages":[]}"#
        );
        let response = asked(r#"{"model":"m-2","messages":[]}"#).await;
        assert!(response.status().is_client_error(), "{}", response.status());
        assert_eq!(response.headers()["x-portolan-request-id"], "7d0c");
    }
}
