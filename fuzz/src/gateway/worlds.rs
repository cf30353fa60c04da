//! The gateways that calls are made to: their policies, configurations, clock, log and upstream.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use portolan_core::catalog::Executes;
use portolan_core::diagnostic::Diagnostics;
use portolan_core::engine::{self, Engine};
use portolan_core::source::Sources;
use portolan_gateway::config::{Config, Listener, read};
use portolan_gateway::{Clock, Gateway, Log, Settings, Upstream};
use tokio::runtime::Runtime;

use super::heard::Heard;
use crate::engines::Memory;

/// The key that every call shows: its row is locked to the EU.
pub(crate) const KEY: &str = "sk-north-canary";

/// What the gateway calls the EU with.
pub(crate) const SECRET: &str = "secret-of-the-fuzzer";

/// The host of the EU's speech-to-text API.
pub(crate) const SPEECH: &str = "speech.eu.example.com";

/// A row that demands the EU, added to a policy.
const LOCKED: &str = r"
table tenants (residency: place)
  row everybody: world
  row north: EU27
attribute tenant: key of tenants = everybody
lock processing, storage, ingress within request.tenant.residency
  as tenants-stay-where-they-are
";

const CONFIGURATION: &str = "
gateway: 1
listeners:
  - {address: 127.0.0.1:0, endpoint: us}
  - {address: 127.0.0.1:0, endpoint: eu}
  - {address: 127.0.0.1:0, hosts: {us.example.com: us, eu.example.com: eu}}
upstreams:
  us: {key: 'file:SECRET'}
  eu: {key: 'file:SECRET'}
keys:
  attribute: tenant
  rows:
    - sha256: 4fe32eaec1465921678efb549185c83aa8f097b6de413bdbedd3010a7aeed707
      row: north
      upstreams: {us: 'file:SECRET', eu: 'file:SECRET'}
