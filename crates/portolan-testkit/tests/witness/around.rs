//! Classes that hold a given effective request, and whether one does: written from the language,
//! beside the code that finds witnesses.

use std::collections::BTreeSet;

use portolan_core::decimal::Decimal;
use portolan_core::diagram::survey::{
    Bound, Bounded, Class, Flag, Number, SetField, Standing, TextField, Values,
};
use portolan_core::engine::Engine;
use portolan_core::instant::Window;
use portolan_core::policy::{BodyField, Type, Value};
use portolan_core::request::{Auth, Body, ChainFaultKind, Draft, FaultKind};
use portolan_testkit::dice::Dice;

const FLAGS: [Flag; 12] = [
    Flag::Auth,
    Flag::Fault,
    Flag::ChainFault,
    Flag::Messages,
    Flag::Prompt,
    Flag::Stream,
    Flag::Estimated,
    Flag::ZeroDataRetention,
    Flag::MalformedTranscript,
    Flag::HasTranscriptId,
    Flag::HasTranscriptTag,
    Flag::Retry,
];

const NUMBERS: [Number; 7] = [
    Number::Temperature,
    Number::TopP,
    Number::Depth,
    Number::Count,
    Number::MaxTokens,
    Number::InputTokens,
    Number::TotalTokens,
];

/// How a class is made around a request.
pub(crate) struct Around<'d> {
    dice: Option<&'d mut Dice>,
}

/// What a request has in one field.
enum Held {
    Code(Option<i64>),
    Row(Option<u32>),
    Text(Option<String>),
    Set(BTreeSet<String>),
}

impl<'d> Around<'d> {
    /// Every field has the one value that it has.
    pub(crate) fn exactly() -> Self {
        Self { dice: None }
    }

    /// Fields may be more, or anything.
    pub(crate) fn loosely(dice: &'d mut Dice) -> Self {
        Self { dice: Some(dice) }
    }

    /// The class of a draft's own effective request, or of a fallback's.
    pub(crate) fn class(
        mut self,
        engine: &Engine,
        draft: &Draft,
        fallback: Option<usize>,
    ) -> Class {
        let catalog = engine.catalog();
        let body = fallback.map_or(&draft.body, |index| &draft.fallbacks[index]);
        let id = model(engine, body);
        let known = id.as_deref().map(|id| catalog.lookup(id, draft.at));
        let (standing, window) = match &known {
            None => (Standing::Absent, Window::ALWAYS),
            Some(known) if known.value.is_none() => (Standing::Unknown, Window::ALWAYS),
            Some(known) => {
                // An alias stands for this from some instant on; a model's own id always.
                let next = known.next_change;
                let named = id.as_deref().and_then(|id| catalog.model_named(id));
                let from = named.is_none().then_some(draft.at);
                (Standing::Model, Window { from, until: next })
            }
        };
        let endpoint = draft
            .endpoint
            .as_deref()
            .map(|name| catalog.endpoint_named(name));
        let endpoint = endpoint.unwrap_or_else(|| catalog.default_endpoint());
        let mut bounds = Vec::new();
        for field in fields(engine) {
            match held(engine, draft, body, field) {
                Held::Set(set) => bounds.extend(self.masks(&set).map(|values| (field, values))),
                held @ (Held::Code(_) | Held::Row(_) | Held::Text(_)) => {
                    bounds.extend(self.values(held).map(|values| (field, values)));
                }
            }
        }
        let unknown = standing == Standing::Unknown;
        let keep = |field: &Bounded| *field != Bounded::Text(TextField::Model) || unknown;
        let bounds = bounds.into_iter().filter(|(field, _)| keep(field));
        Class {
            endpoint: endpoint.unwrap(),
            standing,
            id: id
                .filter(|_| standing == Standing::Model)
                .unwrap_or_default()
                .into(),
            window,
            bounds: bounds
                .map(|(field, values)| Bound { field, values })
                .collect(),
        }
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.dice.as_mut().is_some_and(|dice| dice.chance(percent))
    }

