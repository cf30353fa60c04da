//! Operands to terms: paths by the schema, literals by the type that is expected.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a notation that the expected type does not take is one and the same fault"
)]

use std::collections::BTreeSet;

use super::diags;
use super::policy::{Attribute, Table};
use super::scope::{Env, Resolver};
use super::types::{
    BodyField, EndpointFact, ModelFact, RouteFact, Scope, StateFact, Term, Type, Value, Vocabulary,
};
use crate::catalog::{Catalog, Retention};
use crate::decimal::Decimal;
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
                        &diags::type_name(&of),
                    ));
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
            | OperandKind::Set(_) => Some(Resolved::Literal),
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
            return self.members(start, &root.value, rest, env);
        }
        match root.value.as_str() {
            "request" => self.request_path(root, rest, path.span, env),
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

    fn request_path(
        &mut self,
        root: &Name,
        rest: &[Name],
        span: Span,
        env: &Env,
    ) -> Option<Resolved> {
        let Some((field, members)) = rest.split_first() else {
            self.report(diags::unknown_field(span, "request", "", None));
            return None;
        };
        let attribute = self.attributes.iter().position(|a| *a.name == *field.value);
        let start = match (field.value.as_str(), attribute) {
            ("endpoint", _) => (Term::Endpoint, Type::Endpoint),
            ("at", _) => (Term::At, Type::Instant),
            ("auth", _) => (Term::Auth, super::types::auth_choice()),
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
        self.members(start, &format!("request.{}", field.value), members, env)
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
            return self.members(start, &format!("route.{name}"), members, env);
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
            env,
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
            env,
        )
    }

    /// Follows members of a term: facts of an endpoint or model, columns of a table's row.
    fn members(
        &mut self,
        start: (Term, Type),
        name: &str,
        members: &[Name],
        env: &Env,
    ) -> Option<Resolved> {
        let (mut term, mut of) = start;
        let mut name = name.to_owned();
        let _ = env;
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

    /// A literal of an expected type.
    pub(super) fn literal(&mut self, operand: &Operand, expected: &Type) -> Option<Term> {
        self.value(operand, expected).map(Term::Constant)
    }

    /// A literal's value, by the type that is expected.
    pub(super) fn value(&mut self, operand: &Operand, expected: &Type) -> Option<Value> {
        let word = bare(operand);
        if let (Some(word), true) = (word, is_bare(operand))
            && self.defines.contains_key(word)
        {
            self.report(diags::ambiguous_name(operand.span, word, expected));
            return None;
        }
        let value = match (expected, &operand.kind) {
            (Type::Tokens | Type::Count, OperandKind::Integer(n)) => Some(Value::Integer(*n)),
            (Type::Duration, OperandKind::Duration(ms)) => Some(Value::Integer(*ms)),
            (Type::Number, OperandKind::Integer(n)) => {
                Decimal::from_integer(*n).map(Value::Decimal)
            }
            (Type::Number, OperandKind::Decimal(d)) | (Type::Money, OperandKind::Money(d)) => {
                Some(Value::Decimal(*d))
            }
            (Type::Instant, OperandKind::Instant(at)) => Some(Value::Instant(*at)),
            (Type::Text, OperandKind::Text(text)) => Some(Value::Text(text.as_str().into())),
            (Type::Retention, OperandKind::Duration(ms)) => u32::try_from(ms / 86_400_000)
                .ok()
                .map(|d| Value::Retention(Retention::Days(d))),
            (Type::Set(of), OperandKind::Set(items)) => {
                let mut set = BTreeSet::new();
                for item in items {
                    set.insert(self.value(item, of)?);
                }
                Some(Value::Set(set))
            }
            (Type::Place, OperandKind::Set(items)) => {
                let mut places = Vec::new();
                for item in items {
                    if let Value::Places(more) = self.value(item, &Type::Place)? {
                        places.extend(more);
                    }
                }
                Some(Value::Places(places))
            }
            _ => match word {
                Some(word) => return self.word(word, operand.span, expected),
                None => None,
            },
        };
        if value.is_none() {
            let found = notation(&operand.kind);
            self.report(diags::type_mismatch(operand.span, expected, found));
        }
        value
    }

    /// A name, bare or in quotes, by the type that is expected.
    #[expect(clippy::too_many_lines, reason = "one arm a type")]
    fn word(&mut self, word: &str, span: Span, expected: &Type) -> Option<Value> {
        let catalog = self.catalog;
        let names = |names: Vec<&str>| near::nearest(word, names).map(str::to_owned);
        let (found, what, near) = match expected {
            Type::Bool => {
                let value = [("true", true), ("false", false)]
                    .into_iter()
                    .find(|(n, _)| *n == word);
                (
                    value.map(|(_, b)| Value::Bool(b)),
                    "truth value",
                    names(vec!["true", "false"]),
                )
            }
            Type::Choice(words) => {
                let value = words.iter().find(|w| ***w == *word);
                (
                    value.map(|w| Value::Text(w.clone())),
                    "value",
                    names(words.iter().map(|w| &**w).collect()),
                )
            }
            Type::Word(vocabulary) => {
                let known = vocabulary_words(*vocabulary, catalog);
                let value = known
                    .iter()
                    .find(|w| **w == word)
                    .map(|w| Value::Text((*w).into()));
                let what = match vocabulary {
                    Vocabulary::Capability => "capability in the catalog",
                    Vocabulary::Parameter => "parameter",
                };
                (value, what, names(known))
            }
            Type::Model => {
                let near = || names(catalog.models.iter().map(|m| &*m.id).collect());
                let found = catalog.model_named(word).map(Value::Model);
                let near = if found.is_none() { near() } else { None };
                (found, "model in the catalog", near)
            }
            Type::Maker => (
                catalog.maker_named(word).map(Value::Maker),
                "maker in the catalog",
                names(catalog.makers.iter().map(|m| &*m.name).collect()),
            ),
            Type::Provider => (
                catalog.provider_named(word).map(Value::Provider),
                "provider in the catalog",
                names(catalog.providers.iter().map(|p| &*p.name).collect()),
            ),
            Type::Endpoint => (
                catalog.endpoint_named(word).map(Value::Endpoint),
                "endpoint in the catalog",
                names(catalog.endpoints.iter().map(|e| &*e.name).collect()),
            ),
            Type::Region => (
                catalog.region_named(word).map(Value::Region),
                "region in the catalog",
                names(catalog.regions.iter().map(|r| &*r.name).collect()),
            ),
            Type::Place => (
                catalog
                    .places
                    .named(word)
                    .filter(|_| word != "unknown")
                    .map(|p| Value::Places(vec![p])),
                "place",
                names(catalog.places.names().collect()),
            ),
            Type::Retention => (
                (word == "zero").then_some(Value::Retention(Retention::Days(0))),
                "retention",
                names(vec!["zero"]),
            ),
            Type::Key(table) => {
                let found = self.tables.get(*table as usize);
                let row = found
                    .and_then(|t| t.index.get(word))
                    .map(|row| Value::Row(*table, *row));
                let keys = found.map_or(Vec::new(), |t| t.keys.iter().map(|k| &**k).collect());
                (row, "key of the table", names(keys))
            }
            Type::Tokens
            | Type::Count
            | Type::Number
            | Type::Money
            | Type::Instant
            | Type::Duration
            | Type::Text
            | Type::Set(_)
            | Type::Presence => {
                self.report(diags::type_mismatch(
                    span,
                    expected,
                    &format!("`{}`", crate::text::echo(word)),
                ));
                return None;
            }
        };
        if found.is_none() {
            self.report(diags::unknown_name(span, what, word, near.as_deref()));
        }
        found
    }
}

/// The words of a vocabulary.
pub(super) fn vocabulary_words(vocabulary: Vocabulary, catalog: &Catalog) -> Vec<&str> {
    match vocabulary {
        Vocabulary::Capability => catalog.capabilities.iter().map(|w| &**w).collect(),
        Vocabulary::Parameter => crate::request::PARAMETERS
            .iter()
            .copied()
            .chain(catalog.parameters.iter().map(|w| &**w))
            .collect(),
    }
}

/// Says whether a route's fact may be absent.
pub(super) fn route_fact_optional(fact: RouteFact) -> bool {
    matches!(fact, RouteFact::Score(_))
        || RouteFact::table()
            .iter()
            .any(|(_, f, _, optional)| *f == fact && *optional)
}

fn is_bare(operand: &Operand) -> bool {
    matches!(&operand.kind, OperandKind::Path(path) if path.segments.len() == 1)
}

/// A single word, bare or in quotes.
fn bare(operand: &Operand) -> Option<&str> {
    match &operand.kind {
        OperandKind::Text(text) => Some(text),
        OperandKind::Path(path) => match path.segments.as_slice() {
            [one] => Some(&one.value),
            _ => None,
        },
        _ => None,
    }
}

fn dotted(root: &Name, rest: &[Name]) -> String {
    let mut name = root.value.clone();
    for segment in rest {
        name.push('.');
        name.push_str(&segment.value);
    }
    name
}

fn notation(kind: &OperandKind) -> &'static str {
    match kind {
        OperandKind::Path(_) => "a field",
        OperandKind::Call(..) => "a call",
        OperandKind::Text(_) => "text",
        OperandKind::Integer(_) => "a whole number",
        OperandKind::Decimal(_) => "a decimal",
        OperandKind::Money(_) => "an amount of money",
        OperandKind::Instant(_) | OperandKind::Offset(..) => "a date",
        OperandKind::Duration(_) => "a duration",
        OperandKind::Set(_) | OperandKind::Without(..) => "a set",
    }
}

