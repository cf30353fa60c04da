//! A file of the rules language as items, before any grammar sees it: so that every broken item is
//! reported, and none is too large or too deep to parse.

use super::diags;
use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::{SourceId, Span};

/// Items with their offsets: each begins at a line whose first column holds neither blank,
/// comment nor closing bracket. The first begins wherever anything does: nothing goes unread.
pub(super) fn split(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut at = text.len() - body.len();
    let mut starts = Vec::new();
    for line in body.split_inclusive('\n') {
        let opens = |c: char| !c.is_whitespace() && !matches!(c, '}' | ']' | '/');
        let code = line.trim_start();
        let first = starts.is_empty() && !code.is_empty() && !code.starts_with("//");
        if first || line.starts_with(opens) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([text.len()]).collect();
    let bounds = starts.into_iter().zip(ends);
    bounds.filter_map(|(start, end)| Some((start, text.get(start..end)?)))
}

/// Says why an item may not reach the grammar: its size, or how deep its brackets nest.
pub(super) fn refused(chunk: &str, start: usize, source: SourceId) -> Option<Diagnostic> {
    if chunk.len() > limits::CATALOG_ITEM_BYTES {
        return Some(diags::item_too_large(Span::new(source, start, start)));
    }
    let mut depth = 0usize;
    let mut in_string = false;
    let mut bytes = chunk.bytes().enumerate().peekable();
    while let Some((i, byte)) = bytes.next() {
        match byte {
            b'\\' if in_string => {
                bytes.next();
            }
            b'"' => in_string = !in_string,
            b'\n' => in_string = false,
            b'/' if !in_string && bytes.peek().is_some_and(|(_, b)| *b == b'/') => {
                while bytes.peek().is_some_and(|(_, b)| *b != b'\n') {
                    bytes.next();
                }
            }
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limits::YAML_NESTING {
            return Some(diags::too_deep(Span::new(source, start + i, start + i + 1)));
        }
    }
    None
}
