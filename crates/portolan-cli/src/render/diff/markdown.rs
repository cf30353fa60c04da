//! A comparison of two policies as Markdown, for a pull request. A comment of one has a limit: what
//! does not fit is counted, by cause, and nothing is left out in silence.

use std::fmt::Write as _;

use portolan_verify::diff::{Affected, Diff};

use super::{because, decision, hidden, names, plural, request, shown, summary, what, whom};
use crate::render::paint::visible;

/// Bytes of a text that goes into a comment. The hosts that we know of take 65,536 characters;
/// the rest is for what others write around it.
const COMMENT: usize = 60_000;

/// How many regions of a change are shown where not all of all changes fit: the first number with
/// which they do.
const FEWER: [usize; 5] = [32, 8, 3, 1, 0];

/// For a pull request; with all regions, or with as many as a comment has room for.
pub(crate) fn markdown(diff: &Diff, all: bool) -> String {
    let whole = written(diff, all, usize::MAX);
    if all || whole.len() <= COMMENT {
        return whole;
    }
    let mut fewer = FEWER.iter().map(|most| written(diff, false, *most));
    let fits = fewer.find(|text| text.len() <= COMMENT);
    fits.unwrap_or_else(|| counted(diff))
}

/// Every change, each with so many of its regions.
fn written(diff: &Diff, all: bool, most: usize) -> String {
    let mut out = head(diff);
    if !diff.declared.is_empty() {
        out.push('\n');
    }
    for line in declared(diff) {
        out.push_str(&line);
    }
    for (cause, changes) in shown(diff, all) {
        let _ = writeln!(out, "\n#### {}", because(cause));
        for (change, affected) in changes {
            let directions = names(&change.directions).join(", ");
            let _ = writeln!(out, "\n**{directions}**: {}\n", what(change));
            regions(&mut out, affected, most);
        }
    }
    if let Some(hidden) = hidden(diff, all) {
        let _ = writeln!(out, "\n{hidden}");
    }
    for reason in &diff.inconclusive {
        let _ = writeln!(out, "\n**inconclusive**: {}", visible(reason));
    }
    out
}

fn head(diff: &Diff) -> String {
    format!("**{}**\n", summary(diff))
}

/// What is declared otherwise, each a line.
fn declared(diff: &Diff) -> impl Iterator<Item = String> {
    diff.declared.iter().map(|declared| {
        format!(
            "- **{}**: {} `{}` {}\n",
            names(&declared.directions).join(", "),
            declared.what,
            visible(&declared.name),
            visible(&declared.change)
        )
    })
}

/// The first regions of a change as a table, and how many there are besides.
fn regions(out: &mut String, all: &[Affected], most: usize) {
    let left = all.len().saturating_sub(most);
    if left < all.len() {
        out.push_str("| for | where | such as | old | new |\n|---|---|---|---|---|\n");
    }
    for affected in all.iter().take(most) {
        row(out, affected);
    }
    if left > 0 {
        let gap = if most > 0 { "\n" } else { "" };
        let left = plural(left, "region");
        let _ = writeln!(out, "{gap}{left} not shown: `--all` shows them");
    }
}

fn row(out: &mut String, affected: &Affected) {
    let sample = affected.sample.as_ref();
    let [old, new] = [0, 1].map(|side| {
        let answer = sample.and_then(|sample| sample.answers.get(side));
        answer.map_or(String::new(), decision)
    });
    let cells = [
        whom(affected),
        affected.conditions.join("<br>"),
        sample.map_or("no posted body".to_owned(), request),
        old,
        new,
    ];
    let cells = cells.map(|cell| visible(&cell).replace('|', "\\|"));
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

/// How much each cause changes, as far as there is room, and how much the others do.
fn counted(diff: &Diff) -> String {
    let mut out = head(diff);
    out.push_str("\nThis is too much for a comment, so it is only counted; `--all` shows it.\n");
    for reason in diff.inconclusive.iter().take(1) {
        let more = diff.inconclusive.len() - 1;
        let reason: String = visible(reason).chars().take(COMMENT / 100).collect();
        let more = if more > 0 {
            format!(", and {}", plural(more, "more reason"))
        } else {
            String::new()
        };
        let _ = writeln!(out, "\n**inconclusive**: {reason}{more}");
    }
    out.push('\n');
    let room = COMMENT - COMMENT / 50;
    let mut hidden = 0;
    for line in declared(diff) {
        if out.len() + line.len() <= room {
            out.push_str(&line);
        } else {
            hidden += 1;
        }
    }
    if hidden > 0 {
        let hidden = plural(hidden, "more declaration");
        let _ = writeln!(out, "- and {hidden}");
    }
    let (mut causes, mut changes, mut of_them) = (0, 0, 0);
    for group in &diff.groups {
        let regions = group.changes.iter().map(|change| change.regions.len());
        let regions: usize = regions.sum();
        let mut directions: Vec<_> = group.changes.iter().flat_map(|c| &c.directions).collect();
        directions.sort_unstable();
        directions.dedup();
        let directions: Vec<&str> = directions.into_iter().map(|d| d.name()).collect();
        let line = format!(
            "- {}: {} in {}: {}\n",
            because(&group.cause),
            plural(group.changes.len(), "change"),
            plural(regions, "region"),
            directions.join(", ")
        );
        if out.len() + line.len() <= room {
            out.push_str(&line);
        } else {
            causes += 1;
            changes += group.changes.len();
            of_them += regions;
        }
    }
    if causes > 0 {
        let _ = writeln!(
            out,
            "- and {} with {} in {}",
            plural(causes, "more cause"),
            plural(changes, "change"),
            plural(of_them, "region")
        );
    }
    out
}

#[cfg(test)]
mod tests;
