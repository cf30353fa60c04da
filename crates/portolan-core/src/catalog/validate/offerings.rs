//! Offerings and pairs: who sells a model where, through what, and how to tell them apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::models::Limits;
use super::{Checker, diags};
use crate::catalog::catalog::{
    EndpointId, Model, ModelId, Offering, Own, Pair, ProviderId, RegionId,
};
use crate::catalog::raw;

impl Checker {
    pub(super) fn check_offering(
        &mut self,
        id: ModelId,
        model: &Model,
        model_limits: &Limits,
        raw: raw::Offering,
    ) -> Offering {
        let window = self.aside(raw.aside.as_deref());
        self.no_repetition(&raw.providers);
        let span = raw.region.as_ref().map_or(raw.span, |region| region.span);
        let region = raw.region.and_then(|r| self.resolve(|c| &c.regions, &r));
        let providers = raw.providers.iter();
        let providers = providers
            .filter_map(|p| self.resolve(|c| &c.providers, p).map(ProviderId))
            .collect();
        let own = match raw.own {
            None => self.nothing.clone(),
            Some(own) => Arc::new(self.check_own(model, model_limits, *own)),
        };
        Offering {
            model: id,
            // Where there is none, an error was reported and the catalog is not used.
            region: RegionId(region.unwrap_or(u32::MAX)),
            providers,
            window,
            own,
            span,
        }
    }

    fn check_own(&mut self, model: &Model, model_limits: &Limits, raw: raw::Own) -> Own {
        let endpoints = raw.endpoints.map(|names| self.reached(&names));
        let own_limits = !raw.context_window.is_empty() || !raw.max_output.is_empty();
        let limits = Limits::of(&raw.context_window, &raw.max_output);
        let (price, _) = self.prices(raw.price);
        let pairs = self.pairs(raw.pairs, endpoints.as_deref());
        let own = Own {
            endpoints,
            upstream_id: raw.terms.upstream_id.map(|id| id.value),
            url: self.template(raw.terms.url),
            processing: self.place_names(raw.terms.processing, "`processing`"),
            storage: self.place_names(raw.terms.storage, "`storage`"),
            retention: self.retention(raw.terms.retention),
            context_window: self.tokens(raw.context_window, "a context window"),
            max_output: self.tokens(raw.max_output, "an output limit"),
            capabilities: self.capabilities(raw.capabilities),
            parameters: self.parameters(raw.parameters),
            price: price.into(),
            multiplier: self.decimals(raw.multiplier, "a multiplier"),
            pairs: pairs.into(),
        };
        if own_limits {
            self.limits_agree(
                &[&own.context_window, &model.context_window],
                &[&own.max_output, &model.max_output],
                &[&limits, model_limits],
            );
        }
        own
    }

    fn reached(&mut self, names: &[raw::Text]) -> Vec<EndpointId> {
        self.no_repetition(names);
        let ids = names.iter();
        ids.filter_map(|name| self.resolve(|c| &c.endpoints, name).map(EndpointId))
            .collect()
    }

    fn pairs(&mut self, raw: Vec<raw::Pair>, reached: Option<&[EndpointId]>) -> Vec<Pair> {
        let mut pairs = Vec::with_capacity(raw.len());
        let mut seen = BTreeMap::new();
        for pair in raw {
            self.provenance(pair.aside.as_deref());
            let mut endpoint = None;
            if let Some(name) = &pair.endpoint
                && let Some(id) = self.resolve(|c| &c.endpoints, name).map(EndpointId)
            {
                endpoint = Some(id);
                if let Some(first) = seen.insert(id, name.span) {
                    let found = diags::duplicate_name(name.span, "pair", &name.value, first);
                    self.report(found);
                }
                if reached.is_some_and(|reached| !reached.contains(&id)) {
                    self.report(diags::unreached_pair(name.span, &name.value));
                }
            }
            let span = pair.endpoint.map_or(pair.span, |name| name.span);
            let terms = pair.terms;
            pairs.push(Pair {
                endpoint: endpoint.unwrap_or(EndpointId(u32::MAX)),
                processing: self.place_names(terms.processing, "`processing`"),
                storage: self.place_names(terms.storage, "`storage`"),
                retention: self.retention(terms.retention),
                upstream_id: terms.upstream_id.map(|id| id.value),
                url: self.template(terms.url),
                span,
            });
        }
        pairs
    }

    /// Reports offerings of one model that are the same to whoever reads a decision.
    pub(super) fn tell_apart(&mut self, offerings: &[Offering]) {
        if offerings.len() < 2 {
            return;
        }
        let mut alike: BTreeMap<_, Vec<&Offering>> = BTreeMap::new();
        for offering in offerings {
            let mut providers = offering.providers.to_vec();
            providers.sort_unstable();
            let key = (offering.region, providers, offering.upstream_id.as_deref());
            alike.entry(key).or_default().push(offering);
        }
        let mut twins = Vec::new();
        for mut group in alike.into_values() {
            group.sort_by_key(|offering| offering.window.from);
            for (i, first) in group.iter().enumerate() {
                let later = group.get(i + 1..).unwrap_or_default();
                let meets = later
                    .iter()
                    .take_while(|second| first.window.overlaps(second.window));
                let mut compared = 0;
                for second in meets {
                    compared += 1;
                    if shared_endpoint(first, second) {
                        let (a, b) = (first.span.min(second.span), first.span.max(second.span));
                        twins.push(diags::ambiguous_offering(b, a));
                        break;
                    }
                }
                if !self.afford(compared, first.span) {
                    return;
                }
            }
        }
        for twin in twins {
            self.report(twin);
        }
    }
}

fn shared_endpoint(a: &Offering, b: &Offering) -> bool {
    match (&a.endpoints, &b.endpoints) {
        (Some(a), Some(b)) => a.iter().any(|endpoint| b.contains(endpoint)),
        (None, _) | (_, None) => true,
    }
}
