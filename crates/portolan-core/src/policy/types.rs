//! Types, values and terms. Which fields there are is `schema.rs`'s.

use std::collections::BTreeSet;

use super::schema::{BodyField, EndpointFact, ModelFact, RouteFact, StateFact};
use crate::catalog::{EndpointId, MakerId, ModelId, ProviderId, RegionId, Retention};
use crate::decimal::Decimal;
use crate::instant::Instant;
use crate::place::PlaceId;

/// What a term is. Values of different types never compare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// True or false.
    Bool,
    /// A number of tokens.
    Tokens,
    /// A plain count.
    Count,
    /// An exact decimal without a unit.
    Number,
    /// US dollars per million tokens.
    Money,
    /// A moment.
    Instant,
    /// A length of time.
    Duration,
    /// Any text.
    Text,
    /// One of a closed list of words.
    Choice(Vec<Box<str>>),
    /// A word of a vocabulary.
    Word(Vocabulary),
    /// A model.
    Model,
    /// A maker.
    Maker,
    /// A provider.
    Provider,
    /// An endpoint.
    Endpoint,
    /// A region.
    Region,
    /// A set of territories.
    Place,
    /// How long data is kept.
    Retention,
    /// A key of a table, by the table's position.
    Key(u32),
    /// A set.
    Set(Box<Type>),
    /// Only whether it is set can be asked.
    Presence,
}

/// A list of known words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vocabulary {
    /// The catalog's capabilities.
    Capability,
    /// The request schema's and the catalog's parameters.
    Parameter,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// Tokens, a count, or milliseconds.
    Integer(i64),
    /// A number or money.
    Decimal(Decimal),
    /// A moment.
    Instant(Instant),
    /// Text, a choice, or a word.
    Text(Box<str>),
    /// A model.
    Model(ModelId),
    /// A maker.
    Maker(MakerId),
    /// A provider.
    Provider(ProviderId),
    /// An endpoint.
    Endpoint(EndpointId),
    /// A region.
    Region(RegionId),
    /// Named places; their territories depend on the instant.
    Places(Vec<PlaceId>),
    /// Nobody says which places.
    UnknownPlace,
    /// How long data is kept.
    Retention(Retention),
    /// A row of a table: the table's position, then the row's.
    Row(u32, u32),
    /// A set.
    Set(BTreeSet<Value>),
}

/// A value that a rule reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    /// A constant.
    Constant(Value),
    /// `request.endpoint`
    Endpoint,
    /// `request.at`
    At,
    /// `request.auth`
    Auth,
    /// `request.auth_header`
    AuthHeader,
    /// An attribute, by position.
    Attribute(u32),
    /// A column of the row that a key names.
    Column(Box<Term>, u32, u32),
    /// A field of the effective body.
    Body(BodyField),
    /// A fact of a model.
    OfModel(Box<Term>, ModelFact),
    /// A fact of an endpoint.
    OfEndpoint(Box<Term>, EndpointFact),
    /// A fact of the candidate.
    Route(RouteFact),
    /// A fact about now.
    State(Scope, StateFact),
    /// An instant moved by seconds.
    Offset(Box<Term>, i64),
    /// What the first set has and the second has not.
    Without(Box<Term>, Box<Term>),
}

/// What a fact about now is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The candidate's model.
    Model,
    /// The candidate itself.
    Route,
}

impl Term {
    /// The terms inside this one, itself first.
    pub fn walk(&self) -> Vec<&Self> {
        let mut out = vec![self];
        match self {
            Self::Column(inner, ..)
            | Self::OfModel(inner, _)
            | Self::OfEndpoint(inner, _)
            | Self::Offset(inner, _) => out.extend(inner.walk()),
            Self::Without(a, b) => {
                out.extend(a.walk());
                out.extend(b.walk());
            }
            Self::Constant(_)
            | Self::Endpoint
            | Self::At
            | Self::Auth
            | Self::AuthHeader
            | Self::Attribute(_)
            | Self::Body(_)
            | Self::Route(_)
            | Self::State(..) => {}
        }
        out
    }

    /// Says whether the term is a field of the request itself, rather than a constant or a fact
    /// of the catalog or a table.
    pub fn is_request_field(&self) -> bool {
        match self {
            Self::At
            | Self::Auth
            | Self::AuthHeader
            | Self::Attribute(_)
            | Self::Body(_)
            | Self::Endpoint
            | Self::State(..) => true,
            Self::Offset(inner, _) => inner.is_request_field(),
            Self::Without(a, b) => a.is_request_field() || b.is_request_field(),
            Self::Constant(_)
            | Self::Column(..)
            | Self::OfModel(..)
            | Self::OfEndpoint(..)
            | Self::Route(_) => false,
        }
    }
}
