//! A comparison of two policies against brute force: requests that the two interpreters decide
//! differently lie in a region, requests in no region are decided alike, and no request lies in
//! two. `PORTOLAN_LAWS=20` makes for twenty times as many.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests panic to fail"
)]
#![expect(
    clippy::print_stdout,
    clippy::use_debug,
    reason = "what was compared is worth seeing"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the shipped files, and how much is asked of it"
)]

mod random;
mod requests;
mod rewrites;
mod samples;
mod slips;

/// How many times as much is tested.
fn scale() -> u64 {
    let given = std::env::var("PORTOLAN_LAWS").ok();
    given.and_then(|times| times.parse().ok()).unwrap_or(1)
}
