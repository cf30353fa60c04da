//! `GET /v1/models`: what can be called through this endpoint at this instant, by the policy.
//!
//! The shape is that of the service's own list, with the few keys beside it that clients of
//! `OpenAI` read. The service's clients insist on most keys, and one model without them costs them
//! the whole list: a text that nobody knows is empty, a number 0, and `pricing.global` is the list
//! price, whether or not the model is sold so. A price that nobody knows is 0 for them alone; other
//! callers must not take it for free, and find none. Prices are exact: they are written as numbers
//! from decimals, never computed.

use http::Response;
use portolan_core::answer::{Outcome, Plan};
use portolan_core::catalog::{Model, ModelId, PriceRow, Route};
use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;
use portolan_core::request::{Draft, State};
use portolan_wire::http::Dialect;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::exchange::Exchange;
use crate::gateway::Caller;
use crate::log::Record;
use crate::transport::Body;

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    owned_by: &'a str,
    name: &'a str,
    description: &'a str,
    creator: &'a str,
    context_length: u64,
    supported_parameters: Option<Vec<String>>,
    default_parameters: DefaultParameters,
    top_provider: TopProvider,
    pricing: Pricing,
    /// Seconds since 1970; 0 where none is known.
    retirement_date: i64,
    available_regions: Vec<&'a str>,
    providers: Vec<Provider<'a>>,
    default_provider: Provider<'a>,
}

#[derive(Serialize)]
struct TopProvider {
    is_moderated: bool,
    context_length: u64,
    max_completion_tokens: u64,
}

/// A catalog does not know what providers fill in.
#[derive(Serialize)]
struct DefaultParameters {}

#[derive(Serialize, Default)]
struct Pricing {
    #[serde(flatten)]
    regions: std::collections::BTreeMap<String, Price>,
}

#[derive(Serialize)]
struct Price {
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completions: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_cache_read: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_cache_write: Option<Box<RawValue>>,
}

#[derive(Serialize, Clone, Default)]
struct Provider<'a> {
    id: &'a str,
    name: &'a str,
}

/// Lists them.
pub(crate) fn list(exchange: &Exchange, caller: &Caller<'_>, mut record: Record) -> Response<Body> {
    let engine = &exchange.served.engine;
    let models = (0..).map(ModelId).zip(&engine.catalog().models);
    let data = models
        .filter_map(|(id, model)| entry(exchange, caller, id, &model.id))
        .collect();
    let list = List {
        object: "list",
        data,
    };
    let json = serde_json::to_string(&list).unwrap_or_default();
    exchange.say(&mut record, json)
}

