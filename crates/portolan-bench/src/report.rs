//! What was measured, as Markdown for the README.

use std::fmt::Write as _;

use crate::contender::{Entry, Kind};
use crate::golden::Line;
use crate::instructions::Row;
use crate::measure::Timing;
use crate::seven::{Field, Figures};

/// The table of everybody over requests that are all different.
pub(crate) fn table(entries: &[Entry], fields: &[Field]) -> String {
    let mut out = String::from("| contender |");
    for field in fields {
        let _ = write!(out, " {} models: ns (p99) |", thousands(field.models));
    }
    let largest = fields.last().map_or(0, |field| field.models);
    let _ = writeln!(
        out,
        " × limit | heap calls: route, refusal | load {0} (ms) | held {0} (MB) | what it gives |",
        thousands(largest)
    );
    rule(&mut out, fields.len() + 6);
    let limit = position(entries, Kind::Limit);
    for (index, entry) in entries.iter().enumerate() {
        let _ = write!(out, "| {} |", entry.name);
        let own = || fields.iter().filter_map(|field| field.figures.get(index));
        for figures in own() {
            let _ = write!(
                out,
                " {} ({}) |",
                figure(figures.different.median()),
                figure(figures.different.p99())
            );
        }
        let ratios: Vec<String> = fields
            .iter()
            .filter_map(|field| ratio(field, index, limit?, |f| &f.different))
            .map(ratio_figure)
            .collect();
        let (mut routes, mut refusals) = (0.0_f64, 0.0_f64);
        for figures in own() {
            routes = routes.max(figures.heap_routes);
            refusals = refusals.max(figures.heap_refusals);
        }
        let (load, held) = own().next_back().map_or((0.0, 0), |f| (f.load_ms, f.held));
        let _ = writeln!(
            out,
            " {} | {}, {} | {} | {} | {} |",
            ratios.join(" · "),
            count(routes),
            count(refusals),
            figure(load),
            megabytes(held),
            entry.gives,
        );
    }
    out
}

/// How many rounds over the largest catalog were timed while others used the memory, although they
/// were waited for.
pub(crate) fn disturbed(fields: &[Field]) -> String {
    let figures = || fields.last().into_iter().flat_map(|field| &field.figures);
    let rounds: usize = figures().map(|f| f.different.rounds.len()).sum();
    let disturbed: usize = figures().map(|f| f.different.disturbed).sum();
    format!(
        "Rounds over {} models that were timed while others on the machine used its memory: {} of {}.\n",
        thousands(fields.last().map_or(0, |field| field.models)),
        thousands(disturbed),
        thousands(rounds)
    )
}

/// What more models cost the hand-written limit, and what they cost Portolan.
pub(crate) fn growth(entries: &[Entry], fields: &[Field]) -> String {
    let mut out = String::from("| contender |");
    for field in fields {
        let _ = write!(out, " {} models (ns) |", thousands(field.models));
    }
    out.push_str(" more, first to last (ns) |\n");
    rule(&mut out, fields.len() + 2);
    for kind in [Kind::Limit, Kind::HandWritten, Kind::Portolan] {
        let Some(index) = position(entries, kind) else {
            continue;
        };
        let medians: Vec<f64> = fields
            .iter()
            .filter_map(|field| field.figures.get(index))
            .map(|figures| figures.different.median())
            .collect();
        let _ = write!(out, "| {} |", entries[index].name);
        for median in &medians {
            let _ = write!(out, " {} |", figure(*median));
        }
        let more = medians
            .first()
            .zip(medians.last())
            .map_or(f64::NAN, |(first, last)| last - first);
        let _ = writeln!(out, " {} |", figure(more));
    }
    out
}

