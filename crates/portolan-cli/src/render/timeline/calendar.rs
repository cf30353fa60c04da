//! A timeline as an iCalendar file (RFC 5545), one event for whatever happens
//! at an instant: the same bytes for the same
//! policy, so that a calendar that subscribes sees only what is new.

use std::fmt::Write as _;

use portolan_core::instant::Instant;
use portolan_verify::timeline::{Change, Moment};
use sha2::{Digest as _, Sha256};

use super::{Line, Page, Words};

/// The most bytes of a line, without its end.
const LINE: usize = 75;

impl Page<'_> {
    /// For a calendar.
    pub(crate) fn ics(&self) -> String {
        let mut calendar = Calendar::default();
        let policy = &self.engine.policy().name;
        calendar.line("BEGIN:VCALENDAR");
        calendar.line("VERSION:2.0");
        calendar.line("PRODID:-//Portolan//timeline//EN");
        calendar.line("CALSCALE:GREGORIAN");
        calendar.line("METHOD:PUBLISH");
        calendar.text("X-WR-CALNAME", &format!("{policy}: what changes when"));
        for moment in &self.timeline.moments {
            // What happens is one event, however much changes by it.
            let mut left: Vec<&Change> = moment.changes.iter().collect();
            while let Some(first) = left.first().copied() {
                let same = |change: &&Change| change.causes == first.causes;
                let (these, others): (Vec<&Change>, _) = left.into_iter().partition(same);
                left = others;
                self.event(&mut calendar, moment.at, &these);
            }
        }
        calendar.line("END:VCALENDAR");
        calendar.out
    }

    fn event(&self, calendar: &mut Calendar, at: Instant, changes: &[&Change]) {
        let Some(first) = changes.first() else {
            return;
        };
        let causes = Words::because(&first.causes);
        let lines = self.lines(&Moment {
            at,
            changes: changes.iter().map(|change| (*change).clone()).collect(),
        });
        let told = |line: &Line| {
            let parts = [line.whose.clone(), line.says.clone()];
            let parts = parts.into_iter().chain(line.who.iter().cloned());
            parts.collect::<Vec<_>>().join("; ")
        };
        let mut description: Vec<String> = lines.iter().map(told).collect();
        description.extend(causes.clone());
        let summary = lines
            .first()
            .map_or_else(String::new, |line| format!("{}: {}", line.whose, line.says));
        let mut kinds: Vec<&str> = lines.iter().map(|line| line.kind.name()).collect();
        kinds.dedup();
        calendar.line("BEGIN:VEVENT");
        calendar.text("UID", &self.uid(at, causes.as_deref(), &summary));
        // When this was made is of no interest, and must not differ from run to run.
        calendar.line(&format!("DTSTAMP:{}", stamp(at)));
        calendar.line(&start(at));
        calendar.text("SUMMARY", &summary);
        calendar.text("DESCRIPTION", &description.join("\n"));
        calendar.line(&format!("CATEGORIES:{}", kinds.join(",")));
        calendar.line("TRANSP:TRANSPARENT");
        calendar.line("END:VEVENT");
    }

    /// Of what stays the same while the catalog changes elsewhere: the policy's name, the instant,
    /// and what happens then.
    fn uid(&self, at: Instant, causes: Option<&str>, summary: &str) -> String {
        let mut hash = Sha256::new();
        for part in [&*self.engine.policy().name, causes.unwrap_or(summary)] {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hash.update(length.to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let mut uid = format!("{}-", stamp(at));
        for byte in digest.iter().take(12) {
            let _ = write!(uid, "{byte:02x}");
        }
        uid + "@timeline.portolan"
    }
}

/// An instant in UTC.
fn stamp(at: Instant) -> String {
    let text = at.to_string();
    text.chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

/// A day, or an instant where it is not midnight.
fn start(at: Instant) -> String {
    let stamp = stamp(at);
    match stamp.strip_suffix("T000000Z") {
        Some(day) => format!("DTSTART;VALUE=DATE:{day}"),
        None => format!("DTSTART:{stamp}"),
    }
}

#[derive(Default)]
struct Calendar {
    out: String,
}

impl Calendar {
    /// A property whose value is text.
    fn text(&mut self, name: &str, value: &str) {
        self.line(&format!("{name}:{}", escaped(value)));
    }

    /// A line, folded where it is longer than a line may be: never within a character.
    fn line(&mut self, line: &str) {
        let mut width = 0;
        for c in line.chars() {
            if width + c.len_utf8() > LINE {
                self.out.push_str("\r\n ");
                width = 1;
            }
            self.out.push(c);
            width += c.len_utf8();
        }
        self.out.push_str("\r\n");
    }
}

/// Text with what would end it escaped; other control characters are written as they are named.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                for c in c.escape_unicode() {
                    if c == '\\' {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use icalendar::parser::{read_calendar, unfold};

    #[test]
    fn lines_are_folded_at_75_bytes_and_never_within_a_character() {
        let mut calendar = Calendar::default();
        let long = "ü→🚢".repeat(40);
        calendar.line("BEGIN:VCALENDAR");
        calendar.text("X-LONG", &long);
        calendar.line("END:VCALENDAR");
        assert!(calendar.out.split("\r\n").all(|line| line.len() <= LINE));
        assert!(calendar.out.ends_with("\r\n"));
        let unfolded = unfold(&calendar.out);
        let read = read_calendar(&unfolded).unwrap();
        assert_eq!(read.properties[0].val.as_ref(), long);
    }

    #[test]
    fn text_is_escaped_and_read_back() {
        for text in ["a, b; c\\n", "two\nlines", "\\\\,", "a\r\u{7}b", ""] {
            let mut calendar = Calendar::default();
            calendar.line("BEGIN:VCALENDAR");
            calendar.line("BEGIN:VEVENT");
            calendar.text("SUMMARY", text);
            calendar.line("END:VEVENT");
            calendar.line("END:VCALENDAR");
            let unfolded = unfold(&calendar.out);
            let read = read_calendar(&unfolded).unwrap();
            let event = &read.components[0];
            let shown = text.replace('\r', "\\u{d}").replace('\u{7}', "\\u{7}");
            assert_eq!(event.properties[0].val.as_ref(), shown);
        }
    }

    #[test]
    fn an_instant_is_a_day_or_a_moment_in_utc() {
        let at = |text: &str| start(Instant::parse(text).unwrap());
        assert_eq!(at("2026-04-20"), "DTSTART;VALUE=DATE:20260420");
        assert_eq!(at("2026-04-20T09:30:00Z"), "DTSTART:20260420T093000Z");
    }
}
