//! `unreached-region`: a region that no endpoint reaches.

use portolan_core::catalog::RegionId;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;

pub(crate) const LINT: Lint = Lint {
    code: "unreached-region",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a region that no endpoint reaches",
    page: Page {
        what: "Finds regions that are no endpoint's own and have no offering that an endpoint \
              reaches.",
        why: "Nothing is ever processed there. A rule that names the region reads as a guarantee \
              and guards nothing.",
        example: "```yaml\n\
                  regions:\n\
                  \x20 ap: {processing: JP, storage: JP}    # nobody sells anything in `ap`\n\
                  ```",
        fix: "Take it out, or add the offerings that belong there.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    for (id, region) in (0..).map(RegionId).zip(&catalog.regions) {
        let mut offerings = catalog
            .models
            .iter()
            .flat_map(|m| sales::offerings(catalog, m));
        let sold = offerings.any(|(offering, o)| {
            o.region == id && sales::endpoints(catalog, offering).next().is_some()
        });
        let own = catalog
            .endpoints
            .iter()
            .any(|endpoint| endpoint.region == id);
        if !sold && !own {
            let message = format!("no endpoint reaches region `{}`", region.name);
            findings.push(
                LINT.finding(region.span, message)
                    .help("take it out, or add the offerings that belong there"),
            );
        }
    }
}
