//! What the catalog, a table or a constant says, at one moment.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the resolver has checked the types: a value of another type cannot stand here"
)]

use super::{Context, Fold, Moment, Subject};
use crate::catalog::{Known, Model, Names, Retention, Route};
use crate::diagram::sketch::Sketch;
use crate::diagram::store::Inconclusive;
use crate::instant::Dated;
use crate::place::{Place, PlaceId};
use crate::policy::{BodyField, EndpointFact, LockFact, ModelFact, RouteFact, Term, Value};
use crate::syntax::ast::Comparison;

impl<'a> Fold<'a> {
    /// The value of a term that no field of the request is; `None` where it is absent.
    pub(super) fn value(
        &self,
        term: &Term,
        context: Context<'a>,
        moment: &Moment<'_>,
    ) -> Option<Value> {
        let catalog = self.vocabulary.catalog;
        match term {
            Term::Constant(value) => Some(value.clone()),
            Term::Endpoint => Some(Value::Endpoint(context.endpoint)),
            Term::Body(BodyField::Model) => match context.subject {
                Subject::Absent => None,
                // Text that is no model's id equals no model.
                Subject::Unknown => Some(Value::Text("".into())),
                Subject::Model(model, _) => Some(Value::Model(model)),
            },
            Term::Column(key, table, column) => {
                let row = match &**key {
                    Term::Attribute(_) => moment.row(key)?,
                    key => match self.value(key, context, moment)? {
                        Value::Row(_, row) => row,
                        _ => return None,
                    },
                };
                let table = self.vocabulary.policy.tables.get(*table as usize)?;
                table.rows.get(row as usize)?.get(*column as usize).cloned()
            }
            Term::OfModel(model, fact) => match self.value(model, context, moment)? {
                Value::Model(id) => of_model(catalog.model(id)?, *fact, moment),
                _ => None,
            },
            Term::OfEndpoint(endpoint, fact) => {
                let Value::Endpoint(id) = self.value(endpoint, context, moment)? else {
                    return None;
                };
                let endpoint = catalog.endpoint(id)?;
                Some(match fact {
                    EndpointFact::Region => Value::Region(endpoint.region),
                    EndpointFact::Host => Value::Text(endpoint.host.clone()),
                    EndpointFact::Ingress => places(dated(&endpoint.ingress, moment).cloned()),
                })
            }
            Term::Route(fact) => self.of_route(context.route?, *fact, moment),
            Term::Offset(inner, seconds) => match self.value(inner, context, moment)? {
                Value::Instant(at) => Some(Value::Instant(at.plus_seconds(*seconds))),
                _ => None,
            },
            Term::Without(a, b) => {
                let a = self.value(a, context, moment)?;
                match (a, self.value(b, context, moment)?) {
                    (Value::Set(mut a), Value::Set(b)) => {
                        a.retain(|value| !b.contains(value));
                        Some(Value::Set(a))
                    }
                    _ => None,
                }
            }
            Term::At
            | Term::Auth
            | Term::AuthHeader
            | Term::Attribute(_)
            | Term::Body(_)
            | Term::State(..) => None,
        }
    }

    fn of_route(&self, route: Route, fact: RouteFact, moment: &Moment<'_>) -> Option<Value> {
        let catalog = self.vocabulary.catalog;
        let offering = catalog.offering(route.offering)?;
        let at = moment.at;
        let price = || {
            let price = catalog.price(route, at, moment.input, moment.tier);
            moment.changes(price.next_change);
            price
        };
        match fact {
            RouteFact::Model => Some(Value::Model(offering.model)),
            RouteFact::Maker => catalog.model(offering.model)?.maker.map(Value::Maker),
            RouteFact::Providers => {
                let providers = offering.providers.iter();
                Some(Value::Set(providers.map(|p| Value::Provider(*p)).collect()))
            }
            RouteFact::Region => Some(Value::Region(offering.region)),
            RouteFact::Endpoint => Some(Value::Endpoint(route.endpoint)),
            RouteFact::Processing => Some(places(moment.now(catalog.processing(route, at)))),
            RouteFact::Storage => Some(places(moment.now(catalog.storage(route, at)))),
            RouteFact::Ingress => Some(places(moment.now(catalog.ingress(route, at)))),
            RouteFact::Retention => {
                Some(Value::Retention(moment.now(catalog.retention(route, at))))
            }
            RouteFact::UpstreamId => Some(Value::Text(catalog.upstream_id(route).into())),
            RouteFact::ContextWindow => moment.now(catalog.context_window(route, at)).map(tokens),
            RouteFact::MaxOutput => moment.now(catalog.max_output(route, at)).map(tokens),
            RouteFact::Capabilities => {
                let names = self.names(&Term::Route(fact), Some(route), moment);
                Some(names.map_or(Value::Set([].into()), words))
            }
            RouteFact::Parameters => {
                let names = self.names(&Term::Route(fact), Some(route), moment);
                names.map(words)
            }
            RouteFact::From => offering.window.from.map(Value::Instant),
            RouteFact::Until => offering.window.until.map(Value::Instant),
            RouteFact::PriceChanges => price().next_change.map(Value::Instant),
            RouteFact::Multiplier => price().value.multiplier.map(Value::Decimal),
            RouteFact::PriceInput => price().value.input.map(Value::Decimal),
            RouteFact::PriceOutput => price().value.output.map(Value::Decimal),
            RouteFact::PriceCacheRead => price().value.cache_read.map(Value::Decimal),
            RouteFact::PriceCacheWrite => price().value.cache_write.map(Value::Decimal),
            RouteFact::Score(score) => {
                let score = catalog.score(offering.model, score, at);
                moment.now(score).map(Value::Decimal)
            }
        }
    }

