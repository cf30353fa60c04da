//! Findings as workflow commands: GitHub shows each at its line of a pull request.

use std::fmt::Write as _;

use portolan_core::diagnostic::Severity;

use super::Findings;
use crate::render::paint::visible;

impl Findings<'_> {
    /// One command a finding.
    pub(crate) fn github(&self) -> String {
        let mut out = String::new();
        for finding in self.diagnostics {
            let span = finding.primary.span;
            let at = self.sources.locate(span);
            let source = self.sources.get(span.source);
            let end = source.map_or(at.start, |source| source.line_column(span.end));
            let word = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "notice",
            };
            let lines = std::iter::once(&finding.message).chain(&finding.help);
            let text: Vec<String> = lines.map(|line| visible(line)).collect();
            let _ = write!(
                out,
                "::{word} file={},line={},endLine={}",
                property(&self.policy.shown(at.file)),
                at.start.line,
                end.line
            );
            // Columns are for one line; over several they would be read as nonsense.
            if end.line == at.start.line {
                let _ = write!(out, ",col={},endColumn={}", at.start.column, end.column);
            }
            let _ = writeln!(
                out,
                ",title={}::{}",
                property(finding.code),
                data(&text.join("\n"))
            );
        }
        out
    }
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
