//! What can be wrong with the text of a policy, in words.

use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::near;
use crate::source::Span;
use crate::text::{echo, join};

pub(super) fn not_an_item(span: Span, word: &str) -> Diagnostic {
    let near = near::nearest(word, super::items::OPENERS);
    let found = Diagnostic::error("not-an-item", span, "this line belongs to no item")
        .help("start every item at the beginning of a line with one of its opening words, such as `refuse`");
    match near {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found,
    }
}

pub(super) fn too_nested(span: Span) -> Diagnostic {
    let limit = limits::NESTING;
    Diagnostic::error("too-nested", span, format!("brackets nest deeper than {limit}"))
        .help("split the condition with `define`")
}

pub(super) fn too_many_items(span: Span) -> Diagnostic {
    let limit = limits::ITEMS;
    Diagnostic::error("too-many-items", span, format!("more than {limit} items"))
        .help("split the policy, or move what repeats into a `table`")
}

pub(super) fn unexpected(span: Span, found: &str, expected: &[&str], misspelt: Option<&str>) -> Diagnostic {
    let found = if found.is_empty() { "the end of the item".to_owned() } else { format!("`{}`", echo(found)) };
    let mut words: Vec<String> = Vec::new();
    for word in expected {
        if !words.iter().any(|w| w == word) {
            words.push((*word).to_owned());
        }
    }
    let message = if words.is_empty() {
        format!("did not expect {found} here")
    } else {
        format!("expected {}, found {found}", join(&words, "or"))
    };
    Diagnostic::error("syntax", span, message).near(misspelt)
}

pub(super) fn bad_instant(span: Span, why: &str) -> Diagnostic {
    Diagnostic::error("bad-date", span, why)
        .help("write a date like `2026-04-20` or an instant like `2026-04-20T09:30:00Z`")
}

pub(super) fn number_too_large(span: Span) -> Diagnostic {
    Diagnostic::error("bad-number", span, "this number does not fit")
        .help(format!("use a whole number up to {}", i64::MAX))
}

pub(super) fn bad_decimal(span: Span, why: &str) -> Diagnostic {
    Diagnostic::error("bad-number", span, format!("not an exact decimal: {why}"))
}

pub(super) fn bad_escape(span: Span) -> Diagnostic {
    Diagnostic::error("bad-escape", span, "no such escape in a string")
        .help("write `\\\"`, `\\\\`, `\\n` or `\\u{2019}`")
}

pub(super) fn text_too_long(span: Span) -> Diagnostic {
    let limit = limits::SCALAR_BYTES;
    Diagnostic::error("text-too-long", span, format!("a string longer than {limit} bytes"))
}

pub(super) fn invisible_character(span: Span, c: char) -> Diagnostic {
    Diagnostic::error(
        "invisible-character",
        span,
        format!("an invisible character, U+{:04X}", u32::from(c)),
    )
    .help("delete it, or write it as an escape such as `\\u{200b}` inside a string")
}

pub(super) fn unreadable(span: Span) -> Diagnostic {
    Diagnostic::error("syntax", span, "this item cannot be read")
}
