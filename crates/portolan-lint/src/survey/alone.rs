//! Which excludes decide anything: one that takes only candidates that other rules take too, and
//! is never the reason shown, could go and nobody would notice.

use portolan_core::diagram::survey::{Chart, Inconclusive, Region};
use portolan_core::policy::{RuleId, RuleKind};

use super::Known;

/// Notes which excludes decide something in a slice.
pub(super) fn decide(
    chart: &mut Chart<'_>,
    real: Region,
    candidates: &[usize],
    known: &mut [Known],
) -> Result<(), Inconclusive> {
    let policy = chart.policy();
    let excludes = policy.rules();
    let excludes = excludes.filter(|(_, rule)| matches!(rule.kind, RuleKind::Exclude(_)));
    let excludes: Vec<RuleId> = excludes.map(|(id, _)| id).collect();
    let open = |known: &[Known], id: RuleId| {
        let known = known.get(id.0 as usize);
        // What is never the first reason is never the only one.
        known.is_some_and(|known| known.acts && !known.decides)
    };
    if !excludes.iter().any(|id| open(known, *id)) {
        return Ok(());
    }
    for id in chart.shown(true)? {
        if let Some(known) = known.get_mut(id.0 as usize) {
            known.decides = true;
        }
    }
    for candidate in candidates.iter().copied() {
        if !excludes.iter().any(|id| open(known, *id)) {
            return Ok(());
        }
        let mut holds = Vec::with_capacity(excludes.len());
        let mut any = false;
        for id in &excludes {
            let own = chart.holds(*id, Some(candidate))?;
            let own = chart.and(own, real)?;
            any |= open(known, *id) && !own.is_empty();
            holds.push(own);
        }
        if !any {
            continue;
        }
        // By position: what those behind it take; locks and the offering's dates stand last.
        let mut behind = vec![taken_otherwise(chart, candidate)?];
        for own in holds.iter().rev() {
            let last = behind.last().copied().unwrap_or(Region::NONE);
            behind.push(chart.or(last, *own)?);
        }
        behind.reverse();
        let mut before = Region::NONE;
        for ((id, own), after) in excludes.iter().zip(&holds).zip(behind.iter().skip(1)) {
            if open(known, *id) {
                let others = chart.or(before, *after)?;
                let alone = chart.without(*own, others)?;
                if !alone.is_empty()
                    && let Some(known) = known.get_mut(id.0 as usize)
                {
                    known.decides = true;
                }
            }
            before = chart.or(before, *own)?;
        }
    }
    Ok(())
}

/// Where a lock, or another rule than an exclude, takes a candidate.
fn taken_otherwise(chart: &mut Chart<'_>, candidate: usize) -> Result<Region, Inconclusive> {
    let mut taken = Region::NONE;
    for (id, rule) in chart.policy().rules() {
        if let RuleKind::Lock { .. } = rule.kind {
            let (applies, met) = (chart.holds(id, None)?, chart.meets(id, candidate)?);
            let broken = chart.without(applies, met)?;
            taken = chart.or(taken, broken)?;
        }
    }
    Ok(taken)
}
