//! Where something stands in a body: `messages[0].content`, `fallbacks[1].model`.
//!
//! A path is a chain of steps on the stack, so that walking a body costs nothing until a fault
//! is written down. Its length is that of the levels which are looked into, six at most.

use std::borrow::Cow;
use std::fmt;

use portolan_core::{limits, text};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Path<'p> {
    /// The body itself.
    Root,
    /// An entry of the body's `fallbacks`.
    Fallback(usize),
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl<'p> Path<'p> {
    /// The body, or the fallback that a member comes from.
    pub(crate) fn of(origin: Option<usize>) -> Self {
        origin.map_or(Self::Root, Self::Fallback)
    }

    pub(crate) fn key(&'p self, key: &'p str) -> Self {
        Path::Key(self, key)
    }

    pub(crate) fn index(&'p self, index: usize) -> Self {
        Path::Index(self, index)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Fallback(index) => write!(f, "fallbacks[{index}]"),
            Self::Key(Self::Root, key) => f.write_str(&shown(key)),
            Self::Key(parent, key) => write!(f, "{parent}.{}", shown(key)),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// A key as it is echoed: nearly always as it is.
fn shown(key: &str) -> Cow<'_, str> {
    let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && key.len() <= limits::ECHO_CHARS {
        Cow::Borrowed(key)
    } else {
        Cow::Owned(text::echo(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_without_dollar_or_leading_dot() {
        let messages = Path::Root.key("messages");
        assert_eq!(
            messages.index(0).key("content").to_string(),
            "messages[0].content"
        );
        assert_eq!(
            Path::of(Some(1)).key("model").to_string(),
            "fallbacks[1].model"
        );
        assert_eq!(Path::Root.to_string(), "");
        assert_eq!(Path::Root.key("a\u{202e}").to_string(), "a\\u{202e}");
    }
}
