//! What is sold, where, when and for how much: what several lints of catalogs ask.

use portolan_core::catalog::{Catalog, EndpointId, Model, Offering, OfferingId, Route, raw};
use portolan_core::decimal::Decimal;
use portolan_core::instant::{Instant, Window};

/// When a model can be called.
pub(crate) fn life(model: &Model) -> Window {
    Window {
        from: model.released,
        until: model.retires,
    }
}

/// The stretch that two windows share, where there is one.
pub(crate) fn shared(one: Window, other: Window) -> Option<Window> {
    let until = match (one.until, other.until) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let both = Window {
        from: one.from.max(other.from),
        until,
    };
    let empty = matches!((both.from, both.until), (Some(from), Some(until)) if until <= from);
    (!empty).then_some(both)
}

/// When an offering can be called: in its own window, while its model lives.
pub(crate) fn sold(model: &Model, offering: &Offering) -> Option<Window> {
    shared(life(model), offering.window)
}

/// A model's offerings.
pub(crate) fn offerings<'a>(
    catalog: &'a Catalog,
    model: &'a Model,
) -> impl Iterator<Item = (OfferingId, &'a Offering)> {
    let ids = model.offerings.iter().copied();
    ids.filter_map(|id| Some((id, catalog.offering(id)?)))
}

/// The endpoints that reach an offering.
pub(crate) fn endpoints(
    catalog: &Catalog,
    offering: OfferingId,
) -> impl Iterator<Item = EndpointId> {
    let ids = (0..).map(EndpointId).zip(&catalog.endpoints);
    ids.map(|(endpoint, _)| endpoint).filter(move |endpoint| {
        catalog.reaches(Route {
            offering,
            endpoint: *endpoint,
        })
    })
}

/// A price that a route has at an instant, for few tokens in the standard tier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sale<'a> {
    /// What is sold.
    pub(crate) offering: &'a Offering,
    /// Dollars for a million input tokens.
    pub(crate) input: Decimal,
    /// Dollars for a million output tokens.
    pub(crate) output: Decimal,
}

/// What a model costs at an instant in each of its offerings whose price is known.
pub(crate) fn sales<'a>(
    catalog: &'a Catalog,
    model: &'a Model,
    at: Instant,
) -> impl Iterator<Item = Sale<'a>> {
    offerings(catalog, model).filter_map(move |(id, offering)| {
        sold(model, offering).filter(|window| window.contains(at))?;
        let endpoint = endpoints(catalog, id).next()?;
        let route = Route {
            offering: id,
            endpoint,
        };
        let price = catalog.price(route, at, 0, None).value;
        Some(Sale {
            offering,
            input: price.input?,
            output: price.output?,
        })
    })
}

/// Whether one amount is more than so many times another.
pub(crate) fn more_than(amount: Decimal, times: i64, other: Decimal) -> bool {
    i128::from(amount.billionths()) > i128::from(times) * i128::from(other.billionths())
}

/// Every row of prices of a catalog, as written.
pub(crate) fn rows(file: &raw::Catalog) -> impl Iterator<Item = &raw::PriceRow> {
    let models = file.models.iter().map(|model| &model.value);
    models.flat_map(|model| {
        let own = model
            .offerings
            .iter()
            .filter_map(|offering| offering.own.as_ref());
        model.price.iter().chain(own.flat_map(|own| &own.price))
    })
}
