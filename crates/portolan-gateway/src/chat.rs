//! `POST /v1/chat/completions`: read, judged, carried out, answered in the caller's framing.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use portolan_core::answer::Outcome;
use portolan_core::request::{Request, State};
use portolan_wire::http::{Fault, Trouble, unclear};
use portolan_wire::{BodyText, Call, answer_json};
use serde_json::Value;
use tokio::time::Instant;

use crate::attempt::Gathered;
use crate::budgets::estimate;
use crate::config::KeyRow;
use crate::dispatch::{Carried, JUDGED, Ordered, carry_out};
use crate::exchange::{Exchange, put};
use crate::gateway::Caller;
use crate::given::Given;
use crate::heads;
use crate::injection::Transcript;
use crate::log::Record;
use crate::observe::{Seen, forward};
use crate::plan::Plan;
use crate::repair::Wanted;
use crate::transport::Body;

/// What stands against a call before its body is read.
pub(crate) fn refused_unread(headers: &HeaderMap, limit: usize) -> Option<Fault<'_>> {
    portolan_wire::http::refused_unread(|name| heads::text(headers, name), limit)
}

/// A call's body, within its bounds of size and of time: from one piece to the next, and for all.
pub(crate) async fn read<B>(exchange: &Exchange, mut body: B) -> Result<Bytes, Fault<'static>>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let bounds = exchange.served.config.bounds;
    let pause = std::time::Duration::from_secs(bounds.head_s);
    let all = Instant::now() + std::time::Duration::from_secs(bounds.body_s);
    let mut read = Gathered::default();
    while !body.is_end_stream() {
        let until = all.min(Instant::now() + pause);
        match tokio::time::timeout_at(until, body.frame()).await {
            Ok(None) => break,
            Ok(Some(Ok(frame))) => {
                let data = frame.into_data().unwrap_or_default();
                let limit = bounds.body_bytes;
                if !read.takes(data, limit) {
                    return Err(Fault::BodyTooLarge { limit });
                }
            }
            Ok(Some(Err(_))) | Err(_) => return Err(Fault::BodyIncomplete),
        }
    }
    Ok(read.whole())
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
    record.line.snapshot = Some(served.snapshot.clone());
    let settings = &exchange.gateway.settings;
    let (begun, mut later, mut failed) = (Instant::now(), None::<Exchange>, None);
    for round in 1..=JUDGED {
        let exchange = later.as_ref().unwrap_or(exchange);
        let state = known(exchange, &caller);
        if settings.dry_run || settings.observe {
            return told_only(exchange, head, &asked, (&body, caller.row), &state, record).await;
        }
        let plan = match Plan::of(&served, &asked.request, state) {
            Ok(plan) => plan,
            Err(state) => return refused(exchange, &asked, (&state, &caller), &mut record),
        };
        if let Some(trouble) = &asked.unclear {
            return exchange.tell(&mut record, trouble, None);
        }
        match asked.injected(exchange, head, &caller, &plan).await {
            None => {}
            // With other tokens it is another call: it is judged again.
            Some(Ok(again)) => {
                asked = again;
                continue;
            }
            Some(Err(trouble)) => return exchange.tell(&mut record, &trouble, None),
        }
        if let Err(fault) = set_aside(exchange, &caller, &asked, &plan, &mut record) {
            return exchange.fault(&mut record, fault);
        }
        let order = Ordered {
            plan: &plan,
            body: &asked.body,
            headers: &head.headers,
            row: caller.row,
            account: &caller.account,
            streams: asked.streams,
            counts: asked.counts,
            repairs: &asked.repairs,
            round,
            begun,
            failed: failed.as_deref(),
        };
        match carry_out(exchange, &order, &mut record).await {
            Carried::Changed => {}
            // It is another call now: what has been tried of it is not tried again.
            Carried::Over(last) => {
                match asked.later(exchange, head, &caller) {
                    Ok((again, now)) => (asked, later) = (again, Some(now)),
                    Err(what) => {
                        let what = &*what;
                        return exchange.fault(&mut record, Fault::Misconfigured { what });
                    }
                }
                failed = Some(last);
            }
            Carried::Failed(trouble, standing) => {
                return exchange.tell(&mut record, &trouble, standing.as_ref());
            }
            Carried::Answered {
                attempt,
                answered,
                standing,
                bounds,
            } => {
                record.line.upstream_body = None;
                let given = Given {
                    plan: &plan,
                    attempt,
                    standing,
                    bounds,
                    streams: asked.streams,
                    counts: asked.counts,
                    repairs: &asked.repairs,
                };
                return given.response(exchange, answered, record);
            }
        }
    }
    let what = "a limit that is reached whenever it is looked at";
    exchange.fault(&mut record, Fault::Misconfigured { what })
}

