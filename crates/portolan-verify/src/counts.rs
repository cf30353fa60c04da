//! Numbers at which rules that put routes aside may change their minds.

use std::collections::BTreeSet;

use portolan_core::policy::{Policy, RuleKind, Term, Value};

/// The numbers that skip rules of a policy compare with.
pub(crate) fn counted(policy: &Policy) -> BTreeSet<i64> {
    let mut found = BTreeSet::new();
    let mut add = |value: &Value| {
        if let Value::Integer(number) = value {
            found.insert(*number);
        }
    };
    let rules = policy.rules.iter();
    for rule in rules.filter(|rule| matches!(rule.kind, RuleKind::Skip(_))) {
        for term in rule.when.terms() {
            if let Term::Constant(Value::Set(values)) = term {
                values.iter().for_each(&mut add);
            } else if let Term::Constant(value) = term {
                add(value);
            }
        }
    }
    found
}
