//! A plan carried out: attempts in their order, as the plan says what moves on, what is tried
//! again and how long that may take. Nothing is decided here.
//!
//! It ends before the first byte of an answer reaches the caller: from then on nothing is tried
//! again.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Uri};
use portolan_wire::http::{Fault, Trouble, UpstreamError};
use portolan_wire::{BodyText, Carrier};
use serde_json::value::RawValue;
use tokio::time::Instant;

use crate::attempt::{Answered, Bounds, Class, Failure, ms, tried};
use crate::clock;
use crate::config::KeyRow;
use crate::evidence;
use crate::exchange::Exchange;
use crate::heads;
use crate::log::{CANCELLED, Record, Tried};
use crate::plan::{Attempt, Plan};
use crate::redact::{logged, redacted};
use crate::repair::Wanted;
use crate::traces;
use crate::windows::Standing;

/// A call with its plan.
pub(crate) struct Ordered<'a> {
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) body: &'a BodyText,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) row: Option<&'a KeyRow>,
    pub(crate) account: &'a str,
    /// Whether the caller asked for a stream.
    pub(crate) streams: bool,
    /// And for its usage.
    pub(crate) counts: bool,
    /// For which attempts it asked for JSON to be mended.
    pub(crate) repairs: &'a Wanted,
    /// How often it was judged, this time included. A limit that turns out to be reached sends it
    /// back to be judged again, but for the last time; a route that another call has just taken to
    /// try does so the first time only.
    pub(crate) round: usize,
    /// When it was begun: all of its tries share one total.
    pub(crate) begun: Instant,
    /// What its last try came to, where it is a call whose plan was over before the next one.
    pub(crate) failed: Option<&'a Failed>,
}

/// What is told of a call that nothing answered, and how its limit stands.
pub(crate) type Failed = (Trouble, Option<Standing>);

/// How often a call is judged at most, because a limit was reached meanwhile.
pub(crate) const JUDGED: usize = 8;

impl Ordered<'_> {
    const fn is_last(&self) -> bool {
        self.round >= JUDGED
    }

    /// Where to begin: at the first attempt; where some were tried by a plan that is over, at the
    /// first that was not, or else with what is left of the retries of the last one.
    fn start(&self, tried: &[Tried]) -> Option<(usize, i64)> {
        let Some(latest) = tried.last() else {
            return Some((0, 0));
        };
        let times = |attempt: &Attempt<'_>| {
            let same = tried.iter().filter(|t| t.way.route == attempt.way.route);
            i64::try_from(same.count()).unwrap_or(i64::MAX)
        };
        let attempts = &self.plan.attempts;
        if let Some(fresh) = attempts.iter().position(|attempt| times(attempt) == 0) {
            return Some((fresh, 0));
        }
        let last = attempts.len().checked_sub(1)?;
        let retries = times(attempts.get(last)?);
        let retry = self.plan.retry.filter(|retry| retries <= retry.times)?;
        let outcome = &*latest.outcome;
        let means = |word: &str| match word.strip_suffix("xx") {
            Some(hundreds) => outcome.len() == word.len() && outcome.starts_with(hundreds),
            None => outcome == word,
        };
        let listed = retry.on.iter().any(|word| means(word));
        listed.then_some((last, retries))
    }
}

/// What came of a plan.
pub(crate) enum Carried {
    /// An attempt was answered.
    Answered {
        /// Its position.
        attempt: usize,
        answered: Answered,
        /// How its limit stands.
        standing: Option<Standing>,
        /// When all of the answer must be over.
        bounds: Bounds,
    },
    /// A limit was reached before anything was sent: what is known now has changed.
    Changed,
    /// A try failed, and when the next one was due the plan did not hold any more.
    Over(Box<Failed>),
    /// Nothing answered.
    Failed(Trouble, Option<Standing>),
}

/// Where one call stands in its plan.
struct Course<'a> {
    exchange: &'a Exchange,
    order: &'a Ordered<'a>,
    record: &'a mut Record,
    deadline: Option<Instant>,
    /// Tries so far, over all attempts.
    tries: usize,
    standing: Option<Standing>,
}

