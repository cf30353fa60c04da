//! Locks hold: each is asked by itself, apart from the verdicts that they were built into.

use portolan_core::diagram::survey::{Chart, Inconclusive, Region};
use portolan_core::policy::{RuleId, RuleKind};

use super::{Because, Inquiry, Unknown, Violation};

/// Looks for survivors that break a lock, in one slice.
pub(super) fn look(inquiry: &mut Inquiry<'_>, chart: &mut Chart<'_>) -> Result<(), Inconclusive> {
    let rules = chart.policy().rules();
    let locks = rules.filter(|(_, rule)| matches!(rule.kind, RuleKind::Lock { .. }));
    let locks: Vec<RuleId> = locks.map(|(id, _)| id).collect();
    if locks.is_empty() {
        return Ok(());
    }
    let mut survivors = Vec::new();
    for candidate in 0..chart.candidates().len() {
        let of_request = chart.survives(candidate, true)?;
        let of_fallback = chart.survives(candidate, false)?;
        survivors.push((chart.or(of_request, of_fallback)?, of_request));
    }
    for lock in locks {
        let applies = chart.holds(lock, None)?;
        for (candidate, (survives, of_request)) in survivors.iter().enumerate() {
            inquiry.looked += 1;
            let meets = chart.meets(lock, candidate)?;
            let breaks = chart.without(applies, meets)?;
            let broken = chart.and(breaks, *survives)?;
            if broken.is_empty() {
                continue;
            }
            let of_request = chart.and(broken, *of_request)?;
            violated(inquiry, chart, (lock, candidate), of_request)?;
            if inquiry.found.is_some() {
                return Ok(());
            }
            inquiry.unknown.get_or_insert(Unknown::NotReplayed);
        }
    }
    Ok(())
}

/// Looks for a request of a region of which a survivor breaks a lock.
fn violated(
    inquiry: &mut Inquiry<'_>,
    chart: &mut Chart<'_>,
    (lock, candidate): (RuleId, usize),
    region: Region,
) -> Result<(), Inconclusive> {
    let position = usize::from(*chart.candidates().get(candidate).ok_or(Inconclusive)?);
    let members = chart.members();
    let mut found = None;
    inquiry.requests(chart, region, &mut |draft, member| {
        let route = members.get(member).and_then(|m| m.routes.get(position));
        found = route.map(|route| Violation {
            draft: draft.clone(),
            because: Because::Lock {
                lock,
                route: *route,
            },
        });
        found.is_some()
    })?;
    inquiry.found = found;
    Ok(())
}
