//! A request with some fields changed so that it is in a class, as little as will do.

use std::collections::BTreeSet;

use portolan_core::decimal::Decimal;
use portolan_core::diagram::survey::{Bounded, Class, Flag, Number, SetField, TextField, Values};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::BodyField;
use portolan_core::request::{Body, Chain, Draft, Request};

use super::field::{Field, follows};
use crate::witness::witness;

/// The request in a class, with fields that follow from others, and as it is where that is
/// something else; nothing where these fields cannot be changed so.
pub(super) fn apply(
    engine: &Engine,
    draft: &Draft,
    request: &Request,
    class: &Class,
    fields: &[Field],
) -> Vec<Draft> {
    let Some(raw) = changed(engine, draft, request, class, fields) else {
        return Vec::new();
    };
    let mut tied = raw.clone();
    tie(&draft.body, &mut tied.body, fields);
    if tied == raw {
        vec![raw]
    } else {
        vec![tied, raw]
    }
}

/// A request without fallbacks.
pub(super) fn without_fallbacks(draft: &mut Draft) {
    draft.fallbacks.clear();
    draft.chain = Chain {
        depth: draft.chain.depth,
        retry: draft.chain.retry,
        ..Chain::default()
    };
}

fn changed(
    engine: &Engine,
    draft: &Draft,
    request: &Request,
    class: &Class,
    fields: &[Field],
) -> Option<Draft> {
    // Numbers and dates are to be near what they were; the rest may be the smallest there is.
    let mut others = class.clone();
    others.bounds.retain(|bound| match bound.field {
        Bounded::Number(_) | Bounded::At | Bounded::Set(_) => false,
        Bounded::Flag(_) | Bounded::Attribute(_) | Bounded::Text(_) => true,
    });
    let smallest = witness(engine, &others)?;
    let mut changed = draft.clone();
    for field in fields {
        match field {
            Field::Model => changed.body.model = Some(class.id.to_string()),
            Field::Endpoint => {
                let endpoint = engine.catalog().endpoint(class.endpoint)?;
                changed.endpoint = Some(endpoint.name.to_string());
            }
            Field::At => changed.at = moment(class, draft.at)?,
            Field::Attribute(position) => {
                let attribute = engine.policy().attributes.get(usize::from(*position))?;
                let value = smallest.attributes.get(&*attribute.name);
                match value {
                    Some(value) => {
                        let name = attribute.name.to_string();
                        changed.attributes.insert(name, value.clone());
                    }
                    None => {
                        changed.attributes.remove(&*attribute.name);
                    }
                }
            }
            Field::Fallbacks => without_fallbacks(&mut changed),
            Field::Flag(flag) => flag_from(*flag, &smallest, &mut changed),
            Field::Text(text) => text_from(*text, &smallest.body, &mut changed.body),
            Field::Set(set) => set_near(*set, class, &mut changed.body)?,
            Field::Number(number) => {
                number_near(engine, request, class, *number, fields, &mut changed)?;
            }
        }
    }
    Some(changed)
}

/// The first instant from another on that is in a class.
fn moment(class: &Class, from: Instant) -> Option<Instant> {
    let (mut first, mut last) = (from.unix_seconds(), i64::MAX);
    for bound in &class.bounds {
        if let (
            Bounded::At,
            Values::Codes {
                from, last: end, ..
            },
        ) = (bound.field, &bound.values)
        {
            first = first.max(*from);
            last = last.min(*end);
        }
    }
    if let Some(begins) = class.window.from {
        first = first.max(begins.unix_seconds());
    }
    if let Some(ends) = class.window.until {
        last = last.min(ends.unix_seconds() - 1);
    }
    let at = Instant::from_unix_seconds(first);
    (first <= last && at > from).then_some(at)
}

/// What a class says of a number: whether it may be absent, and from where to where it is.
fn range(class: &Class, number: Number) -> (bool, i64, i64) {
    let bounds = class.bounds.iter();
    let mut own = bounds.filter(|bound| bound.field == Bounded::Number(number));
    match own.next().map(|bound| &bound.values) {
        Some(Values::Codes { absent, from, last }) => (*absent, *from, *last),
        Some(Values::Rows { .. } | Values::Texts { .. } | Values::Words { .. }) | None => {
            (true, i64::MIN, i64::MAX)
        }
    }
}

