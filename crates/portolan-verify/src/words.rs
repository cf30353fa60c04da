//! Classes of requests in the words of the rules language.

use portolan_core::decimal::Decimal;
use portolan_core::diagram::survey::{
    Bound, Bounded, Class, Flag, Number, SetField, TextField, Values,
};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::Type;
use portolan_core::request::{Auth, ChainFaultKind, FaultKind};
use portolan_core::text;

/// Values of one set that are named before the rest is counted.
const NAMED: usize = 5;

/// The bounds of a class, each as a condition that a rule could have.
pub fn class(engine: &Engine, class: &Class) -> Vec<String> {
    class.bounds.iter().map(|b| bound(engine, b)).collect()
}

/// One bound as a condition.
pub fn bound(engine: &Engine, bound: &Bound) -> String {
    let name = field(engine, bound.field);
    match &bound.values {
        Values::Codes { absent, from, last } => {
            codes(engine, bound.field, &name, *absent, (*from, *last))
        }
        Values::Rows { absent, rows } => {
            let keys = rows.iter().map(|row| key(engine, bound.field, *row));
            or_absent(&name, *absent, one_of(&name, &keys.collect::<Vec<_>>()))
        }
        Values::Texts {
            absent,
            from,
            until,
        } => {
            let said = from
                .as_ref()
                .map(|from| texts(&name, from, until.as_deref()));
            or_absent(&name, *absent, said)
        }
        Values::Words {
            words, others, has, ..
        } => set(&name, words, *others, *has),
    }
}

/// The condition that a bound is kept, so that a rule may have it.
pub fn within(engine: &Engine, bound: &Bound) -> Option<String> {
    let (name, said) = (field(engine, bound.field), self::bound(engine, bound));
    match &bound.values {
        Values::Texts {
            absent: true,
            from: Some(_),
            ..
        }
        | Values::Words { .. } => None,
        Values::Texts { absent: false, .. }
            if said.contains(" == ") || said.contains(" matches ") =>
        {
            Some(format!("({name} is set and {said})"))
        }
        Values::Codes { .. } | Values::Rows { .. } | Values::Texts { .. } => {
            let readable = !said.contains(", or ")
                && !said.starts_with("any ")
                && !said.contains(" after ")
                && !said.contains(" before ")
                && !said.contains(" between ");
            readable.then_some(said)
        }
    }
}

/// The condition that a bound is not kept, where that is said in a few words.
pub fn unless(engine: &Engine, bound: &Bound) -> Option<String> {
    let name = field(engine, bound.field);
    let said = self::bound(engine, bound);
    let optional = matches!(bound.field, Bounded::Text(_));
    match &bound.values {
        Values::Texts {
            absent: true,
            from: None,
            ..
        } => Some(format!("{name} is set")),
        Values::Texts { absent: false, .. } if optional => {
            let other = said.replacen(" == ", " != ", 1);
            let plain = other != said;
            plain.then(|| format!("{name} is not set or {other}"))
        }
        Values::Codes { .. } | Values::Rows { .. } => {
            if let Some(positive) = said.strip_prefix("not ") {
                return Some(positive.to_owned());
            }
            if let Some(name) = said.strip_suffix(" is not set") {
                return Some(format!("{name} is set"));
            }
            if said.contains(" is not set, or ") || said.starts_with("any ") {
                return None;
            }
            if let Some(name) = said.strip_suffix(" is set") {
                return Some(format!("{name} is not set"));
            }
            Some(if said == name {
                format!("not {name}")
            } else {
                format!("not ({said})")
            })
        }
        Values::Texts { .. } | Values::Words { .. } => None,
    }
}

