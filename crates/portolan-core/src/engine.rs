//! Catalog and policy, compiled: what a host keeps, shares and asks.
//!
//! `compile` reads and checks, `Engine::request` accepts, `Engine::decide` walks the compiled form,
//! `Engine::view` reads a decision; `answer` and `trace` put it into words, by the interpreter.

#![expect(
    clippy::inline_always,
    reason = "a decision handed over in memory costs more than making it"
)]

mod accept;
mod compilation;
mod look;
mod first;

use std::collections::BTreeMap;

pub use compilation::{Compilation, Documents, Study, compile, read, study};
pub use look::About;

use crate::answer::{Answer, Trace};
use crate::catalog::{Catalog, Route};
use crate::decision::{Decision, Fate, Outcome, Refusal, Snapshot};
use crate::diagram::survey::pair::{Coding, Obstacle, Slice};
use crate::diagram::survey::{self, Inconclusive, Survey, Topic};
use crate::diagram::{Compiled, Extent, Ground, Held, Seen, Told, View};
use crate::explain;
use crate::instant::Instant;
use crate::judgement::{self, Judgement};
use crate::policy::{Condition, Policy, Rule, RuleId, RuleKind, Slot, Verdict};
use crate::reference::{self, Case};
use crate::request::{Call, Caller, Draft, Fallbacks, Request, RequestErrors, State};
use crate::source::Sources;

/// Calls of a batch whose models are fetched together.
const FETCHED: usize = 16;

/// A compiled policy over a catalog. Immutable, `Send + Sync`, cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Engine {
    catalog: Catalog,
    policy: Policy,
    compiled: Compiled,
    snapshot: Snapshot,
    /// The stamp of callers whose calls one look may tell all of; nobody's, where this policy asks
    /// more of each.
    at_once: u64,
    sources: Sources,
    /// By rule.
    verdicts: Box<[Option<Verdict>]>,
}

