//! What a policy says about itself: claims over all requests, and examples. Resolved and typed; how
//! they are read is `questions.rs`'s.

use super::policy::Condition;
use super::types::Value;
use crate::instant::{Instant, Window};
use crate::source::Span;

/// A question over all requests.
#[derive(Debug, Clone)]
pub struct Prove {
    /// Its name.
    pub name: Box<str>,
    /// Which requests.
    pub filter: Condition,
    /// For which instants.
    pub between: Window,
    /// What is asked of them.
    pub goal: Goal,
    /// Where its name stands.
    pub span: Span,
    /// All of its text.
    pub whole: Span,
}

/// What a `prove` asks.
#[derive(Debug, Clone)]
pub enum Goal {
    /// Of every request for which all premises hold, the claim holds too.
    Claim {
        /// What is given.
        premises: Vec<Claim>,
        /// What follows.
        claim: Claim,
    },
    /// For every request there is a model that routes and for which the condition holds: its id put
    /// in the place of the request's, and nothing else changed.
    SomeModelRoutes(Condition),
    /// Every request is decided as another policy decides it.
    SameDecisionAs {
        /// The other policy, as seen from where the entry path is.
        path: Box<str>,
        /// Where it is named.
        span: Span,
    },
}

/// What one decision is said to be.
#[derive(Debug, Clone)]
pub enum Claim {
    /// It routes.
    Routes,
    /// It is refused.
    Refused,
    /// It is refused with this code.
    RefusedWith(Box<str>),
    /// Every attempt fulfils a condition; there may be none.
    Every(Condition),
}

/// An example: a request and what must come of it.
#[derive(Debug, Clone)]
pub struct Test {
    /// Its name.
    pub name: Box<str>,
    /// Fields of the request by name, values as text.
    pub request: Vec<(Box<str>, Value)>,
    /// Models of its fallbacks, in order.
    pub fallbacks: Vec<Box<str>>,
    /// Its instant.
    pub at: Option<Instant>,
    /// What must come out.
    pub expect: Vec<Expect>,
    /// Where it stands.
    pub span: Span,
}

/// One expectation of an example.
#[derive(Debug, Clone)]
pub enum Expect {
    /// A refusal.
    Refuse(u16, Box<str>),
    /// A route whose first attempt has these facts.
    Route(Vec<(Box<str>, Value)>),
    /// A warning.
    Warn(Box<str>),
    /// A dropped fallback.
    Drop(Box<str>),
}
