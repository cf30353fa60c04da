//! From an entry file to an engine: reads, checks, compiles, and names the result by its content.

use sha2::{Digest as _, Sha256};

use super::Engine;
use crate::catalog::{self, Catalog, raw};
use crate::decision::Snapshot;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::diagram::Compiled;
use crate::policy::{self, Policy};
use crate::source::{Files, Sources};
use crate::syntax::ast::Item;

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

/// What an engine was compiled from, as written: for tools that judge how something is said.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    /// The policy's items, includes in their place and overlays applied.
    pub items: Vec<Item>,
    /// Its catalogs, in the order in which they were read.
    pub catalogs: Vec<raw::Catalog>,
}

/// A compilation and the documents it is of.
#[derive(Debug)]
pub struct Study {
    /// What came of compiling.
    pub compilation: Compilation,
    /// What was written; empty where it could not be read.
    pub documents: Documents,
}

/// Reads, checks and compiles a policy file and all that it names.
pub fn compile(entry: &str, files: &mut dyn Files) -> Compilation {
    made(entry, files, &Compiled::new, None)
}

/// As [`compile`], but for the form that decides fast: such an engine asks the interpreter. It is
/// for tools that ask about all requests at once, and decide few of them.
pub fn read(entry: &str, files: &mut dyn Files) -> Compilation {
    made(entry, files, &Compiled::nothing, None)
}

/// As [`read`], and keeps what was written beside what it means.
pub fn study(entry: &str, files: &mut dyn Files) -> Study {
    let mut documents = Documents::default();
    let compilation = made(entry, files, &Compiled::nothing, Some(&mut documents));
    Study {
        compilation,
        documents,
    }
}

fn made(
    entry: &str,
    files: &mut dyn Files,
    compiled: &dyn Fn(&Catalog, &Policy) -> Compiled,
    kept: Option<&mut Documents>,
) -> Compilation {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let parts = check(entry, files, &mut sources, &mut diagnostics, kept);
    let whole = !diagnostics.has_errors();
    let left_out = diagnostics.left_out();
    let snapshot = snapshot(&sources);
    let engine = parts.filter(|_| whole).map(|(catalog, policy)| {
        let compiled = compiled(&catalog, &policy);
        Engine {
            at_once: if compiled.plain { snapshot.stamp() } else { 0 },
            compiled,
            verdicts: policy
                .rules()
                .map(|(_, rule)| rule.kind.verdict().cloned())
                .collect(),
            catalog,
            policy,
            snapshot,
            sources: sources.clone(),
        }
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
    kept: Option<&mut Documents>,
) -> Option<(Catalog, Policy)> {
    let mut loaded = policy::load(entry, files, sources, diagnostics)?;
    // Names of a catalog that was not read, or is wrong, would be unknown everywhere: one cause,
    // one finding.
    let catalogs = loaded.catalogs.take()?;
    let written = kept.is_some().then(|| catalogs.clone());
    let catalog = catalog::validate(catalogs, diagnostics)?;
    let policy = policy::resolve(&loaded, &catalog, diagnostics);
    if let (Some(kept), Some(catalogs)) = (kept, written) {
        *kept = Documents {
            items: loaded.items,
            catalogs,
        };
    }
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
