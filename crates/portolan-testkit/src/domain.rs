//! What requests to one engine are worth asking: the values at which something in its policy or
//! its catalog changes, and their neighbours. Drawn from by dice, one request after the other.
//!
//! How the values are found is `domain/cuts.rs`'s.

mod cuts;

use std::collections::BTreeMap;

use portolan_core::decimal::Decimal;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::limits;
use portolan_core::policy::{BodyField, Type};
use portolan_core::request::{
    Auth, Body, Chain, ChainFault, ChainFaultKind, Draft, Fault, FaultKind, State, Usage,
};

use crate::dice::Dice;

pub use cuts::{Cuts, atoms, dates_of, terms_of};

/// Where numbers end.
const EDGES: [i64; 6] = [-1, 0, i64::MAX, i64::MAX - 1, i64::MIN, i64::MIN + 1];

/// The values that requests to one engine are made of.
#[derive(Debug, Clone)]
pub struct Domain {
    /// Ids of models and aliases, as they are and with the policy's prefix.
    pub models: Vec<String>,
    /// Regions, by name.
    pub regions: Vec<String>,
    /// Endpoints, by name.
    pub endpoints: Vec<String>,
    /// Attributes with values that they take; whether each may be left out.
    pub attributes: Vec<(String, Vec<String>, bool)>,
    /// Where truths change.
    pub cuts: Cuts,
}

impl Domain {
    /// Of an engine.
    pub fn of(engine: &Engine) -> Self {
        let (catalog, policy) = (engine.catalog(), engine.policy());
        let cuts = Cuts::of(engine);
        let ids = catalog.models.iter().map(|m| &m.id);
        let ids = ids.chain(catalog.aliases.iter().map(|a| &a.id));
        let attributes = policy.attributes.iter().map(|attribute| {
            let texts =
                |words: &[Box<str>]| words.iter().take(64).map(ToString::to_string).collect();
            let values: Vec<String> = if let Type::Choice(words) = &attribute.of {
                texts(words)
            } else if let Type::Key(table) = &attribute.of {
                let table = policy.tables.get(*table as usize);
                table.map_or(Vec::new(), |table| texts(&table.keys))
            } else if attribute.of == Type::Bool {
                vec!["true".to_owned(), "false".to_owned()]
            } else if attribute.of == Type::Count {
                let numbers = cuts.integers.iter().chain(&EDGES);
                numbers.map(ToString::to_string).collect()
            } else {
                cuts.texts.clone()
            };
            let spared = attribute.optional || attribute.default.is_some();
            (attribute.name.to_string(), values, spared)
        });
        let mut models: Vec<String> = ids.map(ToString::to_string).collect();
        let prefix = policy.model_prefix.as_deref();
        let prefixed = prefix.map(|prefix| models.iter().map(move |id| format!("{prefix}{id}")));
        let prefixed: Vec<String> = prefixed.into_iter().flatten().collect();
        models.extend(prefixed);
        Self {
            models,
            regions: catalog.regions.iter().map(|r| r.name.to_string()).collect(),
            endpoints: catalog
                .endpoints
                .iter()
                .map(|e| e.name.to_string())
                .collect(),
            attributes: attributes.collect(),
            cuts,
        }
    }

    /// A request with up to `limits::FALLBACKS` fallbacks. Every one of them is accepted.
    pub fn draft(&self, dice: &mut Dice) -> Draft {
        let mut body = Body {
            model: Some(dice.pick(&self.models)),
            messages: true,
            ..Body::default()
        };
        for _ in 0..dice.below(8) {
            self.change(dice, &mut body);
        }
        let many = match dice.below(20) {
            0..=8 => 0,
            9..=18 => dice.between(1, 3),
            _ => dice.between(4, limits::FALLBACKS),
        };
        let mut fallbacks = Vec::new();
        for _ in 0..many {
            let mut fallback = body.clone();
            fallback.model = Some(dice.pick(&self.models));
            for _ in 0..dice.below(5) {
                self.change(dice, &mut fallback);
            }
            fallbacks.push(fallback);
        }
        let auths = Auth::NAMES.map(|(_, auth)| auth);
        let auth = if dice.chance(50) {
            Auth::NotJudged
        } else {
            dice.pick(&auths)
        };
        Draft {
            endpoint: Some(dice.pick(&self.endpoints)),
            at: self.instant(dice),
            attributes: self.given(dice),
            auth,
            auth_header: dice.chance(30).then(|| self.text(dice)),
            chain: self.chain(dice, fallbacks.len()),
            body,
            fallbacks,
        }
    }

