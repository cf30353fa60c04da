//! `silence-without-reason`: a silence that does not say why.

use portolan_core::diagnostic::Diagnostic;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "silence-without-reason",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a silenced finding that nobody gave a reason for",
    page: Page {
        what: "Finds `allow(…)` comments without a reason behind the colon.",
        why: "A year later nobody knows whether the finding was looked at or was in the way.",
        example: "```portolan\n// allow(dead-rule)\n```",
        fix: "Write why: `// allow(dead-rule): kept until the old clients are gone`. There is no \
              machine's fix.",
    },
    yields_to: &["unknown-silence", "useless-silence"],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for silence in context.silences() {
        if silence.reason.is_empty() {
            let finding: Diagnostic = LINT.finding(silence.span, "this silence gives no reason");
            findings.push(finding.help("say why behind a colon: `allow(CODE): REASON`"));
        }
    }
}
