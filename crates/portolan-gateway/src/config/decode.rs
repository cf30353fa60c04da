//! Nodes to a configuration: which keys each map takes, and what each value is.
//!
//! Every fault is reported at its place and reading goes on, so that all of them are found at once.

mod passing;
mod serving;
mod values;
mod watching;

use std::collections::BTreeMap;

use portolan_core::catalog::tree::{Entry, Node, Value};
use portolan_core::catalog::{self};
use portolan_core::diagnostic::Diagnostics;
use portolan_core::engine::Engine;
use portolan_core::source::{SourceId, Sources, Span};
use portolan_wire::http::Dialect;

use super::diags;
use super::{Config, Instead, KeyRow, Keys, Listener, Scheme, Serves, Upstream};
use crate::host::{self, is_host};

/// Reads a configuration and holds it against the policy that it is for. `None` when any finding
/// is an error.
pub fn read(
    sources: &Sources,
    id: SourceId,
    engine: &Engine,
    diagnostics: &mut Diagnostics,
) -> Option<Config> {
    let mut found = Diagnostics::default();
    let root = catalog::read(sources, id, &mut found);
    let config = root.and_then(|root| {
        let mut decoder = Decoder {
            engine,
            found: &mut found,
        };
        decoder.config(root)
    });
    let whole = !found.has_errors();
    diagnostics.extend(found);
    config.filter(|_| whole)
}

struct Decoder<'d> {
    engine: &'d Engine,
    found: &'d mut Diagnostics,
}

