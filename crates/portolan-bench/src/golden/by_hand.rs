//! All of the golden policy, by hand: packed records, one probe, ifs in the policy's order.
//!
//! The catalog's facts are read from Portolan's catalog when it is loaded; what the policy says of
//! them is written out here, and only here.

use std::borrow::Cow;
use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use portolan::core::catalog::{Catalog, Model, Offering, PARAMETERS, Retention, Route};
use portolan::core::decimal::Decimal;
use portolan::core::request::{Auth, Body, FaultKind, State};
use portolan::{Engine, Instant};

use super::{Answer, Asked, Plan, Program};
use crate::contenders::limit::Key;
use crate::job::Host;

const DAY: i64 = 86_400;
const URL_US: &str = "https://llm-gateway.assemblyai.com/v1/chat/completions";
const URL_EU: &str = "https://llm-gateway.eu.assemblyai.com/v1/chat/completions";
/// The regions, in the order of `Record::offers`.
const REGIONS: [&str; 3] = ["us", "eu", "global"];
/// A parameter that no catalog knows.
const OTHER: u32 = 1 << 31;

/// What is known of one model.
#[derive(Default)]
struct Record {
    key: Key,
    id: String,
    released: i64,
    retires: i64,
    /// The retirement less the days of warning before it; never, where there is none.
    retires_soon: i64,
    context_window: i64,
    max_output: i64,
    /// Bits of the parameters it takes; none where nobody says.
    parameters: Option<u32>,
    streams: bool,
    offers: [Option<Offer>; 3],
}

/// What is known of a model in one region.
struct Offer {
    from: i64,
    until: i64,
    keeps_nothing: bool,
    /// When its price changes, in order.
    changes: Vec<i64>,
    prices: Vec<Price>,
}

struct Price {
    from: i64,
    above: i64,
    input: Option<i64>,
    output: Option<i64>,
}

/// What came of one effective request.
enum Fate<'a> {
    Route(&'a Record, &'a Offer),
    Never(u16, &'static str),
    NotNow,
    Unknown,
}

/// The program.
pub(super) struct ByHand {
    /// A power of two of places, most of them free.
    records: Vec<Option<Record>>,
    state: State,
}

impl ByHand {
    /// Packs the catalog.
    pub(super) fn load(engine: &Engine) -> anyhow::Result<Self> {
        let catalog = engine.catalog();
        ensure!(
            catalog.aliases.is_empty(),
            "nothing is written here about aliases"
        );
        let count = (catalog.models.len() * 4).next_power_of_two();
        let mut records: Vec<Option<Record>> = (0..count).map(|_| None).collect();
        for model in &catalog.models {
            let record = record(catalog, model)?;
            let mut at = record.key.hash() & (count - 1);
            while records[at].is_some() {
                at = (at + 1) & (count - 1);
            }
            records[at] = Some(record);
        }
        Ok(Self {
            records,
            state: State::default(),
        })
    }

    fn find(&self, id: &str) -> Option<&Record> {
        let key = Key::of(id)?;
        let mut at = key.hash();
        loop {
            let record = self.records[at & (self.records.len() - 1)].as_ref()?;
            if record.key == key {
                return Some(record);
            }
            at = at.wrapping_add(1);
        }
    }

