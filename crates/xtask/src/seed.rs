//! `cargo xtask fuzz-seed`: makes the seeds of the fuzz corpora from the fixtures and the shipped
//! policies, so that a fuzzer starts where the tests end.
//!
//! Seeds are files of at most a few kilobytes, named by their content; what a fuzzer finds
//! beyond them is kept outside the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use portolan_core::catalog;
use portolan_core::diagnostic::Diagnostics;
use portolan_core::source::Sources;
use portolan_testkit::case::{CompileFile, DecideFile, Origin, decide_files};
use portolan_testkit::dice::Dice;

use crate::shell::root;

/// Larger texts are left out: a fuzzer mutates small inputs best.
const SEED_BYTES: usize = 8 * 1024;
/// Cuts of a shipped file, in lines, so that large ones seed as well.
const CUT_LINES: usize = 120;

/// Makes them.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut seeds = Seeds::default();
    for path in decide_files() {
        let file = DecideFile::read(&path)?;
        for case in &file.requests {
            seeds.requests.insert(case.envelope());
        }
        seeds.files_of(&file.origin);
    }
    for path in below(&root().join("tests/cases/compile"), "yaml")? {
        seeds.files_of(&CompileFile::read(&path)?.origin);
    }
    for path in below(&root().join("rules"), "portolan")? {
        seeds.policies.extend(cuts(&fs::read_to_string(path)?));
    }
    let cases = decide_files();
    let catalogs = below(&root().join("rules"), "yaml")?.into_iter();
    for path in catalogs.filter(|path| !cases.contains(path)) {
        seeds.catalogs.extend(cuts(&fs::read_to_string(path)?));
    }
    seeds.catalogs.insert(fs::read_to_string(
        root().join("fuzz/fixtures/catalog.yaml"),
    )?);
    write("catalog", &seeds.catalogs)?;
    write("policy", &seeds.policies)?;
    write("request", &seeds.requests)?;
    write("decide", &seeds.requests)?;
    write("fmt", &seeds.documents())?;
    write("agree", &choices())?;
    write("gateway", &choices())
}

#[derive(Default)]
struct Seeds {
    catalogs: BTreeSet<String>,
    policies: BTreeSet<String>,
    requests: BTreeSet<String>,
}

impl Seeds {
    fn files_of(&mut self, origin: &Origin) {
        let Origin::Inline { files, .. } = origin else {
            return;
        };
        for (name, text) in files {
            let extension = Path::new(name).extension().unwrap_or_default();
            if extension == "portolan" {
                self.policies.insert(text.clone());
            } else if extension == "yaml" {
                self.catalogs.insert(text.clone());
            }
        }
    }
}

impl Seeds {
    /// Policies and catalogs, the latter in both notations.
    fn documents(&self) -> BTreeSet<String> {
        let mut documents = self.policies.clone();
        for text in &self.catalogs {
            let mut sources = Sources::default();
            let id = sources.add("catalog.yaml", text.as_str());
            let root = catalog::read(&sources, id, &mut Diagnostics::default());
            documents.extend(root.and_then(|root| catalog::write_rules(&root)));
        }
        documents.extend(self.catalogs.iter().cloned());
        documents
    }
}

/// A text in pieces of so many lines.
fn cuts(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let pieces = lines.chunks(CUT_LINES);
    pieces.map(|lines| lines.join("\n") + "\n").collect()
}

fn write<S: AsRef<[u8]>>(target: &str, seeds: &BTreeSet<S>) -> anyhow::Result<()> {
    let directory = root().join("fuzz/corpus").join(target);
    fs::create_dir_all(&directory)?;
    // What was found once has another name, and stays.
    for entry in fs::read_dir(&directory)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("seed-") {
            fs::remove_file(entry.path())?;
        }
    }
    let seeds = seeds.iter().map(AsRef::as_ref);
    for seed in seeds.filter(|seed| seed.len() <= SEED_BYTES) {
        let name = format!("seed-{:016x}", hash(seed));
        fs::write(directory.join(name), seed)?;
    }
    Ok(())
}

/// Choices for the dice: of every kind of engine, with few bytes and with many.
fn choices() -> BTreeSet<Vec<u8>> {
    let lengths = [40, 200, 500, 700, 1_000, 1_500];
    let seeds = (0u8..48).zip(lengths.into_iter().cycle());
    let seed = |(first, length): (u8, usize)| {
        let mut dice = Dice::new(first.into());
        let drawn = (0..length).map(|_| u8::try_from(dice.below(256)).unwrap_or(0));
        std::iter::once(first).chain(drawn).collect()
    };
    seeds.map(seed).collect()
}

/// FNV-1a: the same name for the same seed on every machine.
fn hash(text: &[u8]) -> u64 {
    text.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn below(directory: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut left = vec![directory.to_owned()];
    while let Some(directory) = left.pop() {
        if !directory.is_dir() {
            continue;
        }
        let entries = fs::read_dir(&directory)
            .with_context(|| format!("cannot list {}", directory.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
