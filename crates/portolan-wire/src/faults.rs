//! Collecting what is wrong with a body's shape, and noticing keys that two readers would take
//! for different things.
//!
//! The words are in `diags.rs`; which fields there are is said by whoever looks.

use std::collections::BTreeSet;

use portolan_core::limits;
use portolan_core::request::{Fault, FaultKind};
pub(crate) use portolan_core::text::folds_to;

use crate::diags;
use crate::json::{self, Kind, Member};
use crate::path::Path;

/// Faults in the order in which they stand, at most `limits::FAULTS`.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    found: Vec<Fault>,
}

impl Faults {
    pub(crate) fn into_vec(self) -> Vec<Fault> {
        self.found
    }

    pub(crate) fn push(&mut self, kind: FaultKind, path: &Path<'_>, detail: String) {
        if self.found.len() < limits::FAULTS {
            let path = path.to_string();
            self.found.push(Fault { kind, path, detail });
        }
    }

    pub(crate) fn wrong_type(&mut self, path: &Path<'_>, found: &str, expected: &str) {
        let detail = diags::wrong_type(Kind::of(found).name(), expected);
        self.push(FaultKind::WrongType, path, detail);
    }

    pub(crate) fn missing(&mut self, path: &Path<'_>, expected: &str) {
        self.push(FaultKind::MissingField, path, diags::missing(expected));
    }

    /// The members of an object; a fault and nothing for anything else.
    pub(crate) fn members<'a>(&mut self, value: &'a str, path: &Path<'_>) -> Vec<Member<'a>> {
        if Kind::of(value) != Kind::Object {
            self.wrong_type(path, value, "an object");
            return Vec::new();
        }
        json::members(value).unwrap_or_else(|why| {
            self.push(FaultKind::WrongType, path, why);
            Vec::new()
        })
    }

    /// Calls for each item of an array; a fault for anything else.
    pub(crate) fn each_item<'a>(
        &mut self,
        value: &'a str,
        path: &Path<'_>,
        mut item: impl FnMut(&mut Self, usize, &'a str),
    ) {
        if Kind::of(value) != Kind::Array {
            self.wrong_type(path, value, "an array");
            return;
        }
        if let Err(why) = json::each_item(value, |index, value| item(self, index, value)) {
            self.push(FaultKind::InvalidJson, path, why);
        }
    }

    /// A string that is kept, and so of a bounded size.
    pub(crate) fn string(&mut self, value: &str, path: &Path<'_>) -> Option<String> {
        if Kind::of(value) == Kind::String && !self.fits(value, path) {
            return None;
        }
        let found = json::string(value);
        if found.is_none() {
            self.wrong_type(path, value, "a string");
        }
        found
    }

    pub(crate) fn boolean(&mut self, value: &str, path: &Path<'_>) -> Option<bool> {
        let found = json::boolean(value);
        if found.is_none() {
            self.wrong_type(path, value, "a boolean");
        }
        found
    }

    pub(crate) fn integer(&mut self, value: &str, path: &Path<'_>) -> Option<i64> {
        let found = json::integer(value);
        if found.is_none() {
            let what = match Kind::of(value) {
                Kind::Number if value.contains(['.', 'e', 'E']) => diags::NOT_WHOLE,
                Kind::Number => diags::BEYOND_64_BITS,
                kind @ (Kind::Null | Kind::Bool | Kind::String | Kind::Array | Kind::Object) => {
                    kind.name()
                }
            };
            let detail = diags::wrong_type(what, "a whole number");
            self.push(FaultKind::WrongType, path, detail);
        }
        found
    }

    /// Notes a value whose text is too large to be kept.
    pub(crate) fn fits(&mut self, value: &str, path: &Path<'_>) -> bool {
        let fits = value.len() <= limits::SCALAR_BYTES;
        if !fits {
            let detail = diags::too_large(Kind::of(value).name());
            self.push(FaultKind::WrongType, path, detail);
        }
        fits
    }

    /// Adds a type to those that were seen, up to a bound.
    pub(crate) fn add_type(&mut self, types: &mut BTreeSet<String>, kind: String, path: &Path<'_>) {
        if types.len() < limits::TYPES || types.contains(&kind) {
            types.insert(kind);
        } else {
            self.push(FaultKind::WrongType, path, diags::too_many_types());
        }
    }

    /// A field that must be there and be a string.
    pub(crate) fn required_string(
        &mut self,
        value: Option<&str>,
        path: &Path<'_>,
    ) -> Option<String> {
        if value.is_none() {
            self.missing(path, "a string");
        }
        value.and_then(|value| self.string(value, path))
    }
}

/// The keys of one object as they come by.
pub(crate) struct Keys<'m> {
    known: &'static [&'static str],
    /// Those that were seen: as long as they are few, one after the other.
    few: Vec<&'m str>,
    many: BTreeSet<&'m str>,
}

/// Keys that most objects have no more of.
const FEW: usize = 16;

impl<'m> Keys<'m> {
    pub(crate) fn of(known: &'static [&'static str]) -> Self {
        Self {
            known,
            few: Vec::new(),
            many: BTreeSet::new(),
        }
    }

    /// The known field that a reader which folds case takes the key for, if any.
    ///
    /// A second key for one field, and a key that is a known field only after folding, is a
    /// fault: which value counts depends on the reader. The fields are returned all the same, so
    /// that what is judged is what the last-wins, folding reader sees.
    pub(crate) fn admit(
        &mut self,
        key: &'m str,
        object: &Path<'_>,
        faults: &mut Faults,
    ) -> Option<&'static str> {
        let name = known(key, self.known);
        let fresh = self.is_fresh(name.unwrap_or(key));
        if let Some(name) = name.filter(|name| *name != key) {
            let detail = diags::lookalike(key, name);
            faults.push(FaultKind::AmbiguousField, &object.key(name), detail);
        } else if !fresh {
            let detail = diags::duplicate(key);
            faults.push(FaultKind::AmbiguousField, &object.key(key), detail);
        }
        name
    }

    /// Notes a key; `false` where it was seen before.
    fn is_fresh(&mut self, key: &'m str) -> bool {
        if !self.many.is_empty() {
            return self.many.insert(key);
        }
        if self.few.contains(&key) {
            return false;
        }
        self.few.push(key);
        if self.few.len() > FEW {
            self.many.extend(self.few.drain(..));
        }
        true
    }
}

/// The known field that a key equals after folding.
pub(crate) fn known(key: &str, fields: &[&'static str]) -> Option<&'static str> {
    let exact = fields.iter().find(|field| **field == key);
    exact
        .or_else(|| fields.iter().find(|field| folds_to(key, field)))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fold_as_go_folds_them() {
        for key in [
            "fallbacks",
            "FALLBACKS",
            "fallback\u{17f}",
            "fallbac\u{212a}s",
            "Fallbac\u{212a}\u{17f}",
        ] {
            assert!(folds_to(key, "fallbacks"), "{key}");
        }
        for key in [
            "fallback",
            "fallbacks ",
            "fallbackß",
            "fällbacks",
            "fallbacks\0",
        ] {
            assert!(!folds_to(key, "fallbacks"), "{key}");
        }
        assert!(!folds_to("f\u{131}eld", "field"));
        assert!(!folds_to("f\u{130}eld", "field"));
        assert!(!folds_to("ſt".replace('ſ', "\u{fb06}").as_str(), "st"));
    }

    #[test]
    fn no_more_faults_than_a_bound() {
        let mut faults = Faults::default();
        for _ in 0..1_000 {
            faults.missing(&Path::Root, "a string");
        }
        assert_eq!(faults.into_vec().len(), limits::FAULTS);
    }
}
