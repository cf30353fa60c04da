//! Terms as rules write them: for messages and explanations.

use super::policy::{Attribute, Table};
use super::schema::RouteFact;
use super::term::{Scope, Term};
use crate::catalog::Catalog;

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
