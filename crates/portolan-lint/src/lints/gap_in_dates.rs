//! `gap-in-dates`: a fact that nobody knows for a while.

use portolan_core::catalog::raw::{self, Fact, Window};
use portolan_core::diagnostic::Fix;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "gap-in-dates",
    group: Group::Catalog,
    level: Level::Warn,
    summary: "a fact that nobody knows for a while",
    page: Page {
        what: "Finds dated facts with a stretch of time between two periods.",
        why: "In the gap the fact is unknown, and everything that asks for it fails closed: a \
              price is missing, a lock refuses. Mostly the second period should begin where the \
              first one ends.",
        example: "```yaml\n\
                  multiplier:\n\
                  \x20 - {value: 1.00, until: 2026-07-01}\n\
                  \x20 - {value: 1.10, from: 2026-08-01}    # what is it in July?\n\
                  ```",
        fix: "Let one period begin where the other one ends. The machine's fix writes the end of \
              the first as the beginning of the second; it is unsafe, because nobody knows which \
              of the two is wrong.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for file in context.catalogs {
        for region in &file.regions {
            judge(context, &region.value.processing, findings);
            judge(context, &region.value.storage, findings);
            judge(context, &region.value.multiplier, findings);
        }
        for endpoint in &file.endpoints {
            judge(context, &endpoint.value.ingress, findings);
        }
        for provider in &file.providers {
            judge(context, &provider.value.retention, findings);
            judge(context, &provider.value.processing, findings);
            judge(context, &provider.value.storage, findings);
        }
        for model in file.models.iter().map(|model| &model.value) {
            judge(context, &model.context_window, findings);
            judge(context, &model.max_output, findings);
            judge(context, &model.capabilities, findings);
            judge(context, &model.parameters, findings);
        }
    }
}

fn judge<T>(context: &Context<'_>, fact: &Fact<T>, findings: &mut Findings) {
    let mut windows: Vec<Window> = fact.iter().map(raw::Period::window).collect();
    windows.sort_by_key(|window| window.from.map(|from| from.value));
    for pair in windows.windows(2) {
        let [
            Window {
                until: Some(end), ..
            },
            Window {
                from: Some(next), ..
            },
        ] = pair
        else {
            continue;
        };
        if end.value < next.value {
            let message = format!(
                "nobody knows this from {} until {}",
                end.value.short(),
                next.value.short()
            );
            findings.push(
                LINT.finding(next.span, message)
                    .related(end.span, "the period before ends here")
                    .help("let one period begin where the other one ends")
                    .fix(Fix::risky(next.span, context.slice(end.span))),
            );
        }
    }
}
