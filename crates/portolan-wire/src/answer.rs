//! A decision as JSON: one shape for the command, every adapter and every test.
//!
//! Version 1. Keys stand in the order below and are never added to. Money is a decimal string,
//! instants are RFC 3339 in UTC, a place is its names joined by `+`. A value that is not known is
//! `null`; the few keys that are left out instead say so here.

use portolan_core::answer::{
    Answer, Attempt, Candidate, Dropped, Limit, Outcome, Plan, Reason, Refusal, Retry, RuleRef,
    Timeouts, Trace, Warning,
};
use portolan_core::catalog::Price;
use portolan_core::decimal::Decimal;
use serde::Serialize;

use crate::patch::Patch;
use crate::posted::BodyText;
use crate::trace::TraceJson;

/// Writes an answer as one line of JSON. The posted body is what the attempts' patches are for.
pub fn answer_json(answer: &Answer, body: Option<&BodyText>) -> String {
    write(&AnswerJson::new(answer, body, None))
}

/// The same with every rule's verdict under a last key, `trace`.
pub fn explained_json(answer: &Answer, body: Option<&BodyText>, trace: &Trace) -> String {
    write(&AnswerJson::new(answer, body, Some(trace)))
}

/// Serializing strings, integers and lists of them into memory has no way to fail.
pub(crate) fn write(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[derive(Serialize)]
struct AnswerJson<'a> {
    version: u32,
    outcome: &'static str,
    snapshot: &'a str,
    at: String,
    #[serde(flatten)]
    body: OutcomeJson<'a>,
    /// Left out unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<TraceJson<'a>>,
}

impl<'a> AnswerJson<'a> {
    fn new(answer: &'a Answer, posted: Option<&BodyText>, trace: Option<&'a Trace>) -> Self {
        let (outcome, body) = match &answer.outcome {
            Outcome::Route(plan) => ("route", OutcomeJson::Route(PlanJson::new(plan, posted))),
            Outcome::Refuse(refusal) => ("refuse", OutcomeJson::Refuse(RefusalJson::new(refusal))),
        };
        Self {
            version: 1,
            outcome,
            snapshot: &answer.snapshot,
            at: answer.at.to_string(),
            body,
            trace: trace.map(TraceJson::new),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum OutcomeJson<'a> {
    Route(PlanJson<'a>),
    Refuse(RefusalJson<'a>),
}

#[derive(Serialize)]
struct PlanJson<'a> {
    attempts: Vec<AttemptJson<'a>>,
    dropped: Vec<DroppedJson<'a>>,
    retry: Option<RetryJson<'a>>,
    /// Left out where the plan names no outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    advance: Option<AdvanceJson<'a>>,
    /// Left out where the plan has no time limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_ms: Option<TimeoutsJson>,
    limit: Option<LimitJson<'a>>,
    valid_until: Option<String>,
    warnings: Vec<WarningJson<'a>>,
}

impl<'a> PlanJson<'a> {
    fn new(plan: &'a Plan, posted: Option<&BodyText>) -> Self {
        let attempts = plan.attempts.iter();
        Self {
            attempts: attempts.map(|a| AttemptJson::new(a, posted)).collect(),
            dropped: plan.dropped.iter().map(DroppedJson::new).collect(),
            retry: plan.retry.as_ref().map(RetryJson::new),
            advance: (!plan.advance.is_empty()).then_some(AdvanceJson { on: &plan.advance }),
            timeout_ms: TimeoutsJson::new(plan.timeouts),
            limit: plan.limit.as_ref().map(LimitJson::new),
            valid_until: plan.valid_until.map(|at| at.to_string()),
            warnings: plan.warnings.iter().map(WarningJson::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct AttemptJson<'a> {
    fallback: Option<usize>,
    model: &'a str,
    /// The id that was asked for; left out where it is the model's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    maker: Option<&'a str>,
    provider: Option<&'a str>,
    /// Left out where the provider spills to no other.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    spills_to: &'a [String],
    region: &'a str,
    endpoint: &'a str,
    url: &'a str,
    processing: Option<String>,
    storage: Option<String>,
    usage_region: &'a str,
    price: PriceJson,
    stream: bool,
    body: Patch,
    limit: Option<LimitJson<'a>>,
}

impl<'a> AttemptJson<'a> {
    fn new(attempt: &'a Attempt, posted: Option<&BodyText>) -> Self {
        let mut providers = attempt.providers.iter();
        let provider = providers.next().map(String::as_str);
        Self {
            fallback: attempt.fallback,
            model: &attempt.model,
            alias: attempt.alias.as_deref(),
            maker: attempt.maker.as_deref(),
            provider,
            spills_to: providers.as_slice(),
            region: &attempt.region,
            endpoint: &attempt.endpoint,
            url: &attempt.url,
            processing: places(&attempt.processing),
            storage: places(&attempt.storage),
            usage_region: &attempt.usage_region,
            price: PriceJson::new(attempt.price),
            stream: attempt.stream,
            body: Patch::of(attempt, posted),
            limit: attempt.limit.as_ref().map(LimitJson::new),
        }
    }
}

fn places(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join("+"))
}

#[derive(Serialize)]
struct PriceJson {
    input_per_mtok: Option<String>,
    output_per_mtok: Option<String>,
    /// Left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_read_per_mtok: Option<String>,
    /// Left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_per_mtok: Option<String>,
    multiplier: Option<String>,
}

impl PriceJson {
    fn new(price: Price) -> Self {
        Self {
            input_per_mtok: price.input.map(Decimal::money),
            output_per_mtok: price.output.map(Decimal::money),
            cache_read_per_mtok: price.cache_read.map(Decimal::money),
            cache_write_per_mtok: price.cache_write.map(Decimal::money),
            multiplier: price.multiplier.map(|m| m.to_string_with(2)),
        }
    }
}

#[derive(Serialize)]
struct LimitJson<'a> {
    requests: i64,
    window_s: i64,
    key: &'a str,
}

impl<'a> LimitJson<'a> {
    fn new(limit: &'a Limit) -> Self {
        Self {
            requests: limit.requests,
            window_s: limit.window_s,
            key: &limit.key,
        }
    }
}

#[derive(Serialize)]
struct RetryJson<'a> {
    on: &'a [String],
    times: i64,
    after_ms: i64,
}

impl<'a> RetryJson<'a> {
    fn new(retry: &'a Retry) -> Self {
        Self {
            on: &retry.on,
            times: retry.times,
            after_ms: retry.after_ms,
        }
    }
}

#[derive(Serialize)]
struct AdvanceJson<'a> {
    on: &'a [String],
}

#[derive(Serialize)]
struct TimeoutsJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    connect: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_byte: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

impl TimeoutsJson {
    fn new(timeouts: Timeouts) -> Option<Self> {
        (timeouts != Timeouts::default()).then_some(Self {
            connect: timeouts.connect,
            first_byte: timeouts.first_byte,
            idle: timeouts.idle,
            total: timeouts.total,
        })
    }
}

#[derive(Serialize)]
struct DroppedJson<'a> {
    fallback: usize,
    model: Option<&'a str>,
    code: &'a str,
    message: &'a str,
}

impl<'a> DroppedJson<'a> {
    fn new(dropped: &'a Dropped) -> Self {
        Self {
            fallback: dropped.fallback,
            model: dropped.model.as_deref(),
            code: &dropped.code,
            message: &dropped.message,
        }
    }
}

#[derive(Serialize)]
struct WarningJson<'a> {
    code: &'a str,
    attempt: Option<usize>,
    field: Option<&'a str>,
    message: &'a str,
}

