//! A decision read: attempts in order with what goes with each, warnings, dropped fallbacks.
//!
//! Everything is walked when it is asked for, and nothing allocates, unless the interpreter had
//! to decide.

#![expect(
    clippy::inline_always,
    reason = "a view handed over in memory costs more than reading it"
)]

mod attempt;

use std::borrow::Cow;

use attempt::Kind;
pub use attempt::{Attempt, Attempts};

use super::Compiled;
use super::flat::{At, NO_STATE};
use super::panel::{Ending, NO_ENDING, What};
use super::site::RouteFacts;
use super::walk::{Came, Ground};
use crate::catalog::{Catalog, Price, Route};
use crate::decision::{Decision, Fate, Outcome, Snapshot};
use crate::judgement::{self, Dropped, Judgement, Warning};
use crate::policy::{RuleId, RuleKind};
use crate::request::{Call, Fallbacks, Fields};

/// A decision with the engine and the request that it is of.
#[derive(Debug)]
pub struct View<'a> {
    pub(crate) ground: Ground<'a>,
    pub(crate) call: Held<'a>,
    pub(crate) fallbacks: Fallbacks<'a>,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) told: Told<'a>,
}

/// The first attempt of a decision, and how much there is to know beside it: what a gateway needs
/// to send the call. The rest of a plan is a `View`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct First<'a> {
    /// Where.
    pub route: Route,
    /// The URL to call; borrowed where it does not hold the model's id.
    pub url: Cow<'a, str>,
    /// The bucket that usage is counted in.
    pub usage_region: &'a str,
    /// The price, in the service tier that will be asked for after every `set`.
    pub price: Price,
    /// How many warnings the decision has.
    pub warnings: usize,
}

/// Who decided.
#[derive(Debug)]
pub(crate) enum Told<'a> {
    /// A panel, which also says which route is the first.
    Seen(Seen<'a>),
    /// A panel or walks.
    Walked(Decision),
    /// The interpreter, which found this.
    Judged(Decision, Judgement),
}

/// What a panel said of a request that is routed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    facts: RouteFacts<'a>,
    ending: &'a Ending,
    subject: u32,
    /// The ending's cell.
    at: u32,
}

/// The call of a view.
#[derive(Debug)]
pub(crate) enum Held<'a> {
    Borrowed(&'a Call<'a>),
    Owned(Call<'a>),
}

impl<'a> Seen<'a> {
    /// What the panel said, where that is all that there is to a route.
    #[inline(always)]
    pub(crate) fn new(ground: Ground<'a>, decision: &Decision) -> Option<Self> {
        let compiled = ground.compiled;
        let fate = decision.fate;
        let ending = compiled.panel.ending(fate.ending)?;
        match ending.what {
            What::Survives | What::Uncounted => {}
            What::Refused | What::Locked => return None,
        }
        let record = compiled.table.record(fate.subject)?;
        Some(Self {
            facts: compiled.sold.facts(&record.sale, ending.route)?,
            ending,
            subject: fate.subject,
            at: fate.ending,
        })
    }
}

