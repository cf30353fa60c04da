//! Models: their dates, limits, scores, successors, and their offerings in turn.

use super::prices::Factor;
use super::tables::{around, circles};
use super::{Checker, diags};
use crate::catalog::catalog::{Catalog, MakerId, Model, ModelId, OfferingId, ScoreId, Scores};
use crate::catalog::{Few, raw};
use crate::decimal::Decimal;
use crate::instant::{Dated, Instant, Window};
use crate::limits;
use crate::source::{Span, Spanned};

/// Where the periods of a fact stand, in order of their start.
pub(super) type Places = Vec<(Window, Span)>;

/// The two limits that are compared with each other, and where they stand.
pub(super) struct Limits {
    context: Places,
    output: Places,
}

impl Limits {
    pub(super) fn of(context: &raw::Fact<u64>, output: &raw::Fact<u64>) -> Self {
        let places = |fact: &raw::Fact<u64>| {
            let place = |period: &raw::Period<u64>| {
                let raw::Window { from, until } = period.window();
                let window = Window {
                    from: from.map(|f| f.value),
                    until: until.map(|u| u.value),
                };
                (window, period.value.span)
            };
            fact.iter().map(place).collect()
        };
        Self {
            context: places(context),
            output: places(output),
        }
    }
}

fn place(places: &Places, at: Instant) -> Option<Span> {
    let found = places.iter().find(|(window, _)| window.contains(at));
    found.map(|(_, span)| *span)
}

impl Checker {
    pub(super) fn check_models(
        &mut self,
        models: Vec<raw::Named<raw::Model>>,
        catalog: &mut Catalog,
    ) {
        let mut successors: Vec<Option<Spanned<u32>>> = Vec::with_capacity(models.len());
        let offerings = models.iter().map(|model| model.value.offerings.len());
        catalog.offerings.reserve_exact(offerings.sum());
        catalog.models.reserve_exact(models.len());
        for (id, entry) in (0u32..).map(ModelId).zip(models) {
            self.provenance(entry.aside.as_deref());
            let (model, successor) = self.check_model(id, entry.name, entry.value, catalog);
            catalog.models.push(model);
            successors.push(successor);
        }
        let next: Vec<Option<usize>> = successors
            .iter()
            .map(|s| s.map(|s| s.value as usize))
            .collect();
        for circle in circles(&next) {
            let members = circle.iter().filter_map(|i| catalog.models.get(*i));
            let names: Vec<&str> = members.map(|model| &*model.id).collect();
            let at = circle.first().and_then(|i| successors.get(*i));
            if let Some(at) = at.copied().flatten() {
                self.report(diags::successor_cycle(at.span, &around(names.into_iter())));
            }
        }
    }

