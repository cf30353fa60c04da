//! Literals to values, by the type that is expected.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a notation that the expected type does not take is one and the same fault"
)]

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::diags;
use super::operands::is_bare;
use super::scope::Resolver;
use super::term::Term;
use super::types::{Type, Value, Vocabulary};
use crate::catalog::{Catalog, Retention};
use crate::decimal::Decimal;
use crate::instant::Instant;
use crate::limits;
use crate::near;
use crate::source::Span;
use crate::syntax::ast::{Operand, OperandKind};
use crate::text;

impl Resolver<'_> {
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
        if let OperandKind::Cell(cell) = &operand.kind {
            return self.cell(cell, operand.span, expected);
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
            (Type::Retention, OperandKind::Duration(ms)) => {
                if ms % 86_400_000 != 0 {
                    self.report(diags::whole(operand.span, "days"));
                    return None;
                }
                let days = u32::try_from(ms / 86_400_000).ok();
                days.map(|days| Value::Retention(Retention::Days(days)))
            }
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

    /// A cell of a table's file, by its column's type; `|` stands between members of a set.
    fn cell(&mut self, cell: &str, span: Span, expected: &Type) -> Option<Value> {
        let value = match expected {
            Type::Tokens | Type::Count => cell.replace('_', "").parse().ok().map(Value::Integer),
            Type::Number => Decimal::parse(cell).ok().map(Value::Decimal),
            Type::Money => {
                let amount = cell.strip_prefix('$').unwrap_or(cell);
                Decimal::parse(amount).ok().map(Value::Decimal)
            }
            Type::Instant => Instant::parse(cell).ok().map(Value::Instant),
            Type::Text => Some(Value::Text(cell.into())),
            Type::Retention if cell != "zero" => {
                let days = cell.strip_suffix('d').and_then(|days| days.parse().ok());
                days.map(|days| Value::Retention(Retention::Days(days)))
            }
            Type::Set(of) => {
                let mut set = BTreeSet::new();
                for member in cell.split('|').map(str::trim).filter(|m| !m.is_empty()) {
                    set.insert(self.cell(member, span, of)?);
                }
                Some(Value::Set(set))
            }
            Type::Place => {
                let mut places = Vec::new();
                for member in cell.split('|').map(str::trim) {
                    if let Value::Places(more) = self.word(member, span, &Type::Place)? {
                        places.extend(more);
                    }
                }
                Some(Value::Places(places))
            }
            _ => return self.word(cell, span, expected),
        };
        if value.is_none() {
            self.report(diags::bad_cell(span, cell, expected));
        }
        value
    }

    /// A name, bare or in quotes, by the type that is expected.
    pub(super) fn word(&mut self, word: &str, span: Span, expected: &Type) -> Option<Value> {
        let catalog = self.catalog;
        let (found, what) = match expected {
            Type::Bool => (word.parse().ok().map(Value::Bool), "truth value"),
            Type::Choice(words) => {
                let found = words.position(word);
                (found.map(|_| Value::Text(word.into())), "value")
            }
            Type::Word(vocabulary) => {
                let mut known = vocabulary_words(*vocabulary, catalog);
                let value = known.any(|w| w == word).then(|| Value::Text(word.into()));
                let what = match vocabulary {
                    Vocabulary::Capability => "capability",
                    Vocabulary::Parameter => "parameter",
                };
                (value, what)
            }
            Type::Model => (catalog.model_named(word).map(Value::Model), "model"),
            Type::Maker => (catalog.maker_named(word).map(Value::Maker), "maker"),
            Type::Provider => (
                catalog.provider_named(word).map(Value::Provider),
                "provider",
            ),
            Type::Endpoint => (
                catalog.endpoint_named(word).map(Value::Endpoint),
                "endpoint",
            ),
            Type::Region => (catalog.region_named(word).map(Value::Region), "region"),
            Type::Place => {
                let known = catalog.places.named(word).filter(|_| word != "unknown");
                (known.map(|p| Value::Places(vec![p])), "place")
            }
            Type::Retention => (
                (word == "zero").then_some(Value::Retention(Retention::Days(0))),
                "retention",
            ),
            Type::Key(table) => {
                let found = self.tables.get(*table as usize);
                let row = found.and_then(|t| t.index.get(word));
                (row.map(|row| Value::Row(*table, *row)), "key of the table")
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
                    &format!("`{}`", text::echo(word)),
                ));
                return None;
            }
        };
        if found.is_none() {
            let near = self.near_word(word, expected);
            let near = near.as_deref();
            let finding = match expected {
                Type::Model
                | Type::Maker
                | Type::Provider
                | Type::Endpoint
                | Type::Region
                | Type::Word(Vocabulary::Capability) => {
                    diags::not_in_the_catalog(span, what, word, near)
                }
                _ => diags::unknown_name(span, what, word, near),
            };
            let instead = self.instead(expected).filter(|_| near.is_none());
            self.report(match instead {
                Some(choices) => finding.help(format!("use {choices}")),
                None => finding,
            });
        }
        found
    }

    /// The name of a type that a word was probably meant to be. Past the diagnostics that are
    /// kept nobody would read it, and nothing is looked for.
    fn near_word(&self, word: &str, expected: &Type) -> Option<String> {
        if self.diagnostics.left_out() > 0 {
            return None;
        }
        let near = match expected {
            Type::Model => near_model(word, self.catalog),
            Type::Place => self.catalog.places.meant(word),
            _ => near::nearest(word, self.choices(expected)),
        };
        near.map(str::to_owned)
    }

    /// All that a word of a type may be, where that is a list somebody wrote.
    fn choices<'a>(&'a self, expected: &'a Type) -> Vec<&'a str> {
        let catalog = self.catalog;
        match expected {
            Type::Bool => vec!["true", "false"],
            Type::Choice(words) => words.iter().map(|w| &**w).collect(),
            Type::Word(vocabulary) => vocabulary_words(*vocabulary, catalog).collect(),
            Type::Maker => catalog.makers.iter().map(|m| &*m.name).collect(),
            Type::Provider => catalog.providers.iter().map(|p| &*p.name).collect(),
            Type::Endpoint => catalog.endpoints.iter().map(|e| &*e.name).collect(),
            Type::Region => catalog.regions.iter().map(|r| &*r.name).collect(),
            Type::Retention => vec!["zero"],
            Type::Key(table) => {
                let table = self.tables.get(*table as usize);
                let keys = table.into_iter().flat_map(|t| t.keys.iter());
                keys.map(|k| &**k).collect()
            }
            _ => Vec::new(),
        }
    }

    /// What there is instead of a word that is near to nothing, if that fits into a line.
    fn instead(&self, expected: &Type) -> Option<String> {
        if self.diagnostics.left_out() > 0 {
            return None;
        }
        let choices = self.choices(expected);
        let few = (1..=limits::CHOICES_LISTED).contains(&choices.len());
        few.then(|| text::quoted(choices, "or"))
    }
}

