//! What people and programs read: findings, decisions, traces. Nothing here decides anything.

pub(crate) mod decision;
pub(crate) mod diagnostic;
mod escape;
pub(crate) mod fixes;
pub(crate) mod matrix;
pub(crate) mod diff;
pub(crate) mod paint;
pub(crate) mod proofs;
pub(crate) mod report;
pub(crate) mod schema;
mod table;
pub(crate) mod tests;
pub(crate) mod theorems;
pub(crate) mod timeline;
pub(crate) mod trace;
mod unfolded;
