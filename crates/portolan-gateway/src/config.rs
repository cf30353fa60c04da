//! `gateway.yaml`: which listener serves which endpoint, where its upstream is, with which secret.
//!
//! [`read`] checks a file against a compiled policy and reports every fault at its place;
//! [`Config::of_listeners`] is what a command line without a file says. Secrets are named here,
//! never held: [`Secret`] says where one stands. What may be called is the policy's; whether a
//! configuration can lead elsewhere is `proof.rs`'s.

mod decode;
mod diags;
pub mod passing;
pub mod watching;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;

use portolan_core::decimal::Decimal;
use portolan_core::limits;
use portolan_core::place::PlaceId;
use portolan_wire::http::Dialect;

pub use decode::read;
use passing::Passing;
use watching::{ServedRegion, Traces};

/// Seconds from one look at the files of a policy to the next, where nobody says.
const WATCH_S: u64 = 10;

/// A checked configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// At least one.
    pub listeners: Vec<Listener>,
    /// By the endpoint's name in the catalog. One that is not named has no secret and no override.
    pub upstreams: BTreeMap<String, Upstream>,
    /// What every call is, in the policy's attributes.
    pub attributes: BTreeMap<String, String>,
    /// Keys that callers must show; none where the listeners are open.
    pub keys: Option<Keys>,
    /// Where `/metrics`, `/healthz`, `/readyz` and `/reload` are served.
    pub admin: Option<SocketAddr>,
    /// Where the decision log goes: a path, or `-` for standard error.
    pub log: Option<String>,
    /// Bounds on what is taken in.
    pub bounds: Bounds,
    /// When a route counts as unhealthy.
    pub breaker: Breaker,
    /// Seconds from one look at the files that this was loaded from to the next; 0 for none.
    pub watch_s: u64,
    /// What passes through to other services.
    pub passing: Vec<Passing>,
    /// Where windows of limits are shared with other replicas; none where they are this process's.
    pub shared_limits: Option<SharedLimits>,
    /// Where spans of calls are sent; none where nobody wants them.
    pub traces: Option<Traces>,
}

impl Config {
    /// Listeners and nothing else: what a command line without a file says.
    pub fn of_listeners(listeners: Vec<Listener>) -> Self {
        Self {
            listeners,
            upstreams: BTreeMap::new(),
            attributes: BTreeMap::new(),
            keys: None,
            admin: None,
            log: None,
            bounds: Bounds::default(),
            breaker: Breaker::default(),
            watch_s: WATCH_S,
            passing: Vec::new(),
            shared_limits: None,
            traces: None,
        }
    }

    /// The secret with which calls through an endpoint are made, for whoever shows this row's key.
    pub fn secret<'a>(&'a self, endpoint: &str, row: Option<&'a KeyRow>) -> Option<&'a Secret> {
        match row {
            // One secret a region and no way from one to another.
            Some(row) => row.upstreams.get(endpoint),
            None => self.upstreams.get(endpoint)?.key.as_ref(),
        }
    }

    /// Every secret that is named, each once: those that upstreams are called with, and others.
    pub fn secrets(&self) -> BTreeSet<&Secret> {
        let shared = self.upstreams.values().filter_map(|u| u.key.as_ref());
        let rows = self.keys.iter().flat_map(|keys| keys.rows.values());
        let own = rows.flat_map(|row| row.upstreams.values());
        let tls = self.listeners.iter().filter_map(|l| l.tls.as_ref());
        let tls = tls.flat_map(|tls| [&tls.certificate, &tls.key]);
        let limits = self.shared_limits.iter().map(|limits| &limits.redis);
        let traces = self
            .traces
            .iter()
            .flat_map(|traces| traces.headers.values());
        let upstreams = shared.chain(own);
        upstreams.chain(tls).chain(limits).chain(traces).collect()
    }

    /// How an endpoint wants its key.
    pub fn scheme(&self, endpoint: &str) -> Scheme {
        let upstream = self.upstreams.get(endpoint);
        upstream.map_or(Scheme::Raw, |upstream| upstream.scheme)
    }
}

/// One address and what it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    /// For whom.
    pub serves: Serves,
    /// How its errors are worded.
    pub dialect: Dialect,
    /// Whether it may be reached from elsewhere without keys.
    pub open: bool,
    /// With which certificate; none where it speaks plainly.
    pub tls: Option<Tls>,
}

