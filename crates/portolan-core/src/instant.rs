//! Time without a clock: instants, windows, durations, and facts that change with the date.
//!
//! An instant has a resolution of one second, UTC. Windows are half-open. A bare date is
//! 00:00 UTC. Parsing and printing are jiff's; comparing is plain integers.

use std::fmt;
use std::num::NonZeroI64;

/// A moment, in whole seconds since 1970-01-01T00:00:00Z; finer input is floored.
///
/// INVARIANT: counted from just before [`Instant::MIN`], so that it is never zero and an absent
/// one takes no room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(NonZeroI64);

/// The second before the earliest instant.
const BEFORE_ALL: i64 = -377_705_023_202;
/// The last one that prints.
const LAST: i64 = 253_402_207_200;

/// Seconds that print.
const SPAN: u64 = LAST.abs_diff(BEFORE_ALL);

/// Why a text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a date or an RFC 3339 instant: {why}")]
pub struct InstantError {
    /// What was given, cut to a sane length.
    pub text: String,
    /// The parser's own reason.
    pub why: String,
}

impl Instant {
    /// The earliest instant that prints: -9999-01-02.
    pub const MIN: Self = Self::clamped(BEFORE_ALL + 1);
    /// The latest instant that prints: 9999-12-30T22:00:00Z.
    pub const MAX: Self = Self::clamped(LAST);

    /// From seconds since the epoch, clamped to what prints.
    #[inline]
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self::clamped(seconds)
    }

    const fn clamped(seconds: i64) -> Self {
        let since = seconds.wrapping_sub(BEFORE_ALL);
        // One comparison that nearly never fails: two that choose would be waited for.
        if since.cast_unsigned().wrapping_sub(1) < SPAN
            && let Some(since) = NonZeroI64::new(since)
        {
            return Self(since);
        }
        Self::outermost(seconds < 0)
    }

    #[cold]
    const fn outermost(earliest: bool) -> Self {
        let since = if earliest { 1 } else { LAST - BEFORE_ALL };
        match NonZeroI64::new(since) {
            Some(since) => Self(since),
            None => Self(NonZeroI64::MAX),
        }
    }

    /// Seconds since the epoch.
    pub const fn unix_seconds(self) -> i64 {
        self.0.get() + BEFORE_ALL
    }

    /// Reads `2026-04-20` (00:00 UTC) or an RFC 3339 instant with an offset.
    ///
    /// # Errors
    /// When the text is neither, or the calendar has no such day.
    pub fn parse(text: &str) -> Result<Self, InstantError> {
        let error = |why: String| InstantError {
            text: crate::text::echo(text),
            why,
        };
        if let Some(date) = plain_date(text) {
            let date = date.map_err(|e| error(e.to_string()))?;
            let zoned = date.to_datetime(jiff::civil::Time::midnight());
            let stamp = jiff::tz::TimeZone::UTC
                .to_timestamp(zoned)
                .map_err(|e| error(e.to_string()))?;
            return Ok(Self::clamped(stamp.as_second()));
        }
        if !text.is_ascii() || text.contains('[') || text.get(10..11) != Some("T") {
            return Err(error(
                "write it like `2026-04-20` or `2026-04-20T09:30:00Z`".to_owned(),
            ));
        }
        let stamp: jiff::Timestamp = text
            .parse()
            .map_err(|e: jiff::Error| error(e.to_string()))?;
        let floor = i64::from(stamp.subsec_nanosecond() < 0);
        Ok(Self::from_unix_seconds(stamp.as_second() - floor))
    }

    /// Later by a duration (earlier for a negative one), clamped to what prints.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::clamped(self.unix_seconds().saturating_add(seconds))
    }

    /// The next second.
    #[must_use]
    pub fn next(self) -> Self {
        self.plus_seconds(1)
    }

    /// The calendar date where the instant is 00:00 UTC, the whole instant otherwise: what a
    /// message for people says.
    pub fn short(self) -> String {
        let text = self.to_string();
        text.strip_suffix("T00:00:00Z")
            .map_or(text.clone(), str::to_owned)
    }
}

fn plain_date(text: &str) -> Option<Result<jiff::civil::Date, jiff::Error>> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| match i {
            4 | 7 => *b == b'-',
            _ => b.is_ascii_digit(),
        });
    shape.then(|| text.parse())
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instant({self})")
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.unix_seconds()) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) => write!(f, "{}s", self.unix_seconds()),
        }
    }
}

/// A half-open stretch of time; an absent bound is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Window {
    /// First instant inside.
    pub from: Option<Instant>,
    /// First instant after.
    pub until: Option<Instant>,
}

impl Window {
    /// All of time.
    pub const ALWAYS: Self = Self {
        from: None,
        until: None,
    };

