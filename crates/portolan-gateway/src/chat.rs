//! `POST /v1/chat/completions`: read, judged, carried out, answered in the caller's framing.

use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use portolan_core::answer::{Answer, Outcome, Plan};
use portolan_core::engine::Engine;
use portolan_core::limits;
use portolan_core::request::{Fault as BodyFault, FaultKind, Request, State};
use portolan_wire::http::{Fault, Trouble};
use portolan_wire::{BodyText, Call, answer_json};
use serde_json::Value;

use crate::attempt::{Answered, Bounds};
use crate::budgets::estimate;
use crate::dispatch::{Carried, JUDGED, Ordered, carry_out};
use crate::exchange::{Exchange, limits as limit_headers, put};
use crate::gateway::Caller;
use crate::heads;
use crate::injection::Transcript;
use crate::log::Record;
use crate::mock;
use crate::observe::{Seen, forward};
use crate::reframe;
use crate::repair::{self, Wanted};
use crate::stream::{Flow, passed_on, used};
use crate::transport::{Body, full};
use crate::windows::Standing;

/// What stands against a call before its body is read.
pub(crate) fn refused_unread(headers: &HeaderMap, limit: usize) -> Option<Fault<'_>> {
    portolan_wire::http::refused_unread(|name| heads::text(headers, name), limit)
}

/// A call's body, within its bounds of size and of time from one piece to the next.
pub(crate) async fn read<B>(exchange: &Exchange, mut body: B) -> Result<Bytes, Fault<'static>>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let bounds = exchange.served.config.bounds;
    let pause = std::time::Duration::from_secs(bounds.head_s);
    let mut read = BytesMut::new();
    loop {
        match tokio::time::timeout(pause, body.frame()).await {
            Ok(None) => return Ok(read.freeze()),
            Ok(Some(Ok(frame))) => {
                let data = frame.into_data().unwrap_or_default();
                if data.len() > bounds.body_bytes.saturating_sub(read.len()) {
                    let limit = bounds.body_bytes;
                    return Err(Fault::BodyTooLarge { limit });
                }
                read.extend_from_slice(&data);
            }
            Ok(Some(Err(_))) | Err(_) => return Err(Fault::BodyIncomplete),
        }
    }
}

/// Answers a call.
pub(crate) async fn complete<B>(
    exchange: &Exchange,
    head: &Parts,
    body: B,
    mut record: Record,
) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let served = exchange.served.clone();
    let most = served.config.bounds.body_bytes;
    if let Some(fault) = refused_unread(&head.headers, most) {
        return exchange.fault(&mut record, fault);
    }
    let caller = match served.caller(&head.headers) {
        Ok(caller) => caller,
        Err(fault) => return exchange.fault(&mut record, fault),
    };
    record.line.account = caller.row.map(|row| row.row.clone());
    let body = match read(exchange, body).await {
        Ok(body) => body,
        Err(fault) => return exchange.fault(&mut record, fault),
    };
    let asked = match Asked::new(exchange, head, &body, &caller) {
        Ok(asked) => asked,
        Err(what) => return exchange.fault(&mut record, Fault::Misconfigured { what: &what }),
    };
    record.line.model.clone_from(&asked.model);
    record.line.stream = Some(asked.streams);
    let mut asked = asked;
    for round in 1..=JUDGED {
        let answer = asked.judged(exchange, &served.engine, &caller);
        record.line.snapshot = Some(answer.snapshot.clone());
        if exchange.gateway.settings.dry_run {
            let mut response = exchange.say(&mut record, answer_json(&answer, Some(&asked.body)));
            put(response.headers_mut(), "x-portolan-dry-run", "1");
            return response;
        }
        if exchange.gateway.settings.observe {
            let seen = Seen {
                body: &body,
                text: &asked.body,
                model: asked.model.as_deref(),
                row: caller.row,
            };
            return forward(exchange, head, &seen, &answer, record).await;
        }
        let plan = match &answer.outcome {
            Outcome::Refuse(refusal) => {
                return exchange.tell(&mut record, &Trouble::from(refusal), None);
            }
            Outcome::Route(plan) => plan,
        };
        if let Some(trouble) = &asked.unclear {
            return exchange.tell(&mut record, trouble, None);
        }
        match asked.injected(exchange, head, &caller, plan).await {
            None => {}
            // With other tokens it is another call: it is judged again.
            Some(Ok(again)) => {
                asked = again;
                continue;
            }
            Some(Err(trouble)) => return exchange.tell(&mut record, &trouble, None),
        }
        if let Err(fault) = set_aside(exchange, &caller, &asked, plan, &mut record) {
            return exchange.fault(&mut record, fault);
        }
        let order = Ordered {
            plan,
            body: &asked.body,
            headers: &head.headers,
            row: caller.row,
            account: &caller.account,
            streams: asked.streams,
            counts: asked.counts,
            repairs: &asked.repairs,
            round,
        };
        match carry_out(exchange, &order, &mut record).await {
            Carried::Changed => {}
            Carried::Failed(trouble, standing) => {
                return exchange.tell(&mut record, &trouble, standing.as_ref());
            }
            Carried::Answered {
                attempt,
                answered,
                standing,
                bounds,
            } => {
                let given = Given {
                    plan,
                    attempt,
                    standing,
                    bounds,
                };
                return given.response(exchange, &asked, answered, record);
            }
        }
    }
    let what = "a limit that is reached whenever it is looked at";
    exchange.fault(&mut record, Fault::Misconfigured { what })
}

