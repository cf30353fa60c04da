//! A decision read: attempts in order with what goes with each, warnings, dropped fallbacks.
//!
//! Everything is walked when it is asked for, and nothing allocates, unless the interpreter had
//! to decide.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one kind of rule is picked out of all of them"
)]

use std::borrow::Cow;

use super::build::Verdict;
use super::flat::{At, NO_STATE};
use super::walk::{Came, Ground, Standing};
use super::{Does, Effect, RouteFacts, Warns};
use crate::catalog::{Price, Route};
use crate::decision::{Decision, Outcome};
use crate::judgement::{self, Dropped, Judgement, Warning};
use crate::policy::{BodyField, RuleId, RuleKind, SetField, Value};
use crate::reference::Cleared;
use crate::request::{Call, Fallbacks, Fields};

/// A decision with the engine and the request that it is of.
#[derive(Debug)]
pub struct View<'a> {
    pub(crate) ground: Ground<'a>,
    pub(crate) call: Held<'a>,
    pub(crate) fallbacks: Fallbacks<'a>,
    pub(crate) decision: Decision,
    /// What the interpreter found, where it decided.
    pub(crate) judged: Option<Judgement>,
    /// The primary's only route, where nothing is known about now.
    lone: Option<Lone<'a>>,
}

/// A primary's only route.
#[derive(Debug, Clone, Copy)]
struct Lone<'a> {
    facts: &'a RouteFacts,
    slots: &'a [i64],
    effects: &'a [Effect],
}

/// The call of a view.
#[derive(Debug)]
pub(crate) enum Held<'a> {
    Borrowed(&'a Call<'a>),
    Owned(Call<'a>),
}

impl<'a> View<'a> {
    /// A decision to be read.
    #[inline]
    pub(crate) fn new(
        ground: Ground<'a>,
        call: Held<'a>,
        fallbacks: Fallbacks<'a>,
        decision: &Decision,
        judged: Option<Judgement>,
    ) -> Self {
        let mut view = View {
            ground,
            call,
            fallbacks,
            decision: *decision,
            judged,
            lone: None,
        };
        view.lone = view.lone();
        view
    }

    /// No detour where the primary has one route and nothing is known about now.
    #[inline]
    fn lone(&self) -> Option<Lone<'a>> {
        let ground = self.ground;
        let fate = self.decision.fate;
        let Verdict::Survive(set) = ground.verdict(fate)? else {
            return None;
        };
        let [route] = **set else {
            return None;
        };
        if !ground.state.is_empty() || self.judged.is_some() {
            return None;
        }
        let standing = ground.at(self.call(), fate.subject)?;
        Some(Lone {
            facts: ground.route(&standing, route)?,
            slots: standing.slots,
            effects: standing.end.effects.get(usize::from(route))?,
        })
    }
}

impl View<'_> {
    #[inline]
    fn call(&self) -> &Call<'_> {
        match &self.call {
            Held::Borrowed(call) => call,
            Held::Owned(call) => call,
        }
    }

    /// The fields of the primary, or of a fallback, for as long as `read` looks at them.
    #[inline]
    fn fields<R>(&self, fallback: Option<usize>, read: impl FnOnce(&Fields<'_>) -> R) -> Option<R> {
        match fallback {
            None => Some(read(&self.call().body)),
            Some(position) => Some(read(&self.fallbacks.fields(position)?)),
        }
    }

    /// The attempts, in order.
    #[inline]
    pub fn attempts(&self) -> Attempts<'_> {
        Attempts {
            view: self,
            source: 0,
            index: 0,
            current: None,
        }
    }

    /// The first attempt: where to call now.
    #[inline]
    pub fn first(&self) -> Option<Attempt<'_>> {
        match &self.lone {
            Some(lone) => Some(Attempt {
                view: self,
                index: 0,
                fallback: None,
                kind: Kind::Walked {
                    facts: lone.facts,
                    slots: lone.slots,
                    effects: lone.effects,
                },
            }),
            None => self.attempts().next(),
        }
    }

    /// What the caller should know, in the order of attempts and rules.
    #[inline]
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
        let judged = self.judged.as_ref().map(dropped_of);
        let judged = judged.into_iter().flatten().cloned();
        let told = match self.decision.outcome {
            Outcome::Route => true,
            Outcome::Refuse(refusal) => refusal.retryable,
        };
        let sent = self.fallbacks.count();
        let walked = told && self.judged.is_none();
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
            let count = usize::try_from(self.call().chain.count).unwrap_or(0);
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
        match self.decision.outcome {
            Outcome::Route => {}
            Outcome::Refuse(_) => return None,
        }
        if let Some(judged) = &self.judged {
            return match &judged.outcome {
                judgement::Outcome::Route(plan) => plan.retry,
                judgement::Outcome::Refuse(_) => None,
            };
        }
        let standing = self.ground.at(self.call(), self.decision.fate.subject)?;
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
        let outcome = match self.decision.outcome {
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
            snapshot: self.decision.snapshot,
            at: self.decision.at,
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

/// The attempts of a decision, in order.
#[derive(Debug, Clone)]
pub struct Attempts<'v> {
    view: &'v View<'v>,
    /// The effective request looked at next: 0 is the primary.
    source: usize,
    /// Attempts so far.
    index: usize,
    current: Option<Current<'v>>,
}

