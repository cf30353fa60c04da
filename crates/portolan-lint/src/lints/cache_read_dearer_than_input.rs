//! `cache-read-dearer-than-input`: tokens read from a cache that cost more than new ones.

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales::rows;

pub(crate) const LINT: Lint = Lint {
    code: "cache-read-dearer-than-input",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "tokens read from a cache that cost more than new ones",
    page: Page {
        what: "Finds rows of prices in which tokens read from a cache that cost more than new \
              ones.",
        why: "A cache is used because it is cheaper. Mostly the price of a write was put where \
              that of a read belongs.",
        example: "```yaml\n\
                  price: {input: 3, output: 15, cache_read: 3.75, cache_write: 0.30}\n\
                  ```",
        fix: "Compare with the price list, and swap them if they are swapped. There is no \
              machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for row in context.catalogs.iter().flat_map(rows) {
        if let (Some(lower), Some(higher)) = (row.input, row.cache_read)
            && lower.value < higher.value
        {
            let (shown, other) = (lower.value.money(), higher.value.money());
            let message = format!(
                "input costs ${shown} and a read from the cache ${other}: are they swapped?"
            );
            findings.push(
                LINT.finding(higher.span, message)
                    .help("compare with the price list"),
            );
        }
    }
}
