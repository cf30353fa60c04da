//! Names to ids: a loaded policy over a checked catalog becomes a typed one.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each pass takes the items that are its own and leaves the others"
)]

use std::collections::BTreeMap;

use super::diags;
use super::load::Loaded;
use super::policy::{Policy, PreferKey, RuleKind};
use super::scope::{Env, Reach, Resolver};
use super::term::Term;
use super::types::Type;
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostics;
use crate::near;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Item, ItemKind, Name, Operand, OperandKind};

/// Resolves every item. Faults go to `diagnostics`; the policy is whole only if there is none.
pub fn resolve(loaded: &Loaded, catalog: &Catalog, diagnostics: &mut Diagnostics) -> Policy {
    let mut resolver = Resolver {
        catalog,
        diagnostics,
        attributes: Vec::new(),
        tables: Vec::new(),
        defines: BTreeMap::new(),
        opt_ins: std::collections::BTreeSet::new(),
        defaults: BTreeMap::new(),
        sizes: BTreeMap::new(),
        ordinals: BTreeMap::new(),
    };
    let mut policy = Policy {
        name: loaded.name.value.as_str().into(),
        ..Policy::default()
    };
    let items = &loaded.items;
    for item in items {
        resolver.declare_table(item);
    }
    for item in items {
        resolver.declare(item, &mut policy);
    }
    resolver.measure_defines();
    resolver.check_defines();
    for item in items {
        resolver.item(item, &mut policy);
    }
    super::points::built_in_points(&mut policy, loaded.name.span);
    // These name codes, so every rule must be known.
    policy.proves = resolver.proves(loaded, &policy);
    policy.uniques = resolver.uniques(items, &policy);
    resolver.check_names(&policy);
    resolver.check_sets(&policy);
    policy.attributes = resolver.attributes;
    policy.tables = resolver.tables;
    policy.opt_ins = resolver.opt_ins;
    policy.defaults = resolver.defaults;
    policy
}

impl Resolver<'_> {
    fn item(&mut self, item: &Item, policy: &mut Policy) {
        match &item.kind {
            ItemKind::Rule(rule) => {
                let ordinal = self
                    .ordinals
                    .entry(super::rules::word(&rule.head))
                    .or_default();
                *ordinal += 1;
                let ordinal = *ordinal;
                policy.rules.extend(self.rule(rule, ordinal));
            }
            ItemKind::Prefer(keys) => {
                for key in keys {
                    policy.prefer.extend(self.prefer(key));
                }
            }
            ItemKind::PlanAtMost(most) => {
                self.range(most, "attempts per model", 1, 64);
                policy.plan_at_most = usize::try_from(most.value).ok();
            }
            ItemKind::Advance(classes) => policy.advance = self.classes(classes),
            ItemKind::Timeout(limits) => {
                for limit in limits {
                    self.timeout(limit, policy);
                }
            }
            ItemKind::Test(test) => policy.tests.extend(self.test(test, item.span)),
            _ => {}
        }
    }

    fn prefer(&mut self, key: &ast::PreferKey) -> Option<PreferKey> {
        let operand = Operand {
            kind: OperandKind::Path(key.path.clone()),
            span: key.path.span,
        };
        let (term, of) = self.typed(&operand, None, &Env::new(Reach::ROUTE))?;
        let ordered = matches!(
            of,
            Type::Money | Type::Number | Type::Tokens | Type::Instant
        );
        if !ordered || !matches!(term, Term::Route(_) | Term::OfModel(..)) {
            self.report(diags::wrong_operator(key.path.span, "prefer", &of));
            return None;
        }
        Some(PreferKey {
            lowest: key.lowest,
            term,
        })
    }

    fn timeout(&mut self, (name, limit): &(Name, Spanned<i64>), policy: &mut Policy) {
        self.range(limit, "a time limit in milliseconds", 1, 86_400_000);
        let slot = match name.value.as_str() {
            "connect" => &mut policy.timeouts.connect,
            "first-byte" => &mut policy.timeouts.first_byte,
            "idle" => &mut policy.timeouts.idle,
            "total" => &mut policy.timeouts.total,
            other => {
                let near = near::nearest(other, ["connect", "first-byte", "idle", "total"]);
                self.report(diags::unknown_name(name.span, "time limit", other, near));
                return;
            }
        };
        *slot = Some(limit.value);
    }

    fn check_names(&mut self, policy: &Policy) {
        if !policy.through_any_endpoint {
            let point = |r: &&super::policy::Rule| matches!(r.kind, RuleKind::OtherEndpoint(_));
            if let Some(rule) = policy.rules.iter().find(point) {
                self.report(diags::no_other_endpoint(rule.span));
            }
        }
        let mut points: Vec<(std::mem::Discriminant<RuleKind>, Span)> = Vec::new();
        for rule in policy
            .rules
            .iter()
            .filter(|r| !r.built_in && r.kind.word() == "on")
        {
            let point = std::mem::discriminant(&rule.kind);
            match points.iter().find(|(p, _)| *p == point) {
                Some((_, first)) => {
                    let first = *first;
                    self.report(diags::duplicate(
                        rule.span,
                        "line for the point",
                        rule.kind.code(),
                        first,
                    ));
                }
                None => points.push((point, rule.span)),
            }
        }
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for rule in policy.rules.iter().filter(|r| !r.built_in) {
            match seen.get(&*rule.name) {
                Some(first) => {
                    let first = *first;
                    self.report(diags::duplicate_rule(rule.span, &rule.name, first));
                }
                None => {
                    seen.insert(&rule.name, rule.span);
                }
            }
        }
    }
}
