//! What the reference interpreter finds, in ids and in full: every other reason, every warning,
//! and for how long it stands. `explain.rs` puts it into words; `decision.rs` is the short form.

use crate::catalog::Route;
use crate::decision::Snapshot;
use crate::instant::Instant;
use crate::policy::RuleId;
use crate::reference::Cleared;

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Of which engine.
    pub snapshot: Snapshot,
    /// The instant it was judged for.
    pub at: Instant,
    /// Route or refusal.
    pub outcome: Outcome,
}

/// Route or refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Attempts, in order.
    Route(Plan),
    /// Why not.
    Refuse(Refusal),
}

/// Attempts, in order, and what goes with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// At least one.
    pub attempts: Vec<Attempt>,
    /// Fallbacks that did not make it.
    pub dropped: Vec<Dropped>,
    /// The retry rule that holds.
    pub retry: Option<RuleId>,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
    /// The next instant at which a fact or rule that was read may change.
    pub valid_until: Option<Instant>,
}

/// One call to make. Its route has passed every lock: nothing else can make a [`Cleared`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Where.
    pub route: Cleared,
    /// The fallback's position; `None` for the primary.
    pub fallback: Option<usize>,
    /// The `set` rules that hold, one a field.
    pub sets: Vec<RuleId>,
    /// The `limit` rule that holds.
    pub limit: Option<RuleId>,
}

/// A fallback that did not make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Its position.
    pub fallback: usize,
    /// Why.
    pub rule: RuleId,
    /// The candidate that got furthest, where the reason is about one.
    pub route: Option<Route>,
}

/// A `warn` or a noted `set` that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Warning {
    /// The rule.
    pub rule: RuleId,
    /// The attempt it was judged for.
    pub attempt: usize,
    /// It reads facts of that attempt's route, rather than of the request alone.
    pub of_route: bool,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule that decided.
    pub rule: RuleId,
    /// The fallback at fault, where a rule about the chain refused.
    pub fallback: Option<usize>,
    /// The candidate that got furthest, where the reason is about one.
    pub route: Option<Route>,
    /// Other rules that hold as well, each with the fallback that it is about.
    pub also: Vec<(RuleId, Option<usize>)>,
    /// Only state stands against it: the same request may succeed later.
    pub retryable: bool,
    /// In so many seconds, where that is known.
    pub retry_after_s: Option<i64>,
    /// Fallbacks that did not make it.
    pub dropped: Vec<Dropped>,
}
