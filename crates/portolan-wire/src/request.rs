//! A call as facts to the envelope that says it: the way back from [`read_envelope`].
//!
//! Much of what a [`Draft`] can hold no body can say: a parameter that is used without its value,
//! a fallback that takes a field away. So what was written is read again, and is given out only
//! where that gives the facts that were asked for. How one body is written is `request/body.rs`,
//! where its text stands `request/text.rs`, what counts as the same `request/same.rs`.

mod body;
mod same;
mod text;

use portolan_core::limits;
use portolan_core::request::{Auth, Body, ChainFaultKind, Draft, State, Usage};

use crate::body::FIELDS;
use crate::envelope::read_envelope;
use crate::posted::quote;
use body::{Carrier, Fields};
use text::Said;

/// What stands for a key: nothing looks at it.
const KEY: &str = "a-key";

/// Facts that no envelope says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no posted request has this `{field}`")]
pub struct Unwritable {
    /// The field: `parameters`, `fallbacks[1].temperature`.
    pub field: String,
}

impl Unwritable {
    fn field(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
        }
    }
}

/// Writes a call as the smallest envelope that says it, in one line, with what is known now
/// beside it.
///
/// What [`read_envelope`] makes of it is equal to the draft in every field that a rule may read.
/// Of several faults of the shape only the first can be read, and is written.
///
/// # Errors
/// When no envelope says that, with the field that stands in the way.
pub fn write_request(draft: &Draft, state: &State) -> Result<String, Unwritable> {
    let cached = |body: &Body| body.parameters.contains("cache_control");
    let stays = !cached(&draft.body) || draft.fallbacks.iter().all(cached);
    let elsewhere = Carrier::ELSEWHERE.iter().filter(|_| !stays);
    let mut first = None;
    for carrier in std::iter::once(&Carrier::Body).chain(elsewhere) {
        let text = Writer::new(draft, *carrier).envelope(state)?;
        match verify(&text, draft, state) {
            Ok(()) => return Ok(text),
            Err(why) => first = first.or(Some(why)),
        }
    }
    Err(first.unwrap_or_else(|| Unwritable::field("body")))
}

/// Reads what was written and compares.
fn verify(text: &str, draft: &Draft, state: &State) -> Result<(), Unwritable> {
    let attributes = draft.attributes.keys().map(String::as_str);
    match read_envelope(text.as_bytes(), attributes, draft.at) {
        Ok(call) => match same::difference(draft, &call.draft) {
            None if call.state == *state => Ok(()),
            None => Err(Unwritable::field("state")),
            Some(field) => Err(Unwritable { field }),
        },
        Err(error) => {
            let problem = error.problems.into_iter().next();
            Err(Unwritable::field(
                problem.map_or_else(String::new, |p| p.path),
            ))
        }
    }
}

struct Writer<'a> {
    draft: &'a Draft,
    /// Where the posted body keeps its `cache_control`.
    carrier: Carrier,
    /// The caller counted the tokens of the posted body.
    counted: bool,
    /// Bytes that may still be written.
    room: usize,
}

impl<'a> Writer<'a> {
    fn new(draft: &'a Draft, carrier: Carrier) -> Self {
        Self {
            draft,
            carrier,
            counted: !draft.body.input_tokens_estimated,
            room: limits::BODY_BYTES,
        }
    }

    fn envelope(mut self, state: &State) -> Result<String, Unwritable> {
        let draft = self.draft;
        let mut out = Object::default();
        if let Some(endpoint) = &draft.endpoint {
            out.put("endpoint", &quote(endpoint));
        }
        out.put("at", &quote(&draft.at.short()));
        for (name, value) in &draft.attributes {
            out.put(name, &quote(value));
        }
        if self.counted {
            out.put("input_tokens", &draft.body.input_tokens.to_string());
        }
        self.authentication(&mut out);
        if !state.is_empty() {
            out.put("state", &write_state(state));
        }
        out.put("body", &self.body()?);
        Ok(out.close())
    }

    fn authentication(&self, out: &mut Object) {
        let header = |name: &str, value: &str| Object::of([(name, quote(value))]);
        let none = Object::default().close();
        let headers = match self.draft.auth {
            Auth::NotJudged => return,
            Auth::Missing | Auth::InQuery => none,
            Auth::Misspelt => {
                let name = self.draft.auth_header.as_deref();
                name.map_or(none, |name| header(name, KEY))
            }
            Auth::Empty => header("authorization", ""),
            Auth::Bearer => header("authorization", &format!("Bearer {KEY}")),
            Auth::Raw => header("authorization", KEY),
        };
        out.put("headers", &headers);
        if self.draft.auth == Auth::InQuery {
            out.put("query", &header("key", KEY));
        }
    }

