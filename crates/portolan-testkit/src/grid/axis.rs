//! One field of a grid: a value for each of its elementary intervals.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::rc::Rc;

use portolan_core::catalog::{EndpointId, ModelId};
use portolan_core::decimal::Decimal;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::{BodyField, Scope, StateFact, Type, Value};
use portolan_core::request::{
    Auth, ChainFault, ChainFaultKind, Draft, Fault, FaultKind, State, Usage,
};

use super::reads::{Key, Reads};
use super::values::Values;
use crate::domain::put_route;

/// What a request is made in.
#[derive(Debug)]
pub struct Cell {
    /// The request.
    pub draft: Draft,
    /// What is known about now.
    pub state: State,
}

/// Puts one value into its field.
pub type Point = Rc<dyn Fn(&mut Cell)>;

/// A field with its values, the plain one first.
#[derive(Clone)]
pub struct Axis {
    /// The field.
    pub key: Key,
    /// What judges candidates reads it.
    pub deciding: bool,
    /// A value of each interval.
    pub points: Vec<Point>,
}

impl fmt::Debug for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.key, self.points.len())
    }
}

/// Values put by one function.
fn put<T: 'static>(values: impl IntoIterator<Item = T>, to: fn(&mut Cell, &T)) -> Vec<Point> {
    let point = |value: T| -> Point { Rc::new(move |cell| to(cell, &value)) };
    values.into_iter().map(point).collect()
}

fn maybe<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
    std::iter::once(None)
        .chain(values.into_iter().map(Some))
        .collect()
}

/// Every axis of the grid for one id.
pub(super) fn all(engine: &Engine, reads: &Reads, model: Option<&str>) -> Vec<Axis> {
    let of = Slice {
        engine,
        reads,
        models: models(engine, model),
    };
    let mut keys = reads.all.clone();
    let mut deciding = reads.deciding.clone();
    if reads.prices {
        let values = of.values();
        for (key, there) in [
            (Key::Tokens, !values.input_tiers().is_empty()),
            (
                Key::Body(BodyField::ServiceTier),
                !values.tiers().is_empty(),
            ),
        ] {
            if there {
                keys.insert(key);
                deciding.insert(key);
            }
        }
    }
    let axis = |key: Key| Axis {
        key,
        deciding: deciding.contains(&key),
        points: of.points(key),
    };
    keys.into_iter()
        .map(axis)
        .filter(|axis| axis.points.len() > 1 || axis.key == Key::At)
        .collect()
}

/// The models that an id stands for at any time.
fn models(engine: &Engine, id: Option<&str>) -> BTreeSet<ModelId> {
    let catalog = engine.catalog();
    let Some(id) = id else {
        return BTreeSet::new();
    };
    let aliases = catalog.aliases.iter().filter(|alias| *alias.id == *id);
    let targets = aliases.flat_map(|alias| alias.target.periods());
    let targets = targets.map(|(_, target)| target.model);
    catalog.model_named(id).into_iter().chain(targets).collect()
}

struct Slice<'a> {
    engine: &'a Engine,
    reads: &'a Reads,
    models: BTreeSet<ModelId>,
}

