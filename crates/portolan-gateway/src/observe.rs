//! `--observe`: a call goes to the endpoint that it came for, its body untouched, and what the
//! policy would have done with it is noted beside. Nothing is refused, rerouted, retried or counted
//! against a limit. Hosts, paths, keys and bounds hold as ever: they are not the policy's.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::request::Parts;
use http::{HeaderName, Response, Uri, header};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use portolan_core::answer::{Answer, Outcome, Plan};
use portolan_core::instant::Instant;
use portolan_wire::BodyText;
use portolan_wire::http::Fault;
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::KeyRow;
use crate::exchange::{Exchange, put};
use crate::heads;
use crate::log::{Line, Record};
use crate::mock;
use crate::passing::Read;
use crate::redact::logged;
use crate::transport::{Body, BoxError, full};

/// What passes of an upstream's answer beside its status and body.
const DOWN: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::RETRY_AFTER,
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("x-ratelimit-limit"),
    HeaderName::from_static("x-ratelimit-remaining"),
    HeaderName::from_static("x-ratelimit-reset"),
    HeaderName::from_static("x-ratelimit-model"),
];

/// What the policy would have done with a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Observed {
    /// `refuse`; `reroute`, to another model or address; `edit`, the body alone; `same`.
    pub(crate) would: &'static str,
    /// Of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
    /// Where the first attempt would have gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
}

impl Observed {
    /// Holds an answer of the policy against the call as it is, to the address that it goes to.
    fn of(answer: &Answer, call: &Seen<'_>, url: &str) -> Self {
        match &answer.outcome {
            Outcome::Refuse(refusal) => Self {
                would: "refuse",
                status: Some(refusal.status),
                code: Some(refusal.code.clone()),
                field: refusal.field.clone(),
                model: None,
                region: None,
            },
            Outcome::Route(plan) => Self::of_plan(plan, call, url),
        }
    }

    fn of_plan(plan: &Plan, call: &Seen<'_>, url: &str) -> Self {
        let first = plan.attempts.first();
        let same_place = first.is_some_and(|attempt| {
            let named = attempt.alias.as_deref().unwrap_or(&attempt.model);
            attempt.fallback.is_none() && attempt.url == url && call.model == Some(named)
        });
        let body = first.and_then(|attempt| call.text.outgoing(attempt));
        let same_body = body.is_some_and(|body| body == *call.body);
        Self {
            would: match (same_place, same_body) {
                (false, _) => "reroute",
                (true, false) => "edit",
                (true, true) => "same",
            },
            status: None,
            code: None,
            field: None,
            model: first.map(|attempt| attempt.model.clone()),
            region: first.map(|attempt| attempt.region.clone()),
        }
    }
}

/// A call as it came.
pub(crate) struct Seen<'a> {
    pub(crate) body: &'a Bytes,
    pub(crate) text: &'a BodyText,
    pub(crate) model: Option<&'a str>,
    pub(crate) row: Option<&'a KeyRow>,
}

