//! The bytes that go to an upstream: the body as it was posted, with an attempt's patch spliced in.
//!
//! What the patch does not name stays as it was written, to the byte: the order of keys, spaces,
//! the digits of numbers, escapes. A second reader of the body then sees what the first one saw.

use portolan_core::answer::{Attempt, SetValue};

use crate::json::{self, Kind, Member};
use crate::patch::{Patch, Value};
use crate::posted::{BodyText, quote, write};

/// What an attempt makes of a body.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// The fallback's position in the request; `None` for the primary.
    pub fallback: Option<usize>,
    /// The id to send.
    pub upstream_id: &'a str,
    /// Body fields that the policy sets, in order.
    pub set: &'a [(String, SetValue)],
    /// What the endpoint does itself.
    pub executes: &'a [&'static str],
}

impl<'a> From<&'a Attempt> for Sending<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        Self {
            fallback: attempt.fallback,
            upstream_id: &attempt.upstream_id,
            set: &attempt.set,
            executes: &attempt.executes,
        }
    }
}

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
    pub fn outgoing_for<'a>(
        &self,
        sending: impl Into<Sending<'a>>,
        carrier: Carrier,
    ) -> Option<String> {
        let sending = sending.into();
        if let Some(fallback) = sending.fallback {
            let members = self.members(Some(fallback))?;
            let patch = Patch::carried(sending, &members, carrier);
            return spliced(&write(&members), &patch);
        }
        let (text, members) = self.opened().or_else(|| opened(self.bytes()))?;
        let patch = Patch::carried(sending, &members, carrier);
        over(text, &members, &patch)
    }
}

/// An object's text with a patch applied. `None` if it is the text of nothing such.
fn spliced(text: &str, patch: &Patch) -> Option<String> {
    let (text, members) = opened(text.as_bytes())?;
    over(text, &members, patch)
}

/// The same where its members are known.
fn over(text: &str, members: &[Member<'_>], patch: &Patch) -> Option<String> {
    if patch.is_empty() {
        return Some(text.to_owned());
    }
    let touched = members.iter().any(|m| patch.get(&m.key).is_some());
    if let (false, Some(last)) = (touched, members.last()) {
        return behind(text, last, patch);
    }
    let mut out = Splice::new(text.len());
    let mut read = 1; // behind the brace
    for member in members {
        let start = offset(text, member)?;
        let lead = text.get(read..start)?;
        read = start.checked_add(member.value.len())?;
        match patch.get(&member.key) {
            None => out.push(lead, member.value),
            Some(Value::Null) => {}
            Some(_) if out.done.contains(&&*member.key) => {}
            Some(value) => {
                out.push(lead, &applied(value, Some(member.value)));
                out.done.push(&member.key);
            }
        }
    }
    for (key, value) in patch.kept() {
        if !out.done.contains(&key) {
            out.push(&format!("{}:", quote(key)), &applied(value, None));
        }
    }
    out.text.push_str(text.get(read..)?);
    Some(out.text)
}

/// The same where all that a patch does is to add to an object, behind its last member.
fn behind(text: &str, last: &Member<'_>, patch: &Patch) -> Option<String> {
    let end = offset(text, last)?.checked_add(last.value.len())?;
    let mut out = String::with_capacity(text.len().saturating_add(ROOM));
    out.push_str(text.get(..end)?);
    for (key, value) in patch.kept() {
        out.push(',');
        put(&mut out, key, value);
    }
    out.push_str(text.get(end..)?);
    Some(out)
}

/// An object's text, and its members.
fn opened(text: &[u8]) -> Option<(&str, Vec<Member<'_>>)> {
    let object = json::parse(text).ok()?;
    if Kind::of(object) != Kind::Object {
        return None;
    }
    Some((object, json::members(object).ok()?))
}

/// Where a member's value begins in the text that it is a slice of.
fn offset(text: &str, member: &Member<'_>) -> Option<usize> {
    let value = member.value.as_ptr().addr();
    value.checked_sub(text.as_ptr().addr())
}

/// A patched value: an object is patched inside, everything else takes the old one's place.
fn applied(value: &Value, old: Option<&str>) -> String {
    match value {
        Value::Object(patch) => {
            let inside = old.and_then(|old| spliced(old, patch));
            inside.unwrap_or_else(|| anew(patch))
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Text(_) => {
            crate::answer::write(value)
        }
    }
}

/// What a patch makes of an object without members.
fn anew(patch: &Patch) -> String {
    let mut out = String::with_capacity(ROOM);
    for (key, value) in patch.kept() {
        out.push(if out.is_empty() { '{' } else { ',' });
        put(&mut out, key, value);
    }
    if out.is_empty() {
        out.push('{');
    }
    out.push('}');
    out
}

/// Writes a member that was not there.
fn put(out: &mut String, key: &str, value: &Value) {
    out.push_str(&quote(key));
    out.push(':');
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Integer(_) | Value::Text(_) => out.push_str(&crate::answer::write(value)),
        Value::Object(patch) => out.push_str(&anew(patch)),
    }
}

/// Members written so far behind a brace, and which of the patched keys are among them.
struct Splice<'a> {
    text: String,
    done: Vec<&'a str>,
}

impl Splice<'_> {
    /// Begins an object that will be about as long as another.
    fn new(length: usize) -> Self {
        let mut text = String::with_capacity(length.saturating_add(ROOM));
        text.push('{');
        Self {
            text,
            done: Vec::new(),
        }
    }

    /// Adds a member. What leads up to it begins with a comma unless it stood first; here the first
    /// one that is kept has none, and every other has one.
    fn push(&mut self, lead: &str, value: &str) {
        let first = self.text.len() == 1;
        match lead.trim_start().strip_prefix(',') {
            Some(rest) if first => self.text.push_str(rest),
            None if !first => {
                self.text.push(',');
                self.text.push_str(lead);
            }
            Some(_) | None => self.text.push_str(lead),
        }
        self.text.push_str(value);
    }
}

/// Bytes that what is put into a body seldom takes more of.
const ROOM: usize = 64;

#[cfg(test)]
mod tests;
