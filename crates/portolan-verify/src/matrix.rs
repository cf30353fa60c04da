//! Which model is available where, through which endpoint, when, and at what price.
//!
//! Every row is one route: an offering through an endpoint. What stands in it was decided by the
//! engine, for a request that holds nothing but what it needs to ask for that offering; nothing
//! is concluded from the catalog alone. Sorting is `order`'s, asking is `ask`'s, the instants at
//! which a row may change are `clock`'s. Nothing here prints.

mod ask;
mod clock;
mod order;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ask::Asker;
use clock::Clock;
pub use order::By;
use portolan_core::catalog::{
    Catalog, Endpoint, EndpointId, Maker, MakerId, Model, ModelId, Offering, Price, Provider,
    ProviderId, Region, RegionId, Retention, Route,
};
use portolan_core::decision::Snapshot;
use portolan_core::engine::Engine;
use portolan_core::instant::{Instant, Window};
use portolan_core::policy::{BodyField, Glob};
use portolan_core::request::RequestErrors;

/// A table of what is available, over a stretch of time.
#[derive(Debug, Clone)]
pub struct Matrix<'e> {
    /// Of which catalog and policy.
    pub snapshot: Snapshot,
    /// The policy's name.
    pub policy: &'e str,
    /// What was asked for.
    pub span: Span,
    /// The instants from which some row reads differently; the first is the start of the span.
    pub instants: Vec<Instant>,
    /// One a route, in catalog order until sorted.
    pub rows: Vec<Row<'e>>,
}

/// One route: an offering through an endpoint.
#[derive(Debug, Clone)]
pub struct Row<'e> {
    /// Which.
    pub route: Route,
    /// The model's position in the catalog.
    pub model_id: ModelId,
    /// The model.
    pub model: &'e Model,
    /// Who trained it.
    pub maker: Option<&'e Maker>,
    /// Who runs it; every one of them may.
    pub providers: Vec<&'e Provider>,
    /// The region it is sold in.
    pub region: &'e Region,
    /// The endpoint called.
    pub endpoint: &'e Endpoint,
    /// When it can be had by the catalog: sold, released, not yet retired.
    pub window: Window,
    /// What holds, from when; the first begins with the span.
    pub periods: Vec<Period<'e>>,
}

/// What holds of a route from an instant on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period<'e> {
    /// From when, within the span.
    pub from: Instant,
    /// Whether a plain request gets there.
    pub standing: Standing<'e>,
    /// What a million tokens cost, for the fewest input tokens that have a price of their own.
    pub price: Price,
    /// The names of where it processes; none where nobody knows.
    pub processing: Arc<[&'e str]>,
    /// The names of where it stores; none where nobody knows.
    pub storage: Arc<[&'e str]>,
    /// How long what is sent is kept.
    pub retention: Retention,
}

/// Whether a plain request gets to a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'e> {
    /// It is in the plan.
    Routed {
        /// What had to be asked.
        ask: Ask<'e>,
        /// Its position in the plan: 0 is called first.
        place: usize,
    },
    /// The request is refused.
    Refused {
        /// With this status.
        status: u16,
        /// With this code.
        code: &'e str,
    },
    /// The request is routed, and this route is not in the plan.
    Elsewhere {
        /// The region of the route that is called first.
        region: &'e str,
        /// The endpoint of the route that is called first.
        endpoint: &'e str,
    },
}

impl Standing<'_> {
    /// Says whether a request gets there.
    pub const fn is_routed(&self) -> bool {
        matches!(self, Self::Routed { .. })
    }
}

/// What a request asks with, besides `messages`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask<'e> {
    /// The model's own id.
    Plain,
    /// The model's own id, and a field that the policy marks as an opt-in.
    OptIn {
        /// The field.
        field: BodyField,
        /// Its value.
        value: &'e str,
    },
    /// This alias of the model.
    Alias(&'e str),
}

/// For when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// One instant.
    At(Instant),
    /// From an instant on, until another or for good.
    Between {
        /// The first instant.
        from: Instant,
        /// The first instant after; later than `from`.
        until: Option<Instant>,
    },
}

impl Span {
    /// Its first instant.
    pub const fn from(self) -> Instant {
        match self {
            Self::At(at) => at,
            Self::Between { from, .. } => from,
        }
    }

    /// Says whether an instant after the first one lies in it.
    fn goes_on_to(self, at: Instant) -> bool {
        match self {
            Self::At(_) => false,
            Self::Between { from, until } => from < at && until.is_none_or(|until| at < until),
        }
    }
}

