//! Catalog and policy, compiled: what a host keeps, shares and asks.
//!
//! `compile` reads and checks, `Engine::request` accepts, `Engine::decide` decides; `answer` and
//! `trace` put a decision into words. Every answer here is the reference interpreter's.

mod accept;

use sha2::{Digest as _, Sha256};

use crate::answer::{Answer, Trace};
use crate::catalog::{self, Catalog};
use crate::decision::{Decision, Snapshot};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::explain;
use crate::policy::{self, Policy};
use crate::reference::Case;
use crate::request::{Draft, Request, RequestErrors, State};
use crate::source::{Files, Sources};

/// Changes whenever the same catalog and policy come to mean something else.
const SEMANTICS: &[u8] = b"portolan 1\0";

/// What came of compiling: an engine unless some diagnostic is an error.
#[derive(Debug)]
pub struct Compilation {
    /// The engine.
    pub engine: Option<Engine>,
    /// Every file that was read.
    pub sources: Sources,
    /// Every finding, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Findings beyond `limits::DIAGNOSTICS`, counted only.
    pub left_out: usize,
}

/// Reads, checks and compiles a policy file and all that it names.
pub fn compile(entry: &str, files: &mut dyn Files) -> Compilation {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let parts = check(entry, files, &mut sources, &mut diagnostics);
    let whole = !diagnostics.has_errors();
    let left_out = diagnostics.left_out();
    let snapshot = snapshot(&sources);
    let engine = parts.filter(|_| whole).map(|(catalog, policy)| Engine {
        catalog,
        policy,
        snapshot,
        sources: sources.clone(),
    });
    Compilation {
        engine,
        sources,
        diagnostics: diagnostics.into_sorted(),
        left_out,
    }
}

/// Goes on as far as it can, so that everything that is wrong is found at once.
fn check(
    entry: &str,
    files: &mut dyn Files,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Option<(Catalog, Policy)> {
    let mut loaded = policy::load(entry, files, sources, diagnostics)?;
    // Names of a catalog that was not read, or is wrong, would be unknown everywhere: one cause,
    // one finding.
    let catalog = catalog::validate(loaded.catalogs.take()?, diagnostics)?;
    let policy = policy::resolve(&loaded, &catalog, diagnostics);
    Some((catalog, policy))
}

fn snapshot(sources: &Sources) -> Snapshot {
    let mut hash = Sha256::new();
    hash.update(SEMANTICS);
    for (_, source) in sources.iter() {
        let length = u64::try_from(source.text().len()).unwrap_or(u64::MAX);
        hash.update(length.to_be_bytes());
        hash.update(source.text().as_bytes());
    }
    let digest = hash.finalize();
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(digest) {
        *to = from;
    }
    Snapshot(short)
}

/// A compiled policy over a catalog. Immutable, `Send + Sync`, cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Engine {
    catalog: Catalog,
    policy: Policy,
    snapshot: Snapshot,
    sources: Sources,
}

impl Engine {
    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The content hash of catalog and policy.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot
    }

    /// The files it was compiled from.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Accepts a draft.
    ///
    /// # Errors
    /// Everything in it that this policy does not declare.
    pub fn request(&self, draft: Draft) -> Result<Request, RequestErrors> {
        accept::accept(&self.catalog, &self.policy, draft)
    }

    /// Decides. Total: every request that was accepted gets a decision.
    pub fn decide(&self, request: &Request, state: &State) -> Decision {
        self.case(request, state).decide()
    }

    /// Puts a decision on a request into words.
    pub fn answer(&self, request: &Request, state: &State, decision: &Decision) -> Answer {
        explain::answer(self.case(request, state), &self.sources, decision)
    }

    /// Every rule's verdict on every effective request and candidate, with the values it read.
    pub fn trace(&self, request: &Request, state: &State) -> Trace {
        explain::trace(self.case(request, state), &self.sources)
    }

    fn case<'a>(&'a self, request: &'a Request, state: &'a State) -> Case<'a> {
        Case {
            catalog: &self.catalog,
            policy: &self.policy,
            snapshot: self.snapshot,
            request,
            state,
        }
    }
}
