//! `refusal-without-blame`: a refusal of a request that names no field.

use portolan_core::policy::RuleKind;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "refusal-without-blame",
    group: Group::Rules,
    level: Level::Info,
    summary: "a refusal of a request that names no field",
    page: Page {
        what: "Finds `refuse` rules without `blame`.",
        why: "A client shows an error beside the field at fault, where it is told which.",
        example: r#"```portolan
refuse 400 no-streams
  when request.stream
  say  "no"
```"#,
        fix: "Add `blame` with the field. There is no machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for rule in context.rules() {
        let refuses = matches!(rule.typed.kind, RuleKind::Refuse { .. });
        if refuses && rule.typed.blame.is_none() {
            let message = format!("`{}` names no field at fault", rule.typed.name);
            findings.push(
                LINT.finding(rule.typed.span, message)
                    .help("add `blame` with the field"),
            );
        }
    }
}
