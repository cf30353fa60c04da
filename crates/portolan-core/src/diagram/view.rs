//! A decision read: attempts in order with what goes with each, warnings, dropped fallbacks.
//!
//! Everything is walked when it is asked for, and nothing allocates, unless the interpreter had
//! to decide.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "one kind of rule is picked out of all of them"
)]

use std::borrow::Cow;

use super::flat::{At, NO_STATE, Reading};
use super::walk::{Came, Ground};
use super::{End, RouteFacts};
use crate::catalog::{Price, Route};
use crate::decision::{Decision, Fate, Outcome};
use crate::judgement::{self, Dropped, Judgement, Warning};
use crate::policy::{BodyField, RuleId, RuleKind, SetField, Value};
use crate::reference::Cleared;
use crate::request::{Call, Fallbacks, Fields};

/// A decision with the engine and the request that it is of.
#[derive(Debug)]
pub struct View<'a> {
    pub(crate) ground: Ground<'a>,
    pub(crate) call: Call<'a>,
    pub(crate) fallbacks: Fallbacks<'a>,
    pub(crate) decision: Decision,
    /// What the interpreter found, where it decided.
    pub(crate) judged: Option<Judgement>,
}

impl View<'_> {
    /// The attempts, in order.
    pub fn attempts(&self) -> Attempts<'_> {
        Attempts {
            view: self,
            source: 0,
            index: 0,
            current: None,
        }
    }

    /// What the caller should know, in the order of attempts and rules.
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
            let count = usize::try_from(self.call.chain.count).unwrap_or(0);
            return if count > sent { beyond() } else { None };
        }
        if position >= self.ground.depth(&self.call, sent) {
            return beyond();
        }
        let fields = self.fallbacks.fields(position)?;
        let fate = *self.decision.fates.fallbacks.get(position)?;
        let (_, came) = self.came(fate, &fields)?;
        match came {
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
        let fate = self.decision.fates.primary;
        let end = self.ground.end(fate.subject, &self.call)?;
        if end.retries.is_empty() {
            return None;
        }
        let reading = self
            .ground
            .read(&self.call, &self.call.body, fate.subject)?;
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
        end.retries.iter().find(holds).map(|(id, _)| *id)
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

    fn came<'v>(&'v self, fate: Fate, fields: &Fields<'v>) -> Option<(Reading<'v>, Came<'v>)> {
        let reading = self.ground.read(&self.call, fields, fate.subject)?;
        let verdicts = &self.ground.compiled.verdicts;
        let verdict = verdicts.get(fate.verdict as usize)?;
        Some((reading, self.ground.came(fate, verdict, &reading)))
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
    fate: Fate,
    reading: Reading<'v>,
    end: &'v End,
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
        let (fallback, fate, fields) = match source.checked_sub(1) {
            None => (None, self.decision.fates.primary, self.call.body),
            Some(position) => {
                let depth = self.ground.depth(&self.call, self.fallbacks.count());
                if position >= depth {
                    return None;
                }
                let fate = *self.decision.fates.fallbacks.get(position)?;
                (Some(position), fate, self.fallbacks.fields(position)?)
            }
        };
        let (reading, came) = self.came(fate, &fields)?;
        let end = self.ground.end(fate.subject, &self.call)?;
        let survivors = match came {
            Came::Routes(survivors) => survivors,
            Came::Never(..) | Came::NotNow(..) | Came::Unbuilt => &[],
        };
        let compiled = self.ground.compiled;
        let (only, order) = match survivors {
            [] => (None, u32::MAX),
            [only] => (Some(*only), u32::MAX),
            _ => (None, compiled.flat.walk(end.order, &reading, &NO_STATE)),
        };
        let order = compiled.orders.get(order as usize);
        Some(Current {
            fallback,
            fate,
            reading,
            end,
            survivors,
            only,
            order: order.map_or(&[][..], |order| order),
            left: self.ground.policy.plan_at_most.unwrap_or(usize::MAX),
        })
    }
}

impl<'v> Current<'v> {
    fn next(&mut self, view: &'v View<'v>, index: usize) -> Option<Attempt<'v>> {
        if self.left == 0 {
            return None;
        }
        loop {
            let (candidate, route) = self.candidate()?;
            if self.survivors.binary_search(&route).is_err() {
                continue;
            }
            let skipped = !view.ground.state.is_empty()
                && view
                    .ground
                    .skips(self.fate, route, &self.reading)
                    .next()
                    .is_some();
            if skipped {
                continue;
            }
            self.left -= 1;
            let effects = self.end.effects.get(candidate).map_or(&[][..], |e| e);
            return Some(Attempt {
                view,
                index,
                fallback: self.fallback,
                kind: Kind::Walked {
                    facts: view.ground.route(self.fate.subject, route)?,
                    reading: self.reading,
                    effects,
                },
            });
        }
    }

    /// The next candidate, by its position and its route.
    fn candidate(&mut self) -> Option<(usize, u16)> {
        if let Some(only) = self.only.take() {
            let candidate = self.end.routes.binary_search(&only).ok()?;
            return Some((candidate, only));
        }
        let (first, rest) = self.order.split_first()?;
        self.order = rest;
        let candidate = usize::from(*first);
        Some((candidate, *self.end.routes.get(candidate)?))
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
        reading: Reading<'v>,
        effects: &'v [(RuleId, At)],
    },
    Judged(&'v judgement::Attempt),
}

