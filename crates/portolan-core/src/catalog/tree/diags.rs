//! What is wrong with a node, whatever the document is: kinds and keys, in words.

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::text::{echo, quoted};

/// A value that is of another kind.
pub fn wrong_kind(span: Span, expected: &str, found: &str) -> Diagnostic {
    let message = format!("expected {expected}, found {found}");
    Diagnostic::error("wrong-kind", span, message)
}

/// A key that its map does not take; `takes` are those that it does.
pub fn unknown_key(
    span: Span,
    key: &str,
    of: &str,
    takes: &[&str],
    near: Option<&str>,
) -> Diagnostic {
    let message = format!("`{}` is not a key of {of}", echo(key));
    let takes = quoted(takes.iter().copied(), "and");
    Diagnostic::error("unknown-key", span, message)
        .near(near)
        .help(format!("use one of its keys: {takes}"))
}

/// A map without a key that it needs.
pub fn missing_key(span: Span, key: &str, of: &str) -> Diagnostic {
    let message = format!("{of} without `{key}`");
    Diagnostic::error("missing-key", span, message).help(format!("add `{key}`"))
}
