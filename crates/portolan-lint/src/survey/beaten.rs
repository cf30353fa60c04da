//! Who decides in place of a rule that holds and cannot act: all of them together, or one alone.

use std::collections::BTreeSet;

use portolan_core::diagram::survey::{Chart, Inconclusive, Region};
use portolan_core::policy::{RuleId, RuleKind};

use super::Known;

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
    let mut alone = BTreeSet::new();
    for id in known.alone.take().unwrap_or_else(|| by.clone()) {
        let scope = match chart.policy().rule(id).map(|rule| &rule.kind) {
            Some(RuleKind::Refuse { .. }) => None,
            Some(
                RuleKind::Exclude(_)
                | RuleKind::Skip(_)
                | RuleKind::Set { .. }
                | RuleKind::Warn { .. }
                | RuleKind::Limit { .. }
                | RuleKind::Retry { .. },
            ) => candidate,
            // What takes more than it holds for says nothing about being alone.
            Some(
                RuleKind::UnknownModel { .. }
                | RuleKind::NotOffered(_)
                | RuleKind::OtherEndpoint(_)
                | RuleKind::BeyondDepth(_)
                | RuleKind::Lock { .. },
            )
            | None => continue,
        };
        let taken = chart.holds(id, scope)?;
        if chart.without(holds, taken)?.is_empty() {
            alone.insert(id);
        }
    }
    known.alone = Some(alone);
    known.behind.extend(by);
    Ok(())
}
