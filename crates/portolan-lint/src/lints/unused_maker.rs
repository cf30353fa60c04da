//! `unused-maker`: a maker that nothing names.

use portolan_core::catalog::MakerId;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unused-maker",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a maker that nothing names",
    page: Page {
        what: "Finds entries of `makers` that no model names.",
        why: "It is read and means nothing. Mostly the name is spelt in two ways, or what it was \
              there for is gone.",
        example: "```yaml\n\
                  makers:\n\
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
    let used = |id: MakerId| catalog.models.iter().any(|model| model.maker == Some(id));
    for (id, maker) in (0..).map(MakerId).zip(&catalog.makers) {
        if !used(id) {
            let message = format!("nothing names maker `{}`", maker.name);
            findings.push(
                LINT.finding(maker.span, message)
                    .help("take it out, or name it"),
            );
        }
    }
}
