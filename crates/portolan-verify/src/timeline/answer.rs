//! What a client gets, as far as a timeline tells one answer from another: words, other reasons
//! and how long an answer is good for are left out.

use std::collections::BTreeSet;

use portolan_core::catalog::{Price, Route};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::judgement::{self, Judgement, Outcome};
use portolan_core::place::PlaceId;
use portolan_core::policy::{BodyField, RuleId, RuleKind, SetField, Value};
use portolan_core::request::{Draft, Request, State};

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It goes somewhere.
    Route(Plan),
    /// It does not.
    Refusal {
        /// The HTTP status.
        status: u16,
        /// The code.
        code: Box<str>,
    },
}

/// Where a request goes, in order, and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// At least one.
    pub attempts: Vec<Attempt>,
    /// Codes of warnings.
    pub warnings: BTreeSet<Box<str>>,
    /// Fallbacks that were dropped, each with its reason's code.
    pub dropped: Vec<(usize, Box<str>)>,
    /// The retry that the caller makes.
    pub retry: Option<Retry>,
}

/// One call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Where.
    pub route: Route,
    /// The fallback's position; none for the primary.
    pub fallback: Option<usize>,
    /// What it costs.
    pub price: Price,
    /// Where it is processed, and where data is stored.
    pub places: [Option<Vec<PlaceId>>; 2],
    /// Body fields that are set.
    pub sets: Vec<(SetField, Value)>,
    /// Requests, and in how many seconds.
    pub limit: Option<(i64, i64)>,
}

/// Outcome classes, how often, after how many milliseconds.
pub type Retry = (Vec<Box<str>>, i64, i64);

impl Answer {
    /// The interpreter's answer to a draft at an instant; none where it is no request.
    pub fn of(engine: &Engine, draft: &Draft, at: Instant) -> Option<Self> {
        let draft = Draft {
            at,
            ..draft.clone()
        };
        let request = engine.request(draft).ok()?;
        let judged = engine.judge(&request, &State::default());
        Some(Self::new(engine, &request, &judged))
    }

    fn new(engine: &Engine, request: &Request, judged: &Judgement) -> Self {
        match &judged.outcome {
            Outcome::Route(plan) => Self::Route(Plan::new(engine, request, plan)),
            Outcome::Refuse(refusal) => {
                let (status, code) = verdict(engine, refusal.rule);
                Self::Refusal { status, code }
            }
        }
    }

    /// Says whether it goes somewhere.
    pub fn routes(&self) -> bool {
        matches!(self, Self::Route(_))
    }

    /// Its plan, where it goes somewhere.
    pub fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Route(plan) => Some(plan),
            Self::Refusal { .. } => None,
        }
    }

    /// The code with which it is refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Route(_) => None,
            Self::Refusal { code, .. } => Some(code),
        }
    }
}

/// The status and code of a rule.
pub(super) fn verdict(engine: &Engine, rule: RuleId) -> (u16, Box<str>) {
    let rule = engine.policy().rule(rule);
    let verdict = rule.and_then(|rule| rule.kind.verdict());
    verdict.map_or((0, Box::default()), |v| (v.status, v.code.clone()))
}

fn code(engine: &Engine, rule: RuleId) -> Box<str> {
    let rule = engine.policy().rule(rule);
    rule.map_or_else(Box::default, |rule| rule.kind.code().into())
}

impl Plan {
    fn new(engine: &Engine, request: &Request, plan: &judgement::Plan) -> Self {
        let attempts: Vec<Attempt> = plan
            .attempts
            .iter()
            .map(|attempt| Attempt::new(engine, request, attempt))
            .collect();
        let warnings = plan.warnings.iter();
        let warnings = warnings.map(|w| code(engine, w.rule)).collect();
        let retry = plan.retry.and_then(|rule| engine.policy().rule(rule));
        Self {
            warnings,
            dropped: plan
                .dropped
                .iter()
                .map(|dropped| (dropped.fallback, code(engine, dropped.rule)))
                .collect(),
            retry: retry.and_then(|rule| retry_of(&rule.kind)),
            attempts,
        }
    }
}

/// What a retry rule says.
pub(super) fn retry_of(kind: &RuleKind) -> Option<Retry> {
    if let RuleKind::Retry {
        on,
        times,
        after_ms,
        ..
    } = kind
    {
        Some((on.clone(), *times, *after_ms))
    } else {
        None
    }
}

impl Attempt {
    fn new(engine: &Engine, request: &Request, attempt: &judgement::Attempt) -> Self {
        let (catalog, policy) = (engine.catalog(), engine.policy());
        let mut sets = Vec::new();
        for rule in &attempt.sets {
            if let Some(RuleKind::Set { field, value, .. }) = policy.rule(*rule).map(|r| &r.kind) {
                sets.push((field.clone(), value.clone()));
            }
        }
        let limit = attempt.limit.and_then(|rule| {
            if let RuleKind::Limit {
                requests, window_s, ..
            } = policy.rule(rule)?.kind
            {
                Some((requests, window_s))
            } else {
                None
            }
        });
        let fallback = attempt.fallback.and_then(|at| request.fallbacks().get(at));
        let body = &fallback.unwrap_or(request.primary()).body;
        let tier = tier_set(&sets).or(body.service_tier.as_deref());
        let input = u64::try_from(body.input_tokens).unwrap_or(0);
        let (route, at) = (attempt.route.route(), request.at());
        Self {
            route,
            fallback: attempt.fallback,
            price: catalog.price(route, at, input, tier).value,
            places: [
                catalog.processing(route, at).value,
                catalog.storage(route, at).value,
            ],
            sets,
            limit,
        }
    }
}

/// The service tier that a rule asks for.
fn tier_set(sets: &[(SetField, Value)]) -> Option<&str> {
    let tier = SetField::Known(BodyField::ServiceTier);
    sets.iter().rev().find_map(|(field, value)| match value {
        Value::Text(text) if *field == tier => Some(&**text),
        Value::Text(_)
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Decimal(_)
        | Value::Instant(_)
        | Value::Model(_)
        | Value::Maker(_)
        | Value::Provider(_)
        | Value::Endpoint(_)
        | Value::Region(_)
        | Value::Places(_)
        | Value::UnknownPlace
        | Value::Retention(_)
        | Value::Row(..)
        | Value::Set(_) => None,
    })
}