/// Carries a plan out.
pub(crate) async fn carry_out(
    exchange: &Exchange,
    order: &Ordered<'_>,
    record: &mut Record,
) -> Carried {
    record.line.plan = order.plan.planned();
    let total = ms(order.plan.timeouts.total);
    let Some((mut position, mut retries)) = order.start(&record.line.attempts) else {
        let (trouble, standing) = order.failed.cloned().unwrap_or_else(|| {
            let what = "a plan that begins nowhere";
            (Fault::Misconfigured { what }.into(), None)
        });
        return Carried::Failed(trouble, standing);
    };
    let mut course = Course {
        exchange,
        order,
        deadline: total.map(|total| order.begun + total),
        tries: record.line.attempts.len(),
        record,
        standing: None,
    };
    loop {
        let Some(attempt) = order.plan.attempts.get(position) else {
            let what = "a plan without attempts";
            return Carried::Failed(Fault::Misconfigured { what }.into(), None);
        };
        let failure = match course.tried(attempt).await {
            Ok(answered) => {
                let bounds = course.bounds(attempt);
                return Carried::Answered {
                    attempt: position,
                    answered,
                    standing: course.standing,
                    bounds,
                };
            }
            Err(Stop::Trouble(trouble)) => return Carried::Failed(*trouble, None),
            Err(Stop::Changed) => return Carried::Changed,
            Err(Stop::Failure(failure)) => failure,
        };
        if failure.class == Class::Limit && course.tries == 0 && !order.is_last() {
            return Carried::Changed;
        }
        let last = position + 1 == order.plan.attempts.len();
        let listed = |words: &[Box<str>]| words.iter().any(|word| failure.class.is(word));
        let mut goes_on = !last && listed(order.plan.advance);
        if goes_on {
            position += 1;
        }
        let retry = order.plan.retry.as_ref().filter(|retry| {
            last && retries < retry.times && listed(retry.on) && failure.class != Class::Limit
        });
        if let Some(retry) = retry {
            goes_on = course.waited(retry.after_ms, &failure, retries).await;
            retries += 1;
        }
        // What was legal when the call came may not be any more.
        let now = clock::instant(exchange.gateway.clock.now_ms());
        let over = goes_on && order.plan.is_over(now);
        if goes_on && !over {
            continue;
        }
        let trouble = course.told(attempt, &failure);
        return if over && !order.is_last() {
            Carried::Over(Box::new((trouble, course.standing)))
        } else {
            Carried::Failed(trouble, course.standing)
        };
    }
}

/// What a body says to a model; all of it where that cannot be told apart.
fn prompt(body: &[u8]) -> &[u8] {
    #[derive(serde::Deserialize)]
    struct Said<'a> {
        #[serde(borrow)]
        messages: Option<&'a RawValue>,
        #[serde(borrow)]
        prompt: Option<&'a RawValue>,
    }
    let said = serde_json::from_slice::<Said<'_>>(body).ok();
    match said.map(|said| (said.messages, said.prompt)) {
        Some((Some(said), None) | (None, Some(said))) => said.get().as_bytes(),
        Some((Some(_), Some(_)) | (None, None)) | None => body,
    }
}

/// Why an attempt gave no answer.
enum Stop {
    /// It failed; the plan says what next.
    Failure(Failure),
    /// Nothing of the plan can go on.
    Trouble(Box<Trouble>),
    /// What is known now is not what the plan was made by.
    Changed,
}

impl From<Fault<'_>> for Stop {
    fn from(fault: Fault<'_>) -> Self {
        Self::Trouble(Box::new(fault.into()))
    }
}

