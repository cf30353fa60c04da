//! States in which a plan that has room for only so many attempts comes to a certain one: as much
//! as can be is put aside, and that one is not.
//!
//! What is known of a route is nobody else's: each is put aside by itself, as long as some rule can
//! do it. What is known of a model is common to its routes, and gone through.

use std::collections::BTreeSet;

use portolan_core::catalog::Route;
use portolan_core::engine::{About, Engine};
use portolan_core::limits;
use portolan_core::policy::{Claim, Goal, Prove, RuleKind};
use portolan_core::request::{Draft, Request, State, Usage};

use super::replay::{Refutation, in_state};
use crate::counts::counted;

/// A request that refutes a claim about attempts in such a state.
pub(super) fn refutation(engine: &Engine, prove: &Prove, draft: &Draft) -> Option<Refutation> {
    engine.policy().plan_at_most?;
    let Goal::Claim { claim, .. } = &prove.goal else {
        return None;
    };
    let Claim::Every(condition) = claim else {
        return None;
    };
    let request = engine.request(draft.clone()).ok()?;
    let sold = sold(engine, draft);
    let breaks =
        |place: &Place| !engine.fulfils(&request, place.fallback, Some(place.route), condition);
    let refutes = |state: &State| in_state(engine, prove, draft, state);
    let mut left = limits::STATES_TRIED;
    for place in sold.iter().filter(|place| breaks(place)) {
        for state in (Aside {
            engine,
            request: &request,
            sold: &sold,
        })
        .states(place)
        {
            left = left.checked_sub(1)?;
            if refutes(&state).is_some() {
                return refutes(&smallest(&state, &|state| refutes(state).is_some()));
            }
        }
    }
    None
}

/// A state without what need not be known.
fn smallest(state: &State, refutes: &dyn Fn(&State) -> bool) -> State {
    let mut small = state.clone();
    for model in state.models.keys() {
        let mut without = small.clone();
        without.models.remove(model);
        if refutes(&without) {
            small = without;
        }
    }
    for (names, _) in state.routes.iter() {
        let mut without = State {
            models: small.models.clone(),
            ..State::default()
        };
        for (other, usage) in small.routes.iter().filter(|(other, _)| *other != names) {
            without.routes.insert(owned(other), usage);
        }
        if refutes(&without) {
            small = without;
        }
    }
    small
}

fn owned([model, region, endpoint]: [&str; 3]) -> (String, String, String) {
    (model.to_owned(), region.to_owned(), endpoint.to_owned())
}

/// A candidate of a request or of one of its fallbacks, and what its state is known by.
#[derive(Debug, Clone)]
struct Place {
    fallback: Option<usize>,
    route: Route,
    names: (String, String, String),
}

/// Every candidate of a request's chain.
fn sold(engine: &Engine, draft: &Draft) -> Vec<Place> {
    let catalog = engine.catalog();
    let fallbacks = draft.fallbacks.iter().enumerate();
    let fallbacks = fallbacks.map(|(at, body)| (Some(at), &body.model));
    let mut places = Vec::new();
    for (fallback, model) in std::iter::once((None, &draft.body.model)).chain(fallbacks) {
        let mut alone = draft.clone();
        alone.fallbacks.clear();
        alone.body.model = model.clone().or(alone.body.model);
        let Ok(request) = engine.request(alone) else {
            continue;
        };
        for route in engine.candidates(&request) {
            let Some(offering) = catalog.offering(route.offering) else {
                continue;
            };
            let model = catalog.model(offering.model).map_or("", |own| &own.id);
            let region = catalog.region(offering.region).map_or("", |own| &own.name);
            let endpoint = catalog.endpoint(route.endpoint).map_or("", |own| &own.name);
            places.push(Place {
                fallback,
                route,
                names: owned([model, region, endpoint]),
            });
        }
    }
    places
}
/// Puts candidates aside.
struct Aside<'a> {
    engine: &'a Engine,
    request: &'a Request,
    sold: &'a [Place],
}

impl<'a> Aside<'a> {
    /// States in which one candidate is left in and the others are put aside: of its own effective
    /// request, then of the whole chain.
    fn states(self, wanted: &'a Place) -> impl Iterator<Item = State> + 'a {
        let usages = self.usages();
        let chained = self.sold.iter().any(|p| p.fallback != wanted.fallback);
        let whole = [false, true].into_iter().take(1 + usize::from(chained));
        let each = whole
            .flat_map(move |whole| usages.clone().into_iter().map(move |usage| (whole, usage)));
        let usages = self.usages();
        each.map(move |(whole, of_model)| {
            let mut state = State::default();
            if of_model != Usage::default() {
                state.models.insert(wanted.names.0.clone(), of_model);
            }
            for place in self.sold {
                let own = place.fallback == wanted.fallback;
                let known = state
                    .routes
                    .get(&place.names.0, &place.names.1, &place.names.2);
                if known.is_some() || !own && !whole {
                    continue;
                }
                let aside = !(own && place.route == wanted.route);
                for usage in &usages {
                    let mut other = state.clone();
                    if *usage != Usage::default() {
                        other.routes.insert(place.names.clone(), *usage);
                    }
                    if self.is_aside(place, &other) == aside {
                        state = other;
                        break;
                    }
                }
            }
            state
        })
    }

    /// Says whether some rule puts a candidate aside.
    fn is_aside(&self, place: &Place, state: &State) -> bool {
        let about = About {
            request: self.request,
            state,
            fallback: place.fallback,
            route: Some(place.route),
        };
        let rules = self.engine.policy().rules.iter();
        let mut skips = rules.filter(|rule| matches!(rule.kind, RuleKind::Skip(_)));
        skips.any(|rule| {
            rule.window.contains(self.request.at())
                && self.engine.truth(about, &rule.when) == Some(true)
        })
    }

    /// What may be known of a model or route: something on either side of every number that a rule
    /// compares it with. Nothing comes first.
    fn usages(&self) -> Vec<Usage> {
        let around = |number: i64| [number.checked_sub(1), Some(number), number.checked_add(1)];
        let numbers = counted(self.engine.policy()).into_iter().flat_map(around);
        let numbers = numbers.flatten().filter(|number| *number >= 0);
        let numbers: BTreeSet<i64> = numbers.collect();
        let used = std::iter::once(None).chain(numbers.into_iter().map(Some));
        let used: Vec<Option<i64>> = used.take(NUMBERS).collect();
        let healthy = [None, Some(false), Some(true)];
        let all = healthy.into_iter().flat_map(|healthy| {
            used.iter().map(move |used| Usage {
                healthy,
                used: *used,
                reset_s: None,
            })
        });
        all.collect()
    }
}

/// Numbers of requests that are tried.
const NUMBERS: usize = 32;
