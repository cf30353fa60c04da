//! Conditions and operands: grammar to tree.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enum has a variant for every token; each place knows the few that can come"
)]

use pest::iterators::Pair;

use super::ast::{Comparison, Condition, ConditionKind, Operand, OperandKind};
use super::literal;
use super::parser::{Builder, Rule, meaningful};
use crate::decimal::Decimal;

pub(super) fn condition(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Condition> {
    let span = builder.span(&pair);
    let mut terms = Vec::new();
    for part in pair
        .into_inner()
        .filter(|p| p.as_rule() == Rule::conjunction)
    {
        terms.push(conjunction(builder, part)?);
    }
    single_or(terms, |terms| Condition {
        kind: ConditionKind::Or(terms),
        span,
    })
}

fn conjunction(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Condition> {
    let span = builder.span(&pair);
    let mut terms = Vec::new();
    for part in pair.into_inner().filter(|p| p.as_rule() == Rule::negation) {
        terms.push(negation(builder, part)?);
    }
    single_or(terms, |terms| Condition {
        kind: ConditionKind::And(terms),
        span,
    })
}

fn single_or(
    mut terms: Vec<Condition>,
    many: impl FnOnce(Vec<Condition>) -> Condition,
) -> Option<Condition> {
    if terms.len() == 1 {
        terms.pop()
    } else {
        Some(many(terms))
    }
}

pub(super) fn negation(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Condition> {
    let span = builder.span(&pair);
    let mut negative = false;
    let mut inner = None;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::kw_not => negative = !negative,
            Rule::group => {
                let group = part.into_inner().find(|p| p.as_rule() == Rule::condition)?;
                inner = Some(condition(builder, group)?);
            }
            _ => inner = Some(predicate(builder, part)?),
        }
    }
    let inner = inner?;
    Some(if negative {
        Condition {
            kind: ConditionKind::Not(Box::new(inner)),
            span,
        }
    } else {
        inner
    })
}

fn predicate(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Condition> {
    let span = builder.span(&pair);
    let mut parts = pair.into_inner();
    let left = operand(builder, parts.next()?)?;
    let Some(tail) = parts.next() else {
        return Some(Condition {
            kind: ConditionKind::Operand(left),
            span,
        });
    };
    let mut parts = tail.into_inner();
    let operator = parts.next()?;
    let comparison = match operator.as_rule() {
        Rule::is_set => {
            return Some(Condition {
                kind: ConditionKind::IsSet(left, true),
                span,
            });
        }
        Rule::is_not_set => {
            return Some(Condition {
                kind: ConditionKind::IsSet(left, false),
                span,
            });
        }
        Rule::kw_matches => {
            let glob = builder.string(parts.next()?);
            return Some(Condition {
                kind: ConditionKind::Matches(left, glob),
                span,
            });
        }
        Rule::kw_in => Comparison::In,
        Rule::kw_within => Comparison::Within,
        Rule::kw_overlaps => Comparison::Overlaps,
        Rule::subset_of => Comparison::SubsetOf,
        _ => match operator.as_str().trim() {
            "==" => Comparison::Equal,
            "!=" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            ">" => Comparison::Greater,
            _ => Comparison::AtLeast,
        },
    };
    let right = operand(builder, parts.next()?)?;
    Some(Condition {
        kind: ConditionKind::Compare(left, comparison, right),
        span,
    })
}

pub(super) fn operand(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Operand> {
    let span = builder.span(&pair);
    let mut parts = pair
        .into_inner()
        .filter(|p| matches!(p.as_rule(), Rule::atom | Rule::offset));
    let first = atom(builder, parts.next()?)?;
    let Some(second) = parts.next() else {
        return Some(first);
    };
    let kind = if second.as_rule() == Rule::offset {
        let negative = second.as_str().starts_with('-');
        let duration = second
            .into_inner()
            .find(|p| p.as_rule() == Rule::duration)?;
        let amount = builder.duration(&duration).value;
        OperandKind::Offset(Box::new(first), if negative { -amount } else { amount })
    } else {
        OperandKind::Without(Box::new(first), Box::new(atom(builder, second)?))
    };
    Some(Operand { kind, span })
}

fn atom(builder: &mut Builder<'_>, pair: Pair<'_, Rule>) -> Option<Operand> {
    let span = builder.span(&pair);
    let inner = pair.into_inner().next()?;
    let text = inner.as_str().trim_end();
    let kind = match inner.as_rule() {
        Rule::string => OperandKind::Text(builder.string(inner).value),
        Rule::money => OperandKind::Money(money(builder, &inner)?),
        Rule::instant => OperandKind::Instant(builder.instant(&inner)?),
        Rule::duration => OperandKind::Duration(builder.duration(&inner).value),
        Rule::number => {
            if text.contains('.') && !text.ends_with(['k', 'M']) {
                OperandKind::Decimal(literal::decimal(builder, &inner, text)?)
            } else {
                OperandKind::Integer(builder.integer(&inner).value)
            }
        }
        Rule::set_of => {
            let mut items = Vec::new();
            for item in inner.into_inner().filter(|p| p.as_rule() == Rule::atom) {
                items.push(atom(builder, item)?);
            }
            OperandKind::Set(items)
        }
        Rule::call => {
            let mut parts = meaningful(inner);
            let name = builder.name(&parts.next()?);
            let mut arguments = Vec::new();
            for part in parts {
                arguments.push(operand(builder, part)?);
            }
            OperandKind::Call(name, arguments)
        }
        _ => OperandKind::Path(builder.path(&inner)),
    };
    Some(Operand { kind, span })
}

/// An amount of money.
pub(super) fn money(builder: &mut Builder<'_>, pair: &Pair<'_, Rule>) -> Option<Decimal> {
    let amount = pair.as_str().trim_end().trim_start_matches('$');
    literal::decimal(builder, pair, amount)
}
