//! A request made of a box: of every field a value that the box allows, the plainest first.

#![expect(
    clippy::option_option,
    reason = "the outer says whether there is a text, the inner whether the request has it"
)]

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::decimal::Decimal;
use portolan_core::diagram::survey::pair::{Axis, Cell, Coding, Kind, Span};
use portolan_core::diagram::survey::{Flag, Number, SetField, TextField};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::{Scope, StateFact};
use portolan_core::request::{
    Auth, Body, ChainFault, ChainFaultKind, Draft, Fault, FaultKind, State, Usage,
};

use super::boxes::{self, asked, banned};

/// Makes a request of a cell.
pub(super) struct Make<'m> {
    pub(super) engines: [&'m Engine; 2],
    pub(super) coding: &'m Coding,
    pub(super) cell: Cell,
}

impl Make<'_> {
    fn spans(&self, axis: Axis) -> Option<&[Span]> {
        self.cell.bounds.get(&axis).map(Vec::as_slice)
    }

    /// The first code that is wanted and allowed, else the first that is allowed.
    fn code(&self, axis: Axis, wanted: &[i64]) -> i64 {
        let codes = axis.codes(self.coding);
        let spans = self.spans(axis).unwrap_or(&codes);
        let allowed = |code: &i64| {
            spans
                .iter()
                .any(|(from, last)| (from..=last).contains(&code))
        };
        let found = wanted.iter().copied().find(allowed);
        found.unwrap_or_else(|| spans.first().map_or(0, |(from, _)| *from))
    }

    fn flag(&self, flag: Flag, wanted: &[i64]) -> i64 {
        self.code(Axis::Flag(flag), wanted)
    }

    fn number(&self, number: Number) -> Option<i64> {
        let code = self.code(Axis::Number(number), &[Axis::ABSENT, 1, 0]);
        (code != Axis::ABSENT).then_some(code)
    }

    /// A text of an allowed rank.
    fn text(&self, axis: Axis, bounds: &[Box<[u8]>]) -> Option<Option<String>> {
        let codes = axis.codes(self.coding);
        let spans = self.spans(axis).unwrap_or(&codes);
        let free = |code: &i64| {
            spans
                .iter()
                .any(|(from, last)| (from..=last).contains(&code))
        };
        if free(&Axis::ABSENT) && !matches!(axis, Axis::Text(TextField::Model)) {
            return Some(None);
        }
        let mut ranks = spans.iter().flat_map(|(from, last)| (*from).max(0)..=*last);
        ranks
            .find_map(|rank| text_at(bounds, rank, &|_| true))
            .map(Some)
    }

    fn field(&self, text: TextField) -> Option<Option<String>> {
        let bounds = self.coding.texts.get(&text);
        self.text(Axis::Text(text), bounds.map_or(&[], Vec::as_slice))
    }

    /// A set with what it must have and nothing that it must not.
    fn words(&self, set: SetField) -> Option<BTreeSet<String>> {
        let banned = banned(&self.cell, set);
        let names = self.coding.words.get(&set).map_or(&[][..], Vec::as_slice);
        let mut chosen = BTreeSet::new();
        let mut bits: u128 = 0;
        for mask in asked(&self.cell, set, 1) {
            if bits & mask != 0 {
                continue;
            }
            let free = mask & !banned;
            if free == 0 {
                return None;
            }
            let bit = free.trailing_zeros();
            bits |= 1 << bit;
            let word = names
                .get(usize::try_from(bit).ok()?)
                .map(ToString::to_string);
            let other = || {
                let mut other = "other".to_owned();
                while names.iter().any(|name| **name == *other) {
                    other.push('x');
                }
                other
            };
            chosen.insert(word.unwrap_or_else(other));
        }
        Some(chosen)
    }

    /// The request for an id, through an endpoint.
    pub(super) fn draft(
        &self,
        id: Option<&str>,
        model: i64,
        endpoint: &str,
    ) -> Option<(Draft, State)> {
        let at = self.code(
            Axis::At,
            &[Instant::parse("2026-01-01").ok()?.unix_seconds()],
        );
        let mut draft = Draft::new("", Instant::from_unix_seconds(at));
        draft.endpoint = Some(endpoint.to_owned());
        draft.body = self.body(id, model)?;
        for (position, shared) in (0u16..).zip(&self.coding.attributes) {
            let axis = Axis::Attribute(position);
            let bounded = self.spans(axis).is_some();
            let spared = self.engines.iter().all(|engine| {
                let mut own = engine.policy().attributes.iter();
                let own = own.find(|a| a.name == shared.name);
                own.is_some_and(|a| a.optional || a.default.is_some())
            });
            if !bounded && spared {
                continue;
            }
            let value = match &shared.of {
                Kind::Bool => (self.code(axis, &[]) != 0).to_string(),
                Kind::Integer => self.code(axis, &[0, 1]).to_string(),
                Kind::Words(_) | Kind::Text(_) if self.code(axis, &[]) == Axis::ABSENT => continue,
                Kind::Words(words) => {
                    let code = usize::try_from(self.code(axis, &[])).ok()?;
                    words.get(code)?.first()?.to_string()
                }
                Kind::Text(bounds) => self.text(axis, bounds)??,
            };
            if self.code(axis, &[]) != Axis::ABSENT {
                draft.attributes.insert(shared.name.to_string(), value);
            }
        }
        let auth = usize::try_from(self.flag(Flag::Auth, &[0])).ok()?;
        let (_, auth) = Auth::NAMES.get(auth)?;
        draft.auth = *auth;
        draft.auth_header = self.field(TextField::AuthHeader)?;
        draft.chain.depth = self.number(Number::Depth);
        draft.chain.count = self.code(Axis::Number(Number::Count), &[0]);
        draft.chain.retry = match self.flag(Flag::Retry, &[Axis::ABSENT]) {
            Axis::ABSENT => None,
            code => Some(code == 1),
        };
        let fault = self.flag(Flag::ChainFault, &[0]);
        draft.chain.fault = match usize::try_from(fault - 1) {
            Ok(kind) => Some(ChainFault {
                kind: ChainFaultKind::NAMES.get(kind)?.1,
                path: "fallbacks[0]".to_owned(),
            }),
            Err(_) => None,
        };
        let state = self.state(&draft);
        Some((draft, state))
    }

    fn body(&self, id: Option<&str>, model: i64) -> Option<Body> {
        let catalogs = self.engines.map(Engine::catalog);
        let unknown = || {
            let bounds = self.coding.texts.get(&TextField::Model);
            let bounds = bounds.map_or(&[][..], Vec::as_slice);
            let codes = Axis::Text(TextField::Model).codes(self.coding);
            let spans = self.spans(Axis::Text(TextField::Model)).unwrap_or(&codes);
            let mut ranks = spans.iter().flat_map(|(from, last)| (*from).max(0)..=*last);
            let prefixes = self
                .engines
                .map(|engine| engine.policy().model_prefix.clone());
            let new = |text: &str| {
                let cut = prefixes.iter().flatten().any(|p| text.starts_with(&**p));
                !cut && boxes::unknown_to(catalogs, text)
            };
            ranks.find_map(|rank| text_at(bounds, rank, &new))
        };
        let (input_tokens, max_tokens) = boxes::tokens(&self.cell)?;
        // What a derived flag says, its text must not belie.
        let must = |text: TextField| {
            let spans = self.spans(Axis::Text(text)).unwrap_or(&[]);
            !spans.is_empty() && spans.iter().all(|(from, _)| *from != Axis::ABSENT)
        };
        let id_first = i64::from(must(TextField::TranscriptId));
        let transcript = match self.flag(Flag::HasTranscriptId, &[id_first]) {
            0 => None,
            _ => Some(self.present(TextField::TranscriptId)?),
        };
        let broken = must(TextField::FaultDetail) || must(TextField::FaultPath);
        let wanted: &[i64] = if broken { &[1, 2, 3, 4] } else { &[0] };
        let kind = self.flag(Flag::Fault, wanted);
        let faults = match usize::try_from(kind - 1) {
            Err(_) => Vec::new(),
            Ok(kind) => vec![Fault {
                kind: FaultKind::NAMES.get(kind)?.1,
                path: self.field(TextField::FaultPath)?.unwrap_or_default(),
                detail: self.present(TextField::FaultDetail)?,
            }],
        };
        let decimal = |number| self.number(number).map(Decimal::from_billionths);
        Some(Body {
            model: match (id, model) {
                (Some(id), _) => Some(id.to_owned()),
                (None, 0) => None,
                (None, _) => Some(unknown()?),
            },
            messages: self.flag(Flag::Messages, &[1]) == 1,
            prompt: self.flag(Flag::Prompt, &[Axis::ABSENT]) == 1,
            model_region: self.field(TextField::ModelRegion)?,
            max_tokens,
            temperature: decimal(Number::Temperature),
            top_p: decimal(Number::TopP),
            stream: self.flag(Flag::Stream, &[0]) == 1,
            tool_choice: self.field(TextField::ToolChoice)?,
            response_format: self.field(TextField::ResponseFormat)?,
            reasoning_effort: self.field(TextField::ReasoningEffort)?,
            service_tier: self.field(TextField::ServiceTier)?,
            zero_data_retention: match self.flag(Flag::ZeroDataRetention, &[Axis::ABSENT]) {
                Axis::ABSENT => None,
                code => Some(code == 1),
            },
            transcript_id: transcript,
            transcript_id_malformed: self.flag(Flag::MalformedTranscript, &[0]) == 1,
            has_transcript_tag: self.flag(Flag::HasTranscriptTag, &[0]) == 1,
            post_processing: self.words(SetField::PostProcessing)?,
            content: self.words(SetField::Content)?,
            tool_types: self.words(SetField::ToolTypes)?,
            parameters: self.words(SetField::Parameters)?,
            input_tokens,
            input_tokens_estimated: self.flag(Flag::Estimated, &[0]) == 1,
            faults,
            paths: BTreeMap::new(),
        })
    }

    /// A text that is there.
    fn present(&self, text: TextField) -> Option<String> {
        let bounds = self.coding.texts.get(&text);
        let bounds = bounds.map_or(&[][..], Vec::as_slice);
        let axis = Axis::Text(text);
        let codes = axis.codes(self.coding);
        let spans = self.spans(axis).unwrap_or(&codes);
        let spans = spans.iter().filter(|(_, last)| *last >= 0);
        let mut ranks = spans.flat_map(|(from, last)| (*from).max(0)..=*last);
        ranks.find_map(|rank| text_at(bounds, rank, &|_| true))
    }

    /// What is known about now, where the region asks for it: of the model, and of all its routes.
    fn state(&self, draft: &Draft) -> State {
        let mut state = State::default();
        let known = |scope: Scope| {
            let healthy = self.spans(Axis::State(scope, StateFact::Healthy));
            let used = self.spans(Axis::State(scope, StateFact::Used));
            if healthy.is_none() && used.is_none() {
                return None;
            }
            let healthy = healthy.map(|_| self.code(Axis::State(scope, StateFact::Healthy), &[]));
            let used = used.map(|_| self.code(Axis::State(scope, StateFact::Used), &[]));
            Some(Usage {
                healthy: healthy
                    .filter(|code| *code != Axis::ABSENT)
                    .map(|code| code == 1),
                used: used.filter(|code| *code != Axis::ABSENT),
                reset_s: None,
            })
        };
        let (of_model, of_route) = (known(Scope::Model), known(Scope::Route));
        for engine in self.engines {
            let Ok(request) = engine.request(draft.clone()) else {
                continue;
            };
            let catalog = engine.catalog();
            let target = request.primary().target;
            let Some(model) = target.and_then(|target| catalog.model(target.model)) else {
                continue;
            };
            if let Some(usage) = of_model {
                state.models.insert(model.id.to_string(), usage);
            }
            for offering in model
                .offerings
                .iter()
                .filter_map(|id| catalog.offering(*id))
            {
                let region = catalog.region(offering.region);
                for endpoint in &catalog.endpoints {
                    let (Some(region), Some(usage)) = (region, of_route) else {
                        continue;
                    };
                    let names = [&*model.id, &*region.name, &*endpoint.name];
                    let [model, region, endpoint] = names.map(str::to_owned);
                    state.routes.insert((model, region, endpoint), usage);
                }
            }
        }
        state
    }
}

/// A text of a rank among bounds that is wanted, the shortest first.
fn text_at(bounds: &[Box<[u8]>], rank: i64, wanted: &dyn Fn(&str) -> bool) -> Option<String> {
    let rank = usize::try_from(rank).ok()?;
    let from: &[u8] = match rank.checked_sub(1) {
        None => &[],
        Some(before) => bounds.get(before)?,
    };
    let until = bounds.get(rank);
    let inside = |text: &[u8]| text >= from && until.is_none_or(|until| text < &**until);
    let endings = ["", "x", "0", "other", "-", " ", "\0", "\0x"];
    let mut tried = endings.iter().map(|ending| {
        let mut text = from.to_vec();
        text.extend_from_slice(ending.as_bytes());
        text
    });
    let plain = ["other", "x", "a", "0", "z"]
        .iter()
        .map(|text| text.as_bytes().to_vec());
    let mut found = plain.chain(&mut tried).filter(|text| inside(text));
    found.find_map(|text| String::from_utf8(text).ok().filter(|text| wanted(text)))
}
