//! Types and values. Which fields there are is `schema.rs`'s.

use std::collections::BTreeSet;

use super::words::Words;
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
    Choice(Words),
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
