//! What stands in the page's cells, and what the script needs to fill them for another date.

use std::collections::BTreeMap;

use portolan_core::instant::Instant;
use portolan_verify::matrix::{Ask, Period, Row, Span, Standing};
use serde::Serialize;

use crate::render::escape::json_in_html;
use crate::render::matrix::{
    Shown, date, money, multiplier, outcome, place, providers, retention, title,
};
use crate::render::paint::visible;

/// Titles of the columns before the scores.
pub(super) const HEADER: [&str; 15] = [
    "Model",
    "Maker",
    "Provider",
    "Region",
    "Endpoint",
    "Available",
    "Asked as, or why not",
    "Input",
    "Output",
    "×",
    "Processed in",
    "Stored in",
    "Kept",
    "From",
    "Until",
];

/// Where the cells begin that change with the date: the state, then `varying`.
const VARYING: usize = 5;

/// How a route stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    Yes,
    Standby,
    OptIn,
    ById,
    No,
    Elsewhere,
}

impl State {
    /// In the order in which the page explains them, which is that of the script.
    pub(super) const ALL: [Self; 6] = [
        Self::Yes,
        Self::Standby,
        Self::OptIn,
        Self::ById,
        Self::No,
        Self::Elsewhere,
    ];

    pub(super) const fn of(standing: &Standing<'_>) -> Self {
        match standing {
            Standing::Routed { place, ask } => match (place, ask) {
                (0, Ask::Plain) => Self::Yes,
                (_, Ask::Plain) => Self::Standby,
                (_, Ask::OptIn { .. }) => Self::OptIn,
                (_, Ask::Alias(_)) => Self::ById,
            },
            Standing::Refused { .. } => Self::No,
            Standing::Elsewhere { .. } => Self::Elsewhere,
        }
    }

    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Yes => "state yes",
            Self::Standby => "state standby",
            Self::OptIn => "state opt-in",
            Self::ById => "state by-id",
            Self::No => "state no",
            Self::Elsewhere => "state elsewhere",
        }
    }

    /// Tells states apart without colour.
    pub(super) const fn symbol(self) -> &'static str {
        match self {
            Self::Yes => "✓",
            Self::Standby => "◐",
            Self::OptIn => "⊕",
            Self::ById => "#",
            Self::No => "✗",
            Self::Elsewhere => "→",
        }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Standby => "standby",
            Self::OptIn => "opt-in",
            Self::ById => "by id",
            Self::No => "no",
            Self::Elsewhere => "elsewhere",
        }
    }

    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Yes => "it is called first",
            Self::Standby => "it is called where what comes before it in the plan does not answer",
            Self::OptIn => {
                "it is called where the body asks for it by a field that the policy marks as an opt-in"
            }
            Self::ById => "it is called under an alias, not under the model's own id",
            Self::No => "the request is refused, with the status and code beside it",
            Self::Elsewhere => "the request is served, by another route",
        }
    }
}

/// A column that can be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Maker,
    Provider,
    Region,
    Endpoint,
}

impl Column {
    const ALL: [Self; 4] = [Self::Maker, Self::Provider, Self::Region, Self::Endpoint];

    /// A row's values: several providers, one of everything else.
    fn of<'r>(self, row: &'r Row<'_>) -> Vec<&'r str> {
        match self {
            Self::Maker => vec![title(row.maker)],
            Self::Provider => row.providers.iter().map(|p| &*p.name).collect(),
            Self::Region => vec![&row.region.name],
            Self::Endpoint => vec![&row.endpoint.name],
        }
    }
}

/// What each column can be filtered by, sorted; a value's number is its position.
pub(super) fn choices(shown: &Shown<'_>) -> Vec<(Column, Vec<String>)> {
    let sorted = |column: Column| {
        let rows = shown.matrix.rows.iter();
        let mut names: Vec<&str> = rows.flat_map(|row| column.of(row)).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| !name.is_empty());
        (column, names.into_iter().map(str::to_owned).collect())
    };
    Column::ALL.into_iter().map(sorted).collect()
}

/// The cells of a row that no date changes, after the model.
pub(super) fn fixed(row: &Row<'_>) -> [String; 4] {
    [
        title(row.maker).to_owned(),
        providers(row, " + "),
        row.region.name.to_string(),
        row.endpoint.name.to_string(),
    ]
}

