//! What a fact means for one route: pair over offering over providers over region.

use super::{
    Catalog, EndpointId, Model, ModelId, Names, Offering, OfferingId, Pair, Provider, Retention,
    ScoreId,
};
use crate::decimal::Decimal;
use crate::instant::{Dated, Instant};
use crate::place::{Place, PlaceId};

/// An offering through an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// The offering.
    pub offering: OfferingId,
    /// The endpoint.
    pub endpoint: EndpointId,
}

/// A fact as it holds at an instant, with the next instant at which it may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<T> {
    /// The value now.
    pub value: T,
    /// When it may change.
    pub next_change: Option<Instant>,
}

impl<T> Known<T> {
    fn map<U>(self, f: impl FnOnce(T) -> U) -> Known<U> {
        Known {
            value: f(self.value),
            next_change: self.next_change,
        }
    }
}

/// The earlier of two optional instants.
pub fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

pub(super) fn known<T: Clone>(fact: &Dated<T>, at: Instant) -> Known<Option<T>> {
    Known {
        value: fact.at(at).cloned(),
        next_change: fact.next_change(at),
    }
}

/// The first fact that is stated at all, in order of precedence. A gap between its periods means
/// that nobody knows, not that the next one speaks for it.
pub(super) fn first<'a, T: Clone + 'a>(
    facts: impl IntoIterator<Item = &'a Dated<T>>,
    at: Instant,
) -> Option<Known<Option<T>>> {
    let stated = facts.into_iter().find(|fact| !fact.is_empty());
    stated.map(|fact| known(fact, at))
}

impl Catalog {
    /// Says whether an offering is reached through an endpoint.
    pub fn reaches(&self, route: Route) -> bool {
        self.offering(route.offering).is_some_and(|offering| {
            let listed = offering.endpoints.as_ref();
            listed.is_none_or(|endpoints| endpoints.contains(&route.endpoint))
        })
    }

    fn pair(&self, route: Route) -> Option<&Pair> {
        let offering = self.offering(route.offering)?;
        offering.pairs.iter().find(|p| p.endpoint == route.endpoint)
    }

    fn providers_of(&self, route: Route) -> impl Iterator<Item = &Provider> {
        let offering = self.offering(route.offering);
        let ids = offering.map_or(&[][..], |o| &o.providers);
        ids.iter().filter_map(|id| self.provider(*id))
    }

    /// Where a route processes, as names.
    pub fn processing(&self, route: Route, at: Instant) -> Known<Option<Vec<PlaceId>>> {
        self.placed(route, at, |f| f.processing)
    }

    /// Where a route stores, as names.
    pub fn storage(&self, route: Route, at: Instant) -> Known<Option<Vec<PlaceId>>> {
        self.placed(route, at, |f| f.storage)
    }

    /// Where a route's requests enter, as names.
    pub fn ingress(&self, route: Route, at: Instant) -> Known<Option<Vec<PlaceId>>> {
        match self.endpoint(route.endpoint) {
            Some(endpoint) => known(&endpoint.ingress, at),
            None => Known {
                value: None,
                next_change: None,
            },
        }
    }

    /// The union of named places at an instant; no names at all is the unknown place.
    pub fn union(&self, names: Option<&[PlaceId]>, at: Instant) -> Known<Place> {
        let Some(names) = names else {
            return Known {
                value: Place::UNKNOWN,
                next_change: None,
            };
        };
        names.iter().fold(
            Known {
                value: Place::EMPTY,
                next_change: None,
            },
            |sum, id| Known {
                value: sum.value.union(self.places.at(*id, at)),
                next_change: earlier(sum.next_change, self.places.next_change(*id, at)),
            },
        )
    }

