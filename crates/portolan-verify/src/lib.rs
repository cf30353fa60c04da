//! Questions over all requests that a compiled policy can be asked. Answers are data; how they
//! are shown is the command's.

pub mod fixes;
pub mod timeline;
pub mod diff;
pub mod matrix;
pub mod prove;
pub mod smallest;
pub mod smt;
pub mod theorems;
mod counts;
mod witness;
pub mod words;

pub use witness::{with_fallback, witness};
