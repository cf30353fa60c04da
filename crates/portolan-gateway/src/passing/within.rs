//! A call to a model inside a call that passes through: `llm_gateway`, in a query or in a body.
//!
//! It is judged as if it had been posted to the endpoint that the host is of. A refusal is the
//! answer to the whole call; what routes goes up as the first attempt of its plan would, without
//! fallbacks, because whoever carries it out knows no plan.

use std::borrow::Cow;

use portolan_core::answer::{Outcome, Plan};
use portolan_core::request::{Auth, State};
use portolan_wire::http::{Fault, Trouble, unclear};
use portolan_wire::{BodyText, Call, Unclear, embedded, judge_auth, with_embedded};

use super::Passage;
use crate::heads;
use crate::log::Record;

/// Where a call to a model stands.
pub(super) const FIELD: &str = "llm_gateway";

impl Passage<'_> {
    /// The query and the body that may go up.
    pub(super) async fn judged(
        &self,
        body: &[u8],
        record: &mut Record,
    ) -> Result<(String, Vec<u8>), Trouble> {
        let query = self.query(record).await?;
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok((query, body.to_vec()));
        }
        let found = embedded(body, FIELD).map_err(|unclear| match unclear {
            Unclear::NotJson => Trouble::from(Fault::InvalidJson),
            Unclear::Ambiguous => Fault::AmbiguousField { field: FIELD }.into(),
        })?;
        let Some(call) = found else {
            return Ok((query, body.to_vec()));
        };
        let judged = self.judge(call, record).await?;
        let what = "a plan for another body";
        let body = with_embedded(body, FIELD, &judged);
        let body = body.ok_or_else(|| Trouble::from(Fault::Misconfigured { what }))?;
        Ok((query, body.into_bytes()))
    }

    /// The query without keys, and with the call to a model that was judged.
    async fn query(&self, record: &mut Record) -> Result<String, Trouble> {
        let query = self.head.uri.query().unwrap_or_default();
        let mut kept: Vec<Cow<'_, str>> = Vec::new();
        let mut call = None;
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let pair = form_urlencoded::parse(part.as_bytes()).next();
            let (name, value) = pair.unwrap_or_default();
            if is_key(&name, &value) {
                continue;
            }
            // `llm_gateway[model]=…`, or a pair behind a semicolon, is read by some readers too.
            let bare = part_named(&name, &value);
            if !bare {
                kept.push(Cow::Borrowed(part));
                continue;
            }
            if name != FIELD || call.replace(value).is_some() {
                return Err(Fault::AmbiguousField { field: FIELD }.into());
            }
        }
        if let Some(call) = call {
            let judged = self.judge(&call, record).await?;
            let judged: String = form_urlencoded::byte_serialize(judged.as_bytes()).collect();
            kept.push(format!("{FIELD}={judged}").into());
        }
        Ok(kept.join("&"))
    }

    /// A call to a model, as it may be made.
    async fn judge(&self, call: &str, record: &mut Record) -> Result<String, Trouble> {
        self.is_counted()?;
        let exchange = self.exchange;
        let engine = &exchange.served.engine;
        let headers = heads::pairs(&self.head.headers);
        let mut read = Call::received(call, headers, "", exchange.at());
        read.draft.endpoint = Some(self.passing.endpoint.clone());
        read.draft.attributes.clone_from(&self.caller.attributes);
        record.line.model.clone_from(&read.draft.body.model);
        let unclear = unclear(&read.draft.body.faults);
        let request = engine.request(read.draft).map_err(|errors| {
            let what = &*errors.to_string();
            Trouble::from(Fault::Misconfigured { what })
        })?;
        let mut state = State::default();
        let (gateway, account) = (&exchange.gateway, &*self.caller.account);
        gateway.health.tell(exchange.now_ms, &mut state);
        gateway.windows.tell(account, exchange.now_ms, &mut state);
        let plan = match engine.answer(&request, &state).outcome {
            Outcome::Refuse(refusal) => return Err(Trouble::from(&refusal)),
            Outcome::Route(plan) => plan,
        };
        if let Some(trouble) = unclear {
            return Err(trouble);
        }
        let body = read.body.unwrap_or_else(|| BodyText::new(call));
        self.made(&plan, &body).await
    }

    /// What the first attempt posts, counted like any other.
    async fn made(&self, plan: &Plan, body: &BodyText) -> Result<String, Trouble> {
        let through = &self.passing.endpoint;
        let first = plan.attempts.first().filter(|a| a.endpoint == *through);
        let what = "a call inside another that leads through another endpoint";
        let first = first.ok_or_else(|| Trouble::from(Fault::Misconfigured { what }))?;
        if let Some(limit) = &first.limit {
            let gateway = &self.exchange.gateway;
            let now = gateway.clock.now_ms();
            let served = &self.exchange.served;
            let account = &*self.caller.account;
            let taken = gateway
                .take(served, account, &first.model, limit, now)
                .await;
            taken.map_err(|standing| Fault::LimitReached {
                model: &first.model,
                requests: standing.limit,
                reset_s: standing.reset_s,
            })?;
        }
        let what = "a plan for another body";
        body.outgoing(first)
            .ok_or_else(|| Fault::Misconfigured { what }.into())
    }
}

/// Whether some reader finds a call to a model in a pair.
fn part_named(name: &str, value: &str) -> bool {
    let name = name.trim().replace('-', "_").to_ascii_lowercase();
    let behind = |text: &str| text.contains(';') && text.to_ascii_lowercase().contains(FIELD);
    name.starts_with(FIELD) || behind(&name) || behind(value)
}

/// Whether a query parameter holds a key, or a token that stands for one.
fn is_key(name: &str, value: &str) -> bool {
    judge_auth([], [(name, value)]).0 == Auth::InQuery
}