/// A call that no plan is carried out for: what the policy would do with it is told, or noted.
async fn told_only(
    exchange: &Exchange,
    head: &Parts,
    asked: &Asked,
    (body, row): (&Bytes, Option<&KeyRow>),
    state: &State,
    mut record: Record,
) -> Response<Body> {
    let answer = exchange.served.engine.answer(&asked.request, state);
    if exchange.gateway.settings.dry_run {
        if let Outcome::Refuse(refusal) = &answer.outcome {
            record.line.code = Some(refusal.code.clone());
        }
        let mut response = exchange.say(&mut record, answer_json(&answer, Some(&asked.body)));
        put(response.headers_mut(), "x-portolan-dry-run", "1");
        return response;
    }
    let seen = Seen {
        body,
        text: &asked.body,
        model: asked.model.as_deref(),
        row,
    };
    forward(exchange, head, &seen, &answer, record).await
}

/// Sets the estimate of a plan aside, where the caller's key has a budget.
fn set_aside(
    exchange: &Exchange,
    caller: &Caller<'_>,
    asked: &Asked,
    plan: &Plan<'_>,
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

    /// The same, as a call of now.
    fn later(
        &self,
        exchange: &Exchange,
        head: &Parts,
        caller: &Caller<'_>,
    ) -> Result<(Self, Exchange), String> {
        let now = exchange.later();
        let body = Bytes::copy_from_slice(self.body.bytes());
        let asked = Self::new(&now, head, &body, caller)?;
        Ok((asked, now))
    }

    /// The same with its transcript, where the plan needs it put in.
    async fn injected(
        &self,
        exchange: &Exchange,
        head: &Parts,
        caller: &Caller<'_>,
        plan: &Plan<'_>,
    ) -> Option<Result<Self, Trouble>> {
        let transcript = self.transcript.as_ref();
        let transcript = transcript.filter(|_| Transcript::is_needed(plan))?;
        let body = transcript.injected(exchange, caller, &self.body).await;
        Some(body.and_then(|body| {
            let asked = Self::new(exchange, head, &body, caller);
            asked.map_err(|what| Fault::Misconfigured { what: &what }.into())
        }))
    }
}

/// What is known now.
fn known(exchange: &Exchange, caller: &Caller<'_>) -> State {
    let mut state = State::default();
    let (gateway, now_ms) = (&exchange.gateway, exchange.now_ms);
    gateway.health.tell(now_ms, &mut state);
    gateway.windows.tell(&caller.account, now_ms, &mut state);
    state
}

/// A refusal, in the words of the interpreter.
fn refused(
    exchange: &Exchange,
    asked: &Asked,
    (state, caller): (&State, &Caller<'_>),
    record: &mut Record,
) -> Response<Body> {
    let engine = &exchange.served.engine;
    let answer = engine.answer(&asked.request, state);
    match &answer.outcome {
        Outcome::Refuse(refusal) => {
            let known = |id: &str| {
                let target = engine.catalog().lookup(id, exchange.at()).value?;
                engine.catalog().model(target.model)
            };
            let model = asked.model.as_deref().and_then(known);
            let windows = &exchange.gateway.windows;
            let standing = model
                .filter(|_| refusal.status == 429)
                .and_then(|model| windows.standing(&caller.account, &model.id, exchange.now_ms));
            exchange.tell(record, &Trouble::from(refusal), standing.as_ref())
        }
        Outcome::Route(_) => {
            let what = "a refusal that the interpreter knows nothing of";
            exchange.fault(record, Fault::Misconfigured { what })
        }
    }
}

/// Whether a body asks for the usage of its stream.
fn counts(body: &[u8]) -> bool {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let asked = body
        .as_ref()
        .and_then(|body| body.pointer("/stream_options/include_usage"));
    asked.and_then(Value::as_bool) == Some(true)
}
