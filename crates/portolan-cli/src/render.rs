//! What people and programs read: findings, decisions, traces. Nothing here decides anything.

pub(crate) mod decision;
pub(crate) mod diagnostic;
pub(crate) mod fixes;
pub(crate) mod matrix;
pub(crate) mod diff;
pub(crate) mod paint;
pub(crate) mod proofs;
mod table;
pub(crate) mod timeline;
pub(crate) mod trace;
