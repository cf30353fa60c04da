//! Asking the engine for one model at one instant, in every way that may reach a route.
//!
//! A way is: the model's own id; the same with the opt-in field; an alias. Each holds `messages`
//! and nothing else, so what is found is what a client finds that asks for nothing special.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use portolan_core::catalog::{Alias, EndpointId, Model, ModelId, Price, Route};
use portolan_core::decision::Outcome;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::limits;
use portolan_core::place::PlaceId;
use portolan_core::policy::{BodyField, Condition, Policy, Term, Value};
use portolan_core::request::{Call, Caller, Fields, RequestErrors, State};

use super::{Ask, Period, Row, Standing};

/// Asks, and remembers what it was told about the model and instant it is at.
pub(super) struct Asker<'e> {
    engine: &'e Engine,
    /// One an endpoint, in catalog order.
    callers: Vec<Caller>,
    /// Values that rules compare the opt-in field with.
    values: Vec<&'e str>,
    aliases: BTreeMap<ModelId, Vec<&'e Alias>>,
    /// Lists of names of places, each once.
    places: BTreeMap<Vec<PlaceId>, Arc<[&'e str]>>,
    nothing_known: State,
    now: Option<Now<'e>>,
}

/// A model at an instant.
struct Now<'e> {
    model: ModelId,
    id: &'e str,
    at: Instant,
    /// What the plain request came to, by endpoint.
    plain: BTreeMap<EndpointId, Asked<'e>>,
}

/// What one request came to.
#[derive(Debug, Clone)]
enum Asked<'e> {
    /// Attempts, in order.
    Routes(Vec<(Route, Price)>),
    /// A refusal.
    Refused(u16, &'e str),
}

/// A way of asking.
struct Way<'e> {
    ask: Ask<'e>,
    /// The id to send.
    id: &'e str,
    /// The region to name.
    region: Option<&'e str>,
    /// The id stands for the model in that one region.
    pins: bool,
}

impl<'e> Asked<'e> {
    /// What a request comes to that was never made.
    const NOWHERE: Standing<'e> = Standing::Elsewhere {
        region: "",
        endpoint: "",
    };

    fn place_of(&self, route: Route) -> Option<(usize, Price)> {
        match self {
            Self::Routes(attempts) => {
                let place = attempts.iter().position(|(found, _)| *found == route)?;
                attempts.get(place).map(|(_, price)| (place, *price))
            }
            Self::Refused(..) => None,
        }
    }

    fn refusal(&self) -> Option<Standing<'e>> {
        match self {
            Self::Routes(_) => None,
            Self::Refused(status, code) => Some(Standing::Refused {
                status: *status,
                code,
            }),
        }
    }
}

impl<'e> Asker<'e> {
    /// Somebody with these attributes.
    ///
    /// # Errors
    /// What the policy does not take of them.
    pub(super) fn new(
        engine: &'e Engine,
        attributes: &BTreeMap<String, String>,
    ) -> Result<Self, RequestErrors> {
        let catalog = engine.catalog();
        let endpoints = catalog.endpoints.iter();
        let callers = endpoints.map(|endpoint| engine.caller(Some(&endpoint.name), attributes));
        let mut aliases: BTreeMap<ModelId, Vec<&Alias>> = BTreeMap::new();
        for alias in &catalog.aliases {
            let periods = alias.target.periods().iter();
            let models: BTreeSet<ModelId> = periods.map(|(_, target)| target.model).collect();
            for model in models {
                let known = aliases.entry(model).or_default();
                if known.len() < limits::MATRIX_ALIASES {
                    known.push(alias);
                }
            }
        }
        Ok(Self {
            engine,
            callers: callers.collect::<Result<_, _>>()?,
            values: opt_in_values(engine.policy()),
            aliases,
            places: BTreeMap::new(),
            nothing_known: State::default(),
            now: None,
        })
    }

    /// Asks about this model at this instant from now on.
    pub(super) fn turn_to(&mut self, model: ModelId, of: &'e Model, at: Instant) {
        self.now = Some(Now {
            model,
            id: &of.id,
            at,
            plain: BTreeMap::new(),
        });
    }

