//! A table of what is available, in five formats, and the words that they share.
//!
//! `tables` lays out what people read as text or Markdown; `csv` and `json` have every row and
//! every stretch of time; `html` is one page of its own.

mod csv;
mod html;
mod human;
mod json;
mod markdown;
mod tables;

use portolan_core::catalog::{Catalog, Maker, Price, Retention, ScoreId};
use portolan_core::decimal::Decimal;
use portolan_core::instant::Instant;
use portolan_verify::matrix::{Ask, By, Matrix, Row, Span, Standing};

pub(crate) use csv::csv;
pub(crate) use html::html;
pub(crate) use human::human;
pub(crate) use json::json;
pub(crate) use markdown::markdown;

/// A table, and what goes with it on paper.
pub(crate) struct Shown<'m> {
    /// The table, sorted.
    pub(crate) matrix: &'m Matrix<'m>,
    /// What it is of.
    pub(crate) catalog: &'m Catalog,
    /// What it is sorted by.
    pub(crate) by: By,
    /// The command that prints it.
    pub(crate) command: String,
}

impl Shown<'_> {
    /// The stretch of time, in words.
    fn span(&self) -> String {
        match self.matrix.span {
            Span::At(at) => format!("at {}", at.short()),
            Span::Between { from, until: None } => format!("from {}", from.short()),
            Span::Between {
                from,
                until: Some(until),
            } => format!("from {} until {}", from.short(), until.short()),
        }
    }

    /// The order, in words.
    fn order(&self) -> String {
        match self.by {
            By::Model => "by model".to_owned(),
            By::Maker => "by maker".to_owned(),
            By::Provider => "by provider".to_owned(),
            By::Region => "by region".to_owned(),
            By::Endpoint => "by endpoint".to_owned(),
            By::Price => "by price".to_owned(),
            By::Score(kind) => {
                let score = self.catalog.scores.get(kind.index());
                let name = score.map_or("score", |score| &score.name);
                format!("by {name}, best first")
            }
        }
    }

    /// Kinds of scores, with their ids.
    fn scores(&self) -> impl Iterator<Item = (ScoreId, &str)> {
        let kinds = (0u32..).map(ScoreId).zip(&self.catalog.scores);
        kinds.map(|(id, kind)| (id, &*kind.name))
    }

    /// A model's score at the start, as it is written.
    fn score(&self, row: &Row<'_>, kind: ScoreId) -> Option<Decimal> {
        let score = row.model.scores.get(kind)?;
        score.at(self.matrix.span.from()).copied()
    }
}

/// How a route is said to stand, in a word.
fn word(standing: &Standing<'_>) -> &'static str {
    match standing {
        Standing::Routed { place, ask } => match (place, ask) {
            (0, Ask::Plain) => "yes",
            (0, Ask::OptIn { .. }) => "opt-in",
            (0, Ask::Alias(_)) => "by id",
            (_, Ask::Plain) => "standby",
            (_, Ask::OptIn { .. }) => "opt-in standby",
            (_, Ask::Alias(_)) => "by id, standby",
        },
        Standing::Refused { .. } => "no",
        Standing::Elsewhere { .. } => "elsewhere",
    }
}

/// The same, with the status and code of a refusal, or where the request is served instead.
fn outcome(standing: &Standing<'_>) -> String {
    match standing {
        Standing::Refused { status, code } => format!("{status} {code}"),
        Standing::Elsewhere { region, .. } => format!("served in {region}"),
        Standing::Routed { .. } => word(standing).to_owned(),
    }
}

/// Words that a table may hold, and what they mean.
fn legend<'a>(standings: impl Iterator<Item = &'a Standing<'a>>) -> Vec<String> {
    let mut opt_ins = std::collections::BTreeSet::new();
    let (mut by_id, mut standby) = (false, false);
    for standing in standings {
        match standing {
            Standing::Routed { ask, place } => {
                standby |= *place > 0;
                match ask {
                    Ask::Plain => {}
                    Ask::OptIn { field, value } => {
                        opt_ins.insert(format!("`{}: \"{value}\"`", field.name()));
                    }
                    Ask::Alias(_) => by_id = true,
                }
            }
            Standing::Refused { .. } | Standing::Elsewhere { .. } => {}
        }
    }
    let mut lines = Vec::new();
    if !opt_ins.is_empty() {
        let fields: Vec<String> = opt_ins.into_iter().collect();
        lines.push(format!("opt-in: with {} in the body", fields.join(" or ")));
    }
    if by_id {
        lines.push("by id: under an alias, not under the model's own id".to_owned());
    }
    if standby {
        let meaning = "standby: called where what comes before it in the plan does not answer";
        lines.push(meaning.to_owned());
    }
    lines
}

/// What people call a maker.
fn title(maker: Option<&Maker>) -> &str {
    maker.map_or("", |maker| maker.title.as_deref().unwrap_or(&maker.name))
}

/// Who runs an offering, in one cell.
fn providers(row: &Row<'_>, between: &str) -> String {
    let names: Vec<&str> = row.providers.iter().map(|p| &*p.name).collect();
    names.join(between)
}

/// An amount of US dollars, under a heading that says so.
fn amount(amount: Option<Decimal>) -> String {
    amount.map_or(String::new(), Decimal::money)
}

/// An amount of money.
fn money(amount: Option<Decimal>) -> String {
    amount.map_or(String::new(), |a| format!("${}", a.money()))
}

/// What a list price is multiplied by.
fn multiplier(price: &Price) -> String {
    let multiplier = price.multiplier.map(|m| m.to_string_with(2));
    multiplier.unwrap_or_default()
}

/// How long data is kept.
fn retention(retention: Retention) -> String {
    match retention {
        Retention::Days(0) => "zero".to_owned(),
        Retention::Days(days) => format!("{days}d"),
        Retention::Unknown => "unknown".to_owned(),
    }
}

/// A place as its names, where they are known.
fn place(names: &[&str]) -> String {
    if names.is_empty() {
        "unknown".to_owned()
    } else {
        names.join(" + ")
    }
}

fn date(at: Option<Instant>) -> String {
    at.map_or(String::new(), Instant::short)
}
