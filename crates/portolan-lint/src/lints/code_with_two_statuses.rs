//! `code-with-two-statuses`: one code under two statuses.

use std::collections::BTreeMap;

use portolan_core::source::Span;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "code-with-two-statuses",
    group: Group::Rules,
    level: Level::Warn,
    summary: "one code under two statuses",
    page: Page {
        what: "Finds rules that refuse with the same code and another status than an earlier one.",
        why: "Clients switch on codes. The same code as a 400 and as a 404 is two things under one \
               name.",
        example: r#"```portolan
refuse 400 no-model
  when request.model is not set
  say  "no"

exclude 404 no-model
  when route.region == eu
  say  "no"
```"#,
        fix: "Give one of them another code, or both the same status. There is no machine's fix: \
               both are promises to clients.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let mut first: BTreeMap<&str, (u16, Span)> = BTreeMap::new();
    for rule in context.rules() {
        let Some(verdict) = rule.typed.kind.verdict() else {
            continue;
        };
        let (status, span) = *first
            .entry(&verdict.code)
            .or_insert((verdict.status, rule.typed.span));
        if status != verdict.status {
            let message = format!(
                "`{}` is {} here and {status} elsewhere",
                verdict.code, verdict.status
            );
            let finding = LINT.finding(rule.typed.span, message);
            let finding = finding.related(span, format!("{status} here"));
            findings.push(finding.help("give one of them another code"));
        }
    }
}
