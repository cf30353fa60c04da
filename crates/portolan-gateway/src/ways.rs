//! What the routes of a catalog are called, and where their calls go: made when a route is first taken,
//! and kept as long as the policy is served. Which of them is taken is not known here.

use std::sync::{Arc, OnceLock};

use http::{HeaderValue, Uri};
use portolan_core::catalog::{Catalog, Route};

/// One route.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) route: Route,
    /// The model's own id.
    pub(crate) model: String,
    /// The region it is sold in.
    pub(crate) region: String,
    pub(crate) endpoint: String,
    /// Where calls go: the address that the catalog names, or what stands in its place.
    pub(crate) url: String,
    /// The bucket that its usage is counted in.
    pub(crate) usage_region: String,
    /// The id to send.
    pub(crate) upstream_id: String,
    /// Who runs the model; several where one spills to another.
    pub(crate) providers: Vec<String>,
    /// What the endpoint does itself.
    pub(crate) executes: Vec<&'static str>,
    /// The same, where it is a URI.
    pub(crate) uri: Option<Uri>,
    /// The model as a header.
    pub(crate) model_header: Option<HeaderValue>,
    /// The region likewise.
    pub(crate) region_header: Option<HeaderValue>,
}

/// All routes of a catalog.
pub(crate) struct Ways {
    /// By offering, then by endpoint.
    known: Vec<OnceLock<Arc<Way>>>,
    endpoints: usize,
}

impl Ways {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let endpoints = catalog.endpoints.len();
        let count = catalog.offerings.len().saturating_mul(endpoints);
        Self {
            known: (0..count).map(|_| OnceLock::new()).collect(),
            endpoints,
        }
    }

    /// A route; `place` says where an endpoint's address is.
    pub(crate) fn way(
        &self,
        catalog: &Catalog,
        route: Route,
        place: impl FnOnce(&str, &str) -> Option<Uri>,
    ) -> Option<&Arc<Way>> {
        let offering = usize::try_from(route.offering.0).ok()?;
        let endpoint = usize::try_from(route.endpoint.0).ok()?;
        let position = offering
            .checked_mul(self.endpoints)?
            .checked_add(endpoint)?;
        let known = self.known.get(position)?;
        if let Some(way) = known.get() {
            return Some(way);
        }
        let way = Way::of(catalog, route, place)?;
        Some(known.get_or_init(|| Arc::new(way)))
    }
}

impl Way {
    fn of(
        catalog: &Catalog,
        route: Route,
        place: impl FnOnce(&str, &str) -> Option<Uri>,
    ) -> Option<Self> {
        let offering = catalog.offering(route.offering)?;
        let model = &catalog.model(offering.model)?.id;
        let region = catalog.region(offering.region)?;
        let endpoint = catalog.endpoint(route.endpoint)?;
        let named = catalog.url(route);
        let uri = place(&endpoint.name, &named);
        let providers = offering.providers.iter();
        let providers = providers.filter_map(|id| catalog.provider(*id));
        Some(Self {
            route,
            providers: providers.map(|p| p.name.to_string()).collect(),
            model: model.to_string(),
            region: region.name.to_string(),
            endpoint: endpoint.name.to_string(),
            url: uri.as_ref().map_or(named, Uri::to_string),
            uri,
            usage_region: region.usage.to_string(),
            upstream_id: catalog.upstream_id(route).to_owned(),
            executes: endpoint.executes.iter().map(|e| e.name()).collect(),
            model_header: HeaderValue::from_str(model).ok(),
            region_header: HeaderValue::from_str(&region.name).ok(),
        })
    }
}
