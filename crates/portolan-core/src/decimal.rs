//! Exact decimals: money per million tokens, price multipliers, scores, temperatures.
//!
//! A decimal is a whole number of billionths in an `i64`. Nothing here touches floating point.

use std::fmt;

const SCALE: i64 = 1_000_000_000;
const DIGITS: usize = 9;

/// An exact decimal with nine fractional digits, between about -9.2 and 9.2 billion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Decimal(i64);

/// Why a text is not an exact decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with at most one point and a leading minus.
    #[error("not a plain decimal such as `3.30`")]
    Malformed,
    /// More than nine fractional digits.
    #[error("more than nine digits after the point")]
    Imprecise,
    /// Beyond what fits.
    #[error("too large")]
    TooLarge,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(SCALE);
    /// The largest value.
    pub const MAX: Self = Self(i64::MAX);
    /// The smallest value.
    pub const MIN: Self = Self(i64::MIN);

    /// From billionths.
    pub const fn from_billionths(billionths: i64) -> Self {
        Self(billionths)
    }

    /// In billionths.
    pub const fn billionths(self) -> i64 {
        self.0
    }

    /// From a whole number, where it fits.
    pub fn from_integer(n: i64) -> Option<Self> {
        n.checked_mul(SCALE).map(Self)
    }

    /// Reads `3`, `3.30`, `-0.5`, `1_000.25`; no exponent.
    ///
    /// # Errors
    /// When the text is not that, too fine or too large.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let numeric = |s: &str| {
            !s.is_empty()
                && !s.starts_with('_')
                && s.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        };
        if !numeric(whole) || !numeric(fraction) {
            return Err(DecimalError::Malformed);
        }
        let fraction = fraction.replace('_', "");
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > DIGITS {
            return Err(DecimalError::Imprecise);
        }
        let mut value: i64 = 0;
        let padding = std::iter::repeat_n(b'0', DIGITS - fraction.len());
        let all = whole
            .bytes()
            .filter(|b| *b != b'_')
            .chain(fraction.bytes())
            .chain(padding);
        for byte in all {
            value = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(i64::from(byte - b'0')))
                .ok_or(DecimalError::TooLarge)?;
        }
        Ok(Self(if negative { -value } else { value }))
    }

    /// Reads a JSON number exactly where it fits nine digits; otherwise rounds away from zero
    /// and saturates, so that comparisons with constants of eight digits or fewer stay right.
    ///
    /// Returns `None` when the text is not a JSON number.
    pub fn from_json_number(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, saturating_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !numeric(whole) || !numeric(fraction) {
            return None;
        }
        let digits = whole.bytes().chain(fraction.bytes());
        // The power of ten of the last digit, in billionths.
        let places = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
        let mut power = exponent.saturating_add(9).saturating_sub(places);
        let mut value: i128 = 0;
        let mut dropped = false;
        let mut huge = false;
        let count = whole.len() + fraction.len();
        for (i, byte) in digits.enumerate() {
            let left = i64::try_from(count - i - 1).unwrap_or(i64::MAX);
            let weight = power.saturating_add(left);
            if weight < 0 {
                dropped |= byte != b'0';
            } else {
                value = value
                    .saturating_mul(10)
                    .saturating_add(i128::from(byte - b'0'));
                huge |= value > i128::from(i64::MAX);
                value = value.min(i128::from(i64::MAX) + 1);
            }
        }
        while power > 0 && value != 0 && !huge {
            value = value.saturating_mul(10);
            huge |= value > i128::from(i64::MAX);
            power -= 1;
        }
        value = value.saturating_add(i128::from(dropped));
        let magnitude = i64::try_from(value).ok().filter(|_| !huge);
        Some(match (magnitude, negative) {
            (Some(v), false) => Self(v),
            (Some(v), true) => Self(-v),
            (None, false) => Self::MAX,
            (None, true) => Self::MIN,
        })
    }

    /// The exact product, where it has nine fractional digits or fewer and fits.
    pub fn times(self, other: Self) -> Option<Self> {
        let product = i128::from(self.0) * i128::from(other.0);
        let scale = i128::from(SCALE);
        if product % scale != 0 {
            return None;
        }
        i64::try_from(product / scale).ok().map(Self)
    }

    /// Prints with at least this many fractional digits, and no more than needed.
    pub fn to_string_with(self, at_least: usize) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let magnitude = self.0.unsigned_abs();
        let scale = SCALE.unsigned_abs();
        let mut fraction = format!("{:09}", magnitude % scale);
        while fraction.len() > at_least && fraction.ends_with('0') {
            fraction.pop();
        }
        let whole = magnitude / scale;
        if fraction.is_empty() {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{fraction}")
        }
    }

    /// Prints as money: at least two fractional digits.
    pub fn money(self) -> String {
        self.to_string_with(2)
    }
}

/// An exponent's value; far beyond what matters it saturates.
fn saturating_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX).min(1_000_000_000);
    Some(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_with(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_exactly() {
        let d = |t: &str| Decimal::parse(t).unwrap();
        assert_eq!(d("3.30").money(), "3.30");
        assert_eq!(d("0.0375").money(), "0.0375");
        assert_eq!(d("3").times(d("1.10")).unwrap().money(), "3.30");
        assert_eq!(d("-0.5").to_string(), "-0.5");
        assert_eq!(Decimal::parse("0.0000000001"), Err(DecimalError::Imprecise));
        assert_eq!(Decimal::parse("1e3"), Err(DecimalError::Malformed));
        assert_eq!(Decimal::parse("99999999999"), Err(DecimalError::TooLarge));
        assert_eq!(d("0.000000001").times(d("0.5")), None);
    }

    #[test]
    fn json_numbers_saturate_and_round_away_from_zero() {
        let j = |t: &str| Decimal::from_json_number(t).unwrap();
        assert_eq!(j("2"), Decimal::parse("2").unwrap());
        assert_eq!(j("2.0e0"), Decimal::parse("2").unwrap());
        assert_eq!(j("20e-1"), Decimal::parse("2").unwrap());
        assert!(j("2.00000000000000000001") > j("2"));
        assert!(j("-0.00000000000000000001") < Decimal::ZERO);
        assert_eq!(j("1e400"), Decimal::MAX);
        assert_eq!(j("-1e999999999999999999999"), Decimal::MIN);
        assert_eq!(j("0e400"), Decimal::ZERO);
        assert_eq!(j("0e999999999999"), Decimal::ZERO);
        assert_eq!(Decimal::from_json_number("abc"), None);
    }
}