/// Sets the estimate of a plan aside, where the caller's key has a budget.
fn set_aside(
    exchange: &Exchange,
    caller: &Caller<'_>,
    asked: &Asked,
    plan: &Plan,
    record: &mut Record,
) -> Result<(), Fault<'static>> {
    let budgets = &exchange.gateway.budgets;
    if let Some(before) = record.line.reserved.take() {
        budgets.release(&before);
    }
    let Some(budget) = caller.row.and_then(|row| row.budget) else {
        return Ok(());
    };
    let what = "a model whose price is not known: it has a budget";
    let amount = estimate(plan, &asked.request).ok_or(Fault::KeyOutOfScope { what })?;
    let reserved = budgets.reserve(&caller.key, budget, amount, exchange.now_ms);
    record.line.reserved = Some(reserved.ok_or(Fault::BudgetExhausted)?);
    Ok(())
}

/// A call as it was read, ready to be judged any number of times.
struct Asked {
    request: Request,
    body: BodyText,
    model: Option<String>,
    /// The caller wants a stream.
    streams: bool,
    /// And its usage at the end of it.
    counts: bool,
    /// And JSON mended.
    repairs: Wanted,
    /// And a transcript put in the place of its tag.
    transcript: Option<Transcript>,
    /// Why it cannot be sent, whatever the policy says of it: readers differ in what it asks for.
    unclear: Option<Trouble>,
}

impl Asked {
    fn new(
        exchange: &Exchange,
        head: &Parts,
        body: &Bytes,
        caller: &Caller<'_>,
    ) -> Result<Self, String> {
        let query = head.uri.query().unwrap_or_default();
        let headers = heads::pairs(&head.headers);
        let mut call = Call::received(body.to_vec(), headers, query, exchange.at());
        call.draft.endpoint = Some(exchange.endpoint.clone());
        call.draft.attributes.clone_from(&caller.attributes);
        let model = call.draft.body.model.clone();
        let streams = call.draft.body.stream;
        let repairs = Wanted::by(&call.draft);
        let transcript = Transcript::by(&call.draft);
        let unclear = unclear(&call.draft.body.faults);
        let engine = &exchange.served.engine;
        let request = engine.request(call.draft).map_err(|e| e.to_string())?;
        Ok(Self {
            request,
            counts: streams && counts(body),
            body: call.body.unwrap_or_else(|| BodyText::new(body.to_vec())),
            model,
            streams,
            repairs,
            transcript,
            unclear,
        })
    }

    /// The same with its transcript, where the plan needs it put in.
    async fn injected(
        &self,
        exchange: &Exchange,
        head: &Parts,
        caller: &Caller<'_>,
        plan: &Plan,
    ) -> Option<Result<Self, Trouble>> {
        let transcript = self.transcript.as_ref();
        let transcript = transcript.filter(|_| Transcript::is_needed(plan))?;
        let body = transcript.injected(exchange, caller, &self.body).await;
        Some(body.and_then(|body| {
            let asked = Self::new(exchange, head, &body, caller);
            asked.map_err(|what| Fault::Misconfigured { what: &what }.into())
        }))
    }

    /// The answer of the policy, by what is known now.
    fn judged(&self, exchange: &Exchange, engine: &Engine, caller: &Caller<'_>) -> Answer {
        let mut state = State::default();
        let gateway = &exchange.gateway;
        gateway.health.tell(exchange.now_ms, &mut state);
        gateway
            .windows
            .tell(&caller.account, exchange.now_ms, &mut state);
        engine.answer(&self.request, &state)
    }
}

