//! `routes-in-one-domain`: a model whose routes all fail together.

use std::collections::BTreeSet;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;

pub(crate) const LINT: Lint = Lint {
    code: "routes-in-one-domain",
    group: Group::Catalog,
    level: Level::Info,
    summary: "a model whose routes all fail together",
    page: Page {
        what: "In a policy that routes through any endpoint, and moves on where an attempt fails, \
              finds models that are sold today on more than one route, all of them by one provider.",
        why: "The routes stand behind each other so that one answers where another does not. Where \
              the provider does not answer, none does.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha:\n\
                  \x20   offerings:\n\
                  \x20     - {region: eu-north, provider: acme, endpoints: [north]}\n\
                  \x20     - {region: eu-south, provider: acme, endpoints: [south]}    # acme again\n\
                  ```",
        fix: "Add an offering by another provider; nothing, if the provider's places fail apart.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let (catalog, policy) = (context.engine.catalog(), context.engine.policy());
    if !policy.through_any_endpoint || policy.advance.is_empty() {
        return;
    }
    for model in &catalog.models {
        let (mut routes, mut providers) = (0, BTreeSet::new());
        for (id, offering) in sales::offerings(catalog, model) {
            let sold = sales::sold(model, offering);
            if sold.is_some_and(|window| window.contains(context.today)) {
                routes += sales::endpoints(catalog, id).count();
                providers.extend(offering.providers.iter().copied());
            }
        }
        let mut providers = providers.iter();
        if let (Some(provider), None) = (providers.next(), providers.next())
            && let Some(provider) = catalog.providers.get(provider.index())
            && routes > 1
        {
            let message = format!(
                "each of the {routes} routes of `{}` goes through `{}`",
                model.id, provider.name
            );
            let finding = LINT.finding(model.span, message);
            findings.push(finding.help("add an offering by another provider"));
        }
    }
}
