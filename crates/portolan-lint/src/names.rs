//! Names that stand in an item as written: what might be a `define`, and paths into requests.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "kinds of items without operands name nothing"
)]

use portolan_core::syntax::ast::{
    Claim, Clause, ClauseKind, Condition, ConditionKind, Goal, Head, Item, ItemKind, Name, Operand,
    OperandKind, Path, Rule,
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
        let texts = texts(rule).into_iter();
        names.extend(texts.flat_map(|text| slots(&text.value)));
    }
    names
}

/// What a rule says to people.
pub(crate) fn texts(rule: &Rule) -> Vec<&Name> {
    let mut texts = Vec::new();
    if let Head::Warn { say, .. } = &rule.head {
        texts.push(say);
    }
    for clause in &rule.clauses {
        match &clause.kind {
            ClauseKind::Say(text) | ClauseKind::Help(text) | ClauseKind::Noting(_, text) => {
                texts.push(text);
            }
            _ => {}
        }
    }
    texts
}

/// Every condition of an item, each with those inside it.
pub(crate) fn conditions(item: &Item) -> Vec<&Condition> {
    let mut found: Vec<&Condition> = match &item.kind {
        ItemKind::Define(define) => vec![&define.body],
        ItemKind::Rule(rule) => rule.clauses.iter().filter_map(when).collect(),
        ItemKind::Amend(amend) => amend.clauses.iter().filter_map(when).collect(),
        ItemKind::Prove(prove) => {
            let mut found: Vec<&Condition> = prove.filter.iter().collect();
            match &prove.goal {
                Goal::Claim { premises, claim } => {
                    found.extend(premises.iter().chain([claim]).filter_map(every));
                }
                Goal::SomeModelRoutes(filter) => found.extend(filter),
                Goal::SameDecisionAs(_) => {}
            }
            found
        }
        _ => Vec::new(),
    };
    let mut next = 0;
    while let Some(condition) = found.get(next).copied() {
        match &condition.kind {
            ConditionKind::And(parts) | ConditionKind::Or(parts) => found.extend(parts),
            ConditionKind::Not(inner) => found.push(inner),
            _ => {}
        }
        next += 1;
    }
    found
}

fn when(clause: &Clause) -> Option<&Condition> {
    match &clause.kind {
        ClauseKind::When(when) => Some(when),
        _ => None,
    }
}

fn every(claim: &Claim) -> Option<&Condition> {
    match claim {
        Claim::Every(every) => Some(every),
        _ => None,
    }
}

/// A path of one segment.
fn alone(path: &Path) -> Option<&str> {
    match path.segments.as_slice() {
        [only] => Some(only.value.as_str()),
        _ => None,
    }
}

/// What stands between braces.
pub(crate) fn slots(text: &str) -> impl Iterator<Item = &str> {
    let opened = text.split('{').skip(1);
    opened.filter_map(|rest| rest.split('}').next())
}