/// What to show. An empty list shows all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Models whose id matches one of these.
    pub models: Vec<Glob>,
    /// Models by these makers.
    pub makers: BTreeSet<MakerId>,
    /// Offerings that one of these may run.
    pub providers: BTreeSet<ProviderId>,
    /// Offerings sold in these regions.
    pub regions: BTreeSet<RegionId>,
    /// Routes through these endpoints.
    pub endpoints: BTreeSet<EndpointId>,
}

/// What to ask.
#[derive(Debug, Clone)]
pub struct Options {
    /// For when.
    pub span: Span,
    /// Who asks: attributes of the policy by name.
    pub attributes: BTreeMap<String, String>,
    /// What to show.
    pub filter: Filter,
}

/// Asks for every route that the filter lets through, at every instant at which it may change.
///
/// # Errors
/// What the policy does not take of the attributes, or needs and was not given.
pub fn matrix<'e>(engine: &'e Engine, options: &Options) -> Result<Matrix<'e>, RequestErrors> {
    let catalog = engine.catalog();
    let clock = Clock::new(engine, options);
    let mut asker = Asker::new(engine, &options.attributes)?;
    let mut rows = Vec::new();
    let mut instants = BTreeSet::from([options.span.from()]);
    for (id, model) in (0u32..).map(ModelId).zip(&catalog.models) {
        let mut routes = options.filter.rows(catalog, id, model);
        if routes.is_empty() {
            continue;
        }
        for at in clock.of(id, model) {
            asker.turn_to(id, model, at);
            for row in &mut routes {
                let period = asker.period(row);
                let holds = |last: &Period<'_>| period.differs_in_nothing_but_time(last);
                if !row.periods.last().is_some_and(holds) {
                    row.periods.push(period);
                    instants.insert(at);
                }
            }
        }
        rows.append(&mut routes);
    }
    Ok(Matrix {
        snapshot: engine.snapshot(),
        policy: &engine.policy().name,
        span: options.span,
        instants: instants.into_iter().collect(),
        rows,
    })
}

impl<'e> Row<'e> {
    /// What holds at an instant; before the span, what holds at its start.
    pub fn at(&self, at: Instant) -> Option<&Period<'e>> {
        let begun = self.periods.partition_point(|period| period.from <= at);
        self.periods.get(begun.saturating_sub(1))
    }
}

impl Period<'_> {
    fn differs_in_nothing_but_time(&self, other: &Self) -> bool {
        self.standing == other.standing
            && self.price == other.price
            && self.processing == other.processing
            && self.storage == other.storage
            && self.retention == other.retention
    }
}

impl Filter {
    /// The routes of a model, nothing known about them yet.
    fn rows<'e>(&self, catalog: &'e Catalog, id: ModelId, model: &'e Model) -> Vec<Row<'e>> {
        let mut rows = Vec::new();
        let globs = &self.models;
        let named = globs.is_empty() || globs.iter().any(|glob| glob.matches(&model.id));
        let made = self.makers.is_empty()
            || model
                .maker
                .is_some_and(|maker| self.makers.contains(&maker));
        if !named || !made {
            return rows;
        }
        for offering_id in &model.offerings {
            let Some(offering) = catalog.offering(*offering_id) else {
                continue;
            };
            let Some(region) = catalog
                .region(offering.region)
                .filter(|_| self.sells(offering))
            else {
                continue;
            };
            for (endpoint_id, endpoint) in (0u32..).map(EndpointId).zip(&catalog.endpoints) {
                let route = Route {
                    offering: *offering_id,
                    endpoint: endpoint_id,
                };
                let wanted = self.endpoints.is_empty() || self.endpoints.contains(&endpoint_id);
                if !wanted || !catalog.reaches(route) {
                    continue;
                }
                let providers = offering.providers.iter();
                rows.push(Row {
                    route,
                    model_id: id,
                    model,
                    maker: model.maker.and_then(|maker| catalog.maker(maker)),
                    providers: providers.filter_map(|id| catalog.provider(*id)).collect(),
                    region,
                    endpoint,
                    window: had(model, offering),
                    periods: Vec::new(),
                });
            }
        }
        rows
    }

    fn sells(&self, offering: &Offering) -> bool {
        let here = self.regions.is_empty() || self.regions.contains(&offering.region);
        let runs = |provider: &ProviderId| self.providers.contains(provider);
        here && (self.providers.is_empty() || offering.providers.iter().any(runs))
    }
}

/// When an offering is sold and its model lives.
fn had(model: &Model, offering: &Offering) -> Window {
    let own = offering.window;
    let earliest = |a: Option<Instant>, b: Option<Instant>| match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    Window {
        // Nothing is earlier than anything: the later start is the greater one.
        from: own.from.max(model.released),
        until: earliest(own.until, model.retires),
    }
}

#[cfg(test)]
mod tests;
