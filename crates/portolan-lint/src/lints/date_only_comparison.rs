//! `date-only-comparison`: a date where the end of the day may be meant.

use portolan_core::syntax::ast::{Comparison, ConditionKind, OperandKind};

use crate::names;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "date-only-comparison",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a date where the end of the day may be meant",
    page: Page {
        what: "Finds `<=`, `>`, `==` and `!=` between an instant and a date without an hour.",
        why: "A date is its first instant, 00:00 UTC. `request.at <= 2026-03-01` holds for one \
               second of that day and not for the rest of it.",
        example: r#"```portolan
refuse 403 too-late
  when request.at > 2026-03-01     // also true for all of that day but its first second
  say  "no"
```"#,
        fix: "Write `<` or `>=` with the day from which on it is otherwise, or say the hour: \
               `2026-03-01T00:00:00Z`. There is no machine's fix: which day is meant is for the \
               author to say.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (item, _) in context.items() {
        for condition in names::conditions(item) {
            let ConditionKind::Compare(left, operator, right) = &condition.kind else {
                continue;
            };
            let word = match operator {
                Comparison::AtMost => "<=",
                Comparison::Greater => ">",
                Comparison::Equal => "==",
                Comparison::NotEqual => "!=",
                Comparison::Less
                | Comparison::AtLeast
                | Comparison::In
                | Comparison::Within
                | Comparison::Overlaps
                | Comparison::SubsetOf => continue,
            };
            let date = [left, right].into_iter().find(|operand| {
                let text = context.slice(operand.span);
                matches!(operand.kind, OperandKind::Instant(_)) && !text.contains('T')
            });
            if let Some(date) = date {
                let message = format!("`{word}` compares with the first instant of this day");
                let finding = LINT.finding(date.span, message);
                findings.push(finding.help("use `<` or `>=`, or say the hour"));
            }
        }
    }
}
