//! What is served where: a call's host, path and method, before anything of it is read.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use portolan_core::limits;
use portolan_core::text::echo;
use portolan_wire::http::{Dialect, Fault};

use crate::config::{Listener, Serves};
use crate::exchange::{Exchange, not_allowed, put};
use crate::gateway::Gateway;
use crate::heads;
use crate::host::{Named, named};
use crate::log::Record;
use crate::reading::{Slow, awaited};
use crate::steady::Afterwards;
use crate::traces::Trace;
use crate::transport::{Body, full};
use crate::{ask, chat, models, passing};

/// What a call has to do with the connection that it came by.
#[derive(Clone, Default)]
pub(crate) struct Connection {
    /// It may turn out to be slow.
    pub(crate) slow: Slow,
    /// Where work is left until it rests.
    pub(crate) afterwards: Afterwards,
}

/// Answers a call that came in on a listener.
pub(crate) async fn answer<B>(
    gateway: Arc<Gateway>,
    listener: Arc<Listener>,
    request: Request<B>,
    connection: Connection,
) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
{
    let (head, body) = request.into_parts();
    let (exchange, mut record) = arrived(&gateway, listener.dialect, &head, connection.afterwards);
    let endpoint = match endpoint(&listener, &head) {
        Ok(endpoint) => endpoint,
        Err(host) => return exchange.fault(&mut record, Fault::WrongHost { host: &host }),
    };
    let exchange = Exchange {
        endpoint,
        ..exchange
    };
    record.line.endpoint.clone_from(&exchange.endpoint);
    if gateway.is_draining() {
        return exchange.fault(&mut record, Fault::Draining);
    }
    let limit = Duration::from_secs(exchange.served.config.bounds.reader_s);
    let slow = (record.slow.clone(), connection.slow);
    let one_at_a_time = head.version < Version::HTTP_2;
    let mut response = routed(&exchange, head, body, record).await;
    if one_at_a_time && response.status() == StatusCode::PAYLOAD_TOO_LARGE {
        // The rest of the body stands where the next call would.
        put(response.headers_mut(), "connection", "close");
    }
    awaited(response, limit, slow)
}

/// Answers a call by its path and method.
async fn routed<B>(exchange: &Exchange, head: Parts, body: B, mut record: Record) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
{
    let path = head.uri.path();
    match (path, &head.method) {
        ("/v1/chat/completions", &Method::POST) => {
            chat::complete(exchange, &head, body, record).await
        }
        ("/v1/decide", &Method::POST) => ask::decide(exchange, &head, body, record).await,
        ("/v1/models", &Method::GET) => {
            let served = exchange.served.clone();
            match served.caller(&head.headers) {
                Ok(caller) => models::list(exchange, &caller, record),
                Err(fault) => exchange.fault(&mut record, fault),
            }
        }
        ("/v1/chat/completions" | "/v1/decide", method) => {
            not_allowed(exchange, &mut record, method, &["POST"])
        }
        ("/v1/models", method) => not_allowed(exchange, &mut record, method, &["GET"]),
        (path, _) if passing::found(&exchange.served.config.passing, path).is_some() => {
            passing::pass(exchange, head, body, record).await
        }
        (path, _) => exchange.fault(&mut record, Fault::NoSuchPath { path }),
    }
}

/// Answers a call on the listener of whoever runs the gateway.
pub(crate) async fn administer(
    gateway: Arc<Gateway>,
    request: Request<Incoming>,
) -> Response<Body> {
    let (head, _) = request.into_parts();
    let (path, method) = (head.uri.path(), &head.method);
    let ready = !gateway.is_draining();
    match (path, method) {
        ("/healthz", &Method::GET) => plain(200, "ok\n".to_owned()),
        ("/readyz", &Method::GET) if ready => plain(200, format!("{}\n", gateway.snapshot())),
        ("/readyz", &Method::GET) => plain(503, "draining\n".to_owned()),
        ("/metrics", &Method::GET) => plain(200, gateway.metrics()),
        ("/usage", &Method::GET) => json(gateway.ledger.json(&gateway.audio.json())),
        ("/report", &Method::GET) if gateway.settings.observe => json(gateway.observations.json()),
        ("/reload", &Method::POST) => {
            // Reading and proving is work for a thread that may be busy.
            let again = Arc::clone(&gateway);
            let outcome = tokio::task::spawn_blocking(move || again.reload()).await;
            match outcome {
                Ok(Ok(_)) => plain(200, format!("{}\n", gateway.snapshot())),
                Ok(Err(why)) => plain(422, format!("{why}\n")),
                Err(_) => plain(500, String::new()),
            }
        }
        _ => {
            let (exchange, mut record) =
                arrived(&gateway, Dialect::default(), &head, Afterwards::default());
            exchange.fault(&mut record, Fault::NoSuchPath { path })
        }
    }
}

fn json(text: String) -> Response<Body> {
    let mut response = plain(200, text);
    put(response.headers_mut(), "content-type", "application/json");
    response
}

fn plain(status: u16, text: String) -> Response<Body> {
    let mut response = Response::new(full(text));
    if let Ok(status) = http::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    put(
        response.headers_mut(),
        "content-type",
        "text/plain; charset=utf-8",
    );
    response
}

/// A call that has just come: its id, its instant, its policy, and its line in the log.
fn arrived(
    gateway: &Arc<Gateway>,
    dialect: Dialect,
    head: &Parts,
    afterwards: Afterwards,
) -> (Exchange, Record) {
    let now_ms = gateway.clock.now_ms();
    let id = id();
    let served = gateway.served();
    let mut record = gateway.record(&served, &id, now_ms, afterwards);
    record.line.path = shown(head.uri.path());
    record.line.trace = Trace::of(&head.headers, &served, now_ms);
    record.line.client_request_id = heads::client_id(&head.headers);
    let mut exchange = Exchange {
        gateway: Arc::clone(gateway),
        served,
        endpoint: String::new(),
        dialect,
        id,
        now_ms,
    };
    exchange.speak(&head.headers);
    (exchange, record)
}

/// An id for a call, in hexadecimal.
fn id() -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let random = fastrand::u128(..);
    let digit = |at: u32| DIGITS.get(usize::try_from(random >> (4 * at) & 15).unwrap_or(0));
    (0..32).filter_map(digit).collect()
}

/// A path as it is logged: nearly always as it is.
fn shown(path: &str) -> String {
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && path.len() <= limits::ECHO_CHARS {
        path.to_owned()
    } else {
        echo(path)
    }
}

/// The endpoint that a call is for. On a listener of one endpoint a host may be any, but not two.
///
/// # Errors
/// The host, as it was named.
fn endpoint(listener: &Listener, head: &Parts) -> Result<String, String> {
    let named = named(head);
    match (&listener.serves, named) {
        (_, Named::Torn(said)) => Err(said),
        (Serves::Endpoint(endpoint), Named::Not | Named::One(_)) => Ok(endpoint.clone()),
        (Serves::Hosts(hosts), Named::One(host)) => match hosts.get(&host) {
            Some(endpoint) => Ok(endpoint.clone()),
            None => Err(host),
        },
        (Serves::Hosts(_), Named::Not) => Err(String::new()),
    }
}
