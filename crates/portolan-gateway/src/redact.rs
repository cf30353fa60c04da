//! Taking out of a text whatever a call said: what an upstream echoes must not reach a log.

use std::collections::HashSet;

/// Bytes in a row that must be the same to count as an echo.
const WINDOW: usize = 12;

/// What stands where something was taken out.
const MARK: &str = "…";

/// The first bytes of a text, without any stretch of at least [`WINDOW`] bytes that some other
/// text has, too. A secret shorter than that is taken out by its whole length.
pub(crate) fn redacted(text: &[u8], most: usize, said: &[u8], secrets: &[&str]) -> String {
    let text = text.get(..most.min(text.len())).unwrap_or_default();
    let mut masked = vec![false; text.len()];
    let own: HashSet<&[u8]> = text.windows(WINDOW).collect();
    let echoed: HashSet<&[u8]> = said
        .windows(WINDOW)
        .filter(|window| own.contains(window))
        .collect();
    for (at, _) in text
        .windows(WINDOW)
        .enumerate()
        .filter(|(_, window)| echoed.contains(window))
    {
        masked
            .iter_mut()
            .skip(at)
            .take(WINDOW)
            .for_each(|m| *m = true);
    }
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let found = text.windows(secret.len()).enumerate();
        for (at, _) in found.filter(|(_, window)| *window == secret.as_bytes()) {
            let hidden = masked.iter_mut().skip(at).take(secret.len());
            hidden.for_each(|m| *m = true);
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
}