    /// Values with the one that is held among them; nothing where any will do.
    fn values(&mut self, held: Held) -> Option<Values> {
        if self.chance(50) {
            return None;
        }
        let absent_too = self.chance(30);
        Some(match held {
            Held::Code(code) => {
                let (mut from, mut last) = code.map_or((i64::MAX, i64::MIN), |code| (code, code));
                if code.is_some() && self.chance(40) {
                    from = if self.chance(30) {
                        i64::MIN + 1
                    } else {
                        from.saturating_sub(3).max(i64::MIN + 1)
                    };
                }
                if code.is_some() && self.chance(40) {
                    last = if self.chance(30) {
                        i64::MAX
                    } else {
                        last.saturating_add(2)
                    };
                }
                let absent = code.is_none() || absent_too;
                Values::Codes { absent, from, last }
            }
            Held::Row(row) => Values::Rows {
                absent: row.is_none() || absent_too,
                rows: row.into_iter().collect(),
            },
            Held::Text(text) => {
                let mut from = text.clone().map(String::into_bytes);
                let mut until = from.clone().map(|mut bytes| {
                    bytes.push(0);
                    bytes
                });
                if self.chance(40) {
                    from = from.map(|mut bytes| {
                        bytes.pop();
                        bytes
                    });
                }
                if self.chance(40) {
                    until = None;
                }
                Values::Texts {
                    absent: text.is_none() || absent_too,
                    from: from.map(Into::into),
                    until: until.map(Into::into),
                }
            }
            Held::Set(_) => return None,
        })
    }

    /// Masks that a set meets or does not, so that nothing else than the set does the same.
    fn masks(&mut self, set: &BTreeSet<String>) -> impl Iterator<Item = Values> {
        let words: Vec<Box<str>> = set.iter().map(|word| word.as_str().into()).collect();
        let mut masks: Vec<Values> = words
            .iter()
            .map(|word| Values::Words {
                words: vec![word.clone()],
                others: false,
                besides: Vec::new(),
                has: true,
            })
            .collect();
        masks.push(Values::Words {
            words: Vec::new(),
            others: true,
            besides: words.clone(),
            has: false,
        });
        // With others: some word that is not `text`, or some that is there.
        let named: Vec<Box<str>> = vec!["text".into(), "seed".into()];
        masks.push(Values::Words {
            has: set
                .iter()
                .any(|word| !named.contains(&word.as_str().into())),
            words: Vec::new(),
            others: true,
            besides: named,
        });
        if !words.is_empty() {
            masks.push(Values::Words {
                words: words.into_iter().chain(["temperature".into()]).collect(),
                others: false,
                besides: Vec::new(),
                has: true,
            });
        }
        let keep = masks.into_iter().filter(|_| !self.chance(50));
        keep.collect::<Vec<_>>().into_iter()
    }
}

/// Says whether a draft's effective request is in a class.
pub(crate) fn holds(
    engine: &Engine,
    class: &Class,
    draft: &Draft,
    fallback: Option<usize>,
) -> bool {
    let catalog = engine.catalog();
    let body = match fallback {
        None => &draft.body,
        Some(index) => match draft.fallbacks.get(index) {
            Some(body) => body,
            None => return false,
        },
    };
    let endpoint = draft
        .endpoint
        .as_deref()
        .map(|name| catalog.endpoint_named(name));
    if endpoint.unwrap_or_else(|| catalog.default_endpoint()) != Some(class.endpoint) {
        return false;
    }
    let id = model(engine, body);
    let stands = id
        .as_deref()
        .map(|id| catalog.lookup(id, draft.at).value.is_some());
    let standing = match (class.standing, stands) {
        (Standing::Absent, None) | (Standing::Unknown, Some(false)) => true,
        (Standing::Model, Some(true)) => id.as_deref() == Some(&*class.id),
        (Standing::Absent | Standing::Unknown | Standing::Model, _) => false,
    };
    let mut bounds = class.bounds.iter();
    standing
        && class.window.contains(draft.at)
        && bounds.all(|bound| within(held(engine, draft, body, bound.field), &bound.values))
}

