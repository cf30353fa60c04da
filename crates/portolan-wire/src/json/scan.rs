//! Where the values of a JSON text end: one pass over its bytes, whatever is in it, without a tree and
//! without recursion. A text that is not found sound here is put to `serde_json`, which has the words.

/// The one value of a text, without the white space around it; `None` where it is not one.
pub(crate) fn value(text: &str) -> Option<&str> {
    let start = blank(text.as_bytes(), 0);
    let end = end(text.as_bytes(), start)?;
    let rest = blank(text.as_bytes(), end);
    (rest == text.len()).then(|| text.get(start..end))?
}

/// Calls for each member of an object's text: its key in quotes, and its value. `None` where that is
/// no object and nothing else, or where `member` wants no more.
pub(crate) fn members<'a>(
    text: &'a str,
    mut member: impl FnMut(&'a str, &'a str) -> Option<()>,
) -> Option<()> {
    let bytes = text.as_bytes();
    let mut at = opened(bytes, b'{')?;
    if bytes.get(at) == Some(&b'}') {
        return over(bytes, at + 1);
    }
    loop {
        let key = at;
        at = string(bytes, at)?;
        let name = text.get(key..at)?;
        let start = colon(bytes, at)?;
        at = end(bytes, start)?;
        member(name, text.get(start..at)?)?;
        at = blank(bytes, at);
        match bytes.get(at)? {
            b',' => at = blank(bytes, at + 1),
            b'}' => return over(bytes, at + 1),
            _ => return None,
        }
    }
}

/// Calls for each item of an array's text. `None` where that is no array and
/// nothing else.
pub(crate) fn items<'a>(text: &'a str, mut item: impl FnMut(&'a str)) -> Option<()> {
    let bytes = text.as_bytes();
    let mut at = opened(bytes, b'[')?;
    if bytes.get(at) == Some(&b']') {
        return over(bytes, at + 1);
    }
    loop {
        let start = at;
        at = end(bytes, start)?;
        item(text.get(start..at)?);
        at = blank(bytes, at);
        match bytes.get(at)? {
            b',' => at = blank(bytes, at + 1),
            b']' => return over(bytes, at + 1),
            _ => return None,
        }
    }
}

/// Whether nothing follows.
fn over(bytes: &[u8], at: usize) -> Option<()> {
    (blank(bytes, at) == bytes.len()).then_some(())
}

/// The first byte within, behind white space.
fn opened(bytes: &[u8], with: u8) -> Option<usize> {
    let at = blank(bytes, 0);
    (bytes.get(at) == Some(&with)).then(|| blank(bytes, at + 1))
}

/// Where the value ends that begins here, which must be sound.
fn end(bytes: &[u8], mut at: usize) -> Option<usize> {
    // What closes the arrays and objects that are open.
    let mut open: Vec<u8> = Vec::new();
    loop {
        match *bytes.get(at)? {
            opening @ (b'{' | b'[') => {
                let closing = if opening == b'{' { b'}' } else { b']' };
                at = blank(bytes, at + 1);
                if bytes.get(at) == Some(&closing) {
                    at += 1;
                } else {
                    open.push(closing);
                    if closing == b'}' {
                        at = colon(bytes, string(bytes, at)?)?;
                    }
                    continue;
                }
            }
            b'"' => at = string(bytes, at)?,
            b't' => at = word(bytes, at, b"true")?,
            b'f' => at = word(bytes, at, b"false")?,
            b'n' => at = word(bytes, at, b"null")?,
            _ => at = number(bytes, at)?,
        }
        // A value ended, and with it as many as are closed behind it.
        loop {
            let Some(closing) = open.last() else {
                return Some(at);
            };
            at = blank(bytes, at);
            let found = bytes.get(at)?;
            at += 1;
            if found == closing {
                open.pop();
            } else if *found == b',' {
                at = blank(bytes, at);
                if *closing == b'}' {
                    at = colon(bytes, string(bytes, at)?)?;
                }
                break;
            } else {
                return None;
            }
        }
    }
}

