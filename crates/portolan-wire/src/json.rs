//! JSON text, looked into one level at a time: every key in order, duplicates included, and every
//! value as its untouched text.
//!
//! Nothing here builds a tree, and nothing recurses: where values end is found in one pass over the
//! bytes, with a stack of its own on the heap, and only levels that somebody asks for are opened. A
//! number is its text; there is no floating point. What the fields mean is not known here.

mod scan;

use std::borrow::Cow;

use portolan_core::limits;
use serde::de::IgnoredAny;

use crate::diags;

/// What kind of JSON value a text is, by its first character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    pub(crate) fn of(value: &str) -> Self {
        match value.as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::String,
            Some(b't' | b'f') => Self::Bool,
            Some(b'n') | None => Self::Null,
            Some(_) => Self::Number,
        }
    }

    /// With its article, as messages say it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

/// One key of an object and its value's text.
#[derive(Debug, Clone)]
pub(crate) struct Member<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) value: &'a str,
    /// The fallback that it comes from; `None` for the posted body itself.
    pub(crate) origin: Option<usize>,
}

/// The one JSON value that the bytes are, or why they are not, in words.
pub(crate) fn parse(bytes: &[u8]) -> Result<&str, String> {
    if bytes.len() > limits::BODY_BYTES {
        return Err(diags::too_long());
    }
    let text = std::str::from_utf8(bytes).map_err(|e| diags::not_utf8(e.valid_up_to()))?;
    scan::value(text).ok_or_else(|| unsound(text))
}

/// The members of an object in which nothing is wrong, in one go.
pub(crate) fn sound_object(bytes: &[u8]) -> Option<Vec<Member<'_>>> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.len() > limits::BODY_BYTES || lone_surrogate(text).is_some() {
        return None;
    }
    read_members(text).ok()
}

/// The one JSON value that a text is, however long.
pub(crate) fn value(text: &str) -> Option<&str> {
    scan::value(text)
}

/// Why a text is not sound, in words.
fn unsound(text: &str) -> String {
    if text.starts_with('\u{feff}') {
        return diags::byte_order_mark();
    }
    if text.trim_ascii().is_empty() {
        return diags::nothing();
    }
    if let Some(at) = text.find('\0') {
        return diags::nul(at);
    }
    let read: Result<IgnoredAny, _> = serde_json::from_str(text);
    diags::not_json(&read.map_or_else(|e| e.to_string(), |_| "not sound".to_owned()))
}

/// Where a `\u` escape names half a character.
///
/// The grammar of JSON allows it and readers differ (Go puts U+FFFD, Python keeps it, others
/// fail), so that a body with one has no single meaning. The text must be valid JSON.
pub(crate) fn lone_surrogate(text: &str) -> Option<usize> {
    let unit = |at: usize| {
        let digits = text.get(at..at.checked_add(6)?)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        at += match unit(at) {
            Some(0xd800..=0xdbff) => match unit(at + 6) {
                Some(0xdc00..=0xdfff) => 12,
                _ => return Some(at),
            },
            Some(0xdc00..=0xdfff) => return Some(at),
            Some(_) => 6,
            None => 2,
        };
    }
    None
}

/// An object's members in order, duplicates included. `Err` says in words what is wrong.
pub(crate) fn members(object: &str) -> Result<Vec<Member<'_>>, String> {
    read_members(object).map_err(|wrong| match wrong {
        Wrong::Key(why) => diags::not_json(&why),
        Wrong::Many => diags::too_many_keys(),
        Wrong::Text => unsound(object),
    })
}

/// What is wrong with an object.
enum Wrong {
    /// A key is no text.
    Key(String),
    /// It has more keys than anybody reads.
    Many,
    /// It is no object.
    Text,
}

fn read_members(object: &str) -> Result<Vec<Member<'_>>, Wrong> {
    let mut members = Vec::with_capacity(FEW);
    let (mut many, mut misspelt) = (false, None);
    let read = scan::members(object, |key, value| {
        many = members.len() == limits::BODY_KEYS;
        if many {
            return None;
        }
        match decoded(key) {
            Ok(key) => members.push(Member {
                key,
                value,
                origin: None,
            }),
            Err(why) => {
                misspelt = Some(why);
                return None;
            }
        }
        Some(())
    });
    match (read, misspelt) {
        (Some(()), _) => Ok(members),
        (None, Some(why)) => Err(Wrong::Key(why)),
        (None, None) if many => Err(Wrong::Many),
        (None, None) => Err(Wrong::Text),
    }
}

/// Calls for each member of an object, in order, duplicates included: its key, and its value as it is
/// written. `false` where the bytes are no object of JSON; what was called for until then is void.
pub fn each_member<'a>(object: &'a [u8], mut member: impl FnMut(&str, &'a str)) -> bool {
    let Ok(text) = std::str::from_utf8(object) else {
        return false;
    };
    let read = scan::members(text, |key, value| {
        // Half a character is in no name that anybody looks for.
        if let Ok(key) = decoded(key) {
            member(&key, value);
        }
        Some(())
    });
    read.is_some()
}

/// Members that most objects have no more of.
const FEW: usize = 8;

