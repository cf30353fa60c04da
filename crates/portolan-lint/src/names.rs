//! Names that stand in an item as written: what might be a `define`, and paths into requests.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "kinds of items without operands name nothing"
)]

use portolan_core::syntax::ast::{
    Claim, ClauseKind, Condition, ConditionKind, Goal, Head, Item, ItemKind, Operand, OperandKind,
    Path,
};

/// Every operand of an item, each with what is inside it.
pub(crate) fn operands(item: &Item) -> Vec<&Operand> {
    let mut found = Vec::new();
    match &item.kind {
        ItemKind::Define(define) => condition(&define.body, &mut found),
        ItemKind::Attribute(attribute) => {
            if let Some(default) = &attribute.default {
                operand(default, &mut found);
            }
        }
        ItemKind::Default(_, value) => operand(value, &mut found),
        ItemKind::Table(table) => {
            for cell in table.rows.iter().flat_map(|(_, cells)| cells) {
                operand(cell, &mut found);
            }
        }
        ItemKind::Rule(rule) => {
            if let Head::Lock { bound: value, .. } | Head::Set { value, .. } = &rule.head {
                operand(value, &mut found);
            }
            for clause in &rule.clauses {
                clause_kind(&clause.kind, &mut found);
            }
        }
        ItemKind::Amend(amend) => {
            for clause in &amend.clauses {
                clause_kind(&clause.kind, &mut found);
            }
        }
        ItemKind::Prove(prove) => {
            if let Some(filter) = &prove.filter {
                condition(filter, &mut found);
            }
            match &prove.goal {
                Goal::Claim { premises, claim } => {
                    for claim in premises.iter().chain([claim]) {
                        if let Claim::Every(every) = claim {
                            condition(every, &mut found);
                        }
                    }
                }
                Goal::SomeModelRoutes(Some(filter)) => condition(filter, &mut found),
                Goal::SomeModelRoutes(None) | Goal::SameDecisionAs(_) => {}
            }
        }
        ItemKind::Test(test) => {
            for (_, value) in &test.request {
                operand(value, &mut found);
            }
        }
        _ => {}
    }
    found
}

fn clause_kind<'a>(kind: &'a ClauseKind, found: &mut Vec<&'a Operand>) {
    match kind {
        ClauseKind::When(when) => condition(when, found),
        ClauseKind::Blame(blame) => operand(blame, found),
        _ => {}
    }
}

fn condition<'a>(condition_: &'a Condition, found: &mut Vec<&'a Operand>) {
    match &condition_.kind {
        ConditionKind::And(parts) | ConditionKind::Or(parts) => {
            for part in parts {
                condition(part, found);
            }
        }
        ConditionKind::Not(inner) => condition(inner, found),
        ConditionKind::Operand(one)
        | ConditionKind::IsSet(one, _)
        | ConditionKind::Matches(one, _) => {
            operand(one, found);
        }
        ConditionKind::Compare(left, _, right) => {
            operand(left, found);
            operand(right, found);
        }
    }
}

fn operand<'a>(one: &'a Operand, found: &mut Vec<&'a Operand>) {
    found.push(one);
    match &one.kind {
        OperandKind::Call(_, parts) | OperandKind::Set(parts) => {
            for part in parts {
                operand(part, found);
            }
        }
        OperandKind::Offset(inner, _) => operand(inner, found),
        OperandKind::Without(left, right) => {
            operand(left, found);
            operand(right, found);
        }
        _ => {}
    }
}

/// The names that stand alone in an item, called or not, in conditions and in the slots of its
/// messages: each may be a `define`.
pub(crate) fn bare(item: &Item) -> Vec<&str> {
    let mut names: Vec<&str> = operands(item)
        .into_iter()
        .filter_map(|operand| match &operand.kind {
            OperandKind::Call(name, _) => Some(name.value.as_str()),
            OperandKind::Path(path) => alone(path),
            _ => None,
        })
        .collect();
    if let ItemKind::Rule(rule) = &item.kind {
        if let Head::Limit { key, .. } = &rule.head {
            names.extend(alone(key));
        }
        let clauses = rule.clauses.iter();
        let texts = clauses.filter_map(|clause| match &clause.kind {
            ClauseKind::Say(text) | ClauseKind::Help(text) | ClauseKind::Noting(_, text) => {
                Some(text.value.as_str())
            }
            _ => None,
        });
        let head = match &rule.head {
            Head::Warn { say, .. } => Some(say.value.as_str()),
            _ => None,
        };
        names.extend(texts.chain(head).flat_map(slots));
    }
    names
}

/// A path of one segment.
fn alone(path: &Path) -> Option<&str> {
    match path.segments.as_slice() {
        [only] => Some(only.value.as_str()),
        _ => None,
    }
}

/// What stands between braces.
fn slots(text: &str) -> impl Iterator<Item = &str> {
    let opened = text.split('{').skip(1);
    opened.filter_map(|rest| rest.split('}').next())
}
