//! The instants at which an answer may change because of what no rule reads: a price, a place.

use portolan_core::catalog::{Catalog, Offering, Route};
use portolan_core::instant::{Dated, Instant, Window};

use super::prices;

/// Both ends of a window.
fn ends(window: Window) -> impl Iterator<Item = Instant> {
    [window.from, window.until].into_iter().flatten()
}

/// Every end of a fact's periods.
pub(super) fn periods<T>(fact: &Dated<T>) -> impl Iterator<Item = Instant> {
    fact.periods().iter().flat_map(|(window, _)| ends(*window))
}

/// When a route's price, or the places that an answer shows, may change.
pub(super) fn shown(catalog: &Catalog, route: Route) -> Vec<Instant> {
    let mut found: Vec<Instant> = prices::rows(catalog, route)
        .iter()
        .flat_map(|row| ends(row.window))
        .collect();
    let Some(offering) = catalog.offering(route.offering) else {
        return found;
    };
    found.extend(periods(&offering.multiplier));
    found.extend(placed(offering, route));
    if let Some(region) = catalog.region(offering.region) {
        found.extend(periods(&region.multiplier));
        found.extend(periods(&region.processing));
        found.extend(periods(&region.storage));
    }
    for provider in &offering.providers {
        if let Some(provider) = catalog.provider(*provider) {
            found.extend(periods(&provider.processing));
            found.extend(periods(&provider.storage));
        }
    }
    found
}

fn placed(offering: &Offering, route: Route) -> Vec<Instant> {
    let pair = offering.pairs.iter().find(|p| p.endpoint == route.endpoint);
    let pair = pair.into_iter().flat_map(|p| [&p.processing, &p.storage]);
    let own = [&offering.processing, &offering.storage];
    own.into_iter().chain(pair).flat_map(periods).collect()
}
