//! Templates filled in, and the request field that a rule blames.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the resolver has checked the types: a value of another type cannot stand here"
)]

use crate::policy::{
    Blame, BlameField, BodyField, LockFact, Piece, RouteFact, Rule, RuleKind, Template, Term, Value,
};
use crate::reference::Facts;
use crate::text;

use super::advice;

/// A rule's message.
pub(super) fn message(facts: &Facts<'_>, rule: &Rule) -> String {
    if let (
        RuleKind::Lock {
            facts: judged,
            bound,
            ..
        },
        true,
    ) = (&rule.kind, rule.say.pieces.is_empty())
    {
        return broken(facts, judged, bound);
    }
    if let (RuleKind::UnknownModel { .. }, None) = (&rule.kind, &facts.effective.model_text) {
        return "the request names no model".to_owned();
    }
    let mut out = String::new();
    for piece in &rule.say.pieces {
        out.push_str(&match piece {
            Piece::Text(text) => text.to_string(),
            Piece::Term(term) => shown(facts, term),
            Piece::Slot(_) => String::new(),
        });
    }
    out
}

/// What a broken lock says where the policy words nothing: the first fact outside its bound.
fn broken(facts: &Facts<'_>, judged: &[LockFact], bound: &Term) -> String {
    let Some(limit) = facts.value(bound) else {
        return "this lock has no bound here".to_owned();
    };
    for fact in judged {
        let term = Term::Route(fact.fact());
        let value = facts.value(&term).unwrap_or(Value::UnknownPlace);
        if !facts.within(&value, &limit) {
            let name = match fact {
                LockFact::Processing => "processing",
                LockFact::Storage => "storage",
                LockFact::Ingress => "ingress",
                LockFact::Retention => "retention",
            };
            return format!(
                "{name} is `{}`, not within `{}`",
                facts.text(&value),
                facts.text(&limit)
            );
        }
    }
    "not within its bound".to_owned()
}

/// A help line, or nothing where one of its slots is empty.
pub(super) fn help(
    facts: &Facts<'_>,
    case: crate::reference::Case<'_>,
    template: &Template,
) -> Option<String> {
    let mut out = String::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Term(term) => out.push_str(&shown(facts, term)),
            Piece::Slot(slot) => out.push_str(&advice::advice(case, facts, *slot)?),
        }
    }
    Some(out)
}

/// A term's value for people. A model id is shown as the caller wrote it.
fn shown(facts: &Facts<'_>, term: &Term) -> String {
    if *term == Term::Body(BodyField::Model) {
        return text::echo(facts.effective.model_text.as_deref().unwrap_or(""));
    }
    let Some(value) = facts.value(term) else {
        return String::new();
    };
    match (term, &value) {
        (
            Term::Route(
                RouteFact::PriceInput
                | RouteFact::PriceOutput
                | RouteFact::PriceCacheRead
                | RouteFact::PriceCacheWrite,
            ),
            Value::Decimal(amount),
        ) => format!("${}", amount.money()),
        _ => facts.text(&value),
    }
}

/// The path of the field that a rule blames.
pub(super) fn field(facts: &Facts<'_>, rule: &Rule) -> Option<String> {
    let body = &facts.effective.body;
    let path = match rule.blame.as_ref()? {
        Blame::Field(BlameField::Endpoint) => "endpoint".to_owned(),
        Blame::Field(BlameField::Auth) => "authorization".to_owned(),
        Blame::Field(BlameField::Attribute(index)) => facts
            .policy
            .attributes
            .get(*index as usize)?
            .name
            .to_string(),
        Blame::Field(BlameField::Body(
            BodyField::Fault | BodyField::FaultPath | BodyField::FaultDetail,
        )) => body.faults.first()?.path.clone(),
        Blame::Field(BlameField::Body(field @ BodyField::FallbackFault)) => {
            match &facts.request.chain_fault() {
                Some(fault) => fault.path.clone(),
                None => field.wire().to_owned(),
            }
        }
        Blame::Field(BlameField::Body(field)) => match body.paths.get(field.name()) {
            Some(path) => path.clone(),
            None => field.wire().to_owned(),
        },
        Blame::Members(term) => match facts.value(term)? {
            Value::Set(members) => members
                .iter()
                .map(|m| facts.text(m))
                .collect::<Vec<_>>()
                .join(", "),
            _ => return None,
        },
    };
    (!path.is_empty()).then_some(path)
}
