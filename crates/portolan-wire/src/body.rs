//! One effective body's facts, derived from its members: the only place that does so.
//!
//! A field of the wrong type counts as absent and is a fault beside. Unknown fields pass by.
//! Which members an effective body has is decided in `fallbacks.rs`.

use portolan_core::decimal::Decimal;
use portolan_core::request::{Body, FaultKind, PARAMETERS, is_transcript_id};

use crate::diags;
use crate::fallbacks::ChainReader;
use crate::faults::{Faults, Keys};
use crate::json::{self, Kind, Member};
use crate::messages::{Messages, TRANSCRIPT_TAG, check_object};
use crate::path::Path;
use crate::tokens;
use crate::tools::{self, Tools};

/// Every field that means something to us or to a gateway: what a key may be mistaken for.
pub(crate) const FIELDS: [&str; 42] = [
    "cache_control",
    "fail_fast",
    "fallback_config",
    "fallbacks",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_timeout",
    "max_tokens",
    "messages",
    "min_p",
    "modalities",
    "model",
    "model_region",
    "n",
    "parallel_tool_calls",
    "post_processing_steps",
    "prediction",
    "presence_penalty",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning",
    "reasoning_effort",
    "repetition_penalty",
    "response_format",
    "seed",
    "service_tier",
    "stop",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_k",
    "top_logprobs",
    "top_p",
    "transcript_id",
    "user",
    "verbosity",
    "zero_data_retention",
];

/// Derives bodies; what was read of a `messages` array is kept for the fallbacks that inherit it.
pub(crate) struct Deriver<'a> {
    passed_tokens: Option<i64>,
    messages: Vec<(&'a str, Messages)>,
}

impl<'a> Deriver<'a> {
    /// With the input tokens of the posted body, where the caller counted them.
    pub(crate) fn new(passed_tokens: Option<i64>) -> Self {
        Self {
            passed_tokens,
            messages: Vec::new(),
        }
    }