    fn instant(&self, dice: &mut Dice) -> Instant {
        if dice.chance(5) {
            return if dice.chance(50) {
                Instant::MIN
            } else {
                Instant::MAX
            };
        }
        let near = dice.one_of(&self.cuts.instants).copied();
        let by = i64::try_from(dice.below(3)).unwrap_or(0) - 1;
        near.unwrap_or(Instant::from_unix_seconds(1_780_000_000))
            .plus_seconds(by)
    }

    fn given(&self, dice: &mut Dice) -> BTreeMap<String, String> {
        let mut given = BTreeMap::new();
        for (name, values, spared) in &self.attributes {
            if !spared || dice.chance(60) {
                given.insert(name.clone(), dice.pick(values));
            }
        }
        given
    }

    fn chain(&self, dice: &mut Dice, sent: usize) -> Chain {
        let sent = i64::try_from(sent).unwrap_or(i64::MAX);
        let kinds = ChainFaultKind::NAMES;
        let fault = dice.chance(8).then(|| ChainFault {
            kind: dice
                .one_of(&kinds)
                .map_or(ChainFaultKind::TooMany, |(_, kind)| *kind),
            path: "fallbacks[0]".to_owned(),
        });
        Chain {
            depth: dice.chance(30).then(|| self.integer(dice)),
            retry: dice.chance(30).then(|| dice.chance(50)),
            count: if dice.chance(85) {
                sent
            } else {
                self.integer(dice)
            },
            fault,
        }
    }

    fn integer(&self, dice: &mut Dice) -> i64 {
        if dice.chance(4) {
            return dice.pick(&EDGES);
        }
        dice.pick(&self.cuts.integers)
    }

    fn decimal(&self, dice: &mut Dice) -> Decimal {
        if dice.chance(4) {
            return Decimal::from_billionths(dice.pick(&EDGES));
        }
        let found = dice.one_of(&self.cuts.decimals).copied();
        found.unwrap_or(Decimal::ONE)
    }

    fn text(&self, dice: &mut Dice) -> String {
        dice.pick(&self.cuts.texts)
    }

    fn texts(&self, dice: &mut Dice) -> std::collections::BTreeSet<String> {
        (0..dice.below(4)).map(|_| self.text(dice)).collect()
    }

    /// Changes a field, most often one that the policy reads.
    fn change(&self, dice: &mut Dice, body: &mut Body) {
        let read = if dice.chance(85) {
            dice.one_of(&self.cuts.body)
        } else {
            None
        };
        let any = dice.one_of(BodyField::ALL);
        if let Some(field) = read.or(any) {
            self.put(dice, body, *field);
        }
    }

