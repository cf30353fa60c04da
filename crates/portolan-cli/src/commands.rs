//! The verbs, one file each: what they take, and what they come to.

mod asking;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod decide;
pub(crate) mod explain;
mod gateway;
pub(crate) mod gen_tests;
pub(crate) mod fmt;
pub(crate) mod init;
pub(crate) mod test;
pub(crate) mod timeline;
pub(crate) mod why_not;
pub(crate) mod diff;
pub(crate) mod matrix;
pub(crate) mod prove;
pub(crate) mod report;
pub(crate) mod schema;
#[cfg(feature = "serve")]
pub(crate) mod serve;
pub(crate) mod support;

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use portolan_core::instant::Instant;
use portolan_core::text;

/// Now, in whole seconds: the one clock that a question is ever given.
fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |elapsed| elapsed.as_secs());
    Instant::from_unix_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// Reads `name=value`.
fn attribute(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| "write it like `account=free`".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Attributes by name, each given once.
fn attributes(given: &[(String, String)]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut attributes = BTreeMap::new();
    for (name, value) in given {
        let before = attributes.insert(name.clone(), value.clone());
        ensure!(
            before.is_none(),
            "attribute `{}` is given twice",
            text::echo(name)
        );
    }
    Ok(attributes)
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
