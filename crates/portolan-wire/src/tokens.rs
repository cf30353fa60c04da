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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_characters_a_token_rounded_up() {
        for (characters, tokens) in [(0, 0), (1, 1), (4, 1), (5, 2), (u64::MAX, 1 << 62)] {
            assert_eq!(estimate(characters), tokens);
        }
    }
}
