//! `refusal-without-help`: a refusal that does not say what would work.

use portolan_core::policy::RuleKind;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "refusal-without-help",
    group: Group::Rules,
    level: Level::Info,
    summary: "a refusal that says what is wrong and not what to do",
    page: Page {
        what: "Finds `refuse` and `exclude` rules without a `help` line.",
        why: "Whoever gets the refusal has to ask somebody. A line of help is the cheapest support \
              there is.",
        example: "```portolan\n\
                  refuse 403 plan-not-entitled\n  when request.account == free\n  \
                  say  \"a free account has no access\"\n```",
        fix: "Add `help` with the next action in the imperative: `help \"upgrade the account\"`. \
              Slots such as `{alternatives}` name what is legal for the very request. There is no \
              machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for rule in context.rules() {
        let refuses = matches!(
            rule.typed.kind,
            RuleKind::Refuse { .. } | RuleKind::Exclude(_)
        );
        if refuses && rule.typed.help.is_empty() {
            let name = &rule.typed.name;
            findings.push(
                LINT.finding(
                    rule.typed.span,
                    format!("`{name}` does not say what to do instead"),
                )
                .help("add a `help` line with the next action"),
            );
        }
    }
}
