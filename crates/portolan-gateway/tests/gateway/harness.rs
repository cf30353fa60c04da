//! A gateway in this process, its small policy, and a client.

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use portolan::{Engine, MemoryFiles, compile};
use portolan_core::diagnostic::Diagnostics;
use portolan_core::source::Sources;
use portolan_gateway::config::{Config, read};
use portolan_gateway::{Clock, Gateway, Load, Log, Mock, NotServed, Server, Settings};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::upstream::Upstream;

pub(crate) const CATALOG: &str = "
catalog: 1
capabilities: [stream]
regions:
  us: {processing: US, storage: US}
  eu: {processing: EU27, storage: EU27}
endpoints:
  us: {host: us.example.com, path: /v1/chat, ingress: US, region: us, default: true}
  eu: {host: eu.example.com, path: /v1/chat, ingress: EU27, region: eu}
makers: {acme: {title: Acme}}
providers: {acme: {title: Acme Cloud, retention: zero}}
models:
  m-1:
    title: Model One
    maker: acme
    context_window: 100k
    capabilities: [stream]
    price: {input: 1.10, output: 2.00}
    offerings: [{region: us, provider: acme}, {region: eu, provider: acme}]
  m-2:
    maker: acme
    capabilities: [stream]
    offerings: [{region: us, provider: acme}]
  m-4:
    maker: acme
    retires: 2026-06-01
    offerings: [{region: us, provider: acme}]
  m-3:
    maker: acme
    capabilities: []
    offerings: [{region: us, provider: acme}, {region: eu, provider: acme}]
";

pub(crate) const POLICY: &str = r#"
edition 1
policy small
use catalog "catalog.yaml"
table keys (residency: place)
  row everybody: world
  row north: EU27
attribute key: key of keys = everybody
attribute account: one of { free, counted } = free
default request.fallback_depth = 2

lock processing, storage, ingress within EU27
  as   eu-stays-in-eu
  when request.endpoint == eu
lock processing within request.key.residency
  as   residency

refuse 401 missing-api-key
  when  request.auth == missing
  blame authorization
  say   "no `Authorization` header"
refuse 400 bad-body
  when  request.fault != none
  say   "the body is wrong"
on unknown-model chain refuse 404 model-not-found
  blame model
  say   "no model `{request.model}`"
exclude 404 model-retired
  when  route.model.retires is set and request.at >= route.model.retires
  blame model
  say   "`{route.model}` retired"
exclude 404 model-not-in-region
  when  route.region != request.endpoint.region
  blame model
  say   "`{route.model}` is not offered in region `{request.endpoint.region}`"
  help  "it is offered in {sold-in}"

skip 429 rate-limited
  when model.used >= 2
  say  "`{route.model}` has used its 2 requests"
skip 503 unhealthy
  when not route.healthy
  say  "`{route.model}` does not answer now"

advance on 429, 5xx, connect, timeout, reset, truncated, garbage
timeout connect 30s, first-byte 30s, idle 30s, total 50s
retry on 5xx, connect once after 20ms
  without fallbacks
set stream = false
  when   request.stream and not ("stream" in route.capabilities)
  blame  stream
  noting stream-ignored "`{route.model}` does not stream"
limit 2 requests per 60s for each model
  when request.account == counted

prove eu-stays-in-eu
  for every request where request.endpoint == eu
  every attempt.processing within EU27
"#;

/// A policy, compiled.
pub(crate) fn engine(policy: &str) -> Engine {
    let mut files = MemoryFiles::from([("policy.portolan", policy), ("catalog.yaml", CATALOG)]);
    let compilation = compile("policy.portolan", &mut files);
    let wrong: Vec<_> = compilation.diagnostics.iter().map(|d| &d.message).collect();
    compilation.engine.unwrap_or_else(|| panic!("{wrong:?}"))
}

/// A configuration, or the messages of what is wrong with it.
pub(crate) fn config(yaml: &str, engine: &Engine) -> Result<Config, Vec<String>> {
    let mut sources = Sources::default();
    let id = sources.add("gateway.yaml", yaml);
    let mut diagnostics = Diagnostics::default();
    let config = read(&sources, id, engine, &mut diagnostics);
    let found = diagnostics.into_sorted();
    let told = found.iter().map(|d| {
        let at = sources.locate(d.primary.span);
        format!("{at} {}: {}", d.code, d.message)
    });
    config.ok_or_else(|| told.collect())
}