impl View<'_> {
    #[inline(always)]
    fn call(&self) -> &Call<'_> {
        match &self.call {
            Held::Borrowed(call) => call,
            Held::Owned(call) => call,
        }
    }

    fn fate(&self) -> Fate {
        match &self.told {
            Told::Seen(seen) => Fate {
                subject: seen.subject,
                verdict: self.ground.compiled.panel.verdict(seen.at),
                ending: NO_ENDING,
            },
            Told::Walked(decision) | Told::Judged(decision, _) => decision.fate,
        }
    }

    fn outcome(&self) -> Outcome {
        match &self.told {
            Told::Seen(_) => Outcome::Route,
            Told::Walked(decision) | Told::Judged(decision, _) => decision.outcome,
        }
    }

    fn judged(&self) -> Option<&Judgement> {
        match &self.told {
            Told::Seen(_) | Told::Walked(_) => None,
            Told::Judged(_, judged) => Some(judged),
        }
    }

    /// The fields of the primary, or of a fallback, for as long as `read` looks at them.
    #[inline(always)]
    fn fields<R>(&self, fallback: Option<usize>, read: impl FnOnce(&Fields<'_>) -> R) -> Option<R> {
        match fallback {
            None => Some(read(&self.call().body)),
            Some(position) => Some(read(&self.fallbacks.fields(position)?)),
        }
    }

    /// The attempts, in order.
    #[inline(always)]
    pub fn attempts(&self) -> Attempts<'_> {
        Attempts {
            view: self,
            source: 0,
            index: 0,
            current: None,
        }
    }

    /// The first attempt: where to call now.
    #[inline(always)]
    pub fn first(&self) -> Option<Attempt<'_>> {
        match &self.told {
            Told::Seen(seen) => Some(Attempt {
                view: self,
                index: 0,
                fallback: None,
                kind: Kind::Seen(seen),
            }),
            Told::Walked(_) | Told::Judged(..) => self.attempts().next(),
        }
    }

    /// The first attempt and how much there is beside it, for longer than the view: these are
    /// what it was made over.
    pub(crate) fn lead<'e>(
        &self,
        compiled: &'e Compiled,
        catalog: &'e Catalog,
    ) -> Option<First<'e>> {
        let attempt = self.first()?;
        let route = attempt.route();
        let site = attempt
            .facts()
            .and_then(|facts| compiled.sold.site(facts.at));
        let url = site.and_then(|site| site.url.as_deref());
        let region = catalog.offering(route.offering).map(|o| o.region);
        let region = region.and_then(|region| catalog.region(region));
        Some(First {
            route,
            url: url.map_or_else(|| Cow::Owned(catalog.url(route)), Cow::Borrowed),
            usage_region: region.map_or("", |region| &region.usage),
            price: attempt.price(),
            warnings: self.warnings().count(),
        })
    }

    /// What the caller should know, in the order of attempts and rules.
    #[inline(always)]
    pub fn warnings(&self) -> Warnings<'_> {
        Warnings {
            attempts: self.attempts(),
            current: None,
            effect: 0,
            index: 0,
        }
    }

    /// The fallbacks that did not make it.
    pub fn dropped(&self) -> impl Iterator<Item = Dropped> {
        let judged = self.judged().map(dropped_of);
        let judged = judged.into_iter().flatten().cloned();
        let told = match self.outcome() {
            Outcome::Route => true,
            Outcome::Refuse(refusal) => refusal.retryable,
        };
        let sent = self.fallbacks.count();
        let walked = told && self.judged().is_none();
        let positions = 0..if walked { sent + 1 } else { 0 };
        judged.chain(positions.filter_map(move |position| self.drop_of(position, sent)))
    }

    fn drop_of(&self, position: usize, sent: usize) -> Option<Dropped> {
        let beyond = || {
            Some(Dropped {
                fallback: position,
                rule: self.ground.compiled.rules.beyond_depth?,
                route: None,
            })
        };
        if position == sent {
            // Entries past those that anybody looks at: one word for all of them.
            let count = usize::try_from(self.call().sent()).unwrap_or(0);
            return if count > sent { beyond() } else { None };
        }
        if position >= self.ground.depth(self.call(), sent) {
            return beyond();
        }
        let fields = self.fallbacks.fields(position)?;
        let standing = self.ground.standing(self.call(), &fields, false)?;
        let verdict = self.ground.verdict(standing.fate)?;
        match self.ground.came(self.call(), &fields, &standing, verdict) {
            Came::Never(rule, route) | Came::NotNow(rule, route) => Some(Dropped {
                fallback: position,
                rule,
                route,
            }),
            Came::Routes(_) | Came::Unbuilt => None,
        }
    }

    /// The retry rule that holds.
    pub fn retry(&self) -> Option<RuleId> {
        match self.outcome() {
            Outcome::Route => {}
            Outcome::Refuse(_) => return None,
        }
        if let Some(judged) = self.judged() {
            return match &judged.outcome {
                judgement::Outcome::Route(plan) => plan.retry,
                judgement::Outcome::Refuse(_) => None,
            };
        }
        let standing = self.ground.at(self.call(), self.fate().subject)?;
        let retries = &standing.end.retries;
        if retries.is_empty() {
            return None;
        }
        let body = &self.call().body;
        let reading = self.ground.reading(self.call(), body, standing.slots);
        let mut with_fallback = None;
        let holds = |(id, root): &&(RuleId, At)| {
            let alone = match self.ground.policy.rule(*id).map(|r| &r.kind) {
                Some(RuleKind::Retry {
                    without_fallbacks, ..
                }) => *without_fallbacks,
                _ => false,
            };
            if alone {
                let found = *with_fallback.get_or_insert_with(|| {
                    self.attempts().any(|attempt| attempt.fallback.is_some())
                });
                if found {
                    return false;
                }
            }
            self.ground.compiled.flat.walk(*root, &reading, &NO_STATE) == 1
        };
        retries.iter().find(holds).map(|(id, _)| *id)
    }

    /// The same, spelled out as the interpreter does. Other reasons of a refusal and the instant
    /// until which a plan is valid are only the interpreter's to tell.
    pub fn to_judgement(&self) -> Judgement {
        let dropped = self.dropped().collect();
        let outcome = match self.outcome() {
            Outcome::Refuse(refusal) => judgement::Outcome::Refuse(judgement::Refusal {
                rule: refusal.rule,
                fallback: refusal.fallback,
                route: refusal.route,
                also: Vec::new(),
                retryable: refusal.retryable,
                retry_after_s: refusal.retry_after_s,
                dropped,
            }),
            Outcome::Route => judgement::Outcome::Route(judgement::Plan {
                attempts: self.attempts().map(|attempt| attempt.spelled()).collect(),
                dropped,
                retry: self.retry(),
                warnings: self.warnings().collect(),
                valid_until: None,
            }),
        };
        Judgement {
            snapshot: *self.snapshot,
            at: self.call().at,
            outcome,
        }
    }
}

