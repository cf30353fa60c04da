//! What single values of a configuration are, and what every map and list has in common.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use portolan_core::catalog::tree::{Entry, Node, Value};
use portolan_core::decimal::Decimal;
use portolan_core::diagnostic::Diagnostic;
use portolan_core::near;
use portolan_core::place::PlaceId;
use portolan_core::source::Span;
use portolan_wire::http::Dialect;

use super::super::diags;
use super::Decoder;
use crate::config::{Budget, Secret};
use crate::host::is_host;

/// Single values.
impl Decoder<'_> {
    pub(super) fn secret(&mut self, node: &Node<'_>) -> Option<Secret> {
        let text = self.text(node, "a secret's name")?;
        let secret = match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Some(Secret::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Some(Secret::File(path.to_owned())),
            Some(_) | None => None,
        };
        if secret.is_none() {
            self.report(diags::bad_secret(node.span));
        }
        secret
    }

    pub(super) fn origin(&mut self, node: &Node<'_>) -> Option<String> {
        let text = self.text(node, "an address")?;
        let rest = ["https://", "http://"]
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme));
        let authority = rest.map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        let sound = authority.is_some_and(|a| {
            let (name, port) = a.rsplit_once(':').unwrap_or((a, "0"));
            is_host(name) && port.parse::<u16>().is_ok()
        });
        if !sound {
            self.report(diags::bad_origin(node.span, &text));
            return None;
        }
        Some(text.strip_suffix('/').unwrap_or(&text).to_owned())
    }

    pub(super) fn place(&mut self, node: &Node<'_>) -> Option<PlaceId> {
        let text = self.text(node, "a place")?;
        let places = &self.engine.catalog().places;
        let place = places.named(&text);
        if place.is_none() {
            let meant = places.meant(&text).map(str::to_owned);
            let found = diags::unknown_word(
                node.span,
                "place of this catalog",
                &text,
                meant.as_deref(),
                &[],
            );
            self.report(found);
        }
        place
    }

    pub(super) fn endpoint(&mut self, span: Span, name: &str) -> bool {
        let catalog = self.engine.catalog();
        let known = catalog.endpoint_named(name).is_some();
        if !known {
            let names: Vec<&str> = catalog.endpoints.iter().map(|e| &*e.name).collect();
            let near = near::nearest(name, names.iter().copied());
            let what = "endpoint of this catalog";
            let found = diags::unknown_word(span, what, name, near, &names);
            self.report(found);
        }
        known
    }

    pub(super) fn dialect(&mut self, node: &Node<'_>) -> Dialect {
        let names = Dialect::CONFIGURED.map(|dialect| (dialect.name(), dialect));
        self.word(node, "dialect", &names)
    }

    pub(super) fn word<T: Copy + Default>(
        &mut self,
        node: &Node<'_>,
        what: &str,
        words: &[(&str, T)],
    ) -> T {
        let Some(text) = self.text(node, what) else {
            return T::default();
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return *value;
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let near = near::nearest(&text, known.iter().copied());
        self.report(diags::unknown_word(node.span, what, &text, near, &known));
        T::default()
    }

    pub(super) fn budget(&mut self, node: Node<'_>) -> Option<Budget> {
        let span = node.span;
        let (mut usd, mut window_s) = (None, 0);
        for Entry { key, value, .. } in self.map(node, "a budget", &["usd", "window_s"])? {
            match &*key {
                "usd" => {
                    let text = self.text(&value, "an amount")?;
                    let amount = Decimal::parse(&text.replace('_', "")).ok();
                    usd = amount.filter(|amount| *amount >= Decimal::ZERO);
                    if usd.is_none() {
                        self.report(diags::bad_amount(value.span, &text));
                        return None;
                    }
                }
                "window_s" => self.number(&value, 1..=1_000_000_000, &mut window_s),
                _ => {}
            }
        }
        let absent = [("usd", usd.is_none()), ("window_s", window_s == 0)];
        for (key, _) in absent.into_iter().filter(|(_, absent)| *absent) {
            self.report(diags::missing_key(span, key, "a budget"));
        }
        Some(Budget {
            usd: usd?,
            window_s,
        })
    }

    pub(super) fn flag(&mut self, node: &Node<'_>) -> bool {
        self.word(node, "choice", &[("true", true), ("false", false)])
    }

    pub(super) fn address(&mut self, node: &Node<'_>) -> Option<SocketAddr> {
        let text = self.text(node, "an address")?;
        let address = text.parse().ok();
        if address.is_none() {
            self.report(diags::bad_address(node.span, &text));
        }
        address
    }

    pub(super) fn size(&mut self, node: &Node<'_>, most: usize, to: &mut usize) {
        let mut number = u64::try_from(*to).unwrap_or(u64::MAX);
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        self.number(node, 1..=most, &mut number);
        *to = usize::try_from(number).unwrap_or(*to);
    }

    pub(super) fn number(
        &mut self,
        node: &Node<'_>,
        range: std::ops::RangeInclusive<u64>,
        to: &mut u64,
    ) {
        let Some(text) = self.text(node, "a number") else {
            return;
        };
        match text.replace('_', "").parse::<u64>() {
            Ok(number) if range.contains(&number) => *to = number,
            Ok(_) | Err(_) => {
                let (least, most) = range.into_inner();
                self.report(diags::bad_number(node.span, &text, least, most));
            }
        }
    }
}

