//! The requests that break a claim or a premise, as regions: of primaries and of fallbacks, where a
//! plan has room for all survivors and where it has not.

use portolan_core::diagram::survey::{Chart, Inconclusive, Likeness, Likenesses, Region};
use portolan_core::policy::Claim;

use super::topics::Asked;

/// Candidates that are known not to break a condition on attempts, by their likeness: of one survey,
/// one condition, and requests that are in question by nothing but themselves and their model.
pub(super) type Kept = Likenesses;

/// The requests of a region of which a claim is not true that is not about attempts.
pub(super) fn breaking(
    chart: &mut Chart<'_>,
    claim: &Claim,
    among: Region,
) -> Result<Region, Inconclusive> {
    if among.is_empty() {
        return Ok(among);
    }
    match claim {
        Claim::Routes => {
            let routes = chart.routing(among, true)?;
            chart.without(among, routes)
        }
        Claim::Refused => chart.routing(among, true),
        Claim::RefusedWith(code) => {
            let policy = chart.policy();
            let refused = chart.refused_by(true, &|id| {
                policy
                    .rule(id)
                    .is_some_and(|rule| rule.kind.code() == &**code)
            })?;
            chart.without(among, refused)
        }
        Claim::Every(_) => Err(Inconclusive),
    }
}

/// The requests of a region of which a premise may be true. What it says of every attempt it says
/// of those of a fallback as well, and of those alone that are in the plan: where a plan has room
/// for only some, one survivor that fulfils the condition may be all there is.
pub(super) fn given(
    chart: &mut Chart<'_>,
    premise: &Claim,
    topic: Option<usize>,
    primary: bool,
    among: Region,
) -> Result<Region, Inconclusive> {
    let Claim::Every(_) = premise else {
        let breaks = breaking(chart, premise, among)?;
        return chart.without(among, breaks);
    };
    let topic = topic.ok_or(Inconclusive)?;
    let most = chart.policy().plan_at_most.unwrap_or(usize::MAX);
    let breaks = if most < chart.candidates().len() {
        let mut breaks = chart.routing(among, primary)?;
        for candidate in 0..chart.candidates().len() {
            let survives = chart.survives(candidate, primary)?;
            let fulfils = chart.topic(topic, Some(candidate))?;
            let fulfils = chart.and(survives, fulfils)?;
            breaks = chart.without(breaks, fulfils)?;
        }
        breaks
    } else {
        let survivors = breaking_survivors(chart, topic, among, None)?;
        let breaks = any(chart, &survivors)?;
        chart.passing(breaks, primary)?
    };
    chart.without(among, breaks)
}

/// The requests of a region of which every premise about attempts is true, and some attempt does
/// not fulfil the claim's condition. What is small is looked at first: where no legal candidate
/// breaks it, no refuse rule is asked.
pub(super) fn violating(
    chart: &mut Chart<'_>,
    asked: &Asked,
    primary: bool,
    among: Region,
    kept: Option<&mut Kept>,
) -> Result<Region, Inconclusive> {
    let topic = asked.every().ok_or(Inconclusive)?;
    let mut survivors = breaking_survivors(chart, topic, among, kept)?;
    if survivors.is_empty() {
        return Ok(Region::NONE);
    }
    if let Some(room) = chart.room()? {
        let mut fulfil = Vec::with_capacity(chart.candidates().len());
        for candidate in 0..chart.candidates().len() {
            let mut fulfils = Region::ALL;
            for premise in asked.premises.iter().flatten() {
                let one = chart.topic(*premise, Some(candidate))?;
                fulfils = chart.and(fulfils, one)?;
            }
            fulfil.push(fulfils);
        }
        for (candidate, violates) in &mut survivors {
            *violates = chart.planned(&room, *violates, *candidate, &fulfil)?;
        }
    } else {
        for premise in asked.premises.iter().flatten() {
            let breaks = breaking_survivors(chart, *premise, among, None)?;
            let breaks = any(chart, &breaks)?;
            for (_, violates) in &mut survivors {
                *violates = chart.without(*violates, breaks)?;
            }
        }
    }
    let any = any(chart, &survivors)?;
    chart.passing(any, primary)
}

/// The candidates that may break a condition on attempts, each with the requests of a region for
/// which it is legal and does. Those that are like one that does not are not looked at again.
fn breaking_survivors(
    chart: &mut Chart<'_>,
    topic: usize,
    among: Region,
    mut kept: Option<&mut Kept>,
) -> Result<Vec<(usize, Region)>, Inconclusive> {
    let mut survivors = Vec::new();
    for candidate in 0..chart.candidates().len() {
        let likeness = chart.likeness(candidate);
        let known = |(kept, likeness): (&&mut Kept, Likeness)| kept.contains(likeness);
        if kept.as_ref().zip(likeness).is_some_and(known) {
            continue;
        }
        let fulfils = chart.topic(topic, Some(candidate))?;
        let mut violates = chart.without(among, fulfils)?;
        if !violates.is_empty() {
            let legal = chart.legal(candidate)?;
            violates = chart.and(legal, violates)?;
        }
        if !violates.is_empty() {
            survivors.push((candidate, violates));
        } else if let Some((kept, likeness)) = kept.as_mut().zip(likeness) {
            kept.insert(likeness);
        }
    }
    Ok(survivors)
}

/// The requests of any of some regions.
fn any(chart: &mut Chart<'_>, regions: &[(usize, Region)]) -> Result<Region, Inconclusive> {
    let mut any = Region::NONE;
    for (_, region) in regions {
        any = chart.or(any, *region)?;
    }
    Ok(any)
}