    fn body(&mut self) -> Result<String, Unwritable> {
        let body = &self.draft.body;
        if let Some(text) = body.faults.first().and_then(body::not_an_object) {
            return Ok(text);
        }
        let said = Said::posted(body);
        self.pay(&said, "input_tokens")?;
        let mut fields = Fields::posted(body, &said, self.carrier);
        if let Some(fault) = body.faults.first() {
            fields.spoil(fault);
        }
        let entries = self.entries(&said)?;
        if !entries.is_empty() {
            fields.put("fallbacks", array(entries));
        }
        let chain = &self.draft.chain;
        let depth = chain.depth.map(|depth| ("depth", depth.to_string()));
        let retry = chain.retry.map(|retry| ("retry", retry.to_string()));
        let config: Vec<_> = depth.into_iter().chain(retry).collect();
        if !config.is_empty() {
            fields.put("fallback_config", Object::of(config));
        }
        Ok(fields.close())
    }

    /// The entries of `fallbacks`; those that nobody looks at are empty.
    fn entries(&mut self, outer: &Said) -> Result<Vec<String>, Unwritable> {
        let draft = self.draft;
        let here = draft.fallbacks.len();
        let sent = usize::try_from(draft.chain.count).unwrap_or(0).max(here);
        let least = "{},".len();
        if sent > self.room / least {
            return Err(Unwritable::field("fallback_count"));
        }
        let nested = draft.chain.fault.as_ref();
        let nested = nested.filter(|fault| fault.kind == ChainFaultKind::Nested);
        let nested = nested.map(|fault| {
            let stands = |index: &usize| fault.path == format!("fallbacks[{index}]");
            (0..here).find(stands).unwrap_or(0)
        });
        let mut entries = Vec::new();
        for (index, fallback) in draft.fallbacks.iter().enumerate() {
            let said = Said::fallback(fallback, &draft.body, outer, self.counted, self.carrier);
            self.pay(&said, &format!("fallbacks[{index}].input_tokens"))?;
            let mut fields = Fields::fallback(fallback, &draft.body, &said, self.carrier);
            if nested == Some(index) {
                fields.put("fallbacks", array([]));
            }
            entries.push(fields.close());
        }
        entries.resize(sent, Object::default().close());
        Ok(entries)
    }

    /// Takes the text of one body off what may still be written.
    fn pay(&mut self, said: &Said, field: &str) -> Result<(), Unwritable> {
        let left = usize::try_from(said.characters()).ok();
        let left = left.and_then(|characters| self.room.checked_sub(characters));
        self.room = left.ok_or_else(|| Unwritable::field(field))?;
        Ok(())
    }
}

fn write_state(state: &State) -> String {
    let usage = |usage: &Usage| {
        let healthy = usage
            .healthy
            .map(|healthy| ("healthy", healthy.to_string()));
        let used = usage.used.map(|used| ("used", used.to_string()));
        let reset = usage.reset_s.map(|reset| ("reset_s", reset.to_string()));
        healthy.into_iter().chain(used).chain(reset)
    };
    let mut out = Object::default();
    if !state.models.is_empty() {
        let models = state.models.iter();
        let models = models.map(|(id, known)| (id.as_str(), Object::of(usage(known))));
        out.put("models", &Object::of(models));
    }
    let routes = state
        .routes
        .iter()
        .map(|([model, region, endpoint], known)| {
            let names = [("model", model), ("region", region), ("endpoint", endpoint)];
            let names = names.map(|(key, name)| (key, quote(name)));
            Object::of(names.into_iter().chain(usage(&known)))
        });
    let routes: Vec<String> = routes.collect();
    if !routes.is_empty() {
        out.put("routes", &array(routes));
    }
    out.close()
}

/// A JSON object in the making, its keys in the order in which they are put.
#[derive(Default)]
struct Object {
    inside: String,
}

impl Object {
    fn of<'k>(members: impl IntoIterator<Item = (&'k str, String)>) -> String {
        let mut out = Self::default();
        for (key, value) in members {
            out.put(key, &value);
        }
        out.close()
    }

    /// Adds a member; the value is JSON.
    fn put(&mut self, key: &str, value: &str) {
        if !self.inside.is_empty() {
            self.inside.push(',');
        }
        self.inside.push_str(&quote(key));
        self.inside.push(':');
        self.inside.push_str(value);
    }

    fn close(self) -> String {
        format!("{{{}}}", self.inside)
    }
}

/// A JSON array of JSON texts.
fn array(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    format!("[{}]", items.join(","))
}

#[cfg(test)]
mod tests;
