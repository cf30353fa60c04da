//! Where a request lies among regions.

use std::collections::BTreeSet;

use portolan_core::decimal::Decimal;
use portolan_core::diagram::survey::pair::{Axis, Coding, Kind, Role};
use portolan_core::diagram::survey::{Flag, Number, SetField, TextField};
use portolan_core::engine::Engine;
use portolan_core::policy::{Scope, StateFact};
use portolan_core::request::{Auth, Body, ChainFaultKind, Draft, FaultKind, State, Usage};

use super::Affected;
use super::boxes::{CHAIN, Dimension, Names, Region, role, within};
use super::named::Named;
use super::sample::Sample;
use super::shown::conditions;

/// What the positions and codes of a comparison mean.
#[derive(Debug, Clone, Default)]
pub(super) struct Ground {
    pub(super) coding: Coding,
    pub(super) names: Names,
    /// The prefix that both sides take off a model id.
    pub(super) prefix: String,
    /// The endpoint that is called where a request names none; none where the sides differ in it.
    pub(super) endpoint: Option<String>,
}

impl Ground {
    pub(super) fn new(engines: [&Engine; 2], coding: Coding, names: Names) -> Self {
        let [before, after] = engines.map(|engine| engine.policy().model_prefix.as_deref());
        let prefix = before.filter(|_| before == after).unwrap_or("");
        let endpoints = engines.map(|engine| {
            let catalog = engine.catalog();
            let endpoint = catalog.default_endpoint();
            let endpoint = endpoint.and_then(|id| catalog.endpoint(id));
            endpoint.map(|e| e.name.to_string())
        });
        let [old, new] = endpoints;
        Self {
            coding,
            names,
            prefix: prefix.to_owned(),
            endpoint: old.filter(|name| Some(name) == new.as_ref()),
        }
    }

    /// A region in words, with a sample where there is one.
    pub(super) fn affected(&self, region: Region, sample: Option<Sample>) -> Affected {
        Affected {
            models: self.names.models(&region),
            endpoints: self.names.endpoints(&region),
            role: role(&region),
            conditions: conditions(&region, &self.coding),
            sample,
            region,
        }
    }

    /// A change of which no sample was found, in words.
    pub(super) fn unseen(&self, region: &Region, what: &[Named]) -> String {
        let what: Vec<String> = what.iter().map(Named::text).collect();
        format!(
            "no request was found that shows the change {} for {} on {} where {}",
            what.join("; "),
            self.names.models(region).join(", "),
            self.names.endpoints(region).join(", "),
            conditions(region, &self.coding).join(" and ")
        )
    }

    /// Says whether an effective request of a draft lies in a region: the body's own, or that of
    /// one of its fallbacks.
    pub(super) fn lies_in(&self, region: &Region, draft: &Draft, state: &State) -> bool {
        let bodies = std::iter::once((Role::Primary, &draft.body));
        let fallbacks = draft.fallbacks.iter().map(|body| (Role::Fallback, body));
        let roles = bodies.chain(fallbacks).map(|(role, body)| match role {
            Role::Primary => (0, body),
            Role::Fallback => (1, body),
        });
        roles
            .chain([(CHAIN, &draft.body)])
            .any(|(role, body)| self.effective(region, draft, role, body, state))
    }

    fn effective(
        &self,
        region: &Region,
        draft: &Draft,
        code: i64,
        body: &Body,
        state: &State,
    ) -> bool {
        let id = body.model.as_deref();
        let id = id.map(|id| id.strip_prefix(&self.prefix).unwrap_or(id));
        let endpoint = draft.endpoint.as_ref().or(self.endpoint.as_ref());
        within(region, Dimension::Role, code)
            && self.names.model_in(region, id)
            && endpoint.is_some_and(|name| self.names.endpoint_in(region, name))
            && region.iter().all(|(dimension, spans)| match dimension {
                Dimension::Axis(Axis::State(scope, fact)) => {
                    let codes = usages(state, *scope).into_iter();
                    let mut codes = codes.map(|usage| state_code(usage, *fact));
                    codes.any(|code| spans.iter().any(|(a, b)| (*a..=*b).contains(&code)))
                }
                Dimension::Axis(axis) => {
                    let code = self.code(*axis, draft, body, id);
                    spans.iter().any(|(a, b)| (*a..=*b).contains(&code))
                }
                Dimension::Role | Dimension::Endpoint | Dimension::Model => true,
            })
    }

    /// What an effective request has on an axis.
    fn code(&self, axis: Axis, draft: &Draft, body: &Body, id: Option<&str>) -> i64 {
        match axis {
            Axis::Flag(flag) => flag_code(flag, draft, body),
            Axis::Attribute(index) => self.attribute(index, draft),
            Axis::Words(set, mask) => {
                let words = self.coding.words.get(&set).map_or(&[][..], Vec::as_slice);
                let bit = |word: &String| {
                    let position = words.iter().position(|known| **known == **word);
                    position.unwrap_or(127)
                };
                let own = set_of(set, body);
                i64::from(own.iter().any(|word| mask >> bit(word) & 1 == 1))
            }
            Axis::Text(text) => {
                let bounds = self.coding.texts.get(&text).map_or(&[][..], Vec::as_slice);
                let value = if text == TextField::Model {
                    id
                } else {
                    text_of(text, draft, body)
                };
                value.map_or(Axis::ABSENT, |value| rank(bounds, value))
            }
            Axis::At => draft.at.unix_seconds(),
            Axis::Number(number) => self.number(number, draft, body),
            Axis::State(..) => Axis::ABSENT,
        }
    }

