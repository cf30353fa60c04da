//! What all calls share: the policy that is served, and what is counted.
//!
//! A policy is served once it is loaded, compiled and proved, and not before; a call keeps the one
//! that it began with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use portolan_core::answer::Limit;
use portolan_core::catalog::Route;
use portolan_core::engine::Engine;
use portolan_wire::http::Fault;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::audio::Audio;
use crate::budgets::Budgets;
use crate::clock::{self, Clock, MachineClock};
use crate::config::{Config, KeyRow, Listener, SharedLimits};
use crate::heads;
use crate::health::Health;
use crate::ledger::Ledger;
use crate::log::{CANCELLED, Line, Log, Record};
use crate::mock::Mock;
use crate::observe::Observations;
use crate::passing::Outbound;
use crate::paths::{self, Connection};
use crate::proof::{Destination, Proof, prove};
use crate::secrets::{Secrets, secret};
use crate::shared::{Shared, Turn};
use crate::steady::Afterwards;
use crate::telemetry::Telemetry;
use crate::tls::acceptor;
use crate::traces::{Collector, Waiting};
use crate::transport::{Body, Network, Transport, Upstream};
use crate::ways::{Way, Ways};
use crate::windows::{Standing, Windows};

/// Reads a policy and a configuration anew; in words what is wrong with them.
pub type Load = Box<dyn Fn() -> Result<(Engine, Config), String> + Send + Sync>;

/// How a gateway runs, beside what its configuration says.
pub struct Settings {
    /// Answer with the decision and call nobody.
    pub dry_run: bool,
    /// Forward every call as it came, and note what the policy would have done.
    pub observe: bool,
    /// Calls go here and never to a network.
    pub mock: Option<Mock>,
    /// After so long without anything to send a stream sends a comment.
    pub ping: Duration,
    /// Where the decision log goes.
    pub log: Log,
    /// The clock.
    pub clock: Box<dyn Clock>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dry_run: false,
            observe: false,
            mock: None,
            ping: Duration::from_secs(15),
            log: Log::nowhere(),
            clock: Box::new(MachineClock),
        }
    }
}

/// Why a policy is not served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotServed {
    /// It cannot be read, or is wrong.
    #[error("{0}")]
    Unsound(String),
    /// It is sound, and something that must hold does not.
    #[error("{}", .0.problems.join("\n"))]
    NotProved(Proof),
    /// A secret is not where the configuration says.
    #[error("there is no secret {0}")]
    NoSecret(String),
    /// A listener cannot serve with its certificate and key.
    #[error("no certificate with its key in {0}")]
    NoTls(String),
    /// The address of the Redis that shares limits is none.
    #[error("{0} is no address of a Redis, such as `redis://127.0.0.1:6379`")]
    NoRedis(String),
    /// Something else that is read once is another.
    #[error("`{0}` is not what it was at the start; start anew for that")]
    ReadOnce(&'static str),
    /// Its listeners are others: they are opened once.
    #[error("the listeners are others than those that are open; start anew to open them")]
    OtherListeners,
}

/// A gateway.
pub struct Gateway {
    served: RwLock<Arc<Served>>,
    load: Load,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) transport: Transport,
    pub(crate) outbound: Outbound,
    /// Sockets that are open through us: as many as connections, and waited for at the end.
    pub(crate) sockets: Arc<Semaphore>,
    pub(crate) windows: Windows,
    pub(crate) health: Health,
    pub(crate) telemetry: Telemetry,
    pub(crate) spans: Waiting,
    pub(crate) ledger: Ledger,
    pub(crate) audio: Audio,
    pub(crate) observations: Observations,
    pub(crate) budgets: Budgets,
    draining: AtomicBool,
    /// What was not finished while it drained is cut off.
    stopped: AtomicBool,
    /// Calls that came and whose line is not written yet.
    open: AtomicU32,
}

