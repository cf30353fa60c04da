//! The rules language as written: every name still a name, everything with its place.

use crate::decimal::Decimal;
use crate::instant::Instant;
use crate::source::{Span, Spanned};

/// A name, a string, or one segment of a path.
pub type Name = Spanned<String>;

/// One item of a policy file.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// All of its text.
    pub span: Span,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// `edition 1`
    Edition(Spanned<i64>),
    /// `policy NAME`
    Policy(Name),
    /// `overlay NAME of "PATH"`
    Overlay(Name, Name),
    /// `use catalog "PATH"`
    UseCatalog(Name),
    /// `include "PATH"`
    Include(Name),
    /// `attribute NAME: TYPE = VALUE`
    Attribute(Attribute),
    /// `opt-in request.FIELD`
    OptIn(Path),
    /// `default request.FIELD = VALUE`
    Default(Path, Operand),
    /// `define NAME(PARAMETERS) = CONDITION`
    Define(Define),
    /// `table NAME (COLUMNS) row …`
    Table(Table),
    /// `model prefix "TEXT"`
    ModelPrefix(Name),
    /// `through any endpoint`
    ThroughAnyEndpoint,
    /// A rule.
    Rule(Rule),
    /// `amend NAME …`
    Amend(Amend),
    /// `prefer lowest route.price.output, …`
    Prefer(Vec<PreferKey>),
    /// `plan at most N per model`
    PlanAtMost(Spanned<i64>),
    /// `advance on CLASS, …`
    Advance(Vec<Name>),
    /// `timeout connect 5s, …`
    Timeout(Vec<(Name, Spanned<i64>)>),
    /// `unique NAME { RULE, … }`
    Unique(Unique),
    /// `prove NAME …`
    Prove(Box<Prove>),
    /// `test "NAME" …`
    Test(Test),
}

/// A declared input.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: Name,
    /// It may be absent.
    pub optional: bool,
    /// What it takes.
    pub of: InputType,
    /// Its value where a request gives none.
    pub default: Option<Operand>,
}

/// What an attribute takes.
#[derive(Debug, Clone, PartialEq)]
pub enum InputType {
    /// `one of { a, b }`
    OneOf(Vec<Name>),
    /// `key of TABLE`
    KeyOf(Name),
    /// A type by name.
    Named(Name),
}

/// A named condition or value.
#[derive(Debug, Clone, PartialEq)]
pub struct Define {
    /// Its name.
    pub name: Name,
    /// Parameters and their types.
    pub parameters: Vec<(Name, Name)>,
    /// What it stands for.
    pub body: Condition,
}

/// A table of constants.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// The file that holds its rows, where they are not written here.
    pub from: Option<Name>,
    /// Columns and their types.
    pub columns: Vec<(Name, Name)>,
    /// Keys and cells.
    pub rows: Vec<(Name, Vec<Operand>)>,
}

/// Rules of which no two may hold together.
#[derive(Debug, Clone, PartialEq)]
pub struct Unique {
    /// Its name.
    pub name: Name,
    /// The names of the rules; at least two.
    pub rules: Vec<Name>,
}

/// A rule: a head and clauses.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it does.
    pub head: Head,
    /// The head's text.
    pub head_span: Span,
    /// Its clauses, as written.
    pub clauses: Vec<Clause>,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq)]
pub enum Head {
    /// `on POINT [chain] refuse|exclude STATUS CODE`
    On {
        /// The built-in point.
        point: Name,
        /// It judges fallbacks for the whole request.
        chain: bool,
        /// It was written with `exclude`.
        exclude: bool,
        /// The status.
        status: Spanned<u16>,
        /// The code.
        code: Name,
    },
    /// `refuse [chain] STATUS CODE`
    Refuse {
        /// It judges the chain.
        chain: bool,
        /// The status.
        status: Spanned<u16>,
        /// The code.
        code: Name,
    },
    /// `exclude STATUS CODE`
    Exclude {
        /// The status.
        status: Spanned<u16>,
        /// The code.
        code: Name,
    },
    /// `skip STATUS CODE`
    Skip {
        /// The status.
        status: Spanned<u16>,
        /// The code.
        code: Name,
    },
    /// `lock FACTS within BOUND`
    Lock {
        /// The facts.
        facts: Vec<Name>,
        /// What they must be within.
        bound: Operand,
    },
    /// `set FIELD = VALUE`
    Set {
        /// The body field.
        field: Path,
        /// Its new value.
        value: Operand,
    },
    /// `warn CODE "TEXT"`
    Warn {
        /// The code.
        code: Name,
        /// The message.
        say: Name,
    },
    /// `limit N requests per DURATION for each KEY`
    Limit {
        /// How many.
        requests: Spanned<i64>,
        /// In so many milliseconds.
        window_ms: Spanned<i64>,
        /// Counted by.
        key: Path,
    },
    /// `retry on CLASSES TIMES after DURATION`
    Retry {
        /// Outcome classes.
        on: Vec<Name>,
        /// How often.
        times: Spanned<i64>,
        /// After so many milliseconds.
        after_ms: i64,
    },
}

