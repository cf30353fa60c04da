//! Which model follows which, and when: what several lints of catalogs ask.

use portolan_core::catalog::Model;
use portolan_core::instant::{Dated, Instant};

use crate::context::Context;

/// A model, and the one that is to replace it.
pub(crate) struct Succession<'a> {
    /// The model.
    pub(crate) model: &'a Model,
    /// Its successor.
    pub(crate) successor: &'a Model,
    /// When the model retires; today, if it does not.
    pub(crate) when: Instant,
}

/// Every model that has a successor, in the catalog's order.
pub(crate) fn successions<'a>(context: &'a Context<'_>) -> impl Iterator<Item = Succession<'a>> {
    let catalog = context.engine.catalog();
    catalog.models.iter().filter_map(|model| {
        Some(Succession {
            model,
            successor: catalog.model(model.successor?)?,
            when: model.retires.unwrap_or(context.today),
        })
    })
}

/// What a fact is until the very end: just before an instant.
pub(crate) fn just_before<T>(fact: &Dated<T>, when: Instant) -> Option<&T> {
    let mut periods = fact.periods().iter().rev();
    let last = periods.find(|(window, _)| window.from.is_none_or(|from| from < when));
    last.map(|(_, value)| value)
}
