//! What a lint is: a code, how much it matters, a page, and a check.

use portolan_core::diagnostic::{Code, Diagnostic, Severity};
use portolan_core::source::Span;

use crate::context::Context;
use crate::findings::Findings;
use crate::silence::Silence;

/// What a lint is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// What rules say.
    Rules,
    /// What a catalog says.
    Catalog,
    /// What is proved of rules.
    Verify,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 3] = [Self::Rules, Self::Catalog, Self::Verify];

    /// Its name, by which all of its lints can be named together.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Catalog => "catalog",
            Self::Verify => "verify",
        }
    }
}

/// How much a lint's findings matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The lint does not run.
    Off,
    /// Worth knowing; nothing fails for it.
    Info,
    /// Fails a check that denies warnings.
    Warn,
    /// Fails every check.
    Error,
}

impl Level {
    /// Every level with its name.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("off", Self::Off),
        ("info", Self::Info),
        ("warn", Self::Warn),
        ("error", Self::Error),
    ];

    /// The level of this name.
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, level)| *level)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(_, level)| *level == self);
        found.map_or("", |(name, _)| name)
    }

    /// The severity of findings at this level; none where the lint does not run.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warn => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// The page of a code, in Markdown: what `explain` prints and `docs/codes` holds.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// What it finds.
    pub what: &'static str,
    /// Why that is a fault.
    pub why: &'static str,
    /// A document in which it fires.
    pub example: &'static str,
    /// How to mend it, and whether a machine's fix is safe.
    pub fix: &'static str,
}

/// Looks at silences that silenced nothing; may ask of a code whether its lint runs.
pub type SilenceCheck = fn(&[Silence], &dyn Fn(&str) -> bool, &mut Findings);

/// How a lint looks at a policy.
#[derive(Clone, Copy)]
pub enum Check {
    /// At what is written and what it means.
    OfSubject(fn(&Context<'_>, &mut Findings)),
    /// At the silences that silenced nothing.
    OfSilences(SilenceCheck),
}

/// One lint.
#[derive(Clone, Copy)]
pub struct Lint {
    /// Names the fault: also its file, its folder of fixtures and its page.
    pub code: Code,
    /// What it is about.
    pub group: Group,
    /// How much it matters where nobody says.
    pub level: Level,
    /// What it finds, in a line.
    pub summary: &'static str,
    /// Its page.
    pub page: Page,
    /// Codes of lints that name the same fault better: where one of them has a finding in the
    /// same item of a policy, or on the same line of a catalog, this one says nothing.
    pub yields_to: &'static [Code],
    /// How it looks.
    pub check: Check,
}

impl Lint {
    /// A finding of this lint; its severity is set by the level at which the lint runs.
    pub fn finding(&self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(self.code, span, message)
    }

    /// The lint's page, in Markdown.
    pub fn markdown(&self) -> String {
        let Page {
            what,
            why,
            example,
            fix,
        } = self.page;
        format!(
            "# {code}\n\n{summary}. Group `{group}`, level `{level}`.\n\n\
             ## What it does\n\n{what}\n\n## Why\n\n{why}\n\n## Example\n\n{example}\n\n\
             ## How to fix\n\n{fix}\n",
            code = self.code,
            summary = capitalized(self.summary),
            group = self.group.name(),
            level = self.level.name(),
            what = what.trim(),
            why = why.trim(),
            example = example.trim(),
            fix = fix.trim(),
        )
    }
}

fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}