/// One clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What it says.
    pub kind: ClauseKind,
    /// Its text.
    pub span: Span,
}

/// What a clause says.
#[derive(Debug, Clone, PartialEq)]
pub enum ClauseKind {
    /// `when CONDITION`
    When(Condition),
    /// `blame FIELD`
    Blame(Operand),
    /// `say "TEXT"`
    Say(Name),
    /// `help "TEXT"`
    Help(Name),
    /// `noting CODE "TEXT"`
    Noting(Name, Name),
    /// `as NAME`
    As(Name),
    /// `from INSTANT`
    From(Instant),
    /// `until INSTANT`
    Until(Instant),
    /// `else STATUS CODE`
    Else(Spanned<u16>, Name),
    /// `without fallbacks`
    WithoutFallbacks,
    /// `overridable`
    Overridable,
}

/// A change to a rule of the policy below an overlay.
#[derive(Debug, Clone, PartialEq)]
pub struct Amend {
    /// The rule's name.
    pub rule: Name,
    /// Its new status and code.
    pub to: Option<(Spanned<u16>, Name)>,
    /// Clauses that replace those of the same kind.
    pub clauses: Vec<Clause>,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct PreferKey {
    /// Smaller first.
    pub lowest: bool,
    /// The fact.
    pub path: Path,
}

/// A claim over all requests.
#[derive(Debug, Clone, PartialEq)]
pub struct Prove {
    /// Its name.
    pub name: Name,
    /// Which requests.
    pub filter: Option<Condition>,
    /// Which instants; from, until.
    pub between: Option<(Instant, Spanned<Instant>)>,
    /// What holds for them.
    pub goal: Goal,
}

/// What a `prove` asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    /// `if PREMISE and PREMISE then CLAIM`, or a claim alone
    Claim {
        /// What is given.
        premises: Vec<Claim>,
        /// What follows.
        claim: Claim,
    },
    /// `some model routes where CONDITION`
    SomeModelRoutes(Option<Condition>),
    /// `same decision as "PATH"`
    SameDecisionAs(Name),
}

/// What one decision is said to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// `every CONDITION`: every attempt fulfils it
    Every(Condition),
    /// `price at most $20.00`
    PriceAtMost(Decimal),
    /// `always routes`, or as a premise `routes`
    Routes,
    /// `never routes`, `always refused`, or as a premise `refused`
    Refused,
    /// The same `with CODE`
    RefusedWith(Name),
}

/// An example with its expected outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Its name.
    pub name: Name,
    /// The request's fields.
    pub request: Vec<(Name, Operand)>,
    /// The instant.
    pub at: Option<Instant>,
    /// What must come out.
    pub expect: Vec<Expect>,
}

/// One expectation.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// What is expected.
    pub kind: ExpectKind,
    /// Its text.
    pub span: Span,
}

/// What is expected.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpectKind {
    /// A refusal with a status and a code.
    Refuse(u16, Name),
    /// A route, with facts of its first attempt.
    Route(Vec<(Name, Operand)>),
    /// A warning.
    Warn(Name),
    /// A dropped fallback.
    Drop(Name),
}

/// A boolean expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What it says.
    pub kind: ConditionKind,
    /// Its text.
    pub span: Span,
}

/// What a condition says.
#[derive(Debug, Clone, PartialEq)]
pub enum ConditionKind {
    /// One of them holds.
    Or(Vec<Condition>),
    /// All of them hold.
    And(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A lone operand: a boolean, or the value of a `define`.
    Operand(Operand),
    /// `OPERAND is set`, or `is not set`.
    IsSet(Operand, bool),
    /// A comparison.
    Compare(Operand, Comparison, Operand),
    /// `OPERAND matches "GLOB"`
    Matches(Operand, Name),
}

/// A comparison's operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `in`
    In,
    /// `within`
    Within,
    /// `overlaps`
    Overlaps,
    /// `subset of`
    SubsetOf,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub struct Operand {
    /// What it is.
    pub kind: OperandKind,
    /// Its text.
    pub span: Span,
}

/// A dotted name.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Its segments; at least one.
    pub segments: Vec<Name>,
    /// Its text.
    pub span: Span,
}

/// What an operand is.
#[derive(Debug, Clone, PartialEq)]
pub enum OperandKind {
    /// `request.model`, or a bare name.
    Path(Path),
    /// `NAME(ARGUMENTS)`
    Call(Name, Vec<Operand>),
    /// `"text"`
    Text(String),
    /// `200k`: a whole number.
    Integer(i64),
    /// `0.5`
    Decimal(Decimal),
    /// `$3.00`
    Money(Decimal),
    /// `2026-04-20`
    Instant(Instant),
    /// `60s`, in milliseconds.
    Duration(i64),
    /// `{ a, b }`
    Set(Vec<Operand>),
    /// A cell of a table's file: text that its column's type reads.
    Cell(String),
    /// A date moved by milliseconds.
    Offset(Box<Operand>, i64),
    /// What one set has and another has not; in messages and `blame` only.
    Without(Box<Operand>, Box<Operand>),
}
