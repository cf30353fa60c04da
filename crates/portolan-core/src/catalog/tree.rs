//! A document as nodes with their places: what both notations of a catalog parse to.
//!
//! Nothing here knows what a key means; `decode` does. Scalars are text, whatever they look like.

pub mod diags;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Span;
use crate::text::echo;

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

    /// Says whether another node has the same data: places and quotes are none, and what is
    /// absent is absent however it is spelled.
    pub fn same_data(&self, other: &Node<'_>) -> bool {
        match (&self.value, &other.value) {
            (Value::Scalar { text, .. }, Value::Scalar { text: others, .. }) => {
                match (self.is_absent(), other.is_absent()) {
                    (true, absent) | (absent, true) => absent,
                    (false, false) => text == others,
                }
            }
            (Value::Sequence(items), Value::Sequence(others)) => {
                items.len() == others.len() && items.iter().zip(others).all(|(a, b)| a.same_data(b))
            }
            (Value::Map(entries), Value::Map(others)) => {
                let same = |(a, b): (&Entry<'_>, &Entry<'_>)| {
                    a.key == b.key && a.value.same_data(&b.value)
                };
                entries.len() == others.len() && entries.iter().zip(others).all(same)
            }
            (Value::Scalar { .. } | Value::Sequence(_) | Value::Map(_), _) => false,
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

/// Takes the entries of large sections as they are read, so that no more than one of them is a
/// tree at a time.
pub(super) trait Streams<'a> {
    /// The section's name, where its entries are taken.
    fn takes(&self, section: &str) -> Option<&'static str>;

    /// Takes an entry; no key comes twice.
    fn take(&mut self, section: &'static str, entry: Entry<'a>);

    /// Forgets all that was taken: reading starts again.
    fn restart(&mut self);
}

/// Takes nothing: the tree is kept whole.
pub(super) struct Whole;

impl<'a> Streams<'a> for Whole {
    fn takes(&self, _: &str) -> Option<&'static str> {
        None
    }

    fn take(&mut self, _: &'static str, _: Entry<'a>) {}

    fn restart(&mut self) {}
}

/// Entries up to which comparing each key with each is quicker than an index.
const FEW: usize = 16;

/// Reports each key that repeats an earlier one, and drops it.
pub(super) fn unique<'a>(entries: Vec<Entry<'a>>, diagnostics: &mut Diagnostics) -> Vec<Entry<'a>> {
    let repeats = |(i, entry): (usize, &Entry<'a>)| {
        let earlier = entries.get(..i).unwrap_or_default();
        earlier.iter().any(|other| other.key == entry.key)
    };
    if entries.len() <= FEW && !entries.iter().enumerate().any(repeats) {
        return entries;
    }
    let mut first: BTreeMap<&str, Span> = BTreeMap::new();
    let mut repeated = BTreeSet::new();
    for (i, entry) in entries.iter().enumerate() {
        match first.get(&*entry.key) {
            None => {
                first.insert(&entry.key, entry.key_span);
            }
            Some(earlier) => {
                diagnostics.push(duplicate_key(entry.key_span, &entry.key, *earlier));
                repeated.insert(i);
            }
        }
    }
    if repeated.is_empty() {
        return entries;
    }
    let kept = entries.into_iter().enumerate();
    let kept = kept.filter(|(i, _)| !repeated.contains(i));
    kept.map(|(_, entry)| entry).collect()
}

pub(super) fn duplicate_key(span: Span, key: &str, first: Span) -> Diagnostic {
    let message = format!("`{}` stands twice in one map", echo(key));
    Diagnostic::error("duplicate-key", span, message)
        .related(first, "first here")
        .help("remove one of them")
}