    /// A route's set of names where it stands in the catalog: the offering's, else the model's.
    pub(super) fn names(
        &self,
        term: &Term,
        route: Option<Route>,
        moment: &Moment<'_>,
    ) -> Option<&'a Names> {
        let catalog = self.vocabulary.catalog;
        let offering = catalog.offering(route?.offering)?;
        let model = catalog.model(offering.model)?;
        let both = match term {
            Term::Route(RouteFact::Capabilities) => [&offering.capabilities, &model.capabilities],
            Term::Route(RouteFact::Parameters) => [&offering.parameters, &model.parameters],
            _ => return None,
        };
        let stated = both.into_iter().find(|fact| !fact.is_empty())?;
        dated(stated, moment)
    }

    /// A comparison of two values that no request changes.
    pub(super) fn known_comparison(
        &self,
        a: &Term,
        comparison: Comparison,
        b: &Term,
        context: Context<'a>,
        moment: &Moment<'_>,
    ) -> Option<bool> {
        if let (Comparison::In, Term::Constant(Value::Text(word))) = (comparison, a)
            && let Some(names) = self.names(b, context.route, moment)
        {
            return Some(names.contains(word));
        }
        let a = self.value(a, context, moment)?;
        let b = self.value(b, context, moment)?;
        Some(match comparison {
            Comparison::Equal => a == b,
            Comparison::NotEqual => a != b,
            Comparison::Less => a < b,
            Comparison::AtMost => a <= b,
            Comparison::Greater => a > b,
            Comparison::AtLeast => a >= b,
            Comparison::In => matches!(&b, Value::Set(set) if set.contains(&a)),
            Comparison::SubsetOf => match (&a, &b) {
                (Value::Set(a), Value::Set(b)) => a.iter().all(|value| b.contains(value)),
                _ => false,
            },
            Comparison::Within => self.within(&a, &b, moment),
            Comparison::Overlaps => match (&a, &b) {
                (Value::Set(a), Value::Set(b)) => a.iter().any(|value| b.contains(value)),
                _ => self.place(&a, moment).overlaps(self.place(&b, moment)),
            },
        })
    }

    fn within(&self, a: &Value, b: &Value, moment: &Moment<'_>) -> bool {
        match (a, b) {
            (Value::Retention(kept), Value::Retention(bound)) => {
                *kept != Retention::Unknown && kept <= bound
            }
            _ => self.place(a, moment).within(self.place(b, moment)),
        }
    }

    fn place(&self, value: &Value, moment: &Moment<'_>) -> Place {
        let Value::Places(names) = value else {
            return Place::UNKNOWN;
        };
        moment.now(self.vocabulary.catalog.union(Some(names), moment.at))
    }

    /// Whether a route's fact is within a lock's bound; nothing meets a bound without a value.
    pub(super) fn met(
        &self,
        fact: LockFact,
        bound: &Term,
        context: Context<'a>,
        moment: &Moment<'_>,
    ) -> Sketch {
        let bound = self.value(bound, context, moment);
        let fact = self.value(&Term::Route(fact.fact()), context, moment);
        let met = match (&fact, &bound) {
            (Some(fact), Some(bound)) => self.within(fact, bound, moment),
            _ => false,
        };
        Sketch::truth(Some(met))
    }

    /// What a glob is matched with.
    pub(super) fn text(
        &self,
        term: &Term,
        context: Context<'a>,
        moment: &Moment<'_>,
    ) -> Result<Option<String>, Inconclusive> {
        match self.value(term, context, moment) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text.into())),
            Some(Value::Model(id)) => {
                let model = self.vocabulary.catalog.model(id);
                Ok(model.map(|model| model.id.to_string()))
            }
            Some(_) => Err(Inconclusive),
        }
    }
}

impl Moment<'_> {
    /// A fact now; when it changes is noted.
    fn now<T>(&self, known: Known<T>) -> T {
        self.changes(known.next_change);
        known.value
    }
}

fn of_model(model: &Model, fact: ModelFact, moment: &Moment<'_>) -> Option<Value> {
    match fact {
        ModelFact::Maker => model.maker.map(Value::Maker),
        ModelFact::Released => model.released.map(Value::Instant),
        ModelFact::Retires => model.retires.map(Value::Instant),
        ModelFact::Successor => model.successor.map(Value::Model),
        ModelFact::ContextWindow => dated(&model.context_window, moment).map(|n| tokens(*n)),
        ModelFact::MaxOutput => dated(&model.max_output, moment).map(|n| tokens(*n)),
        ModelFact::Capabilities => {
            let names = dated(&model.capabilities, moment);
            Some(names.map_or(Value::Set([].into()), words))
        }
        ModelFact::Parameters => dated(&model.parameters, moment).map(words),
    }
}

fn dated<'d, T>(fact: &'d Dated<T>, moment: &Moment<'_>) -> Option<&'d T> {
    moment.changes(fact.next_change(moment.at));
    fact.at(moment.at)
}

fn tokens(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn words(names: &Names) -> Value {
    Value::Set(names.iter().map(|name| Value::Text(name.clone())).collect())
}

fn places(names: Option<Vec<PlaceId>>) -> Value {
    names.map_or(Value::UnknownPlace, Value::Places)
}
