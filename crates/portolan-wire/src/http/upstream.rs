//! What an upstream says when it refuses: five envelopes are in use, one reader takes them all.
//!
//! | envelope | shape |
//! |---|---|
//! | flat | `{"code":400,"message","request_id","metadata":{"errors":[…]}}` |
//! | string | `{"error":"…","status":"error","request_id"}` |
//! | nested | `{"error":{"code":401,"message","metadata"}}` |
//! | `OpenAI`'s | `{"error":{"message","type","param","code":"…"}}` |
//! | text | whatever is not JSON: a page of a proxy, an empty body |

use portolan_core::limits;
use portolan_core::text::echo;

use super::Trouble;
use crate::json::{self, Kind, Member};

/// Which of the shapes it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// The code, the message and the details at the top.
    Flat,
    /// The message as a bare string under `error`.
    String,
    /// An object under `error`, its code a number.
    Nested,
    /// An object under `error` in `OpenAI`'s shape: its code is text or null.
    OpenAi,
    /// No JSON object of these shapes.
    Text,
}

/// What was read of an upstream's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamError {
    /// Its shape.
    pub envelope: Envelope,
    /// Its code as text, whether it was a number or a string.
    pub code: Option<String>,
    /// Its message; of a text the beginning.
    pub message: Option<String>,
    /// The details that stand beside it.
    pub details: Vec<String>,
    /// The upstream's id of the request, where the body has one.
    pub request_id: Option<String>,
}

impl UpstreamError {
    /// Reads the body of an answer whose status is an error. Whatever it is, something is read.
    pub fn read(body: &[u8]) -> Self {
        let object = json::parse(body).ok();
        let members = object
            .filter(|v| Kind::of(v) == Kind::Object)
            .and_then(|v| json::members(v).ok());
        let found = members.and_then(|members| Self::of_members(&members));
        found.unwrap_or_else(|| Self::text(body))
    }

    /// What is told to a caller of an answer that was this error: its own status and words. The
    /// SDKs of `OpenAI` repeat a 408 and a 409, which neither helps: they become what they mean.
    pub fn trouble(&self, status: u16, model: &str) -> Trouble {
        let status = match status {
            408 => 504,
            409 => 400,
            other => other,
        };
        let said = self
            .message
            .clone()
            .filter(|_| self.envelope != Envelope::Text);
        let code = self.code.clone().filter(|code| is_code(code));
        Trouble {
            status,
            code: code.unwrap_or_else(|| "upstream-error".to_owned()),
            field: None,
            retryable: status == 429 || status >= 500,
            retry_after_s: None,
            message: said
                .unwrap_or_else(|| format!("the upstream of `{}` answered {status}", echo(model))),
            help: self.details.clone(),
        }
    }

    fn of_members(members: &[Member<'_>]) -> Option<Self> {
        let request_id = text(members, "request_id");
        let Some(error) = last(members, "error") else {
            let message = text(members, "message")?;
            return Some(Self {
                envelope: Envelope::Flat,
                code: word(members, "code"),
                message: Some(message),
                details: details(members),
                request_id,
            });
        };
        match Kind::of(error) {
            Kind::String => Some(Self {
                envelope: Envelope::String,
                code: None,
                message: string(error),
                details: Vec::new(),
                request_id,
            }),
            Kind::Object => {
                let inner = json::members(error).ok()?;
                let number = last(&inner, "code").is_some_and(|c| Kind::of(c) == Kind::Number);
                Some(Self {
                    envelope: if number {
                        Envelope::Nested
                    } else {
                        Envelope::OpenAi
                    },
                    code: word(&inner, "code"),
                    message: text(&inner, "message"),
                    details: details(&inner),
                    request_id: request_id.or_else(|| text(&inner, "request_id")),
                })
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::Array => None,
        }
    }

    fn text(body: &[u8]) -> Self {
        let shown = String::from_utf8_lossy(body);
        let shown = shown.trim();
        Self {
            envelope: Envelope::Text,
            code: None,
            message: (!shown.is_empty()).then(|| bounded(shown)),
            details: Vec::new(),
            request_id: None,
        }
    }
}

/// A code that is a name, and can stand in a header: not a number, not a sentence.
fn is_code(code: &str) -> bool {
    code.starts_with(|c: char| c.is_ascii_alphabetic())
        && code
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The last value of a key: what the decoders of these bodies take.
fn last<'a>(members: &[Member<'a>], key: &str) -> Option<&'a str> {
    let member = members.iter().rev().find(|m| m.key == key)?;
    Some(member.value)
}

fn text(members: &[Member<'_>], key: &str) -> Option<String> {
    last(members, key).and_then(string)
}

/// A string's text or a number's digits.
fn word(members: &[Member<'_>], key: &str) -> Option<String> {
    let value = last(members, key)?;
    match Kind::of(value) {
        Kind::String => string(value),
        Kind::Number => Some(bounded(value)),
        Kind::Null | Kind::Bool | Kind::Array | Kind::Object => None,
    }
}

fn string(value: &str) -> Option<String> {
    json::string(value).map(|text| bounded(&text))
}

/// The strings of `metadata.errors`; the server writes `null` for an empty list.
fn details(members: &[Member<'_>]) -> Vec<String> {
    let errors = last(members, "metadata")
        .filter(|m| Kind::of(m) == Kind::Object)
        .and_then(|m| json::members(m).ok())
        .and_then(|m| last(&m, "errors"));
    let Some(errors) = errors.filter(|e| Kind::of(e) == Kind::Array) else {
        return Vec::new();
    };
    let mut kept = Vec::new();
    let read = json::each_item(errors, |_, item| {
        if kept.len() < limits::UPSTREAM_DETAILS {
            kept.extend(string(item));
        }
    });
    read.map_or_else(|_| Vec::new(), |()| kept)
}

fn bounded(text: &str) -> String {
    text.chars().take(limits::UPSTREAM_MESSAGE_CHARS).collect()
}
