//! Conditions: types of both sides, what is sure to be set, defines expanded.

use std::collections::BTreeSet;

use super::absence::Absence;
use super::diags;
use super::operands::Resolved;
use super::policy::{Condition, Glob};
use super::scope::{Env, Resolver};
use super::term::Term;
use super::types::{Type, Value};
use crate::limits;
use crate::source::Span;
use crate::syntax::ast::{self, Comparison, ConditionKind, Operand, OperandKind};

/// A condition, and which optional terms are sure to be set when it holds and when it does not.
pub(super) struct Narrowed {
    pub(super) condition: Condition,
    pub(super) when_true: BTreeSet<Term>,
    pub(super) when_false: BTreeSet<Term>,
}

impl Narrowed {
    pub(super) fn plain(condition: Condition) -> Self {
        Self {
            condition,
            when_true: BTreeSet::new(),
            when_false: BTreeSet::new(),
        }
    }
}

impl Resolver<'_> {
    /// Resolves a whole condition.
    pub(super) fn condition(&mut self, condition: &ast::Condition, env: &Env) -> Option<Narrowed> {
        self.part(condition, env, 0)
    }

    fn part(&mut self, condition: &ast::Condition, env: &Env, depth: usize) -> Option<Narrowed> {
        self.spend(env, condition.span, depth)?;
        let span = condition.span;
        match &condition.kind {
            ConditionKind::And(terms) => self.series(terms, true, env, depth),
            ConditionKind::Or(terms) => self.series(terms, false, env, depth),
            ConditionKind::Not(inner) => {
                let env = Env {
                    absence: env.absence.negated(),
                    ..env.clone()
                };
                let inner = self.part(inner, &env, depth + 1)?;
                Some(Narrowed {
                    condition: Condition::Not(Box::new(inner.condition)),
                    when_true: inner.when_false,
                    when_false: inner.when_true,
                })
            }
            ConditionKind::IsSet(operand, set) => self.is_set(operand, *set, span, env),
            ConditionKind::Operand(operand) => self.boolean(operand, env, depth),
            ConditionKind::Matches(operand, glob) => {
                let (term, of) = self.typed(operand, None, env)?;
                self.check_read(&term, env, operand.span);
                let request = term.is_request_field();
                let stars = glob.value.matches('*').count();
                if !matches!(of, Type::Text | Type::Model) {
                    self.report(diags::wrong_operator(span, "matches", &of));
                    return None;
                }
                if request && !(stars == 1 && glob.value.ends_with('*')) {
                    self.report(diags::glob_on_request(glob.span));
                    return None;
                }
                let glob = Glob(glob.value.as_str().into());
                Some(self.assured(Condition::Matches(term, glob), env))
            }
            ConditionKind::Compare(left, operator, right) => {
                let compared = self.compare(left, *operator, right, span, env)?;
                Some(self.assured(compared, env))
            }
        }
    }

    /// Parts joined by `and`, or by `or`. Each is read knowing that the parts before it hold (do
    /// not hold), which is what their joint truth (falsity) makes sure of; of the other outcome
    /// only what every part makes sure of is known. A fault in one part does not stop the others
    /// from being looked at.
    fn series(
        &mut self,
        terms: &[ast::Condition],
        conjunction: bool,
        env: &Env,
        depth: usize,
    ) -> Option<Narrowed> {
        let mut env = env.clone();
        let mut parts = Vec::new();
        let mut sure = BTreeSet::new();
        let mut common: Option<BTreeSet<Term>> = None;
        let mut whole = true;
        for term in terms {
            let Some(part) = self.part(term, &env, depth + 1) else {
                whole = false;
                env.absence = Absence::Ignored;
                continue;
            };
            let (all_of, one_of) = if conjunction {
                (part.when_true, part.when_false)
            } else {
                (part.when_false, part.when_true)
            };
            env.known.extend(all_of.iter().cloned());
            sure.extend(all_of);
            common = Some(meet(common, one_of));
            parts.push(part.condition);
        }
        let common = common.unwrap_or_default();
        if !whole {
            return None;
        }
        Some(if conjunction {
            Narrowed {
                condition: Condition::And(parts),
                when_true: sure,
                when_false: common,
            }
        } else {
            Narrowed {
                condition: Condition::Or(parts),
                when_true: common,
                when_false: sure,
            }
        })
    }

    fn is_set(&mut self, operand: &Operand, set: bool, span: Span, env: &Env) -> Option<Narrowed> {
        let (term, _) = self.typed(operand, None, env)?;
        let optional = term.walk().into_iter().any(|part| self.may_be_absent(part));
        if !optional {
            let name = self.term_name(&term);
            self.report(diags::never_optional(span, &name));
            return None;
        }
        let known: BTreeSet<Term> = term.walk().into_iter().cloned().collect();
        let asked = Condition::IsSet(term);
        Some(if set {
            Narrowed {
                condition: asked,
                when_true: known,
                when_false: BTreeSet::new(),
            }
        } else {
            Narrowed {
                condition: Condition::Not(Box::new(asked)),
                when_true: BTreeSet::new(),
                when_false: known,
            }
        })
    }

    /// A lone operand: a define, a constant, or a boolean field.
    fn boolean(&mut self, operand: &Operand, env: &Env, depth: usize) -> Option<Narrowed> {
        if let OperandKind::Call(name, arguments) = &operand.kind {
            return self.call(name, arguments, operand.span, env, depth);
        }
        if let OperandKind::Path(path) = &operand.kind
            && let [name] = path.segments.as_slice()
            && !env.bindings.contains_key(&name.value)
        {
            if self.defines.contains_key(&name.value) {
                return self.call(name, &[], operand.span, env, depth);
            }
            return match name.value.as_str() {
                "true" => Some(Narrowed::plain(Condition::Constant(true))),
                "false" => Some(Narrowed::plain(Condition::Constant(false))),
                other => {
                    let known = self
                        .defines
                        .keys()
                        .map(String::as_str)
                        .chain(["request", "route", "true", "false"]);
                    let near = crate::near::nearest(other, known).map(str::to_owned);
                    self.report(diags::unknown_name(
                        name.span,
                        "define",
                        other,
                        near.as_deref(),
                    ));
                    None
                }
            };
        }
        let (term, of) = self.typed(operand, Some(&Type::Bool), env)?;
        if of != Type::Bool {
            self.report(diags::not_boolean(operand.span, &of));
            return None;
        }
        self.check_read(&term, env, operand.span);
        Some(self.assured(Condition::Holds(term), env))
    }

    /// Expands a define, its parameters bound to the arguments.
    fn call(
        &mut self,
        name: &ast::Name,
        arguments: &[Operand],
        span: Span,
        env: &Env,
        depth: usize,
    ) -> Option<Narrowed> {
        let Some(define) = self.defines.get(&name.value).cloned() else {
            let near = crate::near::nearest(&name.value, self.defines.keys().map(String::as_str));
            let near = near.map(str::to_owned);
            self.report(diags::unknown_name(
                name.span,
                "define",
                &name.value,
                near.as_deref(),
            ));
            return None;
        };
        if env.expanding.contains(&name.value) {
            self.report(diags::define_cycle(define.name.span, &name.value));
            return None;
        }
        let size = self.sizes.get(&name.value).copied().unwrap_or(0);
        if (limits::CONDITION_NODES..usize::MAX).contains(&size) {
            // The define is too large by itself, which is reported there.
            return None;
        }
        if size != usize::MAX && env.spent.get().saturating_add(size) > limits::CONDITION_NODES {
            self.report(diags::too_large(span));
            return None;
        }
        if define.parameters.len() != arguments.len() {
            self.report(diags::arguments(
                span,
                &name.value,
                define.parameters.len(),
                arguments.len(),
            ));
            return None;
        }
        let mut inner = Env {
            bindings: std::collections::BTreeMap::new(),
            ..env.clone()
        };
        inner.expanding.push(name.value.clone());
        for ((parameter, of), argument) in define.parameters.iter().zip(arguments) {
            let of = self.named_type(of)?;
            let (term, found) = self.typed(argument, Some(&of), env)?;
            if of != found {
                self.report(diags::not_comparable(argument.span, &of, &found));
                return None;
            }
            self.check_read(&term, env, argument.span);
            inner.bindings.insert(parameter.value.clone(), (term, of));
        }
        self.part(&define.body, &inner, depth + 1)
    }

    fn compare(
        &mut self,
        left: &Operand,
        operator: Comparison,
        right: &Operand,
        span: Span,
        env: &Env,
    ) -> Option<Condition> {
        let a = self.operand(left, env);
        let b = self.operand(right, env);
        let ((left_term, left_of), (right_term, right_of)) = match (a?, b?) {
            (Resolved::Term(a, a_of), Resolved::Term(b, b_of)) => ((a, a_of), (b, b_of)),
            (Resolved::Term(a, a_of), Resolved::Literal) => {
                let expected = expected_right(&a_of, operator);
                let b = self.literal(right, &expected)?;
                ((a, a_of), (b, expected))
            }
            (Resolved::Literal, Resolved::Term(b, b_of)) => {
                let expected = expected_left(&b_of, operator);
                let a = self.literal(left, &expected)?;
                ((a, expected), (b, b_of))
            }
            (Resolved::Literal, Resolved::Literal) => {
                self.report(diags::two_constants(span));
                return None;
            }
        };
        if let Type::Presence = left_of {
            let name = self.term_name(&left_term);
            self.report(diags::only_presence(left.span, &name));
            return None;
        }
        if !fits(&left_of, operator, &right_of) {
            self.report(if operands_alike(&left_of, &right_of) {
                diags::wrong_operator(span, symbol(operator), &left_of)
            } else {
                diags::not_comparable(span, &left_of, &right_of)
            });
            return None;
        }
        self.check_read(&left_term, env, left.span);
        self.check_read(&right_term, env, right.span);
        if left_term.is_request_field() && right_term.is_request_field() {
            self.report(diags::two_request_fields(span));
            return None;
        }
        Some(Condition::Compare(left_term, operator, right_term))
    }

    /// A type by its name in a declaration.
    pub(super) fn named_type(&mut self, name: &ast::Name) -> Option<Type> {
        let types = [
            ("bool", Type::Bool),
            ("tokens", Type::Tokens),
            ("count", Type::Count),
            ("number", Type::Number),
            ("money", Type::Money),
            ("date", Type::Instant),
            ("duration", Type::Duration),
            ("text", Type::Text),
            ("model", Type::Model),
            ("maker", Type::Maker),
            ("provider", Type::Provider),
            ("endpoint", Type::Endpoint),
            ("region", Type::Region),
            ("place", Type::Place),
            ("retention", Type::Retention),
            ("models", Type::Set(Box::new(Type::Model))),
            ("providers", Type::Set(Box::new(Type::Provider))),
            ("regions", Type::Set(Box::new(Type::Region))),
        ];
        let found = types
            .iter()
            .find(|(n, _)| *n == name.value)
            .map(|(_, of)| of.clone());
        if found.is_none() {
            let near = crate::near::nearest(&name.value, types.iter().map(|(n, _)| *n));
            self.report(diags::unknown_name(name.span, "type", &name.value, near));
        }
        found
    }
}