/// One effective request whose routes are being listed.
#[derive(Debug, Clone)]
struct Current<'v> {
    fallback: Option<usize>,
    standing: Standing<'v>,
    survivors: &'v [u16],
    /// A lone survivor is its own order.
    only: Option<u16>,
    /// Positions of candidates, in order, that are left.
    order: &'v [u16],
    /// How many more may be listed.
    left: usize,
}

impl<'v> Iterator for Attempts<'v> {
    type Item = Attempt<'v>;

    fn next(&mut self) -> Option<Attempt<'v>> {
        if let Some(judged) = &self.view.judged {
            let judgement::Outcome::Route(plan) = &judged.outcome else {
                return None;
            };
            let attempt = plan.attempts.get(self.index)?;
            self.index += 1;
            return Some(Attempt {
                view: self.view,
                index: self.index - 1,
                fallback: attempt.fallback,
                kind: Kind::Judged(attempt),
            });
        }
        match self.view.decision.outcome {
            Outcome::Route => {}
            Outcome::Refuse(_) => return None,
        }
        loop {
            if let Some(current) = &mut self.current {
                if let Some(attempt) = current.next(self.view, self.index) {
                    self.index += 1;
                    return Some(attempt);
                }
                self.current = None;
            }
            self.current = Some(self.view.current(self.source)?);
            self.source += 1;
        }
    }
}

impl View<'_> {
    /// The routes of an effective request, the primary's first; `None` past the last.
    fn current(&self, source: usize) -> Option<Current<'_>> {
        let ground = self.ground;
        let call = self.call();
        let (fallback, standing) = match source.checked_sub(1) {
            None => {
                let mut standing = ground.at(call, self.decision.fate.subject)?;
                standing.fate = self.decision.fate;
                (None, standing)
            }
            Some(position) => {
                if position >= ground.depth(call, self.fallbacks.count()) {
                    return None;
                }
                let fields = self.fallbacks.fields(position)?;
                (Some(position), ground.standing(call, &fields, false)?)
            }
        };
        let verdict = ground.verdict(standing.fate)?;
        let survivors = match verdict {
            Verdict::Survive(set) if ground.state.is_empty() => set,
            verdict => self.fields(fallback, |fields| {
                match ground.came(call, fields, &standing, verdict) {
                    Came::Routes(survivors) => survivors,
                    Came::Never(..) | Came::NotNow(..) | Came::Unbuilt => &[],
                }
            })?,
        };
        let (only, order) = match survivors {
            [] => (None, &[][..]),
            [only] => (Some(*only), &[][..]),
            _ => {
                let order = self.fields(fallback, |fields| {
                    let reading = ground.reading(call, fields, standing.slots);
                    let root = standing.end.order;
                    ground.compiled.flat.walk(root, &reading, &NO_STATE)
                })?;
                let order = ground.compiled.orders.get(order as usize);
                (None, order.map_or(&[][..], |order| order))
            }
        };
        Some(Current {
            fallback,
            standing,
            survivors,
            only,
            order,
            left: ground.policy.plan_at_most.unwrap_or(usize::MAX),
        })
    }
}

