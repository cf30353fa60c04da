//! A policy's rules as they are written, found again by the places that the typed rules know.

use portolan_core::diagnostic::Diagnostics;
use portolan_core::policy::Rule;
use portolan_core::source::Sources;
use portolan_core::syntax::ast::{self, ClauseKind, Item, ItemKind};
use portolan_core::syntax::parse;

/// The items of every file of a policy that holds rules.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    items: Vec<Item>,
}

impl Tree {
    /// Reads the files again. They were read before, so that nothing is reported.
    pub(crate) fn of(sources: &Sources) -> Self {
        let rules = sources
            .iter()
            .filter(|(_, source)| source.name().ends_with(".portolan"));
        let items = rules.flat_map(|(id, source)| parse(id, source, &mut Diagnostics::default()));
        Self {
            items: items.collect(),
        }
    }

    /// Every item, file by file.
    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// A rule as written.
    pub(crate) fn rule(&self, rule: &Rule) -> Option<&ast::Rule> {
        self.items.iter().find_map(|item| match_rule(item, rule))
    }

    /// The condition of a rule: that of the last `amend` which gives one, else its own.
    pub(crate) fn when(&self, rule: &Rule) -> Option<&ast::Condition> {
        let mut amends = self.items.iter().filter_map(|item| {
            if let ItemKind::Amend(amend) = &item.kind
                && *amend.rule.value == *rule.name
            {
                return condition(&amend.clauses);
            }
            None
        });
        amends
            .next_back()
            .or_else(|| condition(&self.rule(rule)?.clauses))
    }

    /// What a name is defined as.
    pub(crate) fn define(&self, name: &str) -> Option<&ast::Define> {
        self.items.iter().find_map(|item| {
            if let ItemKind::Define(define) = &item.kind {
                (define.name.value == name).then_some(define)
            } else {
                None
            }
        })
    }
}

fn match_rule<'i>(item: &'i Item, rule: &Rule) -> Option<&'i ast::Rule> {
    if let ItemKind::Rule(written) = &item.kind {
        (written.head_span == rule.span).then_some(written)
    } else {
        None
    }
}

fn condition(clauses: &[ast::Clause]) -> Option<&ast::Condition> {
    clauses.iter().find_map(|clause| {
        if let ClauseKind::When(condition) = &clause.kind {
            Some(condition)
        } else {
            None
        }
    })
}
