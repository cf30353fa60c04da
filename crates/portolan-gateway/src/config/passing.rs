//! What passes through to other services of a region, such as its speech-to-text API: an
//! allow-list, as data. Whatever is not on it is no path of the gateway.
//!
//! It stands in the configuration and not in the catalog: a catalog says what models are and where
//! they are sold, and no rule reads any of this.

use portolan_core::decimal::Decimal;
use portolan_core::instant::Dated;
use portolan_core::place::PlaceId;

/// What passes under one name, the first segment of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passing {
    /// The first segment of the path, such as `eu.assemblyai`.
    pub name: String,
    /// The endpoint whose callers and secrets these are.
    pub endpoint: String,
    /// Where it goes.
    pub hosts: Vec<Host>,
    /// US dollars for an hour of audio.
    pub price: Dated<Decimal>,
}

/// One host that calls pass on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// `http://…` or `https://…`, scheme and authority only.
    pub origin: String,
    /// Where it receives, processes and stores, as declared.
    pub place: PlaceId,
    /// What it takes.
    pub entries: Vec<Entry>,
    /// Subprotocols of WebSocket that may be offered to it. Callers offer keys as such too.
    pub protocols: Vec<String>,
}

/// One line of the allow-list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// How it is carried.
    pub carries: Carries,
    /// The method, in capitals.
    pub method: String,
    /// Segments of the path; `None` is any one id.
    pub path: Vec<Option<String>>,
}

/// How a call is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carries {
    /// A body of JSON or none, read before it is passed on.
    Json,
    /// A body of any bytes, passed on as it comes.
    Upload,
    /// A WebSocket.
    Socket,
}

/// Characters of an id in a path.
const ID: usize = 128;

impl Entry {
    /// Whether a path is this one. It is compared segment by segment, as it was sent: an escape, an
    /// empty segment or a dot segment is part of no path here.
    pub fn is(&self, path: &str) -> bool {
        let mut segments = path.split('/').skip(1);
        let same = self.path.iter().all(|wanted| {
            let Some(segment) = segments.next() else {
                return false;
            };
            match wanted {
                Some(literal) => literal == segment,
                None => is_id(segment),
            }
        });
        same && path.starts_with('/') && segments.next().is_none()
    }
}

fn is_id(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=ID).contains(&segment.len()) && segment.bytes().all(plain)
}

impl Passing {
    /// Every line of the allow-list with its host.
    pub fn entries(&self) -> impl Iterator<Item = (&Host, &Entry)> {
        let hosts = self.hosts.iter();
        hosts.flat_map(|host| host.entries.iter().map(move |entry| (host, entry)))
    }

    /// The host that a call without a body, for this path, goes to.
    pub fn host_of(&self, method: &str, path: &str) -> Option<&Host> {
        let mut entries = self.entries();
        let found = entries.find(|(_, entry)| entry.method == method && entry.is(path));
        found.map(|(host, _)| host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_compared_as_it_was_sent() {
        let entry = Entry {
            carries: Carries::Json,
            method: "GET".to_owned(),
            path: vec![Some("v2".to_owned()), Some("transcript".to_owned()), None],
        };
        assert!(entry.is("/v2/transcript/5a-B_9"));
        for path in [
            "/v2/transcript",
            "/v2/transcript/",
            "/v2/transcript/..",
            "/v2/transcript/a%2fb",
            "/v2/transcript/a/b",
            "//v2/transcript/a",
            "/v2//transcript/a",
            "/V2/transcript/a",
            "v2/transcript/a",
            "/v2/%74ranscript/a",
            "/v2/transcript/a/",
        ] {
            assert!(!entry.is(path), "{path}");
        }
    }
}
