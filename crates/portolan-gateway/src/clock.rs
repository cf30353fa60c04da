//! The one clock of the gateway: read once a call, and given in by whoever starts it.
//!
//! What a call is judged for, windows of limits and unhealthy routes go by this clock. How long an
//! upstream may take is measured by the runtime's own timers, which no date can move.

use std::time::{SystemTime, UNIX_EPOCH};

use portolan_core::instant::Instant;

/// Says what time it is.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the beginning of 1970 in UTC.
    fn now_ms(&self) -> i64;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineClock;

impl Clock for MachineClock {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let ms = since.map_or(0, |elapsed| elapsed.as_millis());
        i64::try_from(ms).unwrap_or(i64::MAX)
    }
}

/// A clock that stood at a given instant when it was made, and goes on from there: the mock can be
/// asked what a day long past or still to come would bring.
#[derive(Debug, Clone, Copy)]
pub struct ClockFrom {
    ahead_ms: i64,
}

impl ClockFrom {
    /// Starts at an instant.
    pub fn new(at: Instant) -> Self {
        let then_ms = at.unix_seconds().saturating_mul(1000);
        Self {
            ahead_ms: then_ms.saturating_sub(MachineClock.now_ms()),
        }
    }
}

impl Clock for ClockFrom {
    fn now_ms(&self) -> i64 {
        MachineClock.now_ms().saturating_add(self.ahead_ms)
    }
}

/// The instant that a number of milliseconds lies in.
pub(crate) fn instant(ms: i64) -> Instant {
    Instant::from_unix_seconds(ms.div_euclid(1000))
}
