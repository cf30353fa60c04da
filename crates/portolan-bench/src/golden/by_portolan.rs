//! The golden policy as Portolan decides it: compiled, and by the reference interpreter.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::ensure;
use portolan::core::decimal::Decimal;
use portolan::core::decision::Outcome;
use portolan::core::diagram::View;
use portolan::core::judgement;
use portolan::core::limits;
use portolan::core::policy::RuleId;
use portolan::core::request::{Call, Caller, ChainFields, Draft, Fields, State};
use portolan::{Engine, Instant};

use super::{Answer, Asked, Plan, Program};
use crate::job::Host;

/// The compiled form, asked with a borrowed call.
pub(super) struct Compiled {
    engine: Engine,
    /// By host, by whether the account pays, by whether it wants nothing kept.
    callers: Vec<Caller>,
    state: State,
}

impl Compiled {
    /// Accepts every caller there is.
    pub(super) fn load(engine: Engine) -> anyhow::Result<Self> {
        let extent = engine.extent();
        ensure!(
            extent.interpreted == 0,
            "not all of the golden policy is compiled: {extent:?}"
        );
        let mut callers = Vec::new();
        for host in [Host::Us, Host::Eu] {
            for paid in [false, true] {
                for zero_retention in [false, true] {
                    let attributes = attributes(paid, zero_retention);
                    callers.push(engine.caller(Some(host.name()), &attributes)?);
                }
            }
        }
        Ok(Self {
            engine,
            callers,
            state: State::default(),
        })
    }
}

fn attributes(paid: bool, zero_retention: bool) -> BTreeMap<String, String> {
    let account = if paid { "paid" } else { "free" };
    BTreeMap::from([
        ("account".to_owned(), account.to_owned()),
        ("zero_retention".to_owned(), zero_retention.to_string()),
    ])
}

impl Program for Compiled {
    fn answer<R>(&mut self, asked: &Asked, show: impl FnOnce(Answer<'_>) -> R) -> R {
        let host = usize::from(asked.host == Host::Eu);
        let caller = host << 2 | usize::from(asked.paid) << 1 | usize::from(asked.zero_retention);
        let at = Instant::from_unix_seconds(asked.at);
        let mut call = Call::new(&self.callers[caller], at, Fields::from(&asked.body));
        call.auth = asked.auth;
        call.auth_header = asked.auth_header.as_deref();
        call.chain = ChainFields::from(&asked.chain);
        if asked.fallbacks.is_empty() {
            return self.ask(&call, asked, show);
        }
        let mut kept = [Fields::default(); limits::FALLBACKS];
        let mut used = 0;
        for (place, body) in kept.iter_mut().zip(&asked.fallbacks) {
            *place = Fields::from(body);
            used += 1;
        }
        call.fallbacks = &kept[..used];
        self.ask(&call, asked, show)
    }
}

impl Compiled {
    fn ask<R>(&self, call: &Call<'_>, asked: &Asked, show: impl FnOnce(Answer<'_>) -> R) -> R {
        let decision = self.engine.decide_call(call, &self.state);
        match decision.outcome {
            Outcome::Refuse(refusal) => show(refused(&self.engine, refusal.rule, refusal.fallback)),
            Outcome::Route => {
                let view = self.engine.view_call(call, &self.state, &decision);
                show(routed(&view, asked))
            }
        }
    }
}

fn refused(engine: &Engine, rule: RuleId, fallback: Option<usize>) -> Answer<'_> {
    let rule = engine.policy().rule(rule);
    let says = rule.and_then(|rule| rule.kind.verdict());
    let (status, code) = says.map_or((0, ""), |says| (says.status, &*says.code));
    Answer::Refuse {
        status,
        code,
        fallback,
    }
}

fn routed<'v>(view: &'v View<'_>, asked: &Asked) -> Answer<'v> {
    let mut attempts = view.attempts();
    let Some(first) = attempts.next() else {
        return Answer::Refuse {
            status: 0,
            code: "",
            fallback: None,
        };
    };
    let price = first.price();
    let more = if asked.fallbacks.is_empty() {
        0
    } else {
        attempts.count()
    };
    Answer::Route(Plan {
        url: first.url(),
        usage_region: first.usage_region(),
        input: price.input.map(Decimal::billionths),
        output: price.output.map(Decimal::billionths),
        attempts: 1 + more,
        dropped: view.dropped().count(),
        warnings: view.warnings().count(),
        retries: view.retry().is_some(),
        limited: first.limit().is_some(),
    })
}

/// The reference interpreter, asked with a draft.
pub(super) struct Interpreted {
    engine: Engine,
    state: State,
}

impl Interpreted {
    /// Nothing to prepare.
    pub(super) fn load(engine: Engine) -> Self {
        let state = State::default();
        Self { engine, state }
    }
}

impl Program for Interpreted {
    fn answer<R>(&mut self, asked: &Asked, show: impl FnOnce(Answer<'_>) -> R) -> R {
        let at = Instant::from_unix_seconds(asked.at);
        let draft = Draft {
            endpoint: Some(asked.host.name().to_owned()),
            at,
            attributes: attributes(asked.paid, asked.zero_retention),
            auth: asked.auth,
            auth_header: asked.auth_header.clone(),
            body: asked.body.clone(),
            fallbacks: asked.fallbacks.clone(),
            chain: asked.chain.clone(),
        };
        let Ok(request) = self.engine.request(draft) else {
            return show(Answer::Refuse {
                status: 0,
                code: "",
                fallback: None,
            });
        };
        match self.engine.judge(&request, &self.state).outcome {
            judgement::Outcome::Refuse(refusal) => {
                show(refused(&self.engine, refusal.rule, refusal.fallback))
            }
            judgement::Outcome::Route(plan) => {
                show(self.spelled(asked, &plan).unwrap_or(Answer::Refuse {
                    status: 0,
                    code: "",
                    fallback: None,
                }))
            }
        }
    }
}

impl Interpreted {
    fn spelled<'a>(&'a self, asked: &Asked, plan: &judgement::Plan) -> Option<Answer<'a>> {
        let catalog = self.engine.catalog();
        let first = plan.attempts.first()?;
        let body = first
            .fallback
            .map_or(Some(&asked.body), |at| asked.fallbacks.get(at))?;
        let route = first.route.route();
        let at = Instant::from_unix_seconds(asked.at);
        let tokens = body.input_tokens.max(0).cast_unsigned();
        let price = catalog
            .price(route, at, tokens, body.service_tier.as_deref())
            .value;
        let offering = catalog.offering(route.offering)?;
        Some(Answer::Route(Plan {
            url: Cow::Owned(catalog.url(route)),
            usage_region: &catalog.region(offering.region)?.usage,
            input: price.input.map(Decimal::billionths),
            output: price.output.map(Decimal::billionths),
            attempts: plan.attempts.len(),
            dropped: plan.dropped.len(),
            warnings: plan.warnings.len(),
            retries: plan.retry.is_some(),
            limited: first.limit.is_some(),
        }))
    }
}
