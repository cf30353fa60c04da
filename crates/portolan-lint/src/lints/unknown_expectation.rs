//! `unknown-expectation`: a test that expects a code which nothing says.

use std::collections::BTreeSet;

use portolan_core::diagnostic::Fix;
use portolan_core::near;
use portolan_core::policy::RuleKind;
use portolan_core::syntax::ast::{Expect, ExpectKind, ItemKind, Name};
use portolan_core::text::echo;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unknown-expectation",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a test that expects a code which nothing says",
    page: Page {
        what: "Finds codes behind `expect refuse`, `expect drop` and `expect warn` that no rule \
               refuses, drops or warns with. Where an overlay is checked too, it says nothing: an \
               overlay may have given a rule another code.",
        why: "The test can never pass; it fails for a misspelling, or for a rule that is gone.",
        example: r#"```portolan
test "large models are for others"
  request { model: "alpha" }
  expect refuse 404 model-not-in-regoin
```"#,
        fix: "Spell the code as its rule does. A near spelling is offered as an unsafe fix, \
              because it is a guess.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

/// What the engine itself warns of.
const OF_THE_ENGINE: &str = "fallback-dropped";

fn check(context: &Context<'_>, findings: &mut Findings) {
    let mut files = context.sources.iter();
    if files.any(|(_, file)| file.name().split('/').any(|part| part == "overlays")) {
        return;
    }
    let rules = || context.engine.policy().rules.iter();
    let refusals: BTreeSet<&str> = rules()
        .filter_map(|rule| rule.kind.verdict())
        .map(|verdict| &*verdict.code)
        .collect();
    let warnings: BTreeSet<&str> = rules()
        .filter(|rule| matches!(rule.kind, RuleKind::Warn { .. } | RuleKind::Set { .. }))
        .map(|rule| rule.kind.code())
        .chain([OF_THE_ENGINE])
        .collect();
    for (item, _) in context.items() {
        let ItemKind::Test(test) = &item.kind else {
            continue;
        };
        for Expect { kind, .. } in &test.expect {
            match kind {
                ExpectKind::Refuse(_, code) | ExpectKind::Drop(code) => {
                    judge(code, &refusals, "refuses", findings);
                }
                ExpectKind::Warn(code) => judge(code, &warnings, "warns", findings),
                ExpectKind::Route(_) => {}
            }
        }
    }
}

fn judge(code: &Name, known: &BTreeSet<&str>, verb: &str, findings: &mut Findings) {
    if known.contains(&*code.value) {
        return;
    }
    let message = format!("nothing {verb} with `{}`", echo(&code.value));
    let mut finding = LINT.finding(code.span, message);
    if let Some(near) = near::nearest(&code.value, known.iter().copied()) {
        finding = finding
            .help(format!("did you mean `{near}`?"))
            .fix(Fix::risky(code.span, near));
    }
    findings.push(finding);
}