/// The same requests again and again: everything is in the caches, and every branch is known.
pub(crate) fn repeated(entries: &[Entry], fields: &[Field]) -> String {
    let mut out = String::from("| contender |");
    for field in fields {
        let _ = write!(out, " {} models: ns (× limit) |", thousands(field.models));
    }
    out.push('\n');
    rule(&mut out, fields.len() + 1);
    let limit = position(entries, Kind::Limit);
    for (index, entry) in entries.iter().enumerate() {
        let _ = write!(out, "| {} |", entry.name);
        for field in fields {
            let median = field
                .figures
                .get(index)
                .map_or(f64::NAN, |f| f.repeated.median());
            let ratio = limit.and_then(|limit| ratio(field, index, limit, |f| &f.repeated));
            let _ = write!(
                out,
                " {} ({}) |",
                figure(median),
                ratio_figure(ratio.unwrap_or(f64::NAN))
            );
        }
        out.push('\n');
    }
    out
}

/// The golden policy by hand and by Portolan.
pub(crate) fn golden(lines: &[Line]) -> String {
    let mut out = String::from(
        "| requests | program | ns (p99) | × hand-written | heap calls: route, refusal |\n",
    );
    rule(&mut out, 5);
    for line in lines {
        let [routes, refusals] = line.heap;
        let _ = writeln!(
            out,
            "| {} | {} | {} ({}) | {} | {}, {} |",
            line.requests,
            line.program,
            figure(line.timing.median()),
            figure(line.timing.p99()),
            ratio_figure(line.ratio),
            count(routes),
            count(refusals),
        );
    }
    out
}

/// Instructions a decision, and how far Portolan may go.
pub(crate) fn instructions(rows: &[Row]) -> String {
    let mut out = String::from("| case | hand-written | Portolan | × | the line |\n");
    rule(&mut out, 5);
    for row in rows {
        let [hand_written, portolan] = row.taken;
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            row.case,
            figure(hand_written),
            figure(portolan),
            ratio_figure(portolan / hand_written),
            figure(row.most),
        );
    }
    out
}

/// The two figures that matter, each the worst over the sizes; nothing for who took no part.
pub(crate) fn verdicts(entries: &[Entry], fields: &[Field]) -> (Option<f64>, Option<f64>) {
    let worst = |figures: Vec<f64>, pick: fn(f64, f64) -> f64| figures.into_iter().reduce(pick);
    let portolan = position(entries, Kind::Portolan);
    let to_limit = portolan
        .zip(position(entries, Kind::Limit))
        .map(|(own, limit)| {
            fields
                .iter()
                .filter_map(|field| ratio(field, own, limit, |f| &f.different))
                .collect()
        });
    let engines = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.kind == Kind::Engine);
    let from_engines = portolan.map(|own| {
        let pairs = engines.flat_map(|(engine, _)| {
            fields
                .iter()
                .filter_map(move |field| ratio(field, engine, own, |f| &f.different))
        });
        pairs.collect()
    });
    (
        to_limit.and_then(|figures| worst(figures, f64::max)),
        from_engines.and_then(|figures| worst(figures, f64::min)),
    )
}

fn ratio(field: &Field, index: usize, base: usize, pick: fn(&Figures) -> &Timing) -> Option<f64> {
    let own = pick(field.figures.get(index)?);
    Some(own.over(pick(field.figures.get(base)?)))
}

fn position(entries: &[Entry], kind: Kind) -> Option<usize> {
    entries.iter().position(|entry| entry.kind == kind)
}

fn rule(out: &mut String, columns: usize) {
    out.push_str(&"|---".repeat(columns));
    out.push_str("|\n");
}

/// Three digits that count.
pub(crate) fn figure(figure: f64) -> String {
    match figure {
        f if f.is_nan() => "–".to_owned(),
        f if f.abs() < 99.95 => format!("{f:.1}"),
        f => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "rounded for people"
            )]
            let whole = f.abs().round() as usize;
            format!("{}{}", if f < 0.0 { "-" } else { "" }, thousands(whole))
        }
    }
}

fn ratio_figure(ratio: f64) -> String {
    if ratio.is_nan() {
        "–".to_owned()
    } else if ratio < 9.95 {
        format!("{ratio:.2}")
    } else {
        figure(ratio)
    }
}

fn count(calls: f64) -> String {
    if calls == 0.0 {
        "0".to_owned()
    } else {
        format!("{calls:.1}")
    }
}

fn megabytes(bytes: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "rounded for people")]
    let megabytes = bytes as f64 / 1e6;
    figure(megabytes)
}

/// A whole number with commas.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
