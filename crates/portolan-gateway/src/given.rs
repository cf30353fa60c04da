//! What an attempt gave, in the framing that was asked for.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use portolan_wire::http::Fault;
use serde_json::Value;

use crate::attempt::{Answered, Bounds};
use crate::exchange::{Exchange, limits as limit_headers, put, set};
use crate::heads;
use crate::log::Record;
use crate::mock;
use crate::plan::Plan;
use crate::reframe;
use crate::repair::{self, Wanted};
use crate::stream::{Flow, passed_on};
use crate::transport::{Body, full};
use crate::windows::Standing;

/// What an attempt gave, beside its answer.
pub(crate) struct Given<'a> {
    pub(crate) plan: &'a Plan<'a>,
    /// Its position.
    pub(crate) attempt: usize,
    /// How its limit stands.
    pub(crate) standing: Option<Standing>,
    pub(crate) bounds: Bounds,
    /// The caller wants a stream.
    pub(crate) streams: bool,
    /// And its usage at the end of it.
    pub(crate) counts: bool,
    /// And JSON mended.
    pub(crate) repairs: &'a Wanted,
}

impl Given<'_> {
    /// The answer in the framing that was asked for.
    pub(crate) fn response(
        self,
        exchange: &Exchange,
        answered: Answered,
        mut record: Record,
    ) -> Response<Body> {
        let attempt = self.plan.attempts.get(self.attempt);
        let way = attempt.map(|attempt| &**attempt.way);
        let model = way.map_or("", |way| &way.model);
        let codes = self.plan.warned(self.attempt);
        record.line.warnings.clone_from(&codes);
        record.line.status = 200;
        let (upstream, body) = match answered {
            Answered::Stream {
                first,
                rest,
                headers,
            } => {
                let id = heads::text(&headers, "x-request-id").map(str::to_owned);
                record.line.upstream_request_id.clone_from(&id);
                let flow = Flow {
                    rest,
                    bounds: self.bounds,
                    ping: exchange.gateway.settings.ping,
                    hides_usage: !self.counts,
                    model: model.to_owned(),
                    id: exchange.id.clone(),
                    record,
                };
                (Upstream { id, headers }, (EVENTS, passed_on(&first, flow)))
            }
            Answered::Whole {
                body,
                said,
                headers,
            } => {
                let shown = || heads::text(&headers, "x-request-id").map(str::to_owned);
                let id = said.request_id.or_else(shown);
                record.line.upstream_request_id.clone_from(&id);
                record.line.usage = said.used;
                let repairs = attempt.is_some_and(|attempt| self.repairs.of_us(attempt));
                let mended = repairs.then(|| repair::repaired(&body)).transpose();
                let Ok(mended) = mended else {
                    return exchange.fault(&mut record, Fault::JsonNotRepaired { model });
                };
                let body = mended.flatten().map_or(body, Bytes::from);
                record.line.outcome = "answered";
                let framed = if self.streams {
                    let whole: Value = serde_json::from_slice(&body).unwrap_or_default();
                    let events = reframe::events(&whole, model, self.counts);
                    events.map(|events| (EVENTS, full(events)))
                } else {
                    None
                };
                let framed = framed.unwrap_or_else(|| ("application/json", full(body)));
                (Upstream { id, headers }, framed)
            }
        };
        let (media, body) = body;
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.reserve(HEADERS);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        if media == EVENTS {
            put(headers, "cache-control", "no-cache");
        }
        let id = upstream.id.as_ref().unwrap_or(&exchange.id);
        set(headers, REQUEST_ID, id);
        set(headers, OWN_ID, &exchange.id);
        if let Some(way) = way {
            for (name, value) in [(MODEL, &way.model_header), (REGION, &way.region_header)] {
                if let Some(value) = value {
                    headers.insert(name, value.clone());
                }
            }
        }
        if !codes.is_empty() {
            put(headers, "x-portolan-warnings", &codes.join(", "));
        }
        if upstream.headers.contains_key(mock::HEADER) {
            put(headers, mock::HEADER, "1");
        }
        if let Some(standing) = &self.standing {
            limit_headers(headers, standing, model);
        }
        response
    }
}

const EVENTS: &str = "text/event-stream";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const OWN_ID: HeaderName = HeaderName::from_static("x-portolan-request-id");
const MODEL: HeaderName = HeaderName::from_static("x-portolan-model");
const REGION: HeaderName = HeaderName::from_static("x-portolan-region");

/// Headers that an answer seldom has more of.
const HEADERS: usize = 8;

/// What is kept of an upstream's head.
struct Upstream {
    id: Option<String>,
    headers: HeaderMap,
}
