//! A posted body as text, and the text of each effective body. No facts are derived here.

use std::borrow::Cow;
use std::ops::Range;

use crate::body::{self, FIELDS};
use crate::fallbacks::{self, Reading, merge};
use crate::faults::{self, Faults};
use crate::json::{self, Kind, Member};

/// A body as it was posted, byte for byte.
#[derive(Debug, Clone)]
pub struct BodyText {
    bytes: Vec<u8>,
    /// Where the key and the value of each member stand, where that is known.
    outline: Option<Vec<[Range<usize>; 2]>>,
}

impl PartialEq for BodyText {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for BodyText {}

impl BodyText {
    /// Keeps what was posted, whatever it is.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            outline: None,
        }
    }

    /// Keeps what was posted, and reads it.
    pub(crate) fn read(bytes: Vec<u8>, input_tokens: Option<i64>) -> (Self, Reading) {
        let (reading, members) = fallbacks::read(&bytes, input_tokens);
        let outline = outline(&bytes, &members);
        (Self { bytes, outline }, reading)
    }

    /// What was posted.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The effective body as JSON: the posted one, or a fallback put over it. Values are untouched
    /// slices of what was posted. `None` where that is no object or has no such fallback.
    pub fn effective(&self, fallback: Option<usize>) -> Option<String> {
        self.members(fallback).map(|members| write(&members))
    }

    /// The text of the object that was posted, and its members, if they are known already.
    pub(crate) fn opened(&self) -> Option<(&str, Vec<Member<'_>>)> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        let members = self.outline.as_ref()?.iter().map(|[key, value]| {
            Some(Member {
                key: Cow::Borrowed(text.get(key.clone())?),
                value: text.get(value.clone())?,
                origin: None,
            })
        });
        let members = members.collect::<Option<_>>()?;
        Some((text.trim_matches([' ', '\n', '\t', '\r']), members))
    }

    pub(crate) fn members(&self, fallback: Option<usize>) -> Option<Vec<Member<'_>>> {
        let outer = body::open(&self.bytes, &mut Faults::default())?;
        let Some(index) = fallback else {
            return Some(outer);
        };
        let fallbacks = last(&outer, "fallbacks").filter(|v| Kind::of(v) == Kind::Array)?;
        let mut entry = None;
        json::each_item(fallbacks, |at, value| {
            if at == index {
                entry = Some(value);
            }
        })
        .ok()?;
        let entry = entry.filter(|v| Kind::of(v) == Kind::Object)?;
        Some(merge(&outer, &json::members(entry).ok()?))
    }

    /// The same with fields replaced, each by its name and a JSON text; unchanged if no object.
    pub(crate) fn with(&self, fields: &[(&'static str, String)]) -> Self {
        let Some(mut members) = self.members(None) else {
            return self.clone();
        };
        let values: Vec<(&str, &str)> = fields
            .iter()
            .filter_map(|(key, text)| Some((*key, json::value(text)?)))
            .collect();
        let replaced = |key: &str| {
            let name = match faults::known(key, &FIELDS) {
                Some("max_completion_tokens") => Some("max_tokens"),
                name => name,
            };
            values.iter().any(|(field, _)| Some(*field) == name)
        };
        members.retain(|member| !replaced(&member.key));
        members.extend(values.iter().map(|(key, value)| Member {
            key: Cow::Borrowed(*key),
            value,
            origin: None,
        }));
        Self::new(write(&members))
    }
}

/// Where members stand in a text; nothing where there are none, or a key is written with escapes.
fn outline(bytes: &[u8], members: &[Member<'_>]) -> Option<Vec<[Range<usize>; 2]>> {
    let place = |text: &str| {
        let start = text.as_ptr().addr().checked_sub(bytes.as_ptr().addr())?;
        Some(start..start.checked_add(text.len())?)
    };
    let places = members.iter().map(|member| match &member.key {
        Cow::Borrowed(key) => Some([place(key)?, place(member.value)?]),
        Cow::Owned(_) => None,
    });
    let places: Vec<_> = places.collect::<Option<_>>()?;
    (!places.is_empty()).then_some(places)
}

/// The value of a field as a reader sees it that folds case and takes the last.
pub(crate) fn last<'a>(members: &[Member<'a>], field: &str) -> Option<&'a str> {
    let named = |m: &&Member<'a>| faults::folds_to(&m.key, field);
    members.iter().rfind(named).map(|m| m.value)
}

pub(crate) fn write(members: &[Member<'_>]) -> String {
    let mut out = String::from("{");
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&quote(&member.key));
        out.push(':');
        out.push_str(member.value);
    }
    out.push('}');
    out
}

/// A text as a JSON string.
pub(crate) fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
