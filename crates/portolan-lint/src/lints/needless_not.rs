//! `needless-not`: a `not` in front of what can be said without it.

use portolan_core::diagnostic::Fix;
use portolan_core::syntax::ast::{Comparison, Condition, ConditionKind};

use crate::names;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "needless-not",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a `not` in front of what can be said without it",
    page: Page {
        what: "Finds `not (a == b)`, other negated comparisons that have an opposite, `not (a is \
               set)`, and a `not` of a `not`.",
        why: "It takes a moment longer to read, every time.",
        example: r#"```portolan
refuse 400 here-only
  when not (request.endpoint == us)
  say  "no"
```"#,
        fix: "Write the opposite: `request.endpoint != us`. The fix is safe.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (item, _) in context.items() {
        for condition in names::conditions(item) {
            if let ConditionKind::Not(inner) = &condition.kind
                && let Some(plain) = opposite(context, inner)
            {
                let message = format!("this is `{plain}`");
                let finding = LINT.finding(condition.span, message);
                let mut finding = finding.help("say it without `not`");
                if !context.has_comment(context.trimmed(condition.span)) {
                    finding = finding.fix(Fix::safe(condition.span, plain));
                }
                findings.push(finding);
            }
        }
    }
}

/// What a condition's negation is in plain words, where there are any.
fn opposite(context: &Context<'_>, condition: &Condition) -> Option<String> {
    match &condition.kind {
        ConditionKind::Not(inner) => match &inner.kind {
            ConditionKind::And(_) | ConditionKind::Or(_) => {
                Some(format!("({})", context.slice(inner.span)))
            }
            ConditionKind::Not(_)
            | ConditionKind::Operand(_)
            | ConditionKind::IsSet(..)
            | ConditionKind::Compare(..)
            | ConditionKind::Matches(..) => Some(context.slice(inner.span).to_owned()),
        },
        ConditionKind::IsSet(operand, set) => {
            let word = if *set { "is not set" } else { "is set" };
            Some(format!("{} {word}", context.slice(operand.span)))
        }
        ConditionKind::Compare(left, operator, right) => {
            let word = match operator {
                Comparison::Equal => "!=",
                Comparison::NotEqual => "==",
                Comparison::Less => ">=",
                Comparison::AtMost => ">",
                Comparison::Greater => "<=",
                Comparison::AtLeast => "<",
                Comparison::In
                | Comparison::Within
                | Comparison::Overlaps
                | Comparison::SubsetOf => return None,
            };
            let (left, right) = (context.slice(left.span), context.slice(right.span));
            Some(format!("{left} {word} {right}"))
        }
        ConditionKind::And(_)
        | ConditionKind::Or(_)
        | ConditionKind::Operand(_)
        | ConditionKind::Matches(..) => None,
    }
}
