//! Spans to a collector, by OTLP over HTTP as JSON, a batch at a time.
//!
//! What a collector is too busy for is sent a few times more, what it refuses is not; either is
//! counted in the end. Nothing here is waited for but the last batch when the gateway stops.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, TracesData};
use tokio::sync::oneshot;

use super::Collector;
use super::spans::Attributes;
use crate::clock;
use crate::gateway::Gateway;
use crate::heads;
use crate::transport::{Upstreams, Versions, client};

/// From one look at what waits to the next.
const PAUSE: Duration = Duration::from_secs(1);

/// Spans of one batch.
const BATCH: usize = 512;

/// How long a collector may take to connect, and to answer.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(10);

/// How often a batch is sent at most, and how long it waits in between, doubled each time.
const TRIES: u32 = 3;
const AGAIN: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// Bytes of a collector's answer that are read, so that its connection can be used again.
const SAID: usize = 64 * 1024;

/// Sends what waits until the gateway has stopped, and then once more.
pub(crate) async fn export(gateway: std::sync::Arc<Gateway>, mut stopped: oneshot::Receiver<()>) {
    let upstreams = client(Some(CONNECT), Versions::All);
    let mut failing = false;
    loop {
        let last = tokio::select! {
            () = tokio::time::sleep(PAUSE) => false,
            _ = &mut stopped => true,
        };
        loop {
            let batch = gateway.spans.take(BATCH);
            if batch.is_empty() {
                break;
            }
            let count = batch.len() as u64;
            let sent = sent(&gateway, &upstreams, batch).await;
            if sent {
                gateway.telemetry.spans_exported(count);
            } else {
                gateway.telemetry.spans_dropped(count);
            }
            if failing == sent {
                failing = !sent;
                let what = if failing {
                    "traces-lost"
                } else {
                    "traces-found"
                };
                let at = clock::instant(gateway.clock.now_ms()).to_string();
                if !gateway.settings.log.event(&at, what) {
                    gateway.telemetry.log_lost();
                }
            }
        }
        if last {
            return;
        }
    }
}

/// What became of one sending.
enum Outcome {
    Taken,
    /// It may be taken later, and not before so long.
    Busy(Duration),
    Refused,
}

/// Sends one batch; whether a collector has taken it.
async fn sent(gateway: &Gateway, upstreams: &Upstreams<Full<Bytes>>, spans: Vec<Span>) -> bool {
    let served = gateway.served();
    // A reload may have taken the collector away.
    let (Some(collector), Some(traces)) = (&served.collector, &served.config.traces) else {
        return false;
    };
    let Ok(body) = serde_json::to_vec(&data(spans, &traces.service)) else {
        return false;
    };
    let body = Bytes::from(body);
    let mut pause = AGAIN;
    for left in (0..TRIES).rev() {
        match posted(upstreams, collector, body.clone()).await {
            Outcome::Taken => return true,
            Outcome::Refused => return false,
            Outcome::Busy(_) if left == 0 => return false,
            Outcome::Busy(asked) => tokio::time::sleep(pause.max(asked).min(LONGEST)).await,
        }
        pause *= 2;
    }
    false
}

async fn posted(upstreams: &Upstreams<Full<Bytes>>, to: &Collector, body: Bytes) -> Outcome {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = to.uri.clone();
    request.headers_mut().clone_from(&to.headers);
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    let answer = tokio::time::timeout(ANSWER, upstreams.request(request)).await;
    let Ok(Ok(answer)) = answer else {
        return Outcome::Busy(Duration::ZERO);
    };
    let (head, body) = answer.into_parts();
    let _ = tokio::time::timeout(ANSWER, Limited::new(body, SAID).collect()).await;
    match head.status {
        status if status.is_success() => Outcome::Taken,
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => {
            let asked = heads::retry_after(&head.headers).unwrap_or(0);
            Outcome::Busy(Duration::from_secs(asked.unsigned_abs()))
        }
        _ => Outcome::Refused,
    }
}

/// Spans as a collector takes them.
fn data(spans: Vec<Span>, service: &str) -> TracesData {
    let version = env!("CARGO_PKG_VERSION");
    let mut attributes = Attributes::default();
    attributes.text("service.name", service);
    attributes.text("service.version", version);
    let scope = InstrumentationScope {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: version.to_owned(),
        ..InstrumentationScope::default()
    };
    let scoped = ScopeSpans {
        scope: Some(scope),
        spans,
        ..ScopeSpans::default()
    };
    let resource = Resource {
        attributes: attributes.0,
        ..Resource::default()
    };
    TracesData {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![scoped],
            ..ResourceSpans::default()
        }],
    }
}
