//! Thousands of calls of a key that is locked to the EU, the same in every run; `examples/residency`
//! makes as many as one likes.

use portolan_fuzz::{World, residency};

/// Calls to each of three gateways.
const CALLS: u64 = 7_000;

#[test]
fn a_key_that_is_locked_to_the_eu_reaches_nothing_else() {
    let each =
        |(seed, world): (u64, World)| std::thread::spawn(move || residency(&world, seed, CALLS));
    let running: Vec<_> = (1..).zip(World::all()).map(each).collect();
    let tallies = running.into_iter().map(|thread| thread.join().unwrap());
    let mut injected = 0;
    for tally in tallies {
        // Calls that nobody lets through would show nothing.
        assert!(tally.answered > CALLS / 50, "{tally:?}");
        assert!(tally.again > 5, "{tally:?}");
        injected += tally.injected;
    }
    // The endpoints of the shipped catalog put transcripts in themselves; two gateways are left.
    assert!(injected > CALLS / 100, "{injected} transcripts were put in");
}
