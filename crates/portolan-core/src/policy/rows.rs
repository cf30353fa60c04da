//! Rows of a table from a CSV file: one line a key, so that ten thousand tenants are data.

use super::load::diags;
use crate::diagnostic::Diagnostics;
use crate::source::{Source, SourceId, Span, Spanned};
use crate::syntax::ast::{Operand, OperandKind, Table};

/// Reads the rows of a table from its file: a header with the key's name and the columns' names,
/// then a line for each key.
pub(super) fn read(
    table: &mut Table,
    id: SourceId,
    source: &Source,
    diagnostics: &mut Diagnostics,
) {
    let text = source.text();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let first = Span::new(id, 0, text.find('\n').unwrap_or(text.len()));
    match reader.headers() {
        Ok(header) => {
            let found: Vec<&str> = header.iter().skip(1).collect();
            let columns: Vec<&str> = table
                .columns
                .iter()
                .map(|(n, _)| n.value.as_str())
                .collect();
            if found != columns {
                diagnostics.push(diags::wrong_header(first, &columns));
                return;
            }
        }
        Err(error) => {
            diagnostics.push(diags::include_missing(
                first,
                source.name(),
                &error.to_string(),
            ));
            return;
        }
    }
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                diagnostics.push(diags::include_missing(
                    first,
                    source.name(),
                    &error.to_string(),
                ));
                return;
            }
        };
        let byte = record.position().map_or(0, csv::Position::byte);
        let mut at = usize::try_from(byte).unwrap_or(0);
        let mut cells = record.iter().map(|cell| {
            let span = place(id, text, at, cell);
            at = span.end as usize;
            Spanned::new(cell.to_owned(), span)
        });
        let Some(key) = cells.next() else { continue };
        let cells = cells.map(|cell| Operand {
            kind: OperandKind::Cell(cell.value),
            span: cell.span,
        });
        let cells = cells.collect();
        table.rows.push((key, cells));
    }
}

/// Where a cell stands: its text, looked for from where the last one ended.
fn place(id: SourceId, text: &str, from: usize, cell: &str) -> Span {
    let rest = text.get(from..).unwrap_or("");
    let start = from + rest.find(cell).unwrap_or(0);
    Span::new(id, start, start + cell.len())
}
