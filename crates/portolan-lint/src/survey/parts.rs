//! The conditions of rules in parts: the whole, and what its outermost `and` or `or` joins, each
//! with its place and what it means.

use portolan_core::policy::{Condition, RuleId, RuleKind, Term};
use portolan_core::source::Span;
use portolan_core::syntax::ast::{self, ConditionKind};

use crate::context::Context;

/// One part of a condition.
#[derive(Debug, Clone)]
pub struct Part {
    /// Whose condition it is of.
    pub rule: RuleId,
    /// Its text.
    pub span: Span,
    /// Its role.
    pub role: Role,
    /// What it asks about.
    pub asks: Asks,
    /// Some request fulfils it.
    pub ever: bool,
    /// Every request fulfils it.
    pub always: bool,
    /// Without it, some request would be told from others differently.
    pub needed: bool,
}

/// What a condition asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// The request alone.
    TheRequest,
    /// The request alone, and some of it asks whether a field is set, which other parts may need
    /// to be asked.
    Presence,
    /// A fact of a catalog or a table, too.
    TheCatalog,
}

/// What a part is to its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The whole condition.
    Whole,
    /// One of those that must all be true.
    Conjunct,
    /// One of those of which one must be true.
    Disjunct,
}

/// The parts of all rules, and by part its condition.
pub(super) fn parts<'a>(context: &Context<'a>) -> (Vec<Part>, Vec<&'a Condition>) {
    let mut parts = Vec::new();
    let mut conditions = Vec::new();
    for rule in context.rules() {
        // What a skip asks is about now, and no request says it.
        if matches!(rule.typed.kind, RuleKind::Skip(_)) {
            continue;
        }
        let Some(written) = rule.when() else { continue };
        let mut push = |span, role, typed: &'a Condition| {
            parts.push(Part {
                rule: rule.id,
                span: context.trimmed(span),
                role,
                asks: asks(typed),
                ever: false,
                always: true,
                needed: role == Role::Whole,
            });
            conditions.push(typed);
        };
        push(written.span, Role::Whole, &rule.typed.when);
        let (role, written, typed) = match (&written.kind, &rule.typed.when) {
            (ConditionKind::And(written), Condition::And(typed)) => {
                (Role::Conjunct, written, typed)
            }
            (ConditionKind::Or(written), Condition::Or(typed)) => (Role::Disjunct, written, typed),
            _ => continue,
        };
        if written.len() == typed.len() {
            let spans = written.iter().map(|part: &ast::Condition| part.span);
            for (span, typed) in spans.zip(typed) {
                push(span, role, typed);
            }
        }
    }
    (parts, conditions)
}

fn asks(condition: &Condition) -> Asks {
    match (of_the_request(condition), guards(condition)) {
        (false, _) => Asks::TheCatalog,
        (true, true) => Asks::Presence,
        (true, false) => Asks::TheRequest,
    }
}

/// Says whether a condition asks of nothing but the request and constants.
fn of_the_request(condition: &Condition) -> bool {
    let terms = condition.terms();
    terms.iter().flat_map(|term| term.walk()).all(|term| {
        !matches!(
            term,
            Term::OfModel(..)
                | Term::OfEndpoint(..)
                | Term::Column(..)
                | Term::Route(_)
                | Term::State(..)
        )
    })
}

fn guards(condition: &Condition) -> bool {
    match condition {
        Condition::IsSet(_) => true,
        Condition::Not(inner) => guards(inner),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().any(guards),
        Condition::Constant(_)
        | Condition::Holds(_)
        | Condition::Compare(..)
        | Condition::Matches(..) => false,
    }
}
