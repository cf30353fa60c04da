//! `unread-opt-in`: an `opt-in` field that no rule reads.

use portolan_core::syntax::ast::ItemKind;

use crate::reads;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unread-opt-in",
    group: Group::Rules,
    level: Level::Warn,
    summary: "an `opt-in` field that no rule reads",
    page: Page {
        what: "Finds `opt-in` lines whose field no rule reads.",
        why: "The line says that a client may widen by this field where its request goes. Without \
               a rule that reads it nothing is widened, and a rule that comes later widens without \
               anybody looking.",
        example: r"```portolan
opt-in request.model_region     // no rule reads `request.model_region`
```",
        fix: "Delete it. The fix is safe where no comment stands inside it: it decides nothing.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let read = reads::rules(context);
    for (item, span) in context.items() {
        if let ItemKind::OptIn(path) = &item.kind
            && let Some(field) = path.segments.last()
            && !read.contains(field.value.as_str())
        {
            let message = format!("no rule reads `request.{}`", field.value);
            let finding = LINT.finding(path.span, message).help("delete the line");
            findings.push(finding.fix(context.deletion(span)));
        }
    }
}
