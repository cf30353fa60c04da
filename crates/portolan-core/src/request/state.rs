//! Facts about now, passed beside a request: absent facts skip nothing.

use std::collections::BTreeMap;

/// Facts about now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// By model id.
    pub models: BTreeMap<String, Usage>,
    /// By model id, region and endpoint.
    pub routes: RouteUsages,
}

impl State {
    /// Says whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.models.len() | self.routes.0.len() == 0
    }
}

/// What is known now about one model or one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Whether it answers.
    pub healthy: Option<bool>,
    /// Requests used in the current window.
    pub used: Option<i64>,
    /// Seconds until the window ends or the route is tried again.
    pub reset_s: Option<i64>,
}

/// Usages of routes by model id, region and endpoint; looking one up allocates nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RouteUsages(BTreeMap<String, BTreeMap<String, BTreeMap<String, Usage>>>);

impl RouteUsages {
    /// Sets what is known of a route; returns what was known before.
    pub fn insert(
        &mut self,
        (model, region, endpoint): (String, String, String),
        usage: Usage,
    ) -> Option<Usage> {
        let regions = self.0.entry(model).or_default();
        regions.entry(region).or_default().insert(endpoint, usage)
    }

    /// What is known of a route.
    pub fn get(&self, model: &str, region: &str, endpoint: &str) -> Option<Usage> {
        self.0.get(model)?.get(region)?.get(endpoint).copied()
    }

    /// Every route with what is known of it: model id, region, endpoint.
    pub fn iter(&self) -> impl Iterator<Item = ([&str; 3], Usage)> {
        self.0.iter().flat_map(|(model, regions)| {
            regions.iter().flat_map(move |(region, endpoints)| {
                let each = endpoints.iter();
                each.map(move |(endpoint, usage)| ([&**model, &**region, &**endpoint], *usage))
            })
        })
    }

    /// Every usage, to change it.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Usage> {
        let regions = self.0.values_mut().flat_map(BTreeMap::values_mut);
        regions.flat_map(BTreeMap::values_mut)
    }
}

impl FromIterator<((String, String, String), Usage)> for RouteUsages {
    fn from_iter<I: IntoIterator<Item = ((String, String, String), Usage)>>(routes: I) -> Self {
        let mut all = Self::default();
        for (route, usage) in routes {
            all.insert(route, usage);
        }
        all
    }
}
