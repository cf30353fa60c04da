//! Changes as they are found, put together: those that are the same for several ids or endpoints
//! are one.

use std::collections::BTreeMap;

use portolan_core::instant::Instant;

use super::{Change, Moment};

/// Changes by instant.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    by_instant: BTreeMap<Instant, Vec<Change>>,
}

impl Gathered {
    /// Adds a change of one id through one endpoint.
    pub(super) fn add(&mut self, at: Instant, change: Change) {
        self.by_instant.entry(at).or_default().push(change);
    }

    /// Instants in order; changes of the same kind in the order of the catalog.
    pub(super) fn moments(self) -> Vec<Moment> {
        let moments = self.by_instant.into_iter();
        let moments = moments.map(|(at, changes)| {
            let same =
                |a: &Change, b: &Change| a.what == b.what && a.who == b.who && a.causes == b.causes;
            let by_id = together(changes, |a, b| same(a, b) && a.ids == b.ids);
            let mut changes = together(by_id, |a, b| same(a, b) && a.endpoints == b.endpoints);
            changes.sort_by_key(Change::kind);
            Moment { at, changes }
        });
        moments.collect()
    }
}

/// Joins each change with the first that is the same.
fn together(changes: Vec<Change>, same: impl Fn(&Change, &Change) -> bool) -> Vec<Change> {
    let mut joined: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        let Some(known) = joined.iter_mut().find(|known| same(known, &change)) else {
            joined.push(change);
            continue;
        };
        for id in change.ids {
            if !known.ids.contains(&id) {
                known.ids.push(id);
            }
        }
        for endpoint in change.endpoints {
            if !known.endpoints.contains(&endpoint) {
                known.endpoints.push(endpoint);
            }
        }
    }
    joined
}
