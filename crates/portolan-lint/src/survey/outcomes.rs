//! What a slice comes to: what routes there and without which lock, who refuses, and where the
//! order of rules decides.

use portolan_core::diagram::survey::{Chart, Inconclusive, Likenesses, Standing};
use portolan_core::policy::{Policy, Rule, RuleId, RuleKind};

use super::{Surveyed, same_subject};

impl Surveyed {
    /// What routes in a slice of which some request does, and whether one does without a lock.
    pub(super) fn routed(&mut self, chart: &mut Chart<'_>) -> Result<(), Inconclusive> {
        let endpoint = chart.endpoint();
        if chart.standing() == Standing::Model {
            let models = chart.members().iter().filter_map(|member| member.model);
            self.routes.extend(models.map(|model| (endpoint, model)));
        }
        if self.unlocked.contains(&endpoint) {
            return Ok(());
        }
        let mut open = chart.routes(true)?;
        for (id, rule) in chart.policy().rules() {
            if let RuleKind::Lock { .. } = rule.kind {
                let applies = chart.holds(id, None)?;
                open = chart.without(open, applies)?;
            }
            if open.is_empty() {
                return Ok(());
            }
        }
        self.unlocked.insert(endpoint);
        Ok(())
    }

    /// Who refuses, and where the order of rules decides.
    pub(super) fn outcomes(
        &mut self,
        chart: &mut Chart<'_>,
        candidates: &[usize],
        contests: &[(RuleId, RuleId)],
    ) -> Result<(), Inconclusive> {
        let (endpoint, policy) = (chart.endpoint(), chart.policy());
        let known = |id: RuleId| {
            let at = self.refuses.get(&id);
            at.is_some_and(|at| at.contains(&endpoint))
        };
        let asked = |(id, rule): &(RuleId, &Rule)| {
            // What never acts is never shown.
            let acts = self.get(*id).is_some_and(|known| known.acts);
            acts && rule.kind.verdict().is_some() && !rule.help.is_empty() && !known(*id)
        };
        let asked: Vec<RuleId> = policy.rules().filter(asked).map(|(id, _)| id).collect();
        if !asked.is_empty() {
            let shown = chart.shown(true)?;
            for id in asked.into_iter().filter(|id| shown.contains(id)) {
                self.refuses.entry(id).or_default().insert(endpoint);
            }
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

/// Candidates by which some request routes, and those by which none does.
#[derive(Default)]
pub(super) struct Judged {
    legal: Likenesses,
    never: Likenesses,
}

impl Judged {
    /// Says whether some request of a slice routes.
    pub(super) fn routes(&mut self, chart: &mut Chart<'_>) -> Result<bool, Inconclusive> {
        for candidate in 0..chart.candidates().len() {
            let likeness = chart.likeness(candidate);
            if likeness.is_some_and(|likeness| self.legal.contains(likeness)) {
                return Ok(true);
            }
            if likeness.is_some_and(|likeness| self.never.contains(likeness)) {
                continue;
            }
            let routes = !chart.survives(candidate, true)?.is_empty();
            let known = if routes {
                &mut self.legal
            } else {
                &mut self.never
            };
            if let Some(likeness) = likeness {
                known.insert(likeness);
            }
            if routes {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Every two rules that put different things into the same place, the earlier one first.
pub(super) fn contests(policy: &Policy) -> Vec<(RuleId, RuleId)> {
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
