//! The table on a terminal.

use std::fmt::Write;

use super::{Shown, tables};
use crate::render::paint::{Paint, visible};
use crate::render::table::Table;

/// What a terminal has room for. In a longer table the titles of models go: their ids stand there.
const WIDTH: usize = 100;

/// Prints it.
pub(crate) fn human(shown: &Shown<'_>, paint: Paint) -> String {
    let mut out = String::new();
    let tables::Page { sections, legend } = tables::page(shown);
    for section in &sections {
        let _ = writeln!(out, "{}", paint.strong(&visible(&section.title)));
        let whole = print(section, None, Paint { colored: false });
        let long = whole.lines().any(|line| line.chars().count() > WIDTH);
        let title = section.header.iter().position(|name| name == "title");
        out.push_str(&print(section, title.filter(|_| long), paint));
        out.push('\n');
    }
    if sections.is_empty() {
        out.push_str("nothing is offered\n\n");
    }
    for line in legend {
        let _ = writeln!(out, "{}", paint.faint(&visible(&line)));
    }
    let policy = visible(shown.matrix.policy);
    let _ = writeln!(out, "{} {policy}, {}", paint.faint("policy:"), shown.span());
    let snapshot = shown.matrix.snapshot;
    let _ = writeln!(out, "{} {snapshot}", paint.faint("snapshot:"));
    out
}

/// A table, but for one column.
fn print(section: &tables::Section, without: Option<usize>, paint: Paint) -> String {
    let kept = |cells: &[String]| -> Vec<String> {
        let cells = cells.iter().enumerate();
        let kept = cells.filter(|(position, _)| Some(*position) != without);
        kept.map(|(_, cell)| cell.clone()).collect()
    };
    let mut table = Table::new(&kept(&section.header));
    for row in &section.rows {
        table.row(kept(row));
    }
    table.print("", paint)
}