/// The cells of a row that a date changes, after the state.
pub(super) fn varying(period: &Period<'_>) -> [String; 7] {
    let how = match &period.standing {
        Standing::Routed { ask, place } => {
            let asked = match ask {
                Ask::Plain => String::new(),
                Ask::OptIn { field, value } => format!("{}: \"{value}\"", field.name()),
                Ask::Alias(alias) => (*alias).to_owned(),
            };
            match (place, asked.is_empty()) {
                (0, _) => asked,
                (place, true) => format!("number {} in the plan", place + 1),
                (place, false) => format!("{asked}, number {} in the plan", place + 1),
            }
        }
        Standing::Refused { .. } | Standing::Elsewhere { .. } => outcome(&period.standing),
    };
    [
        how,
        money(period.price.input),
        money(period.price.output),
        multiplier(&period.price),
        place(&period.processing),
        place(&period.storage),
        retention(period.retention),
    ]
}

/// When a row can be had by the catalog.
pub(super) fn dates(row: &Row<'_>) -> [String; 2] {
    [date(row.window.from), date(row.window.until)]
}

/// What the script reads.
#[derive(Serialize)]
struct Data {
    /// The dates of the slider, and what each of them is until.
    instants: Vec<String>,
    until: Option<String>,
    /// Where the changing cells begin.
    column: usize,
    /// Class, symbol and word of each state, and whether it is available.
    states: Vec<(&'static str, &'static str, &'static str, bool)>,
    /// The changing cells, each different line of them once: the state's number, then texts.
    cells: Vec<(usize, [String; 7])>,
    rows: Vec<RowData>,
}

/// One row: the numbers of its values in each filter, and pairs of a date's and a line's number.
#[derive(Serialize)]
struct RowData {
    maker: Vec<usize>,
    provider: Vec<usize>,
    region: Vec<usize>,
    endpoint: Vec<usize>,
    periods: Vec<(usize, usize)>,
}

/// What the script reads, as it may stand in a page.
///
/// # Errors
/// Never in practice: writing into memory has no way to fail.
pub(super) fn embedded(shown: &Shown<'_>) -> anyhow::Result<String> {
    let choices = choices(shown);
    let numbers = |column: Column, row: &Row<'_>| -> Vec<usize> {
        let of_column = choices.iter().find(|(found, _)| *found == column);
        let names = of_column.map_or(&[][..], |(_, names)| names);
        let number = |name: &str| names.binary_search_by(|n| n.as_str().cmp(name)).ok();
        column.of(row).into_iter().filter_map(number).collect()
    };
    let mut known: BTreeMap<(usize, [String; 7]), usize> = BTreeMap::new();
    let mut cells = Vec::new();
    let mut rows = Vec::new();
    for row in &shown.matrix.rows {
        let mut periods = Vec::new();
        for period in &row.periods {
            let state = State::of(&period.standing);
            let state = State::ALL.iter().position(|s| *s == state).unwrap_or(0);
            let texts = varying(period).map(|text| visible(&text));
            let line = (state, texts);
            let number = *known.entry(line).or_insert_with_key(|line| {
                cells.push(line.clone());
                cells.len() - 1
            });
            let instants = &shown.matrix.instants;
            let instant = instants.partition_point(|at| *at < period.from);
            periods.push((instant, number));
        }
        rows.push(RowData {
            maker: numbers(Column::Maker, row),
            provider: numbers(Column::Provider, row),
            region: numbers(Column::Region, row),
            endpoint: numbers(Column::Endpoint, row),
            periods,
        });
    }
    let states = State::ALL.iter().map(|state| {
        let available = !matches!(state, State::No | State::Elsewhere);
        (state.class(), state.symbol(), state.word(), available)
    });
    let data = Data {
        instants: shown.matrix.instants.iter().map(|at| at.short()).collect(),
        until: match shown.matrix.span {
            Span::At(_) => None,
            Span::Between { until, .. } => until.map(Instant::short),
        },
        column: VARYING,
        states: states.collect(),
        cells,
        rows,
    };
    Ok(json_in_html(&serde_json::to_string(&data)?))
}
