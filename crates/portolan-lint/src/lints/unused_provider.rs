//! `unused-provider`: a provider that nothing names.

use portolan_core::catalog::ProviderId;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unused-provider",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a provider that nothing names",
    page: Page {
        what: "Finds entries of `providers` that no offering names.",
        why: "It is read and means nothing. Mostly the name is spelt in two ways, or what it was \
              there for is gone.",
        example: "```yaml\n\
                  providers:\n\
                  \x20 acme: {title: Acme}\n\
                  \x20 acme-eu: {title: Acme in Europe}    # nothing names it\n\
                  ```",
        fix: "Take it out, or name it where it belongs.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    let offerings = &catalog.offerings;
    let used = |id: ProviderId| {
        offerings
            .iter()
            .any(|offering| offering.providers.contains(&id))
    };
    for (id, provider) in (0..).map(ProviderId).zip(&catalog.providers) {
        if !used(id) {
            let message = format!("nothing names provider `{}`", provider.name);
            findings.push(
                LINT.finding(provider.span, message)
                    .help("take it out, or name it"),
            );
        }
    }
}
