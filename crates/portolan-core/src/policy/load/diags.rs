//! What can be wrong with the files of a policy, in words: parts, includes, overlays, tables.

use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::source::Span;
use crate::text::echo;

pub(in crate::policy) fn include_missing(span: Span, path: &str, why: &str) -> Diagnostic {
    let path = echo(path);
    Diagnostic::error(
        "unreadable-file",
        span,
        format!("cannot read `{path}`: {}", echo(why)),
    )
}

pub(in crate::policy) fn include_cycle(span: Span, path: &str) -> Diagnostic {
    Diagnostic::error(
        "include-cycle",
        span,
        format!("`{}` is already being read", echo(path)),
    )
}

pub(in crate::policy) fn include_limit(span: Span) -> Diagnostic {
    let (files, depth) = (limits::SOURCE_FILES, limits::INCLUDE_DEPTH);
    Diagnostic::error(
        "too-many-files",
        span,
        format!("more than {files} files, or includes deeper than {depth}"),
    )
}

pub(in crate::policy) fn not_utf8(span: Span, path: &str, offset: usize) -> Diagnostic {
    let path = echo(path);
    Diagnostic::error(
        "not-utf-8",
        span,
        format!("`{path}` is not UTF-8: the byte at offset {offset} is not valid"),
    )
    .help("save the file as UTF-8")
}

pub(in crate::policy) fn too_long(span: Span, path: &str) -> Diagnostic {
    let (path, limit) = (echo(path), limits::SOURCE_BYTES);
    Diagnostic::error(
        "file-too-large",
        span,
        format!("`{path}` is larger than {limit} bytes"),
    )
}

pub(in crate::policy) fn amend_lock(span: Span, lock: Span) -> Diagnostic {
    Diagnostic::error("lock-amended", span, "an overlay cannot amend a lock")
        .related(lock, "the lock")
        .help("locks are absolute; change the policy itself")
}

pub(in crate::policy) fn not_in_an_overlay(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        "not-in-an-overlay",
        span,
        format!("an overlay cannot add `{what}`"),
    )
    .help("write it in the policy itself")
}

pub(in crate::policy) fn amend_without_overlay(span: Span) -> Diagnostic {
    Diagnostic::error("not-an-overlay", span, "only an overlay amends rules")
        .help("start the file with `overlay NAME of \"../policy.portolan\"`")
}

pub(in crate::policy) fn not_overridable(span: Span, name: &str, rule: Span) -> Diagnostic {
    let name = echo(name);
    Diagnostic::error(
        "not-overridable",
        span,
        format!("`{name}` is not marked `overridable`"),
    )
    .related(rule, "the rule")
    .help("add the clause `overridable` to the rule, if overlays may change it")
}

pub(in crate::policy) fn wrong_header(span: Span, columns: &[&str]) -> Diagnostic {
    let message = "the header does not name the table's columns";
    Diagnostic::error("wrong-columns", span, message)
        .help(format!("write the key's name, then {}", columns.join(",")))
}

pub(in crate::policy) fn edition(span: Span, edition: i64) -> Diagnostic {
    Diagnostic::error(
        "unknown-edition",
        span,
        format!("edition {edition} is not known to this version"),
    )
    .help("write `edition 1`")
}

pub(in crate::policy) fn no_edition(span: Span) -> Diagnostic {
    Diagnostic::error("no-edition", span, "a policy file starts with its edition")
        .help("write `edition 1` on the first line")
}

pub(in crate::policy) fn not_first(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(
        "misplaced-item",
        span,
        format!("`{what}` stands once, at the top of the policy"),
    )
}

pub(in crate::policy) fn missing_item(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("missing-item", span, format!("this policy has no `{what}`"))
}
