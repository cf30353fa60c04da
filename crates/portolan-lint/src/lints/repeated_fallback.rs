//! `repeated-fallback`: a fallback to what was tried already.

use crate::chains::chains;
use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "repeated-fallback",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a fallback to what was tried already",
    page: Page {
        what: "Finds fallbacks in the request of a `test` that stand for the model that is asked \
               for, or for an earlier fallback, by the same id or by an alias. Tests that expect a \
               refusal, or a fallback to be dropped, are left alone.",
        why: "It stands in for itself: where the first fails, so does the second. Examples are \
              copied.",
        example: r#"```portolan
test "there is always somebody"
  request { model: "alpha", fallbacks: { "beta", "alpha" } }
  expect route
```"#,
        fix: "Name another model, or leave it out. There is no machine's fix.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for chain in chains(context) {
        for (position, link) in chain.links.iter().enumerate() {
            let before = chain.links.iter().take(position);
            let mut before = before.filter(|other| other.target == link.target);
            if let Some(first) = before.next() {
                let message = format!("`{}` is tried already", link.model.id);
                let finding = LINT.finding(link.span, message);
                let finding = finding.related(first.span, "tried first");
                findings.push(finding.help("name another model, or leave it out"));
            }
        }
    }
}
