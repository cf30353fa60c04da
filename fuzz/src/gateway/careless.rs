//! The most careless reader of a body: it folds the case of every key and takes the last of two,
//! at every level where a gateway looks.
//!
//! It knows the fields by their names, and nothing of how we read them.

use portolan_testkit::dice::Dice;
use serde_json::value::RawValue;

use crate::reader::{Members, fold};

/// A kind of object: its name, and its fields with the kind of what they hold. An array holds what
/// its items are; a kind without a name is left as it is.
type Shape = (&'static str, &'static [(&'static str, &'static str)]);

const SHAPES: [Shape; 9] = [
    (
        "body",
        &[
            ("cache_control", ""),
            ("fail_fast", ""),
            ("fallback_config", "config"),
            ("fallbacks", "body"),
            ("frequency_penalty", ""),
            ("logit_bias", ""),
            ("logprobs", ""),
            ("max_completion_tokens", ""),
            ("max_timeout", ""),
            ("max_tokens", ""),
            ("messages", "message"),
            ("min_p", ""),
            ("modalities", ""),
            ("model", ""),
            ("model_region", ""),
            ("n", ""),
            ("parallel_tool_calls", ""),
            ("post_processing_steps", "step"),
            ("prediction", ""),
            ("presence_penalty", ""),
            ("prompt", ""),
            ("prompt_cache_key", ""),
            ("prompt_cache_retention", ""),
            ("reasoning", "reasoning"),
            ("reasoning_effort", ""),
            ("repetition_penalty", ""),
            ("response_format", "format"),
            ("seed", ""),
            ("service_tier", ""),
            ("stop", ""),
            ("stream", ""),
            ("stream_options", ""),
            ("temperature", ""),
            ("tool_choice", "tool"),
            ("tools", "tool"),
            ("top_k", ""),
            ("top_logprobs", ""),
            ("top_p", ""),
            ("transcript_id", ""),
            ("user", ""),
            ("verbosity", ""),
            ("zero_data_retention", ""),
        ],
    ),
    (
        "message",
        &[
            ("role", ""),
            ("content", "part"),
            ("name", ""),
            ("cache_control", ""),
            ("thinking", ""),
            ("tool_call_id", ""),
            ("tool_calls", ""),
        ],
    ),
    ("part", &[("type", ""), ("text", ""), ("cache_control", "")]),
    (
        "tool",
        &[("type", ""), ("function", "named"), ("cache_control", "")],
    ),
    ("named", &[("name", ""), ("schema", "")]),
    ("format", &[("type", ""), ("json_schema", "named")]),
    ("reasoning", &[("effort", ""), ("max_tokens", "")]),
    ("step", &[("type", "")]),
    ("config", &[("depth", ""), ("retry", "")]),
];

/// The names of a body's own fields, and of those further in.
pub(crate) fn some_field(dice: &mut Dice) -> &'static str {
    let shape = dice.one_of(&SHAPES).map_or(&[][..], |(_, fields)| fields);
    dice.one_of(shape).map_or("", |(name, _)| name)
}

/// A body as this reader has it, as JSON in which nothing is said twice; nothing where it cannot
/// be read at all.
pub(crate) fn read(body: &[u8]) -> Option<String> {
    let body: &RawValue = serde_json::from_slice(body).ok()?;
    body.get().starts_with('{').then(|| seen(body, "body"))
}

fn seen(value: &RawValue, kind: &str) -> String {
    let shape = SHAPES.iter().find(|(name, _)| *name == kind);
    match (shape, value.get().as_bytes().first()) {
        (Some((_, fields)), Some(b'{')) => object(value, fields),
        (Some(_), Some(b'[')) => {
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
            let items: Vec<String> = items.into_iter().map(|item| seen(item, kind)).collect();
            format!("[{}]", items.join(","))
        }
        _ => value.get().to_owned(),
    }
}

fn object(value: &RawValue, fields: &[(&str, &str)]) -> String {
    let members: Members<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
    let last = |field: &str| {
        let mut members = members.0.iter().rev();
        members.find(|(key, _)| fold(key) == field)
    };
    let kept = fields.iter().filter_map(|(field, kind)| {
        let (_, value) = last(field)?;
        Some(format!("\"{field}\":{}", seen(value, kind)))
    });
    let kept: Vec<String> = kept.collect();
    format!("{{{}}}", kept.join(","))
}

/// What a body says as text under a field.
pub(crate) fn text(body: &str, field: &str) -> Option<String> {
    let members: Members<&RawValue> = serde_json::from_str(body).ok()?;
    let (_, value) = members.0.into_iter().find(|(key, _)| key == field)?;
    serde_json::from_str(value.get()).ok()
}