/// A field as rules name it.
pub fn field(engine: &Engine, field: Bounded) -> String {
    let own = match field {
        Bounded::Flag(flag) => match flag {
            Flag::Auth => "auth",
            Flag::Fault => "fault",
            Flag::ChainFault => "fallback_fault",
            Flag::Messages => "messages",
            Flag::Prompt => "prompt",
            Flag::Stream => "stream",
            Flag::Estimated => "input_tokens_estimated",
            Flag::ZeroDataRetention => "zero_data_retention",
            Flag::MalformedTranscript => "transcript_id_malformed",
            Flag::HasTranscriptId => "has_transcript_id",
            Flag::HasTranscriptTag => "has_transcript_tag",
            Flag::Retry => "fallback_retry",
        },
        Bounded::Attribute(index) => {
            let attribute = engine.policy().attributes.get(usize::from(index));
            attribute.map_or("", |attribute| &attribute.name)
        }
        Bounded::Set(set) => match set {
            SetField::PostProcessing => "post_processing",
            SetField::Content => "content",
            SetField::ToolTypes => "tool_types",
            SetField::Parameters => "parameters",
        },
        Bounded::Text(text) => match text {
            TextField::AuthHeader => "auth_header",
            TextField::Model => "model",
            TextField::ModelRegion => "model_region",
            TextField::ToolChoice => "tool_choice",
            TextField::ResponseFormat => "response_format",
            TextField::ReasoningEffort => "reasoning_effort",
            TextField::ServiceTier => "service_tier",
            TextField::TranscriptId => "transcript_id",
            TextField::FaultPath => "fault_path",
            TextField::FaultDetail => "fault_detail",
        },
        Bounded::At => "at",
        Bounded::Number(number) => match number {
            Number::Temperature => "temperature",
            Number::TopP => "top_p",
            Number::Depth => "fallback_depth",
            Number::Count => "fallback_count",
            Number::MaxTokens => "max_tokens",
            Number::InputTokens => "input_tokens",
            Number::TotalTokens => "total_tokens",
        },
    };
    format!("request.{own}")
}

/// Codes between two, both included.
fn codes(
    engine: &Engine,
    field: Bounded,
    name: &str,
    absent: bool,
    (from, last): (i64, i64),
) -> String {
    let there = from <= last;
    let named = |names: Vec<(i64, String)>| {
        let within = names
            .into_iter()
            .filter(|(code, _)| (from..=last).contains(code));
        one_of(name, &within.map(|(_, name)| name).collect::<Vec<_>>())
    };
    let said = match field {
        Bounded::Flag(flag) => match flag {
            Flag::Auth => named(numbered(0, Auth::NAMES.iter().map(|(name, _)| *name))),
            Flag::Fault => named(numbered(
                0,
                none_and(FaultKind::NAMES.iter().map(|(n, _)| *n)),
            )),
            Flag::ChainFault => named(numbered(
                0,
                none_and(ChainFaultKind::NAMES.iter().map(|(n, _)| *n)),
            )),
            Flag::Messages | Flag::Prompt => {
                let set = there && last >= 1;
                return match (absent, set) {
                    (true, false) => format!("{name} is not set"),
                    (false, true) => format!("{name} is set"),
                    (true, true) | (false, false) => format!("any {name}"),
                };
            }
            Flag::Stream
            | Flag::Estimated
            | Flag::ZeroDataRetention
            | Flag::MalformedTranscript
            | Flag::HasTranscriptId
            | Flag::HasTranscriptTag
            | Flag::Retry => yes_or_no(name, from, last),
        },
        Bounded::Attribute(index) => {
            let attribute = engine.policy().attributes.get(usize::from(index));
            match attribute.map(|attribute| &attribute.of) {
                Some(Type::Choice(words)) => named(numbered(0, words.iter().map(|word| &**word))),
                Some(of) if *of == Type::Bool => yes_or_no(name, from, last),
                _ => there.then(|| range(name, (from, last), &|number| number.to_string())),
            }
        }
        Bounded::At => {
            return range(name, (from, last), &|second| {
                Instant::from_unix_seconds(second).short()
            });
        }
        Bounded::Number(Number::Temperature | Number::TopP) => there.then(|| {
            range(name, (from, last), &|billionths| {
                Decimal::from_billionths(billionths).to_string()
            })
        }),
        Bounded::Number(_) => {
            there.then(|| range(name, (from, last), &|number| number.to_string()))
        }
        Bounded::Set(_) | Bounded::Text(_) => None,
    };
    or_absent(name, absent, said)
}

fn numbered<'n>(first: i64, names: impl Iterator<Item = &'n str>) -> Vec<(i64, String)> {
    (first..).zip(names.map(str::to_owned)).collect()
}

fn none_and<'n>(names: impl Iterator<Item = &'n str>) -> impl Iterator<Item = &'n str> {
    std::iter::once("none").chain(names)
}

