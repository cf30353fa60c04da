//! The estimate of input tokens where the caller counted none.
//!
//! About four characters a token, over the text of the effective messages and the prompt, rounded
//! up. Tool definitions, schemas and an injected transcript are not in it: an estimate that knows
//! its limits is marked as one, and a caller who knows better passes `input_tokens`.

const CHARACTERS_A_TOKEN: u64 = 4;

/// Tokens for so many Unicode characters of text.
pub(crate) fn estimate(characters: u64) -> i64 {
    i64::try_from(characters.div_ceil(CHARACTERS_A_TOKEN)).unwrap_or(i64::MAX)
}

/// The fewest characters that are estimated as so many tokens; `None` where none are.
pub(crate) fn fewest_characters(tokens: i64) -> Option<u64> {
    let tokens = u64::try_from(tokens).ok()?;
    let others = tokens.saturating_sub(1);
    let fewest = others.checked_mul(CHARACTERS_A_TOKEN)?;
    fewest.checked_add(tokens - others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_characters_a_token_rounded_up() {
        for (characters, tokens) in [(0, 0), (1, 1), (4, 1), (5, 2), (u64::MAX, 1 << 62)] {
            assert_eq!(estimate(characters), tokens);
        }
    }

    #[test]
    fn the_fewest_characters_are_estimated_as_what_was_asked() {
        for tokens in [0, 1, 2, 7, 1_000_000] {
            let fewest = fewest_characters(tokens).unwrap();
            assert_eq!(estimate(fewest), tokens);
            assert!(fewest == 0 || estimate(fewest - 1) < tokens);
        }
        assert_eq!(fewest_characters(-1), None);
        assert_eq!(fewest_characters(i64::MAX), None);
    }
}