fn within(held: Held, values: &Values) -> bool {
    match (held, values) {
        (Held::Code(None), Values::Codes { absent, .. })
        | (Held::Row(None), Values::Rows { absent, .. })
        | (Held::Text(None), Values::Texts { absent, .. }) => *absent,
        (Held::Code(Some(code)), Values::Codes { from, last, .. }) => {
            (*from..=*last).contains(&code)
        }
        (Held::Row(Some(row)), Values::Rows { rows, .. }) => rows.contains(&row),
        (Held::Text(Some(text)), Values::Texts { from, until, .. }) => {
            let text = text.as_bytes();
            let from = from.as_deref().is_some_and(|from| from <= text);
            from && until.as_deref().is_none_or(|until| text < until)
        }
        (
            Held::Set(set),
            Values::Words {
                words,
                others,
                besides,
                has,
            },
        ) => {
            let contains = |word: &String| {
                let among = |words: &[Box<str>]| words.iter().any(|known| **known == **word);
                among(words) || *others && !among(besides)
            };
            set.iter().any(contains) == *has
        }
        (Held::Code(_) | Held::Row(_) | Held::Text(_) | Held::Set(_), _) => false,
    }
}

fn fields(engine: &Engine) -> Vec<Bounded> {
    let attributes = (0u16..).zip(&engine.policy().attributes);
    let attributes = attributes.map(|(index, _)| Bounded::Attribute(index));
    let flags = FLAGS.into_iter().map(Bounded::Flag);
    let sets = SetField::ALL.into_iter().map(Bounded::Set);
    let texts = TextField::ALL.into_iter().map(Bounded::Text);
    let numbers = NUMBERS.into_iter().map(Bounded::Number);
    let all = attributes.chain(flags).chain(sets).chain(texts);
    all.chain([Bounded::At]).chain(numbers).collect()
}

fn model(engine: &Engine, body: &Body) -> Option<String> {
    let prefix = engine.policy().model_prefix.as_deref().unwrap_or_default();
    let model = body.model.as_deref()?;
    Some(model.strip_prefix(prefix).unwrap_or(model).to_owned())
}

fn held(engine: &Engine, draft: &Draft, body: &Body, field: Bounded) -> Held {
    match field {
        Bounded::Flag(flag) => Held::Code(flagged(draft, body, flag)),
        Bounded::Attribute(index) => attribute(engine, draft, index),
        Bounded::Set(set) => Held::Set(match set {
            SetField::PostProcessing => body.post_processing.clone(),
            SetField::Content => body.content.clone(),
            SetField::ToolTypes => body.tool_types.clone(),
            SetField::Parameters => body.parameters.clone(),
        }),
        Bounded::Text(text) => Held::Text(texted(engine, draft, body, text)),
        Bounded::At => Held::Code(Some(draft.at.unix_seconds())),
        Bounded::Number(number) => Held::Code(numbered(engine, draft, body, number)),
    }
}

fn flagged(draft: &Draft, body: &Body, flag: Flag) -> Option<i64> {
    let there = |there: bool| there.then_some(1);
    let fault = body.faults.first().map(|fault| fault.kind);
    let chain = draft.chain.fault.as_ref().map(|fault| fault.kind);
    match flag {
        Flag::Auth => position(Auth::NAMES.iter(), draft.auth),
        Flag::Fault => fault.map_or(Some(0), |kind| {
            Some(1 + position(FaultKind::NAMES.iter(), kind)?)
        }),
        Flag::ChainFault => chain.map_or(Some(0), |kind| {
            Some(1 + position(ChainFaultKind::NAMES.iter(), kind)?)
        }),
        Flag::Messages => there(body.messages),
        Flag::Prompt => there(body.prompt),
        Flag::Stream => Some(i64::from(body.stream)),
        Flag::Estimated => Some(i64::from(body.input_tokens_estimated)),
        Flag::ZeroDataRetention => body.zero_data_retention.map(i64::from),
        Flag::MalformedTranscript => Some(i64::from(body.transcript_id_malformed)),
        Flag::HasTranscriptId => Some(i64::from(body.transcript_id.is_some())),
        Flag::HasTranscriptTag => Some(i64::from(body.has_transcript_tag)),
        Flag::Retry => draft.chain.retry.map(i64::from),
    }
}

