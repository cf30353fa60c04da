//! Aligned plain text in columns. A cell is one line; the last column is never padded.

use std::fmt::Write;

use super::paint::{Paint, visible};

/// Rows under a header; a column whose cells are all empty is left out.
#[derive(Debug, Default)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub(crate) fn new(header: &[impl AsRef<str>]) -> Self {
        Self {
            header: header.iter().map(|h| visible(h.as_ref())).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, one cell a column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| visible(&cell)).collect();
        self.rows.push(cells);
    }

    /// Prints it, each line after `indent`.
    pub(crate) fn print(&self, indent: &str, paint: Paint) -> String {
        let widths: Vec<Option<usize>> = (0..self.header.len())
            .map(|column| self.width(column))
            .collect();
        let mut out = String::new();
        let _ = writeln!(out, "{indent}{}", paint.faint(&line(&self.header, &widths)));
        for row in &self.rows {
            let _ = writeln!(out, "{indent}{}", line(row, &widths));
        }
        out
    }

    /// A column's width in characters, or nothing where no row has a word in it.
    fn width(&self, column: usize) -> Option<usize> {
        let length = |cell: &String| cell.chars().count();
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(length).max().filter(|width| *width > 0)?;
        let header = self.header.get(column).map_or(0, |h| h.chars().count());
        Some(widest.max(header))
    }
}

fn line(cells: &[String], widths: &[Option<usize>]) -> String {
    let mut out = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        if let Some(width) = width {
            let _ = write!(out, "{cell:width$}  ");
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_empty_ones_go() {
        let mut table = Table::new(&["model", "alias", "why"]);
        table.row(["a".to_owned(), String::new(), "short".to_owned()]);
        table.row(["longer".to_owned(), String::new(), "x\u{1b}[2J".to_owned()]);
        let printed = table.print("  ", Paint { colored: false });
        assert_eq!(
            printed,
            "  model   why\n  a       short\n  longer  x\\u{1b}[2J\n"
        );
    }
}
