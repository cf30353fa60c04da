//! A policy file split into items, before the grammar sees any of it.
//!
//! An item begins with one of the opening words at the start of a line and ends where the next
//! one begins. Each is parsed on its own, so a broken item never hides another, and nesting is
//! counted here because neither the grammar nor the tree may recurse without bound.

use super::diags;
use crate::diagnostic::Diagnostics;
use crate::limits;
use crate::near;
use crate::source::{Source, SourceId, Span};

/// The words that open an item. None of them is a clause.
pub(super) const OPENERS: [&str; 29] = [
    "edition",
    "policy",
    "overlay",
    "use",
    "include",
    "attribute",
    "opt-in",
    "default",
    "define",
    "table",
    "model",
    "through",
    "on",
    "refuse",
    "exclude",
    "lock",
    "skip",
    "set",
    "warn",
    "limit",
    "retry",
    "advance",
    "timeout",
    "prefer",
    "plan",
    "unique",
    "prove",
    "test",
    "amend",
];

/// Words that open a clause of a rule.
pub(super) const CLAUSES: [&str; 11] = [
    "when",
    "blame",
    "say",
    "help",
    "noting",
    "as",
    "from",
    "until",
    "else",
    "without",
    "overridable",
];

/// Other words that do not open an item, wherever in its line they stand.
const INSIDE: [&str; 2] = ["chain", "expect"];

/// The text of each item, with what does not belong to any.
pub(super) fn split(id: SourceId, source: &Source, diagnostics: &mut Diagnostics) -> Vec<Span> {
    let text = source.text();
    // Where an item begins, and whether it is one that can be read.
    let mut begins: Vec<(usize, bool)> = Vec::new();
    let mut scan = Scan::default();
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let length = line
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
            .unwrap_or(line.len());
        let word = line.get(..length).unwrap_or("");
        if OPENERS.contains(&word) {
            begins.push((offset, true));
            scan = Scan::default();
        } else if stray(line) && (begins.is_empty() || misspelt_opener(word, &scan)) {
            let trimmed = line.trim();
            let lead = line.len() - line.trim_start().len();
            let whole = Span::new(id, offset + lead, offset + lead + trimmed.len());
            diagnostics.push(diags::not_an_item(whole, word));
            if !word.is_empty() {
                begins.push((offset, false));
                scan = Scan::default();
            }
        }
        if let Some(column) = scan.line(line) {
            let at = offset + column;
            diagnostics.push(diags::too_nested(Span::new(id, at, at + 1)));
            if let Some((_, readable)) = begins.last_mut() {
                *readable = false;
            }
        }
        offset += line.len();
    }
    let mut items: Vec<Span> = Vec::new();
    let mut ends = begins.iter().skip(1).map(|(start, _)| *start);
    for (start, readable) in &begins {
        let end = ends.next().unwrap_or(text.len());
        if !readable {
            continue;
        }
        if items.len() == limits::ITEMS {
            diagnostics.push(diags::too_many_items(Span::new(id, *start, end)));
            break;
        }
        items.push(Span::new(id, *start, end));
    }
    items
}

/// Says whether a word at the start of a line was meant to open an item.
fn misspelt_opener(word: &str, scan: &Scan) -> bool {
    scan.depth == 0
        && word.len() > 3
        // Indenting these is a habit and no law.
        && !CLAUSES.contains(&word)
        && !INSIDE.contains(&word)
        && near::nearest(word, OPENERS).is_some()
}

/// Says whether a line holds anything but blanks and a comment.
fn stray(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim();
    !line.is_empty() && !line.starts_with("//")
}

/// Counts brackets outside strings and comments.
#[derive(Default)]
struct Scan {
    depth: usize,
    refused: bool,
}

impl Scan {
    /// The column at which the nesting first goes too deep, once an item.
    fn line(&mut self, line: &str) -> Option<usize> {
        let mut in_text = false;
        let mut escaped = false;
        let mut slash = false;
        for (column, byte) in line.bytes().enumerate() {
            if in_text {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => in_text = false,
                    _ => {}
                }
                continue;
            }
            let comment = byte == b'/' && slash;
            slash = byte == b'/';
            match byte {
                _ if comment => break,
                b'"' => in_text = true,
                b'(' | b'{' => self.depth += 1,
                b')' | b'}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if self.depth > limits::NESTING && !self.refused {
                self.refused = true;
                return Some(column);
            }
        }
        None
    }
}
