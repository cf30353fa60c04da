//! What a request is tried in before it is given up: states in which some routes are put aside, and
//! the roles of a region.

use std::collections::BTreeSet;

use portolan_core::diagram::survey::pair::Role;
use portolan_core::request::{Draft, State, Usage};

use super::boxes::{self, Region};
use super::make::Make;
use crate::counts::counted;

/// States that are tried for one request, at most.
const STATES: usize = 120;

/// Models that are tried in front of a fallback, at most.
const FRONTS: usize = 24;

impl Make<'_> {
    /// States in which all routes but one, but two and so on are put aside.
    pub(super) fn with_others_aside(&self, draft: &Draft, state: &State) -> Vec<State> {
        let mut routes = Vec::new();
        for engine in self.engines {
            let request = engine.request(draft.clone());
            let target = request.ok().and_then(|request| request.primary().target);
            let catalog = engine.catalog();
            let Some(model) = target.and_then(|target| catalog.model(target.model)) else {
                continue;
            };
            for offering in model
                .offerings
                .iter()
                .filter_map(|id| catalog.offering(*id))
            {
                for endpoint in &catalog.endpoints {
                    let region = catalog.region(offering.region).map_or("", |r| &r.name);
                    let names = [&*model.id, region, &*endpoint.name].map(str::to_owned);
                    if !routes.contains(&names) {
                        routes.push(names);
                    }
                }
            }
        }
        let aside = |bad: Usage, kept: &dyn Fn(usize) -> bool| {
            let mut state = state.clone();
            for (position, names) in routes.iter().enumerate() {
                if !kept(position) {
                    let [model, region, endpoint] = names.clone();
                    state.routes.insert((model, region, endpoint), bad);
                }
            }
            state
        };
        let mut states = Vec::new();
        for used in self.usages() {
            let bad = Usage {
                healthy: Some(false),
                used: Some(used),
                reset_s: None,
            };
            for one in 0..routes.len() {
                states.push(aside(bad, &|position| position == one));
                states.push(aside(bad, &|position| position != one));
            }
        }
        states.truncate(STATES);
        states
    }

    /// Usages at which rules that put routes aside may change their minds.
    fn usages(&self) -> BTreeSet<i64> {
        let mut found = BTreeSet::from([i64::MAX]);
        for engine in self.engines {
            found.extend(counted(engine.policy()));
        }
        found
    }

    /// The request in the roles that the region has: as it is, then beside itself as a fallback,
    /// then as a fallback of something else.
    pub(super) fn roles(&self, region: &Region, draft: &Draft) -> Vec<Draft> {
        let mut drafts = Vec::new();
        let mut chained = draft.clone();
        chained.fallbacks = vec![draft.body.clone()];
        chained.chain.count = chained.chain.count.max(1);
        if boxes::role(region) != Some(Role::Fallback) {
            drafts.push(draft.clone());
            drafts.push(chained.clone());
            return drafts;
        }
        drafts.push(chained.clone());
        let [_, new] = self.engines;
        for model in new.catalog().models.iter().take(FRONTS) {
            let mut other = chained.clone();
            other.body.model = Some(model.id.to_string());
            drafts.push(other.clone());
            other.body = Draft::new(&*model.id, draft.at).body;
            drafts.push(other);
        }
        drafts
    }
}
