//! `rule-never-decides`: an exclude without which every answer would be the same.

use portolan_core::policy::RuleKind;

use crate::survey::Known;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "rule-never-decides",
    group: Group::Rules,
    level: Level::Warn,
    summary: "an exclude without which every answer would be the same",
    page: Page {
        what: "Finds `exclude` rules that take candidates, but only such as other excludes or locks \
               take as well, and that are never the reason shown for a refusal.",
        why: "It can be deleted and nobody would notice, so nobody will notice either when it \
               becomes wrong.",
        example: r#"```portolan
exclude 404 elsewhere
  when route.region != request.endpoint.region and request.stream
  say  "no"

exclude 404 not-here
  when route.region != request.endpoint.region    // takes all that the first takes, and gets further
  say  "no"
```"#,
        fix: "Delete it, or put it where its words are shown. There is no machine's fix: one of \
               the two is right.",
    },
    yields_to: &["dead-rule", "expired-rule"],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(surveyed) = context.surveyed() else {
        return;
    };
    for rule in context.rules() {
        let exclude = matches!(rule.typed.kind, RuleKind::Exclude(_));
        let idle = |known: &Known| known.holds && known.acts && !known.decides;
        if exclude && surveyed.get(rule.id).is_some_and(idle) {
            let message = format!(
                "every answer would be the same without `{}`",
                rule.typed.name
            );
            let finding = LINT.finding(rule.typed.span, message);
            findings.push(finding.help("delete it, or put it where its words are shown"));
        }
    }
}
