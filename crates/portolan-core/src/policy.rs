//! Policies: loaded from files, resolved against a catalog, typed.
//!
//! `load` gathers the items, `resolve` with `scope`, `operands`, `conditions`, `templates`, `rules`
//! and `locks` turns names into ids and checks every type, `policy` and `types` are the result.
//! Nothing here decides; `reference.rs` gives the result its meaning.

mod absence;
mod claim;
mod conditions;
mod declare;
mod diags;
mod expansion;
mod heads;
mod literals;
mod load;
mod locks;
mod names;
mod operands;
mod overlay;
mod points;
#[expect(
    clippy::module_inception,
    reason = "the typed policy is what this module is for"
)]
mod policy;
mod questions;
mod resolve;
mod rows;
mod rules;
mod schema;
mod scope;
mod templates;
mod term;
mod types;
mod uniques;
mod words;

pub use claim::{Claim, Expect, Goal, Prove, Test};
pub use load::{Loaded, load};
pub(crate) use names::term_name;
pub use policy::{
    Attribute, Blame, BlameField, Condition, Glob, LockFact, Piece, Policy, PreferKey, Rule,
    RuleId, RuleKind, SetField, Slot, Table, Template, Unique, Verdict,
};
pub use resolve::resolve;
pub use schema::{BodyField, EndpointFact, ModelFact, RouteFact, StateFact};
pub use term::{Scope, Term};
pub use types::{Type, Value, Vocabulary};
pub use words::Words;