fn dropped_of(judged: &Judgement) -> &[Dropped] {
    match &judged.outcome {
        judgement::Outcome::Route(plan) => &plan.dropped,
        judgement::Outcome::Refuse(refusal) => &refusal.dropped,
    }
}

impl Warnings<'_> {
    /// How many are left, one by one.
    #[inline(never)]
    fn each(self) -> usize {
        self.fold(0, |count, _| count + 1)
    }
}

/// The warnings of a decision.
#[derive(Debug, Clone)]
pub struct Warnings<'v> {
    attempts: Attempts<'v>,
    current: Option<Attempt<'v>>,
    effect: usize,
    index: usize,
}

impl Iterator for Warnings<'_> {
    type Item = Warning;

    #[inline(always)]
    fn count(self) -> usize {
        let view = self.attempts.view;
        let untouched = self.index == 0 && self.effect == 0 && self.current.is_none();
        match &view.told {
            Told::Seen(seen) if untouched && seen.ending.what == What::Survives => {
                usize::from(seen.ending.warnings)
            }
            Told::Seen(_) | Told::Walked(_) | Told::Judged(..) => self.each(),
        }
    }

    fn next(&mut self) -> Option<Warning> {
        let view = self.attempts.view;
        if let Some(judged) = view.judged() {
            let judgement::Outcome::Route(plan) = &judged.outcome else {
                return None;
            };
            self.index += 1;
            return plan.warnings.get(self.index - 1).copied();
        }
        loop {
            if let Some(attempt) = &self.current {
                let effects = attempt.effects();
                while let Some(effect) = effects.get(self.effect) {
                    self.effect += 1;
                    if attempt.warned(effect) {
                        let warnings = &view.ground.compiled.rules.warnings;
                        let warns = warnings.get(effect.rule.0 as usize);
                        let of_route = warns.and_then(Option::as_ref).is_some_and(|w| w.of_route);
                        return Some(Warning {
                            rule: effect.rule,
                            attempt: attempt.index,
                            of_route,
                        });
                    }
                }
            }
            self.current = Some(self.attempts.next()?);
            self.effect = 0;
        }
    }
}
