//! One body, or one entry of `fallbacks`, as the members that say it.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::decimal::Decimal;
use portolan_core::request::{Body, Fault, FaultKind};

use super::text::{Said, Words};
use super::{FIELDS, Object, array};
use crate::diags::{BEYOND_64_BITS, NOT_WHOLE};
use crate::json::Kind;
use crate::posted::quote;

/// Fields in the order in which they are written, before the other parameters.
const ORDER: [&str; 16] = [
    "model",
    "messages",
    "prompt",
    "model_region",
    "max_tokens",
    "temperature",
    "top_p",
    "stream",
    "tools",
    "tool_choice",
    "response_format",
    "reasoning",
    "service_tier",
    "zero_data_retention",
    "transcript_id",
    "post_processing_steps",
];

/// Parameters of which a rule reads only that they are used, with a value that would be taken.
const BARE: [(&str, &str); 19] = [
    ("frequency_penalty", "0"),
    ("logit_bias", "{}"),
    ("logprobs", "true"),
    ("min_p", "0"),
    ("modalities", "[]"),
    ("n", "1"),
    ("parallel_tool_calls", "true"),
    ("prediction", "{}"),
    ("presence_penalty", "0"),
    ("prompt_cache_key", "\"x\""),
    ("prompt_cache_retention", "\"24h\""),
    ("reasoning_effort", "\"low\""),
    ("repetition_penalty", "1"),
    ("seed", "0"),
    ("stop", "[]"),
    ("stream_options", "{}"),
    ("top_k", "1"),
    ("top_logprobs", "0"),
    ("verbosity", "\"low\""),
];

/// The steps, where a fault is put that disturbs nothing else.
const STEPS: &str = "post_processing_steps";
const CACHE: &str = "cache_control";
/// A field of no meaning.
const OTHER: &str = "x";

/// Where the posted body keeps its `cache_control`: a fallback is rid of it by what it replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    /// Beside the other fields, where it stays.
    Body,
    /// In a tool.
    Tools,
    /// In a message.
    Messages,
}

impl Carrier {
    /// Where a fallback can be rid of it.
    pub(super) const ELSEWHERE: [Self; 2] = [Self::Tools, Self::Messages];
}

/// The body that is no object and so nothing but this fault, as the envelope holds it.
pub(super) fn not_an_object(fault: &Fault) -> Option<String> {
    if *fault == Fault::simplest(FaultKind::InvalidJson) {
        return Some(quote(""));
    }
    let whole = fault.kind == FaultKind::WrongType && fault.path.is_empty();
    let found = found(&fault.detail).filter(|_| whole)?;
    Some(quote(found))
}

/// A value of the kind that a fault's words say was found.
fn found(detail: &str) -> Option<&'static str> {
    let (found, _) = detail.split_once(", expected ")?;
    let values = [
        (Kind::Null, "null"),
        (Kind::Bool, "false"),
        (Kind::Number, "0"),
        (Kind::String, "\"\""),
        (Kind::Array, "[]"),
        (Kind::Object, "{}"),
    ];
    let mut values = values.into_iter();
    let value = values.find(|(kind, _)| kind.name() == found);
    value.map(|(_, value)| value).or(match found {
        NOT_WHOLE => Some("0.5"),
        BEYOND_64_BITS => Some("9223372036854775808"),
        _ => None,
    })
}

