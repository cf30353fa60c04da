//! A plan as it is carried out. The compiled form decides and its view tells attempts, warnings and
//! what goes with them; what a route is called is known since the first call that took it.
//!
//! Only the interpreter can tell until when a plan holds: it is asked where that matters. Refusals and
//! whatever else is told in words are its own.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one kind of rule is picked out of all of them"
)]

use std::sync::Arc;

use portolan_core::answer::{Limit, Outcome, SetValue, Timeouts};
use portolan_core::catalog::{Price, Route};
use portolan_core::decision;
use portolan_core::diagram::{self, View};
use portolan_core::engine::{About, Engine};
use portolan_core::instant::Instant;
use portolan_core::policy::{RuleId, RuleKind};
use portolan_core::request::{Request, State};
use portolan_wire::Sending;

use crate::gateway::Served;
use crate::log::Planned;
use crate::ways::Way;

/// Where to call, in which order, and what goes with it.
pub(crate) struct Plan<'a> {
    /// At least one.
    pub(crate) attempts: Vec<Attempt<'a>>,
    /// The retry of the last attempt.
    pub(crate) retry: Option<Retry<'a>>,
    /// Outcome classes that move on to the next attempt.
    pub(crate) advance: &'a [Box<str>],
    /// Time limits of one attempt.
    pub(crate) timeouts: Timeouts,
    /// Codes of what the caller should know, each with the attempt that it is about.
    warnings: Vec<(Option<usize>, String)>,
    engine: &'a Engine,
    request: &'a Request,
    state: State,
}

/// One call to make.
pub(crate) struct Attempt<'a> {
    /// Where.
    pub(crate) way: &'a Arc<Way>,
    /// The fallback's position in the request; `None` for the primary.
    pub(crate) fallback: Option<usize>,
    pub(crate) price: Price,
    /// Whether the answer is a stream, after every `set`.
    pub(crate) stream: bool,
    /// Body fields that the policy sets, in order.
    pub(crate) set: Vec<(String, SetValue)>,
    pub(crate) limit: Option<Limit>,
}

/// A retry of the last attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry<'a> {
    /// Outcome classes to retry on.
    pub(crate) on: &'a [Box<str>],
    /// How often.
    pub(crate) times: i64,
    /// After so many milliseconds.
    pub(crate) after_ms: i64,
}

impl<'a> Plan<'a> {
    /// The plan for a request, by what is known now.
    ///
    /// # Errors
    /// It is refused, by what was known.
    pub(crate) fn of(
        served: &'a Served,
        request: &'a Request,
        state: State,
    ) -> Result<Self, State> {
        let engine = &served.engine;
        let decision = engine.decide(request, &state);
        match decision.outcome {
            decision::Outcome::Route => {}
            decision::Outcome::Refuse(_) => return Err(state),
        }
        let view = engine.view(request, &state, &decision);
        let read = Reading {
            engine,
            request,
            state: &state,
        };
        let attempts = view.attempts();
        let attempts = attempts.filter_map(|attempt| read.attempt(served, &attempt));
        let attempts: Vec<Attempt<'a>> = attempts.collect();
        let policy = engine.policy();
        let retry = view.retry().and_then(|rule| retry(engine, rule));
        let warnings = read.warnings(&view, &attempts);
        drop(view);
        Ok(Self {
            attempts,
            retry,
            advance: &policy.advance,
            timeouts: policy.timeouts,
            warnings,
            engine,
            request,
            state,
        })
    }

    /// Its attempts, as the log has them.
    pub(crate) fn planned(&self) -> Vec<Planned> {
        let attempts = self.attempts.iter();
        attempts.map(|a| Planned(Arc::clone(a.way))).collect()
    }

    /// The codes of the warnings that an attempt is about, and of those about the request.
    pub(crate) fn warned(&self, attempt: usize) -> Vec<String> {
        let warnings = self.warnings.iter();
        let meant = warnings.filter(|(of, _)| of.is_none_or(|of| of == attempt));
        let mut codes: Vec<String> = meant.map(|(_, code)| code.clone()).collect();
        codes.dedup();
        codes
    }

