//! The gateway from outside: real sockets on both sides, and a clock that the test sets.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a panic is how a broken promise is reported"
)]

mod budgets;
mod configuration;
mod documents;
mod faults;
mod harness;
mod hosts;
mod judging;
mod observing;
mod operation;
mod plans;
mod residency;
mod streams;
mod upstream;
