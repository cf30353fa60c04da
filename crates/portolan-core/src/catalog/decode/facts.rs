//! Facts that may be dated: a value, a map with the value, or a list of such maps.

use super::{Decoder, Form, diags};
use crate::catalog::Retention;
use crate::catalog::raw;
use crate::catalog::shape;
use crate::catalog::tree::{Node, Value};
use crate::source::Spanned;

impl Decoder {
    /// Reads a fact whose value is `read`; a list is periods as soon as an item is a map.
    pub(super) fn fact<'a, T>(
        &mut self,
        node: Node<'a>,
        of: &str,
        read: impl Fn(&mut Self, Node<'a>) -> Option<Spanned<T>>,
    ) -> raw::Fact<T> {
        let plain = match &node.value {
            Value::Scalar { .. } => true,
            Value::Map(_) => false,
            Value::Sequence(items) => !items.iter().any(|i| matches!(i.value, Value::Map(_))),
        };
        if plain {
            let value = read(self, node);
            let period = value.map(|value| raw::Period { value, aside: None });
            return period.into_iter().collect();
        }
        let items = match node.value {
            Value::Sequence(items) => items,
            Value::Scalar { .. } | Value::Map(_) => vec![node],
        };
        let periods = items.into_iter();
        periods
            .filter_map(|item| self.period(item, of, &read))
            .collect()
    }

    fn period<'a, T>(
        &mut self,
        node: Node<'a>,
        of: &str,
        read: &impl Fn(&mut Self, Node<'a>) -> Option<Spanned<T>>,
    ) -> Option<raw::Period<T>> {
        let form = Form {
            of,
            shape: &shape::PERIOD,
            at: node.span,
        };
        let mut value = None;
        let aside = self.keys(node, &form, |d, _, node| value = read(d, node));
        value.map(|value| raw::Period { value, aside })
    }

    pub(super) fn token_fact(&mut self, node: Node<'_>, of: &str) -> raw::Fact<u64> {
        self.fact(node, of, |d, node| d.tokens(&node))
    }

    pub(super) fn multiplier_fact(&mut self, node: Node<'_>) -> raw::Fact<crate::decimal::Decimal> {
        self.fact(node, "a multiplier", |d, node| d.multiplier(&node))
    }

    pub(super) fn score_fact(&mut self, node: Node<'_>) -> raw::Fact<crate::decimal::Decimal> {
        self.fact(node, "a score", |d, node| d.decimal(&node))
    }

    /// One place name or a list of them.
    pub(super) fn place_fact(&mut self, node: Node<'_>) -> raw::Fact<Vec<raw::Text>> {
        self.fact(node, "a dated place", |d, node| {
            let span = node.span;
            if let Value::Scalar { .. } = node.value {
                return d.name(&node).map(|name| Spanned::new(vec![name], span));
            }
            let empty = matches!(&node.value, Value::Sequence(items) if items.is_empty());
            let names = d.list(node, "a place or a list of places", Self::name);
            if empty {
                d.report(diags::empty_list(span, "places"));
            }
            Some(Spanned::new(names, span)).filter(|names| !names.value.is_empty())
        })
    }

    /// A list of words, possibly empty.
    pub(super) fn word_fact(&mut self, node: Node<'_>, of: &str) -> raw::Fact<Vec<raw::Text>> {
        self.fact(node, of, |d, node| {
            let span = node.span;
            Some(Spanned::new(d.words(node), span))
        })
    }

    pub(super) fn retention_fact(&mut self, node: Node<'_>) -> raw::Fact<Retention> {
        self.fact(node, "a dated retention", |d, node| {
            d.parsed(&node, "a retention", |span, text| {
                retention(text).ok_or_else(|| diags::bad_retention(span, text).into())
            })
        })
    }
}

fn retention(text: &str) -> Option<Retention> {
    match text {
        "zero" => Some(Retention::Days(0)),
        "unknown" => Some(Retention::Unknown),
        days => {
            let digits = days.strip_suffix('d')?;
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            let days = plain.then(|| digits.parse().ok())?;
            days.map(Retention::Days)
        }
    }
}
