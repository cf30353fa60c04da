//! The table on a terminal.

use std::fmt::Write;

use super::{Shown, tables};
use crate::render::paint::{Paint, visible};
use crate::render::table::Table;

/// Prints it.
pub(crate) fn human(shown: &Shown<'_>, paint: Paint) -> String {
    let mut out = String::new();
    let tables::Page { sections, legend } = tables::page(shown);
    for section in &sections {
        let _ = writeln!(out, "{}", paint.strong(&visible(&section.title)));
        let mut table = Table::new(&section.header);
        for row in &section.rows {
            table.row(row.iter().cloned());
        }
        out.push_str(&table.print("", paint));
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
