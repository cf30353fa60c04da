//! Numbers to requests: what a solver found, as a request that the interpreter can judge.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the resolver has checked the types: a value of another type cannot stand here"
)]

use std::collections::BTreeMap;

use portolan_core::catalog::{EndpointId, ModelId, RegionId};
use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;
use portolan_core::limits;
use portolan_core::policy::{BodyField, StateFact, Type, Value};
use portolan_core::request::{
    Auth, Body, Chain, ChainFault, ChainFaultKind, Draft, Fault, FaultKind, PARAMETERS, State,
    Usage, is_transcript_id,
};

use super::space::{Field, Meaning, Part, Space};

/// A header that is taken for the right one.
const MISSPELT: &str = "x-api-key";

/// What is known about: a model, or its routes in one region through one endpoint.
type Of = (ModelId, Option<(RegionId, EndpointId)>);

impl Space<'_> {
    /// The request, and the state, that numbers of the variables stand for. What no variable is
    /// of does not matter, and is as plain as can be.
    pub(super) fn draft(&self, numbers: impl Fn(Field) -> Option<i128>) -> (Draft, State) {
        let read = Reading {
            space: self,
            number: &numbers,
        };
        let mut draft = Draft::new("", Instant::from_unix_seconds(0));
        if let Some(at) = read.integer(Field::At) {
            draft.at = Instant::from_unix_seconds(at);
        }
        let endpoint = match read.value(Field::Endpoint) {
            Some(Value::Endpoint(id)) => self.catalog.endpoint(id),
            _ => self.catalog.endpoints.first(),
        };
        draft.endpoint = endpoint.map(|endpoint| endpoint.name.to_string());
        if let Some(auth) = read.text(Field::Auth) {
            draft.auth = named(&Auth::NAMES, &auth).unwrap_or_default();
        }
        draft.auth_header = read
            .text(Field::AuthHeader)
            .map(|class| self.header(&class));
        if draft.auth == Auth::Misspelt {
            // Where nothing asks which header it is, any will do.
            let header = draft.auth_header.take();
            draft.auth_header = header.or_else(|| Some(MISSPELT.to_owned()));
        }
        for (index, attribute) in (0u32..).zip(&self.policy.attributes) {
            let given = read.attribute(index).or_else(|| {
                let needed = !attribute.optional && attribute.default.is_none();
                needed.then(|| self.plain(&attribute.of))
            });
            if let Some(given) = given {
                draft.attributes.insert(attribute.name.to_string(), given);
            }
        }
        draft.body = read.body(Part::Primary, &Body::default());
        draft.chain = read.chain();
        if read.flag(Field::Chained) == Some(true) {
            let mut fallback = read.body(Part::Fallback, &draft.body);
            // The faults are the posted body's.
            fallback.faults.clear();
            draft.fallbacks.push(fallback);
        }
        self.fill(&mut draft);
        (draft, read.state())
    }

    /// As many fallbacks as there are said to be, as far as they are looked at: the one that is
    /// judged again, or the primary again, which changes nothing.
    fn fill(&self, draft: &mut Draft) {
        let here = i64::try_from(draft.fallbacks.len()).unwrap_or(i64::MAX);
        draft.chain.count = draft.chain.count.max(here);
        let count = usize::try_from(draft.chain.count).unwrap_or(usize::MAX);
        let mut again = draft.fallbacks.first().unwrap_or(&draft.body).clone();
        let prefix = self.policy.model_prefix.as_deref().unwrap_or("");
        let id = again.model.as_deref();
        let id = id.map(|id| id.strip_prefix(prefix).unwrap_or(id));
        if id.is_none_or(|id| self.catalog.lookup(id, draft.at).value.is_none()) {
            again.model = self.sent(0).or(Some(String::new()));
        }
        again.faults.clear();
        let fault = draft.chain.fault.as_ref().map(|fault| fault.kind);
        let missing = fault == Some(ChainFaultKind::MissingModel);
        while draft.fallbacks.len() < count.min(limits::FALLBACKS) {
            let nameless = missing && draft.fallbacks.iter().all(|body| body.model.is_some());
            let mut body = again.clone();
            if nameless {
                body.model = None;
            }
            draft.fallbacks.push(body);
        }
        let place = match fault {
            Some(ChainFaultKind::MissingModel) => {
                let mut fallbacks = draft.fallbacks.iter();
                fallbacks.position(|body| body.model.is_none())
            }
            Some(ChainFaultKind::TooMany) => Some(limits::FALLBACKS),
            Some(ChainFaultKind::Nested) | None => None,
        };
        if let Some(fault) = &mut draft.chain.fault {
            fault.path = format!("fallbacks[{}]", place.unwrap_or_default());
        }
    }

    /// A header of a class that is taken for the right one, if there is any.
    fn header(&self, class: &str) -> String {
        let headers = self.texts.misspelt();
        headers.get(class).map_or(class, |header| header).to_owned()
    }

    /// Any value that an attribute takes.
    fn plain(&self, of: &Type) -> String {
        match of {
            Type::Bool => "false".to_owned(),
            Type::Count => "0".to_owned(),
            Type::Choice(words) => words.first().map_or(String::new(), ToString::to_string),
            Type::Key(table) => {
                let table = self.policy.tables.get(*table as usize);
                let key = table.and_then(|table| table.keys.first());
                key.map_or(String::new(), ToString::to_string)
            }
            Type::Tokens
            | Type::Number
            | Type::Money
            | Type::Instant
            | Type::Duration
            | Type::Text
            | Type::Word(_)
            | Type::Model
            | Type::Maker
            | Type::Provider
            | Type::Endpoint
            | Type::Region
            | Type::Place
            | Type::Retention
            | Type::Set(_)
            | Type::Presence => String::new(),
        }
    }

    /// The model id to send for a position of what it may stand for.
    fn sent(&self, position: i128) -> Option<String> {
        let position = usize::try_from(position).unwrap_or(usize::MAX);
        let id = self.id(self.named.get(position)?)?;
        // The prefix is taken off once: an id that starts with it is sent with it twice.
        let prefix = self.policy.model_prefix.as_deref().unwrap_or("");
        Some(if prefix.is_empty() || !id.starts_with(prefix) {
            id.to_owned()
        } else {
            format!("{prefix}{id}")
        })
    }
}

fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    let found = names.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value)
}

/// Numbers, as what they stand for.
struct Reading<'a> {
    space: &'a Space<'a>,
    number: &'a dyn Fn(Field) -> Option<i128>,
}

impl Reading<'_> {
    fn value(&self, field: Field) -> Option<Value> {
        let number = usize::try_from((self.number)(field)?).ok()?;
        self.space.values(field).get(number).cloned().flatten()
    }

    fn text(&self, field: Field) -> Option<String> {
        match self.value(field) {
            Some(Value::Text(text)) => Some(text.to_string()),
            _ => None,
        }
    }

    fn integer(&self, field: Field) -> Option<i64> {
        i64::try_from((self.number)(field)?).ok()
    }

    fn flag(&self, field: Field) -> Option<bool> {
        Some((self.number)(field)? == 1)
    }

    fn attribute(&self, index: u32) -> Option<String> {
        let field = Field::Attribute(index);
        let variable = self.space.known(field)?;
        let (_, meaning) = self.space.fields().get(variable.0 as usize)?;
        match meaning {
            Meaning::Flag => self.flag(field).map(|yes| yes.to_string()),
            Meaning::Integer => {
                let given = self.flag(Field::AttributeGiven(index));
                let number = self.integer(field);
                number
                    .filter(|_| given != Some(false))
                    .map(|n| n.to_string())
            }
            Meaning::Values(_) | Meaning::Named | Meaning::Decimal | Meaning::Instant => {
                match self.value(field)? {
                    Value::Bool(yes) => Some(yes.to_string()),
                    Value::Text(text) => Some(text.to_string()),
                    Value::Row(table, row) => {
                        let table = self.space.policy.tables.get(table as usize)?;
                        table.keys.get(row as usize).map(ToString::to_string)
                    }
                    _ => None,
                }
            }
        }
    }

    /// A body; what nobody asked of is as in another.
    fn body(&self, part: Part, like: &Body) -> Body {
        let mut body = like.clone();
        let of = |field| Field::Body(part, field);
        let known = |field| self.space.known(of(field)).is_some();
        let number = |field| {
            let given = self.flag(Field::Given(part, field)) != Some(false);
            self.integer(of(field)).filter(|_| given)
        };
        let decimal = |field| number(field).map(Decimal::from_billionths);
        for field in BodyField::ALL.iter().copied().filter(|field| known(*field)) {
            let flag = self.flag(of(field)).unwrap_or_default();
            match field {
                BodyField::Model => {
                    let number = (self.number)(of(field));
                    body.model = number.and_then(|number| self.space.sent(number));
                }
                BodyField::Messages => body.messages = flag,
                BodyField::Prompt => body.prompt = flag,
                BodyField::ModelRegion => body.model_region = self.text(of(field)),
                BodyField::MaxTokens => body.max_tokens = number(field),
                BodyField::InputTokens => body.input_tokens = number(field).unwrap_or_default(),
                BodyField::InputTokensEstimated => body.input_tokens_estimated = flag,
                BodyField::Temperature => body.temperature = decimal(field),
                BodyField::TopP => body.top_p = decimal(field),
                BodyField::Stream => body.stream = flag,
                BodyField::ToolChoice => body.tool_choice = self.text(of(field)),
                BodyField::ResponseFormat => body.response_format = self.text(of(field)),
                BodyField::ReasoningEffort => body.reasoning_effort = self.text(of(field)),
                BodyField::ServiceTier => body.service_tier = self.text(of(field)),
                BodyField::ZeroDataRetention => {
                    body.zero_data_retention = match self.value(of(field)) {
                        Some(Value::Bool(yes)) => Some(yes),
                        _ => None,
                    };
                }
                BodyField::TranscriptId => body.transcript_id = self.text(of(field)),
                BodyField::TranscriptIdMalformed => body.transcript_id_malformed = flag,
                BodyField::HasTranscriptTag => body.has_transcript_tag = flag,
                // Derived, or of the call.
                BodyField::TotalTokens
                | BodyField::HasTranscriptId
                | BodyField::PostProcessing
                | BodyField::Content
                | BodyField::ToolTypes
                | BodyField::Parameters
                | BodyField::Fault
                | BodyField::FaultPath
                | BodyField::FaultDetail
                | BodyField::FallbackDepth
                | BodyField::FallbackRetry
                | BodyField::FallbackCount
                | BodyField::FallbackFault => {}
            }
        }
        self.sets(part, like, &mut body);
        if known(BodyField::Fault) {
            body.faults = self.fault(part).into_iter().collect();
        }
        self.complete(like, &mut body);
        body
    }

    fn sets(&self, part: Part, like: &Body, body: &mut Body) {
        body.post_processing = self.set(part, BodyField::PostProcessing, &like.post_processing);
        body.content = self.set(part, BodyField::Content, &like.content);
        body.tool_types = self.set(part, BodyField::ToolTypes, &like.tool_types);
        body.parameters = self.set(part, BodyField::Parameters, &like.parameters);
    }

    /// What is not read, but goes with what is.
    fn complete(&self, like: &Body, body: &mut Body) {
        if let Some(id) = &mut body.transcript_id {
            if self
                .space
                .known(Field::Body(Part::Primary, BodyField::TranscriptIdMalformed))
                .is_none()
            {
                body.transcript_id_malformed = !is_transcript_id(id);
            } else if body.transcript_id_malformed && is_transcript_id(id) {
                // Another text of the same class.
                id.push(' ');
            }
        }
        // What the primary uses its fallback uses too.
        let known = |word: &str| {
            let position = self.space.texts.position(word);
            let position = position.and_then(|position| u32::try_from(position).ok());
            let word =
                |part| Field::Word(part, BodyField::Parameters, position.unwrap_or(u32::MAX));
            self.space.known(word(Part::Primary)).is_some()
        };
        let inherited = like.parameters.iter().filter(|word| !known(word)).cloned();
        body.parameters.extend(inherited);
        for (word, given) in [
            ("temperature", body.temperature.is_some()),
            ("top_p", body.top_p.is_some()),
            ("tool_choice", body.tool_choice.is_some()),
            ("response_format", body.response_format.is_some()),
            ("reasoning", body.reasoning_effort.is_some()),
            ("tools", !body.tool_types.is_empty()),
        ] {
            if given {
                body.parameters.insert(word.to_owned());
            }
        }
        let uses = |word: &str| body.parameters.contains(word);
        let (hot, wide) = (uses("temperature"), uses("top_p"));
        let (chooses, formatted) = (uses("tool_choice"), uses("response_format"));
        let word = |word: &str| Some(word.to_owned());
        body.temperature = body.temperature.or(hot.then_some(Decimal::ONE));
        body.top_p = body.top_p.or(wide.then_some(Decimal::ONE));
        body.tool_choice = body
            .tool_choice
            .take()
            .or_else(|| word("auto").filter(|_| chooses));
        body.response_format = body
            .response_format
            .take()
            .or_else(|| word("text").filter(|_| formatted));
    }

    fn set(&self, part: Part, of: BodyField, like: &Set) -> Set {
        let named = self.space.texts.named();
        let mut other = self.space.texts.other();
        if of == BodyField::Parameters {
            let mut unnamed = PARAMETERS.iter();
            let unnamed = unnamed.find(|word| named.iter().all(|known| **known != ***word));
            other = unnamed.copied().unwrap_or(other);
        }
        let named = named.iter().map(|word| &**word);
        let all = (0u32..).zip(named.chain([other]));
        let mut out = like.clone();
        for (position, word) in all {
            match self.flag(Field::Word(part, of, position)) {
                Some(true) => {
                    out.insert(word.to_owned());
                }
                Some(false) => {
                    out.remove(word);
                }
                None => {}
            }
        }
        out
    }

    fn fault(&self, part: Part) -> Option<Fault> {
        let of = |field| Field::Body(part, field);
        let name = self.text(of(BodyField::Fault))?;
        let mut fault = Fault::simplest(named(&FaultKind::NAMES, &name)?);
        // The simplest one, so far as it is of the classes that were found.
        let texts = &self.space.texts;
        let other = |class: &str, text: &str| texts.class(class) != texts.class(text);
        if self.space.known(of(BodyField::FaultPath)).is_some() {
            match self.text(of(BodyField::FaultPath)) {
                None => fault.path.clear(),
                Some(path) if fault.path.is_empty() || other(&path, &fault.path) => {
                    fault.path = path;
                }
                Some(_) => {}
            }
        }
        if let Some(detail) = self.text(of(BodyField::FaultDetail))
            && other(&detail, &fault.detail)
        {
            fault.detail = detail;
        }
        Some(fault)
    }

    fn chain(&self) -> Chain {
        let of = |field| Field::Body(Part::Primary, field);
        let depth = self.integer(of(BodyField::FallbackDepth));
        let given = self.flag(Field::Given(Part::Primary, BodyField::FallbackDepth));
        let fault = self.text(of(BodyField::FallbackFault));
        Chain {
            depth: depth.filter(|_| given != Some(false)),
            retry: match self.value(of(BodyField::FallbackRetry)) {
                Some(Value::Bool(yes)) => Some(yes),
                _ => None,
            },
            count: self
                .integer(of(BodyField::FallbackCount))
                .unwrap_or_default(),
            fault: fault.and_then(|name| {
                Some(ChainFault {
                    kind: named(&ChainFaultKind::NAMES, &name)?,
                    path: "fallbacks[0]".to_owned(),
                })
            }),
        }
    }

    fn state(&self) -> State {
        let mut known: BTreeMap<Of, Usage> = BTreeMap::new();
        for (field, _) in self.space.fields() {
            if let Field::State(model, of, fact) = *field {
                let usage = known.entry((model, of)).or_default();
                match (fact, self.value(*field)) {
                    (StateFact::Healthy, Some(Value::Bool(yes))) => usage.healthy = Some(yes),
                    (StateFact::Healthy, _) => {}
                    (StateFact::Used, _) => {
                        let given = self.flag(Field::StateGiven(model, of, fact));
                        usage.used = self.integer(*field).filter(|_| given != Some(false));
                    }
                }
            }
        }
        let catalog = self.space.catalog;
        let mut state = State::default();
        for ((model, of), usage) in known {
            let Some(model) = catalog.model(model) else {
                continue;
            };
            let model = model.id.to_string();
            match of {
                None => {
                    state.models.insert(model, usage);
                }
                Some((region, endpoint)) => {
                    let region = catalog.region(region).map(|region| region.name.to_string());
                    let endpoint = catalog.endpoint(endpoint).map(|e| e.name.to_string());
                    if let (Some(region), Some(endpoint)) = (region, endpoint) {
                        state.routes.insert((model, region, endpoint), usage);
                    }
                }
            }
        }
        state
    }
}

/// A set of a body.
type Set = std::collections::BTreeSet<String>;
