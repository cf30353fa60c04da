//! Catalog and policy, compiled: what a host keeps, shares and asks.

use crate::answer::{Answer, Trace};
use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::request::{Draft, Request, RequestError, State};
use crate::source::Sources;

/// Hands over the bytes of a file that a policy names.
///
/// The core does no I/O: the host decides what a path means. Paths are relative to the entry
/// file's directory, with `/` and without `.` or needless `..`.
pub trait Files {
    /// The bytes of the file.
    ///
    /// # Errors
    /// Why there are none, in words for the diagnostic.
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String>;
}

/// What came of compiling: an engine unless some diagnostic is an error.
#[derive(Debug)]
pub struct Compilation {
    /// The engine.
    pub engine: Option<Engine>,
    /// Every file that was read.
    pub sources: Sources,
    /// Every finding, by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads, checks and compiles a policy file and all that it names.
pub fn compile(entry: &str, files: &mut dyn Files) -> Compilation {
    let _ = (entry, files);
    Compilation {
        engine: None,
        sources: Sources::default(),
        diagnostics: Vec::new(),
    }
}

/// A compiled policy over a catalog. Immutable, `Send + Sync`, cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Engine {
    catalog: Catalog,
}

/// A decision, in ids.
#[derive(Debug, Clone)]
pub struct Decision {}

impl Engine {
    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The names of the attributes that the policy declares.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    /// Accepts a draft.
    ///
    /// # Errors
    /// When it names what this policy does not declare.
    pub fn request(&self, draft: Draft) -> Result<Request, RequestError> {
        let _ = draft;
        Err(RequestError::NoEndpoint)
    }

    /// Decides.
    pub fn decide(&self, request: &Request, state: &State) -> Decision {
        let _ = (request, state);
        Decision {}
    }

    /// Puts a decision into words.
    pub fn answer(&self, request: &Request, state: &State, decision: &Decision) -> Answer {
        let _ = (request, state, decision);
        Answer {
            snapshot: String::new(),
            at: request.at,
            outcome: crate::answer::Outcome::Route(crate::answer::Plan {
                attempts: vec![],
                dropped: vec![],
                retry: None,
                advance: vec![],
                timeouts: crate::answer::Timeouts::default(),
                limit: None,
                valid_until: None,
                warnings: vec![],
            }),
        }
    }

    /// Every rule's verdict on every effective request and candidate.
    pub fn trace(&self, request: &Request, state: &State) -> Trace {
        let _ = (request, state);
        Trace::default()
    }
}
