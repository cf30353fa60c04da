//! The attempts of a decision, and what goes with each.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one kind of rule is picked out of all of them"
)]
#![expect(
    clippy::inline_always,
    reason = "a view handed over in memory costs more than reading it"
)]

use std::borrow::Cow;

use super::{Seen, View};
use crate::catalog::{Price, Route};
use crate::decision::Outcome;
use crate::diagram::flat::{At, NO_STATE};
use crate::diagram::site::{Prices, RouteFacts};
use crate::diagram::verdict::Verdict;
use crate::diagram::walk::{Came, Standing};
use crate::diagram::{Does, Effect, Warns};
use crate::judgement;
use crate::policy::{BodyField, RuleId, RuleKind, SetField, Value};
use crate::reference::Cleared;

/// The attempts of a decision, in order.
#[derive(Debug, Clone)]
pub struct Attempts<'v> {
    pub(super) view: &'v View<'v>,
    /// The effective request looked at next: 0 is the primary.
    pub(super) source: usize,
    /// Attempts so far.
    pub(super) index: usize,
    pub(super) current: Option<Current<'v>>,
}

/// One effective request whose routes are being listed.
#[derive(Debug, Clone)]
pub(super) struct Current<'v> {
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
        if let Some(judged) = self.view.judged() {
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
        match self.view.outcome() {
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
                let fate = self.fate();
                let mut standing = ground.at(call, fate.subject)?;
                standing.fate = fate;
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
            return Some(Attempt {
                view,
                index,
                fallback: self.fallback,
                kind: Kind::Walked(Walked {
                    facts: view.ground.facts(&self.standing, route)?,
                    shaping: Shaping::of(&self.standing, route),
                }),
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
    pub(super) view: &'v View<'v>,
    pub(super) index: usize,
    pub(super) fallback: Option<usize>,
    pub(super) kind: Kind<'v>,
}

#[derive(Debug, Clone)]
pub(super) enum Kind<'v> {
    /// By reference: what was written word by word is slow to copy.
    Seen(&'v Seen<'v>),
    Walked(Walked<'v>),
    Judged(&'v judgement::Attempt),
}

/// A route of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walked<'v> {
    pub(super) facts: RouteFacts<'v>,
    /// What shapes it.
    pub(super) shaping: Shaping<'v>,
}

/// What shapes an attempt: the rules that may, and the numbers that they ask for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shaping<'v> {
    slots: &'v [i64],
    effects: &'v [Effect],
}

impl<'v> Shaping<'v> {
    fn of(standing: &Standing<'v>, route: u16) -> Self {
        let effects = standing.end.effects.get(usize::from(route));
        Self {
            slots: standing.slots,
            effects: effects.map_or(&[][..], |effects| effects),
        }
    }
}

impl<'v> Attempt<'v> {
    /// Where.
    #[inline(always)]
    pub fn route(&self) -> Route {
        match &self.kind {
            Kind::Seen(seen) => seen.facts.route(),
            Kind::Walked(walked) => walked.facts.route(),
            Kind::Judged(attempt) => attempt.route.route(),
        }
    }

    /// The fallback's position; `None` for the primary.
    pub fn fallback(&self) -> Option<usize> {
        self.fallback
    }

    /// The URL to call; borrowed where it does not hold the model's id.
    #[inline(always)]
    pub fn url(&self) -> Cow<'v, str> {
        match self.facts().and_then(|facts| facts.site.url.as_deref()) {
            Some(url) => Cow::Borrowed(url),
            None => Cow::Owned(self.view.ground.catalog.url(self.route())),
        }
    }

    /// The bucket that usage is counted in.
    #[inline(always)]
    pub fn usage_region(&self) -> &'v str {
        match &self.kind {
            Kind::Seen(seen) => &seen.facts.site.usage,
            Kind::Walked(walked) => &walked.facts.site.usage,
            Kind::Judged(attempt) => {
                let catalog = self.view.ground.catalog;
                let offering = catalog.offering(attempt.route.route().offering);
                let region = offering.and_then(|offering| catalog.region(offering.region));
                region.map_or("", |region| &region.usage)
            }
        }
    }

    /// The price, in the service tier that will be asked for after every `set`.
    #[inline(always)]
    pub fn price(&self) -> Price {
        let at = self.view.call().at;
        match self.facts().and_then(|facts| facts.price(at)) {
            Some(price) => price,
            None => self.listed(),
        }
    }

    /// The price where it is no multiple of its model's.
    #[inline(never)]
    fn listed(&self) -> Price {
        let ground = self.view.ground;
        let at = self.view.call().at;
        let list = match self.facts().map(|facts| &facts.site.prices) {
            Some(Prices::List(list)) => Some(*list),
            Some(Prices::Pace(_) | Prices::Catalog) | None => None,
        };
        let prices = &ground.compiled.prices;
        if let Some(price) = list.and_then(|list| prices.plain(list, at)) {
            return price;
        }
        let price = self.view.fields(self.fallback, |fields| {
            let tier = self.tier().or(fields.rest.service_tier());
            if let Some(list) = list {
                return prices.get(list, at, tier, fields.input_tokens);
            }
            let input = u64::try_from(fields.input_tokens).unwrap_or(0);
            ground.catalog.price(self.route(), at, input, tier).value
        });
        price.unwrap_or_default()
    }

    /// Of a route that was not judged by the interpreter.
    #[inline(always)]
    pub(super) fn facts(&self) -> Option<&RouteFacts<'v>> {
        match &self.kind {
            Kind::Seen(seen) => Some(&seen.facts),
            Kind::Walked(walked) => Some(&walked.facts),
            Kind::Judged(_) => None,
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
            Kind::Seen(_) | Kind::Walked(_) => &[],
        };
        let walked = self.effects().iter().filter(|e| self.sets_first(e));
        judged.iter().copied().chain(walked.map(|e| e.rule))
    }

    /// The `limit` rule that holds.
    pub fn limit(&self) -> Option<RuleId> {
        match &self.kind {
            Kind::Judged(attempt) => attempt.limit,
            Kind::Seen(_) | Kind::Walked(_) => {
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
            Kind::Seen(_) | Kind::Walked(_) => {
                let ground = self.view.ground;
                let slots = self.shaping().slots;
                let holds = self.view.fields(self.fallback, |fields| {
                    let reading = ground.reading(self.view.call(), fields, slots);
                    ground.compiled.flat.walk(root, &reading, &NO_STATE) == 1
                });
                holds == Some(true)
            }
        }
    }

    #[inline]
    fn shaping(&self) -> Shaping<'v> {
        match &self.kind {
            Kind::Judged(_) => Shaping::default(),
            Kind::Walked(walked) => walked.shaping,
            Kind::Seen(seen) => {
                let standing = self.view.ground.at(self.view.call(), seen.subject);
                let shaping = standing.map(|standing| Shaping::of(&standing, seen.ending.route));
                shaping.unwrap_or_default()
            }
        }
    }

    #[inline]
    pub(super) fn effects(&self) -> &'v [Effect] {
        self.shaping().effects
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
    pub(super) fn warned(&self, effect: &Effect) -> bool {
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
        let of = |effect: &Effect| {
            let warnings = &self.view.ground.compiled.rules.warnings;
            warnings
                .get(effect.rule.0 as usize)
                .and_then(Option::as_ref)
        };
        let same = |effect: &&Effect| of(effect).is_some_and(|w| w.code == warns.code);
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

    pub(super) fn spelled(&self) -> judgement::Attempt {
        match &self.kind {
            Kind::Judged(attempt) => (*attempt).clone(),
            Kind::Seen(_) | Kind::Walked(_) => judgement::Attempt {
                route: Cleared::of_survivor(self.route()),
                fallback: self.fallback,
                sets: self.sets().collect(),
                limit: self.limit(),
            },
        }
    }
}
