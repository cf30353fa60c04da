//! Any request as numbers: those under which the formulas say what comes of it.

use portolan_core::catalog::{Catalog, EndpointId, ModelId, RegionId};
use portolan_core::policy::{BodyField, StateFact, Type, Value};
use portolan_core::request::{
    Auth, Body, ChainFault, ChainFaultKind, Draft, Fault, FaultKind, State, Usage,
};

use super::space::{Field, Part, Space};

impl Space<'_> {
    /// The number of a field in a request, whose fallback at this position is the one that is
    /// judged.
    pub(super) fn number(
        &self,
        field: Field,
        draft: &Draft,
        fallback: Option<usize>,
        state: &State,
    ) -> i128 {
        let body = |part: Part| match part {
            Part::Primary => Some(&draft.body),
            // Where there is none its fields do not matter, so long as they are some fallback's.
            Part::Fallback => match fallback {
                Some(fallback) => draft.fallbacks.get(fallback),
                None => Some(&draft.body),
            },
        };
        let found = match field {
            Field::Endpoint => {
                let id = match &draft.endpoint {
                    Some(name) => self.catalog.endpoint_named(name),
                    None => self.catalog.default_endpoint(),
                };
                self.position(field, id.map(Value::Endpoint).as_ref())
            }
            Field::At => Some(i128::from(draft.at.unix_seconds())),
            Field::Auth => {
                let name = Auth::NAMES.iter().find(|(_, auth)| *auth == draft.auth);
                self.position(
                    field,
                    name.map(|(name, _)| Value::Text((*name).into())).as_ref(),
                )
            }
            Field::AuthHeader => self.class(field, draft.auth_header.as_deref()),
            Field::Attribute(index) => self.number_of_attribute(index, draft),
            Field::AttributeGiven(index) => {
                let attribute = self.policy.attributes.get(index as usize);
                attribute.map(|a| i128::from(draft.attributes.contains_key(&*a.name)))
            }
            Field::Chained => Some(i128::from(fallback.is_some())),
            Field::OwnText => {
                let own = body(Part::Fallback).map(|own| says_other(own, &draft.body));
                own.map(i128::from)
            }
            // Faults are the posted body's.
            Field::Body(
                Part::Fallback,
                of @ (BodyField::Fault | BodyField::FaultPath | BodyField::FaultDetail),
            ) if fallback.is_none() => self.number_of_body(field, of, &Body::default(), draft),
            Field::Body(part, of) => {
                body(part).and_then(|body| self.number_of_body(field, of, body, draft))
            }
            Field::Given(part, of) => body(part).map(|body| {
                let there = [
                    (BodyField::MaxTokens, body.max_tokens.is_some()),
                    (BodyField::Temperature, body.temperature.is_some()),
                    (BodyField::TopP, body.top_p.is_some()),
                    (BodyField::FallbackDepth, draft.chain.depth.is_some()),
                ];
                i128::from(there.contains(&(of, true)))
            }),
            Field::State(model, of, fact) => {
                let usage = usage(self.catalog, state, (model, of)).unwrap_or_default();
                match fact {
                    StateFact::Healthy => {
                        self.position(field, usage.healthy.map(Value::Bool).as_ref())
                    }
                    StateFact::Used => usage.used.map(i128::from),
                }
            }
            Field::StateGiven(model, of, _) => {
                let usage = usage(self.catalog, state, (model, of));
                Some(i128::from(usage.is_some_and(|usage| usage.used.is_some())))
            }
            Field::Word(part, of, word) => body(part).map(|body| {
                let set = words(body, of);
                i128::from(match self.texts.named().get(word as usize) {
                    Some(word) => set.iter().any(|held| **held == **word),
                    None => set.iter().any(|held| self.texts.position(held).is_none()),
                })
            }),
        };
        found.unwrap_or(0)
    }

    fn position(&self, field: Field, value: Option<&Value>) -> Option<i128> {
        let mut values = self.values(field).iter();
        let found = values.position(|known| known.as_ref() == value)?;
        i128::try_from(found).ok()
    }

    fn class(&self, field: Field, text: Option<&str>) -> Option<i128> {
        let class = text.and_then(|text| self.texts.classes().get(self.texts.class(text)));
        self.position(
            field,
            class.map(|class| Value::Text(class.clone())).as_ref(),
        )
    }

    fn number_of_attribute(&self, index: u32, draft: &Draft) -> Option<i128> {
        let field = Field::Attribute(index);
        let attribute = self.policy.attributes.get(index as usize)?;
        let given = draft.attributes.get(&*attribute.name);
        let Some(given) = given else {
            return match &attribute.default {
                Some(Value::Bool(yes)) => Some(i128::from(*yes)),
                Some(Value::Integer(n)) => Some(i128::from(*n)),
                Some(Value::Text(text)) if attribute.of == Type::Text => {
                    self.class(field, Some(text))
                }
                other => self.position(field, other.as_ref()),
            };
        };
        match &attribute.of {
            Type::Bool if self.values(field).is_empty() => Some(i128::from(given == "true")),
            Type::Bool => self.position(field, Some(&Value::Bool(given == "true"))),
            Type::Count => given.parse::<i64>().ok().map(i128::from),
            Type::Choice(_) => self.position(field, Some(&Value::Text(given.as_str().into()))),
            Type::Key(table) => {
                let rows = self.policy.tables.get(*table as usize)?;
                let row = rows.index.get(given.as_str())?;
                self.position(field, Some(&Value::Row(*table, *row)))
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
            | Type::Presence => self.class(field, Some(given)),
        }
    }

    fn number_of_body(
        &self,
        field: Field,
        of: BodyField,
        body: &Body,
        draft: &Draft,
    ) -> Option<i128> {
        let default = |field| self.policy.defaults.get(&field).copied();
        let text = |value: &Option<String>| self.class(field, value.as_deref());
        let flag = |value: bool| Some(i128::from(value));
        let maybe = |value: Option<bool>| self.position(field, value.map(Value::Bool).as_ref());
        let word = |name: &str| self.position(field, Some(&Value::Text(name.into())));
        let fault = body.faults.first();
        let output = body.max_tokens.or(default(BodyField::MaxTokens));
        match of {
            BodyField::Model => {
                let prefix = self.policy.model_prefix.as_deref().unwrap_or("");
                let id = body.model.as_deref();
                let id = id.map(|id| id.strip_prefix(prefix).unwrap_or(id));
                i128::try_from(self.class_of_id(id)).ok()
            }
            BodyField::Messages => flag(body.messages),
            BodyField::Prompt => flag(body.prompt),
            BodyField::ModelRegion => text(&body.model_region),
            BodyField::MaxTokens => output.map(i128::from),
            BodyField::InputTokens => Some(i128::from(body.input_tokens)),
            BodyField::InputTokensEstimated => flag(body.input_tokens_estimated),
            BodyField::TotalTokens => {
                let output = output.unwrap_or(0).max(0);
                Some(i128::from(body.input_tokens.saturating_add(output)))
            }
            BodyField::Temperature => body.temperature.map(|t| i128::from(t.billionths())),
            BodyField::TopP => body.top_p.map(|t| i128::from(t.billionths())),
            BodyField::Stream => flag(body.stream),
            BodyField::ToolChoice => text(&body.tool_choice),
            BodyField::ResponseFormat => text(&body.response_format),
            BodyField::ReasoningEffort => text(&body.reasoning_effort),
            BodyField::ServiceTier => text(&body.service_tier),
            BodyField::ZeroDataRetention => maybe(body.zero_data_retention),
            BodyField::TranscriptId | BodyField::HasTranscriptId => text(&body.transcript_id),
            BodyField::TranscriptIdMalformed => flag(body.transcript_id_malformed),
            BodyField::HasTranscriptTag => flag(body.has_transcript_tag),
            BodyField::Fault => {
                let kind = |fault: &Fault| {
                    let mut names = FaultKind::NAMES.iter();
                    names
                        .find(|(_, kind)| *kind == fault.kind)
                        .map(|(name, _)| *name)
                };
                word(fault.and_then(kind).unwrap_or("none"))
            }
            BodyField::FaultPath => {
                let path = fault.map(|fault| fault.path.as_str());
                self.class(field, path.filter(|path| !path.is_empty()))
            }
            BodyField::FaultDetail => self.class(field, fault.map(|fault| fault.detail.as_str())),
            BodyField::FallbackDepth => {
                let depth = draft.chain.depth.or(default(BodyField::FallbackDepth));
                depth.map(i128::from)
            }
            BodyField::FallbackRetry => maybe(draft.chain.retry),
            BodyField::FallbackCount => {
                let here = i64::try_from(draft.fallbacks.len()).unwrap_or(i64::MAX);
                Some(i128::from(draft.chain.count.max(here)))
            }
            BodyField::FallbackFault => {
                let kind = |fault: &ChainFault| {
                    let mut names = ChainFaultKind::NAMES.iter();
                    names
                        .find(|(_, kind)| *kind == fault.kind)
                        .map(|(name, _)| *name)
                };
                word(draft.chain.fault.as_ref().and_then(kind).unwrap_or("none"))
            }
            // Sets have a variable for each word.
            BodyField::PostProcessing
            | BodyField::Content
            | BodyField::ToolTypes
            | BodyField::Parameters => None,
        }
    }
}

/// Two bodies cannot have one text.
fn says_other(a: &Body, b: &Body) -> bool {
    let said = |body: &Body| {
        let flags = [body.messages, body.prompt, body.has_transcript_tag];
        (flags, body.input_tokens, body.input_tokens_estimated)
    };
    said(a) != said(b) || a.content != b.content
}

/// A set of a body.
fn words(body: &Body, of: BodyField) -> Vec<&String> {
    let set = if of == BodyField::PostProcessing {
        &body.post_processing
    } else if of == BodyField::Content {
        &body.content
    } else if of == BodyField::ToolTypes {
        &body.tool_types
    } else {
        &body.parameters
    };
    set.iter().collect()
}

fn usage(
    catalog: &Catalog,
    state: &State,
    (model, of): (ModelId, Option<(RegionId, EndpointId)>),
) -> Option<Usage> {
    let model = &catalog.model(model)?.id;
    match of {
        None => state.models.get(&**model).copied(),
        Some((region, endpoint)) => {
            let region = &catalog.region(region)?.name;
            let endpoint = &catalog.endpoint(endpoint)?.name;
            state.routes.get(model, region, endpoint)
        }
    }
}
