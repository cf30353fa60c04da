//! The compiled form against the reference, with bytes for dice: what is drawn is the testkit's
//! to say, here are the engines and how the bytes are shared out.

use std::sync::OnceLock;

use portolan_core::engine::Engine;
use portolan_testkit::agree::agree;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::random::Example;

use crate::engines::shipped;

/// Bytes for the catalog and for the policy; the requests have the rest.
const CATALOG: usize = 128;
const POLICY: usize = 320;
/// Requests to one engine at most.
const REQUESTS: usize = 24;

/// The first byte chooses: a shipped policy, or one that the bytes make.
pub(crate) fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    if first % 4 == 3 {
        let all = of_shipped();
        if let Some((engine, domain)) = all.get(usize::from(first / 4) % all.len().max(1)) {
            ask(engine, domain, rest, None);
        }
        return;
    }
    let (catalog, rest) = rest.split_at(rest.len().min(CATALOG));
    let (policy, rest) = rest.split_at(rest.len().min(POLICY));
    let example = Example::random(
        &mut Dice::from_bytes(catalog),
        &mut Dice::from_bytes(policy),
    );
    if let Some(engine) = example.compile().engine {
        ask(&engine, &Domain::of(&engine), rest, Some(&example));
    }
}

/// Every shipped policy with what is worth asking it.
fn of_shipped() -> &'static [(&'static Engine, Domain)] {
    static DOMAINS: OnceLock<Vec<(&Engine, Domain)>> = OnceLock::new();
    DOMAINS.get_or_init(|| {
        let engines = shipped().iter();
        engines.map(|engine| (engine, Domain::of(engine))).collect()
    })
}

/// As many requests as the bytes reach for, one at least.
fn ask(engine: &Engine, domain: &Domain, data: &[u8], example: Option<&Example>) {
    let mut dice = Dice::from_bytes(data);
    for _ in 0..REQUESTS {
        let (draft, state) = (domain.draft(&mut dice), domain.state(&mut dice));
        let said = agree(engine, &draft, &state).err().unwrap_or_default();
        assert!(
            said.is_empty(),
            "{said}\n{draft:#?}\n{state:#?}\n{example:#?}"
        );
        if dice.spent() {
            return;
        }
    }
}