    /// Puts some value into a field, or none.
    fn put(&self, dice: &mut Dice, body: &mut Body, field: BodyField) {
        let there = dice.chance(80);
        match field {
            BodyField::Model => {
                body.model = match dice.below(10) {
                    0 => None,
                    1 => Some(format!("vendor/{}", dice.pick(&self.models))),
                    2 | 3 => Some(dice.pick(&self.cuts.ids)),
                    _ => Some(dice.pick(&self.models)),
                };
            }
            BodyField::Messages => body.messages = dice.chance(50),
            BodyField::Prompt => body.prompt = dice.chance(50),
            BodyField::ModelRegion => body.model_region = there.then(|| self.text(dice)),
            BodyField::MaxTokens => body.max_tokens = there.then(|| self.integer(dice)),
            BodyField::InputTokens => body.input_tokens = self.integer(dice),
            BodyField::TotalTokens => {
                // So that the sum is at a cut.
                let total = self.integer(dice);
                body.max_tokens = there.then(|| self.integer(dice).max(0));
                body.input_tokens = total.saturating_sub(body.max_tokens.unwrap_or(0));
            }
            BodyField::InputTokensEstimated => body.input_tokens_estimated = dice.chance(50),
            BodyField::Temperature => body.temperature = there.then(|| self.decimal(dice)),
            BodyField::TopP => body.top_p = there.then(|| self.decimal(dice)),
            BodyField::Stream => body.stream = dice.chance(50),
            BodyField::ToolChoice => body.tool_choice = there.then(|| self.text(dice)),
            BodyField::ResponseFormat => body.response_format = there.then(|| self.text(dice)),
            BodyField::ReasoningEffort => body.reasoning_effort = there.then(|| self.text(dice)),
            BodyField::ServiceTier => {
                body.service_tier = there.then(|| {
                    let tiers = &self.cuts.tiers;
                    if tiers.is_empty() || dice.chance(20) {
                        self.text(dice)
                    } else {
                        dice.pick(tiers)
                    }
                });
            }
            BodyField::ZeroDataRetention => {
                body.zero_data_retention = there.then(|| dice.chance(50));
            }
            BodyField::TranscriptId | BodyField::HasTranscriptId => {
                body.transcript_id = there.then(|| self.text(dice));
            }
            BodyField::TranscriptIdMalformed => body.transcript_id_malformed = dice.chance(50),
            BodyField::HasTranscriptTag => body.has_transcript_tag = dice.chance(50),
            BodyField::PostProcessing => body.post_processing = self.texts(dice),
            BodyField::Content => body.content = self.texts(dice),
            BodyField::ToolTypes => body.tool_types = self.texts(dice),
            BodyField::Parameters => {
                let known = dice.some_of(&self.cuts.parameters, 35);
                body.parameters = known.into_iter().collect();
            }
            BodyField::Fault | BodyField::FaultPath | BodyField::FaultDetail => {
                body.faults.clear();
                for _ in 0..dice.below(3) {
                    body.faults.push(self.fault(dice));
                }
            }
            // Of the chain, which every effective request shares.
            BodyField::FallbackDepth
            | BodyField::FallbackRetry
            | BodyField::FallbackCount
            | BodyField::FallbackFault => {}
        }
    }

    fn fault(&self, dice: &mut Dice) -> Fault {
        let kinds = FaultKind::NAMES;
        let kind = dice.one_of(&kinds);
        Fault {
            kind: kind.map_or(FaultKind::InvalidJson, |(_, kind)| *kind),
            path: self.text(dice),
            detail: self.text(dice),
        }
    }

    /// What is known about now: often nothing, else usage and health of models and routes; on a
    /// bad day nothing answers and everything is used up.
    pub fn state(&self, dice: &mut Dice) -> State {
        let mut state = State::default();
        if dice.chance(35) {
            return state;
        }
        let bad = dice.chance(35);
        let known = if bad { 95 } else { 60 };
        for model in &self.models {
            if dice.chance(known) {
                state.models.insert(model.clone(), self.usage(dice, bad));
            }
            for region in &self.regions {
                for endpoint in &self.endpoints {
                    if dice.chance(known) {
                        let usage = self.usage(dice, bad);
                        put_route(&mut state, [model, region, endpoint], usage);
                    }
                }
            }
        }
        state
    }

    fn usage(&self, dice: &mut Dice, bad: bool) -> Usage {
        let reset = dice.pick(&[0, -1, 7, 30, 60, i64::MAX]);
        if bad {
            let most = self.cuts.integers.last().copied();
            return Usage {
                healthy: Some(false),
                used: most,
                reset_s: dice.chance(85).then_some(reset),
            };
        }
        Usage {
            healthy: dice.chance(60).then(|| dice.chance(60)),
            used: dice.chance(60).then(|| self.integer(dice)),
            reset_s: dice.chance(60).then_some(reset),
        }
    }
}

/// Says something about one route: its model, region and endpoint.
pub fn put_route(state: &mut State, route: [&str; 3], usage: Usage) {
    let [model, region, endpoint] = route.map(str::to_owned);
    state.routes.insert((model, region, endpoint), usage);
}
