//! `unconstrained-attribute`: an attribute that is read and constrains nothing.

use portolan_core::syntax::ast::ItemKind;

use crate::reads;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unconstrained-attribute",
    group: Group::Rules,
    level: Level::Info,
    summary: "an attribute that is read and constrains nothing",
    page: Page {
        what: "Finds attributes that only messages, `warn`, `set`, `limit`, `prefer`, claims or \
               tests read: no `refuse`, `exclude`, `lock` or `skip` does.",
        why: "An attribute is there to say what a caller may do. One that never decides is often \
               one whose rule was forgotten.",
        example: r"```portolan
attribute plan: one of { free, paid } = paid

limit 30 requests per 60s for each model when request.plan == paid
```",
        fix: "Nothing, if it is meant for shaping alone. There is no machine's fix.",
    },
    yields_to: &["unread-attribute"],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let (read, constrains) = (reads::anywhere(context), reads::constraints(context));
    for (item, _) in context.items() {
        if let ItemKind::Attribute(attribute) = &item.kind {
            let name = attribute.name.value.as_str();
            if read.contains(name) && !constrains.contains(name) {
                let message =
                    format!("`request.{name}` is read, and no rule refuses anything for it");
                findings.push(LINT.finding(attribute.name.span, message));
            }
        }
    }
}
