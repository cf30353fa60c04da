//! What all requests show of each rule: does it ever hold, does it ever act, which rules decide
//! where it holds and cannot act, and which parts of its condition tell any two requests apart.
//! One walk over every slice of the policy.

mod alone;
mod beaten;
mod closed;
mod outcomes;
mod parts;
mod unique;

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::catalog::{EndpointId, ModelId};
use portolan_core::diagram::survey::{Chart, Inconclusive, Likenesses, Region, Topic};
use portolan_core::policy::{Rule, RuleId, RuleKind};
use portolan_core::request::Draft;

use crate::context::Context;
use beaten::{again, beaten, deciders};
use outcomes::{Judged, contests};
use parts::conditions_of;
pub use parts::{Asks, Part, Role};
pub use unique::Pair;

/// What is known of a policy.
#[derive(Debug, Clone, Default)]
pub struct Surveyed {
    rules: Vec<Known>,
    /// Parts of conditions, by rule and place.
    pub parts: Vec<Part>,
    /// By claim: some request is one that it is about.
    pub claims: Vec<bool>,
    /// The endpoints through which some request routes to which no lock applies.
    pub unlocked: BTreeSet<EndpointId>,
    /// Rules that say different things of the same, where both hold: the first of them, by the
    /// second.
    pub contested: BTreeMap<RuleId, BTreeSet<RuleId>>,
    /// Rules of a `unique` that hold together, each two with a request that shows it; without one
    /// where none was found.
    pub overlaps: BTreeMap<Pair, Option<Draft>>,
    /// The endpoints through which a rule refuses some request for the reason shown.
    pub refuses: BTreeMap<RuleId, BTreeSet<EndpointId>>,
    /// The models that route through an endpoint, for some request.
    pub routes: BTreeSet<(EndpointId, ModelId)>,
}

/// What is known of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// It holds for some request, in some place.
    pub holds: bool,
    /// For some request it does what it is for: it is the first reason that a request or a
    /// candidate falls for, it skips a route that is legal, it is the first to say something
    /// about an attempt.
    pub acts: bool,
    /// As an exclude it takes some candidate alone, or is the reason shown to some request.
    pub decides: bool,
    /// Rules that decide where it holds and does not act: enough of them to cover it.
    pub behind: BTreeSet<RuleId>,
    /// Those of them that each hold wherever it holds; none where it was not looked for.
    pub alone: Option<BTreeSet<RuleId>>,
}

impl Surveyed {
    /// Goes through all requests; `None` where they are too many.
    pub(crate) fn new(context: &Context<'_>) -> Option<Self> {
        let policy = context.engine.policy();
        let (parts, conditions) = parts::parts(context);
        let filters = policy.proves.iter().map(|prove| &prove.filter);
        let topics = conditions.iter().copied().chain(filters).map(Topic::When);
        let windows = policy.proves.iter().map(|prove| prove.between);
        let topics = topics.chain(windows.map(Topic::During));
        let closed = closed::closed(policy);
        let topics: Vec<Topic<'_>> = topics.chain(closed.iter().map(Topic::When)).collect();
        let first = topics.len() - closed.len();
        let contests = contests(policy);
        let mut seen = Likenesses::default();
        let mut judged = Judged::default();
        let surveyed = context.engine.survey(&topics, |survey| {
            let mut surveyed = Self {
                rules: vec![Known::default(); policy.rules.len()],
                parts,
                claims: vec![false; policy.proves.len()],
                ..Self::default()
            };
            let all = survey.each(&mut |chart| {
                let mut real = Region::ALL;
                for topic in first..topics.len() {
                    let one = chart.topic(topic, None)?;
                    real = chart.and(real, one)?;
                }
                // What is like another in everything that is asked shows the same.
                let mut new = Vec::new();
                for candidate in 0..chart.candidates().len() {
                    let likeness = chart.likeness(candidate);
                    if likeness.is_none_or(|likeness| seen.insert(likeness)) {
                        new.push(candidate);
                    }
                }
                rules(chart, real, &new, &mut surveyed.rules)?;
                alone::decide(chart, real, &new, &mut surveyed.rules)?;
                conditions_of(chart, real, &new, &mut surveyed.parts)?;
                surveyed.claims(chart)?;
                unique::overlaps(chart, real, context.engine, &mut surveyed.overlaps)?;
                if judged.routes(chart)? {
                    surveyed.routed(chart)?;
                }
                surveyed.outcomes(chart, &new, &contests)
            });
            all.map(|()| surveyed)
        });
        surveyed.and_then(|known| known).ok()
    }

    /// What is known of a rule.
    pub fn get(&self, rule: RuleId) -> Option<&Known> {
        self.rules.get(rule.0 as usize)
    }

    /// Which claims are about some request of a slice.
    fn claims(&mut self, chart: &mut Chart<'_>) -> Result<(), Inconclusive> {
        let (first, count) = (self.parts.len(), self.claims.len());
        for (position, any) in self.claims.iter_mut().enumerate() {
            if !*any {
                let wanted = chart.topic(first + position, None)?;
                let during = chart.topic(first + count + position, None)?;
                *any = !chart.and(wanted, during)?.is_empty();
            }
        }
        Ok(())
    }
}

