//! The table as one page: for a browser with or without scripts, and for a printer.
//!
//! The page loads nothing. Its one style and one script stand in it, and its own content security
//! policy names both by their hashes, so that nothing else runs, whatever a name in a catalog
//! holds. The same table gives the same bytes. Without scripts the page shows the start of the
//! span and every change after it; with them, any date, and filters.

mod data;

use std::fmt::Write;

use anyhow::ensure;
use portolan_verify::matrix::Span;

use super::{Shown, legend, tables};
use crate::render::escape::{escaped, hash};
use data::{Column, State};

/// Rows of one page; past it browsers crawl.
const ROWS: usize = 10_000;
const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Writes it.
///
/// # Errors
/// When there are too many rows for a page.
pub(crate) fn html(shown: &Shown<'_>) -> anyhow::Result<String> {
    let rows = shown.matrix.rows.len();
    ensure!(
        rows <= ROWS,
        "the page would have {rows} rows, and at most {ROWS} can be read; narrow it with `--model`, `--maker`, `--provider`, `--region` or `--endpoint`, or take `--format csv`"
    );
    let mut out = String::new();
    head(&mut out, shown);
    out.push_str("<body>\n");
    about(&mut out, shown);
    out.push_str("<main>\n");
    controls(&mut out, shown);
    routes(&mut out, shown);
    changes(&mut out, shown);
    meaning(&mut out, shown);
    out.push_str("</main>\n");
    let _ = writeln!(
        out,
        "<script type=\"application/json\" id=\"data\">{}</script>",
        data::embedded(shown)?
    );
    let _ = writeln!(out, "<script>{SCRIPT}</script>");
    out.push_str("</body>\n</html>\n");
    Ok(out)
}

fn head(out: &mut String, shown: &Shown<'_>) {
    let _ = writeln!(
        out,
        "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<meta name=\"referrer\" content=\"no-referrer\">
<title>What is available by {}, {}</title>
<style>{STYLE}</style>
</head>",
        hash(STYLE),
        hash(SCRIPT),
        escaped(shown.matrix.policy),
        escaped(&shown.span()),
    );
}

fn about(out: &mut String, shown: &Shown<'_>) {
    let policy = escaped(shown.matrix.policy);
    let _ = writeln!(
        out,
        "<header>
<h1>What is available by <code>{policy}</code></h1>
<dl>
<div><dt>For</dt><dd>{}</dd></div>
<div><dt>Order</dt><dd>{}</dd></div>
<div><dt>Snapshot</dt><dd><code>{}</code></dd></div>
<div><dt>Made with</dt><dd><code>{}</code></dd></div>
<div><dt>Version</dt><dd>portolan {}</dd></div>
</dl>
</header>",
        escaped(&shown.span()),
        escaped(&shown.order()),
        shown.matrix.snapshot,
        escaped(&shown.command),
        env!("CARGO_PKG_VERSION"),
    );
}

/// The slider and the filters: shown by the script, which alone makes them work.
fn controls(out: &mut String, shown: &Shown<'_>) {
    let last = shown.matrix.instants.len().saturating_sub(1);
    let _ = writeln!(
        out,
        "<section id=\"controls\" aria-labelledby=\"controls-title\" hidden>
<h2 id=\"controls-title\">Date and filters</h2>
<div class=\"dates\"{}>
<label for=\"date\">Date</label>
<button type=\"button\" id=\"earlier\">earlier</button>
<input type=\"range\" id=\"date\" min=\"0\" max=\"{last}\" step=\"1\" value=\"0\" autocomplete=\"off\">
<button type=\"button\" id=\"later\">later</button>
<output for=\"date\" id=\"stretch\"></output>
</div>
<div class=\"filters\">
<label>Text <input type=\"search\" id=\"text\" autocomplete=\"off\"></label>",
        if last == 0 { " hidden" } else { "" },
    );
    for (column, names) in data::choices(shown) {
        let name = column.name();
        let title = column.title();
        let _ = writeln!(
            out,
            "<label>{title} <select id=\"{name}\" autocomplete=\"off\">\n<option value=\"\">all</option>"
        );
        for (value, text) in names.iter().enumerate() {
            let _ = writeln!(out, "<option value=\"{value}\">{}</option>", escaped(text));
        }
        out.push_str("</select></label>\n");
    }
    out.push_str(
        "<label><input type=\"checkbox\" id=\"available\" autocomplete=\"off\"> available only</label>
</div>
</section>
",
    );
}

