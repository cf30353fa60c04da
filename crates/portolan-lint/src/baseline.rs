//! Baselines: findings that were there when a team began to check, so that only new ones fail.
//!
//! A finding is known again by its code, its file and the text it is about, not by its line: what
//! stands above it may change. A baseline that holds more of one kind than there are is no harm.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use portolan_core::diagnostic::Diagnostic;
use portolan_core::source::Sources;
use toml::de::{DeTable, DeValue};

/// Known findings, each with how many of it there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<Key, u64>,
}

/// Code, file and text.
type Key = (String, String, String);

/// The longest text that a baseline repeats, in characters.
const TEXT: usize = 120;

impl Baseline {
    /// A baseline of these findings.
    pub fn of(findings: &[Diagnostic], sources: &Sources) -> Self {
        let mut baseline = Self::default();
        for finding in findings {
            *baseline.known.entry(key(finding, sources)).or_default() += 1;
        }
        baseline
    }

    /// Reads a baseline that was written.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let table = DeTable::parse(text).map_err(|error| error.message().to_owned())?;
        let mut baseline = Self::default();
        for (key, value) in table.get_ref() {
            let ("finding", DeValue::Array(findings)) = (key.get_ref().as_ref(), value.get_ref())
            else {
                return Err(format!("there is no setting `{}`", key.get_ref()));
            };
            for finding in findings {
                let DeValue::Table(finding) = finding.get_ref() else {
                    return Err("a finding is a table".to_owned());
                };
                let (key, count) = entry(finding)?;
                *baseline.known.entry(key).or_default() += count;
            }
        }
        Ok(baseline)
    }

    /// The findings that are new: of equal ones the last.
    #[must_use]
    pub fn new_ones(&self, findings: Vec<Diagnostic>, sources: &Sources) -> Vec<Diagnostic> {
        let mut left = self.known.clone();
        let new =
            findings
                .into_iter()
                .filter(|finding| match left.get_mut(&key(finding, sources)) {
                    Some(count) if *count > 0 => {
                        *count -= 1;
                        false
                    }
                    Some(_) | None => true,
                });
        new.collect()
    }

    /// The baseline as a file.
    pub fn write(&self) -> String {
        let mut out = String::from("# Findings that were there before; only others are shown.\n");
        for ((code, file, text), count) in &self.known {
            let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
            let _ = write!(
                out,
                "\n[[finding]]\ncode = {}\nfile = {}\ntext = {}\n",
                quoted(code),
                quoted(file),
                quoted(text)
            );
            if *count > 1 {
                let _ = writeln!(out, "count = {count}");
            }
        }
        out
    }
}

/// By what a finding is known again.
fn key(finding: &Diagnostic, sources: &Sources) -> Key {
    let span = finding.primary.span;
    let words = sources.slice(span).split_whitespace();
    let text: String = words.collect::<Vec<_>>().join(" ");
    let file = sources.locate(span).file;
    (
        finding.code.to_owned(),
        file.to_owned(),
        text.chars().take(TEXT).collect(),
    )
}

fn entry(table: &DeTable<'_>) -> Result<(Key, u64), String> {
    let (mut code, mut file, mut text, mut count) = (None, None, None, 1);
    for (key, value) in table {
        match (key.get_ref().as_ref(), value.get_ref()) {
            ("code", DeValue::String(value)) => code = Some(value.clone().into_owned()),
            ("file", DeValue::String(value)) => file = Some(value.clone().into_owned()),
            ("text", DeValue::String(value)) => text = Some(value.clone().into_owned()),
            ("count", DeValue::Integer(value)) => {
                let number = u64::from_str_radix(value.as_str(), value.radix());
                count = number.map_err(|_| "`count` is not a number".to_owned())?;
            }
            (other, _) => return Err(format!("a finding has no `{other}` like this")),
        }
    }
    match (code, file, text) {
        (Some(code), Some(file), Some(text)) => Ok(((code, file, text), count)),
        _ => Err("a finding has `code`, `file` and `text`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use portolan_core::source::{SourceId, Span};

    use super::*;

    #[test]
    fn what_was_there_is_known_again_on_another_line_and_what_is_new_is_not() {
        let mut sources = Sources::default();
        let id = sources.add("policy.portolan", "a \"b\"\nc\na \"b\"\n");
        let at = |start, end| Diagnostic::warning("dead-rule", Span::new(id, start, end), "dead");
        let old = [at(0, 5)];
        let written = Baseline::of(&old, &sources).write();
        let baseline = Baseline::read(&written).unwrap();
        assert_eq!(baseline, Baseline::of(&old, &sources));
        assert_eq!(baseline.new_ones(vec![at(8, 13)], &sources), []);
        let new = vec![at(0, 5), at(6, 7), at(8, 13)];
        let left = baseline.new_ones(new.clone(), &sources);
        assert_eq!(left, new[1..]);
        assert_eq!(id, SourceId(0));
    }

    #[test]
    fn a_baseline_that_is_none_is_an_error() {
        assert!(Baseline::read("findings = 1").is_err());
        assert!(Baseline::read("[[finding]]\ncode = \"a\"\n").is_err());
        assert!(Baseline::read("[[finding]]\ncount = 1.5\n").is_err());
        assert_eq!(Baseline::read("").unwrap(), Baseline::default());
    }
}
