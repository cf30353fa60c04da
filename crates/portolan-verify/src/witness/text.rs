//! Texts between two bounds in byte order: the shortest that people can read, or one that fits.
//!
//! Bounds are bytes and need not be UTF-8: the end of a prefix is its last byte and one.

use portolan_core::request::{is_misspelt, is_transcript_id, misspelt_beginning};

/// What a readable text is lengthened with, simplest first.
const READABLE: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./:~ \
    !\"#$%&'()*+,;<=>?@[\\]^`{|}";

/// The characters of a transcript id, in byte order.
const ID: &[u8] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The most characters of a transcript id.
const ID_LENGTH: usize = 64;

pub(super) fn within(text: &str, from: &[u8], until: Option<&[u8]>) -> bool {
    from <= text.as_bytes() && until.is_none_or(|until| text.as_bytes() < until)
}

/// The text that a bound is, where it is readable, else the shortest one that is readable, else
/// any; `None` where there is none.
pub(crate) fn shortest(from: &[u8], until: Option<&[u8]>) -> Option<String> {
    find(from, until, 0, &|_| true)
}

/// The simplest text that fits, of the readable ones and of the first so many of all.
///
/// Every text between the bounds is among them where there are no more than that.
pub(super) fn find(
    from: &[u8],
    until: Option<&[u8]>,
    more: usize,
    fits: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let first = first(from)?;
    if !within(&first, from, until) {
        return None;
    }
    let readable = !first.is_empty() && !first.contains(char::is_control);
    if readable && fits(&first) {
        return Some(first);
    }
    let (valid, _) = valid_prefix(from);
    let ends = valid.char_indices().map(|(at, _)| at).chain([valid.len()]);
    let prefixes = ends.filter_map(|end| valid.get(..end));
    let plain = prefixes.filter(|prefix| !prefix.contains(char::is_control));
    let mut longer = plain.flat_map(|prefix| {
        let each = READABLE.chars();
        each.map(move |next| format!("{prefix}{next}"))
    });
    let found = longer.find(|text| within(text, from, until) && fits(text));
    found.or_else(|| {
        // Nothing lies between a text and the same with a NUL behind it.
        let mut text = first;
        for _ in 0..=more {
            if !within(&text, from, until) {
                return None;
            }
            if fits(&text) {
                return Some(text);
            }
            text.push('\0');
        }
        None
    })
}

/// The first text that is not before a bound.
fn first(from: &[u8]) -> Option<String> {
    let (valid, rest) = valid_prefix(from);
    let mut text = valid.to_owned();
    if rest.is_empty() {
        return Some(text);
    }
    if let Some(next) = first_char(rest) {
        text.push(next);
        return Some(text);
    }
    // No character goes there: one before it has to be greater.
    while let Some(last) = text.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

fn valid_prefix(bytes: &[u8]) -> (&str, &[u8]) {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) => error.valid_up_to(),
    };
    let (text, rest) = bytes.split_at_checked(valid).unwrap_or((bytes, &[]));
    (std::str::from_utf8(text).unwrap_or_default(), rest)
}

