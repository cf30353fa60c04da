//! Calls through the gateway's own router, with an upstream in the place of its sockets that keeps
//! what it is sent.
//!
//! Every call shows a key whose row demands processing in the EU. Whatever else it says, to
//! whichever listener: no upstream outside the EU is called, and a careless reader sees in every
//! body that is sent what was judged. What is posted is made in `posted.rs`, the transcripts that
//! are put into it in `heard.rs`; the careless reader is `careless.rs`, what is held against what
//! it reads is `oracle.rs`.

mod careless;
mod heard;
mod oracle;
mod posted;
mod worlds;

use portolan_testkit::dice::Dice;

pub use worlds::World;

/// What came of some calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Calls.
    pub calls: u64,
    /// Those that were answered with a success.
    pub answered: u64,
    /// Bodies that were sent to an upstream.
    pub sent: u64,
    /// Those of them that were a fallback's or a second try's.
    pub again: u64,
    /// Calls that were sent with a transcript in the place of its tag.
    pub injected: u64,
}

impl Tally {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            answered: self.answered + other.answered,
            sent: self.sent + other.sent,
            again: self.again + other.again,
            injected: self.injected + other.injected,
        }
    }
}

/// Makes calls from a seed; the same seed makes the same calls.
pub fn residency(world: &World, seed: u64, calls: u64) -> Tally {
    let mut dice = Dice::new(seed);
    (0..calls).fold(Tally::default(), |tally, _| {
        tally.and(oracle::held(world, &mut dice))
    })
}

/// Takes bytes for dice, which make one call to each world.
pub(crate) fn run(data: &[u8]) {
    thread_local! {
        static WORLDS: Vec<World> = World::all();
    }
    WORLDS.with(|worlds| {
        for world in worlds {
            oracle::held(world, &mut Dice::from_bytes(data));
        }
    });
}
