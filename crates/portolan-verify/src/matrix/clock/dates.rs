//! The dates of facts, before any rule moves them, taken apart field by field.

use std::collections::BTreeSet;

use portolan_core::catalog::{
    Alias, Catalog, Endpoint, Model, ModelId, Offering, Own, Pair, PriceRow, Provider, Region,
};
use portolan_core::instant::{Dated, Instant, Window};
use portolan_core::limits;
use portolan_core::place::PlaceId;
use portolan_core::policy::{Condition, Policy, RuleKind, Term, Type, Value};

use super::{Clock, counts, leaves};
use crate::matrix::{Options, Span};

/// Dates of facts, before anything moves them.
#[derive(Debug, Default)]
pub(super) struct Dates(BTreeSet<Instant>);

impl Dates {
    /// Each once, the earliest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Instant> {
        self.0.iter()
    }

    fn window(&mut self, window: Window) {
        let Window { from, until } = window;
        self.0.extend([from, until].into_iter().flatten());
    }

    fn fact<T>(&mut self, fact: &Dated<T>) {
        for (window, _) in fact.periods() {
            self.window(*window);
        }
    }

    fn prices(&mut self, rows: &[PriceRow]) {
        for row in rows {
            self.window(row.window);
        }
    }

    pub(super) fn policy(&mut self, clock: &Clock<'_>, policy: &Policy, options: &Options) {
        for rule in policy.rules.iter().filter(|rule| counts(&rule.kind)) {
            self.window(rule.window);
            for leaf in leaves(&rule.when) {
                let (first, second) = match leaf {
                    Condition::IsSet(term)
                    | Condition::Holds(term)
                    | Condition::Matches(term, _) => (term, None),
                    Condition::Compare(left, _, right) => (left, Some(right)),
                    Condition::Constant(_)
                    | Condition::And(_)
                    | Condition::Or(_)
                    | Condition::Not(_) => continue,
                };
                for term in std::iter::once(first).chain(second) {
                    self.term(clock, term);
                }
            }
            if let RuleKind::Lock { bound, .. } = &rule.kind {
                self.term(clock, bound);
            }
        }
        for key in &policy.prefer {
            self.term(clock, &key.term);
        }
        for attribute in &policy.attributes {
            let Type::Key(table) = &attribute.of else {
                continue;
            };
            let table = policy.tables.get(*table as usize);
            let given = options.attributes.get(&*attribute.name);
            let row = match (given, &attribute.default) {
                (Some(key), _) => table.and_then(|table| table.index.get(&**key)),
                (None, Some(Value::Row(_, row))) => Some(row),
                (None, _) => None,
            };
            let cells = row.and_then(|row| table?.rows.get(*row as usize));
            for cell in cells.into_iter().flatten() {
                self.value(clock, cell);
            }
        }
    }

    /// Constants, and what hangs on them.
    fn term(&mut self, clock: &Clock<'_>, term: &Term) {
        for term in term.walk() {
            if let Term::Constant(value) = term {
                self.value(clock, value);
            }
        }
    }

    /// A date; the dates of a model, whose facts a rule may read by its name.
    fn value(&mut self, clock: &Clock<'_>, value: &Value) {
        if let Value::Instant(at) = value {
            self.0.insert(*at);
        } else if let Value::Model(id) = value {
            if let Some(model) = clock.catalog.model(*id) {
                self.model(clock, *id, model);
            }
        } else if let Value::Set(members) = value {
            let dates = members.iter().filter(|m| matches!(m, Value::Instant(_)));
            for member in dates {
                self.value(clock, member);
            }
        }
    }

    /// When the territories of some place change.
    pub(super) fn territories(&mut self, catalog: &Catalog, span: Span) {
        let places = u32::try_from(catalog.places.names().len()).unwrap_or(u32::MAX);
        for place in (0..places).map(PlaceId) {
            let mut at = Instant::MIN;
            for _ in 0..=limits::PLACE_PERIODS {
                let Some(next) = catalog.places.next_change(place, at) else {
                    break;
                };
                if span.goes_on_to(next) {
                    self.0.insert(next);
                }
                at = next;
            }
        }
    }

    /// A model, its successors, whatever it is sold as, and its other names.
    pub(super) fn model(&mut self, clock: &Clock<'_>, id: ModelId, model: &Model) {
        self.facts_of(clock, model);
        let mut next = model.successor;
        for _ in 0..limits::SUCCESSOR_HOPS {
            let Some(model) = next.and_then(|id| clock.catalog.model(id)) else {
                break;
            };
            self.facts_of(clock, model);
            next = model.successor;
        }
        for offering in &model.offerings {
            if let Some(offering) = clock.catalog.offering(*offering) {
                self.offering(clock, offering);
            }
        }
        for alias in clock.aliases.get(&id).into_iter().flatten() {
            let Alias {
                id: _,
                target,
                span: _,
            } = alias;
            self.fact(target);
        }
    }

    fn facts_of(&mut self, clock: &Clock<'_>, model: &Model) {
        let Model {
            id: _,
            title: _,
            maker: _,
            released,
            retires,
            successor: _,
            context_window,
            max_output,
            capabilities,
            parameters,
            scores,
            price,
            offerings: _,
            span: _,
        } = model;
        self.0.extend([*released, *retires].into_iter().flatten());
        self.fact(context_window);
        self.fact(max_output);
        self.fact(capabilities);
        self.fact(parameters);
        for kind in &clock.kinds {
            scores.get(*kind).into_iter().for_each(|s| self.fact(s));
        }
        self.prices(price);
    }

    fn offering(&mut self, clock: &Clock<'_>, offering: &Offering) {
        let Offering {
            model: _,
            region,
            providers,
            window,
            own,
            span: _,
        } = offering;
        self.window(*window);
        self.own(own);
        if let Some(region) = clock.catalog.region(*region) {
            self.region(region);
        }
        for provider in providers {
            if let Some(provider) = clock.catalog.provider(*provider) {
                self.provider(provider);
            }
        }
    }

    fn own(&mut self, own: &Own) {
        let Own {
            endpoints: _,
            upstream_id: _,
            url: _,
            processing,
            storage,
            retention,
            context_window,
            max_output,
            capabilities,
            parameters,
            price,
            multiplier,
            pairs,
        } = own;
        self.fact(processing);
        self.fact(storage);
        self.fact(retention);
        self.fact(context_window);
        self.fact(max_output);
        self.fact(capabilities);
        self.fact(parameters);
        self.fact(multiplier);
        self.prices(price);
        for pair in pairs {
            let Pair {
                endpoint: _,
                processing,
                storage,
                retention,
                upstream_id: _,
                url: _,
                span: _,
            } = pair;
            self.fact(processing);
            self.fact(storage);
            self.fact(retention);
        }
    }

    fn region(&mut self, region: &Region) {
        let Region {
            name: _,
            processing,
            storage,
            multiplier,
            usage: _,
            url: _,
            span: _,
        } = region;
        self.fact(processing);
        self.fact(storage);
        self.fact(multiplier);
    }

    fn provider(&mut self, provider: &Provider) {
        let Provider {
            name: _,
            title: _,
            retention,
            processing,
            storage,
            url: _,
            span: _,
        } = provider;
        self.fact(retention);
        self.fact(processing);
        self.fact(storage);
    }

    pub(super) fn endpoint(&mut self, endpoint: &Endpoint) {
        let Endpoint {
            name: _,
            host: _,
            url: _,
            ingress,
            region: _,
            default: _,
            executes: _,
            span: _,
        } = endpoint;
        self.fact(ingress);
    }
}
