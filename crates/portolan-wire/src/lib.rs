//! The only crate that knows JSON: what clients post comes in as facts, decisions go out as text.
//!
//! Reading: [`read_envelope`] for a request file, [`Call::posted`] for the bytes of a body; both
//! give a [`Call`] whose `draft` an engine accepts. Shape faults are facts in it, for the policy
//! to refuse; only a wrong envelope is an error. Writing: [`answer_json`], [`trace_json`], and
//! [`write_request`] for a call that was not posted but made up; [`http`] for the status, headers
//! and body of an answer that is not a route.
//!
//! ```
//! use portolan_core::instant::Instant;
//!
//! let file = br#"{"account": "paid", "body": {"model": "gpt-5", "messages": "hi"}}"#;
//! let now = Instant::from_unix_seconds(0);
//! let call = portolan_wire::read_envelope(file, ["account"], now)?;
//! assert_eq!(call.draft.body.model.as_deref(), Some("gpt-5"));
//! assert_eq!(call.draft.body.faults[0].path, "messages");
//! # Ok::<(), portolan_wire::EnvelopeError>(())
//! ```
//!
//! There is no floating point, no recursion over what came in, and no key is ever guessed: where
//! two readers of a body could see two different requests, the body is `ambiguous-field`.

mod answer;
mod auth;
mod body;
mod diags;
mod embedded;
mod envelope;
mod fallbacks;
mod faults;
mod generated;
pub mod http;
mod injected;
mod json;
mod messages;
mod outgoing;
mod overrides;
mod patch;
mod path;
mod posted;
mod problems;
mod request;
mod state;
mod tokens;
mod tools;
mod trace;

pub use answer::{answer_json, explained_json};
pub use auth::judge as judge_auth;
pub use embedded::{Unclear, embedded, with_embedded};
pub use envelope::{Call, read_envelope};
pub use fallbacks::{Reading, read_body};
pub use generated::with_texts;
pub use json::each_member;
pub use outgoing::{Carrier, Sending};
pub use overrides::Overrides;
pub use posted::BodyText;
pub use problems::{EnvelopeError, Problem};
pub use request::{Unwritable, write_request};
pub use trace::trace_json;
