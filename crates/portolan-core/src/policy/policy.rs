//! A policy whose every name is resolved and every type checked: what the interpreter runs.
//!
//! INVARIANT: nothing in here can fail at run time. An optional field is read only where the
//! condition has made sure that it is set.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Prove, Test};
use super::schema::{BodyField, RouteFact};
use super::term::Term;
use super::types::{Type, Value};
use crate::instant::Window;
use crate::source::Span;
use crate::syntax::ast::Comparison;

/// A rule's position in source order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// Rules over one catalog, resolved and typed.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Its name.
    pub name: Box<str>,
    /// Declared inputs, in order.
    pub attributes: Vec<Attribute>,
    /// Tables of constants.
    pub tables: Vec<Table>,
    /// Body fields by which a client may widen where a request goes.
    pub opt_ins: BTreeSet<BodyField>,
    /// Values of body fields where a body gives none.
    pub defaults: BTreeMap<BodyField, i64>,
    /// Taken off the front of a model id.
    pub model_prefix: Option<Box<str>>,
    /// Candidates may go through any endpoint that reaches them.
    pub through_any_endpoint: bool,
    /// Every rule, in source order; built-in points that the policy does not word come last.
    pub rules: Vec<Rule>,
    /// The order of one model's routes.
    pub prefer: Vec<PreferKey>,
    /// The most attempts of one model.
    pub plan_at_most: Option<usize>,
    /// Outcome classes that move a plan on.
    pub advance: Vec<Box<str>>,
    /// Time limits in milliseconds: connect, first byte, idle, total.
    pub timeouts: crate::answer::Timeouts,
    /// Rules of which no two may hold together; nothing is decided by it.
    pub uniques: Vec<Unique>,
    /// Claims over all requests.
    pub proves: Vec<Prove>,
    /// Examples.
    pub tests: Vec<Test>,
}

/// A declared input.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name.
    pub name: Box<str>,
    /// What it takes.
    pub of: Type,
    /// It may be absent.
    pub optional: bool,
    /// Its value where a request gives none.
    pub default: Option<Value>,
    /// Where it is declared.
    pub span: Span,
}

/// A table of constants.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: Box<str>,
    /// Columns.
    pub columns: Vec<(Box<str>, Type)>,
    /// Keys, in order.
    pub keys: Vec<Box<str>>,
    /// Cells by row, then column.
    pub rows: Vec<Vec<Value>>,
    /// Keys to rows.
    pub index: BTreeMap<Box<str>, u32>,
    /// Where it is declared.
    pub span: Span,
}

/// Rules of which no two may hold together.
#[derive(Debug, Clone)]
pub struct Unique {
    /// Its name.
    pub name: Box<str>,
    /// The rules, as listed.
    pub rules: Vec<RuleId>,
    /// Where it is declared.
    pub span: Span,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name, unique in the policy.
    pub name: Box<str>,
    /// What it does.
    pub kind: RuleKind,
    /// When it is in force.
    pub window: Window,
    /// When it holds.
    pub when: Condition,
    /// The request field at fault.
    pub blame: Option<Blame>,
    /// Its message.
    pub say: Template,
    /// What to do, line by line.
    pub help: Vec<Template>,
    /// Where its head stands.
    pub span: Span,
    /// The policy does not word it: it is a built-in point's default.
    pub built_in: bool,
}

impl Rule {
    /// Everything that its condition and words read.
    pub fn reads(&self) -> Vec<&Term> {
        let mut terms = self.when.terms();
        let words = std::iter::once(&self.say).chain(&self.help);
        for piece in words.flat_map(|template| &template.pieces) {
            if let Piece::Term(term) = piece {
                terms.extend(term.walk());
            }
        }
        terms
    }
}

/// A status and a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: Box<str>,
}

/// What a rule does.
#[derive(Debug, Clone)]
pub enum RuleKind {
    /// The model's id stands for nothing.
    UnknownModel {
        /// A fallback's unknown id refuses the whole request.
        chain: bool,
        /// What the caller gets.
        verdict: Verdict,
    },
    /// The model has no offering here at this instant.
    NotOffered(Verdict),
    /// The candidate goes through another endpoint than the one called.
    OtherEndpoint(Verdict),
    /// A fallback stands beyond the depth.
    BeyondDepth(Verdict),
    /// Judges an effective request.
    Refuse {
        /// Judges the chain, once.
        chain: bool,
        /// What the caller gets.
        verdict: Verdict,
    },
    /// Judges a candidate.
    Exclude(Verdict),
    /// Guarantees something of every attempt.
    Lock {
        /// The facts.
        facts: Vec<LockFact>,
        /// What each must be within.
        bound: Term,
        /// What the caller gets.
        verdict: Verdict,
    },
    /// Puts a legal route aside for now.
    Skip(Verdict),
    /// Changes a body field.
    Set {
        /// The field.
        field: SetField,
        /// Its new value.
        value: Value,
        /// The warning's code, where the change is noted.
        noting: Option<Box<str>>,
    },
    /// Tells the caller something.
    Warn {
        /// The code.
        code: Box<str>,
    },
    /// A rate limit for the caller to keep.
    Limit {
        /// Requests.
        requests: i64,
        /// In so many seconds.
        window_s: i64,
        /// Counted by.
        key: Term,
    },
    /// A retry for the caller to make.
    Retry {
        /// On these outcome classes.
        on: Vec<Box<str>>,
        /// So often.
        times: i64,
        /// After so many milliseconds.
        after_ms: i64,
        /// Only where no fallback made it into the plan.
        without_fallbacks: bool,
    },
}

