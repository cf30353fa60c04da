//! `rule-not-yet`: a rule that is not in force yet.

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "rule-not-yet",
    group: Group::Rules,
    level: Level::Info,
    summary: "a rule that is not in force yet",
    page: Page {
        what: "Finds rules whose `from` is after the day of the check (`--at`, or today).",
        why: "It is meant to be so; it is worth knowing when reading the others.",
        example: r#"```portolan
refuse 403 beta-over
  when request.stream
  say  "no more"
  from 2027-01-01
```"#,
        fix: "Nothing. There is no machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for rule in context.rules() {
        if let Some(from) = rule.typed.window.from.filter(|from| *from > context.today) {
            let message = format!("`{}` comes into force on {}", rule.typed.name, from.short());
            findings.push(LINT.finding(rule.typed.span, message));
        }
    }
}
