//! `endpoint-without-offerings`: an endpoint that reaches nothing.

use portolan_core::catalog::EndpointId;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;

pub(crate) const LINT: Lint = Lint {
    code: "endpoint-without-offerings",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "an endpoint that reaches nothing",
    page: Page {
        what: "Finds endpoints through which no offering can be called, because every offering \
              lists other endpoints.",
        why: "Whatever a request names there, it is refused. Mostly the endpoint is new and \
              nobody added it to the lists, or its name is spelt in two ways.",
        example: "```yaml\n\
                  endpoints:\n\
                  \x20 eu: {host: eu.example.com, path: /v1, ingress: EU27, region: eu}\n\
                  models:\n\
                  \x20 alpha: {offerings: [{region: us, provider: acme, endpoints: [us]}]}    # nothing for `eu`\n\
                  ```",
        fix: "Add the endpoint to the offerings that it is there for, or take it out.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    for (id, endpoint) in (0..).map(EndpointId).zip(&catalog.endpoints) {
        let mut offerings = catalog
            .models
            .iter()
            .flat_map(|m| sales::offerings(catalog, m));
        let reached = offerings.any(|(offering, _)| {
            let mut reaching = sales::endpoints(catalog, offering);
            reaching.any(|endpoint| endpoint == id)
        });
        if !reached {
            let message = format!("endpoint `{}` reaches no offering", endpoint.name);
            findings.push(
                LINT.finding(endpoint.span, message)
                    .help("add it to the offerings that it is there for, or take it out"),
            );
        }
    }
}
