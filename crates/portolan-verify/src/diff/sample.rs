//! A request of a region, made and replayed: both reference interpreters are asked about it before
//! it is shown.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::answer::{Answer, Outcome, RuleRef};
use portolan_core::decimal::Decimal;
use portolan_core::diagram::survey::pair::{Axis, Cell, Coding, Kind, Span};
use portolan_core::diagram::survey::{Flag, Number, SetField, TextField};
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::{RuleKind, Scope, StateFact, Term, Value};
use portolan_core::request::{
    Auth, Body, ChainFault, ChainFaultKind, Draft, Fault, FaultKind, State, Usage,
};

use super::boxes::{self, Dimension, Names, Region, asked, banned, positions};
use super::named::{Direction, Named};

/// A request and what both say to it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The request.
    pub draft: Draft,
    /// What is known about now.
    pub state: State,
    /// What both say.
    pub answers: [Answer; 2],
}

/// What a caller acts on: an answer without its words and without when it goes stale.
pub fn essence(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    answer.snapshot = Default::default();
    match &mut answer.outcome {
        Outcome::Route(plan) => {
            plan.valid_until = None;
            for warning in &mut plan.warnings {
                warning.message.clear();
                warning.field = None;
            }
            for dropped in &mut plan.dropped {
                dropped.message.clear();
            }
        }
        Outcome::Refuse(refusal) => {
            refusal.message.clear();
            refusal.help.clear();
            refusal.field = None;
            refusal.rule = RuleRef {
                name: String::new(),
                file: String::new(),
                line: 0,
                column: 0,
            };
            refusal.candidates.clear();
            refusal.also.clear();
            for dropped in &mut refusal.dropped {
                dropped.message.clear();
            }
        }
    }
    answer
}

/// Tries that are made to find one that shows the change.
const TRIES: usize = 24;

/// States that are tried for one request, at most.
const STATES: usize = 120;

/// A request of a region that both decide differently, replayed.
pub(super) fn sample(
    engines: [&Engine; 2],
    names: &Names,
    coding: &Coding,
    region: &Region,
    what: &[Named],
) -> Option<Sample> {
    let words = what
        .iter()
        .all(|named| named.direction == Direction::Rewords);
    let mut tries = 0;
    for endpoint in names.endpoints(region) {
        for model in positions(region, Dimension::Model) {
            tries += 1;
            if tries > TRIES {
                return None;
            }
            let make = Make {
                engines,
                coding,
                cell: cell(region),
            };
            let Some((draft, state)) = make.draft(names.model(model), model, &endpoint) else {
                continue;
            };
            let beyond = what.iter().any(|named| named.route.is_some());
            for draft in make.roles(names, region, draft) {
                let mut states = vec![state.clone()];
                if beyond && engines.iter().any(|e| e.policy().plan_at_most.is_some()) {
                    // A route past those that are planned comes up where others are put aside.
                    states.extend(make.with_others_aside(&draft, &state));
                }
                for state in states {
                    let Some(answers) = ask(engines, &draft, &state) else {
                        continue;
                    };
                    if differ(&answers, words) {
                        return Some(Sample {
                            draft,
                            state,
                            answers,
                        });
                    }
                }
            }
        }
    }
    None
}

/// Says whether two answers differ: in their words, or in what a caller acts on.
pub(super) fn differ([old, new]: &[Answer; 2], words: bool) -> bool {
    if words {
        without_snapshot(old) != without_snapshot(new)
    } else {
        essence(old) != essence(new)
    }
}

/// What both interpreters say; none where one does not accept the request.
pub(super) fn ask(engines: [&Engine; 2], draft: &Draft, state: &State) -> Option<[Answer; 2]> {
    let [old, new] = engines;
    let answer = |engine: &Engine| {
        let request = engine.request(draft.clone()).ok()?;
        Some(engine.answer(&request, state))
    };
    Some([answer(old)?, answer(new)?])
}

fn without_snapshot(answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    answer.snapshot = Default::default();
    answer
}

