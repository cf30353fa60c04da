//! What an attempt changes in its effective body: an RFC 7396 merge patch.
//!
//! It puts the id to send, what the policy sets, and takes out what must happen only once:
//! fallbacks and retries are ours. A key that a folding reader would take for a patched field is
//! taken out too, so that the patched body has one meaning even where the policy lets such a
//! body pass.

use portolan_core::answer::{Attempt, SetValue};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::faults;
use crate::json::{self, Kind, Member};
use crate::outgoing::{Carrier, Sending};
use crate::posted::{BodyText, last};

/// The patch of one attempt, keys in order.
#[derive(Debug, Default)]
pub(crate) struct Patch {
    fields: Vec<(String, Value)>,
}

/// What a field becomes; `Null` takes it out.
#[derive(Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Text(String),
    Object(Patch),
}

impl Patch {
    /// What an attempt changes. Without a posted body nothing is known to be there, and a field
    /// to be taken out is always named.
    pub(crate) fn of(attempt: &Attempt, posted: Option<&BodyText>) -> Self {
        let members = posted.map(|body| body.members(attempt.fallback).unwrap_or_default());
        let body = Effective {
            members: members.as_deref(),
        };
        let named = match body.members {
            Some(_) => body.model(),
            None => attempt.alias.clone().or(Some(attempt.model.clone())),
        };
        Self::made(attempt.into(), &body, named.as_deref())
    }

    /// The same for a body that names a model.
    fn made(attempt: Sending<'_>, body: &Effective<'_>, named: Option<&str>) -> Self {
        let mut patch = Self::default();
        if named != Some(attempt.upstream_id) || body.may_misread("model") {
            let id = attempt.upstream_id.to_owned();
            patch.put(body, "model", Value::Text(id));
        }
        for (field, value) in attempt.set {
            patch.set(body, field, value);
        }
        if body.posted("fallbacks") {
            patch.put(body, "fallbacks", Value::Null);
        }
        let executes = |what: &str| attempt.executes.contains(&what);
        if executes("retry") || executes("fallbacks") {
            let mut config = Self {
                fields: vec![("retry".to_owned(), Value::Bool(false))],
            };
            for key in body.config_depths() {
                config.fields.push((key, Value::Null));
            }
            patch.put(body, "fallback_config", Value::Object(config));
        } else if body.posted("fallback_config") {
            patch.put(body, "fallback_config", Value::Null);
        }
        patch
    }

    /// What an attempt changes in an effective body, and what a carrier changes beside the plan.
    pub(crate) fn carried(attempt: Sending<'_>, members: &[Member<'_>], carrier: Carrier) -> Self {
        let body = Effective {
            members: Some(members),
        };
        let mut patch = Self::made(attempt, &body, body.model().as_deref());
        if carrier.counts {
            let asked = Self {
                fields: vec![("include_usage".to_owned(), Value::Bool(true))],
            };
            patch.put(&body, "stream_options", Value::Object(asked));
        }
        // Options of a stream are refused where there is none.
        let whole = ["stream", "stream_options"].map(|field| (field, carrier.whole));
        let gone = [("post_processing_steps", carrier.repairs)];
        for (field, _) in whole.into_iter().chain(gone).filter(|(_, gone)| *gone) {
            if body.posted(field) {
                patch.put(&body, field, Value::Null);
            }
        }
        patch
    }

    /// Says whether nothing changes.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Every field with what it becomes, in order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Those that are there afterwards.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.fields()
            .filter(|(_, value)| !matches!(value, Value::Null))
    }

    /// What becomes of a field; `None` if it stays.
    pub(crate) fn get(&self, field: &str) -> Option<&Value> {
        self.fields()
            .find(|(key, _)| *key == field)
            .map(|(_, value)| value)
    }

    fn set(&mut self, body: &Effective<'_>, field: &str, value: &SetValue) {
        let value = match value {
            // Not streaming is what a body without the field asks for.
            SetValue::Bool(false) if field == "stream" => Value::Null,
            SetValue::Remove => Value::Null,
            SetValue::Bool(value) => Value::Bool(*value),
            SetValue::Integer(value) => Value::Integer(*value),
            SetValue::Text(value) => Value::Text(value.clone()),
        };
        // What is not there need not be taken out.
        if !matches!(value, Value::Null) || body.may_have(field) {
            self.put(body, field, value);
        }
        // The same field under its other name would contradict.
        if field == "max_tokens" && body.posted("max_completion_tokens") {
            self.put(body, "max_completion_tokens", Value::Null);
        }
    }

    /// Puts a field, and takes out every other key that some reader takes for it.
    fn put(&mut self, body: &Effective<'_>, field: &str, value: Value) {
        for key in body.keys(field).filter(|key| *key != field) {
            if !self.fields.iter().any(|(known, _)| known == key) {
                self.fields.push((key.to_owned(), Value::Null));
            }
        }
        self.fields.retain(|(known, _)| known != field);
        self.fields.push((field.to_owned(), value));
    }
}

/// The body that the patch is for; no members where none was posted.
struct Effective<'a> {
    members: Option<&'a [Member<'a>]>,
}

impl Effective<'_> {
    fn keys(&self, field: &str) -> impl Iterator<Item = &str> {
        let members = self.members.unwrap_or_default().iter();
        members
            .map(|m| &*m.key)
            .filter(move |key| faults::folds_to(key, field))
    }

    fn posted(&self, field: &str) -> bool {
        self.keys(field).next().is_some()
    }

    fn may_have(&self, field: &str) -> bool {
        self.members.is_none() || self.posted(field)
    }

    /// Says whether the field stands under a lookalike of its name, or more than once.
    fn may_misread(&self, field: &str) -> bool {
        self.keys(field).any(|key| key != field) || self.keys(field).count() > 1
    }

    /// The model that the body names.
    fn model(&self) -> Option<String> {
        last(self.members?, "model").and_then(json::string)
    }

    /// Every key of `fallback_config` that may be read as one we answer for, but `retry` itself.
    fn config_depths(&self) -> Vec<String> {
        let config = self.members.and_then(|m| last(m, "fallback_config"));
        let config = config.filter(|value| Kind::of(value) == Kind::Object);
        let members = config.and_then(|value| json::members(value).ok());
        let folds = |key: &str| {
            key != "retry" && ["depth", "retry"].iter().any(|f| faults::folds_to(key, f))
        };
        let mut keys: Vec<String> = Vec::new();
        for member in members.unwrap_or_default() {
            if folds(&member.key) && !keys.iter().any(|key| *key == member.key) {
                keys.push(member.key.into_owned());
            }
        }
        keys
    }
}

impl Serialize for Patch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len()))?;
        for (key, value) in &self.fields {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Object(value) => value.serialize(serializer),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