impl Gateway {
    /// Loads, compiles, proves.
    ///
    /// # Errors
    /// What stands in the way of serving.
    pub fn new(load: Load, settings: Settings) -> Result<Arc<Self>, NotServed> {
        let outbound = Outbound::new(settings.mock);
        let transport = match settings.mock {
            Some(mock) => Transport::Mock(mock),
            None => Transport::Network(Network::default()),
        };
        Self::over(load, settings, transport, outbound)
    }

    /// The same, with something inside this process in the place of the network.
    ///
    /// # Errors
    /// What stands in the way of serving.
    pub fn inside(
        load: Load,
        settings: Settings,
        upstream: Box<dyn Upstream>,
    ) -> Result<Arc<Self>, NotServed> {
        let upstream: Arc<dyn Upstream> = Arc::from(upstream);
        let transport = Transport::Inside(Arc::clone(&upstream));
        Self::over(load, settings, transport, Outbound::Inside(upstream))
    }

    fn over(
        load: Load,
        mut settings: Settings,
        transport: Transport,
        outbound: Outbound,
    ) -> Result<Arc<Self>, NotServed> {
        let clock: Box<dyn Clock> = std::mem::replace(&mut settings.clock, Box::new(MachineClock));
        let clock: Arc<dyn Clock> = Arc::from(clock);
        let served = Served::new(&load, transport.is_mock(), &*clock)?;
        let sockets = Arc::new(Semaphore::new(served.config.bounds.connections));
        Ok(Arc::new(Self {
            served: RwLock::new(Arc::new(served)),
            load,
            settings,
            clock,
            transport,
            outbound,
            sockets,
            windows: Windows::default(),
            health: Health::default(),
            telemetry: Telemetry::new(),
            spans: Waiting::default(),
            ledger: Ledger::default(),
            audio: Audio::default(),
            observations: Observations::default(),
            budgets: Budgets::default(),
            draining: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            open: AtomicU32::new(0),
        }))
    }

    /// Answers a call as if it had come in on a listener: the way of every call from a socket.
    pub async fn answer<B>(
        self: &Arc<Self>,
        listener: &Arc<Listener>,
        request: Request<B>,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    {
        let (gateway, listener) = (Arc::clone(self), Arc::clone(listener));
        paths::answer(gateway, listener, request, Connection::default()).await
    }

    /// Loads, compiles and proves anew, and serves that from the next call on. Where anything is
    /// wrong the old policy stays.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn reload(&self) -> Result<Proof, NotServed> {
        let served = Served::new(&self.load, self.transport.is_mock(), &*self.clock)?;
        let (now, then) = (&self.served().config, &served.config);
        if then.listeners != now.listeners {
            return Err(NotServed::OtherListeners);
        }
        for (key, same) in [
            ("admin", then.admin == now.admin),
            ("log", then.log == now.log),
            (
                "connections",
                then.bounds.connections == now.bounds.connections,
            ),
        ] {
            if !same {
                return Err(NotServed::ReadOnce(key));
            }
        }
        let proof = served.proof.clone();
        let mut place = self.served.write().unwrap_or_else(PoisonError::into_inner);
        *place = Arc::new(served);
        Ok(proof)
    }

    /// What was proved of the policy that is served.
    pub fn proof(&self) -> Proof {
        self.served().proof.clone()
    }

    /// The configuration that is served.
    pub fn config(&self) -> Config {
        self.served().config.clone()
    }

    /// The content hash of the policy that is served.
    pub fn snapshot(&self) -> String {
        self.served().engine.snapshot().to_string()
    }

