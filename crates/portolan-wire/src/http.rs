//! Refusals and faults over HTTP: a status, headers, and a body in the dialect of whoever called.
//!
//! A [`Trouble`] is what is said, whoever says it: a policy's refusal, one of the faults that an
//! adapter finds before or after the policy was asked ([`Fault`]), or that a body is [`unclear`].
//! [`reply`] writes it. What an upstream answers is read in `http/upstream.rs`; how many calls are
//! left in `http/rate.rs`. Nothing is decided here, and nothing is sent.
//!
//! ```
//! use portolan_wire::http::{Dialect, Fault, Trouble, reply};
//!
//! let trouble = Trouble::from(Fault::NoSuchPath { path: "/v2/chat" });
//! let reply = reply(&trouble, Dialect::OpenAi, "7d0c");
//! assert_eq!(reply.status, 404);
//! assert!(reply.body.starts_with(r#"{"error":{"message":"there is no path `/v2/chat`"#));
//! ```

mod dialect;
mod fault;
mod head;
mod rate;
mod unclear;
mod upstream;

pub use dialect::{Dialect, Reply, reply, wants_problem};
pub use fault::Fault;
pub(crate) use head::query_pairs;
pub use head::refused_unread;
pub use rate::Window;
pub use unclear::unclear;
pub use upstream::{Envelope, UpstreamError};

use portolan_core::answer::Refusal;

/// What went wrong, as it is told to a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The HTTP status.
    pub status: u16,
    /// The stable code: the policy's, or the fault's.
    pub code: String,
    /// The field of the request at fault, as a path.
    pub field: Option<String>,
    /// Whether the same request may succeed later, with nobody changing anything.
    pub retryable: bool,
    /// In how many seconds, where that is known.
    pub retry_after_s: Option<i64>,
    /// What is.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
}

impl From<&Refusal> for Trouble {
    fn from(refusal: &Refusal) -> Self {
        Self {
            status: refusal.status,
            code: refusal.code.clone(),
            field: refusal.field.clone(),
            retryable: refusal.retryable,
            retry_after_s: refusal.retry_after_s,
            message: refusal.message.clone(),
            help: refusal.help.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
