//! Which requests there really are: a diagram leaves room for a value that an attribute of a closed
//! list never has.

use portolan_core::policy::{Condition, Policy, Term, Type, Value};
use portolan_core::syntax::ast::Comparison;

/// Conditions that every request fulfils: each attribute that is always there is one of its words.
pub(super) fn closed(policy: &Policy) -> Vec<Condition> {
    let attributes = (0u32..).zip(&policy.attributes);
    let always = attributes.filter(|(_, of)| !of.optional || of.default.is_some());
    let closed = always.filter_map(|(position, attribute)| {
        let Type::Choice(words) = &attribute.of else {
            return None;
        };
        let is = |word: &str| {
            let value = Term::Constant(Value::Text(word.into()));
            Condition::Compare(Term::Attribute(position), Comparison::Equal, value)
        };
        Some(Condition::Or(words.iter().map(|word| is(word)).collect()))
    });
    closed.collect()
}
