//! Whatever can be posted can be written again, and means the same to every rule.

#![expect(clippy::panic, reason = "tests panic to fail")]

use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::request::{Draft, State};
use portolan_testkit::case::Origin;
use portolan_testkit::dice::Dice;
use portolan_testkit::domain::Domain;
use portolan_testkit::policies::{compile, shipped};
use portolan_testkit::posted;
use portolan_testkit::random::Example;
use portolan_wire::{Call, read_envelope, write_request};

/// Request files to each shipped policy.
const SHIPPED: u64 = 250;
/// Random policies, and request files to each.
const POLICIES: u64 = 20;
const EACH: u64 = 40;

fn engines() -> Vec<(Engine, u64)> {
    let shipped = shipped().into_iter();
    let shipped = shipped.filter_map(|path| compile(&Origin::Shipped(path)).engine);
    let random = (0..POLICIES).filter_map(|seed| Example::from_seed(seed).compile().engine);
    let shipped = shipped.map(|engine| (engine, SHIPPED));
    shipped.chain(random.map(|engine| (engine, EACH))).collect()
}

fn read(engine: &Engine, text: &str) -> Call {
    let now = Instant::from_unix_seconds(0);
    match read_envelope(text.as_bytes(), engine.policy().attribute_names(), now) {
        Ok(call) => call,
        Err(error) => panic!("{error}: {text}"),
    }
}

/// What a rule may read: no paths but a fault's, and of several faults the first.
fn facts(mut draft: Draft) -> Draft {
    for body in std::iter::once(&mut draft.body).chain(&mut draft.fallbacks) {
        body.paths.clear();
        body.faults.truncate(1);
    }
    draft
}

#[test]
fn whatever_is_posted_well_can_be_written_and_is_the_same() {
    for (engine, requests) in engines() {
        let domain = Domain::of(&engine);
        for seed in 0..requests {
            let text = posted::envelope(&mut Dice::new(seed), &domain);
            let call = read(&engine, &text);
            let written = match write_request(&call.draft, &call.state) {
                Ok(written) => written,
                Err(error) => panic!("{error}: {text}"),
            };
            let again = read(&engine, &written);
            assert_eq!(write_request(&again.draft, &again.state), Ok(written));
            assert_eq!(facts(again.draft), facts(call.draft), "{text}");
        }
    }
}

#[test]
fn what_is_written_of_any_facts_is_what_was_asked() {
    let mut written = 0;
    for (engine, requests) in engines() {
        let domain = Domain::of(&engine);
        for seed in 0..requests {
            let dice = &mut Dice::new(seed);
            let (draft, state) = (domain.draft(dice), State::default());
            if let Ok(text) = write_request(&draft, &state) {
                written += 1;
                let call = read(&engine, &text);
                let mut asked = facts(draft);
                // There are no fewer entries than there are fallbacks.
                asked.chain.count = call.draft.chain.count;
                if let (Some(a), Some(b)) = (&mut asked.chain.fault, &call.draft.chain.fault) {
                    a.path.clone_from(&b.path);
                }
                assert_eq!(facts(call.draft), asked, "{text}");
            }
        }
    }
    assert!(written > 20, "only {written} could be written");
}
