//! The table for programs: every route with every stretch of time, as one line of JSON.
//!
//! Version 1. Money and scores are decimal strings, instants RFC 3339 in UTC. What is not known
//! is `null`.

use std::collections::BTreeMap;

use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;
use portolan_verify::matrix::{Ask, Period, Row, Span, Standing};
use serde::Serialize;

use super::{Shown, retention};

/// Writes it.
///
/// # Errors
/// Never in practice: writing into memory has no way to fail.
pub(crate) fn json(shown: &Shown<'_>) -> anyhow::Result<String> {
    Ok(serde_json::to_string(&MatrixJson::new(shown))? + "\n")
}

#[derive(Serialize)]
struct MatrixJson<'a> {
    version: u32,
    policy: &'a str,
    snapshot: String,
    command: &'a str,
    #[serde(flatten)]
    span: SpanJson,
    /// From each of these on some route reads differently.
    instants: Vec<String>,
    scores: Vec<ScoreJson<'a>>,
    routes: Vec<RouteJson<'a>>,
}

/// `at` for one instant, else `from` and `until`.
#[derive(Serialize)]
#[serde(untagged)]
enum SpanJson {
    At { at: String },
    Between { from: String, until: Option<String> },
}

#[derive(Serialize)]
struct ScoreJson<'a> {
    name: &'a str,
    better: &'static str,
    unit: Option<&'a str>,
}

#[derive(Serialize)]
struct RouteJson<'a> {
    model: &'a str,
    title: Option<&'a str>,
    maker: Option<&'a str>,
    maker_title: Option<&'a str>,
    providers: Vec<&'a str>,
    region: &'a str,
    endpoint: &'a str,
    offered_from: Option<String>,
    offered_until: Option<String>,
    scores: BTreeMap<&'a str, String>,
    periods: Vec<PeriodJson<'a>>,
}

#[derive(Serialize)]
struct PeriodJson<'a> {
    from: String,
    available: bool,
    #[serde(flatten)]
    standing: StandingJson<'a>,
    price: PriceJson,
    processing: Option<String>,
    storage: Option<String>,
    retention: String,
}

#[derive(Serialize)]
#[serde(tag = "standing", rename_all = "lowercase")]
enum StandingJson<'a> {
    Routed {
        /// The fields that ask for it, besides `messages`.
        asked: BTreeMap<&'static str, &'a str>,
        /// 0 is called first.
        place: usize,
    },
    Refused {
        status: u16,
        code: &'a str,
    },
    Elsewhere {
        /// Of the route that is called first.
        region: &'a str,
        endpoint: &'a str,
    },
}

#[derive(Serialize)]
struct PriceJson {
    input_per_mtok: Option<String>,
    output_per_mtok: Option<String>,
    cache_read_per_mtok: Option<String>,
    cache_write_per_mtok: Option<String>,
    multiplier: Option<String>,
}

impl<'a> MatrixJson<'a> {
    fn new(shown: &'a Shown<'_>) -> Self {
        let matrix = shown.matrix;
        let scores = shown.catalog.scores.iter().map(|score| ScoreJson {
            name: &score.name,
            better: if score.higher_is_better {
                "higher"
            } else {
                "lower"
            },
            unit: score.unit.as_deref(),
        });
        Self {
            version: 1,
            policy: matrix.policy,
            snapshot: matrix.snapshot.to_string(),
            command: &shown.command,
            span: match matrix.span {
                Span::At(at) => SpanJson::At { at: at.to_string() },
                Span::Between { from, until } => SpanJson::Between {
                    from: from.to_string(),
                    until: until.map(|until| until.to_string()),
                },
            },
            instants: matrix.instants.iter().map(Instant::to_string).collect(),
            scores: scores.collect(),
            routes: matrix.rows.iter().map(|row| route(shown, row)).collect(),
        }
    }
}

fn route<'a>(shown: &'a Shown<'_>, row: &'a Row<'_>) -> RouteJson<'a> {
    let score = |(kind, name)| Some((name, shown.score(row, kind)?.to_string()));
    RouteJson {
        model: &row.model.id,
        title: row.model.title.as_deref(),
        maker: row.maker.map(|maker| &*maker.name),
        maker_title: row.maker.and_then(|maker| maker.title.as_deref()),
        providers: row.providers.iter().map(|p| &*p.name).collect(),
        region: &row.region.name,
        endpoint: &row.endpoint.name,
        offered_from: row.window.from.map(|at| at.to_string()),
        offered_until: row.window.until.map(|at| at.to_string()),
        scores: shown.scores().filter_map(score).collect(),
        periods: row.periods.iter().map(|p| period(row, p)).collect(),
    }
}

fn period<'a>(row: &'a Row<'_>, period: &'a Period<'_>) -> PeriodJson<'a> {
    let money = |amount: Option<Decimal>| amount.map(Decimal::money);
    let price = &period.price;
    let place = |names: &[&str]| (!names.is_empty()).then(|| names.join("+"));
    PeriodJson {
        from: period.from.to_string(),
        available: period.standing.is_routed(),
        standing: match &period.standing {
            Standing::Routed { ask, place } => StandingJson::Routed {
                asked: asked(row, ask),
                place: *place,
            },
            Standing::Refused { status, code } => StandingJson::Refused {
                status: *status,
                code,
            },
            Standing::Elsewhere { region, endpoint } => {
                StandingJson::Elsewhere { region, endpoint }
            }
        },
        price: PriceJson {
            input_per_mtok: money(price.input),
            output_per_mtok: money(price.output),
            cache_read_per_mtok: money(price.cache_read),
            cache_write_per_mtok: money(price.cache_write),
            multiplier: price.multiplier.map(|m| m.to_string_with(2)),
        },
        processing: place(&period.processing),
        storage: place(&period.storage),
        retention: retention(period.retention),
    }
}

fn asked<'a>(row: &'a Row<'_>, ask: &Ask<'a>) -> BTreeMap<&'static str, &'a str> {
    let own: &'a str = &row.model.id;
    match ask {
        Ask::Plain => BTreeMap::from([("model", own)]),
        Ask::OptIn { field, value } => BTreeMap::from([("model", own), (field.name(), *value)]),
        Ask::Alias(alias) => BTreeMap::from([("model", *alias)]),
    }
}