fn yes_or_no(name: &str, from: i64, last: i64) -> Option<String> {
    match (from <= 0 && last >= 0, from <= 1 && last >= 1) {
        (true, true) => Some(format!("{name} is set")),
        (true, false) => Some(format!("not {name}")),
        (false, true) => Some(name.to_owned()),
        (false, false) => None,
    }
}

/// A range of numbers or instants, its open ends left out.
fn range(name: &str, (from, last): (i64, i64), show: &dyn Fn(i64) -> String) -> String {
    // The lowest value there is stands for being there at all.
    let low = from > i64::MIN + 1;
    let high = last < i64::MAX;
    match (low, high) {
        (true, true) if from == last => format!("{name} == {}", show(from)),
        (true, true) => format!("{name} >= {} and {name} <= {}", show(from), show(last)),
        (true, false) => format!("{name} >= {}", show(from)),
        (false, true) => format!("{name} <= {}", show(last)),
        (false, false) => format!("{name} is set"),
    }
}

/// Texts from one on, and before another.
fn texts(name: &str, from: &[u8], until: Option<&[u8]>) -> String {
    let show = |bytes: &[u8]| format!("{:?}", text::echo(&String::from_utf8_lossy(bytes)));
    match until {
        Some(until) if until.split_last() == Some((&0, from)) => {
            format!("{name} == {}", show(from))
        }
        Some(until) if prefix_ends(from, until) => {
            let glob = format!("{}*", String::from_utf8_lossy(from));
            format!("{name} matches {}", show(glob.as_bytes()))
        }
        None if from.is_empty() => format!("{name} is set"),
        None => format!("{name} after {}", show(trimmed(from))),
        Some(until) if from.is_empty() => format!("{name} before {}", show(trimmed(until))),
        Some(until) => {
            format!(
                "{name} between {} and {}",
                show(trimmed(from)),
                show(trimmed(until))
            )
        }
    }
}

/// Says whether a range holds the texts that begin alike, and no other.
fn prefix_ends(from: &[u8], until: &[u8]) -> bool {
    match (from.split_last(), until.split_last()) {
        (Some((last, before)), Some((end, same))) => {
            before == same && last.checked_add(1) == Some(*end)
        }
        (Some(_) | None, _) => false,
    }
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(&[0]).unwrap_or(bytes)
}

fn set(name: &str, words: &[Box<str>], others: bool, has: bool) -> String {
    let quoted = words.iter().map(|word| format!("{:?}", text::echo(word)));
    let mut said: Vec<String> = listed(&quoted.collect::<Vec<_>>());
    if others {
        said.push("a word that nothing here names".to_owned());
    }
    let said = said.join(", ");
    if has {
        format!("{name} has {said}")
    } else {
        format!("{name} has none of {said}")
    }
}

fn one_of(name: &str, values: &[String]) -> Option<String> {
    match values {
        [] => None,
        [only] => Some(format!("{name} == {only}")),
        many => Some(format!("{name} in {{ {} }}", listed(many).join(", "))),
    }
}

/// The first few, and how many more there are.
fn listed(values: &[String]) -> Vec<String> {
    let mut shown: Vec<String> = values.iter().take(NAMED).cloned().collect();
    if values.len() > NAMED {
        shown.push(format!("and {} more", values.len() - NAMED));
    }
    shown
}

fn or_absent(name: &str, absent: bool, said: Option<String>) -> String {
    match (absent, said) {
        (true, None) => format!("{name} is not set"),
        (true, Some(said)) => format!("{name} is not set, or {said}"),
        (false, Some(said)) => said,
        (false, None) => format!("no {name}"),
    }
}

fn key(engine: &Engine, field: Bounded, row: u32) -> String {
    let policy = engine.policy();
    let Bounded::Attribute(index) = field else {
        return String::new();
    };
    let attribute = policy.attributes.get(usize::from(index));
    let table = attribute.and_then(|attribute| {
        if let Type::Key(table) = attribute.of {
            policy.tables.get(table as usize)
        } else {
            None
        }
    });
    let key = table.and_then(|table| table.keys.get(row as usize));
    key.map_or(String::new(), |key| format!("{:?}", text::echo(key)))
}