    fn decide(&self, asked: &Asked) -> Answer<'static> {
        let body = &asked.body;
        if let Some((status, code)) = refused_for_the_caller(asked)
            .or_else(|| refused_for_the_body(asked, body))
            .or_else(|| refused_for_the_chain(asked))
        {
            return refuse(status, code, None);
        }
        let depth = asked.chain.depth.unwrap_or(1);
        let depth = usize::try_from(depth)
            .unwrap_or(0)
            .min(asked.fallbacks.len());
        let primary = self.found(asked, body);
        if matches!(primary, Fate::Unknown) {
            return refuse(404, "model-not-found", None);
        }
        for (position, fallback) in asked.fallbacks.iter().enumerate().take(depth) {
            // One without a model is a fault of the chain.
            if fallback
                .model
                .as_deref()
                .is_some_and(|model| self.find(plain(model)).is_none())
            {
                return refuse(404, "model-not-found", Some(position));
            }
        }
        let mut plan = Planned::default();
        match primary {
            Fate::Route(record, offer) => plan.attempt(asked, body, record, offer),
            Fate::Never(status, code) => return refuse(status, code, None),
            Fate::NotNow | Fate::Unknown => {}
        }
        let own = plan.attempts;
        for fallback in &asked.fallbacks[..depth] {
            let fate = match refused_for_the_body(asked, fallback) {
                Some((status, code)) => Fate::Never(status, code),
                None => self.found(asked, fallback),
            };
            match fate {
                Fate::Route(record, offer) => plan.attempt(asked, fallback, record, offer),
                Fate::Never(..) | Fate::NotNow | Fate::Unknown => plan.dropped += 1,
            }
        }
        plan.dropped += asked.fallbacks.len() - depth;
        let sent = usize::try_from(asked.chain.count).unwrap_or(0);
        plan.dropped += usize::from(sent > asked.fallbacks.len());
        let Some((usage_region, input, output)) = plan.first else {
            return refuse(429, "rate-limited", None);
        };
        let with_fallbacks = plan.attempts > own;
        Answer::Route(Plan {
            url: Cow::Borrowed(match asked.host {
                Host::Us => URL_US,
                Host::Eu => URL_EU,
            }),
            usage_region,
            input,
            output,
            attempts: plan.attempts,
            dropped: plan.dropped,
            warnings: plan.warnings + usize::from(asked.auth == Auth::Bearer),
            retries: asked.chain.retry != Some(false) && !with_fallbacks,
            limited: asked.paid,
        })
    }

    /// What stands behind a body's model.
    fn found(&self, asked: &Asked, body: &Body) -> Fate<'_> {
        let Some(record) = body
            .model
            .as_deref()
            .and_then(|model| self.find(plain(model)))
        else {
            return Fate::Unknown;
        };
        let at = asked.at;
        let sold =
            |offer: &Option<Offer>| offer.as_ref().is_some_and(|o| at >= o.from && at < o.until);
        if !record.offers.iter().any(sold) {
            return Fate::Never(404, "model-not-offered");
        }
        if at >= record.retires {
            return Fate::Never(404, "model-retired");
        }
        if at < record.released {
            return Fate::Never(404, "model-not-yet-available");
        }
        let global = body.model_region.is_some();
        let [us, eu, anywhere] = &record.offers;
        let wanted = match (global, asked.host) {
            (true, _) => anywhere,
            (false, Host::Us) => us,
            (false, Host::Eu) => eu,
        };
        let Some(offer) = wanted.as_ref().filter(|o| at >= o.from && at < o.until) else {
            return if global {
                Fate::Never(400, "global-not-eligible")
            } else {
                Fate::Never(404, "model-not-in-region")
            };
        };
        let max_tokens = body.max_tokens.unwrap_or(1_000);
        let total = body.input_tokens.saturating_add(max_tokens.max(0));
        if max_tokens > record.max_output || max_tokens >= record.context_window {
            return Fate::Never(400, "max-tokens-out-of-range");
        }
        if total > record.context_window {
            return Fate::Never(400, "context-window-exceeded");
        }
        if let Some(takes) = record.parameters
            && bits(&body.parameters) & !takes != 0
        {
            return Fate::Never(400, "unsupported-parameter");
        }
        if asked.zero_retention && !offer.keeps_nothing {
            return Fate::Never(403, "lock-not-met");
        }
        if !self.state.is_empty() {
            let usage = self.state.models.get(&*record.id);
            if usage
                .and_then(|usage| usage.used)
                .is_some_and(|used| used >= 30)
            {
                return Fate::NotNow;
            }
        }
        Fate::Route(record, offer)
    }
}

