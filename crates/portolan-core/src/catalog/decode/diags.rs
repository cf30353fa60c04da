//! What is wrong with one value or one entry of a catalog, in words.

pub(super) use crate::catalog::tree::diags::{missing_key, unknown_key, wrong_kind};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::text::{echo, quoted};

pub(super) fn missing_value(span: Span, expected: &str) -> Diagnostic {
    let message = format!("expected {expected}, found nothing");
    Diagnostic::error("missing-value", span, message).help("write a value or remove the key")
}

pub(super) fn conflicting_keys(span: Span, key: &str, first: Span, other: &str) -> Diagnostic {
    let message = format!("`{key}` beside `{other}`");
    Diagnostic::error("conflicting-keys", span, message)
        .related(first, format!("`{other}` is here"))
        .help("keep one of them")
}

pub(super) fn unknown_edition(span: Span, found: &str) -> Diagnostic {
    let message = format!("catalog edition `{}` is not known", echo(found));
    Diagnostic::error("unknown-edition", span, message).help("write `catalog: 1`")
}

pub(super) fn bad_name(span: Span, name: &str) -> Diagnostic {
    let message = if name.is_empty() {
        "a name is empty".to_owned()
    } else {
        format!("the name `{}` has characters that draw nothing", echo(name))
    };
    Diagnostic::error("bad-name", span, message)
}

pub(super) fn bad_date(span: Span, why: &crate::instant::InstantError) -> Diagnostic {
    Diagnostic::error("bad-date", span, why.to_string())
        .help("write it like `2026-04-20` or `2026-04-20T09:30:00Z`")
}

pub(super) fn bad_tokens(span: Span, text: &str) -> Diagnostic {
    let message = format!("`{}` is not a number of tokens", echo(text));
    Diagnostic::error("bad-tokens", span, message)
        .help("write a whole number, such as `199_999`, `200k` or `1M`")
}

pub(super) fn bad_number(span: Span, text: &str, why: &str) -> Diagnostic {
    Diagnostic::error("bad-number", span, format!("`{}` is {why}", echo(text)))
}

pub(super) fn bad_money(span: Span, text: &str) -> Diagnostic {
    let message = format!("`{}` is not an amount of money", echo(text));
    Diagnostic::error("bad-money", span, message)
        .help("write US dollars per million tokens, such as `3.00`")
}

pub(super) fn negative_money(span: Span, text: &str) -> Diagnostic {
    Diagnostic::error(
        "negative-money",
        span,
        format!("`{}` is negative", echo(text)),
    )
}

pub(super) fn imprecise_money(span: Span, text: &str) -> Diagnostic {
    let message = format!("`{}` has more than nine digits after the point", echo(text));
    Diagnostic::error("imprecise-money", span, message)
}

pub(super) fn negative_multiplier(span: Span, text: &str) -> Diagnostic {
    let message = format!("the multiplier `{}` is negative", echo(text));
    Diagnostic::error("negative-multiplier", span, message)
}

pub(super) fn bad_retention(span: Span, text: &str) -> Diagnostic {
    let message = format!("`{}` is not a retention", echo(text));
    Diagnostic::error("bad-retention", span, message)
        .help("write `zero`, a number of days such as `30d`, or `unknown`")
}

pub(super) fn unknown_value(
    span: Span,
    text: &str,
    choices: &[&str],
    near: Option<&str>,
) -> Diagnostic {
    let choices = quoted(choices.iter().copied(), "or");
    let message = format!("expected {choices}, found `{}`", echo(text));
    Diagnostic::error("unknown-value", span, message).near(near)
}

pub(super) fn empty_list(span: Span, of: &str) -> Diagnostic {
    Diagnostic::error("empty-list", span, format!("an empty list of {of}"))
        .help("remove the key, or write `unknown` where nobody knows")
}

pub(super) fn empty_price(span: Span) -> Diagnostic {
    Diagnostic::error("empty-price", span, "a price without an amount")
        .help("add `input`, `output`, `cache_read` or `cache_write`")
}
