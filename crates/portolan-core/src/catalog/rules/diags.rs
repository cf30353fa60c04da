//! What is wrong with a catalog in the rules language as a text, in words.

use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::Span;
use crate::text::{echo, quoted};

pub(super) fn syntax(span: Span, expected: &str) -> Diagnostic {
    let message = format!("expected {expected}");
    Diagnostic::error("syntax", span, message)
}

pub(super) fn source_too_large(span: Span) -> Diagnostic {
    let megabytes = limits::SOURCE_BYTES / 1024 / 1024;
    let message = format!("the file is larger than {megabytes} MB");
    Diagnostic::error("source-too-large", span, message).help("split it and use `include`")
}

pub(super) fn item_too_large(span: Span) -> Diagnostic {
    let megabytes = limits::CATALOG_ITEM_BYTES / 1024 / 1024;
    let message = format!("one item is larger than {megabytes} MB");
    Diagnostic::error("item-too-large", span, message)
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    let message = format!("more than {} nested brackets", limits::YAML_NESTING);
    Diagnostic::error("too-deep", span, message)
}

pub(super) fn text_too_large(span: Span) -> Diagnostic {
    let message = format!("more than {} bytes in one text", limits::SCALAR_BYTES);
    Diagnostic::error("scalar-too-large", span, message)
}

pub(super) fn invalid_character(span: Span, c: char) -> Diagnostic {
    let code = u32::from(c);
    let message = format!("the character U+{code:04X} draws nothing");
    Diagnostic::error("invalid-character", span, message)
        .help(format!("remove it, or write `\\u{{{code:x}}}` in quotes"))
}

pub(super) fn bad_escape(span: Span) -> Diagnostic {
    Diagnostic::error("bad-escape", span, "an unknown escape in this text")
        .help("use `\\\"`, `\\\\`, `\\n`, `\\t` or `\\u{…}`")
}

pub(super) fn unknown_block(
    span: Span,
    word: &str,
    known: &[&str],
    near: Option<&str>,
) -> Diagnostic {
    let message = format!("nothing in a catalog is called `{}`", echo(word));
    let known = quoted(known.iter().copied(), "or");
    Diagnostic::error("unknown-block", span, message)
        .near(near)
        .help(format!("begin with {known}"))
}

pub(super) fn unnamed_block(span: Span, word: &str) -> Diagnostic {
    let message = format!("a `{}` without a name", echo(word));
    Diagnostic::error("missing-name", span, message)
        .help(format!("write `{} NAME {{ … }}`", echo(word)))
}

pub(super) fn named_inner(span: Span, name: &str) -> Diagnostic {
    let message = format!("a name, `{}`, where none is taken", echo(name));
    Diagnostic::error("unexpected-name", span, message).help("remove it")
}
