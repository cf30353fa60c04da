//! A decision: plain ids, small, `Copy`. It may be kept, logged and compared, and outlives the
//! engine that made it; what its ids stand for, that engine's view tells.

use std::fmt;

use crate::catalog::Route;
use crate::instant::Instant;
use crate::policy::RuleId;

/// The content hash of a catalog and a policy, and of the meaning that this version gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Snapshot(pub [u8; 16]);

impl Snapshot {
    /// How it begins: enough to tell callers of one engine from those of another. Never zero.
    #[inline]
    pub(crate) fn stamp(self) -> u64 {
        let first = self.0.first_chunk();
        first.map_or(0, |first| u64::from_le_bytes(*first)) | 1
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What came of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Of which engine.
    pub snapshot: Snapshot,
    /// The instant it was judged for.
    pub at: Instant,
    /// Route or refusal.
    pub outcome: Outcome,
    /// What came of the primary.
    pub(crate) fate: Fate,
}

/// Route or refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There is at least one attempt: `Engine::view` lists them.
    Route,
    /// Why not.
    Refuse(Refusal),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The rule that decided.
    pub rule: RuleId,
    /// The fallback at fault, where a rule about the chain refused.
    pub fallback: Option<usize>,
    /// The candidate that got furthest, where the reason is about one.
    pub route: Option<Route>,
    /// Only state stands against it: the same request may succeed later.
    pub retryable: bool,
    /// In so many seconds, where that is known.
    pub retry_after_s: Option<i64>,
}

/// What came of one effective request: what its model id stands for, and that one's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    /// A record of the compiled form.
    pub(crate) subject: u32,
    /// A verdict of the compiled form.
    pub(crate) verdict: u32,
    /// What a panel said, where it was not walked.
    pub(crate) ending: u32,
}

impl Fate {
    /// The request or its caller is another engine's.
    pub(crate) const FOREIGN: Self = Self {
        subject: u32::MAX,
        verdict: 0,
        ending: u32::MAX,
    };
    /// No diagram could be built for some model of the request: the interpreter decided.
    pub(crate) const INTERPRETED: Self = Self {
        subject: u32::MAX,
        verdict: u32::MAX,
        ending: u32::MAX,
    };
}
