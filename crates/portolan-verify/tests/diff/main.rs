//! A comparison of two policies against brute force: requests that the two interpreters decide
//! differently lie in a region, requests in no region are decided alike, and no request lies in
//! two. `PORTOLAN_LAWS=20` makes for twenty times as many.

#![expect(clippy::unwrap_used, reason = "tests panic to fail")]

mod random;
mod rewrites;
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
