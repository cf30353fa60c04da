//! Terms as rules write them, and types in words: for messages and explanations.

use super::policy::{Attribute, Table};
use super::schema::RouteFact;
use super::term::{Scope, Term};
use super::types::{Type, Vocabulary};
use crate::catalog::Catalog;
use crate::text::join;

/// Words of a choice that a message lists.
const WORDS_SHOWN: usize = 24;

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

/// A type in words.
pub(super) fn type_name(of: &Type) -> String {
    match of {
        Type::Bool => "true or false".to_owned(),
        Type::Tokens => "a number of tokens".to_owned(),
        Type::Count => "a count".to_owned(),
        Type::Number => "a number".to_owned(),
        Type::Money => "an amount such as `$3.00`".to_owned(),
        Type::Instant => "a date".to_owned(),
        Type::Duration => "a duration".to_owned(),
        Type::Text => "text in quotes".to_owned(),
        Type::Choice(words) if words.len() > WORDS_SHOWN => format!("one of {} words", words.len()),
        Type::Choice(words) => {
            let words: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
            format!("one of {}", join(&words, "or"))
        }
        Type::Word(Vocabulary::Capability) => "a capability".to_owned(),
        Type::Word(Vocabulary::Parameter) => "a parameter".to_owned(),
        Type::Model => "a model".to_owned(),
        Type::Maker => "a maker".to_owned(),
        Type::Provider => "a provider".to_owned(),
        Type::Endpoint => "an endpoint".to_owned(),
        Type::Region => "a region".to_owned(),
        Type::Place => "a place".to_owned(),
        Type::Retention => "a retention such as `zero` or `30d`".to_owned(),
        Type::Key(_) => "a key of the table".to_owned(),
        Type::Set(of) => format!("a set of which each is {}", type_name(of)),
        Type::Presence => "a field of which only `is set` can be asked".to_owned(),
    }
}
