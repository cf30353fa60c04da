//! The policies that cases name: shipped ones from the disk, inline ones from memory.

use std::fs;
use std::path::{Path, PathBuf};

use portolan_core::diagnostic::Diagnostic;
use portolan_core::engine::{self, Compilation, Engine};
use portolan_core::source::{Files, Sources};

use crate::case::Origin;

/// The root of the repository.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest).to_owned()
}

/// Every shipped policy: the directories below `rules` that hold one, by name.
pub fn shipped() -> Vec<String> {
    below("rules")
}

/// The policies that leak, each followed by itself under the lock that closes the leak.
pub fn leaky() -> Vec<String> {
    let open = below("rules/examples/leaky").into_iter();
    let both = open.flat_map(|open| {
        let locked = format!("{open}/overlays/locked.portolan");
        [open, locked]
    });
    both.collect()
}

/// Small policies on which a solver and the prover once differed.
pub fn differed() -> Vec<String> {
    below("tests/z3")
}

/// The directories below one that hold a policy.
fn below(place: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(place)).into_iter().flatten();
    let mut found: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("policy.portolan").is_file())
        .map(|entry| format!("{place}/{}", entry.file_name().to_string_lossy()))
        .collect();
    found.sort();
    found
}

/// Compiles what a case names.
pub fn compile(origin: &Origin) -> Compilation {
    with(origin, engine::compile)
}

/// Reads what a case names, as tools do that ask about all requests.
pub fn read(origin: &Origin) -> Compilation {
    with(origin, engine::read)
}

fn with(origin: &Origin, make: fn(&str, &mut dyn Files) -> Compilation) -> Compilation {
    match origin {
        Origin::Inline { entry, files } => make(entry, &mut &*files),
        Origin::Shipped(path) => {
            let path = root().join(path);
            let file = if path.is_dir() {
                path.join("policy.portolan")
            } else {
                path
            };
            let directory = file.parent().unwrap_or(&file).to_owned();
            let entry = file.file_name().unwrap_or_default().to_string_lossy();
            make(&entry, &mut Disk(directory))
        }
    }
}

/// The engine of a policy that uses `catalog.yaml`, both in memory.
///
/// # Panics
/// With the findings, when it does not compile.
#[expect(clippy::panic, reason = "tests panic to fail")]
pub fn engine_of(policy: &str, catalog: &str) -> Engine {
    let files = [("policy.portolan", policy), ("catalog.yaml", catalog)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let compiled = compile(&Origin::Inline {
        entry: "policy.portolan".to_owned(),
        files: files.into(),
    });
    let findings = printed(&compiled.diagnostics, &compiled.sources);
    let Some(engine) = compiled.engine else {
        panic!("{findings}");
    };
    engine
}

/// Prints findings as plain text, for snapshots and messages.
pub fn printed(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let severity = diagnostic.severity.word();
        let mut line = |text: String| {
            out.push_str(&text);
            out.push('\n');
        };
        line(format!(
            "{severity}[{}]: {}",
            diagnostic.code, diagnostic.message
        ));
        let primary = std::iter::once(&diagnostic.primary);
        for label in primary.chain(&diagnostic.related) {
            let text = sources.slice(label.span);
            let text: String = text.chars().take(60).collect();
            let said = if label.message.is_empty() {
                String::new()
            } else {
                format!(": {}", label.message)
            };
            line(format!(
                "  at {} `{}`{said}",
                sources.locate(label.span),
                text.escape_debug()
            ));
        }
        for help in &diagnostic.help {
            line(format!("  help: {help}"));
        }
    }
    out
}

/// Files below a directory of the repository.
struct Disk(PathBuf);

impl Files for Disk {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(self.0.join(path)).map_err(|_| "there is no such file".to_owned())
    }
}
