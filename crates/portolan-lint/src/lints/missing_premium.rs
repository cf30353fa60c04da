//! `missing-premium`: a price without the premium that is due in its region.

use portolan_core::catalog::{Model, PriceRow};
use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;

pub(crate) const LINT: Lint = Lint {
    code: "missing-premium",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a price without the premium that is due in its region",
    page: Page {
        what: "Finds offerings with prices of their own, in a region whose multiplier is not 1, \
              that equal today the list price, or the model's own price in a region where no \
              multiplier applies, such as a global one.",
        why: "A price of its own is absolute: the multiplier does not apply to it. Costs are \
              then reported too low, quietly.",
        example: "```yaml\n\
                  regions:\n\
                  \x20 eu: {processing: EU27, storage: EU27, multiplier: 1.10}\n\
                  models:\n\
                  \x20 alpha:\n\
                  \x20   price: {input: 3, output: 15}\n\
                  \x20   offerings:\n\
                  \x20     - {region: eu, provider: acme, price: {input: 3, output: 15}}\n\
                  ```",
        fix: "Take the price out, so that the multiplier applies to the list price, or state the \
              price that is paid there.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    let today = context.today;
    for model in &catalog.models {
        let list = row(&model.price, today);
        let mut plain = Vec::new();
        let mut due = Vec::new();
        for (_, offering) in sales::offerings(catalog, model) {
            let region = catalog.region(offering.region);
            let factor = region.and_then(|region| region.multiplier.at(today));
            let factor = factor.filter(|factor| **factor != Decimal::ONE);
            let own = row(&offering.price, today).filter(|_| sold_now(model, offering, today));
            match (own, factor) {
                (Some(own), Some(factor)) => due.push((own, factor, offering, region)),
                (Some(own), None) => plain.push((own, region)),
                (None, _) => {}
            }
        }
        for (own, factor, offering, region) in due {
            let name = region.map_or("", |region| &region.name);
            let other = plain.iter().find(|(other, _)| same(own, other));
            let (what, help) = if list.is_some_and(|list| same(own, list)) {
                let help = "take its price out, so that the multiplier applies";
                ("at list price".to_owned(), help)
            } else if let Some((_, Some(other))) = other {
                let help = "state the price that is paid there";
                (format!("for as much as in `{}`", other.name), help)
            } else {
                continue;
            };
            let message = format!(
                "`{}` is sold {what} in `{name}`, where {} times that is due",
                model.id,
                factor.to_string_with(2),
            );
            findings.push(LINT.finding(offering.span, message).help(help));
        }
    }
}

fn same(one: &PriceRow, other: &PriceRow) -> bool {
    (one.input, one.output) == (other.input, other.output)
}

fn sold_now(model: &Model, offering: &portolan_core::catalog::Offering, at: Instant) -> bool {
    sales::sold(model, offering).is_some_and(|window| window.contains(at))
}

/// The row for few tokens in the standard tier.
fn row(rows: &[PriceRow], at: Instant) -> Option<&PriceRow> {
    let mut rows = rows.iter();
    rows.find(|row| {
        row.window.contains(at) && row.above_input_tokens == 0 && row.service_tier.is_none()
    })
}
