//! The tests of a policy: its `test` blocks and case files, run against an engine; what they
//! leave untested; and the tests that are missing, written.
//!
//! Pure: text comes in, data goes out. Files are read, and results printed, by the command.

pub mod cases;
pub mod coverage;
pub mod examples;
pub mod expect;
pub mod generate;
pub mod mutate;
pub mod observed;
pub mod suite;
mod tree;
pub mod unfold;

/// The instant for requests that name none: 2026-01-01T00:00:00Z.
pub const NOW: i64 = 1_767_225_600;
