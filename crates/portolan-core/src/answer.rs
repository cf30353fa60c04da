//! A decision with its words: what the wire, the command and a log show.
//!
//! Plain data with names instead of ids. `explain.rs` writes it; only the wire crate turns it
//! into JSON. Field by field it is design §7 of the project, in `docs/language.md`.

use crate::catalog::Price;
use crate::instant::Instant;

/// A decision, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The content hash of catalog and policy.
    pub snapshot: String,
    /// The instant it was judged for.
    pub at: Instant,
    /// Route or refusal.
    pub outcome: Outcome,
}

/// Route or refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Where to call, in which order.
    Route(Plan),
    /// Why not, and what would work.
    Refuse(Refusal),
}

/// Where to call, in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// At least one.
    pub attempts: Vec<Attempt>,
    /// Fallbacks that did not make it, and why.
    pub dropped: Vec<Dropped>,
    /// Retry of the last attempt, if planned.
    pub retry: Option<Retry>,
    /// Outcome classes that move the plan on to its next attempt.
    pub advance: Vec<String>,
    /// Time limits of one attempt.
    pub timeouts: Timeouts,
    /// The first attempt's rate limit.
    pub limit: Option<Limit>,
    /// When a fact or rule that these candidates depend on changes next.
    pub valid_until: Option<Instant>,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
}

/// One call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The fallback's position in the request; `None` for the primary.
    pub fallback: Option<usize>,
    /// The model's own id.
    pub model: String,
    /// The id in the request, where it was an alias.
    pub alias: Option<String>,
    /// Who trained the model.
    pub maker: Option<String>,
    /// Who runs it; several where one spills to another.
    pub providers: Vec<String>,
    /// The region it is sold in.
    pub region: String,
    /// The endpoint called.
    pub endpoint: String,
    /// The URL to post to.
    pub url: String,
    /// The id to send.
    pub upstream_id: String,
    /// The names of where it processes; empty when unknown.
    pub processing: Vec<String>,
    /// The names of where it stores; empty when unknown.
    pub storage: Vec<String>,
    /// The bucket its usage is counted in.
    pub usage_region: String,
    /// What it costs, in US dollars per million tokens.
    pub price: Price,
    /// Whether the answer is a stream, after every `set`.
    pub stream: bool,
    /// Body fields the policy sets, in order; the values as JSON scalars.
    pub set: Vec<(String, SetValue)>,
    /// What the endpoint does itself: `retry`, `fallbacks`, `json-repair`, `transcript`.
    pub executes: Vec<&'static str>,
    /// Its rate limit.
    pub limit: Option<Limit>,
}

/// A value that a policy sets in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetValue {
    /// The field is taken out.
    Remove,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
}

/// A rate limit for the caller to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Requests.
    pub requests: i64,
    /// In so many seconds.
    pub window_s: i64,
    /// Counted under this key.
    pub key: String,
}

/// A planned retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// Outcome classes to retry on.
    pub on: Vec<String>,
    /// How often.
    pub times: i64,
    /// After so many milliseconds.
    pub after_ms: i64,
}

/// Time limits of one attempt, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timeouts {
    /// To connect.
    pub connect: Option<i64>,
    /// To the first byte of the answer.
    pub first_byte: Option<i64>,
    /// Between two bytes.
    pub idle: Option<i64>,
    /// All of it.
    pub total: Option<i64>,
}

/// A fallback that did not make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Its position in the request.
    pub fallback: usize,
    /// The model as written.
    pub model: Option<String>,
    /// Why.
    pub code: String,
    /// In words.
    pub message: String,
}

/// Something the caller should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What kind.
    pub code: String,
    /// The attempt it is about; `None` for the request.
    pub attempt: Option<usize>,
    /// The request field it is about.
    pub field: Option<String>,
    /// In words.
    pub message: String,
}

/// Why not, and what would work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// The request field at fault, as a path.
    pub field: Option<String>,
    /// Whether the same request may succeed later without anybody changing anything.
    pub retryable: bool,
    /// In how many seconds, where that is known.
    pub retry_after_s: Option<i64>,
    /// What is.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
    /// The rule that decided.
    pub rule: RuleRef,
    /// Every candidate and why it fell.
    pub candidates: Vec<Candidate>,
    /// Other reasons that hold as well.
    pub also: Vec<Reason>,
    /// Fallbacks that did not make it, and why.
    pub dropped: Vec<Dropped>,
}

/// A rule and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRef {
    /// Its name.
    pub name: String,
    /// The file, empty for a built-in point that the policy does not word.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// A route that was considered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The model's own id.
    pub model: String,
    /// The region it is sold in.
    pub region: String,
    /// The endpoint.
    pub endpoint: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Why, every reason.
    pub reasons: Vec<Reason>,
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It may be called.
    Routed,
    /// An `exclude` or a `lock` stands against it.
    Excluded,
    /// It is legal, and not usable now.
    Skipped,
}

impl Verdict {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Routed => "routed",
            Self::Excluded => "excluded",
            Self::Skipped => "skipped",
        }
    }
}

/// One rule that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The code.
    pub code: String,
    /// The rule.
    pub rule: RuleRef,
    /// In words.
    pub message: String,
}

/// Every rule's verdict on every effective request and candidate: `--explain`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// One entry an effective request: the primary, then each fallback.
    pub requests: Vec<RequestTrace>,
}

/// The verdicts on one effective request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestTrace {
    /// `None` for the primary.
    pub fallback: Option<usize>,
    /// The model as written.
    pub model: Option<String>,
    /// The refuse rules.
    pub rules: Vec<RuleTrace>,
    /// Each candidate.
    pub candidates: Vec<CandidateTrace>,
}

/// The verdicts on one candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateTrace {
    /// The candidate and what became of it.
    pub candidate: Candidate,
    /// Every exclude, lock, skip, set, warn and limit rule.
    pub rules: Vec<RuleTrace>,
}

/// One rule's verdict, with the values that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTrace {
    /// The rule.
    pub rule: RuleRef,
    /// `refuse`, `exclude`, `lock`, …
    pub kind: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// What its condition read, in order: a field and its value.
    pub values: Vec<(String, String)>,
}
