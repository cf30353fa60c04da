//! `unique` blocks: which rules they list. That no two of them hold together is not looked at here;
//! it is a question over all requests.

use super::diags;
use super::policy::{Policy, RuleId, RuleKind, Unique};
use super::scope::Resolver;
use crate::near;
use crate::syntax::ast::{self, Item, ItemKind, Name};

impl Resolver<'_> {
    /// Every `unique` of a policy whose rules are known.
    pub(super) fn uniques(&mut self, items: &[Item], policy: &Policy) -> Vec<Unique> {
        let mut found: Vec<Unique> = Vec::new();
        for item in items {
            let ItemKind::Unique(ast::Unique { name, rules }) = &item.kind else {
                continue;
            };
            if let Some(first) = found.iter().find(|it| *it.name == *name.value) {
                let first = first.span;
                self.report(diags::duplicate(name.span, "`unique`", &name.value, first));
            }
            let listed = rules.iter().enumerate();
            let rules = listed.filter_map(|(position, rule)| {
                let before = rules.iter().take(position);
                let first = before.into_iter().find(|other| other.value == rule.value);
                match first {
                    Some(first) => {
                        self.report(diags::duplicate(rule.span, "rule", &rule.value, first.span));
                        None
                    }
                    None => self.listed(rule, policy),
                }
            });
            found.push(Unique {
                name: name.value.as_str().into(),
                rules: rules.collect(),
                span: name.span,
            });
        }
        found
    }

    /// The rule of this name, where requests show when it holds.
    fn listed(&mut self, name: &Name, policy: &Policy) -> Option<RuleId> {
        let mut rules = policy.rules().filter(|(_, rule)| !rule.built_in);
        let Some((id, rule)) = rules.find(|(_, rule)| *rule.name == *name.value) else {
            let names = policy.rules.iter().filter(|rule| !rule.built_in);
            let near = near::nearest(&name.value, names.map(|rule| &*rule.name));
            self.report(diags::unknown_name(name.span, "rule", &name.value, near));
            return None;
        };
        match rule.kind {
            RuleKind::Refuse { .. }
            | RuleKind::Exclude(_)
            | RuleKind::Lock { .. }
            | RuleKind::Set { .. }
            | RuleKind::Warn { .. }
            | RuleKind::Limit { .. }
            | RuleKind::Retry { .. } => Some(id),
            RuleKind::Skip(_)
            | RuleKind::UnknownModel { .. }
            | RuleKind::NotOffered(_)
            | RuleKind::OtherEndpoint(_)
            | RuleKind::BeyondDepth(_) => {
                self.report(diags::not_provable(
                    name.span,
                    &name.value,
                    rule.kind.word(),
                ));
                None
            }
        }
    }
}
