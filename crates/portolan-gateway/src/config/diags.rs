//! What is wrong with a configuration, in words.

pub(super) use portolan_core::catalog::tree::diags::{missing_key, unknown_key, wrong_kind};
use portolan_core::diagnostic::Diagnostic;
use portolan_core::source::Span;
use portolan_core::text::{echo, quoted};

pub(super) fn conflicting_keys(span: Span, key: &str, other: &str) -> Diagnostic {
    let message = format!("`{key}` beside `{other}`");
    Diagnostic::error("conflicting-keys", span, message).help("keep one of them")
}

pub(super) fn unknown_edition(span: Span, found: &str) -> Diagnostic {
    let message = format!("gateway edition `{}` is not known", echo(found));
    Diagnostic::error("unknown-edition", span, message).help("write `gateway: 1`")
}

pub(super) fn unknown_word(
    span: Span,
    what: &str,
    found: &str,
    near: Option<&str>,
    known: &[&str],
) -> Diagnostic {
    let message = format!("`{}` is no {what}", echo(found));
    let diagnostic = Diagnostic::error("unknown-name", span, message).near(near);
    match known {
        [] => diagnostic,
        known => diagnostic.help(format!("use {}", quoted(known.iter().copied(), "or"))),
    }
}

pub(super) fn bad_address(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` is no address to listen on", echo(found));
    Diagnostic::error("bad-address", span, message).help("write it like `127.0.0.1:8080`")
}

pub(super) fn address_twice(span: Span, first: Span, found: &str) -> Diagnostic {
    let message = format!("two listeners on `{}`", echo(found));
    Diagnostic::error("duplicate-key", span, message)
        .related(first, "first here")
        .help("tell its endpoints apart by `hosts`, or give each an address of its own")
}

pub(super) fn bad_host(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` is no host", echo(found));
    Diagnostic::error("bad-host", span, message)
        .help("write a name or an address without a port, like `eu.example.com`")
}

pub(super) fn host_twice(span: Span, host: &str) -> Diagnostic {
    let message = format!("the host `{}` stands twice", echo(host));
    Diagnostic::error("duplicate-key", span, message)
        .help("case, a port and a dot at the end make no other host: remove one of them")
}

pub(super) fn bad_secret(span: Span) -> Diagnostic {
    // What was written may be the secret itself: it is not repeated.
    Diagnostic::error(
        "secret-in-file",
        span,
        "a secret is named here, never written",
    )
    .help("write `env:NAME` or `file:PATH`, and replace a secret that stood in this file")
}

pub(super) fn bad_origin(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` is no address of an upstream", echo(found));
    Diagnostic::error("bad-url", span, message)
        .help("write scheme and host, like `https://proxy.example.com`: the path is the catalog's")
}

pub(super) fn place_missing(span: Span) -> Diagnostic {
    Diagnostic::error("missing-key", span, "an upstream override without `place`")
        .help("say where it is, like `place: EU27`: locks are proved from that")
}

pub(super) fn bad_hash(span: Span) -> Diagnostic {
    Diagnostic::error(
        "bad-hash",
        span,
        "expected the SHA-256 of a key, 64 hexadecimal digits",
    )
    .help("make it with `printf %s KEY | sha256sum`; a key itself never stands in this file")
}

pub(super) fn hash_twice(span: Span) -> Diagnostic {
    Diagnostic::error("duplicate-key", span, "this key has two rows").help("remove one of them")
}

pub(super) fn bad_number(span: Span, found: &str, least: u64, most: u64) -> Diagnostic {
    let message = format!("`{}` is no number from {least} to {most}", echo(found));
    Diagnostic::error("bad-number", span, message)
}

pub(super) fn bad_amount(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` is no amount of US dollars", echo(found));
    Diagnostic::error("bad-number", span, message).help("write it like `25.00`")
}

pub(super) fn not_of_policy(span: Span, why: &str) -> Diagnostic {
    Diagnostic::error("not-of-policy", span, why.to_owned())
}

pub(super) fn open_listener(span: Span, address: &str) -> Diagnostic {
    let message = format!("`{address}` can be reached from elsewhere, and no `keys` are declared");
    Diagnostic::error("open-listener", span, message)
        .help("declare `keys`, listen on `127.0.0.1`, or say `open: true` if something else asks for keys")
}

pub(super) fn bad_name(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` cannot begin a path that passes through", echo(found));
    Diagnostic::error("bad-path", span, message)
        .help("write one segment of letters, digits, `-`, `_` and `.` that is not `v1`")
}

pub(super) fn bad_line(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` is no method and path", echo(found));
    Diagnostic::error("bad-path", span, message).help(
        "write it like `GET /v2/transcript/*`; `*` is one id, and sockets are opened by `GET`",
    )
}

pub(super) fn line_twice(span: Span, name: &str, line: &str) -> Diagnostic {
    let (name, line) = (echo(name), echo(line));
    let message = format!("under `{name}` more than one line takes `{line}`");
    Diagnostic::error("duplicate-key", span, message).help("keep one of them: a call goes one way")
}

pub(super) fn bad_date(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` is no date", echo(found));
    Diagnostic::error("bad-date", span, message).help("write it like `2026-07-01`")
}

pub(super) fn overlapping(span: Span) -> Diagnostic {
    Diagnostic::error(
        "overlapping-periods",
        span,
        "two prices hold at the same time",
    )
    .help("let each end, by `until`, where the next one begins, by `from`")
}

pub(super) fn bad_header(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` is no name of a header", echo(found));
    Diagnostic::error("bad-header", span, message).help("write it like `x-served-region`")
}

pub(super) fn bad_field(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` names no field of an answer", echo(found));
    Diagnostic::error("bad-field", span, message)
        .help("write the way to it with `/` before each step, like `/metadata/region`")
}

pub(super) fn word_twice(span: Span, word: &str) -> Diagnostic {
    let message = format!("`{}` stands twice", echo(word));
    Diagnostic::error("duplicate-key", span, message)
        .help("case makes no other word: remove one of them")
}

pub(super) fn bad_url(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` is no URL of a collector", echo(found));
    Diagnostic::error("bad-url", span, message)
        .help("write it like `http://127.0.0.1:4318/v1/traces`")
}

pub(super) fn bad_protocol(span: Span, found: &str) -> Diagnostic {
    let message = format!("`{}` is no subprotocol of WebSocket", echo(found));
    Diagnostic::error("bad-protocol", span, message)
        .help("write one word of letters, digits, `-`, `_` and `.`")
}
