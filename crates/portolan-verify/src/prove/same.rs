//! Whether every request is decided as another policy decides it: the comparison of the two has
//! no change of any request in question, but for words.

use portolan_core::engine::Engine;
use portolan_core::policy::Goal;

use super::{Reason, Refutation, Search};
use crate::diff::{Direction, Sample, diff};

/// Answers the questions of this kind, with the other policies by the paths that they are named by.
pub(super) fn complete(searches: &mut [Search<'_>], others: &dyn Fn(&str) -> Option<Engine>) {
    for search in searches {
        let Goal::SameDecisionAs { path, .. } = &search.prove.goal else {
            continue;
        };
        match others(path) {
            Some(other) => compare(search, &other),
            None => search.reason = Some(Reason::OtherPolicy),
        }
    }
}

fn compare(search: &mut Search<'_>, other: &Engine) {
    let (engine, prove) = (search.engine, search.prove);
    search.covered.ids = engine.catalog().models.len() + engine.catalog().aliases.len();
    search.covered.slices = engine.catalog().endpoints.len();
    let diff = diff(other, engine);
    if !diff.inconclusive.is_empty() {
        search.reason = Some(Reason::TooLarge);
    }
    if !diff.declared.is_empty() {
        search.reason = Some(Reason::OtherInputs);
    }
    let changes = diff.groups.iter().flat_map(|group| &group.changes);
    let decided = |direction: &Direction| *direction != Direction::Rewords;
    for change in changes.filter(|change| change.directions.iter().any(decided)) {
        for affected in &change.regions {
            search.covered.classes += 1;
            // Where no body that is posted lies, nothing refutes.
            let Some(Sample { draft, state, .. }) = &affected.sample else {
                continue;
            };
            let Ok(request) = engine.request(draft.clone()) else {
                continue;
            };
            let about = prove.between.contains(request.at())
                && engine.fulfils(&request, None, None, &prove.filter);
            if !about || !(search.posted)(draft) {
                // Another request of the region may be in question.
                search.reason.get_or_insert(Reason::NotReplayed);
                continue;
            }
            search.found = Some(Box::new(Refutation {
                draft: draft.clone(),
                state: state.clone(),
                judgement: engine.judge(&request, state),
                attempt: None,
                through: Vec::new(),
                mends: Vec::new(),
            }));
            return;
        }
    }
}
