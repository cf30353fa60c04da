//! Text that came from outside, made fit for a message: cut, and with nothing invisible in it.

use crate::limits;

/// The text with control, bidirectional and other invisible characters escaped, cut to
/// [`limits::ECHO_CHARS`] characters.
pub fn echo(text: &str) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == limits::ECHO_CHARS {
            out.push('…');
            break;
        }
        if invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// Says whether a character is a control, a bidirectional mark, or otherwise draws nothing.
pub fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Says whether a reader that folds case as Go's `encoding/json` does takes the key for the
/// field, whose name is lower-case ASCII.
///
/// That is Unicode *simple* folding, one character to one. Beyond A to Z only two characters fold
/// to an ASCII letter: U+017F (long s) to `s` and U+212A (Kelvin sign) to `k`. The dotted and
/// dotless i fold to no ASCII letter, and `ß` to `ss` is full folding, which nobody does here.
pub fn folds_to(key: &str, field: &str) -> bool {
    let folded = key.chars().map(|c| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    });
    folded.eq(field.chars())
}

/// Joins with commas and a last word: `a`, `a or b`, `a, b or c`.
pub fn join(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., end] => format!("{} {last} {end}", rest.join(", ")),
    }
}

/// Each item in backticks, joined with commas and a last word.
pub fn quoted<'a>(items: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let items: Vec<String> = items
        .into_iter()
        .map(|i| format!("`{}`", echo(i)))
        .collect();
    join(&items, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_echoed_is_visible_and_short() {
        assert_eq!(echo("a\u{202e}b\n"), "a\\u{202e}b\\u{a}");
        assert_eq!(
            echo(&"x".repeat(500)).chars().count(),
            limits::ECHO_CHARS + 1
        );
        assert_eq!(quoted(["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
