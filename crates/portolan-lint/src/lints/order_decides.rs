//! `order-decides`: two rules that say different things of the same, where only their order decides.

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "order-decides",
    group: Group::Rules,
    level: Level::Info,
    summary: "two rules that say different things of the same, where only their order decides",
    page: Page {
        what: "Finds `set` rules of one field, and `limit` rules, that give different values and \
               both hold for some attempt. The first of them wins.",
        why: "Whoever moves a rule changes what is sent, and nothing says so.",
        example: r"```portolan
set stream = false
  when request.max_tokens is set

set stream = true
  when request.prompt is set
```",
        fix: "Narrow one of them so that they exclude each other. There is no machine's fix.",
    },
    yields_to: &["dead-rule", "unique-overlap"],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(surveyed) = context.surveyed() else {
        return;
    };
    let policy = context.engine.policy();
    for (second, first_ones) in &surveyed.contested {
        let Some(rule) = policy.rule(*second) else {
            continue;
        };
        let message = format!(
            "`{}` and an earlier rule both hold for some attempt, and differ",
            rule.name
        );
        let mut finding = LINT.finding(rule.span, message);
        for first in first_ones.iter().filter_map(|id| policy.rule(*id)) {
            finding = finding.related(first.span, format!("`{}` wins", first.name));
        }
        findings.push(finding.help("narrow one of them"));
    }
}
