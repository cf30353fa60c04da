//! `price-outlier`: a price far from what the same model costs elsewhere.

use portolan_core::decimal::Decimal;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales::{self, Sale};

pub(crate) const LINT: Lint = Lint {
    code: "price-outlier",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a price far from what the same model costs elsewhere",
    page: Page {
        what: "Finds offerings that cost today more than five times what the same model costs in \
              another region, or less than a fifth of it.",
        why: "Premiums for staying in a region are some ten per cent. A factor is mostly a slip \
              of a digit or of a unit.",
        example: "```yaml\n\
                  offers:\n\
                  \x20 - {region: us, provider: acme}                                   # at the list price of $3\n\
                  \x20 - {region: eu, provider: acme, price: {input: 33, output: 165}}    # $3.30 was meant\n\
                  ```",
        fix: "Compare with the price list; correct the amount, or silence this with the reason.",
    },
    yields_to: &["price-unit-slip"],
    check: Check::OfSubject(check),
};

/// How far prices of the same model may lie apart.
const FACTOR: i64 = 5;

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    for model in &catalog.models {
        let sales: Vec<Sale<'_>> = sales::sales(catalog, model, context.today).collect();
        let Some(usual) = median(&sales) else {
            continue;
        };
        for sale in &sales {
            if apart(sale.input, usual.input) || apart(sale.output, usual.output) {
                let region = catalog.region(sale.offering.region);
                let message = format!(
                    "`{}` costs ${} and ${} in `{}`, and ${} and ${} elsewhere",
                    model.id,
                    sale.input.money(),
                    sale.output.money(),
                    region.map_or("", |region| &region.name),
                    usual.input.money(),
                    usual.output.money(),
                );
                let finding = LINT.finding(sale.offering.span, message);
                findings.push(
                    finding.help("compare with the price list: dollars for a million tokens"),
                );
            }
        }
    }
}

/// The sale in the middle, by the price of output. Of two it is the cheaper one.
fn median<'a>(sales: &[Sale<'a>]) -> Option<Sale<'a>> {
    let mut by_price: Vec<Sale<'a>> = sales.to_vec();
    by_price.sort_by_key(|sale| (sale.output, sale.input));
    by_price.get(by_price.len().saturating_sub(1) / 2).copied()
}

fn apart(one: Decimal, other: Decimal) -> bool {
    sales::more_than(one, FACTOR, other) || sales::more_than(other, FACTOR, one)
}
