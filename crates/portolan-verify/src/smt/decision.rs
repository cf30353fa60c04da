//! What comes of one effective request: refused, or the candidates that survive. In the order of
//! the language's page: refuse, candidates, exclude and lock.

use std::collections::BTreeMap;

use portolan_core::catalog::{EndpointId, Known, ModelId, RegionId, Route};
use portolan_core::policy::{LockFact, RuleId, RuleKind, Term};
use portolan_core::syntax::ast::Comparison;

use super::Unsupported;
use super::encoder::{Encoder, View};
use super::formula::Formula;
use super::space::{Field, Named};

/// What comes of one effective request.
#[derive(Debug)]
pub(super) struct Outcome {
    /// It has a legal route.
    pub(super) legal: Formula,
    /// Rules that refuse the request itself, and where they do, in source order.
    refusals: Vec<(RuleId, Formula)>,
    /// The id stands for no model.
    pub(super) nameless: Formula,
    /// Every candidate of every model, in catalog order.
    pub(super) candidates: Vec<Candidate>,
}

/// One candidate.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) route: Route,
    pub(super) model: ModelId,
    /// It is one.
    present: Formula,
    /// Excludes that it fails, in source order.
    excludes: Vec<(RuleId, Formula)>,
    /// Locks that it does not meet, in source order.
    locks: Vec<(RuleId, Formula)>,
    /// It is one and is legal.
    pub(super) survives: Formula,
}

/// Where an id stands for a model, and for which of its regions.
type Targets = BTreeMap<ModelId, Vec<(Option<RegionId>, Formula)>>;

