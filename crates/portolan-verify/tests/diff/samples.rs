//! The samples of a comparison: requests as they are posted, each in its region, at a date that
//! somebody might ask about.

use std::fs;

use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_testkit::policies::{engine_of, root};
use portolan_verify::diff::{Direction, diff, essence};

fn example(side: &str) -> Engine {
    let read = |name: &str| fs::read_to_string(root().join("tests/diff").join(side).join(name));
    engine_of(
        &read("policy.portolan").unwrap(),
        &read("catalog.yaml").unwrap(),
    )
}

#[test]
fn every_sample_is_posted_replays_and_lies_in_its_region() {
    let (old, new) = (example("old"), example("new"));
    let found = diff(&old, &new);
    assert!(found.inconclusive.is_empty(), "{:?}", found.inconclusive);
    let [first, last] = ["2020-01-01", "2030-01-01"].map(|date| Instant::parse(date).unwrap());
    let mut samples = 0;
    for change in found.groups.iter().flat_map(|group| &group.changes) {
        for affected in &change.regions {
            let sample = affected.sample.as_ref().unwrap();
            let (draft, state) = (&sample.draft, &sample.state);
            let posted = portolan_wire::write_request(draft, state).unwrap();
            println!(
                "{:?}: {:?} on {:?} where {:?}\n  {posted}",
                change.directions, affected.models, affected.endpoints, affected.conditions
            );
            assert!(first <= draft.at && draft.at < last, "{posted}");
            let mut regions = found.regions_of(draft, state);
            assert!(regions.any(|(_, region)| region.region == affected.region));
            let replayed = [&old, &new].map(|engine| {
                let request = engine.request(draft.clone()).unwrap();
                engine.answer(&request, state)
            });
            assert_eq!(replayed, sample.answers);
            if change.directions != [Direction::Rewords] {
                let [before, after] = replayed.map(|answer| essence(&answer));
                assert_ne!(before, after, "{posted}");
            }
            samples += 1;
        }
    }
    assert!(samples >= 6, "{samples}");
}
