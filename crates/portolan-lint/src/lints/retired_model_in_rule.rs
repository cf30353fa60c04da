//! `retired-model-in-rule`: a rule that names a model which retires soon, or did.

use portolan_core::syntax::ast::{ItemKind, OperandKind};

use crate::names;

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "retired-model-in-rule",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a rule that names a model which retires soon, or did",
    page: Page {
        what: "Finds texts in conditions that are the id of a model whose date of retirement is not \
               more than 60 days after the day of the check (`--at`, or today).",
        why: "The rule is about to mean nothing, or means nothing already, and a successor mostly \
               needs the same rule.",
        example: r#"```portolan
refuse 403 not-for-free
  when request.model is set and request.model == "alpha"   // retires in three weeks
  say  "no"
```"#,
        fix: "Name the successor, or ask for a fact of the model, such as its maker. There is no \
               machine's fix.",
    },
    yields_to: &["expired-rule"],
    check: Check::OfSubject(check),
};

/// How soon is soon, in seconds.
const SOON: i64 = 60 * 24 * 60 * 60;

fn check(context: &Context<'_>, findings: &mut Findings) {
    let catalog = context.engine.catalog();
    let soon = context.today.plus_seconds(SOON);
    for (item, _) in context.items() {
        if matches!(item.kind, ItemKind::Test(_)) {
            continue;
        }
        for operand in names::operands(item) {
            let OperandKind::Text(id) = &operand.kind else {
                continue;
            };
            let model = catalog
                .model_named(id)
                .and_then(|id| catalog.models.get(id.index()));
            let retires = model
                .and_then(|model| model.retires)
                .filter(|at| *at <= soon);
            if let (Some(model), Some(at)) = (model, retires) {
                let word = if at <= context.today {
                    "retired"
                } else {
                    "retires"
                };
                let message = format!("`{}` {word} on {}", model.id, at.short());
                let finding = LINT.finding(operand.span, message);
                let finding = finding.related(model.span, "declared here");
                findings.push(finding.help("name its successor, or ask for a fact of the model"));
            }
        }
    }
}
