//! Facts of the catalog as they change over time, evaluated here and now: what remains for a
//! solver are the stretches of time in which each value holds.

use portolan_core::catalog::{Known, Price, PriceRow, Route};
use portolan_core::decimal::Decimal;
use portolan_core::instant::{Dated, Instant, Window};
use portolan_core::place::{Place, PlaceId};
use portolan_core::policy::{BodyField, ModelFact, RouteFact, Value};
use portolan_core::{catalog, policy};

use super::encoder::Encoder;
use super::formula::Formula;
use super::ranges::Ranges;
use super::space::{Field, Part};
use super::symbol::{Cases, Symbol};

impl Encoder<'_> {
    /// The instants inside a window.
    pub(super) fn window(&mut self, window: Window) -> Formula {
        let seconds = |at: Instant| i128::from(at.unix_seconds());
        let least = window.from.unwrap_or(Instant::MIN);
        let most = match window.until {
            Some(until) => seconds(until).saturating_sub(1),
            None => seconds(Instant::MAX),
        };
        let inside = Ranges::between(seconds(least), most);
        self.within(Field::At, &inside)
    }

    /// A fact over all of time: its value in each stretch.
    pub(super) fn dated<T: Ord>(
        &mut self,
        fact: impl Fn(Instant) -> Known<T>,
    ) -> Vec<(Formula, T)> {
        let mut out = Cases::default();
        let mut from = Instant::MIN;
        loop {
            let known = fact(from);
            let until = known.next_change.filter(|next| *next > from);
            let window = Window {
                from: Some(from),
                until,
            };
            let when = self.window(window);
            out.add(self, when, known.value);
            match until {
                Some(next) => from = next,
                None => return out.into_vec(),
            }
        }
    }

    /// The territories that named places have, in each stretch of time.
    pub(super) fn territories(&mut self, names: &[PlaceId]) -> Vec<(Formula, Place)> {
        let catalog = self.space.catalog;
        self.dated(|at| catalog.union(Some(names), at))
    }

    /// A fact of a model.
    pub(super) fn of_model(&mut self, id: catalog::ModelId, fact: ModelFact) -> Symbol {
        let Some(model) = self.space.catalog.model(id) else {
            return Symbol::absent();
        };
        match fact {
            ModelFact::Maker => Symbol::constant(model.maker.map(Value::Maker)),
            ModelFact::Released => Symbol::constant(model.released.map(Value::Instant)),
            ModelFact::Retires => Symbol::constant(model.retires.map(Value::Instant)),
            ModelFact::Successor => Symbol::constant(model.successor.map(Value::Model)),
            ModelFact::ContextWindow => {
                self.periods(&model.context_window, |n| Some(tokens(n.copied()?)))
            }
            ModelFact::MaxOutput => self.periods(&model.max_output, |n| Some(tokens(n.copied()?))),
            ModelFact::Capabilities => self.periods(&model.capabilities, |found| {
                Some(found.map_or(Value::Set([].into()), names))
            }),
            ModelFact::Parameters => self.periods(&model.parameters, |found| found.map(names)),
        }
    }

    fn periods<T>(
        &mut self,
        fact: &Dated<T>,
        value: impl Fn(Option<&T>) -> Option<Value>,
    ) -> Symbol {
        Symbol::Cases(self.dated(|at| Known {
            value: value(fact.at(at)),
            next_change: fact.next_change(at),
        }))
    }

    /// Where requests to an endpoint enter.
    pub(super) fn enters(&mut self, fact: &Dated<Vec<PlaceId>>) -> Symbol {
        self.periods(fact, |found| Some(places(found.cloned())))
    }

    /// A fact of a candidate.
    pub(super) fn of_route(&mut self, part: Part, route: Route, fact: RouteFact) -> Symbol {
        let catalog = self.space.catalog;
        let Some(offering) = catalog.offering(route.offering) else {
            return Symbol::absent();
        };
        let known = Symbol::constant;
        let found = match fact {
            RouteFact::Model => return known(Some(Value::Model(offering.model))),
            RouteFact::Maker => {
                let model = catalog.model(offering.model);
                return known(model.and_then(|m| m.maker).map(Value::Maker));
            }
            RouteFact::Providers => {
                let providers = offering.providers.iter();
                let providers = providers.map(|id| Value::Provider(*id)).collect();
                return known(Some(Value::Set(providers)));
            }
            RouteFact::Region => return known(Some(Value::Region(offering.region))),
            RouteFact::Endpoint => return known(Some(Value::Endpoint(route.endpoint))),
            RouteFact::UpstreamId => {
                return known(Some(Value::Text(catalog.upstream_id(route).into())));
            }
            RouteFact::From => return known(offering.window.from.map(Value::Instant)),
            RouteFact::Until => return known(offering.window.until.map(Value::Instant)),
            RouteFact::Processing => {
                self.dated(|at| map(catalog.processing(route, at), |p| Some(places(p))))
            }
            RouteFact::Storage => {
                self.dated(|at| map(catalog.storage(route, at), |p| Some(places(p))))
            }
            RouteFact::Ingress => {
                self.dated(|at| map(catalog.ingress(route, at), |p| Some(places(p))))
            }
            RouteFact::Retention => self.dated(|at| {
                map(catalog.retention(route, at), |kept| {
                    Some(Value::Retention(kept))
                })
            }),
            RouteFact::ContextWindow => {
                self.dated(|at| map(catalog.context_window(route, at), |n| n.map(tokens)))
            }
            RouteFact::MaxOutput => {
                self.dated(|at| map(catalog.max_output(route, at), |n| n.map(tokens)))
            }
            RouteFact::Capabilities => {
                self.dated(|at| map(catalog.capabilities(route, at), |found| Some(names(&found))))
            }
            RouteFact::Parameters => self.dated(|at| {
                map(catalog.parameters(route, at), |found| {
                    found.as_ref().map(names)
                })
            }),
            RouteFact::Score(score) => self.dated(|at| {
                map(catalog.score(offering.model, score, at), |n| {
                    n.map(Value::Decimal)
                })
            }),
            RouteFact::PriceChanges
            | RouteFact::Multiplier
            | RouteFact::PriceInput
            | RouteFact::PriceOutput
            | RouteFact::PriceCacheRead
            | RouteFact::PriceCacheWrite => return self.priced(part, route, fact),
        };
        Symbol::Cases(found)
    }

    /// A fact of a price: by tier, by input tokens, over time.
    fn priced(&mut self, part: Part, route: Route, fact: RouteFact) -> Symbol {
        let catalog = self.space.catalog;
        let own = catalog.offering(route.offering);
        let list = own.and_then(|offering| catalog.model(offering.model));
        let rows = match own.map_or(&[][..], |offering| &offering.price) {
            [] => list.map_or(&[][..], |model| &model.price),
            own => own,
        };
        let mut out = Cases::default();
        for (tier, in_tier) in self.tiers(part, rows) {
            for (least, at_input) in self.bands(part, rows) {
                let when = self.all.and([in_tier, at_input]);
                let price = |at| catalog.price(route, at, least, tier.as_deref());
                for (during, value) in self.dated(|at| value_of(fact, price(at))) {
                    let when = self.all.and([when, during]);
                    out.add(self, when, value);
                }
            }
        }
        Symbol::Cases(out.into_vec())
    }

    /// The service tiers that rows are for, and all the rest.
    fn tiers(&mut self, part: Part, rows: &[PriceRow]) -> Vec<(Option<Box<str>>, Formula)> {
        let mut tiers: Vec<Box<str>> = rows.iter().filter_map(|r| r.service_tier.clone()).collect();
        tiers.sort_unstable();
        tiers.dedup();
        let mut out = Vec::new();
        let mut rest = Formula::TRUE;
        for tier in tiers {
            let field = Field::Body(part, BodyField::ServiceTier);
            let asked = policy::Value::Text(tier.clone());
            let asked = self.one_of(field, |value| value.as_ref() == Some(&asked));
            let not = self.all.not(asked);
            rest = self.all.and([rest, not]);
            out.push((Some(tier), asked));
        }
        out.push((None, rest));
        out
    }

    /// Bands of input tokens that rows tell apart, each by the least number in it.
    fn bands(&mut self, part: Part, rows: &[PriceRow]) -> Vec<(u64, Formula)> {
        let mut starts: Vec<u64> = rows
            .iter()
            .filter(|row| row.above_input_tokens > 0)
            .filter_map(|row| row.above_input_tokens.checked_add(1))
            .collect();
        starts.push(0);
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).map(|start| i128::from(*start) - 1);
        let ends: Vec<i128> = ends.chain([i128::from(i64::MAX)]).collect();
        let mut out = Vec::new();
        for (start, end) in starts.into_iter().zip(ends) {
            let band = Ranges::between(i128::from(start), end);
            let field = Field::Body(part, BodyField::InputTokens);
            let within = if rows.iter().all(|row| row.above_input_tokens == 0) {
                Formula::TRUE
            } else {
                self.within(field, &band)
            };
            out.push((start, within));
        }
        out
    }
}

