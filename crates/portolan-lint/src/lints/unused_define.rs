//! `unused-define`: a `define` that nothing uses.

use std::collections::BTreeSet;

use portolan_core::syntax::ast::{Item, ItemKind};

use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};
use crate::names;

pub(crate) const LINT: Lint = Lint {
    code: "unused-define",
    group: Group::Rules,
    level: Level::Warn,
    summary: "a `define` that nothing uses",
    page: Page {
        what: "Finds a `define` whose name stands in no rule, claim, or other `define` that is used.",
        why: "It is read, and means nothing. Mostly the rule that used it is gone, or repeats what it \
              says.",
        example: "```portolan\n\
                  define in-region = request.model_region is not set    // nothing says `in-region`\n```",
        fix: "Delete it. The fix is safe where no comment stands inside it: what nothing uses decides nothing.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let defines = || context.items().filter_map(|(item, _)| define(item));
    for (item, _) in context.items() {
        if define(item).is_none() {
            used.extend(names::bare(item));
        }
    }
    // What a used one uses is used.
    for _ in defines() {
        let before = used.len();
        for (name, item) in defines() {
            if used.contains(name) {
                used.extend(names::bare(item));
            }
        }
        if used.len() == before {
            break;
        }
    }
    for (item, span) in context.items() {
        if let ItemKind::Define(define) = &item.kind
            && !used.contains(define.name.value.as_str())
        {
            let message = format!("nothing uses `{}`", define.name.value);
            let finding = LINT.finding(define.name.span, message);
            findings.push(finding.help("delete it").fix(context.deletion(span)));
        }
    }
}

fn define(item: &Item) -> Option<(&str, &Item)> {
    if let ItemKind::Define(define) = &item.kind {
        Some((define.name.value.as_str(), item))
    } else {
        None
    }
}
