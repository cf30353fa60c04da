//! Findings about a policy and its catalogs that compile, and probably do not mean what they say.
//!
//! One lint a file, in `lints`; the list there is the only registry. [`lint`] runs them over a
//! [`Subject`], [`Levels`] say how much each matters, comments in the documents silence single
//! findings, [`fixed`] applies what a machine can mend, [`config`] reads what a directory says of its
//! checks, [`baseline`] knows old findings again. No I/O and no clock: the day on which
//! dates are judged comes with the subject. Rendering is the command's.

pub mod baseline;
mod chains;
mod comments;
pub mod config;
mod context;
mod findings;
mod fixes;
mod levels;
mod lint;
mod lints;
mod names;
mod reads;
mod sales;
mod silence;
mod successions;
mod survey;

pub use context::{Context, Subject, WrittenRule};
pub use findings::Findings;
pub use fixes::fixed;
pub use levels::{Levels, UnknownLint};
pub use lint::{Check, Group, Level, Lint, Page, SilenceCheck};
pub use lints::LINTS;
pub use silence::Silence;
pub use survey::{Asks, Known, Pair, Part, Role, Surveyed};

use portolan_core::diagnostic::Diagnostic;

/// Everything that the lints find, by place; what a comment silences is left out.
pub fn lint(subject: &Subject<'_>, levels: &Levels) -> Vec<Diagnostic> {
    let context = Context::new(subject);
    let mut findings = Findings::default();
    for lint in LINTS {
        if let (Some(severity), Check::OfSubject(check)) = (levels.severity(lint), lint.check) {
            findings.begin(lint, severity);
            check(&context, &mut findings);
        }
    }
    let found = findings.one_a_cause(&context);
    let (mut found, unused) = silence::apply(&context, found);
    let mut findings = Findings::default();
    for lint in LINTS {
        if let (Some(severity), Check::OfSilences(check)) = (levels.severity(lint), lint.check) {
            findings.begin(lint, severity);
            check(&unused, &|code| levels.runs(code), &mut findings);
        }
    }
    found.extend(findings.one_a_cause(&context));
    found.sort_by(|a, b| (a.primary.span, a.code).cmp(&(b.primary.span, b.code)));
    found.dedup();
    found
}
