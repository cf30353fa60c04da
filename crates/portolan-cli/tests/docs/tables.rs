//! The tables of `docs/language.md` are those of the code: fields with their types, and limits.

use std::collections::BTreeMap;

use portolan_core::policy::{BodyField, EndpointFact, ModelFact, RouteFact, Type, Vocabulary};
use portolan_core::request::{Auth, ChainFaultKind, FaultKind};

use crate::blocks::read;

/// The rows of the first table after a heading or a line, without its head; cells trimmed.
fn table(after: &str) -> Vec<Vec<String>> {
    let page = read("docs/language.md");
    let (_, rest) = page.split_once(after).unwrap();
    let lines = rest.lines().skip_while(|l| !l.starts_with('|'));
    let rows = lines.take_while(|l| l.starts_with('|')).skip(2);
    let cells = |row: &str| {
        row.split('|')
            .map(|c| c.trim().to_owned())
            .collect::<Vec<_>>()
    };
    rows.map(|row| {
        let mut cells = cells(row.trim_matches('|'));
        cells[0] = cells[0].trim_matches('`').to_owned();
        cells
    })
    .collect()
}

/// A field as its row shows it.
fn row(name: &str, of: &Type, optional: bool) -> [String; 3] {
    let optional = if optional { "yes" } else { "no" };
    [name.to_owned(), type_name(of), optional.to_owned()]
}

fn type_name(of: &Type) -> String {
    let name = match of {
        Type::Bool => "bool",
        Type::Tokens => "tokens",
        Type::Count => "count",
        Type::Number => "number",
        Type::Money => "money",
        Type::Instant => "date",
        Type::Duration => "duration",
        Type::Text => "text",
        Type::Choice(_) => "choice",
        Type::Word(Vocabulary::Capability) => "capability",
        Type::Word(Vocabulary::Parameter) => "parameter",
        Type::Model => "model",
        Type::Maker => "maker",
        Type::Provider => "provider",
        Type::Endpoint => "endpoint",
        Type::Region => "region",
        Type::Place => "place",
        Type::Retention => "retention",
        Type::Key(_) => "key",
        Type::Presence => "presence",
        Type::Set(of) => {
            return match &*type_name(of) {
                "text" => "set of text".to_owned(),
                "capability" => "set of capabilities".to_owned(),
                other => format!("set of {other}s"),
            };
        }
    };
    name.to_owned()
}

fn head(rows: Vec<Vec<String>>) -> Vec<[String; 3]> {
    let rows = rows.into_iter();
    rows.map(|r| [r[0].clone(), r[1].clone(), r[2].clone()])
        .collect()
}

#[test]
fn the_request_has_the_fields_of_the_schema() {
    let rows = table("\n## The request\n");
    let (envelope, body) = rows.split_at(5);
    let names: Vec<&str> = envelope.iter().map(|r| &*r[0]).collect();
    let own = [
        "endpoint",
        "at",
        "auth",
        "auth_header",
        "an attribute's name",
    ];
    assert_eq!(names, own);
    let fields = BodyField::ALL.iter();
    let expected: Vec<_> = fields
        .map(|f| row(f.name(), &f.of(), f.optional()))
        .collect();
    assert_eq!(head(body.to_vec()), expected);
    for row in &rows {
        let of_the_call = own.contains(&&*row[0]);
        let of_the_chain = row[0].starts_with("fallback_") || row[0].starts_with("fault");
        let may = if of_the_call || of_the_chain {
            "no"
        } else {
            "yes"
        };
        assert_eq!(row[4], may, "{}", row[0]);
    }
}

#[test]
fn choices_take_the_words_of_the_schema() {
    let quoted = |words: Vec<&str>| {
        let words: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
        words.join(", ")
    };
    let none = || vec!["none"];
    let auth = Auth::NAMES.iter().map(|(name, _)| *name).collect();
    let fault = FaultKind::NAMES.iter().map(|(name, _)| *name);
    let chain = ChainFaultKind::NAMES.iter().map(|(name, _)| *name);
    let expected = vec![
        vec!["auth".to_owned(), quoted(auth)],
        vec![
            "fault".to_owned(),
            quoted(none().into_iter().chain(fault).collect()),
        ],
        vec![
            "fallback_fault".to_owned(),
            quoted(none().into_iter().chain(chain).collect()),
        ],
    ];
    assert_eq!(table("A choice takes\nthese words"), expected);
}

#[test]
fn endpoints_models_and_routes_have_the_facts_of_the_schema() {
    let facts = EndpointFact::ALL.iter();
    let endpoint: Vec<_> = facts
        .map(|f| row(f.name(), &f.of(), f.optional()))
        .collect();
    assert_eq!(head(table("\n## The endpoint\n")), endpoint);
    let facts = ModelFact::ALL.iter();
    let model: Vec<_> = facts
        .map(|f| row(f.name(), &f.of(), f.optional()))
        .collect();
    assert_eq!(head(table("\n## The model\n")), model);
    let facts = RouteFact::table();
    let facts = facts.iter();
    let route: Vec<_> = facts
        .map(|(name, _, of, optional)| row(name, of, *optional))
        .collect();
    assert_eq!(head(table("\n## The route\n")), route);
}

#[test]
fn limits_are_those_of_the_core() {
    let source = read("crates/portolan-core/src/limits.rs");
    let constants = source.lines().filter_map(|l| l.strip_prefix("pub const "));
    let code: BTreeMap<String, u64> = constants
        .map(|line| {
            let (name, rest) = line.split_once(':').unwrap();
            let (_, value) = rest.trim_end_matches(';').split_once('=').unwrap();
            let factors = value.split('*').map(|f| f.trim().replace('_', ""));
            let product = factors.map(|f| f.parse::<u64>().unwrap()).product();
            (name.to_owned(), product)
        })
        .collect();
    let rows = table("\n# Limits\n");
    let page = rows.iter().map(|r| (r[0].clone(), r[1].parse().unwrap()));
    assert_eq!(page.collect::<BTreeMap<_, _>>(), code);
}