    /// What holds of a route of that model at that instant.
    pub(super) fn period(&mut self, row: &Row<'e>) -> Period<'e> {
        let catalog = self.engine.catalog();
        let at = self.now.as_ref().map_or(Instant::MIN, |now| now.at);
        let (standing, price) = self.standing(row);
        let processing = catalog.processing(row.route, at).value;
        let storage = catalog.storage(row.route, at).value;
        Period {
            from: at,
            standing,
            // What cannot be had has a price all the same: that of the catalog.
            price: price.unwrap_or_else(|| catalog.price(row.route, at, 0, None).value),
            processing: self.named(processing.unwrap_or_default()),
            storage: self.named(storage.unwrap_or_default()),
            retention: catalog.retention(row.route, at).value,
        }
    }

    fn named(&mut self, places: Vec<PlaceId>) -> Arc<[&'e str]> {
        let known = &self.engine.catalog().places;
        let entry = self.places.entry(places);
        let names = entry.key().iter().map(|id| known.name(*id)).collect();
        Arc::clone(entry.or_insert(names))
    }

    /// The first way that gets to a route; else why the most telling one does not.
    fn standing(&mut self, row: &Row<'e>) -> (Standing<'e>, Option<Price>) {
        let Some(mut now) = self.now.take() else {
            return (Asked::NOWHERE, None);
        };
        let found = self.find(&mut now, row);
        self.now = Some(now);
        found
    }

    fn find(&self, now: &mut Now<'e>, row: &Row<'e>) -> (Standing<'e>, Option<Price>) {
        let Some(caller) = self.callers.get(row.route.endpoint.index()) else {
            return (Asked::NOWHERE, None);
        };
        let (id, at) = (now.id, now.at);
        let plain = now.plain.entry(row.route.endpoint);
        let plain = plain.or_insert_with(|| self.ask(caller, at, id, None));
        let routed = |ask: Ask<'e>, asked: &Asked<'e>| {
            let (place, price) = asked.place_of(row.route)?;
            Some((Standing::Routed { ask, place }, Some(price)))
        };
        if let Some(found) = routed(Ask::Plain, plain) {
            return found;
        }
        let (mut pinned, mut by_region) = (None, None);
        for way in self.other_ways(now.model, id, at, row) {
            let asked = self.ask(caller, at, way.id, way.region);
            if let Some(found) = routed(way.ask, &asked) {
                return found;
            }
            if way.pins {
                pinned = pinned.or(asked.refusal());
            } else {
                by_region = by_region.or(asked.refusal());
            }
        }
        // A region that some endpoint calls its own is not one to be asked for by name: that the
        // plain request is served elsewhere says all.
        let endpoints = &self.engine.catalog().endpoints;
        let own = |region| endpoints.iter().any(|endpoint| endpoint.region == region);
        let offering = self.engine.catalog().offering(row.route.offering);
        let by_name = !offering.is_some_and(|offering| own(offering.region));
        let standing = pinned.or(plain.refusal()).or(by_region.filter(|_| by_name));
        (standing.unwrap_or_else(|| self.first_of(plain)), None)
    }

    /// Where a request goes instead.
    fn first_of(&self, asked: &Asked<'e>) -> Standing<'e> {
        let catalog = self.engine.catalog();
        let first = match asked {
            Asked::Routes(attempts) => attempts.first().map(|(route, _)| *route),
            Asked::Refused(..) => None,
        };
        let named = first.and_then(|route| {
            let region = catalog.region(catalog.offering(route.offering)?.region)?;
            Some((region, catalog.endpoint(route.endpoint)?))
        });
        named.map_or(Asked::NOWHERE, |(region, endpoint)| Standing::Elsewhere {
            region: &region.name,
            endpoint: &endpoint.name,
        })
    }

    /// Ways beside the plain one.
    fn other_ways(&self, model: ModelId, id: &'e str, at: Instant, row: &Row<'e>) -> Vec<Way<'e>> {
        let mut ways = Vec::new();
        let field = BodyField::ModelRegion;
        if self.engine.policy().opt_ins.contains(&field) {
            let own: &'e str = &row.region.name;
            let others = self.values.iter().copied().filter(|value| *value != own);
            for value in std::iter::once(own).chain(others) {
                ways.push(Way {
                    ask: Ask::OptIn { field, value },
                    id,
                    region: Some(value),
                    pins: false,
                });
            }
        }
        let region = self.engine.catalog().offering(row.route.offering);
        let region = region.map(|offering| offering.region);
        for alias in self.aliases.get(&model).into_iter().flatten() {
            let target = alias.target.at(at).filter(|target| target.model == model);
            let Some(target) = target else { continue };
            if target.region.is_none() || target.region == region {
                ways.push(Way {
                    ask: Ask::Alias(&alias.id),
                    id: &alias.id,
                    region: None,
                    pins: target.region.is_some(),
                });
            }
        }
        ways
    }

    fn ask(&self, caller: &Caller, at: Instant, id: &str, region: Option<&str>) -> Asked<'e> {
        let body = Fields {
            model: Some(id),
            model_region: region,
            messages: true,
            ..Fields::default()
        };
        let call = Call::new(caller, at, body);
        let decision = self.engine.decide_call(&call, &self.nothing_known);
        match decision.outcome {
            Outcome::Route => {
                let view = self.engine.view_call(&call, &self.nothing_known, &decision);
                let attempts = view.attempts().map(|a| (a.route(), a.price()));
                Asked::Routes(attempts.collect())
            }
            Outcome::Refuse(refusal) => {
                let rule = self.engine.policy().rule(refusal.rule);
                let verdict = rule.and_then(|rule| rule.kind.verdict());
                verdict.map_or(Asked::Refused(0, ""), |verdict| {
                    Asked::Refused(verdict.status, &verdict.code)
                })
            }
        }
    }
}

/// The texts that rules compare the opt-in field with.
fn opt_in_values(policy: &Policy) -> Vec<&str> {
    let mut found = BTreeSet::new();
    let mut left: Vec<&Condition> = policy.rules.iter().map(|rule| &rule.when).collect();
    while let Some(condition) = left.pop() {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => left.extend(parts),
            Condition::Not(inner) => left.push(inner),
            Condition::Compare(Term::Body(BodyField::ModelRegion), _, Term::Constant(value))
            | Condition::Compare(Term::Constant(value), _, Term::Body(BodyField::ModelRegion)) => {
                texts(value, &mut found);
            }
            Condition::Compare(..)
            | Condition::Constant(_)
            | Condition::IsSet(_)
            | Condition::Holds(_)
            | Condition::Matches(..) => {}
        }
    }
    found.into_iter().take(limits::MATRIX_VALUES).collect()
}

fn texts<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    if let Value::Text(text) = value {
        found.insert(text);
    } else if let Value::Set(members) = value {
        for member in members {
            texts(member, found);
        }
    }
}
