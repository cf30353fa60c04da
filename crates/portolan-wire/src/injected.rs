//! A body with a transcript in the place of its tag, for endpoints that do not put it there
//! themselves.
//!
//! As the service does it: of each effective body the first occurrence in the first message that
//! has one, or in the prompt. The id goes, so that nobody does it again.

use crate::faults::folds_to;
use crate::json::{self, Kind, Member};
use crate::messages::TRANSCRIPT_TAG;
use crate::posted::{BodyText, quote, write};

/// The field that names a transcript.
const FIELD: &str = "transcript_id";

impl BodyText {
    /// The body with a transcript's text, and without its id. `None` where what was posted is no
    /// object.
    pub fn with_transcript(&self, transcript: &str) -> Option<Self> {
        let members = self.members(None)?;
        let mut kept = Vec::new();
        for member in &members {
            if folds_to(&member.key, FIELD) {
                continue;
            }
            let value = match &*member.key {
                "fallbacks" => fallbacks(member.value, transcript),
                _ => None,
            };
            kept.push((member, value));
        }
        let text = texts(&members, transcript);
        Some(Self::new(joined(kept, text.as_ref())))
    }
}

/// A body's own text with the tag replaced: which field, and its new value.
fn texts(members: &[Member<'_>], transcript: &str) -> Option<(&'static str, String)> {
    let value = |name: &str| members.iter().rfind(|m| m.key == name).map(|m| m.value);
    let messages = value("messages").and_then(|value| messages(value, transcript));
    if let Some(messages) = messages {
        return Some(("messages", messages));
    }
    let prompt = value("prompt").and_then(|value| replaced(value, transcript));
    prompt.map(|prompt| ("prompt", prompt))
}

/// Members as an object, with what takes the place of some.
fn joined(
    members: Vec<(&Member<'_>, Option<String>)>,
    text: Option<&(&'static str, String)>,
) -> String {
    let values: Vec<(&Member<'_>, String)> = members
        .into_iter()
        .map(|(member, value)| {
            let own = text.filter(|(name, _)| *name == member.key);
            let own = own.map(|(_, value)| value.clone());
            (
                member,
                own.or(value).unwrap_or_else(|| member.value.to_owned()),
            )
        })
        .collect();
    let members: Vec<Member<'_>> = values
        .iter()
        .map(|(member, value)| Member {
            key: member.key.clone(),
            value,
            origin: member.origin,
        })
        .collect();
    write(&members)
}

/// Every fallback with a transcript in its own messages.
fn fallbacks(value: &str, transcript: &str) -> Option<String> {
    let items = items(value)?;
    let items = items.into_iter().map(|item| {
        let members = (Kind::of(item) == Kind::Object).then(|| json::members(item).ok());
        let Some(members) = members.flatten() else {
            return item.to_owned();
        };
        let kept = members.iter().filter(|m| !folds_to(&m.key, FIELD));
        let kept = kept.map(|member| (member, None)).collect();
        let text = texts(&members, transcript);
        joined(kept, text.as_ref())
    });
    Some(array(&items.collect::<Vec<_>>()))
}

/// The messages with the tag replaced in the first that has it.
fn messages(value: &str, transcript: &str) -> Option<String> {
    first_of(value, |message| {
        in_field(message, "content", |content| match Kind::of(content) {
            Kind::String => replaced(content, transcript),
            Kind::Array => first_of(content, |part| {
                in_field(part, "text", |text| replaced(text, transcript))
            }),
            Kind::Null | Kind::Bool | Kind::Number | Kind::Object => None,
        })
    })
}

/// An array whose first item that can be edited is.
fn first_of(value: &str, edit: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut edited = None;
    let items = items(value)?.into_iter().map(|item| {
        if edited.is_none() {
            edited = edit(item);
            if let Some(new) = &edited {
                return new.to_owned();
            }
        }
        item.to_owned()
    });
    let items: Vec<String> = items.collect();
    edited.is_some().then(|| array(&items))
}

/// An object with one field edited.
fn in_field(value: &str, field: &str, edit: impl Fn(&str) -> Option<String>) -> Option<String> {
    if Kind::of(value) != Kind::Object {
        return None;
    }
    let members = json::members(value).ok()?;
    let mut new = None;
    let kept = members.iter().map(|member| {
        let edited = (member.key == field).then(|| edit(member.value)).flatten();
        new = new.take().or(edited.as_ref().map(|_| ()));
        (member, edited)
    });
    let kept = kept.collect();
    new?;
    Some(joined(kept, None))
}

/// A string with the first tag replaced.
fn replaced(value: &str, transcript: &str) -> Option<String> {
    let text = json::string(value).filter(|text| text.contains(TRANSCRIPT_TAG))?;
    let text = text.replacen(TRANSCRIPT_TAG, transcript, 1);
    Some(quote(&text))
}

fn items(value: &str) -> Option<Vec<&str>> {
    if Kind::of(value) != Kind::Array {
        return None;
    }
    let mut items = Vec::new();
    json::each_item(value, |_, item| items.push(item)).ok()?;
    Some(items)
}

fn array(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn injected(body: &str) -> String {
        let body = BodyText::new(body).with_transcript("a \"b\" {{ transcript }}");
        String::from_utf8(body.unwrap().bytes().to_vec()).unwrap()
    }

    #[test]
    fn the_first_tag_of_the_first_message_is_replaced() {
        assert_eq!(
            injected(
                r#"{"transcript_id":"t","temperature":1.0,"messages":[{"role":"system","content":"{{transcript}}"},{"role":"user","content":"x {{ transcript }} {{ transcript }}"},{"content":"{{ transcript }}"}]}"#
            ),
            r#"{"temperature":1.0,"messages":[{"role":"system","content":"{{transcript}}"},{"role":"user","content":"x a \"b\" {{ transcript }} {{ transcript }}"},{"content":"{{ transcript }}"}]}"#
        );
        assert_eq!(
            injected(
                r#"{"messages":[{"content":[{"type":"text","text":"no"},{"type":"text","text":"{{ transcript }}"}]}]}"#
            ),
            r#"{"messages":[{"content":[{"type":"text","text":"no"},{"type":"text","text":"a \"b\" {{ transcript }}"}]}]}"#
        );
        assert_eq!(
            injected(r#"{"prompt":"{{ transcript }}","Transcript_ID":"t"}"#),
            r#"{"prompt":"a \"b\" {{ transcript }}"}"#
        );
    }

    #[test]
    fn a_fallback_has_its_own_first_tag() {
        assert_eq!(
            injected(
                r#"{"messages":[],"fallbacks":[{"model":"m","transcript_id":"t","messages":[{"content":"{{ transcript }}"}]},7]}"#
            ),
            r#"{"messages":[],"fallbacks":[{"model":"m","messages":[{"content":"a \"b\" {{ transcript }}"}]},7]}"#
        );
    }

    #[test]
    fn without_a_tag_only_the_id_goes() {
        assert_eq!(
            injected(
                r#"{"model":"m","transcript_id":"t","messages":[{"content":"{{ TRANSCRIPT }}"}]}"#
            ),
            r#"{"model":"m","messages":[{"content":"{{ TRANSCRIPT }}"}]}"#
        );
        assert_eq!(BodyText::new("[]").with_transcript("t"), None);
    }
}
