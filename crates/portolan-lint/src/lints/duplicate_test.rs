//! `duplicate-test`: a test that asks what another one asks.

use portolan_core::policy::Test;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "duplicate-test",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a test that asks what another one asks",
    page: Page {
        what: "Finds `test` blocks with the same request at the same instant as an earlier one.",
        why: "It tests nothing more, and of two that expect different things only one can pass.",
        example: r#"```portolan
test "alpha is sold here"
  request { model: "alpha" }
  expect route

test "alpha is here"
  request { model: "alpha" }
  expect route
```"#,
        fix: "Join the expectations in one of them. There is no machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let tests = &context.engine.policy().tests;
    for (position, test) in tests.iter().enumerate() {
        let same = |other: &&Test| {
            let (mut a, mut b) = (test.request.clone(), other.request.clone());
            a.sort();
            b.sort();
            // An overlay asks again what it answers otherwise.
            let here = test.span.source == other.span.source;
            here && a == b && test.fallbacks == other.fallbacks && test.at == other.at
        };
        if let Some(first) = tests.iter().take(position).find(same) {
            let message = format!("`{}` asks what `{}` asks", test.name, first.name);
            let finding = LINT.finding(context.first_line(test.span), message);
            findings.push(
                finding
                    .related(context.first_line(first.span), "asked here")
                    .help("join what they expect"),
            );
        }
    }
}