    /// The facts of an effective body, its faults in order of appearance.
    ///
    /// Only the posted body's own members bring a chain to read into.
    pub(crate) fn derive(
        &mut self,
        members: &[Member<'a>],
        mut chain: Option<&mut ChainReader<'a>>,
        faults: &mut Faults,
    ) -> Body {
        let mut body = Body::default();
        let mut text = Text::default();
        let mut max_tokens = None;
        let mut keys = Keys::of(&FIELDS);
        for member in members {
            let object = Path::of(member.origin);
            let Some(name) = keys.admit(&member.key, &object, faults) else {
                continue;
            };
            let path = object.key(name);
            if Kind::of(member.value) == Kind::Null {
                if name == "model" {
                    faults.wrong_type(&path, member.value, "a string");
                    body.model = None;
                }
                continue;
            }
            if PARAMETERS.contains(&name) {
                body.parameters.insert(name.to_owned());
            }
            if member.origin.is_some() {
                body.paths.insert(name, path.to_string());
            }
            match name {
                "messages" => {
                    body.messages = true;
                    let messages = self.messages(member.value, &path, faults);
                    text.messages = messages.characters;
                    text.own |= member.origin.is_some();
                    counted_in(&mut body, &path);
                    note_messages(&mut body, messages);
                }
                "prompt" => {
                    body.prompt = true;
                    let prompt = prompt(member.value, &path, faults);
                    let characters = u64::try_from(prompt.chars().count());
                    text.prompt = characters.unwrap_or(u64::MAX);
                    text.own |= member.origin.is_some();
                    text.tagged = prompt.contains(TRANSCRIPT_TAG);
                    if !body.messages {
                        counted_in(&mut body, &path);
                    }
                }
                "max_tokens" | "max_completion_tokens" => {
                    let value = faults.integer(member.value, &path);
                    if let Some((other, before)) = max_tokens.replace((name, value))
                        && other != name
                        && before != value
                    {
                        let detail = diags::two_limits(other, name);
                        faults.push(FaultKind::AmbiguousField, &path, detail);
                    }
                    body.max_tokens = value;
                    if name != "max_tokens" {
                        body.paths.insert("max_tokens", path.to_string());
                    }
                }
                "fallbacks" => {
                    if let Some(chain) = &mut chain {
                        chain.entries(member.value, &path, self, faults);
                    }
                }
                "fallback_config" => {
                    if let Some(chain) = &mut chain {
                        chain.config(member.value, &path, faults);
                    }
                }
                _ => scalar(&mut body, name, member.value, &path, faults),
            }
        }
        if text.tagged && !body.has_transcript_tag {
            body.has_transcript_tag = true;
            let own = body.paths.get("prompt").cloned();
            let at = own.unwrap_or_else(|| "prompt".to_owned());
            body.paths.insert("has_transcript_tag", at);
        }
        let estimate = tokens::estimate(text.messages.saturating_add(text.prompt));
        let passed = self.passed_tokens.filter(|_| !text.own);
        body.input_tokens = passed.unwrap_or(estimate);
        body.input_tokens_estimated = passed.is_none();
        body
    }

    fn messages(&mut self, value: &'a str, path: &Path<'_>, faults: &mut Faults) -> Messages {
        let mut known = self.messages.iter();
        if let Some((_, messages)) = known.find(|(raw, _)| std::ptr::eq(*raw, value)) {
            return messages.clone();
        }
        let messages = Messages::read(value, path, faults);
        self.messages.push((value, messages.clone()));
        messages
    }
}

/// Characters of text, and whether a fallback brought any of it.
#[derive(Default)]
struct Text {
    messages: u64,
    prompt: u64,
    own: bool,
    tagged: bool,
}

/// Token counts are blamed on the messages, or on the prompt that stands in for them.
fn counted_in(body: &mut Body, path: &Path<'_>) {
    let at = path.to_string();
    for field in ["input_tokens", "input_tokens_estimated", "total_tokens"] {
        body.paths.insert(field, at.clone());
    }
}

fn note_messages(body: &mut Body, messages: Messages) {
    body.content = messages.content;
    if let Some(at) = messages.other_content {
        body.paths.insert("content", at);
    }
    body.has_transcript_tag = messages.tag.is_some();
    if let Some(at) = messages.tag {
        body.paths.insert("has_transcript_tag", at);
    }
    if messages.cache_control {
        body.parameters.insert("cache_control".to_owned());
    }
}

fn scalar(body: &mut Body, name: &'static str, value: &str, path: &Path<'_>, faults: &mut Faults) {
    match name {
        "model" => body.model = faults.string(value, path),
        "model_region" => body.model_region = faults.string(value, path),
        "service_tier" => body.service_tier = faults.string(value, path),
        "stream" => body.stream = faults.boolean(value, path).unwrap_or_default(),
        "zero_data_retention" => body.zero_data_retention = faults.boolean(value, path),
        "temperature" => body.temperature = decimal(value, path, faults),
        "top_p" => body.top_p = decimal(value, path, faults),
        "cache_control" => check_object(value, path, faults),
        "transcript_id" => {
            body.transcript_id = faults.string(value, path);
            let id = body.transcript_id.as_deref();
            body.transcript_id_malformed = id.is_some_and(|id| !is_transcript_id(id));
            derived_from(body, "transcript_id_malformed", path);
            derived_from(body, "has_transcript_id", path);
        }
        "tools" => {
            let tools = Tools::read(value, path, faults);
            body.tool_types = tools.types;
            let at = tools.other.unwrap_or_else(|| path.to_string());
            body.paths.insert("tool_types", at);
            if tools.cache_control {
                body.parameters.insert("cache_control".to_owned());
            }
        }
        "tool_choice" => body.tool_choice = tools::tool_choice(value, path, faults),
        "response_format" => {
            body.response_format = tools::response_format(value, path, faults);
            derived_from(body, "response_format", &path.key("type"));
        }
        "reasoning" => {
            body.reasoning_effort = tools::reasoning(value, path, faults);
            derived_from(body, "reasoning_effort", &path.key("effort"));
        }
        "post_processing_steps" => {
            body.post_processing = tools::post_processing(value, path, faults);
            derived_from(body, "post_processing", path);
        }
        // The rest are parameters whose values no rule reads.
        _ => {}
    }
}

/// The prompt's text, of whatever length.
fn prompt(value: &str, path: &Path<'_>, faults: &mut Faults) -> String {
    let text = json::string(value);
    if text.is_none() {
        faults.wrong_type(path, value, "a string");
    }
    text.unwrap_or_default()
}

fn derived_from(body: &mut Body, field: &'static str, path: &Path<'_>) {
    body.paths.insert(field, path.to_string());
}

fn decimal(value: &str, path: &Path<'_>, faults: &mut Faults) -> Option<Decimal> {
    let number = (Kind::of(value) == Kind::Number).then_some(value);
    let found = number.and_then(Decimal::from_json_number);
    if found.is_none() {
        faults.wrong_type(path, value, "a number");
    }
    found
}

/// The members of a posted body, or the one fault that it is.
pub(crate) fn open<'a>(bytes: &'a [u8], faults: &mut Faults) -> Option<Vec<Member<'a>>> {
    if let Some(members) = json::sound_object(bytes) {
        return Some(members);
    }
    let found = json::parse(bytes).and_then(|value| match json::lone_surrogate(value) {
        Some(at) => Err(diags::lone_surrogate(at)),
        None => Ok(value),
    });
    match found {
        Err(why) => {
            faults.push(FaultKind::InvalidJson, &Path::Root, why);
            None
        }
        Ok(value) if Kind::of(value) != Kind::Object => {
            faults.wrong_type(&Path::Root, value, "an object");
            None
        }
        Ok(value) => Some(faults.members(value, &Path::Root)),
    }
}

#[cfg(test)]
mod tests;