/// A term as rules write it.
pub(crate) fn term_name(
    term: &Term,
    catalog: &Catalog,
    attributes: &[Attribute],
    tables: &[Table],
) -> String {
    let inner = |t: &Term| term_name(t, catalog, attributes, tables);
    match term {
        Term::Constant(_) => "a constant".to_owned(),
        Term::Endpoint => "request.endpoint".to_owned(),
        Term::At => "request.at".to_owned(),
        Term::Auth => "request.auth".to_owned(),
        Term::AuthHeader => "request.auth_header".to_owned(),
        Term::Attribute(index) => {
            let name = attributes.get(*index as usize).map_or("", |a| &a.name);
            format!("request.{name}")
        }
        Term::Column(key, table, column) => {
            let columns = tables.get(*table as usize).map_or(&[][..], |t| &t.columns);
            let name = columns.get(*column as usize).map_or("", |(name, _)| name);
            format!("{}.{name}", inner(key))
        }
        Term::Body(field) => format!("request.{}", field.name()),
        Term::OfModel(model, fact) => format!("{}.{}", inner(model), fact.name()),
        Term::OfEndpoint(endpoint, fact) => format!("{}.{}", inner(endpoint), fact.name()),
        Term::Route(RouteFact::Score(id)) => {
            let name = catalog.scores.get(id.index()).map_or("", |s| &s.name);
            format!("route.score.{name}")
        }
        Term::Route(fact) => {
            let table = RouteFact::table();
            let name = table
                .iter()
                .find(|(_, f, ..)| f == fact)
                .map_or("", |(name, ..)| name);
            format!("route.{name}")
        }
        Term::State(Scope::Model, fact) => format!("model.{}", fact.name()),
        Term::State(Scope::Route, fact) => format!("route.{}", fact.name()),
        Term::Offset(of, seconds) => {
            let sign = if *seconds < 0 { '-' } else { '+' };
            let amount = seconds.unsigned_abs();
            let amount = if amount.is_multiple_of(86_400) {
                format!("{}d", amount / 86_400)
            } else {
                format!("{amount}s")
            };
            format!("{} {sign} {amount}", inner(of))
        }
        Term::Without(a, b) => format!("{} without {}", inner(a), inner(b)),
    }
}
