//! Findings, one a line, as compilers have always printed them: editors and `grep` know it.

use std::fmt::Write as _;

use super::Findings;
use crate::render::paint::visible;

impl Findings<'_> {
    /// One line a finding, and nothing else.
    pub(crate) fn compact(&self) -> String {
        let mut out = String::new();
        for finding in self.diagnostics {
            let at = self.sources.locate(finding.primary.span);
            let _ = writeln!(
                out,
                "{}:{}:{}: {}[{}]: {}",
                visible(&self.policy.shown(at.file)),
                at.start.line,
                at.start.column,
                finding.severity.word(),
                finding.code,
                visible(&finding.message)
            );
        }
        out
    }
}
