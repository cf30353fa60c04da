//! A document as nodes with their places: what both notations of a catalog parse to.
//!
//! Nothing here knows what a key means; `decode` does. Scalars are text, whatever they look like.

use std::borrow::Cow;

use crate::source::Span;

/// One value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node<'a> {
    /// The text it was read from; what an alias repeats stands where it was written first.
    pub span: Span,
    /// What it is.
    pub value: Value<'a>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text.
    Scalar {
        /// After escapes.
        text: Cow<'a, str>,
        /// Written in quotes or as a block: never absent, even when empty.
        quoted: bool,
    },
    /// Nodes in order.
    Sequence(Vec<Node<'a>>),
    /// Nodes by key, in order; no key stands twice.
    Map(Vec<Entry<'a>>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key's text.
    pub key: Cow<'a, str>,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node<'a>,
}

impl Node<'_> {
    /// Says whether nothing is written: an empty plain scalar, `~` or `null`.
    pub fn is_absent(&self) -> bool {
        match &self.value {
            Value::Scalar { text, quoted } => {
                !quoted && matches!(&**text, "" | "~" | "null" | "Null" | "NULL")
            }
            Value::Sequence(_) | Value::Map(_) => false,
        }
    }

    /// What it is, for people.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } if self.is_absent() => "nothing",
            Value::Scalar { .. } => "text",
            Value::Sequence(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}
