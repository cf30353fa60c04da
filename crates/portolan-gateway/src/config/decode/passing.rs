//! Nodes to what passes through: names, hosts, and the lines of the allow-list.

use portolan_core::catalog::tree::{Entry as Key, Node, Value};
use portolan_core::decimal::Decimal;
use portolan_core::instant::{Dated, Instant, Window};
use portolan_core::source::Span;

use super::super::diags;
use super::super::passing::{Carries, Entry, Host, Passing};
use super::{Decoder, start};

/// Methods that a line may name. `CONNECT` and `TRACE` would be something else than a call.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

impl Decoder<'_> {
    pub(super) fn passing(&mut self, node: Node<'_>) -> Vec<Passing> {
        let (span, kind) = (node.span, node.kind());
        let Value::Map(entries) = node.value else {
            self.report(diags::wrong_kind(span, "a map of names", kind));
            return Vec::new();
        };
        let read = entries.into_iter().filter_map(|entry| {
            if !is_name(&entry.key) {
                self.report(diags::bad_name(entry.key_span, &entry.key));
            }
            self.passing_of(entry.key.into_owned(), entry.value)
        });
        read.collect()
    }

    fn passing_of(&mut self, name: String, node: Node<'_>) -> Option<Passing> {
        let span = start(node.span);
        let (mut endpoint, mut hosts, mut price) = (None, None, Dated::default());
        let keys = ["endpoint", "hosts", "usd_per_audio_hour"];
        let entries = self.map(node, "a pass-through", &keys)?;
        for Key { key, value, .. } in entries {
            match &*key {
                "endpoint" => {
                    let text = self.text(&value, "an endpoint");
                    endpoint = text.filter(|text| self.endpoint(value.span, text));
                    endpoint.as_ref()?;
                }
                "hosts" => hosts = Some(self.list(value, "a list of hosts", Self::passing_host)),
                "usd_per_audio_hour" => price = self.price(value),
                _ => {}
            }
        }
        for (key, there) in [("endpoint", endpoint.is_some()), ("hosts", hosts.is_some())] {
            if !there {
                self.report(diags::missing_key(span, key, "a pass-through"));
            }
        }
        Some(Passing {
            name,
            endpoint: endpoint?,
            hosts: hosts?,
            price,
        })
    }

    fn passing_host(&mut self, node: Node<'_>) -> Option<Host> {
        let span = start(node.span);
        let (mut origin, mut place, mut entries) = (None, None, Vec::new());
        let keys = ["url", "place", "json", "uploads", "sockets", "protocols"];
        let mut protocols = Vec::new();
        let (mut said_url, mut said_place) = (false, false);
        for Key { key, value, .. } in self.map(node, "a host", &keys)? {
            let carries = match &*key {
                "json" => Carries::Json,
                "uploads" => Carries::Upload,
                "sockets" => Carries::Socket,
                "url" => {
                    said_url = true;
                    origin = self.origin(&value);
                    continue;
                }
                "place" => {
                    said_place = true;
                    place = self.place(&value);
                    continue;
                }
                "protocols" => {
                    let read = |d: &mut Self, node: Node<'_>| d.protocol(&node);
                    protocols = self.list(value, "a list of subprotocols", read);
                    continue;
                }
                _ => continue,
            };
            let line = |d: &mut Self, node: Node<'_>| d.line(&node, carries);
            entries.extend(self.list(value, "a list of paths", line));
        }
        if !said_url {
            self.report(diags::missing_key(span, "url", "a host"));
        }
        if !said_place {
            self.report(diags::place_missing(span));
        }
        Some(Host {
            origin: origin?,
            place: place?,
            entries,
            protocols,
        })
    }

    /// A subprotocol's name: one word.
    fn protocol(&mut self, node: &Node<'_>) -> Option<String> {
        let text = self.text(node, "a subprotocol")?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let sound = !text.is_empty() && text.bytes().all(plain);
        if !sound {
            self.report(diags::bad_protocol(node.span, &text));
        }
        Some(text).filter(|_| sound)
    }

    /// `GET /v2/transcript/*`.
    fn line(&mut self, node: &Node<'_>, carries: Carries) -> Option<Entry> {
        let text = self.text(node, "a method and a path")?;
        let parts = text.split_once(' ');
        let parts = parts.filter(|(method, _)| METHODS.contains(method));
        let read = parts.and_then(|(method, path)| Some((method, segments(path)?)));
        let read = read.filter(|(method, _)| carries != Carries::Socket || *method == "GET");
        let Some((method, path)) = read else {
            self.report(diags::bad_line(node.span, &text));
            return None;
        };
        Some(Entry {
            carries,
            method: method.to_owned(),
            path,
        })
    }

    /// One amount, or amounts with the time from and until which each holds.
    fn price(&mut self, node: Node<'_>) -> Dated<Decimal> {
        let span = node.span;
        let Value::Sequence(items) = node.value else {
            let amount = self.amount(&node);
            return amount.map(Dated::always).unwrap_or_default();
        };
        let mut periods = Vec::new();
        for item in items {
            let at = start(item.span);
            let (mut window, mut amount, mut said) = (Window::ALWAYS, None, false);
            let keys = self.map(item, "a price", &["value", "from", "until"]);
            for Key { key, value, .. } in keys.unwrap_or_default() {
                match &*key {
                    "value" => {
                        said = true;
                        amount = self.amount(&value);
                    }
                    "from" => window.from = self.instant(&value),
                    "until" => window.until = self.instant(&value),
                    _ => {}
                }
            }
            if !said {
                self.report(diags::missing_key(at, "value", "a price"));
            }
            periods.extend(amount.map(|amount| (window, amount)));
        }
        Dated::new(periods).unwrap_or_else(|_| {
            self.report(diags::overlapping(span));
            Dated::default()
        })
    }

    fn amount(&mut self, node: &Node<'_>) -> Option<Decimal> {
        let text = self.text(node, "an amount")?;
        let amount = Decimal::parse(&text).ok();
        let amount = amount.filter(|amount| *amount >= Decimal::ZERO);
        if amount.is_none() {
            self.report(diags::bad_amount(node.span, &text));
        }
        amount
    }

    fn instant(&mut self, node: &Node<'_>) -> Option<Instant> {
        let text = self.text(node, "a date")?;
        let at = Instant::parse(&text).ok();
        if at.is_none() {
            self.report(diags::bad_date(node.span, &text));
        }
        at
    }

    /// No two lines take the same call, and no name is a path of the gateway itself.
    pub(super) fn no_line_twice(&mut self, span: Span, passing: &[Passing]) {
        for group in passing {
            let lines: Vec<_> = group.entries().map(|(_, entry)| entry).collect();
            for (at, entry) in lines.iter().enumerate() {
                let earlier = lines.get(..at).unwrap_or_default();
                if earlier.iter().any(|other| meet(other, entry)) {
                    let line = shown(entry);
                    self.report(diags::line_twice(span, &group.name, &line));
                }
            }
        }
    }
}

/// Whether some call is both of these lines'.
fn meet(a: &Entry, b: &Entry) -> bool {
    let both = |(a, b): (&Option<String>, &Option<String>)| match (a, b) {
        (Some(a), Some(b)) => a == b,
        (None, _) | (_, None) => true,
    };
    a.method == b.method && a.path.len() == b.path.len() && a.path.iter().zip(&b.path).all(both)
}

fn shown(entry: &Entry) -> String {
    let segments = entry.path.iter();
    let segments: Vec<&str> = segments.map(|s| s.as_deref().unwrap_or("*")).collect();
    format!("{} /{}", entry.method, segments.join("/"))
}

/// One segment of a path, which is none of the gateway's own.
fn is_name(text: &str) -> bool {
    is_segment(text) && text != "v1"
}

fn is_segment(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !text.is_empty() && text.bytes().all(plain) && text.bytes().any(|b| b != b'.')
}

fn segments(path: &str) -> Option<Vec<Option<String>>> {
    let rest = path.strip_prefix('/')?;
    let segments = rest.split('/').map(|segment| match segment {
        "*" => Some(None),
        literal => is_segment(literal).then(|| Some(literal.to_owned())),
    });
    segments.collect()
}
