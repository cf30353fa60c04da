//! Text that a page or Markdown may hold without taking it for markup, and hashes that a page
//! names.

use std::fmt::Write;

use sha2::{Digest as _, Sha256};

use crate::render::paint::visible;

/// Text between tags or within quotes.
pub(crate) fn escaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in visible(raw).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Text with nothing in it that Markdown or HTML would take for more. Words keep their hyphens,
/// dots and underscores, which mean nothing between letters and digits.
pub(crate) fn in_markdown(raw: &str) -> String {
    let mut out = String::new();
    let visible = visible(raw);
    let mut before = ' ';
    let mut rest = visible.chars().peekable();
    while let Some(c) = rest.next() {
        let word = |c: char| c.is_alphanumeric();
        let inside = word(before) && rest.peek().is_some_and(|next| word(*next));
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '|' | '*' | '[' | ']' | '`' | '~' | '!' | '#' | '@' => {
                out.push('\\');
                out.push(c);
            }
            '_' if !inside => out.push_str("\\_"),
            // An address is no address without its colon.
            ':' if rest.peek() == Some(&'/') => out.push_str("&#58;"),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// JSON that may stand in a script element: nothing in it can end the element or open a comment.
pub(crate) fn json_in_html(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // These stand within strings only, where an escape means the same.
            '<' | '>' | '&' | '\'' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// A text's SHA-256 in base 64, as a content security policy names what may run.
pub(crate) fn hash(text: &str) -> String {
    base64(&Sha256::digest(text.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let byte = |position: usize| u32::from(three.get(position).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let digit = DIGITS.get((bits >> (18 - 6 * position) & 63) as usize);
            let digit = digit.filter(|_| position <= three.len());
            out.push(digit.map_or('=', |digit| char::from(*digit)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_64_is_that_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(hash(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn nothing_ends_what_it_stands_in() {
        let hostile = "</script><!--]]>'\"&\u{2028}";
        let text = escaped(hostile);
        assert!(!text.contains(['<', '>', '"', '\'']), "{text}");
        let json = serde_json::to_string(hostile).unwrap();
        let inside = json_in_html(&json);
        assert!(!inside.contains(['<', '>', '&', '\'']), "{inside}");
        let read: String = serde_json::from_str(&inside).unwrap();
        assert_eq!(read, hostile);
    }

    #[test]
    fn nothing_in_a_name_is_markup() {
        assert_eq!(in_markdown("gpt-4.1_mini"), "gpt-4.1_mini");
        assert_eq!(in_markdown("a|b`c`*d*"), r"a\|b\`c\`\*d\*");
        assert_eq!(
            in_markdown("<script>x</script>"),
            "&lt;script&gt;x&lt;/script&gt;"
        );
        assert_eq!(in_markdown("[x](http://a)"), r"\[x\](http&#58;//a)");
        assert_eq!(in_markdown("_x_"), r"\_x\_");
        assert_eq!(in_markdown("a\nb\u{202e}"), "a\\\\u{a}b\\\\u{202e}");
    }
}
