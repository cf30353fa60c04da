//! Millions of calls of a key that is locked to the EU, on as many threads as one likes:
//! `cargo run --release -p portolan-fuzz --example residency -- 10000000 2`.
//!
//! The same number makes the same calls. It ends at the first promise that is broken, with the
//! call that broke it, and prints how fast it went.

#![expect(
    clippy::print_stdout,
    reason = "it is a program, and this is what it says"
)]

use std::thread;
use std::time::Instant;

use portolan_fuzz::{Tally, World, residency};

/// Calls from one seed.
const STRETCH: u64 = 10_000;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok());
    let calls: u64 = arguments.next().unwrap_or(1_000_000);
    let threads: u64 = arguments.next().unwrap_or(2);
    let begun = Instant::now();
    let stretches = calls.div_ceil(STRETCH);
    let running: Vec<_> = (0..threads)
        .map(|thread| thread::spawn(move || work(thread, threads, stretches)))
        .collect();
    let mut tally = Tally::default();
    for thread in running {
        match thread.join() {
            Ok(done) => tally = tally.and(done),
            Err(_) => std::process::exit(1),
        }
    }
    let seconds = begun.elapsed().as_secs().max(1);
    let Tally {
        calls,
        answered,
        sent,
        again,
        injected,
    } = tally;
    println!(
        "{calls} calls in {seconds} s on {threads} threads: {} a second; {answered} answered, {sent} sent, {again} of them again; {injected} with a transcript put in; none left the EU, none read as another",
        calls / seconds
    );
}

/// Every so many stretches, in turn to each gateway.
fn work(first: u64, step: u64, stretches: u64) -> Tally {
    let worlds = World::all();
    let count = u64::try_from(worlds.len()).unwrap_or(1).max(1);
    let mut tally = Tally::default();
    for seed in (first..stretches).step_by(usize::try_from(step).unwrap_or(1)) {
        let world = usize::try_from(seed % count).ok();
        if let Some(world) = world.and_then(|world| worlds.get(world)) {
            tally = tally.and(residency(world, seed + 1000, STRETCH));
        }
        if first == 0 && seed % 100 == 0 {
            println!("{} calls by the first thread so far", tally.calls);
        }
    }
    tally
}
