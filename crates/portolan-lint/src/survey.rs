//! What all requests show of each rule: does it ever hold, does it ever act, which rules decide
//! where it holds and cannot act, and which parts of its condition tell any two requests apart.
//! One walk over every slice of the policy.

mod alone;
mod beaten;
mod closed;
mod parts;
mod unique;

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::catalog::{EndpointId, ModelId};
use portolan_core::diagram::survey::{Chart, Inconclusive, Likeness, Region, Standing, Topic};
use portolan_core::policy::{Policy, Rule, RuleId, RuleKind};
use portolan_core::request::Draft;

use crate::context::Context;
use beaten::{beaten, deciders};
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
    /// The rules that decide where it holds and does not act.
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
        let mut seen: BTreeSet<Likeness> = BTreeSet::new();
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

    /// Who refuses, what routes and without which lock, and where the order of rules decides.
    fn outcomes(
        &mut self,
        chart: &mut Chart<'_>,
        candidates: &[usize],
        contests: &[(RuleId, RuleId)],
    ) -> Result<(), Inconclusive> {
        let (endpoint, policy) = (chart.endpoint(), chart.policy());
        let mut open = chart.routes(true)?;
        if chart.standing() == Standing::Model && !open.is_empty() {
            let models = chart.members().iter().filter_map(|member| member.model);
            self.routes.extend(models.map(|model| (endpoint, model)));
        }
        let known = |id: RuleId| {
            let at = self.refuses.get(&id);
            at.is_some_and(|at| at.contains(&endpoint))
        };
        let asked = |(id, rule): &(RuleId, &Rule)| {
            rule.kind.verdict().is_some() && !rule.help.is_empty() && !known(*id)
        };
        let asked: Vec<RuleId> = policy.rules().filter(asked).map(|(id, _)| id).collect();
        if !asked.is_empty() {
            let shown = chart.shown(true)?;
            for id in asked.into_iter().filter(|id| shown.contains(id)) {
                self.refuses.entry(id).or_default().insert(endpoint);
            }
        }
        if self.unlocked.contains(&endpoint) {
            open = Region::NONE;
        }
        for (id, rule) in policy.rules() {
            if open.is_empty() {
                break;
            }
            if let RuleKind::Lock { .. } = rule.kind {
                let applies = chart.holds(id, None)?;
                open = chart.without(open, applies)?;
            }
        }
        if !open.is_empty() {
            self.unlocked.insert(endpoint);
        }
        for candidate in candidates {
            self.contested(chart, *candidate, contests)?;
        }
        Ok(())
    }

    /// Rules of which the first that holds wins, and which say different things.
    fn contested(
        &mut self,
        chart: &mut Chart<'_>,
        candidate: usize,
        contests: &[(RuleId, RuleId)],
    ) -> Result<(), Inconclusive> {
        for (first, second) in contests {
            let known = self.contested.get(second);
            if known.is_some_and(|first_ones| first_ones.contains(first)) {
                continue;
            }
            let legal = chart.survives(candidate, true)?;
            let later = chart.holds(*second, Some(candidate))?;
            let sooner = chart.holds(*first, Some(candidate))?;
            let both = chart.and(later, sooner)?;
            if !chart.and(both, legal)?.is_empty() {
                self.contested.entry(*second).or_default().insert(*first);
            }
        }
        Ok(())
    }
}

/// Every two rules that put different things into the same place, the earlier one first.
fn contests(policy: &Policy) -> Vec<(RuleId, RuleId)> {
    let earlier = |second: RuleId| policy.rules().take_while(move |(first, _)| *first < second);
    let each = policy.rules().flat_map(|(second, rule)| {
        let contest = move |(_, other): &(RuleId, &Rule)| contest(&rule.kind, &other.kind);
        earlier(second)
            .filter(contest)
            .map(move |(first, _)| (first, second))
    });
    each.collect()
}

/// Says whether two rules put different things into the same place.
fn contest(one: &RuleKind, other: &RuleKind) -> bool {
    if let (RuleKind::Set { value, .. }, RuleKind::Set { value: second, .. }) = (one, other) {
        return same_subject(one, other) && value != second;
    }
    let limit = |kind: &RuleKind| {
        if let RuleKind::Limit {
            requests,
            window_s,
            key,
        } = kind
        {
            Some((*requests, *window_s, key.clone()))
        } else {
            None
        }
    };
    matches!((limit(one), limit(other)), (Some(one), Some(other)) if one != other)
}

/// What one slice shows of parts of conditions.
fn conditions_of(
    chart: &mut Chart<'_>,
    real: Region,
    candidates: &[usize],
    parts: &mut [Part],
) -> Result<(), Inconclusive> {
    let policy = chart.policy();
    let mut start = 0;
    while let Some(whole) = parts.get(start) {
        let rule = whole.rule;
        let own = parts
            .iter()
            .skip(start)
            .take_while(|part| part.rule == rule);
        let (mut end, mut told) = (start, true);
        for part in own {
            end += 1;
            told &= part.ever && !part.always && part.needed;
        }
        if told {
            start = end;
            continue;
        }
        // A request, or each of its candidates: what a rule judges.
        let judges = policy.rule(rule).map(|rule| &rule.kind);
        let alone = matches!(
            judges,
            Some(RuleKind::Refuse { .. } | RuleKind::Lock { .. })
        );
        let scopes: Vec<Option<usize>> = if alone {
            vec![None]
        } else {
            candidates.iter().copied().map(Some).collect()
        };
        for scope in scopes {
            let mut regions = Vec::new();
            for topic in start..end {
                let region = chart.topic(topic, scope)?;
                regions.push(chart.and(region, real)?);
            }
            let own = parts.get_mut(start..end).unwrap_or_default();
            told_apart(chart, real, own, &regions)?;
        }
        start = end;
    }
    Ok(())
}

/// What the regions of one rule's parts show of them.
fn told_apart(
    chart: &mut Chart<'_>,
    real: Region,
    parts: &mut [Part],
    regions: &[Region],
) -> Result<(), Inconclusive> {
    for (position, part) in parts.iter_mut().enumerate() {
        let Some(own) = regions.get(position) else {
            continue;
        };
        part.ever |= !own.is_empty();
        part.always &= chart.without(real, *own)?.is_empty();
        if part.needed {
            continue;
        }
        let conjunct = part.role == Role::Conjunct;
        let mut others = if conjunct { real } else { Region::NONE };
        // The first region is that of the whole.
        for (other, region) in regions.iter().enumerate().skip(1) {
            if other == position {
                continue;
            }
            others = if conjunct {
                chart.and(others, *region)?
            } else {
                chart.or(others, *region)?
            };
        }
        let told = if conjunct {
            chart.without(others, *own)?
        } else {
            chart.without(*own, others)?
        };
        part.needed = !told.is_empty();
    }
    Ok(())
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
                } else if !known.acts && !holds.is_empty() {
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