/// The nearest to a number between two others.
fn nearest(value: i64, from: i64, last: i64) -> Option<i64> {
    (from <= last).then(|| value.clamp(from, last))
}

fn number_near(
    engine: &Engine,
    request: &Request,
    class: &Class,
    number: Number,
    fields: &[Field],
    changed: &mut Draft,
) -> Option<()> {
    let (absent, from, last) = range(class, number);
    match number {
        Number::MaxTokens => {
            let (_, low, room) = range(class, Number::TotalTokens);
            let default = engine.policy().defaults.get(&BodyField::MaxTokens).copied();
            // Where the input may change too, it makes room by itself.
            let input = if fields.contains(&Field::Number(Number::InputTokens)) {
                None
            } else {
                Some(changed.body.input_tokens)
            };
            let (mut from, mut last) = (from, last);
            if let Some(input) = input {
                last = last.min(room.saturating_sub(input));
                if low > input {
                    from = from.max(low.saturating_sub(input));
                }
            }
            let wanted = request.primary().body.max_tokens;
            let value = nearest(wanted.unwrap_or(0), from, last);
            let left_out = absent && default.is_none();
            changed.body.max_tokens = match value {
                _ if left_out && wanted.is_none() => None,
                Some(value) => Some(value).filter(|value| default != Some(*value)),
                None if left_out => None,
                None => return None,
            };
        }
        Number::InputTokens => {
            let (_, low, room) = range(class, Number::TotalTokens);
            let default = engine.policy().defaults.get(&BodyField::MaxTokens).copied();
            let output = changed.body.max_tokens.or(default).unwrap_or(0).max(0);
            let from = from.max(low.saturating_sub(output)).max(0);
            let last = last.min(room.saturating_sub(output));
            changed.body.input_tokens = nearest(changed.body.input_tokens, from, last)?;
        }
        Number::Temperature => {
            let value = decimal_near(changed.body.temperature, absent, from, last)?;
            changed.body.temperature = value;
        }
        Number::TopP => changed.body.top_p = decimal_near(changed.body.top_p, absent, from, last)?,
        Number::Depth => {
            let wanted = request_depth(engine, changed);
            changed.chain.depth = match nearest(wanted.unwrap_or(0), from, last) {
                Some(value) if wanted.is_some() || !absent => Some(value),
                Some(_) => None,
                None if absent => None,
                None => return None,
            };
        }
        Number::Count | Number::TotalTokens => {}
    }
    Some(())
}

fn request_depth(engine: &Engine, draft: &Draft) -> Option<i64> {
    let default = engine.policy().defaults.get(&BodyField::FallbackDepth);
    draft.chain.depth.or(default.copied())
}

#[expect(
    clippy::option_option,
    reason = "the outer says whether there is a value, the inner whether the field is there"
)]
fn decimal_near(
    value: Option<Decimal>,
    absent: bool,
    from: i64,
    last: i64,
) -> Option<Option<Decimal>> {
    let near = nearest(value.map_or(0, Decimal::billionths), from, last);
    match (value, near) {
        (Some(_), Some(near)) => Some(Some(Decimal::from_billionths(near))),
        (_, _) if absent => Some(None),
        (None, Some(near)) => Some(Some(Decimal::from_billionths(near))),
        (_, None) => None,
    }
}

/// Takes the words away that a class does not want, and adds those that it does.
fn set_near(set: SetField, class: &Class, body: &mut Body) -> Option<()> {
    let own = match set {
        SetField::PostProcessing => &mut body.post_processing,
        SetField::Content => &mut body.content,
        SetField::ToolTypes => &mut body.tool_types,
        SetField::Parameters => &mut body.parameters,
    };
    let mut needed: Vec<&[Box<str>]> = Vec::new();
    let mut banned: BTreeSet<&str> = BTreeSet::new();
    for bound in &class.bounds {
        let Values::Words {
            words,
            others,
            besides,
            has,
        } = &bound.values
        else {
            continue;
        };
        if bound.field != Bounded::Set(set) {
            continue;
        }
        if *has {
            needed.push(words);
            continue;
        }
        banned.extend(words.iter().map(|word| &**word));
        if *others {
            own.retain(|word| besides.iter().any(|known| **known == **word));
        }
    }
    own.retain(|word| !banned.contains(word.as_str()));
    for words in needed {
        if words.iter().any(|word| own.contains(&**word)) {
            continue;
        }
        // A word that no rule names is not worth naming to anybody.
        let first = words.iter().find(|word| !banned.contains(&***word))?;
        own.insert(first.to_string());
    }
    Some(())
}

