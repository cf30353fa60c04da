//! `ingress-elsewhere`: an endpoint that is entered elsewhere than it processes.

use portolan_core::catalog::Endpoint;
use portolan_core::place::Place;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "ingress-elsewhere",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "an endpoint that is entered elsewhere than it processes",
    page: Page {
        what: "Finds endpoints whose `ingress` shares no country today with the processing places \
              of their region.",
        why: "A request crosses a border before anything is decided about it. A lock on \
              `ingress` then refuses everything, and one on `processing` alone does not see it.",
        example: "```yaml\n\
                  regions:\n\
                  \x20 eu: {processing: EU27, storage: EU27}\n\
                  endpoints:\n\
                  \x20 eu: {host: eu.example.com, path: /v1, ingress: US, region: eu}\n\
                  ```",
        fix: "Correct the ingress, or lock it too.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for endpoint in &context.engine.catalog().endpoints {
        if let Some((enters, processes)) = places(context, endpoint)
            && !enters.overlaps(processes)
        {
            let countries: Vec<&str> = enters.countries().take(4).collect();
            let message = format!(
                "endpoint `{}` is entered in {}, outside its region's places",
                endpoint.name,
                countries.join(", ")
            );
            findings.push(
                LINT.finding(endpoint.span, message)
                    .help("correct `ingress`, or its region"),
            );
        }
    }
}

fn places(context: &Context<'_>, endpoint: &Endpoint) -> Option<(Place, Place)> {
    let catalog = context.engine.catalog();
    let enters = endpoint.ingress.at(context.today)?;
    let processes = catalog
        .region(endpoint.region)?
        .processing
        .at(context.today)?;
    let place = |names: &[_]| catalog.union(Some(names), context.today).value;
    Some((place(enters), place(processes)))
}