fn meet(sum: Option<BTreeSet<Term>>, more: BTreeSet<Term>) -> BTreeSet<Term> {
    match sum {
        None => more,
        Some(sum) => sum.intersection(&more).cloned().collect(),
    }
}

/// The type a literal on the right takes.
fn expected_right(left: &Type, operator: Comparison) -> Type {
    if operator == Comparison::In {
        Type::Set(Box::new(left.clone()))
    } else {
        left.clone()
    }
}

/// The type a literal on the left takes.
fn expected_left(right: &Type, operator: Comparison) -> Type {
    match (operator, right) {
        (Comparison::In, Type::Set(of)) => (**of).clone(),
        _ => right.clone(),
    }
}

/// Says whether an operator applies to these types.
fn fits(left: &Type, operator: Comparison, right: &Type) -> bool {
    match operator {
        Comparison::Equal | Comparison::NotEqual => {
            left == right && !matches!(left, Type::Set(_) | Type::Place | Type::Presence)
        }
        Comparison::Less | Comparison::AtMost | Comparison::Greater | Comparison::AtLeast => {
            left == right
                && matches!(
                    left,
                    Type::Tokens
                        | Type::Count
                        | Type::Number
                        | Type::Money
                        | Type::Instant
                        | Type::Duration
                )
        }
        Comparison::In => matches!(right, Type::Set(of) if **of == *left),
        Comparison::Within => left == right && matches!(left, Type::Place | Type::Retention),
        Comparison::Overlaps => left == right && matches!(left, Type::Place | Type::Set(_)),
        Comparison::SubsetOf => left == right && matches!(left, Type::Set(_)),
    }
}

