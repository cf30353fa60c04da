//! `inconclusive-analysis`: lints that go through all requests could not.

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "inconclusive-analysis",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a policy with too many different requests to go through them all",
    page: Page {
        what: "Says that the questions over all requests went past their budget. Lints that need \
               the answers, such as `dead-rule`, say nothing then.",
        why: "Silence would look like a pass.",
        example: "A policy whose rules compare several numbers of a request with thousands of \
                  different bounds of a catalog.",
        fix: "Compare a number of the request with a fact of the model rather than with many \
              constants, and split conditions that join unrelated fields. There is no machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    if context.surveyed().is_none() {
        let message = "not all requests could be gone through: there are too many different ones";
        findings.push(
            LINT.finding(context.whole(), message)
                .help("ignore this code to leave such questions open"),
        );
    }
}
