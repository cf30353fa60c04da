//! `unused-define`: a `define` that nothing uses.

use std::collections::BTreeSet;

use portolan_core::diagnostic::Fix;
use portolan_core::source::Span;
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
        fix: "Delete it. The fix is safe: what nothing uses decides nothing.",
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
            let whole = with_its_line(context, span);
            findings.push(finding.help("delete it").fix(Fix::safe(whole, "")));
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

/// An item with the end of its line, where nothing else stands on it.
fn with_its_line(context: &Context<'_>, span: Span) -> Span {
    let source = context.sources.get(span.source);
    let rest = source.and_then(|source| source.text().get(span.end as usize..));
    let rest = rest.unwrap_or("");
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
    let newline = rest
        .get(blanks..)
        .is_some_and(|rest| rest.starts_with('\n'));
    let more = if newline { blanks + 1 } else { 0 };
    Span {
        end: span.end + u32::try_from(more).unwrap_or(0),
        ..span
    }
}
