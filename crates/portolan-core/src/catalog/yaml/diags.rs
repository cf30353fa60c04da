//! What is wrong with a YAML document as a document, in words.

use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::Span;
use crate::text::echo;

pub(super) fn syntax(span: Span, why: &str) -> Diagnostic {
    Diagnostic::error("yaml-syntax", span, format!("this is not YAML: {why}"))
}

pub(super) fn source_too_large(span: Span) -> Diagnostic {
    let megabytes = limits::SOURCE_BYTES / 1024 / 1024;
    let message = format!("the file is larger than {megabytes} MB");
    Diagnostic::error("source-too-large", span, message).help("split it and use `include`")
}

pub(super) fn invalid_character(span: Span, c: char) -> Diagnostic {
    let message = format!(
        "the character U+{:04X} may not stand in a catalog",
        u32::from(c)
    );
    Diagnostic::error("invalid-character", span, message).help("remove it")
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    let message = format!("more than {} nested collections", limits::YAML_NESTING);
    Diagnostic::error("too-deep", span, message)
}

pub(super) fn too_many_nodes(span: Span) -> Diagnostic {
    let message = format!("more than {} nodes", limits::YAML_NODES);
    Diagnostic::error("too-many-nodes", span, message).help("split the file and use `include`")
}

pub(super) fn too_many_alias_nodes(span: Span) -> Diagnostic {
    let message = format!(
        "aliases repeat more than {} nodes",
        limits::YAML_ALIAS_NODES
    );
    Diagnostic::error("too-many-alias-nodes", span, message)
        .help("write the entries out, or give the fact to the region or provider")
}

pub(super) fn scalar_too_large(span: Span) -> Diagnostic {
    let message = format!("more than {} bytes in one text", limits::SCALAR_BYTES);
    Diagnostic::error("scalar-too-large", span, message)
}

pub(super) fn second_document(span: Span) -> Diagnostic {
    Diagnostic::error("several-documents", span, "a second document begins here")
        .help("put it into a file of its own and `include` it")
}

pub(super) fn tag(span: Span) -> Diagnostic {
    Diagnostic::error("yaml-tag", span, "tags are not used in catalogs").help("remove the tag")
}

pub(super) fn merge_key(span: Span) -> Diagnostic {
    Diagnostic::error("merge-key", span, "merge keys are not used in catalogs")
        .help("write the keys out")
}

pub(super) fn key_not_text(span: Span) -> Diagnostic {
    Diagnostic::error("key-not-text", span, "a key must be plain text")
}

pub(super) fn unknown_anchor(span: Span, name: &str) -> Diagnostic {
    let message = format!("no `&{}` stands before this", echo(name));
    Diagnostic::error("unknown-anchor", span, message)
        .help("put the name in quotes if it is meant as text")
}

pub(super) fn anchor_inside_itself(span: Span) -> Diagnostic {
    Diagnostic::error("anchor-cycle", span, "this repeats a node inside of itself")
}