impl Course<'_> {
    fn bounds(&self, attempt: &Attempt<'_>) -> Bounds {
        let bytes = self.exchange.served.config.bounds.answer_bytes;
        // What is mended is read whole, and becomes a stream after that.
        let streams = self.order.streams && !self.order.repairs.of_us(attempt);
        Bounds::new(self.order.plan.timeouts, self.deadline, bytes, streams)
    }

    /// One try: counted, sent, noted.
    async fn tried(&mut self, attempt: &Attempt<'_>) -> Result<Answered, Stop> {
        let gateway = &self.exchange.gateway;
        let (uri, body, key) = self.outgoing(attempt)?;
        if self.tries == 0 && self.order.round == 1 {
            let (breaker, now) = (self.exchange.served.config.breaker, gateway.clock.now_ms());
            if !gateway.health.takes(attempt.way, breaker, now) {
                return Err(Stop::Changed);
            }
        }
        if let Some(limit) = &attempt.limit {
            let now = gateway.clock.now_ms();
            let served = &self.exchange.served;
            let taken = gateway
                .take(served, self.order.account, &attempt.way.model, limit, now)
                .await;
            match taken {
                Ok(standing) => self.standing = Some(standing),
                Err(standing) => {
                    let failure = Failure {
                        retry_after_s: Some(standing.reset_s),
                        ..Failure::from(Class::Limit)
                    };
                    self.standing = Some(standing);
                    if self.tries > 0 || self.order.is_last() {
                        self.begin(attempt);
                        self.note(Class::Limit.word(), false, Duration::ZERO);
                    }
                    return Err(Stop::Failure(failure));
                }
            }
        } else {
            self.standing = None;
        }
        let scripted = gateway.transport.is_mock();
        let mut request = heads::outgoing(uri, body, self.order.headers, key, scripted);
        traces::carried(&self.record.line, request.headers_mut());
        let begun = Instant::now();
        self.begin(attempt);
        let outcome = tried(
            &gateway.transport,
            request,
            self.bounds(attempt),
            self.tries,
        )
        .await;
        self.tries += 1;
        match outcome {
            Ok(answered) => {
                gateway.health.answered(attempt.way);
                self.note("answered".into(), false, begun.elapsed());
                evidence::noted(self.exchange, attempt.way, &answered, self.record);
                traces::answered_with(&mut self.record.line, &answered);
                Ok(answered)
            }
            Err(failure) => {
                let breaker = self.exchange.served.config.breaker;
                if failure.class.is_unhealthy() {
                    gateway
                        .health
                        .failed(attempt.way, breaker, gateway.clock.now_ms());
                }
                let sent = failure.class.may_be_billed();
                self.note(failure.class.word(), sent, begun.elapsed());
                Err(Stop::Failure(failure))
            }
        }
    }

    /// What of an attempt is ours to do.
    fn carrier(&self, attempt: &Attempt<'_>) -> Carrier {
        let order = self.order;
        let repairs = order.repairs.of_us(attempt);
        Carrier {
            counts: order.streams && attempt.stream && !repairs && !order.counts,
            whole: repairs,
            repairs,
        }
    }

    /// Where an attempt goes, with what, under which key.
    fn outgoing(
        &self,
        attempt: &Attempt<'_>,
    ) -> Result<(Uri, Bytes, Option<http::HeaderValue>), Stop> {
        let misconfigured = |what| Stop::from(Fault::Misconfigured { what });
        let served = &self.exchange.served;
        let uri = attempt.way.uri.clone();
        let uri = uri.ok_or_else(|| misconfigured("the catalog makes a URL that is none"))?;
        let (posted, sending) = (self.order.body, attempt.sending());
        let body = posted.outgoing_for(sending, self.carrier(attempt));
        let body = body.ok_or_else(|| misconfigured("a plan for another body"))?;
        let wrong_region = |row: &KeyRow| {
            let valid: Vec<&str> = row.upstreams.keys().map(String::as_str).collect();
            let (used, valid) = (&*attempt.way.endpoint, &*valid);
            Stop::from(Fault::KeyWrongRegion { used, valid })
        };
        if self.exchange.gateway.transport.is_mock() {
            // There is no secret to send, but a key that names its regions keeps to them.
            let elsewhere = |row: &&KeyRow| {
                !(row.upstreams.is_empty() || row.upstreams.contains_key(&attempt.way.endpoint))
            };
            return match self.order.row.filter(elsewhere) {
                Some(row) => Err(wrong_region(row)),
                None => Ok((uri, body.into(), None)),
            };
        }
        let key = served.key(&attempt.way.endpoint, self.order.row);
        let key = key.ok_or_else(|| match self.order.row {
            Some(row) => wrong_region(row),
            None => misconfigured("an endpoint without a secret"),
        })?;
        Ok((uri, body.into(), Some(key)))
    }

    /// Notes a try that begins. Where nothing else is noted of it, its caller went away meanwhile.
    fn begin(&mut self, attempt: &Attempt<'_>) {
        self.record.line.attempts.push(Tried {
            way: Arc::clone(attempt.way),
            price: attempt.price,
            outcome: CANCELLED.into(),
            ms: 0,
            maybe_billed: true,
            served_region: None,
            begun: self.record.elapsed(),
            took: Duration::ZERO,
        });
    }

    /// Notes what the latest try came to.
    fn note(&mut self, outcome: Cow<'static, str>, maybe_billed: bool, took: Duration) {
        if let Some(tried) = self.record.line.attempts.last_mut() {
            tried.outcome = outcome;
            tried.ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            tried.maybe_billed = maybe_billed;
            tried.took = took;
        }
    }

    /// Waits before the same attempt is tried again: as long as the plan says, doubled with each
    /// time and up to a quarter longer so that callers do not come back together, and no shorter
    /// than the upstream asked for. `false` if that is too late.
    async fn waited(&self, after_ms: i64, failure: &Failure, retries: i64) -> bool {
        let after = u64::try_from(after_ms.max(0)).unwrap_or(0);
        let doubled = after.saturating_mul(1 << retries.clamp(0, 16));
        let jitter = fastrand::u64(0..=doubled / 4);
        let asked = failure.retry_after_s.unwrap_or(0).max(0).unsigned_abs();
        let wait = doubled
            .saturating_add(jitter)
            .max(asked.saturating_mul(1000));
        let until = Instant::now() + Duration::from_millis(wait);
        if self.deadline.is_some_and(|deadline| until >= deadline) {
            return false;
        }
        tokio::time::sleep_until(until).await;
        true
    }

    /// Whether the plan tries what upstreams refuse again, but not this: it stays as it is.
    fn is_in_vain(&self, class: Class) -> bool {
        let refused = matches!(class, Class::Status(status) if status >= 500);
        let retry = self.order.plan.retry.as_ref();
        refused && retry.is_some_and(|retry| !retry.on.iter().any(|word| class.is(word)))
    }

    /// What is told to the caller of the failure that was the last.
    fn told(&mut self, attempt: &Attempt<'_>, failure: &Failure) -> Trouble {
        let model = &*attempt.way.model;
        let error = UpstreamError::read(&failure.body);
        self.record.line.upstream_request_id =
            error.request_id.clone().or(failure.upstream_id.clone());
        if !failure.body.is_empty() {
            let key = self
                .exchange
                .served
                .secret(&attempt.way.endpoint, self.order.row);
            let shown = heads::shown_key(self.order.headers);
            let secrets: Vec<&str> = key.into_iter().chain(shown).collect();
            let said = self.order.body.bytes();
            self.record.line.upstream_body = Some(logged(&failure.body, said, &secrets));
        }
        let mut trouble: Trouble = match failure.class {
            Class::Limit => {
                let standing = self.standing.as_ref();
                Fault::LimitReached {
                    model,
                    requests: standing.map_or(0, |standing| standing.limit),
                    reset_s: failure.retry_after_s.unwrap_or(0),
                }
                .into()
            }
            Class::Connect | Class::Reset | Class::Truncated => {
                Fault::UpstreamUnreachable { model }.into()
            }
            Class::Garbage => Fault::UpstreamInvalid { model }.into(),
            Class::Timeout => {
                let timeouts = self.order.plan.timeouts;
                let over = self.deadline.is_some_and(|at| Instant::now() >= at);
                let spent = if over {
                    timeouts.total
                } else {
                    timeouts.first_byte
                };
                Fault::DeadlineExceeded {
                    after_ms: spent.or(timeouts.idle).unwrap_or(0),
                }
                .into()
            }
            Class::Status(401 | 403) => Fault::UpstreamKeyRefused { model }.into(),
            Class::Status(status) if (300..400).contains(&status) => {
                Fault::UpstreamRedirected { model }.into()
            }
            // No error, and not the one success that carries an answer.
            Class::Status(status) if status < 400 => Fault::UpstreamInvalid { model }.into(),
            Class::Status(status) => error.trouble(status, model),
        };
        // Whoever keeps an error keeps what it quotes: no words of a prompt, and no key of ours.
        let prompt = prompt(self.order.body.bytes());
        let served = &self.exchange.served;
        let key = served.secret(&attempt.way.endpoint, self.order.row);
        let secrets: Vec<&str> = key.into_iter().collect();
        for text in std::iter::once(&mut trouble.message).chain(&mut trouble.help) {
            *text = redacted(text.as_bytes(), usize::MAX, prompt, &secrets);
        }
        if trouble.retry_after_s.is_none() && trouble.retryable {
            trouble.retry_after_s = failure.retry_after_s;
        }
        // What was tried more than once was tried again by us: a client that does so as well
        // would multiply it.
        trouble.retryable &= self.tries < 2 && !self.is_in_vain(failure.class);
        trouble
    }
}