    fn check_model(
        &mut self,
        id: ModelId,
        name: raw::Text,
        raw: raw::Model,
        catalog: &mut Catalog,
    ) -> (Model, Option<Spanned<u32>>) {
        if let (Some(released), Some(retires)) = (raw.released, raw.retires)
            && retires.value <= released.value
        {
            self.report(diags::retired_before_release(retires.span, released.span));
        }
        let successor = raw.successor.and_then(|s| self.successor(&s));
        let limits = Limits::of(&raw.context_window, &raw.max_output);
        let (price, listed) = self.prices(raw.price);
        let mut model = Model {
            maker: raw
                .maker
                .and_then(|m| self.resolve(|c| &c.makers, &m))
                .map(MakerId),
            title: raw.title.map(|title| title.value),
            released: raw.released.map(|r| r.value),
            retires: raw.retires.map(|r| r.value),
            successor: successor.map(|s| ModelId(s.value)),
            context_window: self.tokens(raw.context_window, "a context window"),
            max_output: self.tokens(raw.max_output, "an output limit"),
            capabilities: self.capabilities(raw.capabilities),
            parameters: self.parameters(raw.parameters),
            scores: self.model_scores(raw.scores),
            price: price.into(),
            offerings: Few::Many(Box::default()),
            id: name.value,
            span: name.span,
        };
        self.limits_agree(&[&model.context_window], &[&model.max_output], &[&limits]);

        if raw.offerings.len() > limits::OFFERINGS {
            self.report(diags::too_many_offerings(name.span, &model.id));
            return (model, successor);
        }
        let first = catalog.offerings.len();
        let mut factors = Vec::new();
        let mut spans = Vec::with_capacity(raw.offerings.len());
        for offering in raw.offerings {
            spans.push(offering.span);
            let own = offering.own.as_deref();
            let multiplier = own.and_then(|own| own.multiplier.first());
            let multiplier = multiplier.map(|period| period.value.span);
            let checked = self.check_offering(id, &model, &limits, offering);
            factors.push(multiplier.unwrap_or(checked.span));
            catalog.offerings.push(checked);
        }
        let number = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        let numbers = number(first)..number(catalog.offerings.len());
        model.offerings = numbers.map(OfferingId).collect();
        let offerings = catalog.offerings.get(first..).unwrap_or_default();
        self.tell_apart(offerings);
        let met: Vec<Factor<'_>> = offerings
            .iter()
            .zip(&factors)
            .filter(|(offering, _)| !always_priced(&offering.price))
            .flat_map(|(offering, span)| {
                let own = Factor {
                    window: offering.window,
                    value: &offering.multiplier,
                    span: *span,
                };
                let whole = always(&offering.multiplier);
                let region = catalog.regions.get(offering.region.index());
                let region = region.filter(|_| !whole).map(|region| Factor {
                    window: offering.window,
                    value: &region.multiplier,
                    span: region.span,
                });
                [Some(own), region].into_iter().flatten()
            })
            .collect();
        self.exact(&listed, &met);
        (model, successor)
    }

    fn successor(&mut self, name: &raw::Text) -> Option<Spanned<u32>> {
        let is_model = self.models.get(&name.value).is_some();
        if !is_model && let Some((_, alias)) = self.aliases.get(&name.value) {
            self.report(diags::successor_is_alias(name.span, &name.value, alias));
            return None;
        }
        let id = self.resolve(|c| &c.models, name)?;
        Some(Spanned::new(id, name.span))
    }

    fn model_scores(&mut self, raw: Vec<(raw::Text, raw::Fact<Decimal>)>) -> Scores {
        let scores = raw.into_iter().filter_map(|(name, fact)| {
            let values = self.decimals(fact, "a score");
            let id = self.resolve(|c| &c.scores, &name)?;
            Some((ScoreId(id), values))
        });
        scores.collect()
    }

    /// Reports the first instant at which the output limit is above the context window. The facts
    /// come in order of precedence, and so do their places.
    pub(super) fn limits_agree(
        &mut self,
        contexts: &[&Dated<u64>],
        outputs: &[&Dated<u64>],
        places: &[&Limits],
    ) {
        if contexts.iter().all(|f| f.is_empty()) || outputs.iter().all(|f| f.is_empty()) {
            return;
        }
        let facts = || contexts.iter().chain(outputs);
        let starts = facts().flat_map(|fact| fact.periods()).map(|(w, _)| w.from);
        let starts: std::collections::BTreeSet<_> =
            starts.map(|from| from.unwrap_or(Instant::MIN)).collect();
        let value = |facts: &[&Dated<u64>], at| facts.iter().find_map(|f| f.at(at)).copied();
        for at in starts {
            if let (Some(context), Some(output)) = (value(contexts, at), value(outputs, at))
                && output > context
            {
                let output_span = places.iter().find_map(|l| place(&l.output, at));
                let context_span = places.iter().find_map(|l| place(&l.context, at));
                if let (Some(output_span), Some(context_span)) = (output_span, context_span) {
                    let found =
                        diags::output_above_context(output_span, output, context_span, context);
                    return self.report(found);
                }
            }
        }
    }
}

fn always<T>(fact: &Dated<T>) -> bool {
    fact.periods()
        .iter()
        .any(|(window, _)| *window == Window::ALWAYS)
}

/// Says whether own prices hold at any time and for any tokens, so that no list price is asked.
fn always_priced(rows: &[crate::catalog::PriceRow]) -> bool {
    rows.iter().any(|row| {
        row.window == Window::ALWAYS && row.above_input_tokens == 0 && row.service_tier.is_none()
    })
}
