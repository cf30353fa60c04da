//! `output-cheaper-than-input`: output tokens that cost less than input tokens.

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales::rows;

pub(crate) const LINT: Lint = Lint {
    code: "output-cheaper-than-input",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "output tokens that cost less than input tokens",
    page: Page {
        what: "Finds rows of prices in which output tokens that cost less than input tokens.",
        why: "Nobody sells output for less than input. The two amounts were swapped, and every \
              estimate of a cost is wrong.",
        example: "```yaml\n\
                  price: {input: 15, output: 3}\n\
                  ```",
        fix: "Compare with the price list, and swap them if they are swapped. There is no \
              machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for row in context.catalogs.iter().flat_map(rows) {
        if let (Some(lower), Some(higher)) = (row.output, row.input)
            && lower.value < higher.value
        {
            let (shown, other) = (lower.value.money(), higher.value.money());
            let message = format!("output costs ${shown} and input ${other}: are they swapped?");
            findings.push(
                LINT.finding(lower.span, message)
                    .help("compare with the price list"),
            );
        }
    }
}
