//! The table as Markdown, as a pull request shows it.

use std::fmt::Write;

use super::{Shown, tables};
use crate::render::escape::in_markdown as text;

/// Writes it.
pub(crate) fn markdown(shown: &Shown<'_>) -> String {
    let mut out = String::new();
    let policy = text(shown.matrix.policy);
    let _ = writeln!(out, "## What is available by {policy}, {}\n", shown.span());
    let tables::Page { sections, legend } = tables::page(shown);
    for section in &sections {
        // A column in which no row says anything is left out.
        let says = |column: &usize| {
            let mut cells = section.rows.iter().filter_map(|row| row.get(*column));
            cells.any(|cell| !cell.is_empty())
        };
        let columns: Vec<usize> = (0..section.header.len()).filter(says).collect();
        let line = |cells: &[String]| {
            let cells = columns.iter().filter_map(|column| cells.get(*column));
            let cells: Vec<String> = cells.map(|cell| text(cell)).collect();
            format!("| {} |", cells.join(" | "))
        };
        let _ = writeln!(out, "### {}\n", text(&section.title));
        let _ = writeln!(out, "{}", line(&section.header));
        let _ = writeln!(out, "|{}", "---|".repeat(columns.len()));
        for row in &section.rows {
            let _ = writeln!(out, "{}", line(row));
        }
        out.push('\n');
    }
    if sections.is_empty() {
        out.push_str("Nothing is offered.\n\n");
    }
    for line in legend {
        let _ = writeln!(out, "- {}", text(&line));
    }
    let _ = writeln!(out, "- snapshot: {}", shown.matrix.snapshot);
    let _ = writeln!(out, "- made with: {}", text(&shown.command));
    out
}
