//! Literals of the rules language: text, numbers, money, dates, durations.

use pest::iterators::Pair;

use super::ast::Name;
use super::diags;
use super::parser::{Builder, Rule};
use crate::decimal::Decimal;
use crate::instant::Instant;
use crate::limits;
use crate::source::Spanned;

pub(super) fn string(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Name {
    let span = builder.span(&pair);
    let inner = pair.into_inner().find(|p| p.as_rule() == Rule::text);
    let text = inner.as_ref().map_or("", Pair::as_str);
    if text.len() > limits::SCALAR_BYTES {
        builder.fault(diags::text_too_long(span));
    }
    if let Some(text) = unescape(text) {
        Spanned::new(text, span)
    } else {
        builder.fault(diags::bad_escape(span));
        Spanned::new(String::new(), span)
    }
}

/// The text with its escapes undone, if all of them exist.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next()? {
            '"' => out.push('"'),
            '\\' => out.push('\\'),
            'n' => out.push('\n'),
            'u' => {
                let hex: String = rest.by_ref().take_while(|c| *c != '}').collect();
                let digits = hex.strip_prefix('{')?;
                out.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
            }
            _ => return None,
        }
    }
    Some(out)
}

/// A whole number with `_` separators and an optional `k` or `M`.
fn whole(text: &str) -> Option<i64> {
    let (digits, unit) = match text.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => match text.strip_suffix('M') {
            Some(digits) => (digits, 1_000_000),
            None => (text, 1),
        },
    };
    digits
        .replace('_', "")
        .parse::<i64>()
        .ok()?
        .checked_mul(unit)
}

pub(super) fn integer(builder: &mut Builder<'_>, pair: &Pair<'_, Rule>) -> Spanned<i64> {
    let span = builder.span(pair);
    let value = whole(pair.as_str().trim_end());
    if value.is_none() {
        builder.fault(diags::number_too_large(span));
    }
    Spanned::new(value.unwrap_or(0), span)
}

/// A duration in milliseconds.
pub(super) fn duration(builder: &mut Builder<'_>, pair: &Pair<'_, Rule>) -> Spanned<i64> {
    let span = builder.span(pair);
    let text = pair.as_str().trim_end();
    let end = text
        .find(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 86_400_000,
    };
    let value = whole(digits).and_then(|n| n.checked_mul(factor));
    if value.is_none() {
        builder.fault(diags::number_too_large(span));
    }
    Spanned::new(value.unwrap_or(0), span)
}

pub(super) fn instant(builder: &mut Builder<'_>, pair: &Pair<'_, Rule>) -> Option<Instant> {
    let span = builder.span(pair);
    match Instant::parse(pair.as_str().trim_end()) {
        Ok(instant) => Some(instant),
        Err(error) => {
            builder.fault(diags::bad_instant(span, &error.to_string()));
            None
        }
    }
}

/// A decimal, or money without its sign.
pub(super) fn decimal(
    builder: &mut Builder<'_>,
    pair: &Pair<'_, Rule>,
    text: &str,
) -> Option<Decimal> {
    match Decimal::parse(text) {
        Ok(decimal) => Some(decimal),
        Err(error) => {
            let span = builder.span(pair);
            builder.fault(diags::bad_decimal(span, &error.to_string()));
            None
        }
    }
}
