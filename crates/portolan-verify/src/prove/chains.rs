//! What fallbacks add to a question about attempts.
//!
//! A fallback's effective request shares the envelope with the request that it is a fallback of;
//! each of its body fields is that one's own, or any value that a fallback may give. So a claim
//! about attempts holds of all chains if it holds of every single effective request that may
//! stand behind a request in question. The region of those is made too large: it forgets the
//! body that they are fallbacks of. Where it is not empty, a chain has to be found.

use portolan_core::diagram::survey::{
    Bound, Bounded, Chart, Class, Flag, Inconclusive, Region, Survey, TextField,
};
use portolan_core::limits;
use portolan_core::policy::{Claim, Goal};

use super::{Reason, Search, given, violating};
use crate::witness::with_fallback;

/// The effective requests of fallbacks that may stand behind a request in question, and would
/// refute a claim about attempts.
pub(super) fn suspects(
    search: &Search<'_>,
    chart: &mut Chart<'_>,
    topic: usize,
) -> Result<Region, Inconclusive> {
    let mut behind = chart.behind(search.asked.filter)?;
    let between = chart.topic(search.asked.between, None)?;
    behind = chart.and(behind, between)?;
    let violating = violating(chart, Some(topic), false)?;
    let mut suspects = chart.and(behind, violating)?;
    if let Goal::Claim { premises, .. } = &search.prove.goal {
        for (premise, topic) in premises.iter().zip(&search.asked.premises) {
            // Its attempts are attempts of the plan, of which the premise has to be true.
            if let Claim::Every(_) = premise {
                let holds = given(chart, premise, *topic, false)?;
                suspects = chart.and(suspects, holds)?;
            }
        }
    }
    Ok(suspects)
}

/// Notes the classes of fallbacks that would refute a claim.
pub(super) fn suspect(
    search: &mut Search<'_>,
    chart: &mut Chart<'_>,
    topic: usize,
) -> Result<(), Inconclusive> {
    let suspects = suspects(search, chart, topic)?;
    if suspects.is_empty() || search.found.is_some() {
        return Ok(());
    }
    for member in chart.members() {
        let during = chart.during(member)?;
        let own = chart.and(suspects, during)?;
        let inner = &mut search.inner;
        let mut all = true;
        chart.classes(own, member, &mut |class| {
            all = inner.len() < limits::PROVE_CLASSES;
            if all {
                inner.push(class.clone());
            }
            all
        });
        if !all {
            search.reason.get_or_insert(Reason::NotReplayed);
            break;
        }
    }
    Ok(())
}

/// Looks for a request for every class of fallbacks that was noted, until one chain refutes the
/// claim.
pub(super) fn complete(survey: &mut Survey<'_>, searches: &mut [Search<'_>]) {
    let open = |search: &Search<'_>| search.found.is_none() && !search.inner.is_empty();
    if !searches.iter().any(open) {
        return;
    }
    // A slice past its budget is noted below.
    let _ = survey.each(&mut |chart| {
        for search in searches.iter_mut().filter(|search| open(search)) {
            if outer(search, chart).is_err() {
                search.reason.get_or_insert(Reason::TooLarge);
            }
        }
        Ok(())
    });
}

/// The requests in question that route, of one slice, each with every fallback that was noted.
fn outer(search: &mut Search<'_>, chart: &mut Chart<'_>) -> Result<(), Inconclusive> {
    let Goal::Claim { premises, .. } = &search.prove.goal else {
        return Ok(());
    };
    let mut wanted = search.wanted(chart)?;
    let routes = chart.routes(true)?;
    wanted = chart.and(wanted, routes)?;
    for (premise, topic) in premises.iter().zip(&search.asked.premises) {
        let holds = given(chart, premise, *topic, true)?;
        wanted = chart.and(wanted, holds)?;
    }
    if wanted == Region::NONE {
        return Ok(());
    }
    let endpoint = chart.endpoint();
    let inner = search.inner.clone();
    let inner = inner.iter().filter(|inner| inner.endpoint == endpoint);
    let mut left = limits::PROVE_PAIRS;
    for (envelope, inner) in by_envelope(inner) {
        let mut wanted = wanted;
        for bound in envelope {
            let within = chart.bounded(bound)?;
            // Nothing is said where this slice has no such bound.
            if !within.is_empty() {
                wanted = chart.and(wanted, within)?;
            }
        }
        for member in chart.members() {
            let during = chart.during(member)?;
            let own = chart.and(wanted, during)?;
            chart.classes(own, member, &mut |class| {
                pairs(search, class, &inner, &mut left);
                left > 0 && search.found.is_none()
            });
            if search.found.is_some() {
                return Ok(());
            }
        }
    }
    if left == 0 {
        search.reason.get_or_insert(Reason::NotReplayed);
    }
    Ok(())
}

/// Tries one class with each of some fallbacks.
fn pairs(search: &mut Search<'_>, outer: &Class, inner: &[&Class], left: &mut usize) {
    for inner in inner {
        if *left == 0 {
            return;
        }
        *left -= 1;
        if let Some(draft) = with_fallback(search.engine, outer, inner) {
            if search.offer(&draft, inner) {
                return;
            }
            search.reason.get_or_insert(Reason::NotReplayed);
        }
    }
}

/// Classes together that say the same of what a request shares with its fallbacks; instants are
/// left out, which each id cuts in its own way.
fn by_envelope<'c>(
    classes: impl Iterator<Item = &'c Class>,
) -> Vec<(Vec<&'c Bound>, Vec<&'c Class>)> {
    let mut groups: Vec<(Vec<&Bound>, Vec<&Class>)> = Vec::new();
    for class in classes {
        let shared = |bound: &&Bound| match bound.field {
            Bounded::Attribute(_) | Bounded::Text(TextField::AuthHeader) => true,
            Bounded::Flag(flag) => matches!(flag, Flag::Auth | Flag::ChainFault | Flag::Retry),
            Bounded::Text(_) | Bounded::Set(_) | Bounded::Number(_) | Bounded::At => false,
        };
        let envelope: Vec<&Bound> = class.bounds.iter().filter(shared).collect();
        match groups.iter_mut().find(|(own, _)| *own == envelope) {
            Some((_, classes)) => classes.push(class),
            None => groups.push((envelope, vec![class])),
        }
    }
    groups
}