/// What every map and list has in common.
impl Decoder<'_> {
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// The entries of a map whose keys are known.
    pub(super) fn map<'a>(
        &mut self,
        node: Node<'a>,
        of: &str,
        takes: &[&str],
    ) -> Option<Vec<Entry<'a>>> {
        let (span, kind) = (node.span, node.kind());
        let Value::Map(entries) = node.value else {
            self.report(diags::wrong_kind(span, &format!("{of} as a map"), kind));
            return None;
        };
        for entry in &entries {
            if !takes.contains(&&*entry.key) {
                let near = near::nearest(&entry.key, takes.iter().copied());
                let found = diags::unknown_key(entry.key_span, &entry.key, of, takes, near);
                self.report(found);
            }
        }
        Some(entries)
    }

    /// A map of names to values.
    pub(super) fn entries<'a, T>(
        &mut self,
        node: Node<'a>,
        expected: &str,
        read: impl Fn(&mut Self, (&str, Span), Node<'a>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let (span, kind) = (node.span, node.kind());
        let Value::Map(entries) = node.value else {
            self.report(diags::wrong_kind(span, expected, kind));
            return BTreeMap::new();
        };
        let pairs = entries.into_iter().filter_map(|entry| {
            let value = read(self, (&*entry.key, entry.key_span), entry.value)?;
            Some((entry.key.into_owned(), value))
        });
        pairs.collect()
    }

    /// A map of endpoints to values.
    pub(super) fn named<'a, T>(
        &mut self,
        node: Node<'a>,
        of: &str,
        read: impl Fn(&mut Self, Node<'a>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        self.entries(
            node,
            &format!("a map of endpoints to {of}"),
            |d, (key, at), node| {
                let known = d.endpoint(at, key);
                read(d, node).filter(|_| known)
            },
        )
    }

    pub(super) fn list<'a, T>(
        &mut self,
        node: Node<'a>,
        expected: &str,
        read: impl Fn(&mut Self, Node<'a>) -> Option<T>,
    ) -> Vec<T> {
        let (span, kind) = (node.span, node.kind());
        let Value::Sequence(items) = node.value else {
            self.report(diags::wrong_kind(span, expected, kind));
            return Vec::new();
        };
        items
            .into_iter()
            .filter_map(|item| read(self, item))
            .collect()
    }

    pub(super) fn text(&mut self, node: &Node<'_>, expected: &str) -> Option<String> {
        match &node.value {
            Value::Scalar { text, .. } if !node.is_absent() => Some(text.clone().into_owned()),
            Value::Scalar { .. } | Value::Sequence(_) | Value::Map(_) => {
                self.report(diags::wrong_kind(node.span, expected, node.kind()));
                None
            }
        }
    }
}