/// The first character whose bytes are not before these. Characters stand in byte order.
fn first_char(rest: &[u8]) -> Option<char> {
    let (mut low, mut high) = (0, u32::from(char::MAX) + 1);
    while low < high {
        let middle = low.midpoint(high);
        // Half surrogates are no characters: the next one stands for them.
        let character = char::from_u32(middle).unwrap_or('\u{e000}');
        let mut buffer = [0; 4];
        if character.encode_utf8(&mut buffer).as_bytes() < rest {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    (low..=u32::from(char::MAX))
        .take(0x801)
        .find_map(char::from_u32)
}

/// A misspelt header between the bounds. `None` where they leave one text that is not taken for
/// the right header, or all that begin in a way in which no such one does; any text where nobody
/// knows.
pub(super) fn misspelt(from: &[u8], until: Option<&[u8]>) -> Option<String> {
    let (valid, rest) = valid_prefix(from);
    let named = rest.is_empty().then_some(valid);
    let named = named.filter(|text| is_misspelt(text) && within(text, from, until));
    if let Some(header) = named {
        return Some(header.to_owned());
    }
    let starts = (0..=valid.len()).rev().filter_map(|end| valid.get(..end));
    let starts = starts.flat_map(|start| {
        let next = READABLE.chars().map(move |next| format!("{start}{next}"));
        std::iter::once(start.to_owned()).chain(next)
    });
    // What begins with a text is not before it, and not behind a bound unless the text is.
    let fits = |start: &String| {
        let start = start.as_bytes();
        (start >= from || from.starts_with(start)) && until.is_none_or(|until| start < until)
    };
    let starts = starts.filter(fits);
    let mut found = starts.flat_map(|start| misspelt_beginning(&start).collect::<Vec<_>>());
    let found = found.find(|header| within(header, from, until));
    let alone = until.is_some_and(|until| until.strip_suffix(b"\0") == Some(from));
    let beginning = until.is_some_and(|until| {
        let ends = from.split_last().zip(until.split_last());
        ends.is_some_and(|((last, shared), (end, other))| {
            shared == other && last.checked_add(1) == Some(*end)
        })
    });
    found.or_else(|| shortest(from, until).filter(|_| !alone && !beginning))
}

/// The shortest well-formed transcript id between the bounds.
pub(super) fn transcript_id(from: &[u8], until: Option<&[u8]>) -> Option<String> {
    let named = std::str::from_utf8(from)
        .ok()
        .filter(|id| is_transcript_id(id));
    let named = named
        .filter(|id| within(id, from, until))
        .map(str::to_owned);
    named.or_else(|| {
        let mut ids = (1..=ID_LENGTH).filter_map(|length| first_id(from, length));
        ids.find(|id| within(id, from, until))
    })
}

/// The first id of a length that is not before a bound.
fn first_id(from: &[u8], length: usize) -> Option<String> {
    let same = from.iter().take_while(|byte| ID.contains(byte)).count();
    let id = |prefix: &[u8], next: Option<u8>| {
        let bytes = prefix.iter().copied().chain(next);
        let bytes = bytes.chain(std::iter::repeat(b'-')).take(length);
        String::from_utf8(bytes.collect()).ok()
    };
    if same == from.len() && same <= length {
        return id(from, None);
    }
    // The longer the part that it shares with the bound, the earlier it is.
    let mut shared = (0..=same.min(length.saturating_sub(1))).rev();
    shared.find_map(|shared| {
        let (prefix, rest) = from.split_at_checked(shared)?;
        let next = ID
            .iter()
            .find(|byte| rest.first().is_none_or(|at| *byte > at))?;
        id(prefix, Some(*next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where texts begin and end, and the one that is expected.
    type Row = (&'static [u8], Option<&'static [u8]>, Option<&'static str>);

    #[test]
    fn the_bound_itself_or_the_shortest_readable_text() {
        let table: [Row; 14] = [
            (b"", None, Some("a")),
            (b"", Some(b"global"), Some("a")),
            (b"", Some(b""), None),
            (b"", Some(b"\0"), Some("")),
            (b"", Some(b"a"), Some("0")),
            (b"claude-", Some(b"claude."), Some("claude-")),
            (b"global\0", None, Some("h")),
            (b"eu\0", Some(b"eu-west"), Some("eu-")),
            (b"eu\0", Some(b"eu\0\0"), Some("eu\0")),
            (b"eu\0", Some(b"eu\0"), None),
            (b"~", Some(b"~\0"), Some("~")),
            (b"\x80", None, Some("\u{80}")),
            (b"a\xff", Some(b"c"), Some("b")),
            (b"\xff", None, None),
        ];
        for (from, until, expected) in table {
            assert_eq!(
                shortest(from, until).as_deref(),
                expected,
                "{from:?} {until:?}"
            );
        }
        assert_eq!(
            first("\u{d7ff}\u{d7ff}".as_bytes()).as_deref(),
            Some("\u{d7ff}\u{d7ff}")
        );
        assert_eq!(first(b"\xed\x9f\xc0").as_deref(), Some("\u{e000}"));
        assert_eq!(first(b"b\xf4\x8f\xbf\xc0").as_deref(), Some("c"));
    }

    #[test]
    fn one_that_fits_is_found_if_there_is_one() {
        let not = |known: &'static [&'static str]| move |text: &str| !known.contains(&text);
        let find = |from: &[u8], until: &[u8], known| find(from, Some(until), 5, &not(known));
        assert_eq!(find(b"a", b"b", &["a"]).as_deref(), Some("aa"));
        assert_eq!(find(b"a", b"a\0", &["a"]), None);
        assert_eq!(
            find(b"a", b"a\0\0\0", &["a", "a\0"]).as_deref(),
            Some("a\0\0")
        );
        assert_eq!(find(b"a", b"a\0\0", &["a", "a\0"]), None);
    }

    #[test]
    fn misspelt_headers_are_found_or_ruled_out() {
        let table: [Row; 8] = [
            (b"", None, Some("apikey")),
            (b"json_schema", Some(b"json_schema\0"), None),
            (b"api-key", Some(b"api-key\0"), Some("api-key")),
            (b"x-", Some(b"x."), Some("x-apikey")),
            (b"claude", Some(b"claudf"), Some("claudeorization")),
            (b"q", Some(b"r"), Some("qauthorization")),
            (b"json_schema\0", Some(b"text"), Some("jsonthorization")),
            // Nobody knows of this one.
            (
                b"json_schema\0",
                Some(b"json_schemaz"),
                Some("json_schemaa"),
            ),
        ];
        for (from, until, expected) in table {
            assert_eq!(
                misspelt(from, until).as_deref(),
                expected,
                "{from:?} {until:?}"
            );
        }
    }

    #[test]
    fn transcript_ids_are_found_exactly() {
        let table: [Row; 10] = [
            (b"", None, Some("-")),
            (b"ab-1", None, Some("ab-1")),
            (b"ab-1\0", Some(b"ab-1a"), Some("ab-1-")),
            (b"a b", Some(b"a-"), None),
            (b"a b", Some(b"a-0"), Some("a-")),
            (b"zz\xff", None, None),
            (b"zy\xff", None, Some("zz")),
            (b"", Some(b"-"), None),
            (b"a\0", Some(b"a-"), None),
            (b"~", None, None),
        ];
        for (from, until, expected) in table {
            assert_eq!(
                transcript_id(from, until).as_deref(),
                expected,
                "{from:?} {until:?}"
            );
        }
        let long = [b'a'; 64];
        assert_eq!(transcript_id(&long, None).map(|id| id.len()), Some(64));
        let longer = [b'z'; 65];
        assert_eq!(transcript_id(&longer, None), None);
    }
}
