//! `unread-attribute`: an attribute that nothing reads.

use portolan_core::diagnostic::Fix;
use portolan_core::syntax::ast::ItemKind;

use crate::reads;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unread-attribute",
    group: Group::Rules,
    level: Level::Warn,
    summary: "an attribute that nothing reads",
    page: Page {
        what: "Finds declared attributes that no condition, message, order, limit, claim or other \
               declaration reads.",
        why: "Every caller must send it, or wonders whether to, and it decides nothing.",
        example: r"```portolan
attribute plan: one of { free, paid } = paid     // no rule reads `request.plan`
```",
        fix: "Read it, or delete it. The fix is unsafe: callers that send it are refused \
               afterwards.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let read = reads::anywhere(context);
    for (item, span) in context.items() {
        if let ItemKind::Attribute(attribute) = &item.kind {
            let name = &attribute.name;
            if !read.contains(name.value.as_str()) {
                let message = format!("nothing reads `request.{}`", name.value);
                let finding = LINT
                    .finding(name.span, message)
                    .help("read it, or delete it");
                findings.push(finding.fix(Fix::risky(context.with_its_line(span), "")));
            }
        }
    }
}