impl RuleKind {
    /// The word that opens such a rule.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::UnknownModel { .. }
            | Self::NotOffered(_)
            | Self::OtherEndpoint(_)
            | Self::BeyondDepth(_) => "on",
            Self::Refuse { .. } => "refuse",
            Self::Exclude(_) => "exclude",
            Self::Lock { .. } => "lock",
            Self::Skip(_) => "skip",
            Self::Set { .. } => "set",
            Self::Warn { .. } => "warn",
            Self::Limit { .. } => "limit",
            Self::Retry { .. } => "retry",
        }
    }

    /// The status and code, where the rule has them.
    pub const fn verdict(&self) -> Option<&Verdict> {
        match self {
            Self::UnknownModel { verdict, .. }
            | Self::NotOffered(verdict)
            | Self::OtherEndpoint(verdict)
            | Self::BeyondDepth(verdict)
            | Self::Refuse { verdict, .. }
            | Self::Exclude(verdict)
            | Self::Lock { verdict, .. }
            | Self::Skip(verdict) => Some(verdict),
            Self::Set { .. } | Self::Warn { .. } | Self::Limit { .. } | Self::Retry { .. } => None,
        }
    }

    /// The code that a rule shows: its verdict's, its warning's, or the word that opens it.
    pub fn code(&self) -> &str {
        if let Self::Warn { code }
        | Self::Set {
            noting: Some(code), ..
        } = self
        {
            return code;
        }
        self.verdict().map_or(self.word(), |v| &v.code)
    }
}

/// A fact that a lock judges. None of them is ever optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockFact {
    /// Where the request is processed.
    Processing,
    /// Where data is stored.
    Storage,
    /// Where the request enters.
    Ingress,
    /// How long data is kept.
    Retention,
}

impl LockFact {
    /// The route fact it is.
    pub const fn fact(self) -> RouteFact {
        match self {
            Self::Processing => RouteFact::Processing,
            Self::Storage => RouteFact::Storage,
            Self::Ingress => RouteFact::Ingress,
            Self::Retention => RouteFact::Retention,
        }
    }
}

/// A body field that a policy sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetField {
    /// One that the schema knows.
    Known(BodyField),
    /// Any other, by its key.
    Other(Box<str>),
}

/// The request field at fault.
#[derive(Debug, Clone)]
pub enum Blame {
    /// A field, as the path that the wire knows it by.
    Field(BlameField),
    /// The members of a set, each a field of its own.
    Members(Term),
}

/// A field to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlameField {
    /// The endpoint.
    Endpoint,
    /// The authorization header.
    Auth,
    /// A body field.
    Body(BodyField),
    /// An attribute.
    Attribute(u32),
}

/// One key of the order of a model's routes.
#[derive(Debug, Clone)]
pub struct PreferKey {
    /// Smaller first.
    pub lowest: bool,
    /// The fact.
    pub term: Term,
}

/// A boolean expression over terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// True, or false.
    Constant(bool),
    /// All of them hold.
    And(Vec<Condition>),
    /// One of them holds.
    Or(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// The term has a value.
    IsSet(Term),
    /// The boolean term is true.
    Holds(Term),
    /// A comparison.
    Compare(Term, Comparison, Term),
    /// The text matches.
    Matches(Term, Glob),
}

/// A pattern with `*` for any text, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glob(pub Box<str>);

impl Glob {
    /// Says whether a text matches, in time linear in the text for each star.
    pub fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(first) = parts.next() else {
            return text.is_empty();
        };
        let Some(mut rest) = text.strip_prefix(first) else {
            return false;
        };
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            match rest.split_once(part) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        true
    }
}

/// A message with slots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// Its pieces, in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(Box<str>),
    /// A term's value.
    Term(Term),
    /// Advice that the engine fills.
    Slot(Slot),
}

/// Advice, filled with what is legal for the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// The nearest successor that would route.
    Successor,
    /// The best-scored models that would route.
    Alternatives,
    /// The regions in which the model is sold now.
    SoldIn,
    /// Near spellings of the model id that would route.
    Near,
}

impl Slot {
    /// Every slot with its name in templates.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("successor", Self::Successor),
        ("alternatives", Self::Alternatives),
        ("sold-in", Self::SoldIn),
        ("near", Self::Near),
    ];
}

impl Policy {
    /// A rule by id.
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.0 as usize)
    }

    /// Every rule with its id, in source order.
    pub fn rules(&self) -> impl Iterator<Item = (RuleId, &Rule)> {
        (0u32..).map(RuleId).zip(&self.rules)
    }

    /// The names of the declared attributes.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|a| &*a.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_is_stars_and_text() {
        let glob = |pattern: &str, text: &str| Glob(pattern.into()).matches(text);
        assert!(glob("claude-*", "claude-3"));
        assert!(!glob("claude-*", "xclaude-3"));
        assert!(glob("*", ""));
        assert!(glob("a*b*c", "a-b-b-c"));
        assert!(!glob("a*b*c", "a-c"));
        assert!(glob("gpt-5", "gpt-5"));
        assert!(!glob("gpt-5", "gpt-5.1"));
    }
}