pass_through:
  assemblyai:
    endpoint: us
    hosts: [{url: 'https://speech.us.example.com', place: US, json: [GET /v2/transcript/*]}]
  eu.assemblyai:
    endpoint: eu
    hosts: [{url: 'https://speech.eu.example.com', place: EU27, json: [GET /v2/transcript/*]}]
breaker: {failures: 1000000}
";

/// A gateway with all that the oracle has to know of it.
pub struct World {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) listeners: Vec<Arc<Listener>>,
    pub(crate) engine: Engine,
    pub(crate) runtime: Runtime,
    pub(crate) now: Now,
    pub(crate) lines: Lines,
    pub(crate) upstream: Recorder,
    /// The models that are worth naming.
    pub(crate) models: Vec<String>,
    /// The host of the EU's upstream.
    pub(crate) eu: String,
    /// The EU's endpoint puts transcripts in itself, so that nobody fetches them for it.
    pub(crate) executes: bool,
    /// Attempts may be tried again: waiting for that takes time.
    pub(crate) retries: bool,
}

impl World {
    /// The shipped policy with a row that is locked to the EU; a policy that refuses no fault of
    /// the shape, so that whatever it routes has to read the same; and that one with an upstream of
    /// its own for the EU.
    pub fn all() -> Vec<Self> {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/assemblyai");
        let text = |name: &str| std::fs::read_to_string(shipped.join(name)).unwrap_or_default();
        // What it shows of ordinary calls, it shows of those that no row locks away.
        let ordinary = "define ordinary = authenticated";
        let unlocked = format!("{ordinary} and request.tenant == everybody");
        let golden = text("policy.portolan").replace(ordinary, &unlocked) + LOCKED;
        let lax = include_str!("../../fixtures/lax.portolan").to_owned() + LOCKED;
        let small = include_str!("../../fixtures/two-regions.yaml");
        let elsewhere = CONFIGURATION.replace(
            "  eu: {key: 'file:SECRET'}",
            "  eu: {key: 'file:SECRET', url: 'https://egress.example.com', place: DE}",
        );
        vec![
            Self::new(&golden, &text("catalog.yaml"), CONFIGURATION, false),
            Self::new(&lax, small, CONFIGURATION, true),
            Self::new(&lax, small, &elsewhere, true),
        ]
    }

    #[expect(
        clippy::expect_used,
        reason = "without a world there is nothing to ask"
    )]
    fn new(policy: &str, catalog: &str, configuration: &str, retries: bool) -> Self {
        let secret = format!("{}/fixtures/secret.txt", env!("CARGO_MANIFEST_DIR"));
        let yaml = configuration.replace("SECRET", &secret);
        let (policy, catalog) = (policy.to_owned(), catalog.to_owned());
        let load = move || -> Result<(Engine, Config), String> {
            let files = [
                ("policy.portolan", policy.as_bytes()),
                ("catalog.yaml", catalog.as_bytes()),
            ];
            let compiled = engine::compile("policy.portolan", &mut Memory(&files));
            let found = compiled.diagnostics.iter().map(|d| &*d.message);
            let found: Vec<&str> = found.collect();
            let engine = compiled.engine.ok_or_else(|| found.join("\n"))?;
            let (mut sources, mut wrong) = (Sources::default(), Diagnostics::default());
            let id = sources.add("gateway.yaml", &*yaml);
            let config = read(&sources, id, &engine, &mut wrong);
            let config = config.ok_or("the configuration has errors")?;
            Ok((engine, config))
        };
        let (engine, config) = load().expect("a world that compiles");
        let (now, lines, upstream) = (Now::default(), Lines::default(), Recorder::default());
        let settings = Settings {
            log: Log::to(lines.clone()),
            clock: Box::new(now.clone()),
            ..Settings::default()
        };
        let gateway = Gateway::inside(Box::new(load), settings, Box::new(upstream.clone()));
        let catalog = engine.catalog();
        let ids = catalog.models.iter().map(|model| model.id.to_string());
        let aliases = catalog.aliases.iter().map(|alias| alias.id.to_string());
        let mut models: Vec<String> = ids.chain(aliases).collect();
        // Those that the EU has are worth more questions.
        let of_eu = catalog.models.iter().filter(|model| {
            let mut offerings = model
                .offerings
                .iter()
                .filter_map(|id| catalog.offering(*id));
            offerings.any(|offering| catalog.region_named("eu") == Some(offering.region))
        });
        let of_eu: Vec<String> = of_eu.map(|model| model.id.to_string()).collect();
        for _ in 0..3 {
            models.extend(of_eu.iter().cloned());
        }
        let instead = config.upstreams.get("eu").and_then(|u| u.instead.as_ref());
        let instead = instead.and_then(|instead| instead.origin.strip_prefix("https://"));
        let eu = catalog.endpoints.iter().find(|e| &*e.name == "eu");
        let executes = eu.is_some_and(|eu| eu.executes.contains(&Executes::Transcript));
        let eu = instead.or(eu.map(|eu| &*eu.host)).unwrap_or_default();
        Self {
            eu: eu.to_owned(),
            executes,
            models,
            gateway: gateway.expect("a world that is proved"),
            listeners: config.listeners.into_iter().map(Arc::new).collect(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .expect("a runtime"),
            engine,
            now,
            lines,
            upstream,
            retries,
        }
    }
}

/// A clock that is set before each call.
#[derive(Clone, Default)]
pub(crate) struct Now(Arc<AtomicI64>);

impl Now {
    pub(crate) fn set(&self, seconds: i64) {
        self.0.store(seconds * 1000, Ordering::Relaxed);
    }
}

impl Clock for Now {
    fn now_ms(&self) -> i64 {
        // A world is proved from here on.
        self.0.load(Ordering::Relaxed).max(FIRST * 1000)
    }
}

/// The beginning of 2026, the first second that calls are judged for.
pub(crate) const FIRST: i64 = 1_767_225_600;

/// The log since it was last taken.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *lock(&self.0))
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An upstream that keeps what it is sent and answers as it was told to.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    answers: Vec<u16>,
    heard: Heard,
    sent: Vec<Request<Bytes>>,
}

impl Recorder {
    /// How the next calls are answered, the last of them first, and what was heard by whoever asks
    /// for a transcript.
    pub(crate) fn expect(&self, answers: Vec<u16>, heard: Heard) {
        let mut recorded = lock(&self.0);
        (recorded.answers, recorded.heard) = (answers, heard);
    }

    pub(crate) fn take(&self) -> Vec<Request<Bytes>> {
        std::mem::take(&mut lock(&self.0).sent)
    }
}

impl Upstream for Recorder {
    fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut recorded = lock(&self.0);
        if request.method() == Method::GET {
            recorded.sent.push(request);
            let Heard { status, answer, .. } = std::mem::take(&mut recorded.heard);
            return answered(status, "application/json", answer.into());
        }
        let status = recorded.answers.pop().unwrap_or(200);
        let streams = request.body().windows(6).any(|text| text == b"stream");
        recorded.sent.push(request);
        let (media, body) = match status {
            200 if streams => ("text/event-stream", EVENTS),
            // Garbage: it says that it is an answer.
            299 => ("application/json", "<html>"),
            _ => ("application/json", WHOLE),
        };
        let status = if status == 299 { 200 } else { status };
        answered(status, media, Bytes::from_static(body.as_bytes()))
    }
}

fn answered(status: u16, media: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    let media = http::HeaderValue::from_static(media);
    response.headers_mut().insert("content-type", media);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
}

const WHOLE: &str = r#"{"request_id":"up","choices":[{"message":{"role":"assistant","content":"well"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#;
const EVENTS: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"well\"}}]}\n\ndata: [DONE]\n\n";

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
