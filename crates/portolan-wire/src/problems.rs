//! What is wrong with an envelope, all of it at once: a wrong input, never a refusal.
//!
//! The words are in `diags.rs`.

use std::fmt;

use portolan_core::limits;

use crate::diags;
use crate::json::{self, Kind, Member};

/// Why an envelope cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct EnvelopeError {
    /// Every problem, in the order in which they stand; at least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong with an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: `state.models.gpt-5.used`, empty for the whole envelope.
    pub path: String,
    /// What is wrong, in words that suffice without the path.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// Collects problems, at most `limits::DIAGNOSTICS`.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// The value, unless anything was wrong.
    pub(crate) fn none_or<T>(self, value: Option<T>) -> Result<T, EnvelopeError> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(EnvelopeError {
                problems: self.found,
            }),
        }
    }

    pub(crate) fn push(&mut self, path: &str, message: String, help: Option<String>) {
        if self.found.len() < limits::DIAGNOSTICS {
            self.found.push(Problem {
                path: path.to_owned(),
                message,
                help,
            });
        }
    }

    pub(crate) fn wrong_type(&mut self, path: &str, found: &str, expected: &str) {
        let kind = Kind::of(found);
        let help = (kind == Kind::Null).then(diags::leave_it_out);
        self.push(
            path,
            diags::envelope_type(path, kind.name(), expected),
            help,
        );
    }

    /// The members of an object, each key once.
    pub(crate) fn members<'a>(&mut self, value: &'a str, path: &str) -> Vec<Member<'a>> {
        if Kind::of(value) != Kind::Object {
            self.wrong_type(path, value, "an object");
            return Vec::new();
        }
        let members = json::members(value).unwrap_or_else(|why| {
            self.push(path, diags::envelope_not_json(&why), None);
            Vec::new()
        });
        let mut seen = std::collections::BTreeSet::new();
        for member in &members {
            if !seen.insert(&*member.key) {
                let path = join(path, &member.key);
                self.push(&path, diags::envelope_duplicate(&path), None);
            }
        }
        members
    }

    pub(crate) fn string(&mut self, value: &str, path: &str) -> Option<String> {
        if Kind::of(value) != Kind::String {
            self.wrong_type(path, value, "a string");
            return None;
        }
        let found = json::string(value);
        if found.is_none() {
            self.push(path, diags::envelope_bad_string(path), None);
        }
        found
    }

    pub(crate) fn boolean(&mut self, value: &str, path: &str) -> Option<bool> {
        let found = json::boolean(value);
        if found.is_none() {
            self.wrong_type(path, value, "a boolean");
        }
        found
    }

    /// A whole number from 0.
    pub(crate) fn count(&mut self, value: &str, path: &str) -> Option<i64> {
        let found = json::integer(value).filter(|n| *n >= 0);
        if found.is_none() && Kind::of(value) == Kind::Number {
            self.push(path, diags::envelope_count(path, value), None);
        } else if found.is_none() {
            self.wrong_type(path, value, "a whole number");
        }
        found
    }
}

/// A key of the object at a path.
pub(crate) fn join(path: &str, key: &str) -> String {
    let key = portolan_core::text::echo(key);
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}