/// What one slice shows of rules.
fn rules(
    chart: &mut Chart<'_>,
    real: Region,
    candidates: &[usize],
    known: &mut [Known],
) -> Result<(), Inconclusive> {
    let policy = chart.policy();
    let candidates = candidates.iter().copied();
    // What acts in one slice holds there, and no other slice says more of it.
    let open = |wanted: fn(&RuleKind) -> bool| {
        let mut rules = policy.rules().zip(&*known);
        rules.any(|((_, rule), known)| wanted(&rule.kind) && !known.acts)
    };
    let mut refusers = BTreeSet::new();
    if open(|kind| matches!(kind, RuleKind::Refuse { .. })) {
        refusers = chart.refusers(real, true)?;
        refusers.extend(chart.refusers(real, false)?);
    }
    // By candidate, once it is asked for.
    let mut excluders: Vec<Option<BTreeSet<RuleId>>> = vec![None; candidates.len()];
    for ((id, rule), known) in policy.rules().zip(known) {
        if known.acts {
            continue;
        }
        match &rule.kind {
            RuleKind::Refuse { .. } => {
                let holds = chart.holds(id, None)?;
                let holds = chart.and(holds, real)?;
                known.holds |= !holds.is_empty();
                if refusers.contains(&id) {
                    known.acts = true;
                } else if !again(chart, known, (id, rule), holds, None)? {
                    let mut by = chart.refusers(holds, true)?;
                    by.extend(chart.refusers(holds, false)?);
                    beaten(chart, known, holds, None, by)?;
                }
            }
            RuleKind::Exclude(_) => {
                for (candidate, excluders) in candidates.clone().zip(&mut excluders) {
                    let holds = chart.holds(id, Some(candidate))?;
                    let holds = chart.and(holds, real)?;
                    if holds.is_empty() {
                        continue;
                    }
                    known.holds = true;
                    if again(chart, known, (id, rule), holds, Some(candidate))? {
                        continue;
                    }
                    let excluders = match excluders {
                        Some(found) => found,
                        None => excluders.insert(chart.excluders(real, candidate)?),
                    };
                    if excluders.contains(&id) {
                        known.acts = true;
                        break;
                    }
                    let by = deciders(chart, holds, candidate)?;
                    beaten(chart, known, holds, Some(candidate), by)?;
                }
            }
            RuleKind::Skip(_)
            | RuleKind::Set { .. }
            | RuleKind::Warn { .. }
            | RuleKind::Limit { .. }
            | RuleKind::Retry { .. } => {
                for candidate in candidates.clone() {
                    attempts(chart, real, (id, rule), known, candidate)?;
                }
            }
            // Points of the engine and guarantees are there for what ought never to happen.
            RuleKind::UnknownModel { .. }
            | RuleKind::NotOffered(_)
            | RuleKind::OtherEndpoint(_)
            | RuleKind::BeyondDepth(_) => {
                known.holds = true;
                known.acts = true;
            }
            RuleKind::Lock { .. } => {
                known.holds |= !chart.holds(id, None)?.is_empty();
                known.acts = true;
            }
        }
    }
    Ok(())
}

/// What a rule about attempts comes to for one candidate.
fn attempts(
    chart: &mut Chart<'_>,
    real: Region,
    (id, rule): (RuleId, &Rule),
    known: &mut Known,
    candidate: usize,
) -> Result<(), Inconclusive> {
    if known.acts {
        return Ok(());
    }
    let holds = chart.holds(id, Some(candidate))?;
    let holds = chart.and(holds, real)?;
    known.holds |= !holds.is_empty();
    if again(chart, known, (id, rule), holds, Some(candidate))? {
        return Ok(());
    }
    let (primary, fallback) = (
        chart.survives(candidate, true)?,
        chart.survives(candidate, false)?,
    );
    let legal = chart.or(primary, fallback)?;
    let mut left = chart.and(holds, legal)?;
    let mut before = BTreeSet::new();
    for (other, earlier) in chart.policy().rules() {
        if other >= id || left.is_empty() {
            break;
        }
        if same_subject(&rule.kind, &earlier.kind) {
            let taken = chart.holds(other, Some(candidate))?;
            if !chart.and(left, taken)?.is_empty() {
                before.insert(other);
                left = chart.without(left, taken)?;
            }
        }
    }
    if left.is_empty() {
        before.extend(deciders(chart, holds, candidate)?);
        beaten(chart, known, holds, Some(candidate), before)
    } else {
        known.acts = true;
        Ok(())
    }
}

/// Says whether two rules speak of the same thing, so that the first that holds wins.
fn same_subject(a: &RuleKind, b: &RuleKind) -> bool {
    match (a, b) {
        (RuleKind::Set { field: a, .. }, RuleKind::Set { field: b, .. }) => a == b,
        (RuleKind::Warn { code: a }, RuleKind::Warn { code: b }) => a == b,
        (RuleKind::Limit { .. }, RuleKind::Limit { .. })
        | (RuleKind::Retry { .. }, RuleKind::Retry { .. }) => true,
        _ => false,
    }
}
