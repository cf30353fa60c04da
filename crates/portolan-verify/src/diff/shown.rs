//! The bounds of a region in words, as a rule would write them.

use portolan_core::decimal::Decimal;
use portolan_core::diagram::survey::pair::{Axis, Coding, Kind, Span};
use portolan_core::diagram::survey::{Flag, Number, SetField, TextField};
use portolan_core::instant::Instant;
use portolan_core::policy::{Scope, StateFact};
use portolan_core::request::{Auth, ChainFaultKind, FaultKind};

use super::boxes::{Dimension, Region};

/// Everything that is true of a region's requests beside model, endpoint and role.
pub(super) fn conditions(region: &Region, coding: &Coding) -> Vec<String> {
    let each = region
        .iter()
        .filter_map(|(dimension, spans)| match dimension {
            Dimension::Axis(axis) => Some(condition(*axis, spans, coding)),
            Dimension::Role | Dimension::Endpoint | Dimension::Model => None,
        });
    each.collect()
}

fn condition(axis: Axis, spans: &[Span], coding: &Coding) -> String {
    match axis {
        Axis::Flag(flag) => {
            let (name, of) = flag_name(flag);
            listed(&format!("request.{name}"), spans, &|code| word(of, code))
        }
        Axis::Attribute(index) => {
            let Some(shared) = coding.attributes.get(usize::from(index)) else {
                return String::new();
            };
            let name = format!("request.{}", shared.name);
            match &shared.of {
                Kind::Bool => listed(&name, spans, &|code| word(Words::Bool, code)),
                Kind::Words(words) => listed(&name, spans, &|code| {
                    let keys = usize::try_from(code).ok().and_then(|at| words.get(at));
                    keys.map_or(String::new(), |keys| match &**keys {
                        [first, second, rest @ ..] if rest.len() > NAMED => {
                            format!("{first}, {second} and {} more", rest.len())
                        }
                        keys => keys.join(", "),
                    })
                }),
                Kind::Integer => numbers(&name, true, spans, &|code| code.to_string()),
                Kind::Text(bounds) => texts(&name, spans, bounds),
            }
        }
        Axis::Words(set, mask) => {
            let name = format!("request.{}", set_name(set));
            let names = coding.words.get(&set).map_or(&[][..], Vec::as_slice);
            let bits = (0u32..).zip(names).filter(|(bit, _)| mask >> bit & 1 == 1);
            let mut words: Vec<String> = bits.map(|(_, word)| format!("\"{word}\"")).collect();
            let others = mask >> 127 & 1 == 1;
            let has = spans == [(1, 1)];
            if others {
                let bits = (0u32..).zip(names).filter(|(bit, _)| mask >> bit & 1 == 0);
                words = bits.map(|(_, word)| format!("\"{word}\"")).collect();
                let not = if has { "not " } else { "" };
                return format!("{name} {not}subset of {{ {} }}", words.join(", "));
            }
            let not = if has { "" } else { "not " };
            format!("{not}{name} overlaps {{ {} }}", words.join(", "))
        }
        Axis::Text(text) => {
            let bounds = coding.texts.get(&text).map_or(&[][..], Vec::as_slice);
            texts(&format!("request.{}", text_name(text)), spans, bounds)
        }
        Axis::At => numbers("request.at", false, spans, &|code| {
            Instant::from_unix_seconds(code).short()
        }),
        Axis::Number(number) => {
            let decimal = matches!(number, Number::Temperature | Number::TopP);
            numbers(
                &format!("request.{}", number_name(number)),
                !matches!(
                    number,
                    Number::Count | Number::InputTokens | Number::TotalTokens
                ),
                spans,
                &|code| {
                    if decimal {
                        Decimal::from_billionths(code).to_string()
                    } else {
                        code.to_string()
                    }
                },
            )
        }
        Axis::State(scope, fact) => {
            let scope = match scope {
                Scope::Model => "model",
                Scope::Route => "route",
            };
            let name = format!("{scope}.{}", fact.name());
            match fact {
                StateFact::Healthy => listed(&name, spans, &|code| word(Words::Bool, code)),
                StateFact::Used => numbers(&name, true, spans, &|code| code.to_string()),
            }
        }
    }
}