impl<'a> WarningJson<'a> {
    fn new(warning: &'a Warning) -> Self {
        Self {
            code: &warning.code,
            attempt: warning.attempt,
            field: warning.field.as_deref(),
            message: &warning.message,
        }
    }
}

#[derive(Serialize)]
struct RefusalJson<'a> {
    status: u16,
    code: &'a str,
    field: Option<&'a str>,
    retryable: bool,
    /// Left out where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<i64>,
    message: &'a str,
    help: &'a [String],
    rule: RuleJson<'a>,
    candidates: Vec<CandidateJson<'a>>,
    also: Vec<ReasonJson<'a>>,
    /// Left out where no fallback was dropped.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dropped: Vec<DroppedJson<'a>>,
}

impl<'a> RefusalJson<'a> {
    fn new(refusal: &'a Refusal) -> Self {
        let candidates = &refusal.candidates;
        let endpoint = candidates.first().map(|c| &c.endpoint);
        let differ = candidates.iter().any(|c| Some(&c.endpoint) != endpoint);
        let written = |c| CandidateJson::new(c, differ);
        Self {
            status: refusal.status,
            code: &refusal.code,
            field: refusal.field.as_deref(),
            retryable: refusal.retryable,
            retry_after_s: refusal.retry_after_s,
            message: &refusal.message,
            help: &refusal.help,
            rule: RuleJson::new(&refusal.rule),
            candidates: candidates.iter().map(written).collect(),
            also: refusal.also.iter().map(ReasonJson::new).collect(),
            dropped: refusal.dropped.iter().map(DroppedJson::new).collect(),
        }
    }
}

/// A rule and its place; the place is `null` for a built-in point that the policy does not word.
#[derive(Serialize)]
pub(crate) struct RuleJson<'a> {
    name: &'a str,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
}

impl<'a> RuleJson<'a> {
    pub(crate) fn new(rule: &'a RuleRef) -> Self {
        let written = !rule.file.is_empty();
        Self {
            name: &rule.name,
            file: written.then_some(&*rule.file),
            line: written.then_some(rule.line),
            column: written.then_some(rule.column),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct CandidateJson<'a> {
    model: &'a str,
    region: &'a str,
    /// Left out of a refusal whose candidates share one.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a str>,
    verdict: &'static str,
    reasons: Vec<ReasonJson<'a>>,
}

impl<'a> CandidateJson<'a> {
    pub(crate) fn new(candidate: &'a Candidate, with_endpoint: bool) -> Self {
        Self {
            model: &candidate.model,
            region: &candidate.region,
            endpoint: with_endpoint.then_some(&*candidate.endpoint),
            verdict: candidate.verdict.name(),
            reasons: candidate.reasons.iter().map(ReasonJson::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct ReasonJson<'a> {
    code: &'a str,
    rule: &'a str,
    message: &'a str,
}

impl<'a> ReasonJson<'a> {
    fn new(reason: &'a Reason) -> Self {
        Self {
            code: &reason.code,
            rule: &reason.rule.name,
            message: &reason.message,
        }
    }
}

#[cfg(test)]
mod tests;