/// The first fault that lets a body mean one thing to us and another to an upstream. Where so much
/// is wrong that not all of it was kept, there may be one.
pub(crate) fn unclear(faults: &[BodyFault]) -> Option<Trouble> {
    let differs = |fault: &&BodyFault| match fault.kind {
        FaultKind::AmbiguousField | FaultKind::InvalidJson => true,
        FaultKind::MissingField | FaultKind::WrongType => faults.len() >= limits::FAULTS,
    };
    let fault = faults.iter().find(differs)?;
    let code = FaultKind::NAMES
        .iter()
        .find(|(_, kind)| *kind == fault.kind);
    Some(Trouble {
        status: 400,
        code: code.map_or("", |(name, _)| name).to_owned(),
        field: Some(fault.path.clone()).filter(|path| !path.is_empty()),
        retryable: false,
        retry_after_s: None,
        message: fault.detail.clone(),
        help: Vec::new(),
    })
}

/// Whether a body asks for the usage of its stream.
fn counts(body: &[u8]) -> bool {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let asked = body
        .as_ref()
        .and_then(|body| body.pointer("/stream_options/include_usage"));
    asked.and_then(Value::as_bool) == Some(true)
}

/// What an attempt gave, beside its answer.
struct Given<'a> {
    plan: &'a Plan,
    attempt: usize,
    standing: Option<Standing>,
    bounds: Bounds,
}

impl Given<'_> {
    /// The answer in the framing that was asked for.
    fn response(
        self,
        exchange: &Exchange,
        asked: &Asked,
        answered: Answered,
        mut record: Record,
    ) -> Response<Body> {
        let attempt = self.plan.attempts.get(self.attempt);
        let model = attempt.map_or("", |attempt| &*attempt.model).to_owned();
        let warnings = self.plan.warnings.iter();
        let meant = warnings.filter(|w| w.attempt.is_none_or(|attempt| attempt == self.attempt));
        let mut codes: Vec<String> = meant.map(|warning| warning.code.clone()).collect();
        codes.dedup();
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
                    hides_usage: !asked.counts,
                    model: model.clone(),
                    id: exchange.id.clone(),
                    record,
                };
                (Upstream { id, headers }, (EVENTS, passed_on(&first, flow)))
            }
            Answered::Whole { body, headers } => {
                let repairs = attempt.is_some_and(|attempt| asked.repairs.of_us(attempt));
                let mended = repairs.then(|| repair::repaired(&body)).transpose();
                let Ok(mended) = mended else {
                    let model = &*model;
                    return exchange.fault(&mut record, Fault::JsonNotRepaired { model });
                };
                let body = mended.flatten().map_or(body, Bytes::from);
                let said: Value = serde_json::from_slice(&body).unwrap_or_default();
                let id = said.get("request_id").and_then(Value::as_str);
                let id = id.or_else(|| heads::text(&headers, "x-request-id"));
                let id = id.map(str::to_owned);
                record.line.upstream_request_id.clone_from(&id);
                record.line.usage = used(&said);
                record.line.outcome = "answered";
                let events = reframe::events(&said, &model, asked.counts);
                let framed = match events.filter(|_| asked.streams) {
                    Some(events) => (EVENTS, full(events)),
                    None => ("application/json", full(body)),
                };
                (Upstream { id, headers }, framed)
            }
        };
        let (media, body) = body;
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        put(headers, "content-type", media);
        if media == EVENTS {
            put(headers, "cache-control", "no-cache");
        }
        let id = upstream.id.as_ref().unwrap_or(&exchange.id);
        put(headers, "x-request-id", id);
        put(headers, "x-portolan-request-id", &exchange.id);
        put(headers, "x-portolan-model", &model);
        if let Some(attempt) = attempt {
            put(headers, "x-portolan-region", &attempt.region);
        }
        if !codes.is_empty() {
            put(headers, "x-portolan-warnings", &codes.join(", "));
        }
        if upstream.headers.contains_key(mock::HEADER) {
            put(headers, mock::HEADER, "1");
        }
        if let Some(standing) = &self.standing {
            limit_headers(headers, standing, &model);
        }
        response
    }
}

const EVENTS: &str = "text/event-stream";

/// What is kept of an upstream's head.
struct Upstream {
    id: Option<String>,
    headers: HeaderMap,
}