impl Encoder<'_> {
    /// What comes of an effective request. Rules about the chain judge the outer one alone.
    pub(super) fn outcome(&mut self, view: View, outer: bool) -> Result<Outcome, Unsupported> {
        let (targets, nameless) = self.targets(view);
        let refusals = self.refusals(view, outer)?;
        let mut candidates = Vec::new();
        for (model, targets) in &targets {
            self.candidates(view, *model, targets, &mut candidates)?;
        }
        let refused: Vec<Formula> = refusals.iter().map(|(_, when)| *when).collect();
        let refused = self.all.or(refused.into_iter().chain([nameless]));
        let accepted = self.all.not(refused);
        let mut survivors = Vec::new();
        for candidate in &mut candidates {
            candidate.survives = self.all.and([accepted, candidate.survives]);
            survivors.push(candidate.survives);
        }
        Ok(Outcome {
            legal: self.all.or(survivors),
            refusals,
            nameless,
            candidates,
        })
    }

    fn targets(&mut self, view: View) -> (Targets, Formula) {
        let catalog = self.space.catalog;
        let mut targets = Targets::new();
        let mut nameless = Vec::new();
        for (position, named) in self.names(view) {
            let asked = self.asked(view, position);
            match named {
                Named::Model(id) => targets.entry(id).or_default().push((None, asked)),
                Named::Alias(alias) => {
                    let Some(alias) = catalog.aliases.get(alias) else {
                        continue;
                    };
                    let stands = self.dated(|at| Known {
                        value: alias.target.at(at).map(|to| (to.model, to.region)),
                        next_change: alias.target.next_change(at),
                    });
                    for (during, target) in stands {
                        let when = self.all.and([asked, during]);
                        match target {
                            Some((model, region)) => {
                                targets.entry(model).or_default().push((region, when));
                            }
                            None => nameless.push(when),
                        }
                    }
                }
                Named::Unknown(_) | Named::Absent => nameless.push(asked),
            }
        }
        (targets, self.all.or(nameless))
    }

    fn refusals(&mut self, view: View, outer: bool) -> Result<Vec<(RuleId, Formula)>, Unsupported> {
        let policy = self.space.policy;
        let mut out = Vec::new();
        let mut spoken = false;
        for (id, rule) in policy.rules() {
            match &rule.kind {
                RuleKind::Refuse { chain, .. } if outer || !chain => {
                    let when = self.holds(view, rule)?;
                    out.push((id, when));
                }
                // Of several the first one speaks; of no model at all it speaks last.
                RuleKind::UnknownModel { .. } if !spoken => {
                    spoken = true;
                    let when = self.unknown(view);
                    out.push((id, when));
                }
                RuleKind::Refuse { .. }
                | RuleKind::UnknownModel { .. }
                | RuleKind::NotOffered(_)
                | RuleKind::OtherEndpoint(_)
                | RuleKind::BeyondDepth(_)
                | RuleKind::Exclude(_)
                | RuleKind::Lock { .. }
                | RuleKind::Skip(_)
                | RuleKind::Set { .. }
                | RuleKind::Warn { .. }
                | RuleKind::Limit { .. }
                | RuleKind::Retry { .. } => {}
            }
        }
        Ok(out)
    }

    /// There is an id, and it stands for nothing.
    fn unknown(&mut self, view: View) -> Formula {
        let (_, nameless) = self.targets(view);
        let absent = self.space.named.len().saturating_sub(1);
        let absent = self.asked(view, absent);
        let named = self.all.not(absent);
        self.all.and([nameless, named])
    }

    fn candidates(
        &mut self,
        view: View,
        id: ModelId,
        targets: &[(Option<RegionId>, Formula)],
        out: &mut Vec<Candidate>,
    ) -> Result<(), Unsupported> {
        let catalog = self.space.catalog;
        let policy = self.space.policy;
        let Some(model) = catalog.model(id) else {
            return Ok(());
        };
        let endpoints = (0u32..).map(EndpointId).take(catalog.endpoints.len());
        let endpoints: Vec<EndpointId> = endpoints.collect();
        for offering in &model.offerings {
            let region = catalog.offering(*offering).map(|o| o.region);
            let fits = targets.iter();
            let fits = fits.filter(|(only, _)| only.is_none() || *only == region);
            let fits: Vec<Formula> = fits.map(|(_, when)| *when).collect();
            let asked = self.all.or(fits);
            for endpoint in endpoints.iter().copied() {
                let route = Route {
                    offering: *offering,
                    endpoint,
                };
                if !catalog.reaches(route) {
                    continue;
                }
                let called = self.called(endpoint);
                let present = if policy.through_any_endpoint {
                    asked
                } else {
                    self.all.and([asked, called])
                };
                if present != Formula::FALSE {
                    out.push(self.judge(view.at(route), id, route, present)?);
                }
            }
        }
        Ok(())
    }

    fn called(&mut self, endpoint: EndpointId) -> Formula {
        let called = portolan_core::policy::Value::Endpoint(endpoint);
        self.one_of(Field::Endpoint, |value| value.as_ref() == Some(&called))
    }

    /// One candidate by every exclude and every lock.
    fn judge(
        &mut self,
        view: View,
        model: ModelId,
        route: Route,
        present: Formula,
    ) -> Result<Candidate, Unsupported> {
        let policy = self.space.policy;
        let sold = self.space.catalog.offering(route.offering);
        let sold = sold.map(|offering| offering.window).unwrap_or_default();
        let mut excludes = Vec::new();
        let mut locks = Vec::new();
        for (id, rule) in policy.rules() {
            match &rule.kind {
                RuleKind::NotOffered(_) => {
                    let sold = self.window(sold);
                    excludes.push((id, self.all.not(sold)));
                }
                RuleKind::OtherEndpoint(_) => {
                    let called = self.called(route.endpoint);
                    let other = self.all.not(called);
                    let holds = self.holds(view, rule)?;
                    excludes.push((id, self.all.and([other, holds])));
                }
                RuleKind::Exclude(_) => {
                    let when = self.holds(view, rule)?;
                    excludes.push((id, when));
                }
                RuleKind::Lock { facts, bound, .. } => {
                    let of_request = View {
                        route: None,
                        ..view
                    };
                    let applies = self.holds(of_request, rule)?;
                    let met = self.met(view, facts, bound)?;
                    let broken = self.all.not(met);
                    locks.push((id, self.all.and([applies, broken])));
                }
                RuleKind::UnknownModel { .. }
                | RuleKind::BeyondDepth(_)
                | RuleKind::Refuse { .. }
                | RuleKind::Skip(_)
                | RuleKind::Set { .. }
                | RuleKind::Warn { .. }
                | RuleKind::Limit { .. }
                | RuleKind::Retry { .. } => {}
            }
        }
        let against = excludes.iter().chain(&locks).map(|(_, when)| *when);
        let against: Vec<Formula> = against.collect();
        let fails = self.all.or(against);
        let stands = self.all.not(fails);
        Ok(Candidate {
            route,
            model,
            present,
            excludes,
            locks,
            survives: self.all.and([present, stands]),
        })
    }

    /// Every fact of a lock is within its bound; what has no value meets nothing.
    fn met(
        &mut self,
        view: View,
        facts: &[LockFact],
        bound: &Term,
    ) -> Result<Formula, Unsupported> {
        let mut out = Vec::new();
        for fact in facts {
            let fact = Term::Route(fact.fact());
            out.push(self.comparison(view, &fact, Comparison::Within, bound)?.yes);
        }
        Ok(self.all.and(out))
    }

    /// The request is refused for good, with this code.
    pub(super) fn refused_with(&mut self, outcome: &Outcome, code: &str) -> Formula {
        let policy = self.space.policy;
        let says = |id: RuleId| {
            let rule = policy.rule(id);
            if rule.is_some_and(|rule| rule.kind.code() == code) {
                Formula::TRUE
            } else {
                Formula::FALSE
            }
        };
        let point = |matches: fn(&RuleKind) -> bool| {
            let found = policy.rules().find(|(_, rule)| matches(&rule.kind));
            found.map_or(RuleId(0), |(id, _)| id)
        };
        // No candidate at all, then those that failed locks only, then by how far they got, from
        // the back: each step is asked before those that were put in front of it.
        let mut reason = says(point(|kind| matches!(kind, RuleKind::NotOffered(_))));
        for (id, rule) in policy.rules() {
            let judges = matches!(
                rule.kind,
                RuleKind::NotOffered(_) | RuleKind::OtherEndpoint(_) | RuleKind::Exclude(_)
            );
            if !judges {
                continue;
            }
            let mut reached = Vec::new();
            for candidate in &outcome.candidates {
                let earlier = candidate.excludes.iter().filter(|(other, _)| *other < id);
                let earlier: Vec<Formula> = earlier.map(|(_, when)| *when).collect();
                let earlier = self.all.or(earlier);
                let passed = self.all.not(earlier);
                let fails = candidate.excludes.iter().find(|(other, _)| *other == id);
                let fails = fails.map_or(Formula::FALSE, |(_, when)| *when);
                reached.push(self.all.and([candidate.present, passed, fails]));
            }
            let reached = self.all.or(reached);
            reason = self.all.choose(reached, says(id), reason);
        }
        for candidate in outcome.candidates.iter().rev() {
            let failed: Vec<Formula> = candidate.excludes.iter().map(|(_, when)| *when).collect();
            let failed = self.all.or(failed);
            let passed = self.all.not(failed);
            let reached = self.all.and([candidate.present, passed]);
            let mut first = Formula::FALSE;
            for (id, broken) in candidate.locks.iter().rev() {
                first = self.all.choose(*broken, says(*id), first);
            }
            reason = self.all.choose(reached, first, reason);
        }
        let unnamed = point(|kind| matches!(kind, RuleKind::UnknownModel { .. }));
        reason = self.all.choose(outcome.nameless, says(unnamed), reason);
        for (id, when) in outcome.refusals.iter().rev() {
            reason = self.all.choose(*when, says(*id), reason);
        }
        let refused = self.all.not(outcome.legal);
        self.all.and([refused, reason])
    }
}