    /// Pair, then offering, then the union over the providers, each of which falls back to the
    /// region: a provider that says nothing processes where the region says.
    fn placed<'c>(
        &'c self,
        route: Route,
        at: Instant,
        pick: impl Fn(Placing<'c>) -> &'c Dated<Vec<PlaceId>>,
    ) -> Known<Option<Vec<PlaceId>>> {
        let nothing = Known {
            value: None,
            next_change: None,
        };
        let Some(offering) = self.offering(route.offering) else {
            return nothing;
        };
        let pair = self.pair(route).map(|p| {
            pick(Placing {
                processing: &p.processing,
                storage: &p.storage,
            })
        });
        let own = pick(Placing {
            processing: &offering.processing,
            storage: &offering.storage,
        });
        if let Some(stated) = first(pair.into_iter().chain([own]), at) {
            return stated;
        }
        let region = self.region(offering.region).map(|r| {
            pick(Placing {
                processing: &r.processing,
                storage: &r.storage,
            })
        });
        // What is copied is the answer only: a large catalog asks this of every route.
        let of_provider = |provider: &'c Provider| {
            let own = pick(Placing {
                processing: &provider.processing,
                storage: &provider.storage,
            });
            Some(own).filter(|own| !own.is_empty()).or(region)
        };
        let mut next_change = region.and_then(|fact| fact.next_change(at));
        let mut union: Option<Vec<PlaceId>> = None;
        let mut unknown = false;
        for provider in self.providers_of(route) {
            let here = of_provider(provider);
            next_change = earlier(next_change, here.and_then(|fact| fact.next_change(at)));
            match (here.and_then(|fact| fact.at(at)), &mut union) {
                (None, _) => unknown = true,
                (Some(names), None) => union = Some(names.clone()),
                (Some(names), Some(sum)) => {
                    for name in names {
                        if !sum.contains(name) {
                            sum.push(*name);
                        }
                    }
                }
            }
        }
        let asked = unknown || union.is_some();
        let of_region = || region.and_then(|fact| fact.at(at)).cloned();
        Known {
            value: if asked {
                union.filter(|_| !unknown)
            } else {
                of_region()
            },
            next_change,
        }
    }

    /// How long a route's providers keep data: the longest of them, unless the offering or pair
    /// says otherwise.
    pub fn retention(&self, route: Route, at: Instant) -> Known<Retention> {
        let offering = self.offering(route.offering);
        let pair = self.pair(route).map(|p| &p.retention);
        if let Some(stated) = first(pair.into_iter().chain(offering.map(|o| &o.retention)), at) {
            return stated.map(|value| value.unwrap_or(Retention::Unknown));
        }
        let mut worst = None;
        let mut next_change = None;
        for provider in self.providers_of(route) {
            let here = known(&provider.retention, at);
            next_change = earlier(next_change, here.next_change);
            worst = worst.max(Some(here.value.unwrap_or(Retention::Unknown)));
        }
        Known {
            value: worst.unwrap_or(Retention::Unknown),
            next_change,
        }
    }

    /// The largest legal total of tokens: the offering's, else the model's.
    pub fn context_window(&self, route: Route, at: Instant) -> Known<Option<u64>> {
        self.of_offering_or_model(route, at, |o| &o.context_window, |m| &m.context_window)
    }

    /// The largest legal `max_tokens`: the offering's, else the model's.
    pub fn max_output(&self, route: Route, at: Instant) -> Known<Option<u64>> {
        self.of_offering_or_model(route, at, |o| &o.max_output, |m| &m.max_output)
    }

    /// What a route can do: the offering's, else the model's, else nothing.
    pub fn capabilities(&self, route: Route, at: Instant) -> Known<Names> {
        self.of_offering_or_model(route, at, |o| &o.capabilities, |m| &m.capabilities)
            .map(Option::unwrap_or_default)
    }

    /// The parameters a route takes, unknown where the catalog does not say.
    pub fn parameters(&self, route: Route, at: Instant) -> Known<Option<Names>> {
        self.of_offering_or_model(route, at, |o| &o.parameters, |m| &m.parameters)
    }

    fn of_offering_or_model<T: Clone>(
        &self,
        route: Route,
        at: Instant,
        of_offering: impl Fn(&Offering) -> &Dated<T>,
        of_model: impl Fn(&Model) -> &Dated<T>,
    ) -> Known<Option<T>> {
        let offering = self.offering(route.offering);
        let model = offering.and_then(|o| self.model(o.model));
        first(
            offering
                .map(of_offering)
                .into_iter()
                .chain(model.map(of_model)),
            at,
        )
        .unwrap_or(Known {
            value: None,
            next_change: None,
        })
    }

    /// A model's score at an instant.
    pub fn score(&self, model: ModelId, score: ScoreId, at: Instant) -> Known<Option<Decimal>> {
        let dated = self.model(model).and_then(|m| m.scores.get(score));
        dated.map_or(
            Known {
                value: None,
                next_change: None,
            },
            |dated| known(dated, at),
        )
    }

    /// The URL of a route: pair, offering, provider, region, endpoint, in this order.
    pub fn url(&self, route: Route) -> String {
        let offering = self.offering(route.offering);
        let endpoint = self.endpoint(route.endpoint);
        let region = offering.and_then(|o| self.region(o.region));
        let model = offering.and_then(|o| self.model(o.model));
        let name = |n: Option<&str>| n.unwrap_or_default().to_owned();
        fill(self.url_template(route), |slot| match slot {
            "host" => Some(name(endpoint.map(|e| &*e.host))),
            "endpoint" => Some(name(endpoint.map(|e| &*e.name))),
            "region" => Some(name(region.map(|r| &*r.name))),
            "model" => Some(name(model.map(|m| &*m.id))),
            "upstream_id" => Some(self.upstream_id(route).to_owned()),
            _ => None,
        })
    }

    /// The URL of a route, where it is the same for every model.
    pub fn url_of_any_model(&self, route: Route) -> Option<String> {
        let template = self.url_template(route);
        let of_model = template.contains("{model}") || template.contains("{upstream_id}");
        (!of_model).then(|| self.url(route))
    }

    fn url_template(&self, route: Route) -> &str {
        let offering = self.offering(route.offering);
        let endpoint = self.endpoint(route.endpoint);
        let region = offering.and_then(|o| self.region(o.region));
        self.pair(route)
            .and_then(|p| p.url.as_deref())
            .or_else(|| offering.and_then(|o| o.url.as_deref()))
            .or_else(|| self.providers_of(route).find_map(|p| p.url.as_deref()))
            .or_else(|| region.and_then(|r| r.url.as_deref()))
            .or_else(|| endpoint.map(|e| &*e.url))
            .unwrap_or_default()
    }

    /// The id to send upstream.
    pub fn upstream_id(&self, route: Route) -> &str {
        let offering = self.offering(route.offering);
        let model = offering.and_then(|o| self.model(o.model));
        self.pair(route)
            .and_then(|p| p.upstream_id.as_deref())
            .or_else(|| offering.and_then(|o| o.upstream_id.as_deref()))
            .or_else(|| model.map(|m| &*m.id))
            .unwrap_or_default()
    }
}

struct Placing<'a> {
    processing: &'a Dated<Vec<PlaceId>>,
    storage: &'a Dated<Vec<PlaceId>>,
}

/// Fills `{slot}`s; a slot without a value stays as written.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        if let Some((slot, tail)) = after.split_once('}') {
            if let Some(text) = value(slot) {
                out.push_str(&text);
            } else {
                out.push('{');
                out.push_str(slot);
                out.push('}');
            }
            rest = tail;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}
