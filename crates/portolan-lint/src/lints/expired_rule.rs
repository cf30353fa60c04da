//! `expired-rule`: a rule that is out of force for good.

use portolan_core::source::Span;
use portolan_core::syntax::ast::ClauseKind;

use crate::context::WrittenRule;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "expired-rule",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a rule that is out of force for good",
    page: Page {
        what: "Finds rules whose `until` is not after the day of the check (`--at`, or today).",
        why: "It does nothing any more for a request of today, and whoever reads it has to work \
               that out.",
        example: r#"```portolan
refuse 403 beta-only
  when  request.stream
  say   "not yet"
  until 2025-12-31
```"#,
        fix: "Delete the rule, or move `until`. There is no machine's fix: requests of the past \
               are judged by it still.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for rule in context.rules() {
        if let Some(until) = rule
            .typed
            .window
            .until
            .filter(|until| *until <= context.today)
        {
            let span = clause(&rule, |kind| matches!(kind, ClauseKind::Until(_)));
            let message = format!(
                "`{}` has been out of force since {}",
                rule.typed.name,
                until.short()
            );
            findings.push(
                LINT.finding(span, message)
                    .help("delete the rule, or move the date"),
            );
        }
    }
}

/// The first clause of a kind; the head where there is none.
fn clause(rule: &WrittenRule<'_>, wanted: impl Fn(&ClauseKind) -> bool) -> Span {
    let mut clauses = rule.written.clauses.iter();
    let found = clauses.find(|clause| wanted(&clause.kind));
    found.map_or(rule.written.head_span, |clause| clause.span)
}