/// Members of a body in the making.
#[derive(Default)]
pub(super) struct Fields {
    known: BTreeMap<&'static str, String>,
    /// Written before everything else: a fault counts that stands first.
    first: Vec<(&'static str, String)>,
    last: Vec<(&'static str, String)>,
    steps: Vec<String>,
}

impl Fields {
    /// The posted body.
    pub(super) fn posted(body: &Body, said: &Said, carrier: Carrier) -> Self {
        let mut fields = Self::over(body, &Body::default(), said);
        if body.parameters.contains(CACHE) {
            match (carrier, said.messages) {
                (Carrier::Body, _) => fields.put(CACHE, Object::default().close()),
                (Carrier::Tools, _) if fields.known.contains_key("tools") => {
                    fields.set("tools", write_tools(&body.tool_types, true));
                }
                (Carrier::Messages, Some(words)) => {
                    fields.set("messages", write_messages(&body.content, words, true));
                }
                (Carrier::Tools, _) | (Carrier::Messages, None) => {}
            }
        }
        fields
    }

    /// One entry: what differs from the posted body, and the model, which is never taken over.
    pub(super) fn fallback(body: &Body, outer: &Body, said: &Said, carrier: Carrier) -> Self {
        let (wanted, cached) = (
            body.parameters.contains(CACHE),
            outer.parameters.contains(CACHE),
        );
        let outer = Body {
            model: None,
            ..outer.clone()
        };
        let mut fields = Self::over(body, &outer, said);
        if carrier == Carrier::Tools && cached && !wanted {
            fields.set("tools", write_tools(&body.tool_types, false));
        }
        let replaced = match carrier {
            Carrier::Body => false,
            Carrier::Tools => fields.known.contains_key("tools"),
            Carrier::Messages => said.messages.is_some(),
        };
        if wanted && (!cached || replaced) {
            fields.put(CACHE, Object::default().close());
        }
        fields
    }

    fn over(body: &Body, outer: &Body, said: &Said) -> Self {
        let mut fields = Self::default();
        fields.scalars(body, outer);
        let is_new =
            |name: &str| body.parameters.contains(name) && !outer.parameters.contains(name);
        if is_new("tools") || body.tool_types != outer.tool_types {
            fields.set("tools", write_tools(&body.tool_types, false));
        }
        if let Some(words) = said.messages {
            fields.set("messages", write_messages(&body.content, words, false));
        }
        if let Some(words) = said.prompt {
            fields.set("prompt", quote(&words.write()));
        }
        if is_new("reasoning") || body.reasoning_effort != outer.reasoning_effort {
            let effort = body.reasoning_effort.iter();
            let effort = effort.map(|effort| ("effort", quote(effort)));
            fields.set("reasoning", Object::of(effort));
        }
        if body.post_processing != outer.post_processing {
            let steps = body.post_processing.iter();
            let steps = steps.map(|kind| Object::of([("type", quote(kind))]));
            fields.steps = steps.collect();
            fields.set(STEPS, String::new());
        }
        let used = BARE.into_iter().filter(|(name, _)| is_new(name));
        let used = used.map(|(name, value)| (name, value.to_owned()));
        fields.last.extend(used);
        fields
    }

    fn scalars(&mut self, body: &Body, outer: &Body) {
        let differs = |a: &Option<String>, b: &Option<String>| (a != b).then(|| a.clone())?;
        let number = |a: Option<Decimal>, b| a.filter(|_| a != b).map(|n| n.to_string());
        let choice = differs(&body.tool_choice, &outer.tool_choice);
        let format = differs(&body.response_format, &outer.response_format);
        let text = |a, b| differs(a, b).map(|text| quote(&text));
        let retention = body.zero_data_retention;
        let retention = retention.filter(|_| retention != outer.zero_data_retention);
        let limit = body
            .max_tokens
            .filter(|_| body.max_tokens != outer.max_tokens);
        let stream = (body.stream != outer.stream).then(|| body.stream.to_string());
        for (name, value) in [
            ("model", text(&body.model, &outer.model)),
            (
                "model_region",
                text(&body.model_region, &outer.model_region),
            ),
            (
                "service_tier",
                text(&body.service_tier, &outer.service_tier),
            ),
            (
                "transcript_id",
                text(&body.transcript_id, &outer.transcript_id),
            ),
            ("max_tokens", limit.map(|n| n.to_string())),
            ("temperature", number(body.temperature, outer.temperature)),
            ("top_p", number(body.top_p, outer.top_p)),
            ("stream", stream),
            ("zero_data_retention", retention.map(|b| b.to_string())),
            ("tool_choice", choice.map(|word| write_tool_choice(&word))),
            (
                "response_format",
                format.map(|kind| write_response_format(&kind)),
            ),
        ] {
            if let Some(value) = value {
                self.set(name, value);
            }
        }
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.known.insert(name, value);
    }

    /// Adds a member behind the others.
    pub(super) fn put(&mut self, name: &'static str, value: String) {
        self.last.push((name, value));
    }

    /// Puts a fault in, as far as it is one that can be put simply.
    pub(super) fn spoil(&mut self, fault: &Fault) {
        let missing = Fault::simplest(FaultKind::MissingField);
        let wrong = Fault::simplest(FaultKind::WrongType);
        if *fault == Fault::simplest(FaultKind::AmbiguousField) {
            let nothing = || (OTHER, "0".to_owned());
            self.first.extend([nothing(), nothing()]);
        } else if *fault == missing || *fault == wrong {
            let step = if *fault == wrong { "0" } else { "{}" };
            self.steps.insert(0, step.to_owned());
            self.set(STEPS, String::new());
        } else if fault.kind == FaultKind::WrongType
            && let Some(name) = FIELDS.into_iter().find(|field| *field == fault.path)
            && let Some(value) = found(&fault.detail)
        {
            self.known.remove(name);
            self.last.retain(|(other, _)| *other != name);
            self.first.push((name, value.to_owned()));
        }
    }

    pub(super) fn close(mut self) -> String {
        if let Some(steps) = self.known.get_mut(STEPS) {
            *steps = array(std::mem::take(&mut self.steps));
        }
        let known = ORDER.into_iter();
        let known = known.filter_map(|name| Some((name, self.known.remove(name)?)));
        let known: Vec<_> = known.collect();
        Object::of(self.first.into_iter().chain(known).chain(self.last))
    }
}

fn write_tools(types: &BTreeSet<String>, cached: bool) -> String {
    let mut cached = cached;
    array(types.iter().map(|kind| {
        let function = (kind == "function").then(|| ("function", named()));
        let cache = std::mem::take(&mut cached).then(cache_control);
        let kind = ("type", quote(kind));
        Object::of([kind].into_iter().chain(function).chain(cache))
    }))
}

fn write_messages(content: &BTreeSet<String>, words: Words, cached: bool) -> String {
    let text = || quote(&words.write());
    let only_text = content.len() == 1 && content.contains("text");
    let parts = content.iter().map(|kind| {
        let text = (kind == "text").then(|| ("text", text()));
        Object::of([("type", quote(kind))].into_iter().chain(text))
    });
    let content = match content.is_empty() {
        true => None,
        false if only_text => Some(text()),
        false => Some(array(parts)),
    };
    let cache = cached.then(cache_control);
    if content.is_none() && cache.is_none() {
        return array([]);
    }
    let role = ("role", quote("user"));
    let content = content.map(|content| ("content", content));
    array([Object::of([role].into_iter().chain(content).chain(cache))])
}

fn cache_control() -> (&'static str, String) {
    (CACHE, Object::default().close())
}

/// `function` is said by an object; every other word by itself.
fn write_tool_choice(word: &str) -> String {
    if word == "function" {
        return Object::of([("type", quote(word)), ("function", named())]);
    }
    quote(word)
}

fn write_response_format(kind: &str) -> String {
    let schema = || {
        let empty = ("schema", Object::default().close());
        let name = ("name", quote(OTHER));
        ("json_schema", Object::of([name, empty]))
    };
    let schema = (kind == "json_schema").then(schema);
    Object::of([("type", quote(kind))].into_iter().chain(schema))
}

/// What a function must have.
fn named() -> String {
    Object::of([("name", quote(OTHER))])
}