/// A clock that stands until it is set.
#[derive(Clone, Default)]
pub(crate) struct Set(Arc<AtomicI64>);

impl Set {
    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for Set {
    fn now_ms(&self) -> i64 {
        // 2026-03-01.
        1_772_323_200_000 + self.0.load(Ordering::SeqCst)
    }
}

/// A log that the test reads.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a gateway of a test is made of.
pub(crate) struct Build {
    pub(crate) policy: String,
    pub(crate) catalog: String,
    pub(crate) yaml: String,
    pub(crate) mock: bool,
    pub(crate) dry_run: bool,
    pub(crate) observe: bool,
    pub(crate) ping: Duration,
    /// Of its own; else it is served by the test's.
    pub(crate) threads: Option<NonZeroUsize>,
}

impl Build {
    /// Two listeners, each with an upstream of its own.
    pub(crate) fn over(us: &Upstream, eu: &Upstream) -> Self {
        Self::at([us.address, eu.address])
    }

    /// The same, wherever the upstreams are.
    pub(crate) fn at([us, eu]: [SocketAddr; 2]) -> Self {
        let key = format!("{}/tests/gateway/secret.txt", env!("CARGO_MANIFEST_DIR"));
        let yaml = format!(
            "
gateway: 1
listeners:
  - {{address: '127.0.0.1:0', endpoint: us}}
  - {{address: '127.0.0.1:0', endpoint: eu}}
upstreams:
  us: {{key: 'file:{key}', url: 'http://{us}', place: US}}
  eu: {{key: 'file:{key}', url: 'http://{eu}', place: DE, scheme: bearer}}
admin: 127.0.0.1:0
"
        );
        Self {
            policy: POLICY.to_owned(),
            catalog: CATALOG.to_owned(),
            yaml,
            mock: false,
            dry_run: false,
            observe: false,
            ping: Duration::from_secs(15),
            threads: None,
        }
    }

    /// Two listeners over the mock.
    pub(crate) fn over_mock() -> Self {
        let yaml = "
gateway: 1
listeners:
  - {address: '127.0.0.1:0', endpoint: us}
  - {address: '127.0.0.1:0', endpoint: eu}
admin: 127.0.0.1:0
";
        Self {
            policy: POLICY.to_owned(),
            catalog: CATALOG.to_owned(),
            yaml: yaml.to_owned(),
            mock: true,
            dry_run: false,
            observe: false,
            ping: Duration::from_secs(15),
            threads: None,
        }
    }

    /// One more line of configuration.
    pub(crate) fn with(mut self, yaml: &str) -> Self {
        self.yaml.push_str(yaml);
        self.yaml.push('\n');
        self
    }

    pub(crate) async fn start(self) -> Gate {
        let policy = Arc::new(Mutex::new(self.policy));
        let yaml = Arc::new(Mutex::new(self.yaml));
        let (text, written) = (Arc::clone(&policy), Arc::clone(&yaml));
        let catalog = self.catalog;
        let load: Load = Box::new(move || {
            let policy = text.lock().unwrap().clone();
            let mut files =
                MemoryFiles::from([("policy.portolan", &*policy), ("catalog.yaml", &*catalog)]);
            let engine = compile("policy.portolan", &mut files).engine;
            let engine = engine.ok_or("the policy has errors")?;
            let config = config(&written.lock().unwrap(), &engine).map_err(|e| e.join("\n"))?;
            Ok((engine, config))
        });
        let settings = Settings {
            dry_run: self.dry_run,
            observe: self.observe,
            ping: self.ping,
            ..Settings::default()
        };
        let mut gate = Gate::on(self.threads, load, self.mock, settings).await;
        (gate.policy, gate.yaml) = (policy, yaml);
        gate
    }
}

impl Gate {
    /// A gateway over whatever is loaded.
    pub(crate) async fn over(load: Load, mock: bool, settings: Settings) -> Self {
        Self::on(None, load, mock, settings).await
    }

