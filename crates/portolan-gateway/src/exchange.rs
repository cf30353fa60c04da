//! One call and what answers it: the policy it is judged by, the instant, its id, its dialect.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use portolan_core::instant::Instant;
use portolan_wire::http::{Dialect, Fault, Trouble, Window, reply};

use crate::clock;
use crate::gateway::{Gateway, Served};
use crate::log::Record;
use crate::transport::{Body, full};
use crate::windows::Standing;

/// What does not change while a call is answered. A reload leaves it alone.
pub(crate) struct Exchange {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) served: Arc<Served>,
    /// The endpoint that was called.
    pub(crate) endpoint: String,
    pub(crate) dialect: Dialect,
    /// Ours.
    pub(crate) id: String,
    /// When the call came: the clock is read once.
    pub(crate) now_ms: i64,
}

impl Exchange {
    /// The same call, judged for now.
    pub(crate) fn later(&self) -> Self {
        Self {
            gateway: Arc::clone(&self.gateway),
            served: Arc::clone(&self.served),
            endpoint: self.endpoint.clone(),
            dialect: self.dialect,
            id: self.id.clone(),
            now_ms: self.gateway.clock.now_ms(),
        }
    }

    /// The instant that the call is judged for.
    pub(crate) fn at(&self) -> Instant {
        clock::instant(self.now_ms)
    }

    /// The dialect of a caller.
    pub(crate) fn speak(&mut self, headers: &HeaderMap) {
        let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
        self.dialect = self.dialect.accepted(accept);
    }

    /// A fault, told and noted.
    pub(crate) fn fault(&self, record: &mut Record, fault: Fault<'_>) -> Response<Body> {
        self.tell(record, &Trouble::from(fault), None)
    }

    /// Trouble, told and noted.
    pub(crate) fn tell(
        &self,
        record: &mut Record,
        trouble: &Trouble,
        standing: Option<&Standing>,
    ) -> Response<Body> {
        // The id of whoever answered: ours stands beside it.
        let id = record.line.upstream_request_id.as_ref();
        let reply = reply(trouble, self.dialect, id.unwrap_or(&self.id));
        record.line.status = reply.status;
        record.line.code = Some(trouble.code.clone());
        record.line.outcome = if record.line.attempts.is_empty() {
            "refused"
        } else {
            "failed"
        };
        let mut response = Response::new(full(reply.body));
        let status = StatusCode::from_u16(reply.status);
        *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in reply.headers {
            put(response.headers_mut(), name, &value);
        }
        put(response.headers_mut(), "x-portolan-request-id", &self.id);
        if let (Some(standing), Some(model)) = (standing, &record.line.model) {
            limits(response.headers_mut(), standing, model);
        }
        response
    }

    /// A success of our own making.
    pub(crate) fn say(&self, record: &mut Record, json: String) -> Response<Body> {
        record.line.status = 200;
        record.line.outcome = "answered";
        let mut response = Response::new(full(json));
        put(response.headers_mut(), "content-type", "application/json");
        put(response.headers_mut(), "x-request-id", &self.id);
        put(response.headers_mut(), "x-portolan-request-id", &self.id);
        response
    }
}

/// A path that takes other methods, told and noted.
pub(crate) fn not_allowed(
    exchange: &Exchange,
    record: &mut Record,
    method: &Method,
    allowed: &[&str],
) -> Response<Body> {
    let method = method.as_str();
    let fault = Fault::MethodNotAllowed { method, allowed };
    let mut response = exchange.fault(record, fault);
    put(response.headers_mut(), "allow", &allowed.join(", "));
    response
}

/// Sets a header, unless its value cannot stand in one.
pub(crate) fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    set(headers, HeaderName::from_static(name), value);
}

/// The same for a name that is known to be one.
pub(crate) fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// The headers that say how many calls are left.
pub(crate) fn limits(headers: &mut HeaderMap, standing: &Standing, model: &str) {
    let window = Window {
        limit: standing.limit,
        remaining: standing.remaining,
        reset_s: standing.reset_s,
        model,
    };
    for (name, value) in window.headers() {
        put(headers, name, &value);
    }
}
