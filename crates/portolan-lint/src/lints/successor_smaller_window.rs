//! `successor-smaller-window`: a successor with a smaller context window.

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::successions::{Succession, just_before, successions};

pub(crate) const LINT: Lint = Lint {
    code: "successor-smaller-window",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a successor with a smaller context window",
    page: Page {
        what: "Finds models whose successor takes fewer tokens in all, when they retire, or today \
              if they do not.",
        why: "Requests that fitted are refused as too long after the move, some weeks later, and \
              only some of them.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha-1: {context_window: 200_000, retires: 2026-06-01, successor: alpha-2, offerings: […]}\n\
                  \x20 alpha-2: {context_window: 128_000, offerings: […]}\n\
                  ```",
        fix: "Name a successor that takes as much, or silence this with the reason.",
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
        if let Some(had) = just_before(&model.context_window, when)
            && let Some(has) = successor.context_window.at(when)
            && has < had
        {
            let message = format!(
                "`{}` is to replace `{}`, and takes {has} tokens instead of {had}",
                successor.id, model.id
            );
            findings.push(
                LINT.finding(model.span, message)
                    .related(successor.span, "the successor")
                    .help("name a successor that takes as much"),
            );
        }
    }
}
