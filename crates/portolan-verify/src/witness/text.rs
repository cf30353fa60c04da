//! Texts between two bounds in byte order: the shortest that people can read, or one that fits.
//!
//! Bounds are bytes and need not be UTF-8: the end of a prefix is its last byte and one.

use portolan_core::request::{AUTHORIZATION, is_misspelt, is_transcript_id, misspelt_beginning};

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

/// A misspelt header between the bounds. `None` where there is none of a length that people write.
///
/// Texts are gone through by how they begin, and no further than to where all that begin so lie
/// between the bounds, or none: that is only along the bounds themselves.
pub(super) fn misspelt(from: &[u8], until: Option<&[u8]>) -> Option<String> {
    let bounds = Bounds { from, until };
    let mut start = String::new();
    // A bound's own text is tried with every text that it begins with.
    let named = valid_prefix(from).0;
    let named = Some(named).filter(|text| within(text, from, until) && taken(text));
    named.map_or_else(|| bounds.misspelt(&mut start), |text| Some(text.to_owned()))
}

/// The most bytes of a header's name: nobody writes longer ones.
const HEADER_LENGTH: usize = 256;

/// Says whether a header is a misspelt one: the right one is not.
fn taken(header: &str) -> bool {
    is_misspelt(header) && !header.eq_ignore_ascii_case(AUTHORIZATION)
}

/// Where texts begin and end, in byte order.
#[derive(Clone, Copy)]
struct Bounds<'a> {
    from: &'a [u8],
    until: Option<&'a [u8]>,
}

impl Bounds<'_> {
    /// The simplest misspelt header that begins with a text.
    fn misspelt(self, start: &mut String) -> Option<String> {
        if self.leaves_out(start) || start.len() > HEADER_LENGTH {
            return None;
        }
        // Where nothing that begins so is taken for the right one, nothing longer is.
        let simplest = misspelt_beginning(start).next()?;
        if self.has_all(start) {
            return Some(simplest);
        }
        if within(start, self.from, self.until) && taken(start) {
            return Some(start.clone());
        }
        let mut other = false;
        for next in self.next(start) {
            start.push(next);
            // One that no such header has is as good as another.
            let tried = other && next.is_ascii() && !next.is_ascii_alphabetic();
            let tried = tried && !"-_. /".contains(next) && self.has_all(start);
            let found = if tried { None } else { self.misspelt(start) };
            other |= next.is_ascii_digit() && self.has_all(start);
            start.pop();
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Says whether no text that begins so lies between them.
    fn leaves_out(self, start: &str) -> bool {
        let start = start.as_bytes();
        self.until.is_some_and(|until| until <= start)
            || start < self.from && !self.from.starts_with(start)
    }

    /// Says whether every text that begins so lies between them.
    fn has_all(self, start: &str) -> bool {
        let start = start.as_bytes();
        let ends = |until: &[u8]| until <= start || until.starts_with(start);
        self.from <= start && !self.until.is_some_and(ends)
    }

    /// The characters that may follow a text, one for all that are as good as each other: those of
    /// which headers are made, the first ones at the bounds, and the first of every length.
    fn next(self, start: &str) -> Vec<char> {
        let mut next: Vec<char> = READABLE.chars().chain(['\0', '\u{130}']).collect();
        for bound in std::iter::once(self.from).chain(self.until) {
            let rest = bound.strip_prefix(start.as_bytes());
            let first = rest.and_then(first_char);
            let after = first.and_then(|first| char::from_u32(u32::from(first) + 1));
            next.extend(first.into_iter().chain(after));
        }
        next.extend(['\u{80}', '\u{800}', '\u{10000}']);
        next
    }
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
    use portolan_testkit::dice::Dice;

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
        let table: [Row; 9] = [
            (b"", None, Some("apikey")),
            (b"json_schema", Some(b"json_schema\0"), None),
            (b"api-key", Some(b"api-key\0"), Some("api-key")),
            (b"x-", Some(b"x."), Some("x-apikey")),
            (b"claude", Some(b"claudf"), Some("claudeorization")),
            (b"q", Some(b"r"), Some("qauthorization")),
            (b"json_schema\0", Some(b"text"), Some("jsonhorization")),
            (b"json_schema\0", Some(b"json_schemaz"), None),
            (b"Authorization", Some(b"Authorization\0"), None),
        ];
        for (from, until, expected) in table {
            assert_eq!(
                misspelt(from, until).as_deref(),
                expected,
                "{from:?} {until:?}"
            );
        }
    }

    /// A header's name with a few slips.
    fn slipped(dice: &mut Dice) -> String {
        let names = [
            "authorization",
            "apikey",
            "x-api-key",
            "proxy-authorization",
        ];
        let slips = "auizonqKZ-_./ \0\u{e9}\u{130}\u{10000}";
        let slips: Vec<char> = slips.chars().collect();
        let mut name: Vec<char> = dice.word(&names).chars().collect();
        for _ in 0..dice.below(5) {
            let at = dice.below(name.len());
            match dice.below(3) {
                0 => name.insert(at, dice.pick(&slips)),
                1 => name[at] = dice.pick(&slips),
                _ => {
                    name.remove(at);
                }
            }
        }
        name.into_iter().collect()
    }

    #[test]
    fn no_misspelt_header_between_two_bounds_is_missed() {
        let (mut asked, dice) = (0, &mut Dice::new(7));
        while asked < 400 {
            let header = slipped(dice);
            if !taken(&header) {
                continue;
            }
            asked += 1;
            let bytes = header.as_bytes();
            let from = bytes[..dice.below(bytes.len() + 1)].to_vec();
            let mut until = bytes[..=dice.below(bytes.len())].to_vec();
            if let Some(last) = until.last_mut() {
                *last += 1;
            }
            let until = if dice.chance(30) {
                [bytes, b"\0"].concat()
            } else {
                until
            };
            let found = misspelt(&from, Some(&until));
            let right = |found: &String| taken(found) && within(found, &from, Some(&until));
            assert!(
                found.as_ref().is_some_and(right),
                "{header:?} lies between {from:?} and {until:?}, found {found:?}"
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
