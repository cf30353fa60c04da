//! Random requests over any compiled engine, for the laws: near the catalog's own ids and dates,
//! where answers change, and far from them.
//!
//! What must hold for them lives in the tests that use them.

use std::collections::{BTreeMap, BTreeSet};

use portolan_core::catalog::Catalog;
use portolan_core::decimal::Decimal;
use portolan_core::engine::Engine;
use portolan_core::instant::Instant;
use portolan_core::policy::Type;
use portolan_core::request::{
    Auth, Body, Chain, ChainFault, ChainFaultKind, Draft, Fault, FaultKind, State, Usage,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// What requests are made of: taken from a catalog once, then drawn from.
#[derive(Debug, Clone)]
pub struct Palette {
    models: Vec<String>,
    regions: Vec<String>,
    endpoints: Vec<String>,
    instants: Vec<Instant>,
    tokens: Vec<i64>,
    parameters: Vec<String>,
    attributes: BTreeMap<String, Vec<String>>,
}

impl Palette {
    /// Of a catalog, and the values that the policy's attributes may take.
    pub fn new(catalog: &Catalog, attributes: BTreeMap<String, Vec<String>>) -> Self {
        let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let ids = catalog.models.iter().map(|m| &*m.id);
        let aliases = catalog.aliases.iter().map(|a| &*a.id);
        let parameters = ["temperature", "tools", "stream", "top_k", "unheard-of"];
        let declared = catalog.parameters.iter().map(|p| &**p);
        Self {
            models: names(ids.chain(aliases).collect()),
            regions: names(catalog.regions.iter().map(|r| &*r.name).collect()),
            endpoints: names(catalog.endpoints.iter().map(|e| &*e.name).collect()),
            instants: instants(catalog),
            tokens: tokens(catalog),
            parameters: names(parameters.into_iter().chain(declared).collect()),
            attributes,
        }
    }

    /// Requests: any endpoint, model, region, tokens, date and attributes, with up to four
    /// fallbacks whose fields lie over the posted ones.
    pub fn drafts(&self) -> impl Strategy<Value = Draft> + use<> {
        let envelope = (
            option::weighted(0.8, pick(&self.endpoints)),
            self.instant(),
            self.attributes(),
            prop_oneof![3 => Just(Auth::NotJudged), 1 => select(auths())],
        );
        let chain = (
            option::weighted(0.2, -1..5i64),
            option::weighted(0.2, any::<bool>()),
            option::weighted(0.05, select(chain_faults())),
        );
        let fallbacks = vec((self.body(), any::<[bool; 6]>()), 0..4);
        (envelope, self.body(), fallbacks, chain).prop_map(|(envelope, body, over, chain)| {
            let (endpoint, at, attributes, auth) = envelope;
            let (depth, retry, fault) = chain;
            let fallbacks: Vec<Body> = over
                .into_iter()
                .map(|(fallback, keep)| overlay(&body, fallback, keep))
                .collect();
            let count = i64::try_from(fallbacks.len()).unwrap_or(i64::MAX);
            Draft {
                endpoint,
                at,
                attributes,
                auth,
                auth_header: (auth == Auth::Misspelt).then(|| "x-api-key".to_owned()),
                body,
                fallbacks,
                chain: Chain {
                    depth,
                    retry,
                    count,
                    fault: fault.map(|kind| ChainFault {
                        kind,
                        path: "fallbacks[0]".to_owned(),
                    }),
                },
            }
        })
    }

    /// What is known about now: nothing, or usage and health of some models and routes.
    pub fn states(&self) -> impl Strategy<Value = State> + use<> {
        let usage = (
            option::of(any::<bool>()),
            option::of(prop_oneof![-1..70i64, Just(i64::MAX)]),
            option::of(-1..120i64),
        )
            .prop_map(|(healthy, used, reset_s)| Usage {
                healthy,
                used,
                reset_s,
            });
        let model = pick(&self.models);
        let route = (
            pick(&self.models),
            pick(&self.regions),
            pick(&self.endpoints),
        );
        let some = (
            btree_map(model, usage.clone(), 0..6),
            btree_map(route, usage, 0..6),
        )
            .prop_map(|(models, routes)| State {
                models,
                routes: routes.into_iter().collect(),
            });
        prop_oneof![1 => Just(State::default()), 2 => some]
    }

    /// An instant at, just before or just after one at which the catalog changes, or any other.
    pub fn instant(&self) -> impl Strategy<Value = Instant> + use<> {
        let near = (select(self.instants.clone()), -1..=1i64)
            .prop_map(|(instant, by)| instant.plus_seconds(by));
        let any = (1_700_000_000..1_900_000_000i64).prop_map(Instant::from_unix_seconds);
        prop_oneof![5 => near, 2 => any, 1 => select(vec![Instant::MIN, Instant::MAX])]
    }

    /// A model id: known, an alias, a near spelling, or nobody's.
    pub fn model(&self) -> impl Strategy<Value = String> + use<> {
        let known = pick(&self.models);
        let misspelt = (pick(&self.models), any::<prop::sample::Index>()).prop_map(|(id, at)| {
            let mut letters: Vec<char> = id.chars().collect();
            if !letters.is_empty() {
                letters.remove(at.index(letters.len()));
            }
            letters.into_iter().collect::<String>()
        });
        let folded = pick(&self.models).prop_map(|id| id.to_uppercase());
        let other = select(vec!["", "nobody/has-this", "\u{202e}é", "assemblyai/gpt-5"]);
        prop_oneof![
            16 => known,
            1 => misspelt,
            1 => folded,
            1 => other.prop_map(str::to_owned),
        ]
    }

    fn tokens(&self) -> impl Strategy<Value = i64> + use<> {
        let near =
            (select(self.tokens.clone()), -1..=1i64).prop_map(|(n, by)| n.saturating_add(by));
        prop_oneof![4 => 0..5_000i64, 2 => near, 1 => select(vec![-1, 0, i64::MAX])]
    }

    fn attributes(&self) -> impl Strategy<Value = BTreeMap<String, String>> + use<> {
        let one = |(name, values): (&String, &Vec<String>)| {
            let name = name.clone();
            option::weighted(0.6, pick(values))
                .prop_map(move |value| value.map(|value| (name.clone(), value)))
        };
        let each: Vec<_> = self.attributes.iter().map(one).collect();
        each.prop_map(|given| given.into_iter().flatten().collect())
    }

    fn body(&self) -> impl Strategy<Value = Body> + use<> {
        let asked = (
            option::weighted(0.97, self.model()),
            prop_oneof![9 => Just((true, false)), 1 => any::<(bool, bool)>()],
            option::weighted(
                0.3,
                prop_oneof![3 => Just("global".to_owned()), 1 => pick(&self.regions)],
            ),
            option::weighted(0.4, self.tokens()),
            self.tokens(),
            any::<bool>(),
        );
        let shaped = (
            option::weighted(
                0.2,
                (-1_000_000_000..3_000_000_000i64).prop_map(Decimal::from_billionths),
            ),
            option::weighted(
                0.1,
                select(vec!["auto", "none", "required", "function", "odd"]),
            ),
            option::weighted(0.1, select(vec!["json_schema", "json_object", "text"])),
            option::weighted(0.1, any::<bool>()),
            option::weighted(0.05, select(faults())),
            any::<(bool, bool)>(),
        );
        let sets = (
            btree_set(pick(&self.parameters), 0..3),
            prop_oneof![6 => Just(BTreeSet::new()), 1 => words(&["json-repair", "other"])],
            prop_oneof![6 => words(&["text"]), 1 => words(&["text", "image_url"])],
        );
        (asked, shaped, sets).prop_map(|(asked, shaped, sets)| {
            let (model, (messages, prompt), model_region, max_tokens, input, stream) = asked;
            let (temperature, tool_choice, response_format, zero, fault, (transcript, tag)) =
                shaped;
            let (parameters, post_processing, content) = sets;
            Body {
                model,
                messages,
                prompt,
                model_region,
                max_tokens,
                temperature,
                stream,
                tool_choice: tool_choice.map(str::to_owned),
                response_format: response_format.map(str::to_owned),
                zero_data_retention: zero,
                transcript_id: transcript.then(|| "t-1".to_owned()),
                has_transcript_tag: tag,
                post_processing,
                content,
                parameters,
                input_tokens: input.max(0),
                faults: fault.into_iter().collect(),
                ..Body::default()
            }
        })
    }
}

/// A fallback's effective body: some fields its own, the others the posted ones.
fn overlay(posted: &Body, own: Body, keep: [bool; 6]) -> Body {
    let [region, max_tokens, temperature, stream, parameters, tokens] = keep;
    let mut body = posted.clone();
    body.model = own.model;
    body.faults = own.faults;
    if region && own.model_region.is_some() {
        body.model_region = own.model_region;
    }
    if max_tokens && own.max_tokens.is_some() {
        body.max_tokens = own.max_tokens;
    }
    if temperature && own.temperature.is_some() {
        body.temperature = own.temperature;
    }
    if stream {
        body.stream = own.stream;
    }
    if parameters {
        body.parameters = own.parameters;
    }
    if tokens {
        body.input_tokens = own.input_tokens;
    }
    body
}

/// One of the names, or a name that nobody has where there is none.
fn pick(names: &[String]) -> impl Strategy<Value = String> + Clone + use<> {
    let names = if names.is_empty() {
        vec!["nobody".to_owned()]
    } else {
        names.to_vec()
    };
    select(names)
}

fn words(words: &[&str]) -> impl Strategy<Value = BTreeSet<String>> + use<> {
    Just(words.iter().map(|word| (*word).to_owned()).collect())
}

fn auths() -> Vec<Auth> {
    Auth::NAMES.iter().map(|(_, auth)| *auth).collect()
}

fn chain_faults() -> Vec<ChainFaultKind> {
    ChainFaultKind::NAMES
        .iter()
        .map(|(_, kind)| *kind)
        .collect()
}

fn faults() -> Vec<Fault> {
    let fault = |(_, kind): &(&str, FaultKind)| Fault {
        kind: *kind,
        path: "messages[0].content".to_owned(),
        detail: "a number, expected a string".to_owned(),
    };
    FaultKind::NAMES.iter().map(fault).collect()
}

/// The attributes that an engine's policy declares, each with values that it takes.
pub fn attributes(engine: &Engine) -> BTreeMap<String, Vec<String>> {
    let policy = engine.policy();
    let texts = |words: &[Box<str>]| words.iter().take(50).map(ToString::to_string).collect();
    let named = policy.attributes.iter().map(|attribute| {
        let values = if let Type::Choice(words) = &attribute.of {
            texts(words)
        } else if let Type::Key(table) = &attribute.of {
            let table = policy.tables.get(*table as usize);
            table.map_or(Vec::new(), |table| texts(&table.keys))
        } else if attribute.of == Type::Bool {
            vec!["true".to_owned(), "false".to_owned()]
        } else {
            vec!["0".to_owned(), "1".to_owned(), "1000".to_owned()]
        };
        (attribute.name.to_string(), values)
    });
    named.collect()
}

/// Every instant at which some fact of the catalog changes, and one at which none does.
pub fn instants(catalog: &Catalog) -> Vec<Instant> {
    let mut found = BTreeSet::from([Instant::from_unix_seconds(1_780_000_000)]);
    for model in &catalog.models {
        found.extend(model.released);
        found.extend(model.retires);
        let periods = model.price.iter().map(|row| row.window);
        found.extend(
            periods
                .flat_map(|window| [window.from, window.until])
                .flatten(),
        );
    }
    for offering in &catalog.offerings {
        found.extend(offering.window.from);
        found.extend(offering.window.until);
    }
    for region in &catalog.regions {
        let windows = region.multiplier.periods().iter().map(|(window, _)| window);
        found.extend(
            windows
                .flat_map(|window| [window.from, window.until])
                .flatten(),
        );
    }
    for alias in &catalog.aliases {
        let windows = alias.target.periods().iter().map(|(window, _)| window);
        found.extend(
            windows
                .flat_map(|window| [window.from, window.until])
                .flatten(),
        );
    }
    found.into_iter().collect()
}

/// Every limit of tokens in the catalog.
fn tokens(catalog: &Catalog) -> Vec<i64> {
    let mut found = BTreeSet::from([1_000]);
    for model in &catalog.models {
        let limits = model.context_window.periods().iter();
        for (_, limit) in limits.chain(model.max_output.periods()) {
            found.extend(i64::try_from(*limit));
        }
    }
    found.into_iter().collect()
}
