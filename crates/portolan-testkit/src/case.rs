//! The fixture files: what a case is for, what it puts in, and what it expects. Those that decide
//! are in the format that users have for their own policies, of `portolan-test`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

pub use portolan_test::cases::Case;
use portolan_test::cases::{CaseFile, Of};
use serde::Deserialize;

use crate::expect::Finding;
use crate::policies::{root, shipped};

/// Why a fixture cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is not in the format.
    #[error("{path}: {why}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
}

/// Where a case's policy comes from: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A path from the root of the repository.
    Shipped(String),
    /// Files by name, and the entry's name.
    Inline {
        /// The entry file.
        entry: String,
        /// All files.
        files: BTreeMap<String, String>,
    },
}

/// A file of `tests/cases/decide`.
#[derive(Debug, Clone)]
pub struct DecideFile {
    /// What it is for.
    pub why: String,
    /// Its policy.
    pub origin: Origin,
    /// Numbers of `docs/facts.md` that it honours.
    pub facts: Vec<u32>,
    /// At least one.
    pub requests: Vec<Case>,
}

/// A file of `tests/cases/compile`.
#[derive(Debug, Clone)]
pub struct CompileFile {
    /// What it is for.
    pub why: String,
    /// Its policy.
    pub origin: Origin,
    /// Every finding, by place.
    pub expect: Vec<Finding>,
}

/// A file of `tests/cases/fmt`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FmtFile {
    /// What it is for.
    pub why: String,
    /// The name of the text, whose ending says how it is written.
    pub file: String,
    /// The text.
    pub before: String,
    /// The text in style.
    pub after: Option<String>,
    /// The codes of what stands against formatting it, where something does.
    #[serde(default)]
    pub refused: Vec<String>,
}

/// A file of `tests/cases/lint`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LintFile {
    /// What it is for.
    pub why: String,
    /// The date for which dates are judged.
    #[serde(default = "new_year")]
    pub today: String,
    /// Files by name; `base.yaml` is there without being given.
    pub files: BTreeMap<String, String>,
    /// Lints that run beside that of the folder.
    #[serde(default)]
    pub lints: Vec<String>,
    /// Every finding, by place.
    pub expect: Vec<Finding>,
    /// Files as they are after all fixes.
    #[serde(default)]
    pub fixed: BTreeMap<String, String>,
}

fn new_year() -> String {
    "2026-01-01".to_owned()
}

impl LintFile {
    /// Reads a fixture.
    ///
    /// # Errors
    /// When it cannot be read or is not in the format.
    pub fn read(path: &Path) -> Result<Self, CaseError> {
        let file: Self = yaml(path)?;
        if file.why.trim().is_empty() {
            return Err(CaseError::Malformed {
                path: path.to_owned(),
                why: "say why".to_owned(),
            });
        }
        Ok(file)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCompile {
    why: String,
    policy: Option<String>,
    entry: Option<String>,
    files: Option<BTreeMap<String, String>>,
    expect: Vec<Finding>,
}

impl DecideFile {
    /// Reads a fixture. One that names no policy belongs to the one whose `tests` it lies in.
    ///
    /// # Errors
    /// When it cannot be read or is not in the format, or leaves it open what is expected.
    pub fn read(path: &Path) -> Result<Self, CaseError> {
        let malformed = |why: String| CaseError::Malformed {
            path: path.to_owned(),
            why,
        };
        let file = CaseFile::parse(&text(path)?).map_err(malformed)?;
        let open = file.requests.iter().find(|case| case.expect.is_none());
        if let Some(case) = open {
            return Err(malformed(format!("`{}`: say what to expect", case.why)));
        }
        let origin = match file.of {
            Of::Path(path) => Origin::Shipped(path),
            Of::Inline { entry, files } => Origin::Inline { entry, files },
            Of::Own => Origin::Shipped(own(path).ok_or_else(|| malformed(nameless()))?),
            Of::Overlay(name) => {
                let own = own(path).ok_or_else(|| malformed(nameless()))?;
                Origin::Shipped(format!("{own}/overlays/{name}.portolan"))
            }
        };
        Ok(Self {
            why: file.why,
            origin,
            facts: file.facts,
            requests: file.requests,
        })
    }

    /// Every fact that the file or one of its requests honours.
    pub fn all_facts(&self) -> impl Iterator<Item = u32> {
        let of_requests = self.requests.iter().flat_map(|case| &case.facts);
        self.facts.iter().chain(of_requests).copied()
    }
}

/// Every file of cases that decide: those of the repository, and those of the shipped policies.
pub fn decide_files() -> Vec<PathBuf> {
    let mut left = vec![root().join("tests/cases/decide")];
    left.extend(shipped().iter().map(|name| root().join(name).join("tests")));
    let mut found = Vec::new();
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The policy whose `tests` a file lies in, from the root of the repository.
fn own(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let tests = path.ancestors().find(|above| above.ends_with("tests"))?;
    let root = root().canonicalize().ok()?;
    let policy = tests.parent()?.strip_prefix(root).ok()?;
    Some(policy.to_string_lossy().into_owned())
}

fn nameless() -> String {
    "give either `policy` or `files`".to_owned()
}

impl CompileFile {
    /// Reads a fixture.
    ///
    /// # Errors
    /// When it cannot be read or is not in the format.
    pub fn read(path: &Path) -> Result<Self, CaseError> {
        let raw: RawCompile = yaml(path)?;
        let malformed = |why: String| CaseError::Malformed {
            path: path.to_owned(),
            why,
        };
        if raw.why.trim().is_empty() {
            return Err(malformed("say why".to_owned()));
        }
        Ok(Self {
            why: raw.why,
            origin: origin(raw.policy, raw.entry, raw.files).map_err(malformed)?,
            expect: raw.expect,
        })
    }
}

impl FmtFile {
    /// Reads a fixture.
    ///
    /// # Errors
    /// When it cannot be read or is not in the format.
    pub fn read(path: &Path) -> Result<Self, CaseError> {
        let file: Self = yaml(path)?;
        if file.why.trim().is_empty() || file.after.is_some() != file.refused.is_empty() {
            return Err(CaseError::Malformed {
                path: path.to_owned(),
                why: "say why, and give either `after` or `refused`".to_owned(),
            });
        }
        Ok(file)
    }
}

fn origin(
    policy: Option<String>,
    entry: Option<String>,
    files: Option<BTreeMap<String, String>>,
) -> Result<Origin, String> {
    match (policy, files) {
        (Some(_), None) if entry.is_some() => {
            Err("`entry` goes with `files`; `policy` may name a file itself".to_owned())
        }
        (Some(path), None) => Ok(Origin::Shipped(path)),
        (None, Some(files)) => {
            let entry = entry.unwrap_or_else(|| "policy.portolan".to_owned());
            Ok(Origin::Inline { entry, files })
        }
        (Some(_), Some(_)) | (None, None) => Err("give either `policy` or `files`".to_owned()),
    }
}

fn text(path: &Path) -> Result<String, CaseError> {
    fs::read_to_string(path).map_err(|source| CaseError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn yaml<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, CaseError> {
    serde_yaml::from_str(&text(path)?).map_err(|error| CaseError::Malformed {
        path: path.to_owned(),
        why: error.to_string(),
    })
}