fn value_of(fact: RouteFact, price: Known<Price>) -> Known<Option<Value>> {
    let next_change = price.next_change;
    let decimal = |amount: Option<Decimal>| amount.map(Value::Decimal);
    let price = price.value;
    let value = if fact == RouteFact::PriceChanges {
        next_change.map(Value::Instant)
    } else if fact == RouteFact::Multiplier {
        decimal(price.multiplier)
    } else if fact == RouteFact::PriceInput {
        decimal(price.input)
    } else if fact == RouteFact::PriceOutput {
        decimal(price.output)
    } else if fact == RouteFact::PriceCacheRead {
        decimal(price.cache_read)
    } else {
        decimal(price.cache_write)
    };
    Known { value, next_change }
}

fn map<T, U>(known: Known<T>, f: impl FnOnce(T) -> U) -> Known<U> {
    Known {
        value: f(known.value),
        next_change: known.next_change,
    }
}

/// Counts past what the language's integers hold are its largest one.
fn tokens(n: u64) -> Value {
    Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))
}

fn names(words: &catalog::Names) -> Value {
    Value::Set(words.iter().cloned().map(Value::Text).collect())
}

/// Places by name; nobody says which is the unknown place.
fn places(names: Option<Vec<PlaceId>>) -> Value {
    names.map_or(Value::UnknownPlace, Value::Places)
}
