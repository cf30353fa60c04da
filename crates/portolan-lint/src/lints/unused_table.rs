//! `unused-table`: a table whose keys no attribute takes.

use portolan_core::syntax::ast::{InputType, ItemKind};

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "unused-table",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a table whose keys no attribute takes",
    page: Page {
        what: "Finds tables that no attribute names with `key of`.",
        why: "Only a key leads to a row. What stands in the table decides nothing.",
        example: r"```portolan
table tenants (residency: place)
  row acme: EU27

// and no `attribute tenant: key of tenants`
```",
        fix: "Declare the attribute, or delete the table. The fix is safe where no comment stands inside it: no rule can read the \
               table.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let mut used = Vec::new();
    for (item, _) in context.items() {
        if let ItemKind::Attribute(attribute) = &item.kind
            && let InputType::KeyOf(table) = &attribute.of
        {
            used.push(table.value.as_str());
        }
    }
    for (item, span) in context.items() {
        if let ItemKind::Table(table) = &item.kind
            && !used.contains(&table.name.value.as_str())
        {
            let message = format!("no attribute is a `key of {}`", table.name.value);
            let finding = LINT.finding(table.name.span, message);
            let finding = finding.help("declare an attribute that is its key, or delete it");
            findings.push(finding.fix(context.deletion(span)));
        }
    }
}
