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
        what: "Finds offerings with prices of their own that equal the list price today, in a \
              region whose multiplier is not 1.",
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
        fix: "Take the price out, so that the multiplier applies, or state the price that is \
              paid there.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    let today = context.today;
    for model in &catalog.models {
        let Some(list) = row(&model.price, today) else {
            continue;
        };
        for (_, offering) in sales::offerings(catalog, model) {
            let region = catalog.region(offering.region);
            let multiplier = region.and_then(|region| region.multiplier.at(today));
            let due = multiplier.is_some_and(|factor| *factor != Decimal::ONE);
            let own = row(&offering.price, today);
            let same = own.is_some_and(|own| (own.input, own.output) == (list.input, list.output));
            if due && same && sold_now(model, offering, today) {
                let message = format!(
                    "`{}` is sold at list price in `{}`, where {} times that is due",
                    model.id,
                    region.map_or("", |region| &region.name),
                    multiplier.map_or_else(String::new, |factor| factor.to_string_with(2)),
                );
                findings.push(
                    LINT.finding(offering.span, message)
                        .help("take its price out, so that the multiplier applies"),
                );
            }
        }
    }
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
