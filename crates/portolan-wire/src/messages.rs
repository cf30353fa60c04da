//! `messages`: what kinds of content they hold, how long their text is, and the transcript tag.
//!
//! Three levels are looked into: the array, each message, each part of its content. Tool calls
//! and what a part carries beside its text stay closed.

use std::collections::BTreeSet;

use portolan_core::request::FaultKind;

use crate::diags;
use crate::faults::{Faults, Keys};
use crate::json::{self, Kind};
use crate::path::Path;

/// The exact tag that the gateway replaces by a transcript.
pub(crate) const TRANSCRIPT_TAG: &str = "{{ transcript }}";

const MESSAGE_FIELDS: [&str; 7] = [
    "cache_control",
    "content",
    "name",
    "role",
    "thinking",
    "tool_call_id",
    "tool_calls",
];
const PART_FIELDS: [&str; 3] = ["cache_control", "text", "type"];

/// What judging needs to know of `messages`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Messages {
    /// Types of the content's parts.
    pub(crate) content: BTreeSet<String>,
    /// Where the first part stands that is not text.
    pub(crate) other_content: Option<String>,
    /// Unicode characters of all text.
    pub(crate) characters: u64,
    /// Where the first transcript tag stands.
    pub(crate) tag: Option<String>,
    /// Some message or part has `cache_control`.
    pub(crate) cache_control: bool,
}

impl Messages {
    pub(crate) fn read(value: &str, path: &Path<'_>, faults: &mut Faults) -> Self {
        let mut messages = Self::default();
        faults.each_item(value, path, |faults, index, message| {
            messages.message(message, &path.index(index), faults);
        });
        messages
    }

    fn message(&mut self, value: &str, path: &Path<'_>, faults: &mut Faults) {
        if Kind::of(value) != Kind::Object {
            faults.wrong_type(path, value, "an object");
            return;
        }
        let members = faults.members(value, path);
        let mut keys = Keys::of(&MESSAGE_FIELDS);
        let mut role = None;
        for member in &members {
            let Some(name) = keys.admit(&member.key, path, faults) else {
                continue;
            };
            let null = Kind::of(member.value) == Kind::Null;
            match name {
                "role" if !null => role = Some(member.value),
                "content" if !null => self.content(member.value, &path.key(name), faults),
                "cache_control" if !null => self.cache_control(member.value, path, faults),
                _ => {}
            }
        }
        faults.required_string(role, &path.key("role"));
    }

    fn content(&mut self, value: &str, path: &Path<'_>, faults: &mut Faults) {
        match Kind::of(value) {
            Kind::String => {
                if !self.content.contains("text") {
                    self.content.insert("text".to_owned());
                }
                self.text(value, path);
            }
            Kind::Array => faults.each_item(value, path, |faults, index, part| {
                self.part(part, &path.index(index), faults);
            }),
            Kind::Null | Kind::Bool | Kind::Number | Kind::Object => {
                faults.wrong_type(path, value, "a string or an array of parts");
            }
        }
    }

    fn part(&mut self, value: &str, path: &Path<'_>, faults: &mut Faults) {
        if Kind::of(value) != Kind::Object {
            faults.wrong_type(path, value, "an object");
            return;
        }
        let members = faults.members(value, path);
        let mut keys = Keys::of(&PART_FIELDS);
        let (mut kind, mut text) = (None, None);
        for member in &members {
            let name = keys.admit(&member.key, path, faults);
            match name.filter(|_| Kind::of(member.value) != Kind::Null) {
                Some("type") => kind = Some(member.value),
                Some("text") => text = Some(member.value),
                Some("cache_control") => self.cache_control(member.value, path, faults),
                _ => {}
            }
        }
        let Some(kind) = faults.required_string(kind, &path.key("type")) else {
            return;
        };
        if kind == "text" {
            let path = path.key("text");
            match text {
                Some(text) if Kind::of(text) == Kind::String => self.text(text, &path),
                Some(text) => faults.wrong_type(&path, text, "a string"),
                None => faults.missing(&path, "a string"),
            }
        } else {
            self.other_content.get_or_insert_with(|| path.to_string());
        }
        faults.add_type(&mut self.content, kind, path);
    }

    fn text(&mut self, value: &str, path: &Path<'_>) {
        let text = json::text(value).unwrap_or_default();
        let characters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        self.characters = self.characters.saturating_add(characters);
        if self.tag.is_none() && text.contains('{') && text.contains(TRANSCRIPT_TAG) {
            self.tag = Some(path.to_string());
        }
    }

    fn cache_control(&mut self, value: &str, path: &Path<'_>, faults: &mut Faults) {
        self.cache_control = true;
        check_object(value, &path.key("cache_control"), faults);
    }
}

/// Notes anything but an object.
pub(crate) fn check_object(value: &str, path: &Path<'_>, faults: &mut Faults) {
    let kind = Kind::of(value);
    if kind != Kind::Object {
        let detail = diags::wrong_type(kind.name(), "an object");
        faults.push(FaultKind::WrongType, path, detail);
    }
}
