//! The fixture files as written: what a case is for, what it puts in, and what it expects.
//!
//! How an expectation is judged lives in `expect.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

use crate::expect::{Expect, Finding};

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

/// One request and what is expected of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it is for.
    pub why: String,
    /// Numbers of `docs/facts.md` that it honours.
    #[serde(default)]
    pub facts: Vec<u32>,
    /// The envelope.
    #[serde(default)]
    request: Option<serde_json::Value>,
    /// The envelope, byte for byte.
    #[serde(default)]
    request_text: Option<String>,
    /// What is expected.
    pub expect: Expect,
}

impl Case {
    /// The envelope as JSON.
    pub fn envelope(&self) -> String {
        match (&self.request_text, &self.request) {
            (Some(text), _) => text.clone(),
            (None, Some(value)) => value.to_string(),
            (None, None) => String::new(),
        }
    }
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDecide {
    why: String,
    policy: Option<String>,
    entry: Option<String>,
    files: Option<BTreeMap<String, String>>,
    #[serde(default)]
    facts: Vec<u32>,
    requests: Vec<Case>,
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
    /// Reads a fixture.
    ///
    /// # Errors
    /// When it cannot be read or is not in the format.
    pub fn read(path: &Path) -> Result<Self, CaseError> {
        let raw: RawDecide = yaml(path)?;
        let malformed = |why: String| CaseError::Malformed {
            path: path.to_owned(),
            why,
        };
        if raw.why.trim().is_empty() || raw.requests.is_empty() {
            return Err(malformed(
                "say why, and give at least one request".to_owned(),
            ));
        }
        for case in &raw.requests {
            let complaint = |why: &str| malformed(format!("`{}`: {why}", case.why));
            if case.why.trim().is_empty() {
                return Err(complaint("say why"));
            }
            if case.request.is_some() == case.request_text.is_some() {
                return Err(complaint("give either `request` or `request_text`"));
            }
            case.expect.check().map_err(|why| complaint(&why))?;
        }
        Ok(Self {
            why: raw.why,
            origin: origin(raw.policy, raw.entry, raw.files).map_err(malformed)?,
            facts: raw.facts,
            requests: raw.requests,
        })
    }

    /// Every fact that the file or one of its requests honours.
    pub fn all_facts(&self) -> impl Iterator<Item = u32> {
        let of_requests = self.requests.iter().flat_map(|case| &case.facts);
        self.facts.iter().chain(of_requests).copied()
    }
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

fn yaml<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, CaseError> {
    let text = fs::read_to_string(path).map_err(|source| CaseError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    serde_yaml::from_str(&text).map_err(|error| CaseError::Malformed {
        path: path.to_owned(),
        why: error.to_string(),
    })
}
