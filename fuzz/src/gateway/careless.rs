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
    serde_json::from_str(under(body, field)?).ok()
}

/// The texts of every body that may be sent of one: of the posted one, and of each fallback put
/// over it. They stand in the order in which a tag is looked for: messages, their parts, a prompt.
pub(crate) fn texts(body: &str) -> Vec<Vec<String>> {
    let fallbacks = under(body, "fallbacks").map(items).unwrap_or_default();
    let over = std::iter::once("{}").chain(fallbacks);
    let texts = over.map(|over| {
        let said = |field: &str| under(over, field).or_else(|| under(body, field));
        let mut texts = Vec::new();
        for message in said("messages").map(items).unwrap_or_default() {
            match under(message, "content") {
                Some(parts) if parts.starts_with('[') => {
                    let parts = items(parts).into_iter();
                    let parts =
                        parts.filter(|part| text(part, "type").is_some_and(|t| t == "text"));
                    texts.extend(parts.filter_map(|part| under(part, "text")));
                }
                content => texts.extend(content),
            }
        }
        texts.extend(said("prompt"));
        texts.into_iter().map(plain).collect()
    });
    texts.collect()
}

/// What stands under a field of an object in which nothing is said twice; `null` is nothing.
fn under<'a>(object: &'a str, field: &str) -> Option<&'a str> {
    let members: Members<&RawValue> = serde_json::from_str(object).ok()?;
    let mut members = members.0.into_iter();
    let (_, value) = members.find(|(key, _)| key == field)?;
    Some(value.get()).filter(|value| *value != "null")
}

fn items(array: &str) -> Vec<&str> {
    let items: Vec<&RawValue> = serde_json::from_str(array).unwrap_or_default();
    items.into_iter().map(RawValue::get).collect()
}

/// A text without its escapes; what is none stays as it is written.
fn plain(value: &str) -> String {
    serde_json::from_str(value).unwrap_or_else(|_| value.to_owned())
}