fn position<'n, T: Copy + PartialEq + 'n>(
    mut names: impl Iterator<Item = &'n (&'static str, T)>,
    value: T,
) -> Option<i64> {
    let position = names.position(|(_, named)| *named == value);
    position.and_then(|at| i64::try_from(at).ok())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the policy has checked that a default is of its attribute's type"
)]
fn attribute(engine: &Engine, draft: &Draft, index: u16) -> Held {
    let policy = engine.policy();
    let attribute = &policy.attributes[usize::from(index)];
    let given = draft.attributes.get(&*attribute.name);
    let default = attribute.default.as_ref();
    if let Type::Key(table) = &attribute.of {
        let given = given.and_then(|key| policy.tables[*table as usize].index.get(key.as_str()));
        return Held::Row(given.copied().or(match default {
            Some(Value::Row(_, row)) => Some(*row),
            _ => None,
        }));
    }
    if let Type::Choice(words) = &attribute.of {
        let text = |value: &Value| match value {
            Value::Text(text) => Some(text.to_string()),
            _ => None,
        };
        let word = given.cloned().or_else(|| default.and_then(text));
        let at = word.and_then(|word| words.iter().position(|known| **known == *word));
        return Held::Code(at.and_then(|at| i64::try_from(at).ok()));
    }
    let of_default = match default {
        Some(Value::Bool(value)) => Some(value.to_string()),
        Some(Value::Integer(value)) => Some(value.to_string()),
        Some(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    };
    let text = given.cloned().or(of_default);
    if attribute.of == Type::Bool {
        return Held::Code(text.map(|text| i64::from(text == "true")));
    }
    if attribute.of == Type::Count {
        let count = text.and_then(|text| text.parse::<i64>().ok());
        return Held::Code(count.map(|count| count.max(i64::MIN + 1)));
    }
    Held::Text(text)
}

fn texted(engine: &Engine, draft: &Draft, body: &Body, field: TextField) -> Option<String> {
    let fault = body.faults.first();
    match field {
        TextField::AuthHeader => draft.auth_header.clone(),
        TextField::Model => model(engine, body),
        TextField::ModelRegion => body.model_region.clone(),
        TextField::ToolChoice => body.tool_choice.clone(),
        TextField::ResponseFormat => body.response_format.clone(),
        TextField::ReasoningEffort => body.reasoning_effort.clone(),
        TextField::ServiceTier => body.service_tier.clone(),
        TextField::TranscriptId => body.transcript_id.clone(),
        TextField::FaultPath => fault
            .map(|f| f.path.clone())
            .filter(|path| !path.is_empty()),
        TextField::FaultDetail => fault.map(|f| f.detail.clone()),
    }
}

fn numbered(engine: &Engine, draft: &Draft, body: &Body, number: Number) -> Option<i64> {
    let defaults = &engine.policy().defaults;
    let default = |field| defaults.get(&field).copied();
    let most = body.max_tokens.or(default(BodyField::MaxTokens));
    let here = i64::try_from(draft.fallbacks.len()).unwrap();
    let code = match number {
        Number::Temperature => body.temperature.map(Decimal::billionths),
        Number::TopP => body.top_p.map(Decimal::billionths),
        Number::Depth => draft.chain.depth.or(default(BodyField::FallbackDepth)),
        Number::Count => Some(draft.chain.count.max(here)),
        Number::MaxTokens => most,
        Number::InputTokens => Some(body.input_tokens),
        Number::TotalTokens => Some(body.input_tokens.saturating_add(most.unwrap_or(0).max(0))),
    };
    code.map(|code| code.max(i64::MIN + 1))
}
