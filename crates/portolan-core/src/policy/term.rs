//! Terms: what a rule reads, as ids.

use super::schema::{BodyField, EndpointFact, ModelFact, RouteFact, StateFact};
use super::types::Value;

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

    /// Says whether the term is a fact of the candidate, or of its model or endpoint.
    pub fn is_of_the_route(&self) -> bool {
        self.walk()
            .iter()
            .any(|part| matches!(part, Self::Route(_)))
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
