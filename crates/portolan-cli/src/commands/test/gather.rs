//! Which tests there are: the policy's own blocks, and case files with the policies they name.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, ensure};
use portolan_core::engine::{Compilation, Engine};
use portolan_test::cases::{CaseFile, Of};
use portolan_test::suite::{self, Test};

use crate::load::{self, Policy};
use crate::render::diagnostic;
use crate::render::paint::Color;
use crate::{Report, Status};

/// Directories below one another that case files are looked for in.
const DEPTH: usize = 16;

/// Tests by the policy that they are put to.
#[derive(Debug)]
pub(in crate::commands) struct Gathered {
    /// The policy under test.
    pub(in crate::commands) own: Group,
    /// Others that case files name.
    pub(in crate::commands) others: Vec<Group>,
}

/// A policy and its tests.
#[derive(Debug)]
pub(in crate::commands) struct Group {
    of: Of,
    pub(in crate::commands) policy: Policy,
    pub(in crate::commands) engine: Engine,
    pub(in crate::commands) tests: Vec<Test>,
}

impl Gathered {
    /// Every group, that under test first.
    pub(in crate::commands) fn groups(&self) -> impl Iterator<Item = &Group> {
        std::iter::once(&self.own).chain(&self.others)
    }

    /// Keeps some of the tests.
    pub(in crate::commands) fn keep(&mut self, wanted: &dyn Fn(&Test) -> bool) {
        for group in std::iter::once(&mut self.own).chain(&mut self.others) {
            group.tests.retain(wanted);
        }
    }

    /// Every test with its group.
    pub(in crate::commands) fn tests(&self) -> impl Iterator<Item = (&Group, &Test)> {
        self.groups()
            .flat_map(|group| group.tests.iter().map(move |test| (group, test)))
    }
}

/// The case files that are given, or those below the policy's `tests`.
///
/// # Errors
/// When one that is given cannot be read.
pub(in crate::commands) fn files(policy: &Path, given: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if given.is_empty() {
        let root = if policy.is_dir() {
            policy
        } else {
            policy.parent().unwrap_or(Path::new(""))
        };
        below(&root.join("tests"), DEPTH, &mut found);
    }
    for path in given {
        if path.is_dir() {
            below(path, DEPTH, &mut found);
        } else {
            ensure!(path.is_file(), "there is no file `{}`", path.display());
            found.push(path.clone());
        }
    }
    Ok(found)
}

/// Every YAML file below a directory, by name.
fn below(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth > 0 {
                below(&path, depth - 1, found);
            }
        } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            found.push(path);
        }
    }
}

/// Reads the case files and compiles what they are put to; what does not compile is a report.
///
/// # Errors
/// When a case file cannot be read, or names a policy that is not there.
pub(in crate::commands) fn gather(
    policy: Policy,
    files: &[PathBuf],
    color: Color,
) -> anyhow::Result<Result<Gathered, Report>> {
    let compilation = policy.compile();
    let mut own = match group(Of::Own, policy, compilation, color) {
        Ok(own) => own,
        Err(report) => return Ok(Err(report)),
    };
    own.tests = suite::blocks(&own.engine);
    let mut others: Vec<Group> = Vec::new();
    for path in files {
        let shown = path.display().to_string();
        let text = load::text(path)?;
        let file = CaseFile::parse(&text).map_err(|why| anyhow!("`{shown}`: {why}"))?;
        let tests = file.requests.into_iter();
        let tests = tests.map(|case| Test::of_case(case, &shown));
        let mut groups = std::iter::once(&mut own).chain(&mut others);
        if let Some(group) = groups.find(|group| group.of == file.of) {
            group.tests.extend(tests);
            continue;
        }
        let (policy, compilation) = find(&own.policy, &file.of, path)?;
        // A file may name the policy under test, or its overlay, by path.
        let mut groups = std::iter::once(&mut own).chain(&mut others);
        let inline = matches!(file.of, Of::Inline { .. });
        if let Some(group) = groups.find(|group| !inline && group.policy.is(&policy)) {
            group.tests.extend(tests);
            continue;
        }
        match group(file.of, policy, compilation, color) {
            Err(report) => return Ok(Err(report)),
            Ok(mut group) => {
                group.tests = tests.collect();
                others.push(group);
            }
        }
    }
    Ok(Ok(Gathered { own, others }))
}

/// The policy that a case file names.
fn find(own: &Policy, of: &Of, file: &Path) -> anyhow::Result<(Policy, Compilation)> {
    let policy = match of {
        Of::Own => Policy::find(own.root(), None)?,
        Of::Overlay(name) => Policy::find(own.root(), Some(name))?,
        Of::Path(path) => Policy::find(Path::new(path), None)?,
        Of::Inline { entry, files } => {
            let compiled = portolan_core::engine::compile(entry, &mut &*files);
            let within = file.with_extension("").join(entry);
            return Ok((Policy::of_file(&within)?, compiled));
        }
    };
    let compiled = policy.compile();
    Ok((policy, compiled))
}

/// A policy that compiles, with no tests yet; or what is wrong with it.
fn group(of: Of, policy: Policy, compiled: Compilation, color: Color) -> Result<Group, Report> {
    match compiled.engine {
        Some(engine) => Ok(Group {
            of,
            policy,
            engine,
            tests: Vec::new(),
        }),
        None => Err(Report {
            status: Status::Wrong,
            out: String::new(),
            err: diagnostic::Findings {
                diagnostics: &compiled.diagnostics,
                sources: &compiled.sources,
                policy: &policy,
                left_out: compiled.left_out,
            }
            .human(color.on_stderr()),
        }),
    }
}