    pub(crate) fn served(&self) -> Arc<Served> {
        let served = self.served.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&served)
    }

    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Notes that calls under way are cut off from now on.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Everything counted so far, for Prometheus.
    pub(crate) fn metrics(&self) -> String {
        self.telemetry.calls_open(self.open.load(Ordering::SeqCst));
        self.telemetry.text() + &self.ledger.metrics()
    }

    /// Counts a call that an attempt is about to make: in Redis where windows are shared, else in
    /// this process.
    pub(crate) async fn take(
        &self,
        served: &Served,
        account: &str,
        model: &str,
        limit: &Limit,
        now_ms: i64,
    ) -> Result<Standing, Standing> {
        let Some(shared) = &served.shared else {
            return self.windows.take(account, model, limit, now_ms);
        };
        let (taken, turn) = shared
            .take(&self.windows, account, model, limit, now_ms)
            .await;
        if let Some(turn) = turn {
            let what = match turn {
                Turn::Lost => "shared-limits-lost",
                Turn::Found => "shared-limits-found",
            };
            self.noted(what);
            self.telemetry.shared_limits(turn == Turn::Found);
        }
        taken
    }

    /// Counts and logs a connection that was cut because nobody read from it.
    pub(crate) fn cut_off(&self) {
        self.telemetry.cut_off();
        self.noted("connection-cut");
    }

    /// Counts and logs a connection whose next call had a head that nobody can read.
    pub(crate) fn unreadable(&self) {
        self.telemetry.unreadable();
        self.noted("unreadable-head");
    }

    /// Logs what happened just now, and to no call.
    fn noted(&self, what: &str) {
        let at = clock::instant(self.clock.now_ms()).to_string();
        if !self.settings.log.event(&at, what) {
            self.telemetry.log_lost();
        }
    }

    /// The line of a call that came just now.
    pub(crate) fn record(
        self: &Arc<Self>,
        served: &Arc<Served>,
        id: &str,
        now_ms: i64,
        afterwards: Afterwards,
    ) -> Record {
        let (gateway, served) = (Arc::clone(self), Arc::clone(served));
        let line = Line {
            at: Some(clock::instant(now_ms)),
            request_id: id.to_owned(),
            ..Line::default()
        };
        let sink = move |line: &mut Line| {
            if line.outcome == CANCELLED && gateway.is_stopped() {
                line.outcome = "stopped";
            }
            let line = &*line;
            if !gateway.settings.log.write(line) {
                gateway.telemetry.log_lost();
            }
            let heard = gateway.audio.add(line);
            gateway.budgets.settle(line, heard);
            gateway.ledger.add(line);
            if heard {
                gateway.telemetry.heard(line);
            }
            let known = |model: &str| served.engine.catalog().model_named(model).is_some();
            gateway.observations.add(line, known);
            gateway.telemetry.count(line, known);
            let dropped = gateway.spans.add(line, &served);
            gateway.telemetry.spans_dropped(dropped);
            gateway.open.fetch_sub(1, Ordering::SeqCst);
        };
        self.open.fetch_add(1, Ordering::SeqCst);
        Record::begin(line, Arc::new(sink), afterwards)
    }
}

/// One policy with all that is needed to serve it.
pub(crate) struct Served {
    pub(crate) engine: Engine,
    /// Its snapshot, as the log has it.
    pub(crate) snapshot: String,
    ways: Ways,
    pub(crate) config: Config,
    secrets: Secrets,
    proof: Proof,
    /// One for each listener of the configuration.
    acceptors: Vec<Option<TlsAcceptor>>,
    pub(crate) shared: Option<Shared>,
    /// Where spans go.
    pub(crate) collector: Option<Collector>,
}

