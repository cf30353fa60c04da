//! Policies: loaded from files, resolved against a catalog, typed.
//!
//! `load` gathers the items, `resolve` with `scope`, `terms`, `conditions`, `templates`, `rules`
//! and `locks` turns names into ids and checks every type, `policy` and `types` are the result.
//! Nothing here decides; `reference.rs` gives the result its meaning.

mod conditions;
mod diags;
mod load;
mod locks;
#[expect(clippy::module_inception, reason = "the typed policy is what this module is for")]
mod policy;
mod resolve;
mod rules;
mod scope;
mod templates;
mod terms;
mod types;

pub use load::{Loaded, load};
pub use policy::{
    Attribute, Blame, BlameField, Condition, Expect, Glob, Goal, LockFact, Piece, Policy, PreferKey, Prove, Rule,
    RuleId, RuleKind, SetField, Slot, Table, Template, Test, Verdict,
};
pub use resolve::resolve;
pub(crate) use conditions::terms as condition_terms;
pub(crate) use terms::term_name;
pub use types::{BodyField, EndpointFact, ModelFact, RouteFact, Scope, StateFact, Term, Type, Value, Vocabulary};