/// Values that are named before the others are counted.
const NAMED: usize = 8;

/// One of a few values.
fn listed(name: &str, spans: &[Span], word: &dyn Fn(i64) -> String) -> String {
    let codes = spans.iter().flat_map(|(from, last)| *from..=*last);
    let mut words: Vec<String> = Vec::new();
    let mut absent = false;
    for code in codes {
        if code == Axis::ABSENT {
            absent = true;
        } else {
            words.push(word(code));
        }
    }
    let present = match words.as_slice() {
        [] => return format!("{name} is not set"),
        [only] if only.is_empty() => format!("{name} is set"),
        [only] => format!("{name} == {only}"),
        words => {
            let few = words.get(..NAMED.min(words.len())).unwrap_or_default();
            let more = words.len() - few.len();
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            format!("{name} in {{ {}{more} }}", few.join(", "))
        }
    };
    if absent {
        format!("({name} is not set or {present})")
    } else {
        present
    }
}

/// A range; the least and greatest code are no bounds.
fn numbers(name: &str, absent: bool, spans: &[Span], number: &dyn Fn(i64) -> String) -> String {
    let one = |(from, last): Span| {
        if absent && from == Axis::ABSENT && last == Axis::ABSENT {
            return format!("{name} is not set");
        }
        let least = from > Axis::ABSENT + 1 && Instant::MIN.unix_seconds() != from;
        let most = last < i64::MAX && Instant::MAX.unix_seconds() != last;
        let range = match (least, most) {
            (true, true) if from == last => format!("{name} == {}", number(from)),
            (true, true) if name == "request.at" => {
                format!(
                    "{name} >= {} and {name} < {}",
                    number(from),
                    number(last + 1)
                )
            }
            (true, true) => format!("{name} >= {} and {name} <= {}", number(from), number(last)),
            (true, false) => format!("{name} >= {}", number(from)),
            (false, true) if name == "request.at" => format!("{name} < {}", number(last + 1)),
            (false, true) => format!("{name} <= {}", number(last)),
            (false, false) => format!("{name} is set"),
        };
        if absent && from == Axis::ABSENT {
            format!("({name} is not set or {range})")
        } else {
            range
        }
    };
    let all: Vec<String> = spans.iter().map(|span| one(*span)).collect();
    match all.as_slice() {
        [only] => only.clone(),
        all => format!("({})", all.join(" or ")),
    }
}

/// Texts, exactly or by the order of their bytes.
fn texts(name: &str, spans: &[Span], bounds: &[Box<[u8]>]) -> String {
    let bound = |code: i64| {
        let at = usize::try_from(code).ok()?;
        let bytes = bounds.get(at)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    };
    let absent = spans.iter().any(|(from, _)| *from == Axis::ABSENT);
    let mut parts: Vec<String> = Vec::new();
    if absent {
        parts.push(format!("{name} is not set"));
    }
    let last_code = i64::try_from(bounds.len()).unwrap_or(i64::MAX);
    let mut gaps: Vec<String> = Vec::new();
    let present: Vec<Span> = spans
        .iter()
        .filter(|(_, last)| *last >= 0)
        .map(|(from, last)| ((*from).max(0), *last))
        .collect();
    // All texts but a few are those few, left out.
    let whole = present.first().is_some_and(|(from, _)| *from <= 1)
        && present.last().is_some_and(|(_, last)| *last == last_code);
    if whole {
        for pair in present.windows(2) {
            if let [(_, end), (start, _)] = pair
                && end + 2 == *start
                && let Some(text) = exact(bounds, end + 1)
            {
                gaps.push(format!("{name} != \"{text}\""));
            }
        }
        if gaps.len() + 1 == present.len() {
            let others = if gaps.is_empty() {
                format!("{name} is set")
            } else {
                gaps.join(" and ")
            };
            parts.push(others);
            return joined(&parts);
        }
    }
    for (from, last) in present {
        if from == last
            && let Some(text) = exact(bounds, from)
        {
            parts.push(format!("{name} == \"{text}\""));
            continue;
        }
        let least = (from > 0).then(|| bound(from - 1)).flatten();
        let until = bound(last);
        parts.push(match (least, until) {
            (Some(least), Some(until)) => {
                format!(
                    "{name} from \"{}\" to before \"{}\"",
                    least.escape_debug(),
                    until.escape_debug()
                )
            }
            (Some(least), None) => format!("{name} from \"{}\" on", least.escape_debug()),
            (None, Some(until)) => format!("{name} before \"{}\"", until.escape_debug()),
            (None, None) => format!("{name} is set"),
        });
    }
    joined(&parts)
}

