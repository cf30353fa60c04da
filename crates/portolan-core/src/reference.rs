//! The reference interpreter: the meaning of a policy.
//!
//! Plain and without an index, in the order of the design: effective requests, `refuse`,
//! candidates, `exclude` and `lock`, `skip`, `prefer`, shape. What it says is right by
//! definition; whatever is faster must agree with it.

mod display;
mod eval;
mod locks;
mod shape;

pub(crate) use display::display;
pub(crate) use eval::Facts;
pub use locks::Cleared;
pub(crate) use locks::{breaks, within};

use std::cell::Cell;

use crate::catalog::{Catalog, EndpointId, Route};
use crate::decision::Snapshot;
use crate::instant::Instant;
use crate::judgement::{Dropped, Judgement, Outcome, Plan, Refusal};
use crate::policy::{Policy, RuleId, RuleKind};
use crate::request::{Effective, Request, State};

/// A catalog, a policy and what is asked of them.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) policy: &'a Policy,
    pub(crate) snapshot: Snapshot,
    pub(crate) request: &'a Request,
    pub(crate) state: &'a State,
}

/// What was found about one candidate.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) route: Route,
    /// The excludes it fails, in source order.
    pub(crate) excludes: Vec<RuleId>,
    /// What the locks say.
    pub(crate) cleared: Result<Cleared, Vec<RuleId>>,
    /// The skips that hold, where it is legal.
    pub(crate) skips: Vec<RuleId>,
}

impl Candidate {
    /// The route, if no `exclude` and no `lock` stands against it.
    pub(crate) fn legal(&self) -> Option<Cleared> {
        match &self.cleared {
            Ok(cleared) if self.excludes.is_empty() => Some(*cleared),
            _ => None,
        }
    }

    /// The reason shown: the first exclude, else the first lock.
    fn reason(&self) -> Option<RuleId> {
        let lock = self.cleared.as_ref().err().and_then(|locks| locks.first());
        self.excludes.first().or(lock).copied()
    }

    /// How far it got: the position of the first exclude it fails; past the last for none.
    fn reached(&self) -> u32 {
        self.excludes.first().map_or(u32::MAX, |rule| rule.0)
    }
}

/// What came of one effective request.
enum Fate {
    /// Legal routes, in order, at least one usable now.
    Routes(Vec<Cleared>),
    /// No legal route, or the request itself is refused.
    Never {
        rule: RuleId,
        route: Option<Route>,
        also: Vec<RuleId>,
    },
    /// Legal routes, none usable now.
    NotNow {
        rule: RuleId,
        route: Route,
        retry_after_s: Option<i64>,
    },
}

