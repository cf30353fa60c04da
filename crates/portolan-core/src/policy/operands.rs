//! Operands to terms: paths by the schema, literals by the type that is expected.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a notation that the expected type does not take is one and the same fault"
)]

use super::diags;
use super::schema::{BodyField, EndpointFact, ModelFact, RouteFact, StateFact};
use super::scope::{Env, Resolver};
use super::term::{Scope, Term};
use super::types::Type;
use crate::near;
use crate::source::Span;
use crate::syntax::ast::{ConditionKind, Name, Operand, OperandKind, Path};

/// An operand that has a type of its own, or a literal that takes the type it is compared with.
pub(super) enum Resolved {
    Term(Term, Type),
    Literal,
}

impl Resolver<'_> {
    /// Resolves an operand as far as it can be without knowing what is expected.
    ///
    /// `None` means that a fault was reported.
    pub(super) fn operand(&mut self, operand: &Operand, env: &Env) -> Option<Resolved> {
        match &operand.kind {
            OperandKind::Path(path) => self.path(path, env),
            OperandKind::Offset(inner, milliseconds) => {
                let (term, of) = match self.operand(inner, env)? {
                    Resolved::Term(term, of) => (term, of),
                    Resolved::Literal => (self.literal(inner, &Type::Instant)?, Type::Instant),
                };
                if of != Type::Instant {
                    self.report(diags::type_mismatch(
                        inner.span,
                        &Type::Instant,
                        &super::names::type_name(&of),
                    ));
                    return None;
                }
                if milliseconds % 1000 != 0 {
                    self.report(diags::whole(operand.span, "seconds"));
                    return None;
                }
                Some(Resolved::Term(
                    Term::Offset(Box::new(term), milliseconds / 1000),
                    of,
                ))
            }
            OperandKind::Without(a, b) => {
                let a = self.typed(a, None, env)?;
                let b_term = self.typed(b, Some(&a.1), env)?;
                if !matches!(a.1, Type::Set(_)) || a.1 != b_term.1 {
                    self.report(diags::not_comparable(operand.span, &a.1, &b_term.1));
                    return None;
                }
                Some(Resolved::Term(
                    Term::Without(Box::new(a.0), Box::new(b_term.0)),
                    a.1,
                ))
            }
            OperandKind::Call(name, _) => {
                self.report(diags::not_boolean_call(name.span, &name.value));
                None
            }
            OperandKind::Text(_)
            | OperandKind::Integer(_)
            | OperandKind::Decimal(_)
            | OperandKind::Money(_)
            | OperandKind::Instant(_)
            | OperandKind::Duration(_)
            | OperandKind::Set(_)
            | OperandKind::Cell(_) => Some(Resolved::Literal),
        }
    }

    /// An operand of a known or expected type.
    pub(super) fn typed(
        &mut self,
        operand: &Operand,
        expected: Option<&Type>,
        env: &Env,
    ) -> Option<(Term, Type)> {
        match self.operand(operand, env)? {
            Resolved::Term(term, of) => Some((term, of)),
            Resolved::Literal => {
                if let Some(expected) = expected {
                    Some((self.literal(operand, expected)?, expected.clone()))
                } else {
                    self.report(diags::two_constants(operand.span));
                    None
                }
            }
        }
    }

    fn path(&mut self, path: &Path, env: &Env) -> Option<Resolved> {
        let (root, rest) = path.segments.split_first()?;
        if let Some((term, of)) = env.bindings.get(&root.value) {
            let start = (term.clone(), of.clone());
            return self.members(start, &root.value, rest);
        }
        match root.value.as_str() {
            "request" => self.request_path(root, rest, path.span),
            "route" | "attempt" => self.route_path(root, rest, path.span, env),
            "model" if !rest.is_empty() => self.state_path(Scope::Model, root, rest, env),
            name if rest.is_empty() => self.define_value(name, env),
            name => {
                let known = ["request", "route", "model"];
                let near = near::nearest(name, known);
                self.report(diags::unknown_root(root.span, name, near));
                None
            }
        }
    }

    /// A bare name: the value of a define, or a literal whose type is not yet known.
    fn define_value(&mut self, name: &str, env: &Env) -> Option<Resolved> {
        let Some(define) = self.defines.get(name).cloned() else {
            return Some(Resolved::Literal);
        };
        match (&define.body.kind, define.parameters.is_empty()) {
            (ConditionKind::Operand(value), true) if !is_bare(value) => {
                if env.expanding.iter().any(|e| e == name) {
                    self.report(diags::define_cycle(define.name.span, name));
                    return None;
                }
                let mut inner = env.clone();
                inner.expanding.push(name.to_owned());
                self.spend(&inner, value.span, 0)?;
                match self.operand(value, &inner)? {
                    Resolved::Literal => self.own_type(value),
                    resolved @ Resolved::Term(..) => Some(resolved),
                }
            }
            _ => Some(Resolved::Literal),
        }
    }

    /// The value of a define that is a literal: its notation decides the type.
    fn own_type(&mut self, operand: &Operand) -> Option<Resolved> {
        let of = match &operand.kind {
            OperandKind::Decimal(_) => Type::Number,
            OperandKind::Money(_) => Type::Money,
            OperandKind::Instant(_) => Type::Instant,
            OperandKind::Duration(_) => Type::Duration,
            OperandKind::Integer(_) => Type::Tokens,
            _ => Type::Text,
        };
        let term = self.literal(operand, &of)?;
        Some(Resolved::Term(term, of))
    }

    fn request_path(&mut self, root: &Name, rest: &[Name], span: Span) -> Option<Resolved> {
        let Some((field, members)) = rest.split_first() else {
            self.report(diags::unknown_field(span, "request", "", None));
            return None;
        };
        let attribute = self.attributes.iter().position(|a| *a.name == *field.value);
        let start = match (field.value.as_str(), attribute) {
            ("endpoint", _) => (Term::Endpoint, Type::Endpoint),
            ("at", _) => (Term::At, Type::Instant),
            ("auth", _) => (Term::Auth, super::schema::auth_choice()),
            ("auth_header", _) => (Term::AuthHeader, Type::Text),
            (_, Some(index)) => {
                let of = self.attributes.get(index)?.of.clone();
                (Term::Attribute(u32::try_from(index).ok()?), of)
            }
            (name, None) => {
                if let Some(body) = BodyField::named(name) {
                    (Term::Body(body), body.of())
                } else {
                    let own = ["endpoint", "at", "auth", "auth_header"].into_iter();
                    let fields = BodyField::ALL.iter().map(|f| f.name());
                    let attributes = self.attributes.iter().map(|a| &*a.name);
                    let near =
                        near::nearest(name, own.chain(fields).chain(attributes)).map(str::to_owned);
                    self.report(diags::unknown_field(
                        field.span,
                        &root.value,
                        name,
                        near.as_deref(),
                    ));
                    return None;
                }
            }
        };
        self.members(start, &format!("request.{}", field.value), members)
    }

    fn route_path(
        &mut self,
        root: &Name,
        rest: &[Name],
        span: Span,
        env: &Env,
    ) -> Option<Resolved> {
        let Some((first, after)) = rest.split_first() else {
            self.report(diags::unknown_field(span, "route", "", None));
            return None;
        };
        if StateFact::named(&first.value).is_some() {
            return self.state_path(Scope::Route, root, rest, env);
        }
        if !env.reach.route {
            self.report(diags::not_here(span, &dotted(root, rest), env.reach.here));
            return None;
        }
        let table = RouteFact::table();
        let (name, members, at) = match (first.value.as_str(), after.split_first()) {
            ("price" | "score", Some((second, members))) => (
                format!("{}.{}", first.value, second.value),
                members,
                second.span,
            ),
            (name, _) => (name.to_owned(), after, first.span),
        };
        if let Some(score) = name.strip_prefix("score.") {
            let Some(id) = self.catalog.score_named(score) else {
                let kinds = self.catalog.scores.iter().map(|s| &*s.name);
                let near = near::nearest(score, kinds).map(str::to_owned);
                self.report(diags::unknown_name(at, "score", score, near.as_deref()));
                return None;
            };
            let start = (Term::Route(RouteFact::Score(id)), Type::Number);
            return self.members(start, &format!("route.{name}"), members);
        }
        let Some((_, fact, of, _)) = table.iter().find(|(n, ..)| *n == name) else {
            let near = near::nearest(&name, table.iter().map(|(n, ..)| *n));
            let near = near.map(|n| n.rsplit_once('.').map_or(n, |(_, last)| last));
            let root = if at == first.span {
                root.value.clone()
            } else {
                format!("route.{}", first.value)
            };
            let wrong = name.rsplit_once('.').map_or(&*name, |(_, last)| last);
            self.report(diags::unknown_field(at, &root, wrong, near));
            return None;
        };
        self.members(
            (Term::Route(*fact), of.clone()),
            &format!("route.{name}"),
            members,
        )
    }

    fn state_path(
        &mut self,
        scope: Scope,
        root: &Name,
        rest: &[Name],
        env: &Env,
    ) -> Option<Resolved> {
        let (first, members) = rest.split_first()?;
        let Some(fact) = StateFact::named(&first.value) else {
            let near = near::nearest(&first.value, StateFact::ALL.iter().map(|f| f.name()));
            self.report(diags::unknown_field(
                first.span,
                &root.value,
                &first.value,
                near,
            ));
            return None;
        };
        if !env.reach.state {
            self.report(diags::not_here(
                root.span.to(first.span),
                &dotted(root, rest),
                env.reach.here,
            ));
            return None;
        }
        self.members(
            (Term::State(scope, fact), fact.of()),
            &dotted(root, rest),
            members,
        )
    }

    /// Follows members of a term: facts of an endpoint or model, columns of a table's row.
    fn members(&mut self, start: (Term, Type), name: &str, members: &[Name]) -> Option<Resolved> {
        let (mut term, mut of) = start;
        let mut name = name.to_owned();
        for member in members {
            let (next, next_of) = match self.member(term, &of, &member.value) {
                Ok(found) => found,
                Err(near) => {
                    self.report(diags::unknown_field(
                        member.span,
                        &name,
                        &member.value,
                        near.as_deref(),
                    ));
                    return None;
                }
            };
            term = next;
            of = next_of;
            name = format!("{name}.{}", member.value);
        }
        Some(Resolved::Term(term, of))
    }

    fn member(&self, term: Term, of: &Type, member: &str) -> Result<(Term, Type), Option<String>> {
        let near = |names: Vec<&str>| near::nearest(member, names).map(str::to_owned);
        match of {
            Type::Endpoint => match EndpointFact::named(member) {
                Some(fact) => Ok((Term::OfEndpoint(Box::new(term), fact), fact.of())),
                None => Err(near(EndpointFact::ALL.iter().map(|f| f.name()).collect())),
            },
            Type::Model => match ModelFact::named(member) {
                Some(fact) => Ok((Term::OfModel(Box::new(term), fact), fact.of())),
                None => Err(near(ModelFact::ALL.iter().map(|f| f.name()).collect())),
            },
            Type::Key(table) => {
                let columns = self
                    .tables
                    .get(*table as usize)
                    .map_or(&[][..], |t| &t.columns);
                let found = (0u32..)
                    .zip(columns)
                    .find(|(_, (name, _))| **name == *member);
                match found {
                    Some((column, (_, of))) => {
                        Ok((Term::Column(Box::new(term), *table, column), of.clone()))
                    }
                    None => Err(near(columns.iter().map(|(name, _)| &**name).collect())),
                }
            }
            _ => Err(None),
        }
    }
}

/// Says whether a route's fact may be absent.
pub(super) fn route_fact_optional(fact: RouteFact) -> bool {
    matches!(fact, RouteFact::Score(_))
        || RouteFact::table()
            .iter()
            .any(|(_, f, _, optional)| *f == fact && *optional)
}

pub(super) fn is_bare(operand: &Operand) -> bool {
    matches!(&operand.kind, OperandKind::Path(path) if path.segments.len() == 1)
}

fn dotted(root: &Name, rest: &[Name]) -> String {
    let mut name = root.value.clone();
    for segment in rest {
        name.push('.');
        name.push_str(&segment.value);
    }
    name
}
