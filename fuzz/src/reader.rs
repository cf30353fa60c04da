//! A careless reader, like Go's: it folds the case of keys and takes the last of two.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// An object's members in order, duplicates included.
pub(crate) struct Members<V>(pub(crate) Vec<(String, V)>);

impl<V> Default for Members<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// An object as it reads.
pub(crate) type Seen = Members<Value>;

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
pub(crate) fn fold(key: &str) -> String {
    if key.is_ascii() {
        return key.to_ascii_lowercase();
    }
    let one = |c: char, mut to: Box<dyn Iterator<Item = char>>| match (to.next(), to.next()) {
        (Some(other), None) => other,
        (_, _) => c,
    };
    let upper = key.chars().map(|c| one(c, Box::new(c.to_uppercase())));
    upper.map(|c| one(c, Box::new(c.to_lowercase()))).collect()
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Each(PhantomData))
    }
}

struct Each<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Each<V> {
    type Value = Members<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<V>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}