impl Engine {
    /// The status and code of a rule that refuses, or that takes candidates or attempts away: as
    /// `RuleKind::verdict` has it, out of a list, for whoever reads it of every refusal.
    #[inline]
    pub fn verdict(&self, rule: RuleId) -> Option<&Verdict> {
        self.verdicts.get(rule.0 as usize)?.as_ref()
    }

    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The content hash of catalog and policy.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot
    }

    /// The files it was compiled from.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// How much of the policy is compiled into diagrams. The rest is decided by the interpreter,
    /// which is slower and allocates; the answers are the same.
    pub fn extent(&self) -> Extent {
        self.compiled.extent()
    }

    /// Accepts a draft.
    ///
    /// # Errors
    /// Everything in it that this policy does not declare.
    pub fn request(&self, draft: Draft) -> Result<Request, RequestErrors> {
        let stamp = self.snapshot.stamp();
        accept::accept(&self.catalog, &self.policy, &self.compiled, stamp, draft)
    }

    /// Accepts who calls: an endpoint, the default one where none is named, and attributes by
    /// name. What is accepted serves any number of calls.
    ///
    /// # Errors
    /// Everything in it that this policy does not declare.
    pub fn caller(
        &self,
        endpoint: Option<&str>,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Caller, RequestErrors> {
        accept::caller(
            &self.catalog,
            &self.policy,
            &self.compiled,
            self.snapshot.stamp(),
            endpoint,
            attributes,
        )
    }

    /// A call as a request, to be put into words.
    pub fn own(&self, call: &Call<'_>) -> Request {
        accept::own(&self.catalog, &self.policy, call)
    }

    /// Decides. Total: every request that was accepted gets a decision.
    pub fn decide(&self, request: &Request, state: &State) -> Decision {
        if request.caller.stamp != self.snapshot.stamp() {
            return self.foreign(request.at);
        }
        let call = request.call();
        let ground = self.ground(state);
        if request.fallbacks.is_empty()
            && let Some(glance) = ground.glance(&call)
            && let Some(decision) = ground.decided(self.snapshot, call.at, &glance)
        {
            return decision;
        }
        let fallbacks = Fallbacks::Owned(&request.fallbacks);
        match ground.decide(self.snapshot, &call, fallbacks) {
            Some(decision) => decision,
            None => Self::interpreted(&self.judge(request, state)),
        }
    }

    /// Decides a call that was never a request.
    #[inline(always)]
    pub fn decide_call(&self, call: &Call<'_>, state: &State) -> Decision {
        let ground = self.ground(state);
        if call.caller.stamp == self.at_once
            && let Some(glance) = ground.sight(call)
            && let Some(decision) = ground.decided(self.snapshot, call.at, &glance)
        {
            return decision;
        }
        self.walked(*call, state)
    }

    /// Decides a call where one look is not enough. Takes a copy, which nobody makes before: what
    /// is handed over by reference has to be written down where one look is enough, too.
    #[inline(never)]
    fn walked(&self, call: Call<'_>, state: &State) -> Decision {
        let call = &call;
        if call.caller.stamp != self.snapshot.stamp() {
            return self.foreign(call.at);
        }
        let ground = self.ground(state);
        if let Some(glance) = ground.glance(call)
            && let Some(decision) = ground.decided(self.snapshot, call.at, &glance)
        {
            return decision;
        }
        let fallbacks = Fallbacks::Borrowed(call.fallbacks);
        match ground.decide(self.snapshot, call, fallbacks) {
            Some(decision) => decision,
            None => self.interpreted_call(call, state),
        }
    }

    /// Decides call after call in one state, into `decisions`, which is emptied first. The same
    /// as one by one. The models of the next few calls are fetched together, which pays where
    /// other programs keep the caches busy, and costs a quarter more where they do not.
    pub fn decide_batch(&self, calls: &[Call<'_>], state: &State, decisions: &mut Vec<Decision>) {
        decisions.clear();
        decisions.reserve(calls.len());
        for few in calls.chunks(FETCHED) {
            self.ground(state).fetch(few);
            decisions.extend(few.iter().map(|call| self.decide_call(call, state)));
        }
    }

    /// The decision on a request, to be read. It must be this request's; one of another engine,
    /// as after a reload, is made again.
    pub fn view<'a>(
        &'a self,
        request: &'a Request,
        state: &'a State,
        decision: &Decision,
    ) -> View<'a> {
        let held = || Held::Owned(request.call());
        let fallbacks = Fallbacks::Owned(&request.fallbacks);
        self.seen(request.at(), held, fallbacks, state, decision)
            .unwrap_or_else(|| {
                let own = self.owns(decision, request.at());
                let decision = if own {
                    *decision
                } else {
                    self.decide(request, state)
                };
                let told = if decision.fate == Fate::INTERPRETED {
                    Told::Judged(decision, self.judge(request, state))
                } else {
                    Told::Walked(decision)
                };
                self.told(held(), fallbacks, state, told)
            })
    }

    /// The decision on a call, to be read. It must be this call's; one of another engine, as
    /// after a reload, is made again.
    #[inline(always)]
    pub fn view_call<'a>(
        &'a self,
        call: &'a Call<'a>,
        state: &'a State,
        decision: &Decision,
    ) -> View<'a> {
        let held = || Held::Borrowed(call);
        let fallbacks = Fallbacks::Borrowed(call.fallbacks);
        match self.seen(call.at, held, fallbacks, state, decision) {
            Some(view) => view,
            None => self.viewed(call, state, decision),
        }
    }

    /// The view of a decision that no panel made, or another engine.
    #[inline(never)]
    fn viewed<'a>(&'a self, call: &'a Call<'a>, state: &'a State, decision: &Decision) -> View<'a> {
        let own = self.owns(decision, call.at);
        let decision = if own {
            *decision
        } else {
            self.decide_call(call, state)
        };
        let told = if decision.fate == Fate::INTERPRETED {
            Told::Judged(decision, self.judge(&self.own(call), state))
        } else {
            Told::Walked(decision)
        };
        let fallbacks = Fallbacks::Borrowed(call.fallbacks);
        self.told(Held::Borrowed(call), fallbacks, state, told)
    }

    /// The view of a decision that a panel made, all of it.
    #[inline(always)]
    fn seen<'a>(
        &'a self,
        at: Instant,
        held: impl FnOnce() -> Held<'a>,
        fallbacks: Fallbacks<'a>,
        state: &'a State,
        decision: &Decision,
    ) -> Option<View<'a>> {
        if !self.owns(decision, at) {
            return None;
        }
        let seen = Seen::new(self.ground(state), decision)?;
        Some(self.told(held(), fallbacks, state, Told::Seen(seen)))
    }

    #[inline(always)]
    fn told<'a>(
        &'a self,
        call: Held<'a>,
        fallbacks: Fallbacks<'a>,
        state: &'a State,
        told: Told<'a>,
    ) -> View<'a> {
        View {
            ground: self.ground(state),
            call,
            fallbacks,
            snapshot: &self.snapshot,
            told,
        }
    }

    /// Says whether a decision is this engine's, for this instant: that of another engine is made
    /// again.
    #[inline(always)]
    fn owns(&self, decision: &Decision, at: Instant) -> bool {
        decision.snapshot == self.snapshot && decision.at == at
    }

    #[inline(always)]
    fn ground<'a>(&'a self, state: &'a State) -> Ground<'a> {
        Ground {
            compiled: &self.compiled,
            catalog: &self.catalog,
            policy: &self.policy,
            state,
        }
    }

    /// What another engine accepted is refused: its ids would be somebody else's here.
    #[cold]
    fn foreign(&self, at: Instant) -> Decision {
        let not_offered = |kind: &RuleKind| matches!(kind, RuleKind::NotOffered(_));
        let mut rules = self.policy.rules();
        let rule = rules.find(|(_, rule)| not_offered(&rule.kind));
        Decision {
            snapshot: self.snapshot,
            at,
            outcome: Outcome::Refuse(Refusal {
                rule: rule.map_or(RuleId(0), |(id, _)| id),
                fallback: None,
                route: None,
                retryable: false,
                retry_after_s: None,
            }),
            fate: Fate::FOREIGN,
        }
    }

    #[cold]
    fn interpreted_call(&self, call: &Call<'_>, state: &State) -> Decision {
        Self::interpreted(&self.judge(&self.own(call), state))
    }

    /// The short form of what the interpreter found.
    fn interpreted(judged: &Judgement) -> Decision {
        let outcome = match &judged.outcome {
            judgement::Outcome::Route(_) => Outcome::Route,
            judgement::Outcome::Refuse(refusal) => Outcome::Refuse(Refusal {
                rule: refusal.rule,
                fallback: refusal.fallback,
                route: refusal.route,
                retryable: refusal.retryable,
                retry_after_s: refusal.retry_after_s,
            }),
        };
        Decision {
            snapshot: judged.snapshot,
            at: judged.at,
            outcome,
            fate: Fate::INTERPRETED,
        }
    }

    /// Opens the policy to questions over all requests, which read these topics beside its rules.
    ///
    /// # Errors
    /// When the policy, or a topic, asks for more than a limit of `limits` allows.
    pub fn survey<R>(
        &self,
        topics: &[Topic<'_>],
        run: impl FnOnce(&mut Survey<'_>) -> R,
    ) -> Result<R, Inconclusive> {
        survey::survey(&self.catalog, &self.policy, topics, run)
    }

    /// Visits whatever this engine, the old one, and a new one say differently, slice by slice;
    /// returns what codes of requests mean.
    ///
    /// # Errors
    /// What stood in the way; what was visited is true, and not all.
    pub fn compare(
        &self,
        new: &Self,
        visit: &mut dyn FnMut(Slice<'_>),
    ) -> Result<Coding, Obstacle> {
        let sides = [self, new].map(|engine| (&engine.catalog, &engine.policy));
        let [old, new] = sides;
        survey::pair::compare(old, new, visit)
    }

    /// Judges by the reference interpreter: slower, in full, and right by definition.
    pub fn judge(&self, request: &Request, state: &State) -> Judgement {
        self.case(request, state).judgement()
    }

    /// Judges a request in full and puts what was found into words.
    pub fn answer(&self, request: &Request, state: &State) -> Answer {
        explain::answer(self.case(request, state), &self.sources)
    }

    /// Every rule's verdict on every effective request and candidate, with the values it read.
    pub fn trace(&self, request: &Request, state: &State) -> Trace {
        explain::trace(self.case(request, state), &self.sources)
    }

    /// What a slot of a help line names to a request's own body: ids of models that it could
    /// call instead, or the regions in which its model is sold.
    pub fn advised(&self, request: &Request, slot: Slot) -> Vec<String> {
        let state = State::default();
        let named = explain::advised(self.case(request, &state), slot);
        named.into_iter().map(str::to_owned).collect()
    }

    /// The candidates of a request's own body, in catalog order, whatever rules say to them.
    pub fn candidates(&self, request: &Request) -> Vec<Route> {
        let (horizon, state) = (std::cell::Cell::new(None), State::default());
        let case = self.case(request, &state);
        let candidates = case.candidates(&case.facts(&request.primary, &horizon));
        candidates
            .into_iter()
            .map(|candidate| candidate.route)
            .collect()
    }

    /// Says whether a condition is true of an effective request, that of a fallback or of the
    /// body itself, and of a route where the condition reads one. By the interpreter.
    pub fn fulfils(
        &self,
        request: &Request,
        fallback: Option<usize>,
        route: Option<Route>,
        condition: &Condition,
    ) -> bool {
        let state = &State::default();
        let about = About {
            request,
            state,
            fallback,
            route,
        };
        self.truth(about, condition) == Some(true)
    }

    /// Says whether a lock applies to an effective request, that of a fallback or of the body
    /// itself, and a route does not meet it. By the interpreter. The lock need not be one of this
    /// policy's.
    pub fn breaks(
        &self,
        request: &Request,
        fallback: Option<usize>,
        route: Route,
        lock: &Rule,
    ) -> bool {
        let effective = match fallback {
            None => Some(&request.primary),
            Some(position) => request.fallbacks.get(position),
        };
        let (horizon, state) = (std::cell::Cell::new(None), State::default());
        effective.is_some_and(|effective| {
            let facts = self.case(request, &state).facts(effective, &horizon);
            reference::breaks(&facts, route, lock)
        })
    }

    fn case<'a>(&'a self, request: &'a Request, state: &'a State) -> Case<'a> {
        Case {
            catalog: &self.catalog,
            policy: &self.policy,
            snapshot: self.snapshot,
            request,
            state,
        }
    }
}