    fn attribute(&self, index: u16, draft: &Draft) -> i64 {
        let shared = self.coding.attributes.get(usize::from(index));
        let Some(shared) = shared else {
            return Axis::ABSENT;
        };
        let Some(value) = draft.attributes.get(&*shared.name) else {
            return shared.missing.unwrap_or(Axis::ABSENT);
        };
        match &shared.of {
            Kind::Bool => i64::from(value == "true"),
            Kind::Integer => value
                .parse()
                .map_or(Axis::ABSENT, |n: i64| n.max(Axis::ABSENT + 1)),
            Kind::Words(words) => {
                let code = words
                    .iter()
                    .position(|keys| keys.iter().any(|k| **k == **value));
                code.and_then(|code| i64::try_from(code).ok())
                    .unwrap_or(Axis::ABSENT)
            }
            Kind::Text(bounds) => rank(bounds, value),
        }
    }

    fn number(&self, number: Number, draft: &Draft, body: &Body) -> i64 {
        let optional =
            |value: Option<i64>| value.map_or(Axis::ABSENT, |value| value.max(Axis::ABSENT + 1));
        let same = |[old, new]: [Option<i64>; 2]| old.filter(|_| old == new);
        let most = body.max_tokens.or(same(self.coding.max_tokens));
        match number {
            Number::MaxTokens => optional(most),
            Number::InputTokens => body.input_tokens,
            Number::TotalTokens => body.input_tokens.saturating_add(most.unwrap_or(0).max(0)),
            Number::Depth => optional(draft.chain.depth.or(same(self.coding.depth))),
            Number::Count => {
                let here = i64::try_from(draft.fallbacks.len()).unwrap_or(i64::MAX);
                draft.chain.count.max(here)
            }
            Number::Temperature => optional(body.temperature.map(Decimal::billionths)),
            Number::TopP => optional(body.top_p.map(Decimal::billionths)),
        }
    }
}

fn flag_code(flag: Flag, draft: &Draft, body: &Body) -> i64 {
    let presence = |there: bool| if there { 1 } else { Axis::ABSENT };
    let choice = |value: Option<bool>| value.map_or(Axis::ABSENT, i64::from);
    let position = |found: Option<usize>| {
        let code = found.and_then(|at| i64::try_from(at).ok());
        code.unwrap_or(Axis::ABSENT)
    };
    match flag {
        Flag::Auth => position(Auth::NAMES.iter().position(|(_, auth)| *auth == draft.auth)),
        Flag::Fault => body.faults.first().map_or(0, |fault| {
            let mut kinds = FaultKind::NAMES.iter();
            position(kinds.position(|(_, kind)| *kind == fault.kind)) + 1
        }),
        Flag::ChainFault => draft.chain.fault.as_ref().map_or(0, |fault| {
            let mut kinds = ChainFaultKind::NAMES.iter();
            position(kinds.position(|(_, kind)| *kind == fault.kind)) + 1
        }),
        Flag::Messages => presence(body.messages),
        Flag::Prompt => presence(body.prompt),
        Flag::Stream => i64::from(body.stream),
        Flag::Estimated => i64::from(body.input_tokens_estimated),
        Flag::ZeroDataRetention => choice(body.zero_data_retention),
        Flag::MalformedTranscript => i64::from(body.transcript_id_malformed),
        Flag::HasTranscriptId => i64::from(body.transcript_id.is_some()),
        Flag::HasTranscriptTag => i64::from(body.has_transcript_tag),
        Flag::Retry => choice(draft.chain.retry),
    }
}

fn text_of<'d>(text: TextField, draft: &'d Draft, body: &'d Body) -> Option<&'d str> {
    let fault = body.faults.first();
    match text {
        TextField::AuthHeader => draft.auth_header.as_deref(),
        TextField::Model => body.model.as_deref(),
        TextField::ModelRegion => body.model_region.as_deref(),
        TextField::ToolChoice => body.tool_choice.as_deref(),
        TextField::ResponseFormat => body.response_format.as_deref(),
        TextField::ReasoningEffort => body.reasoning_effort.as_deref(),
        TextField::ServiceTier => body.service_tier.as_deref(),
        TextField::TranscriptId => body.transcript_id.as_deref(),
        TextField::FaultPath => fault
            .map(|f| f.path.as_str())
            .filter(|path| !path.is_empty()),
        TextField::FaultDetail => fault.map(|f| f.detail.as_str()),
    }
}

fn set_of(set: SetField, body: &Body) -> &BTreeSet<String> {
    match set {
        SetField::PostProcessing => &body.post_processing,
        SetField::Content => &body.content,
        SetField::ToolTypes => &body.tool_types,
        SetField::Parameters => &body.parameters,
    }
}

/// A text's rank among sorted bounds.
fn rank(bounds: &[Box<[u8]>], text: &str) -> i64 {
    let below = bounds.partition_point(|bound| **bound <= *text.as_bytes());
    i64::try_from(below).unwrap_or(i64::MAX)
}

/// What is known of any model, or of any route; that nothing is known of one is always among it.
fn usages(state: &State, scope: Scope) -> Vec<Usage> {
    let mut all = vec![Usage::default()];
    match scope {
        Scope::Model => all.extend(state.models.values().copied()),
        Scope::Route => all.extend(state.routes.iter().map(|(_, usage)| usage)),
    }
    all
}

fn state_code(usage: Usage, fact: StateFact) -> i64 {
    match fact {
        StateFact::Healthy => usage.healthy.map_or(Axis::ABSENT, i64::from),
        StateFact::Used => usage
            .used
            .map_or(Axis::ABSENT, |used| used.max(Axis::ABSENT + 1)),
    }
}
