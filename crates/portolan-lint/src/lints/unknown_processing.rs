//! `unknown-processing`: an offering of which nobody knows where it processes.

use portolan_core::catalog::Route;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;

pub(crate) const LINT: Lint = Lint {
    code: "unknown-processing",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "an offering of which nobody knows where it processes",
    page: Page {
        what: "Finds offerings that are sold today, and whose places of processing nobody states: \
              neither they, nor their providers, nor their region.",
        why: "An unknown place is outside every lock. That is safe, and it is rarely meant.",
        example: "```yaml\n\
                  regions:\n\
                  \x20 eu: {storage: EU27}    # and processing?\n\
                  ```",
        fix: "State `processing` of the region, of the provider or of the offering.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    let today = context.today;
    for model in &catalog.models {
        for (id, offering) in sales::offerings(catalog, model) {
            let sold = sales::sold(model, offering).is_some_and(|window| window.contains(today));
            let unknown = sales::endpoints(catalog, id).any(|endpoint| {
                let route = Route {
                    offering: id,
                    endpoint,
                };
                catalog.processing(route, today).value.is_none()
            });
            if sold && unknown {
                let region = catalog.region(offering.region);
                let message = format!(
                    "nobody knows where `{}` is processed in `{}`",
                    model.id,
                    region.map_or("", |region| &region.name)
                );
                findings.push(
                    LINT.finding(offering.span, message)
                        .help("state `processing` of the region, the provider or the offering"),
                );
            }
        }
    }
}
