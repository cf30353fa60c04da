//! Case files as written: what each case is for, what it asks, and what it expects.
//!
//! How an expectation is judged lives in `expect.rs`; the files themselves are read by the host.

use std::collections::BTreeMap;

use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_wire::{BodyText, read_envelope};
use serde::Deserialize;

use crate::NOW;
use crate::expect::Expect;

/// Which policy the cases of a file are put to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// The policy under test.
    Own,
    /// An overlay of the policy under test, by name.
    Overlay(String),
    /// Another one, by path.
    Path(String),
    /// Files by name, and the entry's name.
    Inline {
        /// The entry file.
        entry: String,
        /// All files.
        files: BTreeMap<String, String>,
    },
}

/// A case file.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// What it is for.
    pub why: String,
    /// Its policy.
    pub of: Of,
    /// Numbers of facts that it honours: for a project that keeps a list of them.
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
    /// Numbers of facts that it honours.
    #[serde(default)]
    pub facts: Vec<u32>,
    /// The envelope.
    #[serde(default)]
    request: Option<serde_json::Value>,
    /// The envelope, byte for byte.
    #[serde(default)]
    request_text: Option<String>,
    /// What is expected; where it is left out, what a snapshot holds.
    #[serde(default)]
    pub expect: Option<Expect>,
    /// The line on which it begins, from 1.
    #[serde(skip)]
    pub line: u32,
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

impl Case {
    /// What is posted, byte for byte.
    pub(crate) fn body(&self, engine: &Engine) -> Option<BodyText> {
        let now = Instant::from_unix_seconds(NOW);
        let names = engine.policy().attribute_names();
        let call = read_envelope(self.envelope().as_bytes(), names, now).ok()?;
        call.body
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    why: String,
    policy: Option<String>,
    overlay: Option<String>,
    entry: Option<String>,
    files: Option<BTreeMap<String, String>>,
    #[serde(default)]
    facts: Vec<u32>,
    requests: Vec<Case>,
}

impl CaseFile {
    /// Reads a case file's text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut raw: Raw = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        if raw.why.trim().is_empty() || raw.requests.is_empty() {
            return Err("say why, and give at least one request".to_owned());
        }
        for case in &raw.requests {
            let complaint = |why: &str| format!("`{}`: {why}", case.why);
            if case.why.trim().is_empty() {
                return Err(complaint("say why"));
            }
            if case.request.is_some() == case.request_text.is_some() {
                return Err(complaint("give either `request` or `request_text`"));
            }
            if let Some(expect) = &case.expect {
                expect.check().map_err(|why| complaint(&why))?;
            }
        }
        place(&mut raw.requests, text);
        Ok(Self {
            why: raw.why,
            of: of(raw.policy, raw.overlay, raw.entry, raw.files)?,
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

/// Finds the line of each case: that of its `why` below `requests`, in order. A reader of YAML
/// that knows lines would be a second one.
fn place(cases: &mut [Case], text: &str) {
    let lines = (1u32..).zip(text.lines());
    let mut lines = lines.skip_while(|(_, line)| !line.starts_with("requests:"));
    for case in cases {
        let start: String = case.why.chars().take(24).collect();
        let start = start.split(['"', '\'', '\\', '\n']).next().unwrap_or("");
        let found = lines.find(|(_, line)| {
            let after = line.split_once("why:").map(|(_, after)| after);
            after.is_some_and(|after| after.contains(start))
        });
        case.line = found.map_or(0, |(line, _)| line);
    }
}

fn of(
    policy: Option<String>,
    overlay: Option<String>,
    entry: Option<String>,
    files: Option<BTreeMap<String, String>>,
) -> Result<Of, String> {
    match (policy, overlay, files) {
        (Some(_) | None, _, None) if entry.is_some() => {
            Err("`entry` goes with `files`; `policy` may name a file itself".to_owned())
        }
        (Some(path), None, None) => Ok(Of::Path(path)),
        (None, Some(name), None) => Ok(Of::Overlay(name)),
        (None, None, None) => Ok(Of::Own),
        (None, None, Some(files)) => {
            let entry = entry.unwrap_or_else(|| "policy.portolan".to_owned());
            Ok(Of::Inline { entry, files })
        }
        (Some(_), Some(_), _) | (_, _, Some(_)) => {
            Err("give at most one of `policy`, `overlay` and `files`".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_knows_its_line() {
        let text = "why: a\nrequests:\n  - why: one\n    request: {}\n    expect: {error: x}\n\n  - request: {}\n    why: \"two\"\n";
        let file = CaseFile::parse(text).unwrap();
        let lines: Vec<u32> = file.requests.iter().map(|case| case.line).collect();
        assert_eq!(lines, [3, 8]);
        assert_eq!(file.of, Of::Own);
    }

    #[test]
    fn a_file_says_which_policy_once() {
        let text = "why: a\npolicy: p\noverlay: o\nrequests: [{why: b, request: {}}]\n";
        let error = CaseFile::parse(text).unwrap_err();
        assert!(error.contains("at most one of"), "{error}");
    }
}