fn joined(parts: &[String]) -> String {
    match parts {
        [only] => only.clone(),
        parts => format!("({})", parts.join(" or ")),
    }
}

/// The one text of a rank, if there is only one.
fn exact(bounds: &[Box<[u8]>], rank: i64) -> Option<String> {
    let at = usize::try_from(rank).ok()?;
    let text = bounds.get(at.checked_sub(1)?)?;
    let next = bounds.get(at)?;
    let only = next.len() == text.len() + 1 && next.starts_with(text) && next.last() == Some(&0);
    only.then(|| String::from_utf8_lossy(text).escape_debug().to_string())
}

/// What the codes of a flag are called.
#[derive(Debug, Clone, Copy)]
enum Words {
    Auth,
    Fault,
    ChainFault,
    Bool,
    Presence,
}

fn word(of: Words, code: i64) -> String {
    let at = usize::try_from(code).ok();
    let of_fault = code
        .checked_sub(1)
        .and_then(|code| usize::try_from(code).ok());
    let name = match of {
        Words::Auth => at.and_then(|at| Auth::NAMES.get(at)).map(|(name, _)| *name),
        Words::Fault => {
            let kind = of_fault.and_then(|at| FaultKind::NAMES.get(at));
            Some(kind.map_or("none", |(name, _)| *name))
        }
        Words::ChainFault => {
            let kind = of_fault.and_then(|at| ChainFaultKind::NAMES.get(at));
            Some(kind.map_or("none", |(name, _)| *name))
        }
        Words::Bool => Some(if code == 1 { "true" } else { "false" }),
        Words::Presence => Some(""),
    };
    name.unwrap_or_default().to_owned()
}

const fn flag_name(flag: Flag) -> (&'static str, Words) {
    match flag {
        Flag::Auth => ("auth", Words::Auth),
        Flag::Fault => ("fault", Words::Fault),
        Flag::ChainFault => ("fallback_fault", Words::ChainFault),
        Flag::Messages => ("messages", Words::Presence),
        Flag::Prompt => ("prompt", Words::Presence),
        Flag::Stream => ("stream", Words::Bool),
        Flag::Estimated => ("input_tokens_estimated", Words::Bool),
        Flag::ZeroDataRetention => ("zero_data_retention", Words::Bool),
        Flag::MalformedTranscript => ("transcript_id_malformed", Words::Bool),
        Flag::HasTranscriptId => ("has_transcript_id", Words::Bool),
        Flag::HasTranscriptTag => ("has_transcript_tag", Words::Bool),
        Flag::Retry => ("fallback_retry", Words::Bool),
    }
}

const fn set_name(set: SetField) -> &'static str {
    match set {
        SetField::PostProcessing => "post_processing",
        SetField::Content => "content",
        SetField::ToolTypes => "tool_types",
        SetField::Parameters => "parameters",
    }
}

const fn text_name(text: TextField) -> &'static str {
    match text {
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
    }
}

const fn number_name(number: Number) -> &'static str {
    match number {
        Number::Temperature => "temperature",
        Number::TopP => "top_p",
        Number::Depth => "fallback_depth",
        Number::Count => "fallback_count",
        Number::MaxTokens => "max_tokens",
        Number::InputTokens => "input_tokens",
        Number::TotalTokens => "total_tokens",
    }
}
