//! Who decides in place of a rule that holds and cannot act: all of them together, or one alone.

use std::collections::BTreeSet;

use portolan_core::diagram::survey::{Chart, Inconclusive, Region};
use portolan_core::policy::{Rule, RuleId, RuleKind};

use super::{Known, same_subject};

/// Rules of those known to decide that are asked whether they do so again.
const ASKED: usize = 8;

/// Who decides where a rule holds of a candidate.
pub(super) fn deciders(
    chart: &mut Chart<'_>,
    holds: Region,
    candidate: usize,
) -> Result<BTreeSet<RuleId>, Inconclusive> {
    let mut by = chart.refusers(holds, true)?;
    by.extend(chart.excluders(holds, candidate)?);
    Ok(by)
}

/// Notes who decides where a rule holds, and who of them would do so alone.
pub(super) fn beaten(
    chart: &mut Chart<'_>,
    known: &mut Known,
    holds: Region,
    candidate: Option<usize>,
    by: BTreeSet<RuleId>,
) -> Result<(), Inconclusive> {
    if holds.is_empty() {
        return Ok(());
    }
    let asked = known.alone.take().unwrap_or_else(|| by.clone());
    known.alone = Some(alone(chart, asked, holds, candidate)?);
    known.behind.extend(by);
    Ok(())
}

/// Says whether some of those that are known to decide in place of a rule do so wherever it holds
/// here; all that do are then not looked for.
pub(super) fn again(
    chart: &mut Chart<'_>,
    known: &mut Known,
    (id, rule): (RuleId, &Rule),
    holds: Region,
    candidate: Option<usize>,
) -> Result<bool, Inconclusive> {
    let mut left = holds;
    for other in known.behind.iter().copied().take(ASKED) {
        let Some(kind) = chart.policy().rule(other).map(|other| &other.kind) else {
            continue;
        };
        let sooner = other < id;
        let decides = match (kind, &rule.kind) {
            (RuleKind::Refuse { .. }, RuleKind::Refuse { .. })
            | (RuleKind::Exclude(_), RuleKind::Exclude(_)) => sooner,
            (RuleKind::Exclude(_), _) => candidate.is_some(),
            (of, second) => sooner && same_subject(of, second),
        };
        if decides && let Some(taken) = taken(chart, other, candidate)? {
            left = chart.without(left, taken)?;
        }
        if left.is_empty() {
            if let Some(asked) = known.alone.take() {
                known.alone = Some(alone(chart, asked, holds, candidate)?);
            }
            return Ok(true);
        }
    }
    Ok(false)
}

/// Those of some rules that each hold wherever a rule does.
fn alone(
    chart: &mut Chart<'_>,
    asked: BTreeSet<RuleId>,
    holds: Region,
    candidate: Option<usize>,
) -> Result<BTreeSet<RuleId>, Inconclusive> {
    let mut alone = BTreeSet::new();
    for id in asked {
        let Some(taken) = taken(chart, id, candidate)? else {
            continue;
        };
        if chart.without(holds, taken)?.is_empty() {
            alone.insert(id);
        }
    }
    Ok(alone)
}

/// The requests for which a rule decides of a candidate; none where it takes more than it holds for,
/// or less, so that it says nothing about who decides.
fn taken(
    chart: &mut Chart<'_>,
    id: RuleId,
    candidate: Option<usize>,
) -> Result<Option<Region>, Inconclusive> {
    match chart.policy().rule(id).map(|rule| &rule.kind) {
        Some(RuleKind::Refuse { .. }) => chart.holds(id, None).map(Some),
        Some(
            RuleKind::Exclude(_)
            | RuleKind::Skip(_)
            | RuleKind::Set { .. }
            | RuleKind::Warn { .. }
            | RuleKind::Limit { .. }
            | RuleKind::Retry { .. },
        ) => chart.holds(id, candidate).map(Some),
        Some(
            RuleKind::UnknownModel { .. }
            | RuleKind::NotOffered(_)
            | RuleKind::OtherEndpoint(_)
            | RuleKind::BeyondDepth(_)
            | RuleKind::Lock { .. },
        )
        | None => Ok(None),
    }
}