/// The nearest id of a model; aliases are none.
fn near_model<'a>(word: &str, catalog: &'a Catalog) -> Option<&'a str> {
    let mut nearest = None;
    catalog.near(word, limits::ALTERNATIVES_TRIED, |id| {
        if catalog.model_named(id).is_none() {
            return ControlFlow::Continue(());
        }
        nearest = Some(id);
        ControlFlow::Break(())
    });
    nearest
}

/// The words of a vocabulary.
pub(super) fn vocabulary_words(
    vocabulary: Vocabulary,
    catalog: &Catalog,
) -> impl Iterator<Item = &str> {
    let (schema, declared) = match vocabulary {
        Vocabulary::Capability => (&[][..], &catalog.capabilities),
        Vocabulary::Parameter => (&crate::request::PARAMETERS[..], &catalog.parameters),
    };
    let declared = declared.iter().map(|w| &**w);
    schema.iter().copied().chain(declared)
}

/// A single word, bare or in quotes.
pub(super) fn bare(operand: &Operand) -> Option<&str> {
    match &operand.kind {
        OperandKind::Text(text) => Some(text),
        OperandKind::Path(path) => match path.segments.as_slice() {
            [one] => Some(&one.value),
            _ => None,
        },
        _ => None,
    }
}

fn notation(kind: &OperandKind) -> &'static str {
    match kind {
        OperandKind::Path(_) => "a field",
        OperandKind::Call(..) => "a call",
        OperandKind::Text(_) | OperandKind::Cell(_) => "text",
        OperandKind::Integer(_) => "a whole number",
        OperandKind::Decimal(_) => "a decimal",
        OperandKind::Money(_) => "an amount of money",
        OperandKind::Instant(_) | OperandKind::Offset(..) => "a date",
        OperandKind::Duration(_) => "a duration",
        OperandKind::Set(_) | OperandKind::Without(..) => "a set",
    }
}
