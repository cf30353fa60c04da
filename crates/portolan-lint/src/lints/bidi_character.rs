//! `bidi-character`: a character that changes the direction of text.

use portolan_core::diagnostic::Fix;
use portolan_core::source::Span;

use crate::comments::comments;
use crate::context::Context;
use crate::findings::Findings;
use crate::lint::{Check, Group, Level, Lint, Page};

pub(crate) const LINT: Lint = Lint {
    code: "bidi-character",
    group: Group::Catalog,
    level: Level::Error,
    summary: "a character that changes the direction of text",
    page: Page {
        what: "Finds characters that turn the direction in which text is shown, in rules, \
              catalogs and comments.",
        why: "What a reviewer reads is then not what is read by the engine: a condition can be \
              shown as part of a comment.",
        example: "```portolan\n\
                  // up to here, U+202E, and what follows is shown from right to left\n\
                  ```",
        fix: "Delete the character. The fix is safe in a comment; elsewhere it changes a name or \
              a message, and is marked unsafe.",
    },
    yields_to: &[],
    check: Check::OfSubject(check),
};

/// Embeddings, overrides, isolates and marks.
const TURNING: [char; 12] = [
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (id, source) in context.sources.iter() {
        let comments = comments(id, source);
        let turning = source
            .text()
            .char_indices()
            .filter(|(_, c)| TURNING.contains(c));
        for (at, found) in turning {
            let (Ok(start), Ok(end)) = (u32::try_from(at), u32::try_from(at + found.len_utf8()))
            else {
                continue;
            };
            let span = Span {
                source: id,
                start,
                end,
            };
            let inside = |comment: &Span| {
                comment.source == id && comment.start <= start && start < comment.end
            };
            let comment = comments.iter().any(|comment| inside(&comment.span));
            let fix = if comment {
                Fix::safe(span, "")
            } else {
                Fix::risky(span, "")
            };
            let message = format!("U+{:04X} changes the direction of text", u32::from(found));
            findings.push(LINT.finding(span, message).help("delete it").fix(fix));
        }
    }
}
