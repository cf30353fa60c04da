//! What would have to be added to a refuted question for its answer to be yes: one condition
//! that every request which refutes it breaks, and every fallback that might.

use portolan_core::diagram::survey::{Bound, Bounded, Flag, Number, Region, Survey, TextField};

use super::{Search, chains};
use crate::words;

/// A condition under which no request of any slice seen so far refutes a question.
struct Mend {
    unless: Unless,
    /// Requests that the question is about are left, and may route where it is about attempts.
    leaves: bool,
}

/// What is ruled out.
enum Unless {
    /// Not through this endpoint.
    Endpoint(usize),
    /// Not within this bound.
    Bound(Bound),
}

/// Finds them for every question that was refuted.
pub(super) fn complete(survey: &mut Survey<'_>, searches: &mut [Search<'_>]) {
    let mut open: Vec<(&mut Search<'_>, Vec<Mend>)> = Vec::new();
    for search in searches {
        if let Some(class) = search.class.take() {
            let bounds = class.bounds.into_iter().filter(worth);
            let bounds = bounds.map(Unless::Bound);
            let endpoint = Unless::Endpoint(class.endpoint.index());
            let all = std::iter::once(endpoint).chain(bounds);
            let mend = |unless| Mend {
                unless,
                leaves: false,
            };
            open.push((search, all.map(mend).collect()));
        }
    }
    if open.is_empty() {
        return;
    }
    let whole = survey.each(&mut |chart| {
        for (search, left) in &mut open {
            let (mut wanted, mut against) = search.against(chart, None)?;
            if search.asked.every().is_some() {
                wanted = chart.routing(wanted, true)?;
                let suspects = chains::suspects(search, chart, None)?;
                against = chart.or(against, suspects)?;
            }
            let mut kept = Vec::new();
            for mut mend in left.drain(..) {
                let within = match &mend.unless {
                    Unless::Endpoint(endpoint) if chart.endpoint().index() == *endpoint => {
                        Region::ALL
                    }
                    Unless::Endpoint(_) => Region::NONE,
                    Unless::Bound(bound) => chart.bounded(bound)?,
                };
                mend.leaves |= !chart.without(wanted, within)?.is_empty();
                if chart.without(against, within)?.is_empty() {
                    kept.push(mend);
                }
            }
            *left = kept;
        }
        Ok(())
    });
    if whole.is_err() {
        return;
    }
    for (search, left) in open {
        let engine = search.engine;
        let left = left.iter().filter(|mend| mend.leaves);
        let said = left.filter_map(|mend| match &mend.unless {
            // What a fallback overrides is asked of every attempt's own request.
            Unless::Bound(bound) if search.asked.every().is_some() && of_body(bound) => {
                let within = words::within(engine, bound)?;
                Some(format!("every attempt … or {within}"))
            }
            Unless::Bound(bound) => Some(format!("where {}", words::unless(engine, bound)?)),
            Unless::Endpoint(endpoint) => {
                let endpoints = &engine.catalog().endpoints;
                let name = &endpoints
                    .get(*endpoint)
                    .filter(|_| endpoints.len() > 1)?
                    .name;
                Some(format!("where request.endpoint != {name}"))
            }
        });
        if let Some(found) = &mut search.found {
            found.mends = said.collect();
        }
    }
}

/// Says whether a fallback may override the field of a bound.
fn of_body(bound: &Bound) -> bool {
    match bound.field {
        Bounded::Flag(flag) => !matches!(flag, Flag::Auth | Flag::ChainFault | Flag::Retry),
        Bounded::Text(text) => !matches!(text, TextField::AuthHeader),
        Bounded::Number(number) => !matches!(number, Number::Depth | Number::Count),
        Bounded::Set(_) => true,
        Bounded::Attribute(_) | Bounded::At => false,
    }
}

/// Says whether somebody would ask about a field: not about faults, and not how many fallbacks
/// there are.
fn worth(bound: &Bound) -> bool {
    match bound.field {
        Bounded::Flag(flag) => !matches!(flag, Flag::Fault | Flag::ChainFault),
        Bounded::Number(number) => !matches!(number, Number::Depth | Number::Count),
        Bounded::Text(_) | Bounded::Set(_) | Bounded::Attribute(_) | Bounded::At => true,
    }
}
