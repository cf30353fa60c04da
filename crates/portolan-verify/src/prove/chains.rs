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
use portolan_core::policy::Goal;

use super::breaks::{Kept, given, violating};
use super::{Reason, Search};
use crate::witness::with_fallback;

/// The effective requests of fallbacks that may stand behind a request in question, and would
/// refute a claim about attempts.
pub(super) fn suspects(
    search: &Search<'_>,
    chart: &mut Chart<'_>,
    kept: Option<&mut Kept>,
) -> Result<Region, Inconclusive> {
    let mut behind = chart.behind(search.asked.filter)?;
    let between = chart.topic(search.asked.between, None)?;
    behind = chart.and(behind, between)?;
    // Its attempts are attempts of the plan, of which the premises have to be true.
    violating(chart, search.asked, false, behind, kept)
}

/// Notes the classes of fallbacks that would refute a claim.
pub(super) fn suspect(search: &mut Search<'_>, chart: &mut Chart<'_>) -> Result<(), Inconclusive> {
    let mut kept = std::mem::take(&mut search.kept.fallbacks);
    let suspects = suspects(search, chart, Some(&mut kept));
    search.kept.fallbacks = kept;
    let suspects = suspects?;
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
            search.crowded.insert(chart.endpoint());
            break;
        }
    }
    Ok(())
}

/// Looks for a request for every class of fallbacks that was noted, until one chain refutes the
/// claim.
pub(super) fn complete(survey: &mut Survey<'_>, searches: &mut [Search<'_>]) {
    let noted = |search: &Search<'_>| !search.inner.is_empty() || !search.crowded.is_empty();
    let open = |search: &Search<'_>| search.found.is_none() && noted(search);
    if !searches.iter().any(open) {
        return;
    }
    let each = survey.each(&mut |chart| {
        for search in searches.iter_mut().filter(|search| open(search)) {
            if outer(search, chart).is_err() {
                search.reason.get_or_insert(Reason::TooLarge);
            }
        }
        Ok(())
    });
    if each.is_err() {
        for search in searches.iter_mut().filter(|search| open(search)) {
            search.reason.get_or_insert(Reason::TooLarge);
        }
    }
}

/// The requests in question that route, of one slice, each with every fallback that was noted.
fn outer(search: &mut Search<'_>, chart: &mut Chart<'_>) -> Result<(), Inconclusive> {
    let Goal::Claim { premises, .. } = &search.prove.goal else {
        return Ok(());
    };
    let endpoint = chart.endpoint();
    let here = |inner: &&Class| inner.endpoint == endpoint;
    let crowded = search.crowded.contains(&endpoint);
    if !crowded && !search.inner.iter().any(|inner| here(&inner)) {
        return Ok(());
    }
    let wanted = search.wanted(chart)?;
    let mut wanted = chart.routing(wanted, true)?;
    for (premise, topic) in premises.iter().zip(&search.asked.premises) {
        wanted = given(chart, premise, *topic, true, wanted)?;
    }
    // Where no request is in question that routes, none has fallbacks either.
    if wanted.is_empty() {
        return Ok(());
    }
    if crowded {
        search.reason.get_or_insert(Reason::NotReplayed);
    }
    let inner: Vec<Class> = search.inner.iter().filter(here).cloned().collect();
    let tried_all = in_front(chart, wanted, &inner, &mut |outer, inner| {
        if let Some(draft) = with_fallback(search.engine, outer, inner) {
            if search.offer(&draft, inner) {
                return false;
            }
            search.reason.get_or_insert(Reason::NotReplayed);
        }
        true
    })?;
    if !tried_all {
        search.reason.get_or_insert(Reason::NotReplayed);
    }
    Ok(())
}

/// Visits the classes of a region, each with every class of fallbacks that it may have, until a
/// visit wants no more. Says whether there were few enough to visit them all.
pub(crate) fn in_front(
    chart: &mut Chart<'_>,
    region: Region,
    inner: &[Class],
    visit: &mut dyn FnMut(&Class, &Class) -> bool,
) -> Result<bool, Inconclusive> {
    if region.is_empty() {
        return Ok(true);
    }
    let (mut left, mut more) = (limits::PROVE_PAIRS, true);
    for (envelope, inner) in by_envelope(inner.iter()) {
        let mut region = region;
        for bound in envelope {
            let within = chart.bounded(bound)?;
            // Nothing is said where this slice has no such bound.
            if !within.is_empty() {
                region = chart.and(region, within)?;
            }
        }
        for member in chart.members() {
            let during = chart.during(member)?;
            let own = chart.and(region, during)?;
            chart.classes(own, member, &mut |outer| {
                for inner in &inner {
                    if left == 0 || !more {
                        return false;
                    }
                    left -= 1;
                    more = visit(outer, inner);
                }
                left > 0 && more
            });
            if !more {
                return Ok(true);
            }
        }
    }
    Ok(left > 0)
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
