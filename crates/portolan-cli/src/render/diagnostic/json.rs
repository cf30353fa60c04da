//! Findings as one JSON object.

use portolan_core::diagnostic::{Diagnostic, Edit, Safety, Severity};
use portolan_core::source::{LineColumn, Span};
use serde::Serialize;

use super::Findings;

impl Findings<'_> {
    /// For programs.
    ///
    /// # Errors
    /// Never in practice: everything in it is text and numbers.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        let report = JsonReport {
            version: 1,
            errors: self.count(Severity::Error),
            warnings: self.count(Severity::Warning),
            notes: self.count(Severity::Info),
            left_out: self.left_out,
            diagnostics: self.diagnostics.iter().map(|d| self.object(d)).collect(),
        };
        Ok(serde_json::to_string_pretty(&report)? + "\n")
    }

    fn object<'s>(&self, diagnostic: &'s Diagnostic) -> JsonDiagnostic<'s> {
        let label = |label: &'s portolan_core::diagnostic::Label| JsonLabel {
            message: &label.message,
            place: self.place(label.span),
        };
        JsonDiagnostic {
            code: diagnostic.code,
            severity: diagnostic.severity.word(),
            message: &diagnostic.message,
            place: self.place(diagnostic.primary.span),
            label: &diagnostic.primary.message,
            help: &diagnostic.help,
            related: diagnostic.related.iter().map(label).collect(),
            fix: diagnostic.fix.as_ref().map(|fix| JsonFix {
                safe: fix.safety == Safety::Safe,
                edits: fix.edits.iter().map(|edit| self.edit(edit)).collect(),
            }),
        }
    }

    fn edit<'s>(&self, edit: &'s Edit) -> JsonEdit<'s> {
        JsonEdit {
            replacement: &edit.replacement,
            place: self.place(edit.span),
        }
    }

    fn place(&self, span: Span) -> JsonPlace {
        let start = self.sources.locate(span).start;
        let source = self.sources.get(span.source);
        JsonPlace {
            file: source.map(|s| self.policy.shown(s.name())),
            line: start.line,
            column: start.column,
            end: source.map_or(start, |s| s.line_column(span.end)).into(),
        }
    }
}

#[derive(Serialize)]
struct JsonReport<'a> {
    version: u32,
    errors: usize,
    warnings: usize,
    notes: usize,
    left_out: usize,
    diagnostics: Vec<JsonDiagnostic<'a>>,
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    #[serde(flatten)]
    place: JsonPlace,
    label: &'a str,
    help: &'a [String],
    related: Vec<JsonLabel<'a>>,
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: JsonPlace,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    /// It decides nothing otherwise and loses nothing.
    safe: bool,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    replacement: &'a str,
    #[serde(flatten)]
    place: JsonPlace,
}

#[derive(Serialize)]
struct JsonPlace {
    file: Option<String>,
    line: u32,
    column: u32,
    end: JsonEnd,
}

#[derive(Serialize)]
struct JsonEnd {
    line: u32,
    column: u32,
}

impl From<LineColumn> for JsonEnd {
    fn from(at: LineColumn) -> Self {
        Self {
            line: at.line,
            column: at.column,
        }
    }
}
