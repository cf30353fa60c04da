//! `unsold-model`: a model without an offering.

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unsold-model",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a model without an offering",
    page: Page {
        what: "Finds models that nobody sells in any region.",
        why: "The id is known, so that a request for it is told that it is not offered rather \
              than that it is unknown; but nothing says where it was or will be.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha: {context_window: 200_000}\n\
                  ```",
        fix: "Add its offerings, or take it out.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    for model in catalog.models.iter().filter(|m| m.offerings.is_empty()) {
        let message = format!("nobody sells model `{}`", model.id);
        findings.push(
            LINT.finding(model.span, message)
                .help("add its offerings, or take it out"),
        );
    }
}
