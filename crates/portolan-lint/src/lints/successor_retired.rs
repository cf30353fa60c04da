//! `successor-retired`: a successor that is gone before its predecessor.

use portolan_core::instant::Instant;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::sales;
use crate::successions::{Succession, successions};

pub(crate) const LINT: Lint = Lint {
    code: "successor-retired",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a successor that is gone before its predecessor",
    page: Page {
        what: "Finds models whose successor has retired when they retire themselves, or today if \
              they do not.",
        why: "The successor is what a refusal advises and what people move to. This one is \
              refused as well.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha-1: {retires: 2026-06-01, successor: alpha-2, offerings: [{region: us, provider: acme}]}\n\
                  \x20 alpha-2: {retires: 2026-03-01, offerings: [{region: us, provider: acme}]}\n\
                  ```",
        fix: "Name a successor that is still there.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for Succession {
        model,
        successor,
        when,
    } in successions(context)
    {
        let gone = sales::life(successor).until;
        if gone.is_some_and(|end| end <= when) {
            let end = successor.retires.map_or_else(String::new, Instant::short);
            let message = format!(
                "`{}` is to replace `{}`, and retires itself on {end}",
                successor.id, model.id
            );
            findings.push(
                LINT.finding(model.span, message)
                    .related(successor.span, "the successor")
                    .help("name a successor that is still there then"),
            );
        }
    }
}
