//! The small dimensions of a question, gone through one by one: classes of rows, price tiers,
//! stretches of time.

use std::cell::Cell;

use super::{Context, Fold, Folded};
use crate::catalog::{Price, Route, earlier};
use crate::diagram::constants::rank;
use crate::diagram::field::{ABSENT, Field, Number, TextField};
use crate::diagram::sketch::Sketch;
use crate::diagram::store::Inconclusive;
use crate::diagram::vocabulary::{Asked, attribute};
use crate::instant::Instant;
use crate::limits;
use crate::policy::{Term, Value};

/// The small dimensions that are enumerated, and when anything that was read changes.
pub(super) struct Moment<'a> {
    pub(super) at: Instant,
    pub(super) input: u64,
    pub(super) tier: Option<&'a str>,
    pub(super) rows: Vec<(u16, Option<u32>)>,
    pub(super) next: Cell<Option<Instant>>,
}

impl<'a> Fold<'a> {
    /// The order of routes by the policy's keys, as an answer that `order` numbers.
    pub(in crate::diagram) fn order(
        &self,
        context: Context<'a>,
        routes: &[Route],
        order: &dyn Fn(Vec<u16>) -> u32,
    ) -> Folded {
        let asked = &self.vocabulary.order;
        let facts = |moment: &Moment<'_>| {
            self.spend(routes.len())?;
            let mut keyed: Vec<(u16, Vec<Option<Value>>)> = Vec::new();
            for (position, route) in (0u16..).zip(routes) {
                let context = Context {
                    route: Some(*route),
                    ..context
                };
                let keys = &self.vocabulary.policy.prefer;
                let values = keys.iter().map(|k| self.value(&k.term, context, moment));
                keyed.push((position, values.collect()));
            }
            keyed.sort_by(|(_, a), (_, b)| self.compare_keys(a, b));
            Ok(Sketch::Leaf(order(
                keyed.into_iter().map(|(position, _)| position).collect(),
            )))
        };
        let tiers = routes.iter().flat_map(|route| self.tiers(*route));
        self.over_rows(&asked.rows, &mut Self::start(), &mut |moment| {
            if asked.priced {
                self.over_tiers(&tiers.clone().collect::<Vec<_>>(), moment, &facts)
            } else {
                self.over_time(moment, &facts)
            }
        })
    }

    /// The price of a route, as an answer that `number` numbers.
    pub(in crate::diagram) fn price(&self, route: Route, number: &dyn Fn(Price) -> u32) -> Folded {
        let catalog = self.vocabulary.catalog;
        self.over_tiers(&self.tiers(route), &mut Self::start(), &|moment| {
            let price = catalog.price(route, moment.at, moment.input, moment.tier);
            moment.changes(price.next_change);
            Ok(Sketch::Leaf(number(price.value)))
        })
    }

    /// An answer that time changes: one with when it changes next.
    pub(in crate::diagram) fn through_time(
        &self,
        answer: &dyn Fn(Instant) -> (u32, Option<Instant>),
    ) -> Folded {
        self.over_time(&mut Self::start(), &|moment| {
            let (answer, next) = answer(moment.at);
            moment.changes(next);
            Ok(Sketch::Leaf(answer))
        })
    }

    fn compare_keys(&self, a: &[Option<Value>], b: &[Option<Value>]) -> std::cmp::Ordering {
        use std::cmp::Ordering;
        let keys = &self.vocabulary.policy.prefer;
        let each = a.iter().zip(b).zip(keys).map(|((a, b), key)| match (a, b) {
            (Some(a), Some(b)) if key.lowest => a.cmp(b),
            (Some(a), Some(b)) => b.cmp(a),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        });
        each.fold(Ordering::Equal, Ordering::then)
    }

    fn start() -> Moment<'a> {
        Moment {
            at: Instant::MIN,
            input: 0,
            tier: None,
            rows: Vec::new(),
            next: Cell::new(None),
        }
    }

    /// Over every class of rows, price tier and stretch of time that the question reads.
    pub(super) fn over(
        &self,
        asked: &Asked<'a>,
        context: Context<'a>,
        leaf: &dyn Fn(&Moment<'_>) -> Folded,
    ) -> Folded {
        let mut moment = Self::start();
        if asked.rows.is_empty() && !asked.priced {
            return self.over_time(&mut moment, leaf);
        }
        self.over_rows(
            &asked.rows,
            &mut moment,
            &mut |moment| match context.route {
                Some(route) if asked.priced => self.over_tiers(&self.tiers(route), moment, leaf),
                _ => self.over_time(moment, leaf),
            },
        )
    }

    fn over_rows(
        &self,
        rows: &[u16],
        moment: &mut Moment<'a>,
        leaf: &mut dyn FnMut(&mut Moment<'a>) -> Folded,
    ) -> Folded {
        let Some((attribute, rest)) = rows.split_first() else {
            return leaf(moment);
        };
        let classes = self.vocabulary.classes.get(attribute);
        let classes = classes.map_or(&[][..], |c| &c.rows);
        let codes = std::iter::once((ABSENT, None));
        let present = (0i64..).zip(classes.iter().copied().map(Some));
        let mut parts = Vec::with_capacity(classes.len() + 1);
        for (code, row) in codes.chain(present) {
            moment.rows.push((*attribute, row));
            let part = self.over_rows(rest, moment, leaf);
            moment.rows.pop();
            parts.push((code, part?));
        }
        Ok(Sketch::steps(Field::Attribute(*attribute), parts))
    }

    /// Over service tiers and thresholds of input tokens.
    fn over_tiers(
        &self,
        tiers: &[(Option<&'a str>, u64)],
        moment: &mut Moment<'a>,
        leaf: &dyn Fn(&Moment<'_>) -> Folded,
    ) -> Folded {
        let mut thresholds: Vec<u64> = tiers.iter().map(|(_, above)| *above).collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        let tier = Field::Text(TextField::ServiceTier);
        let bounds = self.vocabulary.texts.get(&tier);
        let bounds = bounds.map_or(&[][..], Vec::as_slice);
        let mut names: Vec<&str> = tiers.iter().filter_map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        let by_tokens = |moment: &mut Moment<'a>, name| {
            moment.tier = name;
            let mut parts = Vec::new();
            let first = std::iter::once((i64::MIN, 0));
            let above = thresholds.iter().filter(|above| **above > 0);
            let above =
                above.filter_map(|a| Some((i64::try_from(*a).ok()?.checked_add(1)?, a + 1)));
            for (from, input) in first.chain(above) {
                moment.input = input;
                parts.push((from, self.over_time(moment, leaf)?));
            }
            let tokens = Field::Number(Number::InputTokens);
            Ok::<_, Inconclusive>(Sketch::steps(tokens, parts))
        };
        let standard = by_tokens(moment, None)?;
        let mut parts = vec![(i64::MIN, standard.clone())];
        for name in names {
            let code = rank(bounds, name);
            parts.push((code, by_tokens(moment, Some(name))?));
            parts.push((code + 1, standard.clone()));
        }
        Ok(Sketch::steps(tier, parts))
    }

    /// The service tiers and thresholds that a route has prices for.
    fn tiers(&self, route: Route) -> Vec<(Option<&'a str>, u64)> {
        let catalog = self.vocabulary.catalog;
        let Some(offering) = catalog.offering(route.offering) else {
            return Vec::new();
        };
        let model = catalog.model(offering.model).map_or(&[][..], |m| &m.price);
        let own = offering.price.iter().chain(model);
        own.map(|row| (row.service_tier.as_deref(), row.above_input_tokens))
            .collect()
    }

    fn over_time(&self, moment: &mut Moment<'a>, leaf: &dyn Fn(&Moment<'_>) -> Folded) -> Folded {
        self.spend(1)?;
        moment.at = Instant::MIN;
        moment.next.set(None);
        let first = leaf(moment)?;
        let mut changes = moment.next.get();
        if changes.is_none() {
            return Ok(first);
        }
        let mut parts = vec![(i64::MIN, first)];
        while let Some(next) = changes.filter(|next| *next > moment.at) {
            self.spend(1)?;
            if parts.len() >= limits::DIAGRAM_PIECES {
                return Err(Inconclusive);
            }
            moment.at = next;
            moment.next.set(None);
            parts.push((next.unix_seconds(), leaf(moment)?));
            changes = moment.next.get();
        }
        Ok(Sketch::steps(Field::At, parts))
    }

    /// Counts steps; past the budget nothing more is folded.
    pub(super) fn spend(&self, steps: usize) -> Result<(), Inconclusive> {
        self.spent.set(self.spent.get().saturating_add(steps));
        if self.spent.get() > limits::DIAGRAM_FOLDS {
            return Err(Inconclusive);
        }
        Ok(())
    }
}

impl Moment<'_> {
    pub(super) fn changes(&self, at: Option<Instant>) {
        self.next.set(earlier(self.next.get(), at));
    }

    pub(super) fn row(&self, key: &Term) -> Option<u32> {
        let attribute = attribute(key)?;
        let found = self.rows.iter().find(|(index, _)| *index == attribute);
        found.and_then(|(_, row)| *row)
    }
}