impl Program for ByHand {
    fn answer<R>(&mut self, asked: &Asked, show: impl FnOnce(Answer<'_>) -> R) -> R {
        show(self.decide(asked))
    }
}

/// A plan in the making.
#[derive(Default)]
struct Planned {
    first: Option<(&'static str, Option<i64>, Option<i64>)>,
    attempts: usize,
    dropped: usize,
    warnings: usize,
}

impl Planned {
    fn attempt(&mut self, asked: &Asked, body: &Body, record: &Record, offer: &Offer) {
        let at = asked.at;
        self.attempts += 1;
        if self.first.is_none() {
            let row = offer.price(at, body.input_tokens);
            let region = match (body.model_region.is_some(), asked.host) {
                (true, _) => "global",
                (false, host) => host.name(),
            };
            self.first = Some((
                region,
                row.and_then(|r| r.input),
                row.and_then(|r| r.output),
            ));
        }
        let change = offer.changes.iter().find(|change| **change > at);
        let unjudged = record.parameters.is_none() && !body.parameters.is_empty();
        let tag_missing = body.transcript_id.is_some() && !body.has_transcript_tag;
        self.warnings += usize::from(body.stream && !record.streams)
            + usize::from(at >= record.retires_soon)
            + usize::from(change.is_some_and(|change| at >= change - 30 * DAY))
            + usize::from(tag_missing)
            + usize::from(unjudged);
    }
}

impl Offer {
    fn price(&self, at: i64, input_tokens: i64) -> Option<&Price> {
        let begun = self.prices.iter().rev().filter(|price| at >= price.from);
        begun
            .into_iter()
            .find(|price| price.above == 0 || input_tokens > price.above)
    }
}

const fn refuse(status: u16, code: &'static str, fallback: Option<usize>) -> Answer<'static> {
    Answer::Refuse {
        status,
        code,
        fallback,
    }
}

fn plain(model: &str) -> &str {
    model.strip_prefix("assemblyai/").unwrap_or(model)
}

fn refused_for_the_caller(asked: &Asked) -> Option<(u16, &'static str)> {
    match asked.auth {
        Auth::Missing => return Some((401, "missing-api-key")),
        Auth::Misspelt if asked.auth_header.is_some() => return Some((401, "missing-api-key")),
        Auth::Empty | Auth::InQuery => return Some((401, "malformed-api-key")),
        Auth::NotJudged | Auth::Misspelt | Auth::Bearer | Auth::Raw => {}
    }
    (!asked.paid).then_some((403, "plan-not-entitled"))
}

fn refused_for_the_body(asked: &Asked, body: &Body) -> Option<(u16, &'static str)> {
    if let Some(fault) = body.faults.first() {
        let code = match fault.kind {
            FaultKind::InvalidJson => "invalid-json",
            FaultKind::AmbiguousField => "ambiguous-field",
            FaultKind::WrongType => "wrong-type",
            FaultKind::MissingField => "missing-field",
        };
        if fault.kind != FaultKind::MissingField || !fault.path.is_empty() {
            return Some((400, code));
        }
    } else if body.model.is_none() || !(body.messages || body.prompt) {
        return Some((400, "missing-field"));
    }
    let only = |set: &BTreeSet<String>, word: &str| set.iter().all(|found| found == word);
    if !only(&body.content, "text") {
        return Some((400, "unsupported-content"));
    }
    if body
        .tool_choice
        .as_deref()
        .is_some_and(|c| !matches!(c, "none" | "auto" | "function"))
    {
        return Some((400, "invalid-tool-choice"));
    }
    if body
        .response_format
        .as_deref()
        .is_some_and(|format| format != "json_schema")
    {
        return Some((400, "invalid-response-format"));
    }
    if !only(&body.tool_types, "function") {
        return Some((400, "unsupported-tool"));
    }
    if !only(&body.post_processing, "json-repair") {
        return Some((400, "invalid-post-processing"));
    }
    if body.transcript_id_malformed && body.transcript_id.is_some() {
        return Some((400, "invalid-transcript-id"));
    }
    match body.model_region.as_deref() {
        Some("global") if asked.host == Host::Eu => {
            return Some((400, "global-on-regional-endpoint"));
        }
        None | Some("global") => {}
        Some(_) => return Some((400, "invalid-model-region")),
    }
    if body.max_tokens.is_some_and(|most| most < 1) {
        return Some((400, "max-tokens-out-of-range"));
    }
    let temperature = body.temperature.map(Decimal::billionths);
    if temperature.is_some_and(|t| !(0..=2_000_000_000).contains(&t)) {
        return Some((400, "temperature-out-of-range"));
    }
    None
}

fn refused_for_the_chain(asked: &Asked) -> Option<(u16, &'static str)> {
    if asked.chain.fault.is_some() {
        return Some((400, "invalid-fallback"));
    }
    let deep = asked
        .chain
        .depth
        .is_some_and(|depth| !(0..=2).contains(&depth));
    deep.then_some((400, "fallback-depth-exceeded"))
}

/// A bit for each parameter; one for all that nobody knows.
fn bits<T: AsRef<str>>(names: &BTreeSet<T>) -> u32 {
    let bit = |name: &T| {
        PARAMETERS
            .binary_search(&name.as_ref())
            .map_or(OTHER, |at| 1 << at)
    };
    names.iter().map(bit).fold(0, |all, bit| all | bit)
}

fn record(catalog: &Catalog, model: &Model) -> anyhow::Result<Record> {
    let never = i64::MAX;
    let mut record = Record {
        key: Key::of(&model.id).with_context(|| format!("`{}` is too long", model.id))?,
        id: model.id.to_string(),
        released: model.released.map_or(i64::MIN, Instant::unix_seconds),
        retires: model.retires.map_or(never, Instant::unix_seconds),
        retires_soon: model.retires.map_or(never, |r| r.unix_seconds() - 60 * DAY),
        ..Record::default()
    };
    for id in &*model.offerings {
        let offering = catalog.offering(*id).context("an offering")?;
        let region = &catalog.region(offering.region).context("a region")?.name;
        let place = REGIONS
            .iter()
            .position(|name| **name == **region)
            .context("a new region")?;
        let endpoint = if place == 1 { "eu" } else { "us" };
        let endpoint = catalog.endpoint_named(endpoint).context("an endpoint")?;
        let route = Route {
            offering: *id,
            endpoint,
        };
        let begin = Instant::MIN;
        let (window, most) = (
            catalog.context_window(route, begin),
            catalog.max_output(route, begin),
        );
        let (can, takes) = (
            catalog.capabilities(route, begin),
            catalog.parameters(route, begin),
        );
        let changes = [
            window.next_change,
            most.next_change,
            can.next_change,
            takes.next_change,
        ];
        ensure!(
            changes.iter().all(Option::is_none),
            "nothing is written here about such dates"
        );
        record.context_window = window.value.map_or(never, u64::cast_signed);
        record.max_output = most.value.map_or(never, u64::cast_signed);
        record.streams = can.value.contains("stream");
        record.parameters = takes.value.map(|takes| bits(&takes));
        record.offers[place] = Some(offer(catalog, model, offering, route)?);
    }
    Ok(record)
}

fn offer(
    catalog: &Catalog,
    model: &Model,
    offering: &Offering,
    route: Route,
) -> anyhow::Result<Offer> {
    let retention = catalog.retention(route, Instant::MIN);
    ensure!(
        retention.next_change.is_none(),
        "nothing is written here about such dates"
    );
    let mut prices = Vec::new();
    let mut changes = Vec::new();
    let mut at = Instant::MIN;
    loop {
        for row in &model.price {
            let tokens = row.above_input_tokens;
            let price = catalog
                .price(route, at, if tokens == 0 { 0 } else { tokens + 1 }, None)
                .value;
            let amount = |amount: Option<Decimal>| amount.map(Decimal::billionths);
            prices.push(Price {
                from: at.unix_seconds(),
                above: tokens.cast_signed(),
                input: amount(price.input),
                output: amount(price.output),
            });
        }
        match catalog.price(route, at, 0, None).next_change {
            Some(next) => at = next,
            None => break,
        }
        changes.push(at.unix_seconds());
    }
    prices.sort_by_key(|price| (price.from, price.above));
    Ok(Offer {
        from: offering.window.from.map_or(i64::MIN, Instant::unix_seconds),
        until: offering
            .window
            .until
            .map_or(i64::MAX, Instant::unix_seconds),
        keeps_nothing: retention.value <= Retention::Days(0),
        changes,
        prices,
    })
}