    /// Whether what it was made of has changed by now.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        if now <= self.request.at() {
            return false;
        }
        match self.engine.answer(self.request, &self.state).outcome {
            Outcome::Route(plan) => plan.valid_until.is_some_and(|until| now >= until),
            Outcome::Refuse(_) => true,
        }
    }
}

impl Attempt<'_> {
    /// What it makes of a body.
    pub(crate) fn sending(&self) -> Sending<'_> {
        Sending {
            fallback: self.fallback,
            upstream_id: &self.way.upstream_id,
            set: &self.set,
            executes: &self.way.executes,
        }
    }
}

/// One request, whose decision is read.
struct Reading<'a> {
    engine: &'a Engine,
    request: &'a Request,
    state: &'a State,
}

impl Reading<'_> {
    fn attempt<'a>(
        &self,
        served: &'a Served,
        attempt: &diagram::Attempt<'_>,
    ) -> Option<Attempt<'a>> {
        let (route, fallback) = (attempt.route(), attempt.fallback());
        let own = match fallback {
            None => Some(self.request.primary()),
            Some(position) => self.request.fallbacks().get(position),
        };
        let set = attempt.sets().filter_map(|id| self.engine.set(id));
        let set: Vec<(String, SetValue)> = set.collect();
        let streams = set.iter().rev().find(|(name, _)| name == "stream");
        let stream = match streams {
            Some((_, value)) => *value == SetValue::Bool(true),
            None => own.is_some_and(|own| own.body.stream),
        };
        Some(Attempt {
            way: served.way(route)?,
            fallback,
            price: attempt.price(),
            stream,
            set,
            limit: attempt
                .limit()
                .and_then(|id| self.limit(id, route, fallback)),
        })
    }

    fn limit(&self, id: RuleId, route: Route, fallback: Option<usize>) -> Option<Limit> {
        let RuleKind::Limit {
            requests,
            window_s,
            key,
        } = &self.engine.policy().rule(id)?.kind
        else {
            return None;
        };
        let about = About {
            request: self.request,
            state: self.state,
            fallback,
            route: Some(route),
        };
        Some(Limit {
            requests: *requests,
            window_s: *window_s,
            key: self.engine.value(about, key).unwrap_or_default(),
        })
    }

    fn warnings(&self, view: &View<'_>, attempts: &[Attempt<'_>]) -> Vec<(Option<usize>, String)> {
        let mut codes: Vec<(Option<usize>, String)> = Vec::new();
        for warning in view.warnings() {
            let Some(rule) = self.engine.policy().rule(warning.rule) else {
                continue;
            };
            let code = rule.kind.code();
            // Whether two of a code say the same is known once they are put into words.
            if !warning.of_route && codes.iter().any(|(_, told)| told == code) {
                return self.worded();
            }
            let fallback = attempts.get(warning.attempt).and_then(|a| a.fallback);
            let of_attempt = warning.of_route || fallback.is_some();
            codes.push((of_attempt.then_some(warning.attempt), code.to_owned()));
        }
        let dropped = view
            .dropped()
            .map(|_| (None, "fallback-dropped".to_owned()));
        codes.extend(dropped);
        codes
    }

    /// The same by the interpreter.
    fn worded(&self) -> Vec<(Option<usize>, String)> {
        match self.engine.answer(self.request, self.state).outcome {
            Outcome::Route(plan) => {
                let warnings = plan.warnings.into_iter();
                warnings.map(|w| (w.attempt, w.code)).collect()
            }
            Outcome::Refuse(_) => Vec::new(),
        }
    }
}

fn retry(engine: &Engine, rule: RuleId) -> Option<Retry<'_>> {
    match &engine.policy().rule(rule)?.kind {
        RuleKind::Retry {
            on,
            times,
            after_ms,
            ..
        } => Some(Retry {
            on,
            times: *times,
            after_ms: *after_ms,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
