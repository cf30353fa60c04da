//! What the shipped policies claim with `prove`, asked of very many requests by the interpreter.
//! `PORTOLAN_LAWS=20` makes for twenty times as many.

use std::collections::BTreeMap;

use portolan_testkit::case::Origin;
use portolan_testkit::claims::Asked;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, shipped};

const REQUESTS: u64 = 4_000;
/// Every claim says something of at least so many of them.
const ENOUGH: u64 = 100;

#[test]
fn no_request_breaks_what_a_shipped_policy_claims() {
    let scale = std::env::var("PORTOLAN_LAWS").ok();
    let scale: u64 = scale.and_then(|times| times.parse().ok()).unwrap_or(1);
    for name in shipped() {
        let engine = compile(&Origin::Shipped(name.clone())).engine.unwrap();
        let domain = Domain::of(&engine);
        let asked = Asked::of(&engine);
        let mut broken: BTreeMap<&str, String> = BTreeMap::new();
        for seed in 0..REQUESTS * scale {
            let mut dice = Dice::new(seed);
            let draft = domain.draft(&mut dice);
            for (claim, draft) in asked.broken(&draft, &mut dice) {
                broken.entry(claim).or_insert_with(|| format!("{draft:?}"));
            }
        }
        assert!(broken.is_empty(), "{name}: {broken:#?}");
        let counts = asked.counts();
        let idle: Vec<_> = counts.iter().filter(|(_, asked)| *asked < ENOUGH).collect();
        assert!(idle.is_empty(), "{name}: hardly asked: {idle:?}");
    }
}
