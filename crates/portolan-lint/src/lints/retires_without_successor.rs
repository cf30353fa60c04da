//! `retires-without-successor`: a model that retires soon, and nothing replaces it.

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "retires-without-successor",
    group: Group::Catalog,
    level: Level::Info,
    summary: "a model that retires soon, and nothing replaces it",
    page: Page {
        what: "Finds models that retire within 60 days of today and name no successor.",
        why: "Whoever uses it has two months to find out what to use instead. A refusal can only \
              say that it is gone.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha: {retires: 2026-02-01, offerings: [{region: us, provider: acme}]}    # today is 2026-01-01\n\
                  ```",
        fix: "Add `successor`, if its maker names one.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

/// What is soon, in seconds: 60 days.
const SOON: i64 = 60 * 86_400;

fn check(context: &Context<'_>, findings: &mut Findings) {
    for model in &context.engine.catalog().models {
        let Some(end) = model.retires.filter(|_| model.successor.is_none()) else {
            continue;
        };
        if context.today <= end && end <= context.today.plus_seconds(SOON) {
            let message = format!(
                "`{}` retires on {}, and nothing replaces it",
                model.id,
                end.short()
            );
            findings.push(LINT.finding(model.span, message).help("add `successor`"));
        }
    }
}