/// Forwards a call, and notes what its answer by the policy would have been.
pub(crate) async fn forward(
    exchange: &Exchange,
    head: &Parts,
    call: &Seen<'_>,
    answer: &Answer,
    mut record: Record,
) -> Response<Body> {
    let gateway = &exchange.gateway;
    let Some(url) = url(exchange) else {
        let what = "an endpoint whose address depends on the model cannot be observed";
        return exchange.fault(&mut record, Fault::Misconfigured { what });
    };
    record.line.observed = Some(Observed::of(answer, call, &url));
    let served = &exchange.served;
    let Some(uri) = served.placed(&exchange.endpoint, &url) else {
        let what = "the catalog makes a URL that is none";
        return exchange.fault(&mut record, Fault::Misconfigured { what });
    };
    let scripted = gateway.transport.is_mock();
    let key = served.key(&exchange.endpoint, call.row);
    let request = heads::outgoing(uri, call.body.clone(), &head.headers, key, scripted);
    let connect = Duration::from_secs(served.config.bounds.head_s);
    let sent = gateway.transport.send(request, Some(connect), 0).await;
    let Ok(response) = sent else {
        let model = call.model.unwrap_or("?");
        return exchange.fault(&mut record, Fault::UpstreamUnreachable { model });
    };
    let (upstream, body) = response.into_parts();
    let id = heads::text(&upstream.headers, "x-request-id").map(str::to_owned);
    record.line.upstream_request_id = id;
    record.line.status = upstream.status.as_u16();
    let body = if upstream.status.is_success() {
        body
    } else {
        match Read::new(body, served.config.bounds.answer_bytes).await {
            // Whoever refuses may say our key back to us: it must not reach the caller.
            Read::Whole(body) => {
                let body = served.without_secret(&exchange.endpoint, call.row, &body);
                record.line.upstream_body = Some(logged(&body, call.body, &[]));
                full(body)
            }
            Read::Longer(_) | Read::Broken => {
                let model = call.model.unwrap_or("?");
                return exchange.fault(&mut record, Fault::UpstreamInvalid { model });
            }
        }
    };
    let mut response = Response::new(accounted(body, record));
    *response.status_mut() = upstream.status;
    for name in DOWN {
        if let Some(value) = upstream.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    let headers = response.headers_mut();
    put(headers, "x-portolan-request-id", &exchange.id);
    if upstream.headers.contains_key(mock::HEADER) {
        put(headers, mock::HEADER, "1");
    }
    response
}

/// The address of the endpoint that was called, where no model is part of it.
fn url(exchange: &Exchange) -> Option<String> {
    let catalog = exchange.served.engine.catalog();
    let endpoint = catalog.endpoint(catalog.endpoint_named(&exchange.endpoint)?)?;
    let url = endpoint.url.replace("{host}", &endpoint.host);
    let url = url.replace("{endpoint}", &endpoint.name);
    let url = match catalog.region(endpoint.region) {
        Some(region) => url.replace("{region}", &region.name),
        None => url,
    };
    url.parse::<Uri>().ok().filter(|_| !url.contains('{'))?;
    Some(url)
}

/// A body as it comes; the call's line is written once it has ended.
fn accounted(body: Body, record: Record) -> Body {
    let frames = stream::unfold((body, record), |(mut body, mut record)| async move {
        let frame: Result<Frame<Bytes>, BoxError> = match body.frame().await {
            None => {
                record.line.outcome = "observed";
                drop(record);
                return None;
            }
            Some(Ok(frame)) => Ok(frame),
            Some(Err(error)) => {
                record.line.outcome = "broke-off";
                Err(error)
            }
        };
        Some((frame, (body, record)))
    });
    StreamBody::new(frames).boxed_unsync()
}

/// Everything observed since the start, summed up.
#[derive(Debug, Default)]
pub(crate) struct Observations(Mutex<BTreeMap<Name, Sum>>);

/// What would have been done, the code, the endpoint, the model that was asked for.
type Name = (&'static str, String, String, String);

#[derive(Debug, Default)]
struct Sum {
    calls: u64,
    first_at: Option<Instant>,
    last_at: Option<Instant>,
    /// The latest of them, to be found in the log.
    sample: String,
}

impl Observations {
    /// Adds one line. `known` says whether a model is one of the catalog: names that callers make up
    /// are counted together.
    pub(crate) fn add(&self, line: &Line, known: impl Fn(&str) -> bool) {
        let Some(observed) = &line.observed else {
            return;
        };
        let model = line.model.as_deref().filter(|model| known(model));
        let name = (
            observed.would,
            observed.code.clone().unwrap_or_default(),
            line.endpoint.clone(),
            model.unwrap_or("other").to_owned(),
        );
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sum = sums.entry(name).or_default();
        sum.calls += 1;
        sum.first_at = sum.first_at.or(line.at);
        sum.last_at = line.at;
        sum.sample.clone_from(&line.request_id);
    }

    /// The report as JSON: what would have been done how often, to whom it would have happened most
    /// first.
    pub(crate) fn json(&self) -> String {
        let sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut totals: BTreeMap<&str, u64> = ["refuse", "reroute", "edit", "same"]
            .into_iter()
            .map(|would| (would, 0))
            .collect();
        let mut entries: Vec<(&Name, &Sum)> = sums.iter().collect();
        entries.sort_by(|(a, x), (b, y)| y.calls.cmp(&x.calls).then_with(|| a.cmp(b)));
        let mut list: Vec<Value> = Vec::new();
        for ((would, code, endpoint, model), sum) in entries {
            *totals.entry(would).or_default() += sum.calls;
            list.push(json!({
                "would": would,
                "code": (!code.is_empty()).then_some(code),
                "endpoint": endpoint,
                "model": model,
                "calls": sum.calls,
                "first_at": sum.first_at.map(|at| at.to_string()),
                "last_at": sum.last_at.map(|at| at.to_string()),
                "sample_request_id": sum.sample,
            }));
        }
        json!({ "calls": totals, "by": list }).to_string()
    }
}
