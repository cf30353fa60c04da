//! A comparison of two policies against brute force: requests that the two interpreters decide
//! differently lie in a region, requests in no region are decided alike, and no request lies in
//! two. `PORTOLAN_LAWS=20` makes for twenty times as many.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
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

use std::collections::BTreeMap;

use portolan_core::engine::Engine;
use portolan_testkit::case::Origin;
use portolan_testkit::policies::{compile, printed};

/// The engine of a policy and its catalog.
fn engine(policy: &str, catalog: &str) -> Engine {
    let files = [("policy.portolan", policy), ("catalog.yaml", catalog)];
    let files: BTreeMap<String, String> = files
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect();
    let entry = "policy.portolan".to_owned();
    let compiled = compile(&Origin::Inline { entry, files });
    let said = printed(&compiled.diagnostics, &compiled.sources);
    let Some(engine) = compiled.engine else {
        panic!("{said}");
    };
    engine
}

/// How many times as much is tested.
fn scale() -> u64 {
    let given = std::env::var("PORTOLAN_LAWS").ok();
    given.and_then(|times| times.parse().ok()).unwrap_or(1)
}
