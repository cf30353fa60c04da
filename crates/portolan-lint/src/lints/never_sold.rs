//! `never-sold`: an offering that is never sold.

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;

pub(crate) const LINT: Lint = Lint {
    code: "never-sold",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "an offering that is never sold",
    page: Page {
        what: "Finds offerings whose window lies before the release of their model or after its \
              retirement.",
        why: "The line reads as if the model were sold there. It never is.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha:\n\
                  \x20   retires: 2026-03-01\n\
                  \x20   offerings:\n\
                  \x20     - {region: us, provider: acme}\n\
                  \x20     - {region: eu, provider: acme, from: 2026-04-01}\n\
                  ```",
        fix: "Correct the dates, or take the offering out.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    for model in &catalog.models {
        for (_, offering) in sales::offerings(catalog, model) {
            if sales::sold(model, offering).is_none() {
                let region = catalog.region(offering.region);
                let message = format!(
                    "`{}` is never sold in `{}`: the model is there {}, this offering {}",
                    model.id,
                    region.map_or("", |region| &region.name),
                    sales::life(model),
                    offering.window,
                );
                let finding = LINT.finding(offering.span, message);
                findings.push(finding.help("correct the dates, or take the offering out"));
            }
        }
    }
}