fn operands_alike(left: &Type, right: &Type) -> bool {
    left == right || matches!(right, Type::Set(of) if **of == *left)
}

fn symbol(operator: Comparison) -> &'static str {
    match operator {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::AtMost => "<=",
        Comparison::Greater => ">",
        Comparison::AtLeast => ">=",
        Comparison::In => "in",
        Comparison::Within => "within",
        Comparison::Overlaps => "overlaps",
        Comparison::SubsetOf => "subset of",
    }
}

/// The leaves of a condition, each once, in order.
pub(super) fn atoms(condition: &Condition) -> Vec<&Condition> {
    fn collect<'c>(condition: &'c Condition, out: &mut Vec<&'c Condition>) {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                for part in parts {
                    collect(part, out);
                }
            }
            Condition::Not(inner) => collect(inner, out),
            Condition::Constant(_) => {}
            Condition::IsSet(_)
            | Condition::Holds(_)
            | Condition::Compare(..)
            | Condition::Matches(..) => {
                if !out.contains(&condition) {
                    out.push(condition);
                }
            }
        }
    }
    let mut out = Vec::new();
    collect(condition, &mut out);
    out
}

impl Condition {
    /// The terms that it reads, parts of terms included.
    pub fn terms(&self) -> Vec<&Term> {
        atoms(self)
            .into_iter()
            .flat_map(|atom| match atom {
                Condition::IsSet(term) | Condition::Holds(term) | Condition::Matches(term, _) => {
                    term.walk()
                }
                Condition::Compare(left, _, right) => {
                    let mut both = left.walk();
                    both.extend(right.walk());
                    both
                }
                Condition::And(_)
                | Condition::Or(_)
                | Condition::Not(_)
                | Condition::Constant(_) => Vec::new(),
            })
            .filter(|term| !matches!(term, Term::Constant(Value::Bool(_))))
            .collect()
    }
}

/// Says whether a condition may be true where no fact about now is known.
pub(super) fn may_hold_without_state(condition: &Condition) -> bool {
    possible(condition).0
}

/// Whether a condition may be true and whether it may be false without facts about now. Its parts
/// are taken to be independent: this errs on the side of reporting.
fn possible(condition: &Condition) -> (bool, bool) {
    match condition {
        Condition::Constant(value) => (*value, !value),
        Condition::And(parts) => parts
            .iter()
            .map(possible)
            .fold((true, false), |(t, f), part| (t && part.0, f || part.1)),
        Condition::Or(parts) => parts
            .iter()
            .map(possible)
            .fold((false, true), |(t, f), part| (t || part.0, f && part.1)),
        Condition::Not(inner) => {
            let (t, f) = possible(inner);
            (f, t)
        }
        Condition::IsSet(_)
        | Condition::Holds(_)
        | Condition::Compare(..)
        | Condition::Matches(..) => {
            let read = condition.terms();
            let known = !read.iter().any(|t| matches!(t, Term::State(..)));
            (known, known)
        }
    }
}
