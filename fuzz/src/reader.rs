//! A careless reader, like Go's: it folds the case of keys and takes the last of two.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// An object's members in order, duplicates included.
pub(crate) struct Seen(Vec<(String, Value)>);

impl Seen {
    /// Reads an object; nothing where the bytes are none.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// A field's text.
    pub(crate) fn text(&self, field: &str) -> Option<String> {
        self.last(field)?.as_str().map(str::to_owned)
    }

    /// A field's truth.
    pub(crate) fn flag(&self, field: &str) -> Option<bool> {
        self.last(field)?.as_bool()
    }

    fn last(&self, field: &str) -> Option<&Value> {
        let mut members = self.0.iter().rev();
        let found = members.find(|(key, _)| fold(key) == field);
        found.map(|(_, value)| value)
    }
}

/// Up, then down, one character for one: so that `ſ` is an `s` and the Kelvin sign a `k`.
fn fold(key: &str) -> String {
    let one = |c: char, mut to: Box<dyn Iterator<Item = char>>| match (to.next(), to.next()) {
        (Some(other), None) => other,
        (_, _) => c,
    };
    let upper = key.chars().map(|c| one(c, Box::new(c.to_uppercase())));
    upper.map(|c| one(c, Box::new(c.to_lowercase()))).collect()
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Seen;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Seen, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Seen(members))
    }
}
