//! The table for spreadsheets: one line a route and stretch of time.

use anyhow::Context;
use portolan_verify::matrix::{Ask, Span, Standing};

use super::{Shown, amount, date, multiplier, place, providers, retention, title};

/// Columns before the scores.
const COLUMNS: [&str; 24] = [
    "from",
    "until",
    "model",
    "title",
    "maker",
    "provider",
    "region",
    "endpoint",
    "available",
    "place",
    "asked_as",
    "model_region",
    "status",
    "code",
    "input_per_mtok",
    "output_per_mtok",
    "cache_read_per_mtok",
    "cache_write_per_mtok",
    "multiplier",
    "processing",
    "storage",
    "retention",
    "offered_from",
    "offered_until",
];

/// Writes it.
///
/// # Errors
/// Never in practice: writing into memory has no way to fail.
pub(crate) fn csv(shown: &Shown<'_>) -> anyhow::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let scores: Vec<_> = shown.scores().collect();
    let names = scores.iter().map(|(_, name)| *name);
    writer.write_record(COLUMNS.into_iter().chain(names).map(inert))?;
    let end = match shown.matrix.span {
        Span::At(_) => None,
        Span::Between { until, .. } => until,
    };
    for row in &shown.matrix.rows {
        let ends = row.periods.iter().skip(1).map(|next| Some(next.from));
        let ends = ends.chain([end]);
        for (period, until) in row.periods.iter().zip(ends) {
            let (mut place_in_plan, mut asked_as, mut region) = (String::new(), "", "");
            let (mut status, mut code) = (String::new(), "");
            match &period.standing {
                Standing::Routed { ask, place } => {
                    place_in_plan = (place + 1).to_string();
                    match ask {
                        Ask::Plain => asked_as = &row.model.id,
                        Ask::OptIn { value, .. } => (asked_as, region) = (&row.model.id, value),
                        Ask::Alias(alias) => asked_as = alias,
                    }
                }
                Standing::Refused {
                    status: number,
                    code: word,
                } => {
                    status = number.to_string();
                    code = word;
                }
                Standing::Elsewhere { .. } => code = "elsewhere",
            }
            let price = &period.price;
            let texts = [
                period.from.short(),
                date(until),
                row.model.id.to_string(),
                row.model.title.as_deref().unwrap_or_default().to_owned(),
                title(row.maker).to_owned(),
                providers(row, " + "),
                row.region.name.to_string(),
                row.endpoint.name.to_string(),
                if period.standing.is_routed() {
                    "yes"
                } else {
                    "no"
                }
                .to_owned(),
                place_in_plan,
                asked_as.to_owned(),
                region.to_owned(),
                status,
                code.to_owned(),
                amount(price.input),
                amount(price.output),
                amount(price.cache_read),
                amount(price.cache_write),
                multiplier(price),
                place(&period.processing),
                place(&period.storage),
                retention(period.retention),
                date(row.window.from),
                date(row.window.until),
            ];
            let texts = texts.iter().map(|text| inert(text));
            let points = scores.iter().map(|(kind, _)| shown.score(row, *kind));
            let points = points.map(|score| score.map_or(String::new(), |s| s.to_string()));
            writer.write_record(texts.chain(points))?;
        }
    }
    let bytes = writer.into_inner().context("cannot finish the table")?;
    String::from_utf8(bytes).context("the table is not text")
}

/// Text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe.
fn inert(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
