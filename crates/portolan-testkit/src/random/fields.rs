//! What rules may read, with types: taken from the schema itself, so that a new field takes part
//! on the day it is added.

use portolan_core::policy::{BodyField, EndpointFact, ModelFact, RouteFact, StateFact, Type};
use portolan_core::request::Auth;

use super::catalog::World;
use super::declared::Declared;
use super::values::literal;
use crate::dice::Dice;

/// The keys of the one table.
pub(super) const KEYS: [&str; 3] = ["t1", "t2", "t3"];

/// Something that a rule may read.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each decides on its own which rules may read it"
)]
pub(super) struct Field {
    /// As rules write it.
    pub(super) path: String,
    /// What it is.
    pub(super) of: Type,
    /// It may be absent, or something in its path may.
    pub(super) asks: bool,
    /// A field of the request itself, which compares with no other such field.
    pub(super) of_request: bool,
    /// The body field that it is or starts from.
    pub(super) body: Option<BodyField>,
    /// It reads the candidate.
    pub(super) of_route: bool,
    /// It says where a candidate is or who runs it.
    pub(super) place: bool,
    /// It depends on the service tier.
    pub(super) priced: bool,
    /// A fact about now.
    pub(super) of_state: bool,
}

impl Field {
    fn new(path: impl Into<String>, of: Type, asks: bool) -> Self {
        Self {
            path: path.into(),
            of,
            asks,
            of_request: false,
            body: None,
            of_route: false,
            place: false,
            priced: false,
            of_state: false,
        }
    }

    /// A member of this one.
    fn member(&self, name: &str, of: Type, asks: bool) -> Self {
        Self {
            path: format!("{}.{name}", self.path),
            of,
            asks: self.asks || asks,
            of_request: false,
            ..self.clone()
        }
    }

    /// The members that a value of its type has, and theirs in turn.
    fn members(&self, columns: &[(String, Type)], depth: usize, out: &mut Vec<Self>) {
        if depth == 0 {
            return;
        }
        let mut found = Vec::new();
        if self.of == Type::Model {
            // A model id that stands for nothing has no facts.
            let asked = self.path == "request.model";
            for fact in ModelFact::ALL {
                found.push(self.member(fact.name(), fact.of(), asked || fact.optional()));
            }
        } else if self.of == Type::Endpoint {
            for fact in EndpointFact::ALL {
                found.push(self.member(fact.name(), fact.of(), fact.optional()));
            }
        } else if matches!(self.of, Type::Key(_)) {
            for (name, of) in columns {
                found.push(self.member(name, of.clone(), false));
            }
        }
        for member in found {
            member.members(columns, depth - 1, out);
            out.push(member);
        }
    }
}

/// Everything there is to read, once the policy's inputs are declared.
pub(super) fn all(declared: &Declared, world: &World) -> Vec<Field> {
    let mut roots = Vec::new();
    let request = |path: &str, of: Type, asks: bool| Field {
        of_request: true,
        ..Field::new(format!("request.{path}"), of, asks)
    };
    roots.push(request("endpoint", Type::Endpoint, false));
    roots.push(request("at", Type::Instant, false));
    let auth = Auth::NAMES
        .iter()
        .map(|(name, _)| Box::from(*name))
        .collect();
    roots.push(request("auth", Type::Choice(auth), false));
    roots.push(request("auth_header", Type::Text, true));
    for (name, of, asks) in &declared.attributes {
        roots.push(request(name, of.clone(), *asks));
    }
    for field in BodyField::ALL.iter().copied() {
        let asks = field.optional() && !declared.defaults.contains(&field);
        roots.push(Field {
            body: Some(field),
            ..request(field.name(), field.of(), asks)
        });
    }
    let of_route = |path: &str, fact: RouteFact, of: Type, asks: bool| Field {
        of_route: true,
        priced: fact.is_of_price(),
        place: matches!(
            fact,
            RouteFact::Region
                | RouteFact::Endpoint
                | RouteFact::Processing
                | RouteFact::Storage
                | RouteFact::Ingress
                | RouteFact::Retention
                | RouteFact::Providers
        ),
        ..Field::new(format!("route.{path}"), of, asks)
    };
    for (name, fact, of, optional) in RouteFact::table() {
        roots.push(of_route(name, fact, of, optional));
    }
    for (fact, score) in (0u32..).zip(&world.scores) {
        let fact = RouteFact::Score(portolan_core::catalog::ScoreId(fact));
        roots.push(of_route(
            &format!("score.{score}"),
            fact,
            Type::Number,
            true,
        ));
    }
    for scope in ["model", "route"] {
        for fact in StateFact::ALL {
            roots.push(Field {
                of_request: true,
                of_state: true,
                ..Field::new(format!("{scope}.{}", fact.name()), fact.of(), false)
            });
        }
    }
    let mut out = Vec::new();
    for root in roots {
        root.members(&declared.columns, 3, &mut out);
        out.push(root);
    }
    out
}

/// The table's columns, one of every type that a column may have, with the rows' cells.
pub(super) fn table(dice: &mut Dice, world: &World) -> (Vec<(String, Type)>, Vec<String>) {
    let set = |of: Type| Type::Set(Box::new(of));
    let types = [
        ("residency", Type::Place),
        ("keeps", Type::Retention),
        ("budget", Type::Tokens),
        ("seats", Type::Count),
        ("heat", Type::Number),
        ("pays", Type::Money),
        ("since", Type::Instant),
        ("patience", Type::Duration),
        ("label", Type::Text),
        ("loud", Type::Bool),
        ("flagship", Type::Model),
        ("likes", Type::Maker),
        ("vendor", Type::Provider),
        ("door", Type::Endpoint),
        ("home", Type::Region),
        ("models", set(Type::Model)),
        ("vendors", set(Type::Provider)),
        ("homes", set(Type::Region)),
    ];
    let columns: Vec<(String, Type)> = types
        .into_iter()
        .enumerate()
        .filter(|(index, _)| *index < 2 || dice.chance(50))
        .map(|(_, (name, of))| (name.to_owned(), of))
        .collect();
    // Rows that no rule names are told apart by their cells alone.
    let others = ["t4", "t5", "t6", "t7", "t8", "t9"];
    let others = others.into_iter().take(dice.below(7));
    let rows = KEYS.into_iter().chain(others).map(|key| {
        let cells = columns
            .iter()
            .map(|(_, of)| literal(dice, of, world, &KEYS));
        let cells: Vec<String> = cells.flatten().collect();
        format!("  row {key}: {}", cells.join(", "))
    });
    let rows = rows.collect();
    (columns, rows)
}

/// A column's type by the name that a declaration gives it.
pub(super) fn type_word(of: &Type) -> &'static str {
    let words = [
        (Type::Bool, "bool"),
        (Type::Tokens, "tokens"),
        (Type::Count, "count"),
        (Type::Number, "number"),
        (Type::Money, "money"),
        (Type::Instant, "date"),
        (Type::Duration, "duration"),
        (Type::Text, "text"),
        (Type::Model, "model"),
        (Type::Maker, "maker"),
        (Type::Provider, "provider"),
        (Type::Endpoint, "endpoint"),
        (Type::Region, "region"),
        (Type::Place, "place"),
        (Type::Retention, "retention"),
        (Type::Set(Box::new(Type::Model)), "models"),
        (Type::Set(Box::new(Type::Provider)), "providers"),
        (Type::Set(Box::new(Type::Region)), "regions"),
    ];
    let found = words.iter().find(|(known, _)| known == of);
    found.map_or("", |(_, word)| word)
}