/// A model that routes by itself, or by a region that a caller opts into.
fn entry<'a>(
    exchange: &'a Exchange,
    caller: &Caller<'_>,
    id: ModelId,
    name: &str,
) -> Option<Entry<'a>> {
    let engine = &exchange.served.engine;
    let catalog = engine.catalog();
    let regions = catalog.regions.iter().map(|region| Some(&*region.name));
    let plans: Vec<Plan> = [None]
        .into_iter()
        .chain(regions)
        .filter_map(|region| plan(exchange, caller, name, region))
        .collect();
    let mut routes: Vec<Route> = Vec::new();
    let endpoint = catalog.endpoint_named(&exchange.endpoint)?;
    let model = catalog.model(id)?;
    let at = exchange.at();
    let mut available: Vec<&str> = Vec::new();
    for attempt in plans.iter().flat_map(|plan| &plan.attempts) {
        let region = catalog.region_named(&attempt.region)?;
        let sold = model.offerings.iter().find(|offering| {
            catalog
                .offering(**offering)
                .is_some_and(|o| o.region == region && o.window.contains(at))
        });
        let name = catalog.region(region).map(|region| &*region.name)?;
        if let (Some(offering), false) = (sold, available.contains(&name)) {
            available.push(name);
            routes.push(Route {
                offering: *offering,
                endpoint,
            });
        }
    }
    let first = *routes.first()?;
    let mut pricing = Pricing::default();
    let insists = matches!(
        exchange.dialect,
        Dialect::AssemblyAi | Dialect::AssemblyAiCurrent
    );
    let known = |price: Price| {
        let unknown = || insists.then(|| number(Some(Decimal::ZERO))).flatten();
        let price = Price {
            prompt: price.prompt.or_else(unknown),
            completions: price.completions.or_else(unknown),
            ..price
        };
        Some(price).filter(|price| price.prompt.is_some() || price.completions.is_some())
    };
    for (route, region) in routes.iter().zip(&available) {
        let price = catalog.price(*route, at, 0, None).value;
        let price = Price {
            prompt: number(price.input),
            completions: number(price.output),
            input_cache_read: number(price.cache_read),
            input_cache_write: number(price.cache_write),
        };
        let named = known(price).map(|price| ((*region).to_owned(), price));
        pricing.regions.extend(named);
    }
    if !available.contains(&LIST) {
        let named = known(list_price(model, at)).map(|price| (LIST.to_owned(), price));
        pricing.regions.extend(named);
    }
    let offering = catalog.offering(first.offering)?;
    let providers = offering.providers.iter();
    let providers: Vec<Provider<'_>> = providers
        .filter_map(|id| catalog.provider(*id))
        .map(|provider| Provider {
            id: &provider.name,
            name: provider.title.as_deref().unwrap_or(&provider.name),
        })
        .collect();
    let maker = model.maker.and_then(|maker| catalog.maker(maker));
    let context = catalog.context_window(first, at).value;
    let parameters = catalog.parameters(first, at).value;
    let parameters = parameters.map(|names| names.iter().map(ToString::to_string).collect());
    Some(Entry {
        id: &model.id,
        object: "model",
        created: model.released.map_or(0, Instant::unix_seconds),
        owned_by: maker.map_or("", |maker| &maker.name),
        name: model.title.as_deref().unwrap_or(&model.id),
        description: "",
        creator: maker.map_or("", |maker| &maker.name),
        context_length: context.unwrap_or(0),
        supported_parameters: parameters,
        default_parameters: DefaultParameters {},
        top_provider: TopProvider {
            is_moderated: false,
            context_length: context.unwrap_or(0),
            max_completion_tokens: catalog.max_output(first, at).value.unwrap_or(0),
        },
        pricing,
        retirement_date: model.retires.map_or(0, Instant::unix_seconds),
        available_regions: available,
        default_provider: providers.first().cloned().unwrap_or_default(),
        providers,
    })
}

/// Under which name clients look for the list price.
const LIST: &str = "global";

/// What a model costs before any region's premium, at the lowest tier.
fn list_price(model: &Model, at: Instant) -> Price {
    let standard = |row: &&PriceRow| {
        row.above_input_tokens == 0 && row.service_tier.is_none() && row.window.contains(at)
    };
    let row = model.price.iter().find(standard);
    Price {
        prompt: number(row.and_then(|row| row.input)),
        completions: number(row.and_then(|row| row.output)),
        input_cache_read: number(row.and_then(|row| row.cache_read)),
        input_cache_write: number(row.and_then(|row| row.cache_write)),
    }
}

/// An amount as a number of JSON, digit by digit.
fn number(amount: Option<Decimal>) -> Option<Box<RawValue>> {
    amount.and_then(|amount| RawValue::from_string(amount.to_string()).ok())
}

/// The plan of the simplest call for a model, in a region that is asked for or in none.
fn plan(
    exchange: &Exchange,
    caller: &Caller<'_>,
    model: &str,
    region: Option<&str>,
) -> Option<Plan> {
    let engine = &exchange.served.engine;
    let mut draft = Draft::new(model, exchange.at());
    draft.endpoint = Some(exchange.endpoint.clone());
    draft.attributes.clone_from(&caller.attributes);
    draft.body.model_region = region.map(str::to_owned);
    let request = engine.request(draft).ok()?;
    match engine.answer(&request, &State::default()).outcome {
        Outcome::Route(plan) => Some(plan),
        Outcome::Refuse(_) => None,
    }
}
