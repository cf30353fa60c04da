//! A body with a transcript in the place of its tag, for endpoints that do not put it there
//! themselves.
//!
//! As the service does it: of each effective body the first occurrence in the first message that
//! has one, or in the prompt. The id goes, so that nobody does it again.

use std::borrow::Cow;

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
        let mut members = self.members(None)?;
        members.retain(|member| !folds_to(&member.key, FIELD));
        let own = Texts::of(&members);
        let new = own.clone().with(transcript);
        let fallbacks = value(&members, "fallbacks");
        let fallbacks = fallbacks.and_then(|value| fallbacks_with(value, &own, transcript));
        let changed = [
            ("messages", own.messages.and(new.messages)),
            ("prompt", own.prompt.and(new.prompt)),
            ("fallbacks", fallbacks.map(Cow::Owned)),
        ];
        Some(Self::new(joined(&members, &changed)))
    }
}

/// Where a body may have the tag.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Texts<'a> {
    messages: Option<Cow<'a, str>>,
    prompt: Option<Cow<'a, str>>,
}

impl<'a> Texts<'a> {
    fn of(members: &[Member<'a>]) -> Self {
        let value = |name| value(members, name).map(Cow::Borrowed);
        Self {
            messages: value("messages"),
            prompt: value("prompt"),
        }
    }

    /// The same with the first tag replaced.
    fn with(mut self, transcript: &str) -> Self {
        let edited = |value: &Option<Cow<'a, str>>, edit: fn(&str, &str) -> Option<String>| {
            edit(value.as_deref()?, transcript).map(Cow::Owned)
        };
        if let Some(new) = edited(&self.messages, messages) {
            self.messages = Some(new);
        } else if let Some(new) = edited(&self.prompt, replaced) {
            self.prompt = Some(new);
        }
        self
    }
}

/// What a field holds; `null` is nothing.
fn value<'a>(members: &[Member<'a>], name: &str) -> Option<&'a str> {
    let mut there = members.iter().rev();
    let member = there.find(|m| m.key == name && Kind::of(m.value) != Kind::Null);
    member.map(|member| member.value)
}

/// Members as an object, with what some fields hold now.
fn joined(members: &[Member<'_>], changed: &[(&str, Option<Cow<'_, str>>)]) -> String {
    let new = |key: &str| {
        let mut changed = changed.iter();
        let (_, value) = changed.find(|(name, value)| *name == key && value.is_some())?;
        value.as_deref()
    };
    let kept = members.iter().map(|member| Member {
        key: member.key.clone(),
        value: new(&member.key).unwrap_or(member.value),
        origin: member.origin,
    });
    let missing = changed.iter().filter_map(|(name, value)| {
        let value = value.as_deref()?;
        let missing = !members.iter().any(|member| member.key == *name);
        missing.then_some(Member {
            key: Cow::Borrowed(*name),
            value,
            origin: None,
        })
    });
    write(&kept.chain(missing).collect::<Vec<_>>())
}

/// Every fallback with a transcript in its own texts. What it has of the posted body it has as that
/// is now, so a prompt which the two need differently becomes its own.
fn fallbacks_with(value: &str, outer: &Texts<'_>, transcript: &str) -> Option<String> {
    let inherited = outer.clone().with(transcript);
    let items = items(value)?.into_iter().map(|item| {
        let members = (Kind::of(item) == Kind::Object).then(|| json::members(item).ok());
        let Some(mut members) = members.flatten() else {
            return item.to_owned();
        };
        members.retain(|member| !folds_to(&member.key, FIELD));
        let own = Texts::of(&members);
        let whole = Texts {
            messages: own.messages.clone().or_else(|| outer.messages.clone()),
            prompt: own.prompt.clone().or_else(|| outer.prompt.clone()),
        };
        let whole = whole.with(transcript);
        let differs = own.prompt.is_some() || whole.prompt != inherited.prompt;
        let changed = [
            ("messages", own.messages.and(whole.messages)),
            ("prompt", whole.prompt.filter(|_| differs)),
        ];
        joined(&members, &changed)
    });
    Some(array(&items.collect::<Vec<_>>()))
}

/// The messages with the tag replaced in the first that has it.
fn messages(all: &str, transcript: &str) -> Option<String> {
    first_of(all, |message| {
        in_field(message, "content", |content| match Kind::of(content) {
            Kind::String => replaced(content, transcript),
            Kind::Array => first_of(content, |part| {
                // Of a part of another kind, or of none, the text is not looked at elsewhere either.
                let members = json::members(part).ok()?;
                let kind = value(&members, "type").and_then(json::string)?;
                let edit = |text: &str| replaced(text, transcript);
                (kind == "text").then(|| in_field(part, "text", edit))?
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
    let held = members.iter().rfind(|member| member.key == field)?;
    let edited = edit(held.value)?;
    Some(joined(&members, &[(field, Some(Cow::Owned(edited)))]))
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
    fn the_text_of_a_part_that_is_none_stays() {
        let body = r#"{"messages":[{"content":[{"text":"{{ transcript }}"},{"type":"image_url","text":"{{ transcript }}"},7]}]}"#;
        assert_eq!(injected(body), body);
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
    fn a_fallback_and_what_it_inherits_have_one_first_tag() {
        // The messages are inherited and have it.
        assert_eq!(
            injected(
                r#"{"messages":[{"content":"{{ transcript }}"}],"fallbacks":[{"model":"m","prompt":"{{ transcript }}"}]}"#
            ),
            r#"{"messages":[{"content":"a \"b\" {{ transcript }}"}],"fallbacks":[{"model":"m","prompt":"{{ transcript }}"}]}"#
        );
        // Its own messages have it, so that the prompt stays as it was.
        assert_eq!(
            injected(
                r#"{"prompt":"{{ transcript }}","fallbacks":[{"messages":[{"content":"{{ transcript }}"}]}]}"#
            ),
            r#"{"prompt":"a \"b\" {{ transcript }}","fallbacks":[{"messages":[{"content":"a \"b\" {{ transcript }}"}],"prompt":"{{ transcript }}"}]}"#
        );
        // Its own messages have none, and those that the prompt stood behind had.
        assert_eq!(
            injected(
                r#"{"messages":[{"content":"{{ transcript }}"}],"prompt":"{{ transcript }}","fallbacks":[{"messages":[],"prompt":null}]}"#
            ),
            r#"{"messages":[{"content":"a \"b\" {{ transcript }}"}],"prompt":"{{ transcript }}","fallbacks":[{"messages":[],"prompt":"a \"b\" {{ transcript }}"}]}"#
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
