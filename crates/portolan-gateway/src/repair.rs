//! JSON that a model wrote, mended where that was asked for and the endpoint does not do it itself.

use std::panic::catch_unwind;

use portolan_core::request::Draft;
use portolan_wire::with_texts;
use serde_json::value::RawValue;

use crate::plan::Attempt;

/// The step of `post_processing_steps` that asks for it, and what an endpoint executes.
const STEP: &str = "json-repair";

/// Which effective bodies of a call ask for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    primary: bool,
    fallbacks: Vec<bool>,
}

impl Wanted {
    /// Reads it of a call.
    pub(crate) fn by(draft: &Draft) -> Self {
        let wants = |body: &portolan_core::request::Body| body.post_processing.contains(STEP);
        Self {
            primary: wants(&draft.body),
            fallbacks: draft.fallbacks.iter().map(wants).collect(),
        }
    }

    /// Whether it is ours to do for an attempt.
    pub(crate) fn of_us(&self, attempt: &Attempt<'_>) -> bool {
        let wanted = match attempt.fallback {
            None => self.primary,
            Some(position) => self.fallbacks.get(position).copied().unwrap_or(false),
        };
        wanted && !attempt.way.executes.contains(&STEP)
    }
}

/// What a model wrote is no JSON, and cannot be made into any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unrepairable;

/// A completion whose texts are JSON; `None` where they are already.
pub(crate) fn repaired(completion: &[u8]) -> Result<Option<String>, Unrepairable> {
    with_texts(completion, mended)
}

fn mended(text: &str) -> Result<Option<String>, Unrepairable> {
    // A message that only calls tools says nothing.
    if text.trim().is_empty() || is_json(text) {
        return Ok(None);
    }
    // The library is to err and not to panic; where it does, that is its answer.
    let outcome = catch_unwind(|| jsonrepair_rs::jsonrepair(text));
    let mended = outcome.map_err(|_| Unrepairable)?;
    let mended = mended.map_err(|_| Unrepairable)?;
    // Prose in quotes would be JSON, and nothing that anybody asked for.
    let structured = mended.trim_start().starts_with(['{', '[']);
    if structured && is_json(&mended) {
        Ok(Some(mended))
    } else {
        Err(Unrepairable)
    }
}

/// Whether a text is JSON, however deep: nothing is built of it.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_models_get_wrong_is_mended() {
        for (written, meant) in [
            (r#"{"a": 1,}"#, r#"{"a": 1}"#),
            ("{'a': 'b'}", r#"{"a": "b"}"#),
            (r#"{"a": [1, 2"#, r#"{"a": [1, 2]}"#),
            ("```json\n{\"a\": 1}\n```", "\n{\"a\": 1}\n"),
            (r#"{"a": True, "b": None}"#, r#"{"a": true, "b": null}"#),
        ] {
            assert_eq!(mended(written), Ok(Some(meant.to_owned())), "{written}");
        }
    }

    #[test]
    fn what_is_json_stays_as_it_was_written() {
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        for written in [" {\"a\":1.50e0}\n", "\"text\"", "12", "", "  ", &deep] {
            assert_eq!(mended(written), Ok(None), "{written:.20}");
        }
    }

    #[test]
    fn what_cannot_be_mended_is_said() {
        let deep = format!("{},", "[".repeat(5000));
        for written in ["I cannot answer that.", "{\"a\" \u{1} ]} x {", &deep] {
            assert_eq!(mended(written), Err(Unrepairable), "{written:.20}");
        }
    }
}
