//! What is wrong with a document, as plain data: code, place, message, help, fix.
//!
//! Wording lives in the `diags.rs` of each area; rendering lives in the command line.

use crate::limits;
use crate::source::Span;

/// How much a diagnostic matters; the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing fails for it.
    Info,
    /// The document can be used, and probably does not mean what it says.
    Warning,
    /// The document cannot be used.
    Error,
}

impl Severity {
    /// Its word, as people and programs read it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A stable kebab-case name of the fault, such as `unknown-field`.
pub type Code = &'static str;

/// A place and what to say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The text meant.
    pub span: Span,
    /// A few words under the caret; may be empty for a primary label.
    pub message: String,
}

/// Whether a fix can be applied without being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// Every request is decided as before, and nothing that was written is lost.
    Safe,
    /// It is a guess, or changes what is decided: read it first.
    Unsafe,
}

/// One replacement of a fix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The text to replace; empty to insert.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// Replacements that together remove a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whether it must be read first.
    pub safety: Safety,
    /// At least one, of disjoint spans.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A fix by one replacement that can be applied unread.
    pub fn safe(span: Span, replacement: impl Into<String>) -> Self {
        Self::one(Safety::Safe, span, replacement)
    }

    /// A fix by one replacement that must be read first.
    pub fn risky(span: Span, replacement: impl Into<String>) -> Self {
        Self::one(Safety::Unsafe, span, replacement)
    }

    fn one(safety: Safety, span: Span, replacement: impl Into<String>) -> Self {
        let replacement = replacement.into();
        Self {
            safety,
            edits: vec![Edit { span, replacement }],
        }
    }

    /// One more replacement.
    #[must_use]
    pub fn and(mut self, span: Span, replacement: impl Into<String>) -> Self {
        let replacement = replacement.into();
        self.edits.push(Edit { span, replacement });
        self
    }
}

/// One finding about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Names the fault.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is: lower case, one line, no full stop, user input in backticks.
    pub message: String,
    /// The text at fault.
    pub primary: Label,
    /// Other places that belong to it, such as the first of two duplicates.
    pub related: Vec<Label>,
    /// The next action, in the imperative.
    pub help: Vec<String>,
    /// What removes it, where a machine can say.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            primary: Label {
                span,
                message: String::new(),
            },
            related: Vec::new(),
            help: Vec::new(),
            fix: None,
        }
    }

    /// A warning at a place.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, span, message)
        }
    }

    /// Words under the primary caret.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }

    /// Another place that belongs to the finding.
    #[must_use]
    pub fn related(mut self, span: Span, message: impl Into<String>) -> Self {
        let message = message.into();
        self.related.push(Label { span, message });
        self
    }

    /// What to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// What removes it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Replaces the primary span by the near spelling, and says so.
    #[must_use]
    pub fn near(self, near: Option<&str>) -> Self {
        match near {
            None => self,
            Some(near) => {
                let span = self.primary.span;
                let mut with = self.help(format!("did you mean `{near}`?"));
                with.fix = Some(Fix::risky(span, near));
                with
            }
        }
    }
}

/// Collects findings up to `limits::DIAGNOSTICS`, then counts.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    errors: usize,
    left_out: usize,
}

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if diagnostic.severity == Severity::Error {
            self.errors += 1;
        }
        if self.found.len() < limits::DIAGNOSTICS {
            self.found.push(diagnostic);
        } else {
            self.left_out += 1;
        }
    }

    /// Adds all findings of another collection.
    pub fn extend(&mut self, other: Self) {
        self.left_out += other.left_out;
        for diagnostic in other.found {
            self.push(diagnostic);
        }
    }

    /// How many errors were found.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Says whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Says whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many findings were not kept.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The findings, by place, then code; one that was found twice, as through a YAML alias, once.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found
            .sort_by(|a, b| (a.primary.span, a.code).cmp(&(b.primary.span, b.code)));
        self.found.dedup();
        self.found
    }
}