    /// Says whether the instant lies inside.
    pub fn contains(self, at: Instant) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at < until)
    }

    /// Says whether two windows share an instant.
    pub fn overlaps(self, other: Self) -> bool {
        let before = |end: Option<Instant>, start: Option<Instant>| match (end, start) {
            (Some(end), Some(start)) => end <= start,
            _ => false,
        };
        !before(self.until, other.from) && !before(other.until, self.from)
    }

    /// The first bound after the instant, where membership may change.
    pub fn next_change(self, at: Instant) -> Option<Instant> {
        [self.from, self.until]
            .into_iter()
            .flatten()
            .filter(|bound| *bound > at)
            .min()
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (None, None) => write!(f, "always"),
            (Some(from), None) => write!(f, "from {}", from.short()),
            (None, Some(until)) => write!(f, "until {}", until.short()),
            (Some(from), Some(until)) => write!(f, "from {} until {}", from.short(), until.short()),
        }
    }
}

/// A fact that may change with the date: values in windows that do not overlap, by start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T> {
    periods: Box<[(Window, T)]>,
}

impl<T> Default for Dated<T> {
    fn default() -> Self {
        Self {
            periods: Box::default(),
        }
    }
}

impl<T> Dated<T> {
    /// A fact that holds for all of time.
    pub fn always(value: T) -> Self {
        Self {
            periods: Box::new([(Window::ALWAYS, value)]),
        }
    }

    /// A fact in periods.
    ///
    /// # Errors
    /// The indices, as given, of the first two periods that overlap.
    pub fn new(periods: Vec<(Window, T)>) -> Result<Self, (usize, usize)> {
        if periods.len() < 2 {
            let periods = periods.into();
            return Ok(Self { periods });
        }
        let mut order: Vec<usize> = (0..periods.len()).collect();
        order.sort_by_key(|i| periods.get(*i).and_then(|(w, _)| w.from));
        for pair in order.windows(2) {
            if let [a, b] = pair
                && let (Some((first, _)), Some((second, _))) = (periods.get(*a), periods.get(*b))
                && first.overlaps(*second)
            {
                return Err((*a.min(b), *a.max(b)));
            }
        }
        let mut sorted = periods;
        sorted.sort_by_key(|(window, _)| window.from);
        Ok(Self {
            periods: sorted.into(),
        })
    }

    /// The value at an instant.
    pub fn at(&self, at: Instant) -> Option<&T> {
        self.periods
            .iter()
            .find(|(window, _)| window.contains(at))
            .map(|(_, value)| value)
    }

    /// The first instant after this one at which the value may change.
    pub fn next_change(&self, at: Instant) -> Option<Instant> {
        self.periods
            .iter()
            .filter_map(|(window, _)| window.next_change(at))
            .min()
    }

    /// Every period, by start.
    pub fn periods(&self) -> &[(Window, T)] {
        &self.periods
    }

    /// Says whether the fact is never known.
    pub fn is_empty(&self) -> bool {
        self.periods.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_fractions_end_on_the_right_second() {
        let at = |t: &str| Instant::parse(t).unwrap().to_string();
        assert_eq!(at("2026-04-20"), "2026-04-20T00:00:00Z");
        assert_eq!(at("2026-04-20T01:00:00+02:00"), "2026-04-19T23:00:00Z");
        assert_eq!(at("2026-04-19T23:59:59.999Z"), "2026-04-19T23:59:59Z");
        assert_eq!(at("1969-12-31T23:59:59.5Z"), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn an_absent_instant_takes_no_room_and_the_bounds_are_what_prints() {
        assert_eq!(size_of::<Option<Instant>>(), 8);
        assert_eq!(Instant::from_unix_seconds(i64::MIN), Instant::MIN);
        assert_eq!(Instant::from_unix_seconds(i64::MAX), Instant::MAX);
        assert_eq!(Instant::MIN.to_string(), "-009999-01-02T01:59:59Z");
        assert_eq!(Instant::MAX.to_string(), "9999-12-30T22:00:00Z");
        for seconds in [-1, 0, 1, Instant::MIN.unix_seconds(), 253_402_207_200] {
            let at = Instant::from_unix_seconds(seconds);
            assert_eq!(at.unix_seconds(), seconds);
        }
    }

    #[test]
    fn what_is_not_a_date_is_an_error_that_says_why() {
        for text in [
            "2026-02-30",
            "2026-13-01",
            "tomorrow",
            "2026-04-20T10:00:00",
            "2026-4-1",
            "",
        ] {
            assert!(Instant::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn windows_are_half_open() {
        let at = |t: &str| Instant::parse(t).unwrap();
        let window = Window {
            from: None,
            until: Some(at("2026-04-20")),
        };
        assert!(window.contains(at("2026-04-19T23:59:59Z")));
        assert!(!window.contains(at("2026-04-20")));
        let next = Window {
            from: Some(at("2026-04-20")),
            until: None,
        };
        assert!(!window.overlaps(next));
        assert!(Dated::new(vec![(next, 2), (window, 1)]).is_ok());
        assert_eq!(
            Dated::new(vec![(next, 2), (Window::ALWAYS, 1)]),
            Err((0, 1))
        );
    }
}
