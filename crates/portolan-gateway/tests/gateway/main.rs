//! The gateway from outside: real sockets on both sides, and a clock that the test sets.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a panic is how a broken promise is reported"
)]

mod accounts;
mod added;
mod chaos;
mod budgets;
mod configuration;
mod documents;
mod evidence;
mod faults;
mod following;
mod harness;
mod hosts;
mod judging;
mod listening;
mod observing;
mod operation;
mod passing;
mod plans;
mod reading;
mod residency;
mod sockets;
mod sharing;
mod storm;
mod streams;
mod traces;
mod upstream;