fn routes(out: &mut String, shown: &Shown<'_>) {
    let start = shown.matrix.span.from().short();
    let _ = writeln!(
        out,
        "<section aria-labelledby=\"routes-title\">
<h2 id=\"routes-title\">Routes</h2>
<p id=\"count\" role=\"status\">{} routes</p>
<table id=\"routes\">
<caption>Every model in every region through every endpoint, <span id=\"when\">at {start}</span>. Prices are US dollars for a million tokens.</caption>
<thead>
<tr>",
        shown.matrix.rows.len()
    );
    let scores: Vec<&str> = shown.scores().map(|(_, name)| name).collect();
    for title in data::HEADER.iter().chain(&scores) {
        let _ = writeln!(out, "<th scope=\"col\">{}</th>", escaped(title));
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &shown.matrix.rows {
        let Some(period) = row.periods.first() else {
            continue;
        };
        let _ = write!(out, "<tr><th scope=\"row\">{}", escaped(&row.model.id));
        if let Some(title) = row.model.title.as_ref().filter(|t| **t != row.model.id) {
            let _ = write!(out, "<small>{}</small>", escaped(title));
        }
        out.push_str("</th>");
        for text in data::fixed(row) {
            let _ = write!(out, "<td>{}</td>", escaped(&text));
        }
        let state = State::of(&period.standing);
        let _ = write!(
            out,
            "<td class=\"{}\"><span aria-hidden=\"true\">{}</span> {}</td>",
            state.class(),
            state.symbol(),
            state.word()
        );
        for text in data::varying(period) {
            let _ = write!(out, "<td>{}</td>", escaped(&text));
        }
        for text in data::dates(row) {
            let _ = write!(out, "<td>{text}</td>");
        }
        for (kind, _) in shown.scores() {
            let score = shown.score(row, kind).map(|score| score.to_string());
            let _ = write!(out, "<td>{}</td>", score.unwrap_or_default());
        }
        out.push_str("</tr>\n");
    }
    if shown.matrix.rows.is_empty() {
        let columns = data::HEADER.len() + scores.len();
        let _ = writeln!(
            out,
            "<tr><td colspan=\"{columns}\">nothing is offered</td></tr>"
        );
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

/// What a reader without scripts, or with paper, needs for the later dates.
fn changes(out: &mut String, shown: &Shown<'_>) {
    let Span::Between { .. } = shown.matrix.span else {
        return;
    };
    out.push_str(
        "<section aria-labelledby=\"changes-title\">\n<h2 id=\"changes-title\">Changes</h2>\n",
    );
    let section = tables::changes(shown).filter(|section| !section.rows.is_empty());
    let Some(section) = section else {
        out.push_str("<p>Nothing changes.</p>\n</section>\n");
        return;
    };
    out.push_str("<table>\n<caption>What becomes available, ceases to be, or costs otherwise, by date</caption>\n<thead>\n<tr>");
    for title in &section.header {
        let _ = write!(out, "<th scope=\"col\">{title}</th>");
    }
    out.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in &section.rows {
        for (position, cell) in row.iter().enumerate() {
            let cell = escaped(cell);
            let _ = match position {
                0 => write!(out, "<tr><th scope=\"row\">{cell}</th>"),
                _ => write!(out, "<td>{cell}</td>"),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

fn meaning(out: &mut String, shown: &Shown<'_>) {
    out.push_str(
        "<section aria-labelledby=\"meaning-title\">
<h2 id=\"meaning-title\">What the words mean</h2>
<p>A route is available where a request that holds a model, messages and nothing else gets it into its plan. Each line was decided by the policy itself, for that instant, with nothing known about load or health.</p>
<ul>
",
    );
    for state in State::ALL {
        let _ = writeln!(
            out,
            "<li><span class=\"{}\"><span aria-hidden=\"true\">{}</span> {}</span> {}</li>",
            state.class(),
            state.symbol(),
            state.word(),
            state.meaning()
        );
    }
    out.push_str("</ul>\n");
    let standings = shown.matrix.rows.iter().flat_map(|row| &row.periods);
    let lines = legend(standings.map(|period| &period.standing));
    for line in lines.iter().filter(|line| line.starts_with("opt-in")) {
        let _ = writeln!(out, "<p>{}</p>", escaped(line));
    }
    out.push_str("</section>\n");
}

impl Column {
    /// Its name in the page.
    const fn name(self) -> &'static str {
        match self {
            Self::Maker => "maker",
            Self::Provider => "provider",
            Self::Region => "region",
            Self::Endpoint => "endpoint",
        }
    }

    /// Its name on the page.
    const fn title(self) -> &'static str {
        match self {
            Self::Maker => "Maker",
            Self::Provider => "Provider",
            Self::Region => "Region",
            Self::Endpoint => "Endpoint",
        }
    }
}