impl<'v> Attempt<'v> {
    /// Where.
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
    pub fn usage_region(&self) -> &'v str {
        let catalog = self.view.ground.catalog;
        let offering = catalog.offering(self.route().offering);
        let region = offering.and_then(|o| catalog.region(o.region));
        region.map_or("", |region| &region.usage)
    }

    /// The price, in the service tier that will be asked for after every `set`.
    pub fn price(&self) -> Price {
        let ground = self.view.ground;
        let tier = self
            .sets()
            .find_map(|id| match &ground.policy.rule(id)?.kind {
                RuleKind::Set {
                    field: SetField::Known(BodyField::ServiceTier),
                    value: Value::Text(tier),
                    ..
                } => Some(&**tier),
                _ => None,
            });
        let at = self.view.call.at;
        match &self.kind {
            Kind::Walked { facts, reading, .. } => {
                let tier = tier.or(reading.body.service_tier);
                let lists = &ground.compiled.price_lists;
                let list = lists.get(facts.route.offering.index());
                let list = list.copied().unwrap_or(u32::MAX);
                let prices = &ground.compiled.prices;
                prices.get(list, at, tier, reading.body.input_tokens)
            }
            Kind::Judged(attempt) => {
                let fields = match attempt.fallback {
                    None => Some(self.view.call.body),
                    Some(position) => self.view.fallbacks.fields(position),
                };
                let input = fields.map_or(0, |fields| fields.input_tokens);
                let input = u64::try_from(input).unwrap_or(0);
                let tier = tier.or(fields.and_then(|fields| fields.service_tier));
                ground.catalog.price(self.route(), at, input, tier).value
            }
        }
    }

    /// The `set` rules that hold, one a field.
    pub fn sets(&self) -> impl Iterator<Item = RuleId> {
        let (judged, walked) = match &self.kind {
            Kind::Judged(attempt) => (attempt.sets.as_slice(), &[][..]),
            Kind::Walked { effects, .. } => (&[][..], *effects),
        };
        let walked = walked.iter().filter(|effect| self.sets_first(effect));
        judged.iter().copied().chain(walked.map(|(id, _)| *id))
    }

    /// The `limit` rule that holds.
    pub fn limit(&self) -> Option<RuleId> {
        match &self.kind {
            Kind::Judged(attempt) => attempt.limit,
            Kind::Walked { effects, .. } => {
                let limits = effects.iter().filter(|(id, _)| {
                    let rule = self.view.ground.policy.rule(*id);
                    matches!(rule.map(|r| &r.kind), Some(RuleKind::Limit { .. }))
                });
                let mut holding = limits.filter(|(_, root)| self.holds(*root));
                holding.next().map(|(id, _)| *id)
            }
        }
    }

    fn holds(&self, root: At) -> bool {
        match &self.kind {
            Kind::Judged(_) => false,
            Kind::Walked { reading, .. } => {
                let flat = &self.view.ground.compiled.flat;
                flat.walk(root, reading, &NO_STATE) == 1
            }
        }
    }

    /// Says whether an effect is a `set` that holds, and the first that does for its field.
    fn sets_first(&self, (id, root): &(RuleId, At)) -> bool {
        let Some(field) = self.field(*id) else {
            return false;
        };
        let earlier = match &self.kind {
            Kind::Judged(_) => &[],
            Kind::Walked { effects, .. } => *effects,
        };
        let mut earlier = earlier.iter().take_while(|(other, _)| other < id);
        let taken = earlier.any(|(o, root)| self.field(*o) == Some(field) && self.holds(*root));
        !taken && self.holds(*root)
    }

    fn field(&self, rule: RuleId) -> Option<&'v SetField> {
        match &self.view.ground.policy.rule(rule)?.kind {
            RuleKind::Set { field, .. } => Some(field),
            _ => None,
        }
    }

    /// Says whether an effect tells the caller something here, told before or not.
    fn tells(&self, effect: &(RuleId, At)) -> bool {
        match self.field(effect.0) {
            Some(_) => self.sets_first(effect),
            None => self.holds(effect.1),
        }
    }

    fn effects(&self) -> &'v [(RuleId, At)] {
        match &self.kind {
            Kind::Judged(_) => &[],
            Kind::Walked { effects, .. } => effects,
        }
    }

    /// Says whether a warning that holds here is told here: once a code and attempt; once in all
    /// where nothing in it differs from one attempt to the next.
    fn warned(&self, rule: RuleId) -> bool {
        let warnings = &self.view.ground.compiled.rules.warnings;
        let Some(warns) = warnings.get(&rule) else {
            return false;
        };
        let same = |id: &RuleId| warns.same_code.contains(id);
        let before = || {
            let attempts = self.view.attempts().take(self.index);
            let mut told = attempts.flat_map(|attempt| {
                let effects = attempt.effects().iter();
                let told = effects.filter(|e| same(&e.0) && attempt.tells(e)).count();
                std::iter::repeat_n((), told)
            });
            told.next().is_some()
        };
        // Rules of the same code, in order, as far as this one.
        let mut told_here = false;
        let mut held = false;
        for effect in self.effects().iter().filter(|(id, _)| same(id)) {
            if effect.0 > rule {
                break;
            }
            let of_attempt = warnings.get(&effect.0).is_none_or(|w| w.of_attempt);
            let tells = self.tells(effect);
            let told = tells
                && if of_attempt {
                    !told_here
                } else {
                    !held && !before()
                };
            if effect.0 == rule {
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
                while let Some((rule, _)) = effects.get(self.effect) {
                    self.effect += 1;
                    if attempt.warned(*rule) {
                        let warnings = &view.ground.compiled.rules.warnings;
                        return Some(Warning {
                            rule: *rule,
                            attempt: attempt.index,
                            of_route: warnings.get(rule).is_some_and(|w| w.of_route),
                        });
                    }
                }
            }
            self.current = Some(self.attempts.next()?);
            self.effect = 0;
        }
    }
}
