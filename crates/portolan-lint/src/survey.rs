//! What all requests show of each rule: does it ever hold, does it ever act, and which rules
//! decide where it holds and cannot act. One walk over every slice of the policy.

use std::collections::BTreeSet;

use portolan_core::diagram::survey::{Chart, Inconclusive, Region};
use portolan_core::engine::Engine;
use portolan_core::policy::{Rule, RuleId, RuleKind};

/// What is known of the rules, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed(Vec<Known>);

/// What is known of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// It holds for some request, in some place.
    pub holds: bool,
    /// For some request it does what it is for: it is the first reason that a request or a
    /// candidate falls for, it skips a route that is legal, it is the first to say something
    /// about an attempt.
    pub acts: bool,
    /// The rules that decide where it holds and does not act.
    pub behind: BTreeSet<RuleId>,
}

impl Surveyed {
    /// Goes through all requests; `None` where they are too many.
    pub(crate) fn new(engine: &Engine) -> Option<Self> {
        let rules = engine.policy().rules.len();
        let surveyed = engine.survey(&[], |survey| {
            let mut known = vec![Known::default(); rules];
            let all = survey.each(&mut |chart| slice(chart, &mut known));
            all.map(|()| Self(known))
        });
        surveyed.and_then(|known| known).ok()
    }

    /// What is known of a rule.
    pub fn get(&self, rule: RuleId) -> Option<&Known> {
        self.0.get(rule.0 as usize)
    }
}

/// What one slice shows.
fn slice(chart: &mut Chart<'_>, known: &mut [Known]) -> Result<(), Inconclusive> {
    let policy = chart.policy();
    let candidates = 0..chart.candidates().len();
    let mut refusers = chart.refusers(Region::ALL, true)?;
    refusers.extend(chart.refusers(Region::ALL, false)?);
    let mut excluders = Vec::new();
    for candidate in candidates.clone() {
        excluders.push(chart.excluders(Region::ALL, candidate)?);
    }
    for ((id, rule), known) in policy.rules().zip(known) {
        match &rule.kind {
            RuleKind::Refuse { .. } => {
                let holds = chart.holds(id, None)?;
                known.holds |= !holds.is_empty();
                if refusers.contains(&id) {
                    known.acts = true;
                } else if !known.acts && !holds.is_empty() {
                    known.behind.extend(chart.refusers(holds, true)?);
                    known.behind.extend(chart.refusers(holds, false)?);
                }
            }
            RuleKind::Exclude(_) => {
                for (candidate, excluders) in candidates.clone().zip(&excluders) {
                    let holds = chart.holds(id, Some(candidate))?;
                    known.holds |= !holds.is_empty();
                    if excluders.contains(&id) {
                        known.acts = true;
                    } else if !known.acts && !holds.is_empty() {
                        behind(chart, known, holds, candidate)?;
                    }
                }
            }
            RuleKind::Skip(_)
            | RuleKind::Set { .. }
            | RuleKind::Warn { .. }
            | RuleKind::Limit { .. }
            | RuleKind::Retry { .. } => {
                for candidate in candidates.clone() {
                    attempts(chart, id, rule, known, candidate)?;
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
    id: RuleId,
    rule: &Rule,
    known: &mut Known,
    candidate: usize,
) -> Result<(), Inconclusive> {
    if known.acts {
        return Ok(());
    }
    let holds = chart.holds(id, Some(candidate))?;
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
        known.behind.extend(before);
        behind(chart, known, holds, candidate)
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

/// Notes who decides where a rule holds of a candidate.
fn behind(
    chart: &mut Chart<'_>,
    known: &mut Known,
    holds: Region,
    candidate: usize,
) -> Result<(), Inconclusive> {
    known.behind.extend(chart.refusers(holds, true)?);
    known.behind.extend(chart.excluders(holds, candidate)?);
    Ok(())
}
