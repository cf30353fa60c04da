//! The nearest other value of a constant, as it is written.

use portolan_core::instant::Instant;

/// The next whole number: `200k` becomes `200001`.
pub(super) fn number(text: &str) -> Option<String> {
    let (digits, unit) = match (text.strip_suffix('k'), text.strip_suffix('M')) {
        (Some(digits), _) => (digits, 1_000),
        (None, Some(digits)) => (digits, 1_000_000),
        (None, None) => (text, 1),
    };
    let plain = digits.replace('_', "");
    let value: i64 = plain.parse().ok()?;
    Some(value.checked_mul(unit)?.checked_add(1)?.to_string())
}

/// An amount with one more of its last digit: `3.00` becomes `3.01`.
pub(super) fn amount(text: &str) -> Option<String> {
    let Some((whole, part)) = text.split_once('.') else {
        return number(text);
    };
    let digits = part.len();
    let value: u64 = format!("{whole}{part}").replace('_', "").parse().ok()?;
    let next = format!("{:0width$}", value + 1, width = digits + 1);
    let (whole, part) = next.split_at_checked(next.len() - digits)?;
    Some(format!("{whole}.{part}"))
}

/// A day later, as a whole day where it is one.
pub(super) fn date(text: &str) -> Option<String> {
    let at = Instant::parse(text).ok()?;
    Some(at.plus_seconds(86_400).short())
}

/// Twice as long: `30d` becomes `60d`.
pub(super) fn duration(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '_'))?;
    let (digits, unit) = text.split_at_checked(end)?;
    let value: i64 = digits.replace('_', "").parse().ok()?;
    let longer = if value == 0 { 1 } else { value.checked_mul(2)? };
    Some(format!("{longer}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_value_is_written_as_the_value_was() {
        assert_eq!(number("200k").unwrap(), "200001");
        assert_eq!(number("199_999").unwrap(), "200000");
        assert_eq!(amount("3.00").unwrap(), "3.01");
        assert_eq!(amount("0.09").unwrap(), "0.10");
        assert_eq!(date("2026-02-28").unwrap(), "2026-03-01");
        assert_eq!(duration("30d").unwrap(), "60d");
        assert_eq!(number("many"), None);
    }
}
