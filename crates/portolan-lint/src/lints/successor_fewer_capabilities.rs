//! `successor-fewer-capabilities`: a successor that can do less.

use portolan_core::text::quoted;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::successions::{Succession, just_before, successions};

pub(crate) const LINT: Lint = Lint {
    code: "successor-fewer-capabilities",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a successor that can do less",
    page: Page {
        what: "Finds models whose successor lacks one of their capabilities, when they retire, or \
              today if they do not.",
        why: "Requests that use it are refused after the move.",
        example: "```yaml\n\
                  models:\n\
                  \x20 alpha-1: {capabilities: [stream, tools], retires: 2026-06-01, successor: alpha-2, offerings: […]}\n\
                  \x20 alpha-2: {capabilities: [stream], offerings: […]}\n\
                  ```",
        fix: "Name a successor that can do the same, or silence this with the reason.",
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
        let had = just_before(&model.capabilities, when);
        let (Some(had), Some(has)) = (had, successor.capabilities.at(when)) else {
            continue;
        };
        let lost: Vec<&str> = had.difference(has).map(|word| &**word).collect();
        if !lost.is_empty() {
            let message = format!(
                "`{}` is to replace `{}`, and lacks {}",
                successor.id,
                model.id,
                quoted(lost, "and")
            );
            findings.push(
                LINT.finding(model.span, message)
                    .related(successor.span, "the successor")
                    .help("name a successor that can do the same"),
            );
        }
    }
}
