//! Collects what lints find, and keeps one finding of each cause.

use portolan_core::diagnostic::{Code, Diagnostic, Severity};

use crate::context::Context;
use crate::lint::Lint;

/// What was found so far.
#[derive(Debug, Default)]
pub struct Findings {
    found: Vec<(Diagnostic, &'static [Code])>,
    severity: Option<Severity>,
    yields_to: &'static [Code],
}

impl Findings {
    /// What is pushed from here on is of this lint, at this severity.
    pub(crate) fn begin(&mut self, lint: &Lint, severity: Severity) {
        self.severity = Some(severity);
        self.yields_to = lint.yields_to;
    }

    /// Adds a finding.
    pub fn push(&mut self, mut finding: Diagnostic) {
        finding.severity = self.severity.unwrap_or(finding.severity);
        self.found.push((finding, self.yields_to));
    }

    /// The findings, without those that a better one stands for.
    pub(crate) fn one_a_cause(self, context: &Context<'_>) -> Vec<Diagnostic> {
        let named: Vec<(Code, u64)> = self
            .found
            .iter()
            .map(|(finding, _)| (finding.code, context.cause(finding.primary.span)))
            .collect();
        let better = |finding: &Diagnostic, yields_to: &[Code]| {
            let cause = context.cause(finding.primary.span);
            !yields_to.is_empty()
                && named
                    .iter()
                    .any(|(code, other)| yields_to.contains(code) && *other == cause)
        };
        let kept = self.found.into_iter();
        kept.filter(|(finding, yields_to)| !better(finding, yields_to))
            .map(|(finding, _)| finding)
            .collect()
    }
}
