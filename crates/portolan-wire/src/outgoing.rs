//! The bytes that go to an upstream: the body as it was posted, with an attempt's patch spliced in.
//!
//! What the patch does not name stays as it was written, to the byte: the order of keys, spaces,
//! the digits of numbers, escapes. A second reader of the body then sees what the first one saw.

use portolan_core::answer::Attempt;

use crate::json::{self, Kind, Member};
use crate::patch::{Patch, Value};
use crate::posted::{BodyText, quote};

/// What whoever carries a plan out does itself, so that an attempt must ask otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carrier {
    /// It wants to know the usage of a stream.
    pub counts: bool,
    /// It takes the answer in one piece, whatever was asked for.
    pub whole: bool,
    /// It mends JSON in answers.
    pub repairs: bool,
}

impl BodyText {
    /// What to send for an attempt of a plan that was made for this body: the effective body,
    /// patched. Of a fallback, the effective body is written anew from untouched values.
    /// `None` where what was posted is no object, or has no such fallback.
    pub fn outgoing(&self, attempt: &Attempt) -> Option<String> {
        self.outgoing_for(attempt, Carrier::default())
    }

    /// The same for a carrier that does more than call.
    pub fn outgoing_for(&self, attempt: &Attempt, carrier: Carrier) -> Option<String> {
        let patch = Patch::carried(attempt, self, carrier);
        match attempt.fallback {
            None => spliced(std::str::from_utf8(self.bytes()).ok()?, &patch),
            Some(_) => spliced(&self.effective(attempt.fallback)?, &patch),
        }
    }
}

/// An object's text with a patch applied. `None` if it is the text of nothing such.
fn spliced(text: &str, patch: &Patch) -> Option<String> {
    let object = json::parse(text.as_bytes()).ok()?;
    if Kind::of(object) != Kind::Object {
        return None;
    }
    let members = json::members(object).ok()?;
    let mut out = Splice::default();
    let text = object.get();
    let mut read = 1; // behind the brace
    for member in &members {
        let start = offset(text, member)?;
        let lead = text.get(read..start)?;
        read = start.checked_add(member.value.get().len())?;
        match patch.get(&member.key) {
            None => out.push(lead, member.value.get()),
            Some(Value::Null) => {}
            Some(_) if out.done.contains(&member.key.as_str()) => {}
            Some(value) => {
                out.push(lead, &applied(value, Some(member.value.get())));
                out.done.push(&member.key);
            }
        }
    }
    for (key, value) in patch.fields() {
        if !matches!(value, Value::Null) && !out.done.contains(&key) {
            out.push(&format!("{}:", quote(key)), &applied(value, None));
        }
    }
    let tail = text.get(read..)?;
    Some(format!("{{{}{tail}", out.text))
}

/// Where a member's value begins in the text that it is a slice of.
fn offset(text: &str, member: &Member<'_>) -> Option<usize> {
    let value = member.value.get().as_ptr().addr();
    value.checked_sub(text.as_ptr().addr())
}

/// A patched value: an object is patched inside, everything else takes the old one's place.
fn applied(value: &Value, old: Option<&str>) -> String {
    match value {
        Value::Object(patch) => {
            let inside = old.and_then(|old| spliced(old, patch));
            inside.or_else(|| spliced("{}", patch)).unwrap_or_default()
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Text(_) => {
            crate::answer::write(value)
        }
    }
}

/// Members written so far, and which of the patched keys are among them.
#[derive(Default)]
struct Splice<'a> {
    text: String,
    done: Vec<&'a str>,
}

impl Splice<'_> {
    /// Adds a member. What leads up to it begins with a comma unless it stood first; here the first
    /// one that is kept has none, and every other has one.
    fn push(&mut self, lead: &str, value: &str) {
        match lead.trim_start().strip_prefix(',') {
            Some(rest) if self.text.is_empty() => self.text.push_str(rest),
            None if !self.text.is_empty() => {
                self.text.push(',');
                self.text.push_str(lead);
            }
            Some(_) | None => self.text.push_str(lead),
        }
        self.text.push_str(value);
    }
}

#[cfg(test)]
mod tests;