impl Decoder<'_> {
    fn config(&mut self, root: Node<'_>) -> Option<Config> {
        let span = start(root.span);
        let keys = [
            "gateway",
            "listeners",
            "upstreams",
            "attributes",
            "keys",
            "admin",
            "log",
            "bounds",
            "breaker",
            "pass_through",
            "shared_limits",
            "traces",
            "watch_s",
        ];
        let entries = self.map(root, "a configuration", &keys)?;
        let mut config = Config::of_listeners(Vec::new());
        let mut placed = Vec::new();
        let (mut edition, mut listeners, mut keys_at) = (false, false, None);
        for Entry { key, value, .. } in entries {
            match &*key {
                "gateway" => {
                    edition = true;
                    let text = self.text(&value, "an edition");
                    if let Some(text) = text.filter(|text| text != "1") {
                        self.report(diags::unknown_edition(value.span, &text));
                    }
                }
                "listeners" => {
                    listeners = value.value != Value::Sequence(Vec::new());
                    placed = self.list(value, "a list of listeners", Self::listener);
                }
                "upstreams" => config.upstreams = self.named(value, "upstreams", Self::upstream),
                "attributes" => {
                    let text = |d: &mut Self, _: (&str, Span), node| d.text(&node, "a value");
                    config.attributes = self.entries(value, "a map of attributes", text);
                }
                "keys" => {
                    keys_at = Some(value.span);
                    config.keys = self.keys(value);
                }
                "admin" => config.admin = self.address(&value),
                "log" => config.log = self.text(&value, "a path"),
                "bounds" => config.bounds = self.bounds(value),
                "breaker" => config.breaker = self.breaker(value),
                "pass_through" => {
                    let at = value.span;
                    config.passing = self.passing(value);
                    self.no_line_twice(at, &config.passing);
                }
                "watch_s" => self.number(&value, 0..=86_400, &mut config.watch_s),
                "traces" => config.traces = self.traces(value),
                "shared_limits" => config.shared_limits = self.shared_limits(value),
                _ => {}
            }
        }
        for (_, key) in [(edition, "gateway"), (listeners, "listeners")]
            .into_iter()
            .filter(|(there, _)| !there)
        {
            self.report(diags::missing_key(span, key, "a configuration"));
        }
        self.apart(&placed);
        let guarded = keys_at.is_some();
        for (at, listener) in placed {
            let near = listener.address.ip().is_loopback();
            if !(near || guarded || listener.open) {
                self.report(diags::open_listener(at, &listener.address.to_string()));
            }
            config.listeners.push(listener);
        }
        self.fits(&config, span, keys_at);
        Some(config)
    }

    /// No address serves two listeners. Port 0 is any free port, never the same.
    fn apart(&mut self, listeners: &[(Span, Listener)]) {
        for (index, (span, listener)) in listeners.iter().enumerate() {
            let earlier = listeners.get(..index).unwrap_or_default();
            let same = |(_, other): &&(Span, Listener)| other.address == listener.address;
            if listener.address.port() != 0
                && let Some((first, _)) = earlier.iter().find(same)
            {
                let address = listener.address.to_string();
                self.report(diags::address_twice(*span, *first, &address));
            }
        }
    }

    /// Every caller that the configuration can make is one that the policy declares.
    fn fits(&mut self, config: &Config, span: Span, keys_at: Option<Span>) {
        let endpoints = config.listeners.iter().flat_map(Listener::endpoints);
        let endpoint = endpoints.into_iter().next();
        let mut whose = vec![(span, None)];
        if let Some(keys) = &config.keys {
            let rows = keys.rows.values().map(|row| &row.row);
            whose = rows
                .map(|row| (keys_at.unwrap_or(span), Some((&keys.attribute, row))))
                .collect();
        }
        for (at, row) in whose {
            let mut attributes = config.attributes.clone();
            attributes.extend(row.map(|(name, row)| (name.clone(), row.clone())));
            if let Err(errors) = self.engine.caller(endpoint, &attributes) {
                self.report(diags::not_of_policy(at, &errors.to_string()));
            }
        }
    }

    fn listener(&mut self, node: Node<'_>) -> Option<(Span, Listener)> {
        let span = node.span;
        let keys = ["address", "endpoint", "hosts", "dialect", "open", "tls"];
        let (mut address, mut serves, mut dialect) = (None, None, Dialect::default());
        let entries = self.map(node, "a listener", &keys)?;
        // Misspelt is not missing.
        let misspelt = |entry: &Entry<'_>| !keys.contains(&&*entry.key);
        let mut tls = None;
        let (mut open, mut wrong) = (false, entries.iter().any(misspelt));
        for Entry {
            key,
            key_span,
            value,
        } in entries
        {
            match &*key {
                "address" => {
                    address = self.address(&value);
                    wrong |= address.is_none();
                }
                "endpoint" | "hosts" if serves.is_some() => {
                    self.report(diags::conflicting_keys(key_span, "hosts", "endpoint"));
                }
                "endpoint" => {
                    let text = self.text(&value, "an endpoint");
                    let text = text.filter(|text| self.endpoint(value.span, text));
                    wrong |= text.is_none();
                    serves = text.map(Serves::Endpoint);
                }
                "hosts" => serves = Some(Serves::Hosts(self.hosts(value))),
                "dialect" => dialect = self.dialect(&value),
                "open" => open = self.flag(&value),
                "tls" => {
                    tls = self.tls(value);
                    wrong |= tls.is_none();
                }
                _ => {}
            }
        }
        if address.is_none() && !wrong {
            self.report(diags::missing_key(start(span), "address", "a listener"));
        }
        if serves.is_none() && !wrong {
            self.report(diags::missing_key(start(span), "endpoint", "a listener"));
        }
        let listener = Listener {
            address: address?,
            serves: serves?,
            dialect,
            open,
            tls,
        };
        Some((span, listener))
    }

    fn hosts(&mut self, node: Node<'_>) -> BTreeMap<String, String> {
        let mut hosts = BTreeMap::new();
        let span = node.span;
        let Value::Map(entries) = node.value else {
            self.report(diags::wrong_kind(span, "a map of hosts", "something else"));
            return hosts;
        };
        for entry in entries {
            let host = host::folded(&entry.key);
            if !is_host(&host) || host != entry.key.to_ascii_lowercase().trim_end_matches('.') {
                self.report(diags::bad_host(entry.key_span, &entry.key));
            }
            let endpoint = self.text(&entry.value, "an endpoint");
            let Some(endpoint) = endpoint.filter(|e| self.endpoint(entry.value.span, e)) else {
                continue;
            };
            if hosts.insert(host, endpoint).is_some() {
                self.report(diags::host_twice(entry.key_span, &entry.key));
            }
        }
        hosts
    }

    fn upstream(&mut self, node: Node<'_>) -> Option<Upstream> {
        let span = start(node.span);
        let mut upstream = Upstream::default();
        let (mut origin, mut place, mut said) = (None, None, false);
        let keys = ["key", "scheme", "url", "place", "served_region"];
        for Entry { key, value, .. } in self.map(node, "an upstream", &keys)? {
            match &*key {
                "key" => upstream.key = self.secret(&value),
                "scheme" => upstream.scheme = self.word(&value, "scheme", &Scheme::NAMES),
                "url" => origin = self.origin(&value),
                "place" => {
                    said = true;
                    place = self.place(&value);
                }
                "served_region" => upstream.served_region = self.served_region(value),
                _ => {}
            }
        }
        upstream.instead = match (origin, place) {
            (Some(origin), Some(place)) => Some(Instead { origin, place }),
            (Some(_), None) if !said => {
                self.report(diags::place_missing(span));
                None
            }
            (Some(_) | None, _) => None,
        };
        Some(upstream)
    }

    fn keys(&mut self, node: Node<'_>) -> Option<Keys> {
        let span = start(node.span);
        let (mut attribute, mut rows) = (None, BTreeMap::new());
        for Entry { key, value, .. } in self.map(node, "`keys`", &["attribute", "rows"])? {
            match &*key {
                "attribute" => attribute = self.text(&value, "an attribute"),
                "rows" => {
                    for (at, hash, row) in self.list(value, "a list of keys", Self::key_row) {
                        if rows.insert(hash, row).is_some() {
                            self.report(diags::hash_twice(at));
                        }
                    }
                }
                _ => {}
            }
        }
        if attribute.is_none() {
            self.report(diags::missing_key(span, "attribute", "`keys`"));
        }
        let attribute = attribute?;
        Some(Keys { attribute, rows })
    }

    fn key_row(&mut self, node: Node<'_>) -> Option<(Span, String, KeyRow)> {
        let span = start(node.span);
        let (mut hash, mut row, mut upstreams) = (None, None, BTreeMap::new());
        let (mut wrong, mut budget) = (false, None);
        for Entry { key, value, .. } in
            self.map(node, "a key", &["sha256", "row", "upstreams", "budget"])?
        {
            match &*key {
                "sha256" => {
                    let text = self.text(&value, "a hash").map(|t| t.to_ascii_lowercase());
                    let digits = |t: &String| {
                        t.len() == 64 && t.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                    };
                    hash = text.filter(digits);
                    if hash.is_none() {
                        wrong = true;
                        self.report(diags::bad_hash(value.span));
                    }
                }
                "row" => row = self.text(&value, "a row"),
                "budget" => budget = self.budget(value),
                "upstreams" => {
                    let secret = |d: &mut Self, node: Node<'_>| d.secret(&node);
                    upstreams = self.named(value, "secrets", secret);
                }
                _ => {}
            }
        }
        let absent = [("sha256", hash.is_none() && !wrong), ("row", row.is_none())];
        for (key, _) in absent.into_iter().filter(|(_, absent)| *absent) {
            self.report(diags::missing_key(span, key, "a key"));
        }
        let row = KeyRow {
            row: row?,
            upstreams,
            budget,
        };
        Some((span, hash?, row))
    }
}

/// Where a node begins.
fn start(span: Span) -> Span {
    Span {
        end: span.start,
        ..span
    }
}
