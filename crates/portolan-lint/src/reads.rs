//! Which fields of a request the parts of a policy read, by name.

use std::collections::BTreeSet;

use portolan_core::policy::RuleKind;
use portolan_core::syntax::ast::{Head, ItemKind, OperandKind, Path};

use crate::context::{Context, WrittenRule};
use crate::names;

/// Names of fields below `request`.
pub(crate) type Fields<'a> = BTreeSet<&'a str>;

/// The fields that anything reads, tests left out.
pub(crate) fn anywhere<'a>(context: &Context<'a>) -> Fields<'a> {
    let mut fields = Fields::new();
    for (item, _) in context.items() {
        if matches!(item.kind, ItemKind::Test(_)) {
            continue;
        }
        for operand in names::operands(item) {
            if let OperandKind::Path(path) = &operand.kind {
                fields.extend(field(path));
            }
        }
        if let ItemKind::Prefer(keys) = &item.kind {
            fields.extend(keys.iter().filter_map(|key| field(&key.path)));
        }
    }
    for rule in context.rules() {
        fields.extend(words(&rule));
    }
    fields
}

/// The fields that rules read, by themselves or through what they use.
pub(crate) fn rules<'a>(context: &Context<'a>) -> Fields<'a> {
    of(context, &|_| true, true)
}

/// The fields that decide whether something is refused, excluded or put aside.
pub(crate) fn constraints<'a>(context: &Context<'a>) -> Fields<'a> {
    let constrains = |rule: &WrittenRule<'_>| {
        matches!(
            rule.typed.kind,
            RuleKind::Refuse { .. }
                | RuleKind::Exclude(_)
                | RuleKind::Lock { .. }
                | RuleKind::Skip(_)
        )
    };
    of(context, &constrains, false)
}

/// The fields that some rules read in conditions and bounds, and in words where those count.
fn of<'a>(
    context: &Context<'a>,
    wanted: &dyn Fn(&WrittenRule<'_>) -> bool,
    in_words: bool,
) -> Fields<'a> {
    let mut fields = Fields::new();
    let mut used = BTreeSet::new();
    let items = || context.items().map(|(item, _)| item);
    for rule in context.rules().filter(wanted) {
        if in_words {
            fields.extend(words(&rule));
        }
        let own = items().find(|item| {
            matches!(&item.kind, ItemKind::Rule(written) if written.head_span == rule.written.head_span)
        });
        let Some(own) = own else { continue };
        fields.extend(names::operands(own).into_iter().filter_map(path));
        used.extend(names::bare(own));
    }
    // What a `define` reads, whoever uses it reads. Each round follows one more step.
    let defines: Vec<_> = items()
        .filter(|item| matches!(item.kind, ItemKind::Define(_)))
        .collect();
    for _ in &defines {
        let before = used.len();
        for item in &defines {
            if let ItemKind::Define(define) = &item.kind
                && used.contains(define.name.value.as_str())
            {
                fields.extend(names::operands(item).into_iter().filter_map(path));
                used.extend(names::bare(item));
            }
        }
        if used.len() == before {
            break;
        }
    }
    fields
}

fn path(operand: &portolan_core::syntax::ast::Operand) -> Option<&str> {
    if let OperandKind::Path(path) = &operand.kind {
        field(path)
    } else {
        None
    }
}

/// The field of a path that begins with `request`.
fn field(path: &Path) -> Option<&str> {
    match path.segments.as_slice() {
        [root, field, ..] if root.value == "request" => Some(&field.value),
        _ => None,
    }
}

/// The fields in the slots of a rule's messages, and in its key.
fn words<'a>(rule: &WrittenRule<'a>) -> Fields<'a> {
    let texts = names::texts(rule.written).into_iter();
    let slots = texts.flat_map(|text| names::slots(&text.value));
    let fields = slots.filter_map(|slot| slot.strip_prefix("request."));
    let mut fields: Fields<'a> = fields.filter_map(|field| field.split('.').next()).collect();
    if let Head::Limit { key, .. } = &rule.written.head {
        fields.extend(field(key));
    }
    fields
}