impl<'a> Case<'a> {
    /// The facts of one effective request.
    pub(crate) fn facts(
        self,
        effective: &'a Effective,
        horizon: &'a Cell<Option<Instant>>,
    ) -> Facts<'a> {
        Facts {
            catalog: self.catalog,
            policy: self.policy,
            request: self.request,
            effective,
            route: None,
            state: self.state,
            horizon,
            reads: None,
        }
    }

    /// The fallbacks within the depth.
    pub(crate) fn depth(self) -> usize {
        let sent = self.request.fallbacks.len();
        match self.request.chain.depth {
            Some(depth) => usize::try_from(depth).unwrap_or(0).min(sent),
            None => sent,
        }
    }

    /// Decides, in full.
    pub(crate) fn judgement(self) -> Judgement {
        let horizon = Cell::new(None);
        let primary = self.facts(&self.request.primary, &horizon);
        let outcome = match self.refused_for_the_chain(&primary) {
            Some(refusal) => Outcome::Refuse(refusal),
            None => self.plan(&primary, &horizon),
        };
        Judgement {
            snapshot: self.snapshot,
            at: self.request.at,
            outcome,
        }
    }

    /// Rules about the chain, and about the primary itself, in source order together.
    fn refused_for_the_chain(self, primary: &Facts<'a>) -> Option<Refusal> {
        let mut reasons = self.refused(primary, true);
        for fallback in 0..self.depth() {
            let Some(effective) = self.request.fallbacks.get(fallback) else {
                break;
            };
            // A fallback without a model is a fault of the chain, worded by its own rule.
            let named = effective.model_text.is_some();
            let chain = |rule: &&(RuleId, bool)| named && rule.1;
            if let Some((rule, _)) = self.unknown_model(effective).as_ref().filter(chain) {
                reasons.push((*rule, Some(fallback)));
            }
        }
        reasons.sort_by_key(|(rule, fallback)| (*rule, *fallback));
        let mut reasons = reasons.into_iter();
        let (rule, fallback) = reasons.next()?;
        Some(Refusal {
            rule,
            fallback,
            route: None,
            also: reasons.collect(),
            retryable: false,
            retry_after_s: None,
            dropped: Vec::new(),
        })
    }

    /// The rule for a model id that stands for nothing, and whether it judges the whole chain.
    fn unknown_model(self, effective: &Effective) -> Option<(RuleId, bool)> {
        if effective.target.is_some() {
            return None;
        }
        self.policy.rules().find_map(|(id, rule)| {
            if let RuleKind::UnknownModel { chain, .. } = rule.kind {
                Some((id, chain))
            } else {
                None
            }
        })
    }

    /// The refuse rules that hold for one effective request, in source order. Rules marked
    /// `chain` judge the outer request alone.
    pub(crate) fn refused(self, facts: &Facts<'a>, outer: bool) -> Vec<(RuleId, Option<usize>)> {
        let mut out = Vec::new();
        facts.changes(facts.effective.target_changes);
        let unknown = self.unknown_model(facts.effective).map(|(id, _)| id);
        for (id, rule) in self.policy.rules() {
            let holds = match &rule.kind {
                RuleKind::Refuse { chain, .. } => (outer || !chain) && facts.holds(rule),
                // No model at all is a fault that a policy words itself; only where it does
                // not, the unknown model speaks for it.
                RuleKind::UnknownModel { .. } => {
                    unknown == Some(id) && facts.effective.model_text.is_some()
                }
                RuleKind::NotOffered(_)
                | RuleKind::OtherEndpoint(_)
                | RuleKind::BeyondDepth(_)
                | RuleKind::Exclude(_)
                | RuleKind::Lock { .. }
                | RuleKind::Skip(_)
                | RuleKind::Set { .. }
                | RuleKind::Warn { .. }
                | RuleKind::Limit { .. }
                | RuleKind::Retry { .. } => false,
            };
            if holds {
                out.push((id, None));
            }
        }
        if out.is_empty() && facts.effective.target.is_none() {
            out.extend(unknown.map(|id| (id, None)));
        }
        out
    }

    /// Every candidate of one effective request, in catalog order.
    pub(crate) fn candidates(self, facts: &Facts<'a>) -> Vec<Candidate> {
        let Some(target) = facts.effective.target else {
            return Vec::new();
        };
        let Some(model) = self.catalog.model(target.model) else {
            return Vec::new();
        };
        let endpoints = self.endpoints();
        let mut out = Vec::new();
        for offering in &model.offerings {
            let region = self.catalog.offering(*offering).map(|o| o.region);
            if target.region.is_some() && target.region != region {
                continue;
            }
            for endpoint in endpoints.iter().copied() {
                let route = Route {
                    offering: *offering,
                    endpoint,
                };
                if self.catalog.reaches(route) {
                    out.push(self.judge(&facts.of(Some(route)), route));
                }
            }
        }
        out
    }

    fn endpoints(self) -> Vec<EndpointId> {
        if self.policy.through_any_endpoint {
            let count = u32::try_from(self.catalog.endpoints.len()).unwrap_or(u32::MAX);
            (0..count).map(EndpointId).collect()
        } else {
            vec![self.request.caller.endpoint]
        }
    }

    /// One candidate by every exclude, every lock and, where it is legal, every skip.
    fn judge(self, facts: &Facts<'a>, route: Route) -> Candidate {
        let at = self.request.at;
        let window = self
            .catalog
            .offering(route.offering)
            .map(|o| o.window)
            .unwrap_or_default();
        facts.changes(window.next_change(at));
        let mut excludes = Vec::new();
        for (id, rule) in self.policy.rules() {
            let fails = match &rule.kind {
                RuleKind::NotOffered(_) => !window.contains(at),
                RuleKind::OtherEndpoint(_) => {
                    route.endpoint != self.request.caller.endpoint && facts.holds(rule)
                }
                RuleKind::Exclude(_) => facts.holds(rule),
                RuleKind::UnknownModel { .. }
                | RuleKind::BeyondDepth(_)
                | RuleKind::Refuse { .. }
                | RuleKind::Lock { .. }
                | RuleKind::Skip(_)
                | RuleKind::Set { .. }
                | RuleKind::Warn { .. }
                | RuleKind::Limit { .. }
                | RuleKind::Retry { .. } => false,
            };
            if fails {
                excludes.push(id);
            }
        }
        let cleared = locks::clear(facts, route);
        let mut skips = Vec::new();
        if excludes.is_empty() && cleared.is_ok() {
            let skip = |rule: &crate::policy::Rule| matches!(rule.kind, RuleKind::Skip(_));
            skips.extend(
                self.policy
                    .rules()
                    .filter(|(_, r)| skip(r) && facts.holds(r))
                    .map(|(id, _)| id),
            );
        }
        Candidate {
            route,
            excludes,
            cleared,
            skips,
        }
    }

    /// The fate of one effective request.
    fn fate(self, facts: &Facts<'a>, outer: bool) -> Fate {
        let mut refused = self.refused(facts, outer).into_iter().map(|(id, _)| id);
        if let Some(rule) = refused.next() {
            return Fate::Never {
                rule,
                route: None,
                also: refused.collect(),
            };
        }
        let candidates = self.candidates(facts);
        let usable: Vec<Cleared> = candidates
            .iter()
            .filter(|c| c.skips.is_empty())
            .filter_map(Candidate::legal)
            .collect();
        if !usable.is_empty() {
            return Fate::Routes(shape::order(self, facts, usable));
        }
        let skipped = candidates
            .iter()
            .find_map(|c| Some((c.legal()?, *c.skips.first()?)));
        if let Some((cleared, rule)) = skipped {
            let waits = candidates.iter().filter(|c| c.legal().is_some());
            let retry_after_s = waits.filter_map(|c| shape::wait(self, facts, c)).min();
            return Fate::NotNow {
                rule,
                route: cleared.route(),
                retry_after_s,
            };
        }
        // The one that got furthest; the first of equals, which `max_by_key` would not give.
        let mut furthest: Option<&Candidate> = None;
        for candidate in &candidates {
            if furthest.is_none_or(|f| candidate.reached() > f.reached()) {
                furthest = Some(candidate);
            }
        }
        let fell = furthest.and_then(|c| Some((c.reason()?, Some(c.route))));
        let (rule, route) = fell.unwrap_or((self.not_offered(), None));
        Fate::Never {
            rule,
            route,
            also: Vec::new(),
        }
    }

    /// The rule for a model that has no candidate at all; every policy has one.
    fn not_offered(self) -> RuleId {
        let point = |kind: &RuleKind| matches!(kind, RuleKind::NotOffered(_));
        self.policy
            .rules()
            .find(|(_, r)| point(&r.kind))
            .map_or(RuleId(0), |(id, _)| id)
    }

    fn beyond_depth(self) -> RuleId {
        let point = |kind: &RuleKind| matches!(kind, RuleKind::BeyondDepth(_));
        self.policy
            .rules()
            .find(|(_, r)| point(&r.kind))
            .map_or(RuleId(0), |(id, _)| id)
    }

    fn plan(self, primary: &Facts<'a>, horizon: &'a Cell<Option<Instant>>) -> Outcome {
        let (own, not_now) = match self.fate(primary, true) {
            Fate::Routes(routes) => (routes, None),
            Fate::Never { rule, route, also } => {
                let (retryable, retry_after_s) = (false, None);
                let dropped = Vec::new();
                let also = also.into_iter().map(|rule| (rule, None)).collect();
                return Outcome::Refuse(Refusal {
                    rule,
                    fallback: None,
                    route,
                    also,
                    retryable,
                    retry_after_s,
                    dropped,
                });
            }
            Fate::NotNow {
                rule,
                route,
                retry_after_s,
            } => (Vec::new(), Some((rule, route, retry_after_s))),
        };
        let mut chosen: Vec<(Option<usize>, Cleared)> =
            own.into_iter().map(|r| (None, r)).collect();
        let mut dropped = Vec::new();
        let depth = self.depth();
        for (fallback, effective) in self.request.fallbacks.iter().enumerate() {
            if fallback >= depth {
                dropped.push(Dropped {
                    fallback,
                    rule: self.beyond_depth(),
                    route: None,
                });
                continue;
            }
            match self.fate(&self.facts(effective, horizon), false) {
                Fate::Routes(routes) => {
                    chosen.extend(routes.into_iter().map(|r| (Some(fallback), r)));
                }
                Fate::Never { rule, route, .. } => dropped.push(Dropped {
                    fallback,
                    rule,
                    route,
                }),
                Fate::NotNow { rule, route, .. } => dropped.push(Dropped {
                    fallback,
                    rule,
                    route: Some(route),
                }),
            }
        }
        // Entries past those that anybody looks at: one word for all of them.
        let looked_at = self.request.fallbacks.len();
        if usize::try_from(self.request.chain.count).unwrap_or(0) > looked_at {
            dropped.push(Dropped {
                fallback: looked_at,
                rule: self.beyond_depth(),
                route: None,
            });
        }
        if let (true, Some((rule, route, retry_after_s))) = (chosen.is_empty(), not_now) {
            let (fallback, also, retryable) = (None, Vec::new(), true);
            return Outcome::Refuse(Refusal {
                rule,
                fallback,
                route: Some(route),
                also,
                retryable,
                retry_after_s,
                dropped,
            });
        }
        let shaped = shape::shape(self, &chosen, horizon);
        Outcome::Route(Plan {
            retry: shape::retry(self, primary, &chosen),
            attempts: shaped.attempts,
            warnings: shaped.warnings,
            dropped,
            valid_until: horizon.get(),
        })
    }
}

impl Case<'_> {
    /// Says whether an effective request has a legal route, state aside.
    pub(crate) fn legal(self, effective: &Effective, horizon: &Cell<Option<Instant>>) -> bool {
        let nothing = State::default();
        let case = Case {
            state: &nothing,
            ..self
        };
        let facts = case.facts(effective, horizon);
        matches!(
            case.fate(&facts, true),
            Fate::Routes(_) | Fate::NotNow { .. }
        )
    }
}
