//! What requests are told apart by because prices are: the service tiers and steps of input
//! tokens of the catalog, asked beside the rules.

use std::collections::BTreeSet;

use portolan_core::catalog::{Catalog, PriceRow, Route};
use portolan_core::diagram::survey::{Chart, Inconclusive, Region, Topic};
use portolan_core::policy::{BodyField, Condition, Term, Value};
use portolan_core::syntax::ast::Comparison;

use super::stretch::Stretch;

/// Service tiers and steps of input tokens that anything is priced by.
#[derive(Debug)]
pub(super) struct Tariff {
    tiers: Vec<Box<str>>,
    /// More input tokens than this.
    above: Vec<u64>,
    /// Whether the tier is asked for, then whether there are more tokens.
    asked: Vec<Condition>,
}

/// The price rows that hold for a route: the offering's own, or the model's.
pub(super) fn rows(catalog: &Catalog, route: Route) -> &[PriceRow] {
    let Some(offering) = catalog.offering(route.offering) else {
        return &[];
    };
    let model = catalog.model(offering.model);
    if offering.price.is_empty() {
        model.map_or(&[], |model| &model.price)
    } else {
        &offering.price
    }
}

impl Tariff {
    /// Of a catalog.
    pub(super) fn new(catalog: &Catalog) -> Self {
        let models = catalog.models.iter().flat_map(|model| &*model.price);
        let own = catalog.offerings.iter().flat_map(|o| &*o.price);
        let (mut tiers, mut above) = (BTreeSet::new(), BTreeSet::new());
        for row in models.chain(own) {
            tiers.extend(row.service_tier.clone());
            above.extend((row.above_input_tokens > 0).then_some(row.above_input_tokens));
        }
        let tier = |tier: &str| {
            let asked = || Term::Body(BodyField::ServiceTier);
            Condition::And(vec![
                Condition::IsSet(asked()),
                Condition::Compare(
                    asked(),
                    Comparison::Equal,
                    Term::Constant(Value::Text(tier.into())),
                ),
            ])
        };
        let step = |above: &u64| {
            Condition::Compare(
                Term::Body(BodyField::InputTokens),
                Comparison::Greater,
                Term::Constant(Value::Integer(i64::try_from(*above).unwrap_or(i64::MAX))),
            )
        };
        let asked = tiers
            .iter()
            .map(|named| tier(named))
            .chain(above.iter().map(step));
        Self {
            asked: asked.collect(),
            tiers: tiers.into_iter().collect(),
            above: above.into_iter().collect(),
        }
    }

    /// What to ask of every request.
    pub(super) fn topics(&self) -> Vec<Topic<'_>> {
        let asked = self.asked.iter().map(Topic::When);
        asked.chain([Topic::Order]).collect()
    }

    /// Adds the regions of tiers and steps to those of a slice.
    pub(super) fn regions(
        &self,
        chart: &mut Chart<'_>,
        stretch: &mut Stretch,
    ) -> Result<(), Inconclusive> {
        let mut asked = Vec::with_capacity(self.tiers.len());
        for (topic, tier) in self.tiers.iter().enumerate() {
            asked.push((tier, chart.topic(topic, None)?));
        }
        for candidate in 0..chart.candidates().len() {
            let (set, any) = stretch.tiers_set(chart, candidate)?;
            let mut rest = chart.without(Region::ALL, any)?;
            for (tier, region) in &asked {
                let mut region = chart.and(rest, *region)?;
                rest = chart.without(rest, region)?;
                for (_, by_rule) in set.iter().filter(|(named, _)| named == *tier) {
                    region = chart.or(region, *by_rule)?;
                }
                stretch
                    .tiers
                    .push((candidate, Some((*tier).clone()), region));
            }
            for (_, by_rule) in set.iter().filter(|(named, _)| !self.tiers.contains(named)) {
                rest = chart.or(rest, *by_rule)?;
            }
            stretch.tiers.push((candidate, None, rest));
        }
        let mut from = Region::ALL;
        let mut least = 0;
        for (step, above) in self.above.iter().enumerate() {
            let more = chart.topic(self.tiers.len() + step, None)?;
            let region = chart.without(from, more)?;
            stretch.steps.push((least, region));
            (from, least) = (more, above.saturating_add(1));
        }
        stretch.steps.push((least, from));
        Ok(())
    }
}
