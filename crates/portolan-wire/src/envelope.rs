//! The envelope of a `--request` file: what a client really posts, with what stands around it.
//!
//! ```json
//! {"endpoint": "eu", "at": "2026-03-01", "account": "paid", "input_tokens": 1200,
//!  "headers": {"authorization": "…"}, "query": {}, "state": {}, "body": {"model": "gpt-5"}}
//! ```
//!
//! Everything but `body` may be left out. A `body` that is a JSON string is the posted text
//! itself, so that a file can hold a body which is not JSON. What is wrong with an envelope is a
//! wrong input and an error; what is wrong with a body is a fact for the policy.

use std::collections::BTreeMap;

use portolan_core::instant::Instant;
use portolan_core::request::{Auth, Draft, State};

use crate::auth;
use crate::diags;
use crate::http::query_pairs;
use crate::json::{self, Kind};
use crate::posted::BodyText;
use crate::problems::{EnvelopeError, Problems, join};
use crate::state;

const KEYS: [&str; 7] = [
    "endpoint",
    "at",
    "input_tokens",
    "headers",
    "query",
    "state",
    "body",
];

/// One call, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The call as facts.
    pub draft: Draft,
    /// What is known now.
    pub state: State,
    /// What was posted, for patching; `None` for a call made of flags.
    pub body: Option<BodyText>,
    /// The caller's count of input tokens.
    pub input_tokens: Option<i64>,
}

impl Call {
    /// A posted body at an instant, everything else absent. Any bytes will do.
    pub fn posted(body: impl Into<Vec<u8>>, input_tokens: Option<i64>, at: Instant) -> Self {
        let (body, reading) = BodyText::read(body.into(), input_tokens);
        Self {
            draft: Draft {
                endpoint: None,
                at,
                attributes: BTreeMap::new(),
                auth: Auth::NotJudged,
                auth_header: None,
                body: reading.body,
                fallbacks: reading.fallbacks,
                chain: reading.chain,
            },
            state: State::default(),
            body: Some(body),
            input_tokens,
        }
    }

    /// A posted body as it came over HTTP: how the caller authenticated is judged by the headers,
    /// as text, and by the query string.
    pub fn received<'h>(
        body: impl Into<Vec<u8>>,
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
        query: &'h str,
        at: Instant,
    ) -> Self {
        let mut call = Self::posted(body, None, at);
        (call.draft.auth, call.draft.auth_header) = auth::judge(headers, query_pairs(query));
        call
    }
}

/// Reads an envelope. `attributes` are the names that the policy declares; they stand beside the
/// envelope's own keys, which win over an attribute of the same name. `now` is the instant of a
/// call that says none.
///
/// # Errors
/// Every problem of the envelope, all at once.
pub fn read_envelope<'n>(
    bytes: &[u8],
    attributes: impl IntoIterator<Item = &'n str>,
    now: Instant,
) -> Result<Call, EnvelopeError> {
    let mut problems = Problems::default();
    let attributes: Vec<&str> = attributes.into_iter().collect();
    let envelope = match json::parse(bytes) {
        Ok(value) => value,
        Err(why) => {
            problems.push("", diags::envelope_not_json(&why), None);
            return problems.none_or(None);
        }
    };
    let mut parts = Parts::default();
    for member in problems.members(envelope, "") {
        let path = join("", &member.key);
        let value = member.value;
        match &*member.key {
            "endpoint" => parts.endpoint = problems.string(value, &path),
            "at" => parts.at = instant(value, &path, &mut problems),
            "input_tokens" => parts.input_tokens = problems.count(value, &path),
            "headers" => parts.headers = Some(pairs(value, &path, &mut problems)),
            "query" => parts.query = pairs(value, &path, &mut problems),
            "state" => parts.state = state::read(value, &path, &mut problems),
            "body" => parts.body = Some(value),
            key if attributes.contains(&key) => {
                if let Some(text) = attribute(value, &path, &mut problems) {
                    parts.attributes.insert(member.key.into_owned(), text);
                }
            }
            key => {
                let known: Vec<&str> = KEYS.iter().chain(&attributes).copied().collect();
                diags::unknown_key(&mut problems, &path, key, &known);
            }
        }
    }
    // An envelope that is no object has said so already.
    if parts.body.is_none() && Kind::of(envelope) == Kind::Object {
        diags::missing_key(&mut problems, "", "body");
    }
    let call = parts.body.take().map(|body| parts.into_call(body, now));
    problems.none_or(call)
}

#[derive(Default)]
struct Parts<'a> {
    endpoint: Option<String>,
    at: Option<Instant>,
    input_tokens: Option<i64>,
    headers: Option<Pairs>,
    query: Pairs,
    state: State,
    attributes: BTreeMap<String, String>,
    body: Option<&'a str>,
}

impl Parts<'_> {
    fn into_call(self, body: &str, now: Instant) -> Call {
        let text = json::string(body).unwrap_or_else(|| body.to_owned());
        let mut call = Call::posted(text, self.input_tokens, self.at.unwrap_or(now));
        if let Some(headers) = self.headers {
            (call.draft.auth, call.draft.auth_header) =
                auth::judge(borrowed(&headers), borrowed(&self.query));
        }
        call.draft.endpoint = self.endpoint;
        call.draft.attributes = self.attributes;
        call.state = self.state;
        call
    }
}

type Pairs = Vec<(String, String)>;

fn borrowed(pairs: &Pairs) -> impl Iterator<Item = (&str, &str)> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
}

fn instant(value: &str, path: &str, problems: &mut Problems) -> Option<Instant> {
    let text = problems.string(value, path)?;
    let parsed = Instant::parse(&text);
    parsed
        .map_err(|e| problems.push(path, diags::envelope_date(path, &e.to_string()), None))
        .ok()
}

/// An attribute's value as text: a string as it is, a boolean or a whole number as written.
fn attribute(value: &str, path: &str, problems: &mut Problems) -> Option<String> {
    match Kind::of(value) {
        Kind::String => problems.string(value, path),
        Kind::Bool => Some(value.to_owned()),
        Kind::Number if json::integer(value).is_some() => Some(value.to_owned()),
        Kind::Number | Kind::Null | Kind::Array | Kind::Object => {
            problems.wrong_type(path, value, "a string, a boolean or a whole number");
            None
        }
    }
}

/// Names and values of headers or query parameters; a name may have an array of values. Messages
/// show names only, since values may be credentials.
fn pairs(value: &str, path: &str, problems: &mut Problems) -> Pairs {
    let mut pairs = Pairs::new();
    for member in problems.members(value, path) {
        let path = join(path, &member.key);
        if Kind::of(member.value) != Kind::Array {
            let value = problems.string(member.value, &path);
            pairs.extend(value.map(|value| (member.key.into_owned(), value)));
            continue;
        }
        let outcome = json::each_item(member.value, |index, item| {
            let value = problems.string(item, &format!("{path}[{index}]"));
            pairs.extend(value.map(|value| (member.key.to_string(), value)));
        });
        if let Err(why) = outcome {
            problems.push(&path, diags::envelope_not_json(&why), None);
        }
    }
    pairs
}

#[cfg(test)]
mod tests;
