//! What a case of `tests/cases/compile` expects: findings about a document. What is expected of an
//! answer lives in `portolan-test`.

use portolan_core::diagnostic::{Diagnostic, Severity};
use portolan_core::source::Sources;
pub use portolan_test::expect::Expect;
use portolan_test::expect::{Complaints, Texts};
use serde::Deserialize;

/// An expected finding about a document.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    code: String,
    at: String,
    line: u32,
    file: Option<String>,
    severity: Option<Level>,
    message_contains: Option<Texts>,
    help_contains: Option<Texts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Info,
}

/// Everything about findings that is not as expected.
pub fn unmet_findings(
    expected: &[Finding],
    found: &[Diagnostic],
    sources: &Sources,
) -> Vec<String> {
    let mut complaints = Complaints::default();
    let show = |line: u32, code: &str, at: &str| format!("{line}: {code} at `{at}`");
    let wanted: Vec<String> = expected
        .iter()
        .map(|f| show(f.line, &f.code, &f.at))
        .collect();
    let there: Vec<String> = found
        .iter()
        .map(|d| {
            let span = d.primary.span;
            show(sources.locate(span).start.line, d.code, sources.slice(span))
        })
        .collect();
    let lines = |lines: &[String]| {
        format!(
            "
    {}
  ",
            lines.join(
                "
    "
            )
        )
    };
    complaints.equal("findings", &lines(&wanted), &lines(&there));
    for (expected, found) in expected.iter().zip(found) {
        let what = &expected.code;
        if let Some(file) = &expected.file {
            let there = sources.locate(found.primary.span).file;
            complaints.equal(&format!("{what}: file"), file, there);
        }
        let level = match found.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Info => Level::Info,
        };
        if expected.severity.is_some_and(|expected| expected != level) {
            complaints.0.push(format!("{what}: the other severity"));
        }
        let message = [found.message.clone()];
        complaints.contains(what, expected.message_contains.as_ref(), &message);
        complaints.contains(what, expected.help_contains.as_ref(), &found.help);
    }
    complaints.0
}