/// The certificate of a listener, with those that vouch for it, and its key, as PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate.
    pub certificate: Secret,
    /// Its key.
    pub key: Secret,
}

impl Listener {
    /// A listener for one endpoint, whatever host a caller names.
    pub fn of_endpoint(endpoint: impl Into<String>, address: SocketAddr) -> Self {
        Self {
            address,
            serves: Serves::Endpoint(endpoint.into()),
            dialect: Dialect::default(),
            open: false,
            tls: None,
        }
    }

    /// The endpoints that it serves, each once.
    pub fn endpoints(&self) -> Vec<&str> {
        match &self.serves {
            Serves::Endpoint(name) => vec![name],
            Serves::Hosts(hosts) => {
                let mut names: Vec<&str> = hosts.values().map(String::as_str).collect();
                names.sort_unstable();
                names.dedup();
                names
            }
        }
    }
}

/// For whom a listener stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Serves {
    /// One endpoint of the catalog.
    Endpoint(String),
    /// Several, told apart by the host that is called: host in lower case to endpoint.
    Hosts(BTreeMap<String, String>),
}

/// What is behind an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upstream {
    /// The secret that calls are made with.
    pub key: Option<Secret>,
    /// How the key is sent.
    pub scheme: Scheme,
    /// Called in the place of the catalog's host.
    pub instead: Option<Instead>,
    /// How it says where it served a call.
    pub served_region: Option<ServedRegion>,
}

/// An address that is called in the place of the catalog's host, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instead {
    /// `http://…` or `https://…`, scheme and authority only.
    pub origin: String,
    /// The place it is in, as declared.
    pub place: PlaceId,
}

/// How an upstream wants its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// `authorization: KEY`.
    #[default]
    Raw,
    /// `authorization: Bearer KEY`.
    Bearer,
}

impl Scheme {
    /// Every scheme with its name.
    pub const NAMES: [(&'static str, Self); 2] = [("raw", Self::Raw), ("bearer", Self::Bearer)];
}

/// Where a secret stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secret {
    /// In a variable of the environment.
    Env(String),
    /// In a file, white space at its ends taken off.
    File(String),
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
        }
    }
}

/// Windows of limits that replicas share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedLimits {
    /// Where the address of a Redis stands, which may hold a password.
    pub redis: Secret,
    /// How many gateways share them: while Redis is lost, each has so much of a limit.
    pub replicas: u32,
}

/// Keys that callers show, and what each stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The policy's attribute whose value is the key's row.
    pub attribute: String,
    /// By the SHA-256 of the key, in lower-case hexadecimal.
    pub rows: BTreeMap<String, KeyRow>,
}

/// What one key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The row of the policy's table.
    pub row: String,
    /// The secret to call with, by endpoint.
    pub upstreams: BTreeMap<String, Secret>,
    /// What it may spend.
    pub budget: Option<Budget>,
}

/// What a key may spend in each stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// US dollars.
    pub usd: Decimal,
    /// Seconds of a stretch.
    pub window_s: u64,
}

/// Bounds on what is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of a call's body.
    pub body_bytes: usize,
    /// Bytes of an answer that is read whole before it is passed on, and of one event of a stream.
    pub answer_bytes: usize,
    /// Bytes of a body that passes through as it comes.
    pub upload_bytes: u64,
    /// Connections at once, of all listeners.
    pub connections: usize,
    /// Seconds in which the head of a call must have come.
    pub head_s: u64,
    /// Seconds in which the body of a call must have come, however it comes.
    pub body_s: u64,
    /// Seconds in which a caller must take some of what is sent to it.
    pub reader_s: u64,
    /// Seconds that calls under way have to end when the gateway stops.
    pub drain_s: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            body_bytes: limits::BODY_BYTES,
            answer_bytes: limits::BODY_BYTES,
            upload_bytes: 2_200_000_000,
            connections: 4096,
            head_s: 30,
            body_s: 300,
            reader_s: 60,
            drain_s: 30,
        }
    }
}

/// When a route counts as unhealthy. What follows from that is the policy's to say, by a `skip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    /// Failures in a row.
    pub failures: u32,
    /// Seconds after which it is tried again.
    pub open_s: u64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            failures: 5,
            open_s: 30,
        }
    }
}
