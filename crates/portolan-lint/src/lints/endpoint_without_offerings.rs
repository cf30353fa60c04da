//! `endpoint-without-offerings`: an endpoint that reaches nothing in its own region.

use portolan_core::catalog::EndpointId;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;

pub(crate) const LINT: Lint = Lint {
    code: "endpoint-without-offerings",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "an endpoint that reaches nothing in its own region",
    page: Page {
        what: "Finds endpoints through which no offering of the region in which they process by \
              default can be called.",
        why: "A request that does not say where it wants to be processed is refused there, \
              whatever model it names. Mostly the region of the endpoint is misspelt, or every \
              offering lists other endpoints.",
        example: "```yaml\n\
                  endpoints:\n\
                  \x20 eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu}\n\
                  models:\n\
                  \x20 alpha: {offerings: [{region: us, provider: acme}]}    # nothing in `eu`\n\
                  ```",
        fix: "Correct the region, add the offerings, or take the endpoint out.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    for (id, endpoint) in (0..).map(EndpointId).zip(&catalog.endpoints) {
        let offerings = catalog
            .models
            .iter()
            .flat_map(|m| sales::offerings(catalog, m));
        let mut there = offerings.filter(|(_, offering)| offering.region == endpoint.region);
        let reached = there.any(|(offering, _)| {
            let mut reaching = sales::endpoints(catalog, offering);
            reaching.any(|endpoint| endpoint == id)
        });
        let region = catalog.region(endpoint.region);
        if let Some(region) = region.filter(|_| !reached) {
            let message = format!(
                "endpoint `{}` reaches no offering in its region `{}`",
                endpoint.name, region.name
            );
            findings.push(
                LINT.finding(endpoint.span, message)
                    .help("correct its region, or add what it is there for"),
            );
        }
    }
}
