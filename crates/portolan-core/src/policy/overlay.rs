//! Overlays: what a file of changes may do to the policy below it.
//!
//! An overlay adds rules that narrow or tell, and amends rules that the policy marks
//! `overridable`. It takes nothing away, and no lock can be marked.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each pass takes the items that are its own and leaves the others"
)]

use std::collections::BTreeSet;

use super::diags as rule_diags;
use super::load::diags;
use super::rules::clause_word;
use crate::diagnostic::Diagnostics;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Amend, Clause, ClauseKind, Head, Item, ItemKind, Name, Rule};

/// Applies an overlay's changes to the items below it; `replaced` takes the codes that give way.
pub(super) fn apply(
    mut below: Vec<Item>,
    changes: Vec<Item>,
    replaced: &mut BTreeSet<String>,
    diagnostics: &mut Diagnostics,
) -> Vec<Item> {
    let mut added = Vec::new();
    for change in changes {
        if let ItemKind::Amend(amend) = &change.kind {
            check_clauses(amend, diagnostics);
            if let Some(index) = find(&below, &amend.rule, diagnostics)
                && let Some(Item {
                    kind: ItemKind::Rule(rule),
                    ..
                }) = below.get_mut(index)
            {
                if let (Head::Warn { .. }, Some((status, _))) = (&rule.head, &amend.to) {
                    diagnostics.push(rule_diags::clause_not_here(status.span, "to", "warn"));
                }
                replaced.extend(put(rule, amend, change.span));
            }
        } else {
            if let Some(what) = of_the_base_alone(&change.kind) {
                diagnostics.push(diags::not_in_an_overlay(change.span, what));
            }
            added.push(change);
        }
    }
    below.extend(added);
    below
}

/// What only the policy itself may say: an overlay never widens or reshapes what routes.
fn of_the_base_alone(kind: &ItemKind) -> Option<&'static str> {
    match kind {
        ItemKind::OptIn(_) => Some("opt-in"),
        ItemKind::Prefer(_) => Some("prefer"),
        ItemKind::Default(..) => Some("default"),
        ItemKind::ModelPrefix(_) => Some("model prefix"),
        ItemKind::ThroughAnyEndpoint => Some("through any endpoint"),
        ItemKind::PlanAtMost(_) => Some("plan at most"),
        ItemKind::Advance(_) => Some("advance on"),
        ItemKind::Timeout(_) => Some("timeout"),
        ItemKind::Rule(rule) => match rule.head {
            Head::Set { .. } => Some("set"),
            Head::Limit { .. } => Some("limit"),
            Head::Retry { .. } => Some("retry"),
            Head::On { .. } => Some("on"),
            Head::Refuse { .. }
            | Head::Exclude { .. }
            | Head::Skip { .. }
            | Head::Lock { .. }
            | Head::Warn { .. } => None,
        },
        _ => None,
    }
}

/// An amendment changes the status, the words, the condition and the dates; nothing else.
fn check_clauses(amend: &Amend, diagnostics: &mut Diagnostics) {
    for clause in &amend.clauses {
        let word = clause_word(clause);
        if !["when", "blame", "say", "help", "from", "until"].contains(&word) {
            diagnostics.push(rule_diags::clause_not_here(clause.span, word, "amend"));
        }
    }
}

/// The rule that an amendment means: one that the policy marks `overridable`.
fn find(below: &[Item], name: &Name, diagnostics: &mut Diagnostics) -> Option<usize> {
    let rules = || {
        below
            .iter()
            .enumerate()
            .filter_map(|(i, item)| match &item.kind {
                ItemKind::Rule(rule) => Some((i, rule, rule_name(rule)?)),
                _ => None,
            })
    };
    let overridable = |rule: &Rule| {
        let mark = |c: &Clause| matches!(c.kind, ClauseKind::Overridable);
        rule.clauses.iter().any(mark)
    };
    let found = rules().find(|(_, _, n)| **n == *name.value);
    match found {
        Some((_, rule, _)) if matches!(rule.head, Head::Lock { .. }) => {
            diagnostics.push(diags::amend_lock(name.span, rule.head_span));
            None
        }
        Some((_, rule, _)) if !overridable(rule) => {
            diagnostics.push(diags::not_overridable(
                name.span,
                &name.value,
                rule.head_span,
            ));
            None
        }
        Some((index, ..)) => Some(index),
        None => {
            let near = crate::near::nearest(&name.value, rules().map(|(_, _, n)| n));
            let near = near.map(str::to_owned);
            diagnostics.push(rule_diags::unknown_name(
                name.span,
                "rule",
                &name.value,
                near.as_deref(),
            ));
            None
        }
    }
}

/// The name that a rule has before it is resolved: its `as`, else its code.
fn rule_name(rule: &Rule) -> Option<&str> {
    let named = rule.clauses.iter().find_map(|c| match &c.kind {
        ClauseKind::As(name) => Some(name.value.as_str()),
        _ => None,
    });
    named.or(match &rule.head {
        Head::On { code, .. }
        | Head::Refuse { code, .. }
        | Head::Exclude { code, .. }
        | Head::Skip { code, .. }
        | Head::Warn { code, .. } => Some(code.value.as_str()),
        Head::Set { .. } | Head::Lock { .. } | Head::Limit { .. } | Head::Retry { .. } => None,
    })
}

/// Puts an amendment's clauses in the place of those of the same kind. Returns the code that gives
/// way to another.
fn put(rule: &mut Rule, amend: &Amend, at: Span) -> Option<String> {
    let mut replaced = None;
    // A new code does not rename the rule: the next overlay still finds it.
    let named = |c: &Clause| matches!(c.kind, ClauseKind::As(_));
    if let (Some(name), false) = (rule_name(rule), rule.clauses.iter().any(named)) {
        let name = Spanned::new(name.to_owned(), at);
        rule.clauses.push(Clause {
            kind: ClauseKind::As(name),
            span: at,
        });
    }
    if let Some((new_status, new_code)) = &amend.to
        && let Head::On { status, code, .. }
        | Head::Refuse { status, code, .. }
        | Head::Exclude { status, code }
        | Head::Skip { status, code } = &mut rule.head
    {
        *status = *new_status;
        replaced = Some(std::mem::replace(code, new_code.clone()).value);
        rule.head_span = at;
    }
    let new: BTreeSet<&str> = amend.clauses.iter().map(clause_word).collect();
    rule.clauses.retain(|c| !new.contains(clause_word(c)));
    rule.clauses.extend(amend.clauses.iter().cloned());
    replaced
}