/// The fields of a region.
fn cell(region: &Region) -> Cell {
    let bounds = region
        .iter()
        .filter_map(|(dimension, spans)| match dimension {
            Dimension::Axis(axis) => Some((*axis, spans.clone())),
            Dimension::Role | Dimension::Endpoint | Dimension::Model => None,
        });
    Cell {
        bounds: bounds.collect(),
    }
}

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
        let ranks = spans.iter().flat_map(|(from, last)| (*from).max(0)..=*last);
        ranks
            .filter_map(|rank| text_at(bounds, rank, &|_| true))
            .next()
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
            let ranks = spans.iter().flat_map(|(from, last)| (*from).max(0)..=*last);
            let prefixes = self
                .engines
                .map(|engine| engine.policy().model_prefix.clone());
            let new = |text: &str| {
                let prefixed = prefixes.iter().flatten().any(|p| text.starts_with(&**p));
                !prefixed && boxes::unknown_to(catalogs, text)
            };
            ranks.filter_map(|rank| text_at(bounds, rank, &new)).next()
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
        let faulty = must(TextField::FaultDetail) || must(TextField::FaultPath);
        let wanted: &[i64] = if faulty { &[1, 2, 3, 4] } else { &[0] };
        let fault = self.flag(Flag::Fault, wanted);
        let faults = match usize::try_from(fault - 1) {
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
        let ranks = spans.flat_map(|(from, last)| (*from).max(0)..=*last);
        ranks
            .filter_map(|rank| text_at(bounds, rank, &|_| true))
            .next()
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

    /// States in which all routes but one, but two and so on are put aside.
    fn with_others_aside(&self, draft: &Draft, state: &State) -> Vec<State> {
        let mut routes = Vec::new();
        for engine in self.engines {
            let request = engine.request(draft.clone());
            let target = request.ok().and_then(|request| request.primary().target);
            let catalog = engine.catalog();
            let Some(model) = target.and_then(|target| catalog.model(target.model)) else {
                continue;
            };
            for offering in model
                .offerings
                .iter()
                .filter_map(|id| catalog.offering(*id))
            {
                for endpoint in &catalog.endpoints {
                    let region = catalog.region(offering.region).map_or("", |r| &r.name);
                    let names = [&*model.id, region, &*endpoint.name].map(str::to_owned);
                    if !routes.contains(&names) {
                        routes.push(names);
                    }
                }
            }
        }
        let aside = |bad: Usage, kept: &dyn Fn(usize) -> bool| {
            let mut state = state.clone();
            for (position, names) in routes.iter().enumerate() {
                if !kept(position) {
                    let [model, region, endpoint] = names.clone();
                    state.routes.insert((model, region, endpoint), bad);
                }
            }
            state
        };
        let mut states = Vec::new();
        for used in self.usages() {
            let bad = Usage {
                healthy: Some(false),
                used: Some(used),
                reset_s: None,
            };
            for one in 0..routes.len() {
                states.push(aside(bad, &|position| position == one));
                states.push(aside(bad, &|position| position != one));
            }
        }
        states.truncate(STATES);
        states
    }

    /// Usages at which rules that put routes aside may change their minds.
    fn usages(&self) -> BTreeSet<i64> {
        let mut found = BTreeSet::from([i64::MAX]);
        let mut add = |value: &Value| {
            if let Value::Integer(number) = value {
                found.insert(*number);
            }
        };
        let rules = self.engines.iter().flat_map(|e| &e.policy().rules);
        for rule in rules.filter(|rule| matches!(rule.kind, RuleKind::Skip(_))) {
            for term in rule.when.terms() {
                match term {
                    Term::Constant(Value::Set(values)) => values.iter().for_each(&mut add),
                    Term::Constant(value) => add(value),
                    _ => {}
                }
            }
        }
        found
    }

    /// The request in the roles that the region has: as it is, then beside itself as a fallback,
    /// then as a fallback of something else.
    fn roles(&self, names: &Names, region: &Region, draft: Draft) -> Vec<Draft> {
        let mut drafts = Vec::new();
        let mut chained = draft.clone();
        chained.fallbacks = vec![draft.body.clone()];
        chained.chain.count = chained.chain.count.max(1);
        if names.role(region) != Some(portolan_core::diagram::survey::pair::Role::Fallback) {
            drafts.push(draft.clone());
            drafts.push(chained.clone());
            return drafts;
        }
        drafts.push(chained.clone());
        let [_, new] = self.engines;
        for model in new.catalog().models.iter().take(TRIES) {
            let mut other = chained.clone();
            other.body.model = Some(model.id.to_string());
            drafts.push(other.clone());
            other.body = Draft::new(&*model.id, draft.at).body;
            drafts.push(other);
        }
        drafts
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
