//! Taking out of a text whatever a call said: what an upstream echoes must not reach a log.
//!
//! Texts are compared as they read and not as they are written: what a caller wrote as `\u00e9` an
//! upstream may quote as `é`, or as part of a text in quotes once more.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

/// Bytes in a row that must be the same to count as an echo.
const WINDOW: usize = 12;

/// Characters of a prompt shorter than that which are looked for: fewer are in every text.
const SHORT: usize = 4;

/// What stands where something was taken out.
const MARK: &str = "…";

/// Bytes of an upstream's refusal that are logged.
const LOGGED: usize = 16 * 1024;

/// How often a text may stand in quotes within another, with escapes of escapes.
const QUOTED: usize = 4;

/// The first bytes of a text, without any stretch of at least [`WINDOW`] bytes that some other
/// text has, too. A secret shorter than that is taken out by its whole length.
pub(crate) fn redacted(text: &[u8], most: usize, said: &[u8], secrets: &[&str]) -> String {
    let text = text.get(..most.min(text.len())).unwrap_or_default();
    let mut places: Vec<usize> = (0..text.len()).collect();
    let plain = without_escapes(text, Some(&mut places));
    let said = without_escapes(said, None);
    let mut masked = vec![false; text.len()];
    let mut hide = |at: usize, length: usize| {
        let mut places = places.iter().copied().skip(at).peekable();
        let from = places.peek().copied().unwrap_or_default();
        // An escape is taken out whole.
        let last = places.nth(length - 1);
        let to = places.find(|place| Some(*place) > last);
        let hidden = masked.iter_mut().take(to.unwrap_or(text.len()));
        hidden.skip(from).for_each(|m| *m = true);
    };
    let own: HashSet<&[u8]> = plain.windows(WINDOW).collect();
    let echoed: HashSet<&[u8]> = said
        .windows(WINDOW)
        .filter(|window| own.contains(window))
        .collect();
    let windows = plain.windows(WINDOW).enumerate();
    for (at, _) in windows.filter(|(_, window)| echoed.contains(window)) {
        hide(at, WINDOW);
    }
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let found = plain.windows(secret.len()).enumerate();
        for (at, _) in found.filter(|(_, window)| *window == secret.as_bytes()) {
            hide(at, secret.len());
        }
    }
    let mut out = Vec::with_capacity(text.len());
    let mut before = false;
    for (byte, hidden) in text.iter().zip(masked) {
        if !hidden {
            out.push(*byte);
        } else if !before {
            out.extend_from_slice(MARK.as_bytes());
        }
        before = hidden;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// An upstream's refusal of a body as it is logged, without what that body said.
pub(crate) fn logged(refusal: &[u8], body: &[u8], secrets: &[&str]) -> String {
    let short = short_prompts(body);
    let short = short.iter().map(|text| &**text);
    let secrets: Vec<&str> = secrets.iter().copied().chain(short).collect();
    redacted(refusal, LOGGED, body, &secrets)
}

/// What a body says to a model in texts too short to be found as an echo of the whole body, and long
/// enough to be told from other words.
fn short_prompts(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = body.get("messages").and_then(Value::as_array);
    let contents = messages.into_iter().flatten();
    let contents = contents.filter_map(|message| message.get("content"));
    let parts = contents.flat_map(|content| match content.as_array() {
        Some(parts) => parts.iter().filter_map(|part| part.get("text")).collect(),
        None => vec![content],
    });
    let texts = parts.chain(body.get("prompt")).filter_map(Value::as_str);
    let short = texts.filter(|text| (SHORT..WINDOW).contains(&text.len()));
    short.map(str::to_owned).collect()
}

/// A text without its escapes. Places, one for each of its bytes, go along with what is left of them.
fn without_escapes<'t>(text: &'t [u8], mut places: Option<&mut Vec<usize>>) -> Cow<'t, [u8]> {
    let mut plain = Cow::Borrowed(text);
    for _ in 0..QUOTED {
        if !plain.contains(&b'\\') {
            break;
        }
        let (mut bytes, mut from) = (Vec::with_capacity(plain.len()), Vec::new());
        each_character(&plain, |at, character| {
            bytes.extend_from_slice(character);
            if let Some(place) = places.as_ref().and_then(|places| places.get(at)) {
                from.extend(std::iter::repeat_n(*place, character.len()));
            }
        });
        plain = Cow::Owned(bytes);
        if let Some(places) = &mut places {
            **places = from;
        }
    }
    plain
}

/// Calls for what each byte or escape of a text stands for, and where it begins.
fn each_character(text: &[u8], mut character: impl FnMut(usize, &[u8])) {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((meant, length)) = escape(rest) {
            character(at, meant.encode_utf8(&mut [0; 4]).as_bytes());
            at += length;
        } else {
            character(at, rest.get(..1).unwrap_or_default());
            at += 1;
        }
    }
}

/// The character that an escape at the beginning of a text stands for, and its length.
fn escape(text: &[u8]) -> Option<(char, usize)> {
    let &[b'\\', kind, ..] = text else {
        return None;
    };
    let meant = match kind {
        b'"' | b'\\' | b'/' => char::from(kind),
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return unicode(text),
        _ => return None,
    };
    Some((meant, 2))
}

fn unicode(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let first = unit(0)?;
    if let Some(alone) = char::from_u32(u32::from(first)) {
        return Some((alone, 6));
    }
    let pair = char::decode_utf16([first, unit(6)?]).next()?.ok()?;
    Some((pair, 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_taken_out_and_the_rest_stays() {
        let said = br#"{"messages":[{"content":"the canary sings at dawn"}]}"#;
        let text = br#"{"error":"cannot take 'the canary sings at dawn', sorry"}"#;
        let left = redacted(text, 1000, said, &[]);
        assert_eq!(left, r#"{"error":"cannot take '…', sorry"}"#);
        assert_eq!(redacted(text, 9, said, &[]), r#"{"error":"#);
    }

    #[test]
    fn a_secret_is_taken_out_however_short() {
        let left = redacted(b"key sk-1 is bad, sk-1!", 1000, b"", &["sk-1"]);
        assert_eq!(left, "key … is bad, …!");
    }

    #[test]
    fn escapes_hide_nothing() {
        let spoken = "Пациент Иванов, \"диабет\" 😀";
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let escaped = |text: &str| {
            let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
            format!("\"{}\"", units.collect::<String>())
        };
        for said in [quoted(spoken), escaped(spoken)] {
            for echo in [
                spoken.to_owned(),
                quoted(spoken),
                escaped(spoken),
                quoted(&quoted(spoken)),
                quoted(&escaped(spoken)),
            ] {
                let left = redacted(
                    format!("no: {echo}.").as_bytes(),
                    1000,
                    said.as_bytes(),
                    &[],
                );
                assert!(left.starts_with("no: ") && left.ends_with('.'), "{left}");
                assert!(!left.contains("Иван") && !left.contains("u0418"), "{left}");
                assert!(left.len() < 24, "{left}");
            }
        }
    }

    #[test]
    fn what_was_said_in_few_words_is_found_by_itself() {
        let body = r#"{"messages":[{"role":"user","content":"hunter2"},{"role":"user",
            "content":[{"type":"text","text":"swordfish"},{"type":"text","text":"a"}]}],"prompt":"plugh"}"#;
        assert_eq!(
            short_prompts(body.as_bytes()),
            ["hunter2", "swordfish", "plugh"]
        );
        assert_eq!(short_prompts(b"[]"), Vec::<String>::new());
        let left = redacted(b"no hunter2 here", 1000, b"", &["hunter2"]);
        assert_eq!(left, "no … here");
    }
}