    async fn on(threads: Option<NonZeroUsize>, load: Load, mock: bool, settings: Settings) -> Self {
        let (clock, log) = (Set::default(), Kept::default());
        let quick = Mock {
            latency: Duration::ZERO,
            pace: Duration::ZERO,
        };
        let settings = Settings {
            mock: mock.then_some(quick),
            log: Log::to(log.clone()),
            clock: Box::new(clock.clone()),
            ..settings
        };
        let gateway = Gateway::new(load, settings).unwrap();
        let mut server = Server::bind(Arc::clone(&gateway)).await.unwrap();
        if let Some(threads) = threads {
            server = server.with_threads(threads).unwrap();
        }
        let addresses = server.addresses();
        let (stop, stopped) = oneshot::channel::<()>();
        let done = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self {
            gateway,
            addresses,
            clock,
            log,
            policy: Arc::default(),
            yaml: Arc::default(),
            stop: Some(stop),
            done,
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }
}

/// A gateway that runs.
pub(crate) struct Gate {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) clock: Set,
    log: Kept,
    policy: Arc<Mutex<String>>,
    yaml: Arc<Mutex<String>>,
    stop: Option<oneshot::Sender<()>>,
    done: tokio::task::JoinHandle<()>,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Told {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Status and code.
    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status, self.header("x-portolan-code"))
    }
}

pub(crate) const US: usize = 0;
pub(crate) const EU: usize = 1;
pub(crate) const ADMIN: usize = 2;
pub(crate) const CHAT: &str = "/v1/chat/completions";

impl Gate {
    pub(crate) fn uri(&self, listener: usize, path: &str) -> String {
        format!("http://{}{path}", self.addresses.get(listener).unwrap())
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        self.client.request(request).await.unwrap()
    }

    /// Sends a request and reads all of its answer.
    pub(crate) async fn told(&self, request: Request<Full<Bytes>>) -> Told {
        let (head, body) = self.send(request).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Told {
            status: head.status.as_u16(),
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Posts a chat body with a key and more headers.
    pub(crate) async fn chat(&self, listener: usize, body: &str, headers: &[(&str, &str)]) -> Told {
        self.told(self.posted(listener, CHAT, body, headers)).await
    }

    pub(crate) fn posted(
        &self,
        listener: usize,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Request<Full<Bytes>> {
        let mut request = Request::post(self.uri(listener, path))
            .header("content-type", "application/json")
            .header("authorization", "client-key-canary");
        for (name, value) in headers {
            request.headers_mut().unwrap().remove(*name);
            if !value.is_empty() {
                request = request.header(*name, *value);
            }
        }
        request.body(Full::from(body.to_owned())).unwrap()
    }

    pub(crate) async fn get(&self, listener: usize, path: &str) -> Told {
        let request = Request::get(self.uri(listener, path));
        self.told(request.body(Full::default()).unwrap()).await
    }

    /// The lines of the decision log so far.
    pub(crate) fn log(&self) -> Vec<Value> {
        let text = String::from_utf8(self.log.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    /// The last line of the log, once there are so many.
    pub(crate) async fn logged(&self, count: usize) -> Value {
        for _ in 0..1000 {
            let log = self.log();
            if log.len() >= count {
                return log.into_iter().next_back().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} lines, not {count}", self.log().len());
    }

    /// Changes the policy that a reload reads.
    pub(crate) fn write_policy(&self, policy: &str) {
        policy.clone_into(&mut self.policy.lock().unwrap());
    }

    /// Adds a line to the configuration that a reload reads.
    pub(crate) fn add_to_config(&self, line: &str) {
        let mut yaml = self.yaml.lock().unwrap();
        yaml.push_str(line);
        yaml.push('\n');
    }

    /// Says that it is time to stop.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    /// Waits until it has stopped, and keeps what it wrote.
    pub(crate) async fn stopped(&mut self) {
        (&mut self.done).await.unwrap();
    }

    /// Waits until all is drained.
    pub(crate) async fn done(self) {
        self.done.await.unwrap();
    }
}

/// Starts a gateway that is expected not to start.
pub(crate) fn not_served(policy: &str, yaml: &str, mock: bool) -> NotServed {
    let (policy, yaml) = (policy.to_owned(), yaml.to_owned());
    let load: Load = Box::new(move || {
        let engine = engine(&policy);
        let config = config(&yaml, &engine).map_err(|e| e.join("\n"))?;
        Ok((engine, config))
    });
    let settings = Settings {
        mock: mock.then(Mock::default),
        clock: Box::new(Set::default()),
        ..Settings::default()
    };
    match Gateway::new(load, settings) {
        Ok(_) => panic!("it is served"),
        Err(why) => why,
    }
}

/// A body for a model.
pub(crate) fn ask(model: &str) -> String {
    format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":"the prompt canary"}}]}}"#)
}