fn flag_from(flag: Flag, from: &Draft, to: &mut Draft) {
    match flag {
        Flag::Auth => {
            to.auth = from.auth;
            to.auth_header.clone_from(&from.auth_header);
        }
        Flag::Fault => to.body.faults.clone_from(&from.body.faults),
        Flag::Messages => to.body.messages = from.body.messages,
        Flag::Prompt => to.body.prompt = from.body.prompt,
        Flag::Stream => to.body.stream = from.body.stream,
        Flag::Estimated => to.body.input_tokens_estimated = from.body.input_tokens_estimated,
        Flag::ZeroDataRetention => to.body.zero_data_retention = from.body.zero_data_retention,
        Flag::HasTranscriptTag => to.body.has_transcript_tag = from.body.has_transcript_tag,
        Flag::Retry => to.chain.retry = from.chain.retry,
        Flag::HasTranscriptId | Flag::MalformedTranscript => {
            text_from(TextField::TranscriptId, &from.body, &mut to.body);
        }
        Flag::ChainFault => without_fallbacks(to),
    }
}

fn text_from(text: TextField, from: &Body, to: &mut Body) {
    match text {
        TextField::ModelRegion => to.model_region.clone_from(&from.model_region),
        TextField::ToolChoice => to.tool_choice.clone_from(&from.tool_choice),
        TextField::ResponseFormat => to.response_format.clone_from(&from.response_format),
        TextField::ReasoningEffort => to.reasoning_effort.clone_from(&from.reasoning_effort),
        TextField::ServiceTier => to.service_tier.clone_from(&from.service_tier),
        TextField::TranscriptId => {
            to.transcript_id.clone_from(&from.transcript_id);
            to.transcript_id_malformed = from.transcript_id_malformed;
        }
        TextField::AuthHeader
        | TextField::Model
        | TextField::FaultPath
        | TextField::FaultDetail => {}
    }
}

/// The parameters that a body uses are those of its fields: what is left out of one is left out of
/// the other.
fn tie(before: &Body, after: &mut Body, fields: &[Field]) {
    let removed = |body: &Body, name: &str| {
        before.parameters.contains(name) && !body.parameters.contains(name)
    };
    if fields.contains(&Field::Set(SetField::Parameters)) {
        if removed(after, "temperature") {
            after.temperature = None;
        }
        if removed(after, "top_p") {
            after.top_p = None;
        }
        if removed(after, "tool_choice") {
            after.tool_choice = None;
        }
        if removed(after, "response_format") {
            after.response_format = None;
        }
        if removed(after, "reasoning") {
            after.reasoning_effort = None;
        }
        if removed(after, "tools") {
            after.tool_types.clear();
        }
    }
    if !fields.iter().any(|field| follows(*field)) {
        return;
    }
    let there = [
        (
            "temperature",
            before.temperature.is_some(),
            after.temperature.is_some(),
        ),
        ("top_p", before.top_p.is_some(), after.top_p.is_some()),
        (
            "tool_choice",
            before.tool_choice.is_some(),
            after.tool_choice.is_some(),
        ),
        (
            "response_format",
            before.response_format.is_some(),
            after.response_format.is_some(),
        ),
        (
            "reasoning",
            before.reasoning_effort.is_some(),
            after.reasoning_effort.is_some(),
        ),
        (
            "tools",
            !before.tool_types.is_empty(),
            !after.tool_types.is_empty(),
        ),
    ];
    for (name, was, is) in there {
        if was && !is {
            after.parameters.remove(name);
        } else if is && !was {
            after.parameters.insert(name.to_owned());
        }
    }
}