impl<'v> Current<'v> {
    fn next(&mut self, view: &'v View<'v>, index: usize) -> Option<Attempt<'v>> {
        if self.left == 0 {
            return None;
        }
        loop {
            let route = self.candidate()?;
            if self.survivors.len() > 1 && self.survivors.binary_search(&route).is_err() {
                continue;
            }
            if !view.ground.state.is_empty() && self.skipped(view, route) {
                continue;
            }
            self.left -= 1;
            let effects = self.standing.end.effects.get(usize::from(route));
            return Some(Attempt {
                view,
                index,
                fallback: self.fallback,
                kind: Kind::Walked {
                    facts: view.ground.route(&self.standing, route)?,
                    slots: self.standing.slots,
                    effects: effects.map_or(&[][..], |effects| effects),
                },
            });
        }
    }

    #[cold]
    fn skipped(&self, view: &View<'_>, route: u16) -> bool {
        let ground = view.ground;
        let skipped = view.fields(self.fallback, |fields| {
            let reading = ground.reading(view.call(), fields, self.standing.slots);
            let mut skips = ground.skips(&self.standing, route, &reading);
            skips.next().is_some()
        });
        skipped.unwrap_or(true)
    }

    /// The next candidate.
    fn candidate(&mut self) -> Option<u16> {
        if let Some(only) = self.only.take() {
            return Some(only);
        }
        let (first, rest) = self.order.split_first()?;
        self.order = rest;
        self.standing.end.routes.get(usize::from(*first)).copied()
    }
}

/// One attempt of a decision.
#[derive(Debug, Clone)]
pub struct Attempt<'v> {
    view: &'v View<'v>,
    index: usize,
    fallback: Option<usize>,
    kind: Kind<'v>,
}

#[derive(Debug, Clone)]
enum Kind<'v> {
    Walked {
        facts: &'v RouteFacts,
        slots: &'v [i64],
        effects: &'v [Effect],
    },
    Judged(&'v judgement::Attempt),
}

impl<'v> Attempt<'v> {
    /// Where.
    #[inline]
    pub fn route(&self) -> Route {
        match &self.kind {
            Kind::Walked { facts, .. } => facts.route,
            Kind::Judged(attempt) => attempt.route.route(),
        }
    }

    /// The fallback's position; `None` for the primary.
    pub fn fallback(&self) -> Option<usize> {
        self.fallback
    }

