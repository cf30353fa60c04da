//! Values as people read them.

use crate::catalog::{Catalog, Retention};
use crate::policy::{Policy, Value};
use crate::text;

/// A value as text. Sets are their members in backticks; a date at midnight is the date alone.
pub(crate) fn display(value: &Value, catalog: &Catalog, policy: &Policy) -> String {
    let name = |name: Option<&str>| name.unwrap_or("unknown").to_owned();
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Decimal(value) => value.to_string(),
        Value::Instant(at) => at.short(),
        Value::Text(value) => text::echo(value),
        Value::Model(id) => name(catalog.model(*id).map(|m| &*m.id)),
        Value::Maker(id) => name(catalog.maker(*id).map(|m| &*m.name)),
        Value::Provider(id) => name(catalog.provider(*id).map(|p| &*p.name)),
        Value::Endpoint(id) => name(catalog.endpoint(*id).map(|e| &*e.name)),
        Value::Region(id) => name(catalog.region(*id).map(|r| &*r.name)),
        Value::Places(places) if places.is_empty() => "nowhere".to_owned(),
        Value::Places(places) => {
            let names: Vec<&str> = places.iter().map(|p| catalog.places.name(*p)).collect();
            names.join("+")
        }
        Value::Retention(Retention::Days(0)) => "zero".to_owned(),
        Value::Retention(Retention::Days(days)) => format!("{days}d"),
        Value::UnknownPlace | Value::Retention(Retention::Unknown) => "unknown".to_owned(),
        Value::Row(table, row) => {
            let table = policy.tables.get(*table as usize);
            name(table.and_then(|t| t.keys.get(*row as usize)).map(|k| &**k))
        }
        Value::Set(items) if items.is_empty() => "nothing".to_owned(),
        Value::Set(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|i| format!("`{}`", display(i, catalog, policy)))
                .collect();
            text::join(&items, "and")
        }
    }
}