/// Who calls.
pub(crate) struct Caller<'a> {
    pub(crate) row: Option<&'a KeyRow>,
    /// The hash of the key that is shown; empty where none is asked for.
    pub(crate) key: String,
    /// Under which limits are counted.
    pub(crate) account: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Served {
    pub(crate) fn new(load: &Load, mock: bool, clock: &dyn Clock) -> Result<Self, NotServed> {
        let (engine, config) = load().map_err(NotServed::Unsound)?;
        let (secrets, to) = if mock {
            (Secrets::default(), Destination::Mock)
        } else {
            (Secrets::of(&config)?, Destination::Network)
        };
        let proof = prove(&engine, &config, to, clock::instant(clock.now_ms()));
        if !proof.stands() {
            return Err(NotServed::NotProved(proof));
        }
        let listeners = config.listeners.iter();
        let acceptors = listeners.map(|listener| listener.tls.as_ref().map(acceptor).transpose());
        let acceptors = acceptors.collect::<Result<_, _>>()?;
        let shared = config.shared_limits.as_ref().map(shared).transpose()?;
        let collector = config.traces.as_ref().map(Collector::new).transpose()?;
        Ok(Self {
            snapshot: engine.snapshot().to_string(),
            ways: Ways::of(engine.catalog()),
            engine,
            config,
            secrets,
            proof,
            acceptors,
            shared,
            collector,
        })
    }

    /// Who calls, by the key that is shown.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Result<Caller<'_>, Fault<'static>> {
        let mut attributes = self.config.attributes.clone();
        let Some(keys) = &self.config.keys else {
            return Ok(Caller {
                row: None,
                key: String::new(),
                account: String::new(),
                attributes,
            });
        };
        let key = heads::shown_key(headers).map(hash).unwrap_or_default();
        let row = keys.rows.get(&key).ok_or(Fault::UnknownKey)?;
        attributes.insert(keys.attribute.clone(), row.row.clone());
        Ok(Caller {
            row: Some(row),
            key,
            account: row.row.clone(),
            attributes,
        })
    }

    /// What takes connections of a listener in, by its position; none where it speaks plainly.
    pub(crate) fn acceptor(&self, listener: usize) -> Option<TlsAcceptor> {
        self.acceptors.get(listener).cloned().flatten()
    }

    /// The secret for calls through an endpoint.
    pub(crate) fn secret(&self, endpoint: &str, row: Option<&KeyRow>) -> Option<&str> {
        let named = self.config.secret(endpoint, row)?;
        self.secrets.text(named)
    }

    /// What an upstream said, without the secret that it was called with.
    pub(crate) fn without_secret(
        &self,
        endpoint: &str,
        row: Option<&KeyRow>,
        said: &Bytes,
    ) -> Bytes {
        match (self.secret(endpoint, row), std::str::from_utf8(said)) {
            (Some(secret), Ok(text)) if text.contains(secret) => text.replace(secret, "…").into(),
            _ => said.clone(),
        }
    }

    /// The same as the header that carries it.
    pub(crate) fn key(&self, endpoint: &str, row: Option<&KeyRow>) -> Option<HeaderValue> {
        let named = self.config.secret(endpoint, row)?;
        self.secrets.header(named, self.config.scheme(endpoint))
    }

    /// A route of the catalog.
    pub(crate) fn way(&self, route: Route) -> Option<&Arc<Way>> {
        let place = |endpoint: &str, url: &str| self.placed(endpoint, url);
        self.ways.way(self.engine.catalog(), route, place)
    }

    /// Where an address of an endpoint is: the catalog's, or what stands in its place.
    pub(crate) fn placed(&self, endpoint: &str, url: &str) -> Option<Uri> {
        let uri: Uri = url.parse().ok()?;
        let upstream = self.config.upstreams.get(endpoint);
        let Some(instead) = upstream.and_then(|upstream| upstream.instead.as_ref()) else {
            return Some(uri);
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        format!("{}{path}", instead.origin).parse().ok()
    }
}

/// The windows that are shared through the Redis of a configuration.
fn shared(limits: &SharedLimits) -> Result<Shared, NotServed> {
    let url = secret(&limits.redis)?;
    let name = || NotServed::NoRedis(format!("`{}`", limits.redis));
    Shared::new(&url, limits.replicas).ok_or_else(name)
}

/// A key as a configuration names it: its SHA-256 in lower-case hexadecimal.
fn hash(key: &str) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(key.as_bytes()) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
