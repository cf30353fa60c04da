//! What is looked at while serving: where upstreams say that they served; and where spans go.

use std::collections::BTreeMap;

use portolan_core::catalog::tree::{Entry, Node, Value};
use portolan_core::place::PlaceId;
use portolan_core::source::Span;

use super::super::diags;
use super::{Decoder, start};
use crate::config::watching::{ServedRegion, Stands, Traces};
use crate::host::is_host;

/// Characters of a header's name, and of the way to a field.
const NAME: usize = 200;

impl Decoder<'_> {
    /// How an upstream says where it served: by a header or a field, in words of its own.
    pub(super) fn served_region(&mut self, node: Node<'_>) -> Option<ServedRegion> {
        let span = start(node.span);
        let keys = ["header", "field", "regions"];
        let (mut stands, mut regions, mut wrong) = (None, None, false);
        for Entry {
            key,
            key_span,
            value,
        } in self.map(node, "`served_region`", &keys)?
        {
            match &*key {
                "header" | "field" if stands.is_some() => {
                    self.report(diags::conflicting_keys(key_span, "header", "field"));
                }
                "header" => {
                    stands = self.header(&value).map(Stands::Header);
                    wrong |= stands.is_none();
                }
                "field" => {
                    stands = self.field(&value).map(Stands::Field);
                    wrong |= stands.is_none();
                }
                "regions" => regions = Some(self.words(value)),
                _ => {}
            }
        }
        let absent = [
            ("header", stands.is_none() && !wrong),
            ("regions", regions.is_none()),
        ];
        for (key, _) in absent.into_iter().filter(|(_, absent)| *absent) {
            self.report(diags::missing_key(span, key, "`served_region`"));
        }
        Some(ServedRegion {
            stands: stands?,
            regions: regions?,
        })
    }

    /// A header's name, in lower case.
    pub(super) fn header(&mut self, node: &Node<'_>) -> Option<String> {
        let text = self.text(node, "a header")?;
        if !is_header(&text) {
            self.report(diags::bad_header(node.span, &text));
            return None;
        }
        Some(text.to_ascii_lowercase())
    }

    fn field(&mut self, node: &Node<'_>) -> Option<String> {
        let text = self.text(node, "a field")?;
        if !(2..=NAME).contains(&text.len()) || !text.starts_with('/') {
            self.report(diags::bad_field(node.span, &text));
            return None;
        }
        Some(text)
    }

    /// Where spans go.
    pub(super) fn traces(&mut self, node: Node<'_>) -> Option<Traces> {
        let span = start(node.span);
        let keys = ["url", "headers", "service", "providers", "queue"];
        let (mut url, mut said) = (None, false);
        let mut traces = Traces {
            url: String::new(),
            headers: BTreeMap::new(),
            service: "portolan".to_owned(),
            providers: BTreeMap::new(),
            queue: 2048,
        };
        for Entry { key, value, .. } in self.map(node, "`traces`", &keys)? {
            match &*key {
                "url" => {
                    said = true;
                    url = self.url(&value);
                }
                "headers" => {
                    let read = |d: &mut Self, (name, at): (&str, Span), node: Node<'_>| {
                        if !is_header(name) {
                            d.report(diags::bad_header(at, name));
                        }
                        d.secret(&node)
                    };
                    traces.headers = self.entries(value, "a map of headers to secrets", read);
                }
                "service" => {
                    traces.service = self.text(&value, "a name").unwrap_or_default();
                }
                "providers" => {
                    let read =
                        |d: &mut Self, _: (&str, Span), node: Node<'_>| d.text(&node, "a name");
                    traces.providers = self.entries(value, "a map of providers to names", read);
                }
                "queue" => self.size(&value, 1_000_000, &mut traces.queue),
                _ => {}
            }
        }
        if !said {
            self.report(diags::missing_key(span, "url", "`traces`"));
        }
        traces.url = url?;
        Some(traces)
    }

    /// An address with a path.
    fn url(&mut self, node: &Node<'_>) -> Option<String> {
        let text = self.text(node, "a URL")?;
        let rest = ["https://", "http://"];
        let rest = rest.iter().find_map(|scheme| text.strip_prefix(scheme));
        let sound = rest.is_some_and(|rest| {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let (name, port) = authority.rsplit_once(':').unwrap_or((authority, "0"));
            let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
            is_host(name) && port.parse::<u16>().is_ok() && path.bytes().all(plain)
        });
        if !sound {
            self.report(diags::bad_url(node.span, &text));
        }
        Some(text).filter(|_| sound)
    }

    /// An upstream's words for places.
    fn words(&mut self, node: Node<'_>) -> BTreeMap<String, PlaceId> {
        let mut words = BTreeMap::new();
        let (span, kind) = (node.span, node.kind());
        let Value::Map(entries) = node.value else {
            self.report(diags::wrong_kind(
                span,
                "a map of an upstream's words to places",
                kind,
            ));
            return words;
        };
        for entry in entries {
            let Some(place) = self.place(&entry.value) else {
                continue;
            };
            if words.insert(entry.key.to_lowercase(), place).is_some() {
                self.report(diags::word_twice(entry.key_span, &entry.key));
            }
        }
        words
    }
}

fn is_header(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=NAME).contains(&name.len()) && name.bytes().all(plain)
}