impl Slice<'_> {
    fn values(&self) -> Values<'_> {
        Values {
            engine: self.engine,
            reads: self.reads,
            models: &self.models,
        }
    }

    fn points(&self, key: Key) -> Vec<Point> {
        match key {
            Key::At => self.instants(),
            Key::Endpoint => {
                let endpoints = self.engine.catalog().endpoints.iter();
                let names = endpoints.map(|endpoint| Some(endpoint.name.to_string()));
                put(names, |cell, name| cell.draft.endpoint.clone_from(name))
            }
            Key::Auth => {
                let auths = self.values().named(key, &Auth::NAMES);
                put(auths, |cell, auth| cell.draft.auth = *auth)
            }
            Key::AuthHeader => put(maybe(self.values().texts(key)), |cell, text| {
                cell.draft.auth_header.clone_from(text);
            }),
            Key::Attribute(index) => self.attribute(index),
            Key::Tokens => self.tokens(),
            Key::Fault => faults(&self.values().named(key, &FaultKind::NAMES)),
            Key::Body(field) => self.body(field),
            Key::State(scope, fact) => self.state(scope, fact),
        }
    }

    fn instants(&self) -> Vec<Point> {
        let catalog = self.engine.catalog();
        let mut cuts = self.values().instants();
        if let Some(first) = cuts.first() {
            cuts.insert(first.plus_seconds(-1));
        }
        if cuts.is_empty() {
            cuts.insert(Instant::from_unix_seconds(1_780_000_000));
        }
        // The plain one is late enough for most of what the catalog has.
        let plain = |at: &Instant| {
            let sold = self.models.iter().filter_map(|id| catalog.model(*id));
            let sold = sold.flat_map(|model| &model.offerings);
            sold.filter_map(|id| catalog.offering(*id))
                .filter(|offering| offering.window.contains(*at))
                .count()
        };
        let first = cuts.iter().copied().max_by_key(|at| plain(at));
        let others = cuts.into_iter().filter(|at| Some(*at) != first);
        let ordered: Vec<Instant> = first.into_iter().chain(others).collect();
        put(ordered, |cell, at| cell.draft.at = *at)
    }

    fn attribute(&self, index: u32) -> Vec<Point> {
        let Some(attribute) = self.engine.policy().attributes.get(index as usize) else {
            return Vec::new();
        };
        let texts = |words: &[Box<str>]| words.iter().map(ToString::to_string).collect();
        let values: Vec<String> = if let Type::Choice(words) = &attribute.of {
            texts(words)
        } else if let Type::Key(table) = &attribute.of {
            let table = self.engine.policy().tables.get(*table as usize);
            table.map_or(Vec::new(), |table| texts(&table.keys))
        } else if attribute.of == Type::Bool {
            vec!["false".to_owned(), "true".to_owned()]
        } else if attribute.of == Type::Count {
            let numbers = self.values().integers(Key::Attribute(index), None);
            numbers.iter().map(ToString::to_string).collect()
        } else {
            self.values().texts(Key::Attribute(index))
        };
        // One that has a default is never absent.
        let values = if attribute.optional && attribute.default.is_none() {
            maybe(values)
        } else {
            values.into_iter().map(Some).collect()
        };
        let mut values: Vec<Option<String>> = values;
        if let Some(Value::Text(default)) = &attribute.default {
            values.sort_by_key(|value| value.as_deref() != Some(default));
        }
        let name = attribute.name.to_string();
        let named = values.into_iter().map(|value| (name.clone(), value));
        put(named, |cell, (name, value)| {
            let value = value.clone().map(|value| (name.clone(), value));
            cell.draft.attributes.extend(value);
        })
    }

    /// Pairs of `max_tokens` and input tokens, so that their sum takes every interval as well.
    fn tokens(&self) -> Vec<Point> {
        let values = self.values();
        let most = maybe(values.integers(Key::Tokens, Some(BodyField::MaxTokens)));
        let default = self.engine.policy().defaults.get(&BodyField::MaxTokens);
        let totals = values.cuts(Key::Tokens, Some(BodyField::TotalTokens));
        let mut inputs = values.cuts(Key::Tokens, Some(BodyField::InputTokens));
        if self.reads.prices {
            inputs.extend(values.input_tiers());
        }
        let mut pairs = Vec::new();
        for max in most {
            let adds = max.or(default.copied()).unwrap_or(0).max(0);
            let mut cuts = inputs.clone();
            cuts.extend(totals.iter().map(|total| total.saturating_sub(adds)));
            for input in super::values::intervals(&cuts) {
                pairs.push((max, input));
            }
        }
        put(pairs, |cell, (max, input)| {
            cell.draft.body.max_tokens = *max;
            cell.draft.body.input_tokens = *input;
        })
    }

    fn body(&self, field: BodyField) -> Vec<Point> {
        let values = self.values();
        let key = Key::Body(field);
        let both = [false, true];
        let texts = || maybe(values.texts(key));
        let decimals = || {
            let cuts = values.integers(key, Some(field));
            maybe(cuts.into_iter().map(Decimal::from_billionths))
        };
        match field {
            BodyField::Messages => put([true, false], |c, v| c.draft.body.messages = *v),
            BodyField::Prompt => put(both, |c, v| c.draft.body.prompt = *v),
            BodyField::ModelRegion => put(texts(), |c, v| c.draft.body.model_region.clone_from(v)),
            BodyField::Temperature => put(decimals(), |c, v| c.draft.body.temperature = *v),
            BodyField::TopP => put(decimals(), |c, v| c.draft.body.top_p = *v),
            BodyField::Stream => put(both, |c, v| c.draft.body.stream = *v),
            BodyField::InputTokensEstimated => {
                put(both, |c, v| c.draft.body.input_tokens_estimated = *v)
            }
            BodyField::ToolChoice => put(texts(), |c, v| c.draft.body.tool_choice.clone_from(v)),
            BodyField::ResponseFormat => {
                put(texts(), |c, v| c.draft.body.response_format.clone_from(v))
            }
            BodyField::ReasoningEffort => {
                put(texts(), |c, v| c.draft.body.reasoning_effort.clone_from(v))
            }
            BodyField::ServiceTier => {
                let mut tiers = values.texts(key);
                tiers.extend(values.tiers());
                tiers.dedup();
                put(maybe(tiers), |c, v| c.draft.body.service_tier.clone_from(v))
            }
            BodyField::ZeroDataRetention => {
                put(maybe(both), |c, v| c.draft.body.zero_data_retention = *v)
            }
            BodyField::TranscriptId => {
                put(texts(), |c, v| c.draft.body.transcript_id.clone_from(v))
            }
            BodyField::TranscriptIdMalformed => {
                put(both, |c, v| c.draft.body.transcript_id_malformed = *v)
            }
            BodyField::HasTranscriptTag => put(both, |c, v| c.draft.body.has_transcript_tag = *v),
            BodyField::PostProcessing => put(values.sets(key), |c, v| {
                c.draft.body.post_processing.clone_from(v);
            }),
            BodyField::Content => put(values.sets(key), |c, v| c.draft.body.content.clone_from(v)),
            BodyField::ToolTypes => put(values.sets(key), |c, v| {
                c.draft.body.tool_types.clone_from(v);
            }),
            BodyField::Parameters => put(values.sets(key), |c, v| {
                c.draft.body.parameters.clone_from(v);
            }),
            BodyField::FallbackDepth => put(maybe(values.integers(key, Some(field))), |c, v| {
                c.draft.chain.depth = *v;
            }),
            BodyField::FallbackRetry => put(maybe(both), |c, v| c.draft.chain.retry = *v),
            BodyField::FallbackCount => put(values.integers(key, Some(field)), |c, v| {
                c.draft.chain.count = *v;
            }),
            BodyField::FallbackFault => {
                let kinds = values.named(key, &ChainFaultKind::NAMES);
                put(maybe(kinds), |c, v| {
                    c.draft.chain.fault = v.map(|kind| ChainFault {
                        kind,
                        path: "fallbacks[0]".to_owned(),
                    });
                })
            }
            // Parts of other axes.
            BodyField::Model
            | BodyField::MaxTokens
            | BodyField::InputTokens
            | BodyField::TotalTokens
            | BodyField::Fault
            | BodyField::FaultPath
            | BodyField::FaultDetail
            | BodyField::HasTranscriptId => Vec::new(),
        }
    }

    /// Facts about now, of the models and their routes: none, all alike, and each route apart
    /// from the others.
    fn state(&self, scope: Scope, fact: StateFact) -> Vec<Point> {
        let usage = |healthy: Option<bool>, used: Option<i64>| Usage {
            healthy,
            used,
            reset_s: Some(7),
        };
        let values: Vec<Usage> = match fact {
            StateFact::Healthy => [true, false].map(|h| usage(Some(h), None)).to_vec(),
            StateFact::Used => {
                let cuts = self.values().integers(Key::State(scope, fact), None);
                cuts.into_iter()
                    .map(|used| usage(None, Some(used)))
                    .collect()
            }
        };
        let names = self.routes();
        let mut states: Vec<Vec<Option<Usage>>> = vec![vec![None; names.len()]];
        states.extend(values.iter().map(|value| vec![Some(*value); names.len()]));
        let (one, other) = (values.first().copied(), values.last().copied());
        for index in (0..names.len()).filter(|_| scope == Scope::Route && names.len() > 1) {
            for (here, there) in [(one, other), (other, one), (other, None)] {
                let each = (0..names.len()).map(|i| if i == index { here } else { there });
                states.push(each.collect());
            }
        }
        let states = states.into_iter().map(|usages| {
            let of_routes = names.iter().cloned().zip(usages);
            (scope, of_routes.collect::<Vec<_>>())
        });
        put(states, |cell, (scope, usages)| {
            for (routes, usage) in usages {
                let Some(usage) = usage else { continue };
                for [model, region, endpoint] in routes {
                    match scope {
                        Scope::Model => {
                            cell.state.models.insert(model.clone(), *usage);
                        }
                        Scope::Route => {
                            put_route(&mut cell.state, [model, region, endpoint], *usage);
                        }
                    }
                }
            }
        })
    }

    /// Model, region and endpoint of every route that the id may come to. Where only the endpoint
    /// called counts, routes that differ by nothing else are one.
    fn routes(&self) -> Vec<Vec<[String; 3]>> {
        let catalog = self.engine.catalog();
        let any = self.engine.policy().through_any_endpoint;
        let mut found: BTreeMap<_, Vec<[String; 3]>> = BTreeMap::new();
        for model in self.models.iter().filter_map(|id| catalog.model(*id)) {
            let offerings = model.offerings.iter();
            for offering in offerings.filter_map(|id| catalog.offering(*id)) {
                let region = catalog.region(offering.region);
                let region = region.map_or(String::new(), |r| r.name.to_string());
                for (id, endpoint) in (0u32..).map(EndpointId).zip(&catalog.endpoints) {
                    let listed = offering.endpoints.as_ref();
                    if listed.is_none_or(|listed| listed.contains(&id)) {
                        let endpoint = endpoint.name.to_string();
                        let group = (offering.region, any.then_some(id));
                        let route = [model.id.to_string(), region.clone(), endpoint];
                        found.entry(group).or_default().push(route);
                    }
                }
            }
        }
        found.into_values().collect()
    }
}

/// None, and each kind for the whole body and at a path.
fn faults(kinds: &[FaultKind]) -> Vec<Point> {
    let paths = ["", "messages[0].content"];
    let each = kinds.iter();
    let each = each.flat_map(|kind| paths.map(|path| Some((*kind, path))));
    put(std::iter::once(None).chain(each), |cell, fault| {
        let fault = fault.map(|(kind, path)| Fault {
            kind,
            path: path.to_owned(),
            detail: "a number, expected a string".to_owned(),
        });
        cell.draft.body.faults = fault.into_iter().collect();
    })
}
