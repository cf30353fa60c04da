//! `unpriced-offering`: an offering without a price, beside others that have one.

use portolan_core::catalog::Route;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;

pub(crate) const LINT: Lint = Lint {
    code: "unpriced-offering",
    group: Group::Catalog,
    level: Level::Info,
    summary: "an offering without a price, beside others that have one",
    page: Page {
        what: "Finds offerings that are sold today at a price that nobody states, in a catalog \
              that states others.",
        why: "`prefer lowest` puts them last, `price at most` cannot be proved of them, and \
              costs are reported without them.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha: {price: {input: 3, output: 15}, offerings: [{region: us, provider: acme}]}\n\
                  \x20 beta: {offerings: [{region: us, provider: acme}]}\n\
                  ```",
        fix: "Add the price of the model, or of the offering.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    let today = context.today;
    let mut priced = false;
    let mut without = Vec::new();
    for model in &catalog.models {
        for (id, offering) in sales::offerings(catalog, model) {
            let sold = sales::sold(model, offering).is_some_and(|window| window.contains(today));
            let Some(endpoint) = sales::endpoints(catalog, id).next().filter(|_| sold) else {
                continue;
            };
            let route = Route {
                offering: id,
                endpoint,
            };
            let price = catalog.price(route, today, 0, None).value;
            if price.input.is_some() || price.output.is_some() {
                priced = true;
            } else {
                without.push((model, offering));
            }
        }
    }
    for (model, offering) in without.into_iter().filter(|_| priced) {
        let message = format!("nobody states what `{}` costs", model.id);
        findings.push(LINT.finding(offering.span, message).help("add `price`"));
    }
}