    /// The URL to call; borrowed where it does not hold the model's id.
    #[inline]
    pub fn url(&self) -> Cow<'v, str> {
        let url = match &self.kind {
            Kind::Walked { facts, .. } => {
                let urls = &self.view.ground.compiled.urls;
                urls.get(facts.url as usize).and_then(|url| url.as_deref())
            }
            Kind::Judged(_) => None,
        };
        match url {
            Some(url) => Cow::Borrowed(url),
            None => Cow::Owned(self.view.ground.catalog.url(self.route())),
        }
    }

    /// The bucket that usage is counted in.
    #[inline]
    pub fn usage_region(&self) -> &'v str {
        let ground = self.view.ground;
        let region = match &self.kind {
            Kind::Walked { facts, .. } => Some(facts.region),
            Kind::Judged(attempt) => {
                let offering = ground.catalog.offering(attempt.route.route().offering);
                offering.map(|offering| offering.region)
            }
        };
        let region = region.and_then(|region| ground.catalog.region(region));
        region.map_or("", |region| &region.usage)
    }

    /// The price, in the service tier that will be asked for after every `set`.
    #[inline]
    pub fn price(&self) -> Price {
        let ground = self.view.ground;
        let at = self.view.call().at;
        match &self.kind {
            Kind::Walked { facts, .. } => {
                let prices = &ground.compiled.prices;
                if let Some(price) = prices.plain(facts.price, at) {
                    return price;
                }
                let price = self.view.fields(self.fallback, |fields| {
                    let tier = self.tier().or(fields.rest.service_tier());
                    prices.get(facts.price, at, tier, fields.input_tokens)
                });
                price.unwrap_or_default()
            }
            Kind::Judged(_) => {
                let price = self.view.fields(self.fallback, |fields| {
                    let input = u64::try_from(fields.input_tokens).unwrap_or(0);
                    let tier = self.tier().or(fields.rest.service_tier());
                    ground.catalog.price(self.route(), at, input, tier).value
                });
                price.unwrap_or_default()
            }
        }
    }

    /// The service tier that a `set` asks for.
    fn tier(&self) -> Option<&'v str> {
        let ground = self.view.ground;
        if !ground.compiled.rules.sets_tier {
            return None;
        }
        self.sets()
            .find_map(|id| match &ground.policy.rule(id)?.kind {
                RuleKind::Set {
                    field: SetField::Known(BodyField::ServiceTier),
                    value: Value::Text(tier),
                    ..
                } => Some(&**tier),
                _ => None,
            })
    }

    /// The `set` rules that hold, one a field.
    pub fn sets(&self) -> impl Iterator<Item = RuleId> {
        let judged = match &self.kind {
            Kind::Judged(attempt) => attempt.sets.as_slice(),
            Kind::Walked { .. } => &[],
        };
        let walked = self.effects().iter().filter(|e| self.sets_first(e));
        judged.iter().copied().chain(walked.map(|e| e.rule))
    }

    /// The `limit` rule that holds.
    pub fn limit(&self) -> Option<RuleId> {
        match &self.kind {
            Kind::Judged(attempt) => attempt.limit,
            Kind::Walked { .. } => {
                let limits = self.effects().iter().filter(|e| e.does == Does::Limit);
                let mut holding = limits.filter(|e| self.holds(e.root));
                holding.next().map(|e| e.rule)
            }
        }
    }

    #[inline]
    fn holds(&self, root: At) -> bool {
        match &self.kind {
            Kind::Judged(_) => false,
            Kind::Walked { slots, .. } => {
                let ground = self.view.ground;
                let holds = self.view.fields(self.fallback, |fields| {
                    let reading = ground.reading(self.view.call(), fields, slots);
                    ground.compiled.flat.walk(root, &reading, &NO_STATE) == 1
                });
                holds == Some(true)
            }
        }
    }

    #[inline]
    fn effects(&self) -> &'v [Effect] {
        match &self.kind {
            Kind::Judged(_) => &[],
            Kind::Walked { effects, .. } => effects,
        }
    }

    /// Says whether an effect is a `set` that holds, and the first that does for its field.
    fn sets_first(&self, effect: &Effect) -> bool {
        let Does::Set { field, .. } = effect.does else {
            return false;
        };
        let same = |e: &&Effect| matches!(e.does, Does::Set { field: of, .. } if of == field);
        let earlier = self.effects().iter().take_while(|e| e.rule < effect.rule);
        let taken = earlier.filter(same).any(|e| self.holds(e.root));
        !taken && self.holds(effect.root)
    }

    /// Says whether an effect tells the caller something here, told before or not.
    #[inline]
    fn tells(&self, effect: &Effect) -> bool {
        match effect.does {
            Does::Set { noting, .. } => noting && self.sets_first(effect),
            Does::Warn => self.holds(effect.root),
            Does::Limit => false,
        }
    }

    /// Says whether a warning that holds here is told here: once a code and attempt; once in all
    /// where nothing in it differs from one attempt to the next.
    #[inline]
    fn warned(&self, effect: &Effect) -> bool {
        if !self.tells(effect) {
            return false;
        }
        let warnings = &self.view.ground.compiled.rules.warnings;
        match warnings.get(effect.rule.0 as usize) {
            Some(Some(warns)) => warns.alone() || self.told_first(effect.rule, warns),
            Some(None) | None => false,
        }
    }

    /// Rules of the same code, in order, as far as this one, which holds.
    #[cold]
    fn told_first(&self, rule: RuleId, warns: &Warns) -> bool {
        let same = |effect: &&Effect| warns.same_code.contains(&effect.rule);
        let before = || {
            let mut attempts = self.view.attempts().take(self.index);
            attempts.any(|attempt| {
                let mut told = attempt.effects().iter().filter(same);
                told.any(|e| attempt.tells(e))
            })
        };
        let warnings = &self.view.ground.compiled.rules.warnings;
        let mut told_here = false;
        let mut held = false;
        for effect in self.effects().iter().filter(same) {
            let known = warnings
                .get(effect.rule.0 as usize)
                .and_then(Option::as_ref);
            let of_attempt = known.is_none_or(|w| w.of_attempt);
            let tells = self.tells(effect);
            let told = tells
                && if of_attempt {
                    !told_here
                } else {
                    !held && !before()
                };
            if effect.rule == rule {
                return told;
            }
            told_here |= told;
            held |= tells;
        }
        false
    }

    fn spelled(&self) -> judgement::Attempt {
        match &self.kind {
            Kind::Judged(attempt) => (*attempt).clone(),
            Kind::Walked { facts, .. } => judgement::Attempt {
                route: Cleared::of_survivor(facts.route),
                fallback: self.fallback,
                sets: self.sets().collect(),
                limit: self.limit(),
            },
        }
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

    #[inline]
    fn count(self) -> usize {
        let view = self.attempts.view;
        let untouched = self.index == 0 && self.effect == 0 && self.current.is_none();
        match view.lone {
            Some(lone) if untouched && view.fallbacks.count() == 0 => {
                if lone.effects.is_empty() {
                    return 0;
                }
                let first = view.first();
                let told = |attempt: Attempt<'_>| {
                    lone.effects.iter().filter(|e| attempt.warned(e)).count()
                };
                first.map_or(0, told)
            }
            _ => self.fold(0, |count, _| count + 1),
        }
    }

    fn next(&mut self) -> Option<Warning> {
        let view = self.attempts.view;
        if let Some(judged) = &view.judged {
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