/// Calls for each item of an array, in order; nothing is kept. `Err` says in words what is wrong.
pub(crate) fn each_item<'a>(
    array: &'a str,
    mut item: impl FnMut(usize, &'a str),
) -> Result<(), String> {
    let mut index = 0;
    let read = scan::items(array, |value| {
        item(index, value);
        index += 1;
    });
    read.ok_or_else(|| unsound(array))
}

/// A string's characters, where they stand as they are; `None` for anything else.
pub(crate) fn text(value: &str) -> Option<Cow<'_, str>> {
    (Kind::of(value) == Kind::String).then(|| decoded(value).ok())?
}

/// A string's characters; `None` for anything else.
pub(crate) fn string(value: &str) -> Option<String> {
    text(value).map(Cow::into_owned)
}

/// What stands between quotes.
fn decoded(quoted: &str) -> Result<Cow<'_, str>, String> {
    let inside = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"'));
    match inside.filter(|inside| !inside.contains('\\')) {
        Some(plain) => Ok(Cow::Borrowed(plain)),
        None => serde_json::from_str::<String>(quoted)
            .map(Cow::Owned)
            .map_err(|e| e.to_string()),
    }
}

/// A boolean; `None` for anything else.
pub(crate) fn boolean(value: &str) -> Option<bool> {
    match value {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A whole number written without fraction and exponent that fits 64 bits.
pub(crate) fn integer(value: &str) -> Option<i64> {
    if Kind::of(value) != Kind::Number {
        return None;
    }
    value.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_bytes_have_a_clear_answer() {
        let long = vec![b' '; limits::BODY_BYTES + 1];
        let table: [(&[u8], &str); 15] = [
            (b"{\"a\":\"\n\"}", "control character"),
            (b"{\"a\":[\"\\q\"]}", "invalid escape"),
            (b"{\"a\":[\"\\u12g4\"]}", "invalid escape"),
            (b"", "empty"),
            (b" \r\n", "empty"),
            (b"\xef\xbb\xbf{}", "byte order mark"),
            (b"{\"a\":\"\xff\"}", "not UTF-8 at byte 6"),
            (b"{\0}", "a NUL at byte 1"),
            (b"{", "EOF"),
            (b"{} {}", "trailing characters"),
            (b"{'a':1}", "key must be a string"),
            (b"{\"a\":01}", "invalid number"),
            (b"[1,]", "expected value"),
            (b"{\"a\":NaN}", "expected value"),
            (&long, "longer than 33554432 bytes"),
        ];
        for (bytes, expected) in table {
            let error = parse(bytes).unwrap_err();
            assert!(error.contains(expected), "{error} lacks {expected}");
            assert!(!error.contains('\n'));
        }
    }

    #[test]
    fn deep_nesting_is_skipped_without_recursion() {
        for depth in [100_000, 2_000_000] {
            let text = format!(
                "{{\"a\":{}{},\"b\":{}1{}}}",
                "[".repeat(depth),
                "]".repeat(depth),
                "{\"a\":".repeat(depth),
                "}".repeat(depth)
            );
            let members = members(parse(text.as_bytes()).unwrap()).unwrap();
            assert_eq!(members.len(), 2);
            assert_eq!(members[0].value.len(), depth * 2);
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn every_key_is_kept_in_order() {
        let text = r#" { "b" : 1e400 , "a":[ 1 ], "b":"x", "\u0062":null } "#;
        let members = members(parse(text.as_bytes()).unwrap()).unwrap();
        let seen: Vec<(&str, &str)> = members.iter().map(|m| (&*m.key, m.value)).collect();
        let expected = [
            ("b", "1e400"),
            ("a", "[ 1 ]"),
            ("b", "\"x\""),
            ("b", "null"),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn half_a_character_is_found_wherever_it_stands() {
        for (text, expected) in [
            (r#"{"a":"\ud800"}"#, Some(6)),
            (r#"{"a":"\udc00\ud800"}"#, Some(6)),
            (r#"{"a":"\ud83d\ude00"}"#, None),
            (r#"{"a":"\ud83d\n"}"#, Some(6)),
            (r#"{"a":"\ud83dx"}"#, Some(6)),
            (r#"{"a":"\ud83d\ud83d\ude00"}"#, Some(6)),
            (r#"{"a":"\\ud800"}"#, None),
            (r#"{"a":"\\\ud800"}"#, Some(8)),
            (r#"{"\uDFFF":"é"}"#, Some(2)),
            (r#"{"a":"é\\"}"#, None),
        ] {
            assert_eq!(lone_surrogate(text), expected, "{text}");
        }
    }

    #[test]
    fn an_object_with_too_many_keys_is_not_opened() {
        let text = format!("{{{}\"a\":1}}", "\"a\":1,".repeat(limits::BODY_KEYS));
        let error = members(parse(text.as_bytes()).unwrap()).unwrap_err();
        assert_eq!(error, "an object with more than 10000 keys");
    }

    #[test]
    fn integers_are_whole_and_fit() {
        for (text, expected) in [
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-0", Some(0)),
            ("1.0", None),
            ("1e3", None),
            ("\"1\"", None),
        ] {
            assert_eq!(integer(parse(text.as_bytes()).unwrap()), expected, "{text}");
        }
    }
}
