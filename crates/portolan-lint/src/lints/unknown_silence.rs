//! `unknown-silence`: a silence of a code that there is not.

use portolan_core::diagnostic::Fix;
use portolan_core::{near, text};

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::lints::{self, LINTS};

pub(crate) const LINT: Lint = Lint {
    code: "unknown-silence",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a silence of a code that no lint has",
    page: Page {
        what: "Finds codes in `allow(…)` comments that no lint has.",
        why: "The comment silences nothing, and looks as if it did.",
        example: "```portolan\n// allow(dead-rul): kept until the old clients are gone\n```",
        fix: "Spell the code as the finding does. A near spelling is offered as an unsafe fix, \
              because it is a guess.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for silence in context.silences() {
        for (code, span) in &silence.codes {
            if lints::named(code).is_some() {
                continue;
            }
            let message = format!("no lint has the code `{}`", text::echo(code));
            let mut finding = LINT.finding(*span, message);
            if let Some(near) = near::nearest(code, LINTS.iter().map(|lint| lint.code)) {
                finding = finding
                    .help(format!("did you mean `{near}`?"))
                    .fix(Fix::risky(*span, near));
            }
            findings.push(finding);
        }
    }
}