/// Past white space.
fn blank(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// Past the colon behind a key.
fn colon(bytes: &[u8], at: usize) -> Option<usize> {
    let at = blank(bytes, at);
    (bytes.get(at) == Some(&b':')).then(|| blank(bytes, at + 1))
}

fn word(bytes: &[u8], at: usize, word: &[u8]) -> Option<usize> {
    let end = at.checked_add(word.len())?;
    (bytes.get(at..end) == Some(word)).then_some(end)
}

/// Past a string.
fn string(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at = plain(bytes, at);
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => match bytes.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' => {
                    let digits = bytes.get(at + 2..at + 6)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    at += 6;
                }
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// The next byte of a string that is not only itself: a quote, a backslash, a control character.
fn plain(bytes: &[u8], mut at: usize) -> usize {
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let special = special(u64::from_le_bytes(*eight));
        if special != 0 {
            return at + (special.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'"' | b'\\' | 0..=0x1f) {
            break;
        }
        at += 1;
    }
    at
}

/// Eight bytes at once: the lowest bit that is set marks the first special one.
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = ONES << 7;
    let quote = word ^ (ONES * u64::from(b'"'));
    let escape = word ^ (ONES * u64::from(b'\\'));
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    (below(quote, 1) | below(escape, 1) | below(word, 0x20)) & HIGH
}

/// Past a number.
fn number(bytes: &[u8], mut at: usize) -> Option<usize> {
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    if bytes.get(at) == Some(&b'0') {
        at += 1;
    } else {
        at = digits(bytes, at)?;
    }
    if bytes.get(at) == Some(&b'.') {
        at = digits(bytes, at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = digits(bytes, at)?;
    }
    Some(at)
}

/// Past one digit or more.
fn digits(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (count > 0).then_some(at + count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dice that always fall alike.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
        }
    }

    fn sound(text: &str) -> bool {
        serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
    }

    #[test]
    fn what_is_sound_is_what_serde_json_takes() {
        let pieces = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            " ",
            "\n",
            "\t",
            "0",
            "1",
            "-",
            ".",
            "e",
            "E",
            "+",
            "true",
            "false",
            "null",
            "nul",
            "\"a\"",
            "\"a\":",
            "\"a\\u00e9\"",
            "\"\\ud800\"",
            "\"\\x\"",
            "\"\\u00g0\"",
            "é",
            "\u{1}",
            "\u{7f}",
            "\u{2028}",
            "12.5e-3",
            "-0",
            "01",
            "\"a string that is longer\"",
            "{\"k\":[1,{}]}",
            "[[],[\"\\\"\"]]",
            "\0",
            "\u{feff}",
        ];
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        let mut found = 0;
        for _ in 0..200_000 {
            let count = 1 + dice.roll(7);
            let text: String = (0..count)
                .map(|_| pieces[dice.roll(pieces.len())])
                .collect();
            let (ours, theirs) = (value(&text), sound(&text));
            assert_eq!(ours.is_some(), theirs, "{text:?}");
            if let Some(value) = ours {
                assert_eq!(value, text.trim_ascii(), "{text:?}");
                found += 1;
            }
        }
        assert!(found > 5_000, "{found}");
    }

    #[test]
    fn a_byte_less_or_another_is_noticed_as_serde_json_notices_it() {
        let text = r#"{"a\n":[1.5e3,-0,true,null,"é\ud83d\ude00\\"],"b":{"c":"0123456789abcdef \" x"}, "d":[]} "#;
        assert!(value(text).is_some());
        for (at, c) in text.char_indices() {
            for instead in ["", "\"", "\\", "0", "}", ",", " ", "e", "\u{0}", "é"] {
                let (before, rest) = text.split_at(at);
                let text = format!("{before}{instead}{}", rest.split_at(c.len_utf8()).1);
                assert_eq!(value(&text).is_some(), sound(&text), "{text:?}");
            }
        }
    }
}
