//! Whether some model routes, for every class of the other fields and every date.
//!
//! What is left of the requests in question is what no model so far routes. The models of a
//! catalog are gone through until nothing is left, or no model.

use portolan_core::diagram::survey::{Class, Inconclusive, Region, Standing, Survey};
use portolan_core::policy::{BodyField, Goal, Term};
use portolan_core::request::Draft;

use super::{Reason, Search};
use crate::prove::replay;
use crate::witness::witness;

/// Answers the questions of this kind.
pub(super) fn complete(survey: &mut Survey<'_>, searches: &mut [Search<'_>]) {
    for search in searches {
        let Goal::SomeModelRoutes(_) = search.prove.goal else {
            continue;
        };
        let called = Term::Body(BodyField::Model);
        if search.prove.filter.terms().contains(&&called) {
            search.reason = Some(Reason::NamesModel);
        } else if look(survey, search).is_err() {
            search.reason = Some(Reason::TooLarge);
        }
    }
}

/// What is left of one endpoint's requests: the region, and its classes with the first id whose
/// condition may hold, once every id was looked at.
fn look(survey: &mut Survey<'_>, search: &mut Search<'_>) -> Result<(), Inconclusive> {
    let condition = search.asked.claim.ok_or(Inconclusive)?;
    let mut endpoint = None;
    let mut left = Region::NONE;
    let mut classes: Vec<Class> = Vec::new();
    let mut unserved: Vec<Class> = Vec::new();
    let mut cut = false;
    survey.together(&mut |chart| {
        if endpoint != Some(chart.endpoint()) {
            cut |= classes.len() >= FEW;
            unserved.append(&mut classes);
            endpoint = Some(chart.endpoint());
            left = search.wanted(chart)?;
            search.covered.slices += 1;
        }
        search.covered.ids += 1;
        let Some(member) = chart.members().first() else {
            return Ok(true);
        };
        if chart.standing() == Standing::Model {
            search.covered.classes += chart.count(left);
            let during = chart.during(member)?;
            for candidate in 0..chart.candidates().len() {
                let survives = chart.survives(candidate, true)?;
                let fulfils = chart.topic(condition, Some(candidate))?;
                let mut serves = chart.and(survives, fulfils)?;
                serves = chart.and(serves, during)?;
                left = chart.without(left, serves)?;
            }
        }
        classes.clear();
        if left.is_empty() {
            return Ok(false);
        }
        // Only the last id's are kept: nobody is left who might serve them.
        chart.classes(left, member, &mut |class| {
            classes.push(class.clone());
            classes.len() < FEW
        });
        Ok(true)
    })?;
    cut |= classes.len() >= FEW;
    unserved.append(&mut classes);
    if cut {
        search.reason = Some(Reason::NotReplayed);
    }
    for class in unserved {
        // A body of which nothing can be read names no model, and none would help it.
        let named = replay::named(search.engine, &class);
        let classes = named.into_iter().chain([replay::nameless(&class)]);
        // A class that nobody can post a request of is none.
        let drafts = classes.filter_map(|class| witness(search.engine, &class));
        let drafts: Vec<Draft> = drafts.collect();
        let mut refutations = drafts.iter().filter_map(|draft| {
            let found = replay::unserved(search.engine, search.prove, draft.clone());
            found.filter(|found| (search.posted)(&found.draft))
        });
        if let Some(refutation) = refutations.next() {
            search.found = Some(Box::new(refutation));
            return Ok(());
        }
        if !drafts.is_empty() {
            search.reason = Some(Reason::NotReplayed);
        }
    }
    Ok(())
}

/// Classes of one endpoint that are tried.
const FEW: usize = 64;
