//! The parameters that are objects of their own: `tools`, `tool_choice`, `response_format`,
//! `reasoning`, `post_processing_steps`.
//!
//! Each is looked into just as far as a rule may ask. JSON Schemas stay closed.

use std::collections::BTreeSet;

use crate::faults::{Faults, Keys};
use crate::json::{self, Kind};
use crate::messages::check_object;
use crate::path::Path;

/// What judging needs to know of `tools`.
#[derive(Debug, Default)]
pub(crate) struct Tools {
    /// Their types; a tool without one that has a `function` is a `function`.
    pub(crate) types: BTreeSet<String>,
    /// Where the first tool stands that is not a function.
    pub(crate) other: Option<String>,
    /// Some tool has `cache_control`.
    pub(crate) cache_control: bool,
}

impl Tools {
    pub(crate) fn read(value: &str, path: &Path<'_>, faults: &mut Faults) -> Self {
        let mut tools = Self::default();
        faults.each_item(value, path, |faults, index, tool| {
            tools.tool(tool, &path.index(index), faults);
        });
        tools
    }

    fn tool(&mut self, value: &str, path: &Path<'_>, faults: &mut Faults) {
        let Some([kind, function, cache_control]) =
            fields(value, &["type", "function", "cache_control"], path, faults)
        else {
            return;
        };
        if let Some(value) = cache_control {
            self.cache_control = true;
            check_object(value, &path.key("cache_control"), faults);
        }
        let kind = match (kind, function) {
            (None, Some(_)) => Some("function".to_owned()),
            (kind, _) => faults.required_string(kind, &path.key("type")),
        };
        let Some(kind) = kind else { return };
        if kind == "function" {
            named_function(function, &path.key("function"), faults);
        } else {
            self.other.get_or_insert_with(|| path.to_string());
        }
        faults.add_type(&mut self.types, kind, path);
    }
}

/// `tool_choice` in one word: `function` for an object that names one, a string as it is, and
/// anything else as written, so that no rule takes it for one of the words.
pub(crate) fn tool_choice(value: &str, path: &Path<'_>, faults: &mut Faults) -> Option<String> {
    match Kind::of(value) {
        Kind::String | Kind::Object if !faults.fits(value, path) => None,
        Kind::String => json::string(value).map(|word| match word.as_str() {
            "function" => value.to_owned(),
            _ => word,
        }),
        Kind::Object => {
            let [kind, function] = fields(value, &["type", "function"], path, faults)?;
            if kind.and_then(json::string).as_deref() != Some("function") {
                return Some(value.to_owned());
            }
            named_function(function, &path.key("function"), faults);
            Some("function".to_owned())
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::Array => {
            faults.wrong_type(path, value, "a string or an object");
            None
        }
    }
}

/// The `type` of `response_format`; a `json_schema` needs a name and a schema.
pub(crate) fn response_format(value: &str, path: &Path<'_>, faults: &mut Faults) -> Option<String> {
    let [kind, schema] = fields(value, &["type", "json_schema"], path, faults)?;
    let kind = faults.required_string(kind, &path.key("type"))?;
    if kind == "json_schema" {
        let path = path.key("json_schema");
        match schema {
            None => faults.missing(&path, "an object"),
            Some(value) => {
                if let Some([name, schema]) = fields(value, &["name", "schema"], &path, faults) {
                    faults.required_string(name, &path.key("name"));
                    match schema {
                        None => faults.missing(&path.key("schema"), "an object"),
                        Some(schema) => check_object(schema, &path.key("schema"), faults),
                    }
                }
            }
        }
    }
    Some(kind)
}

/// The `effort` of `reasoning`.
pub(crate) fn reasoning(value: &str, path: &Path<'_>, faults: &mut Faults) -> Option<String> {
    let [effort, max_tokens] = fields(value, &["effort", "max_tokens"], path, faults)?;
    if let Some(value) = max_tokens {
        faults.integer(value, &path.key("max_tokens"));
    }
    effort.and_then(|value| faults.string(value, &path.key("effort")))
}

/// The types of `post_processing_steps`.
pub(crate) fn post_processing(
    value: &str,
    path: &Path<'_>,
    faults: &mut Faults,
) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    faults.each_item(value, path, |faults, index, step| {
        let path = path.index(index);
        if let Some([kind]) = fields(step, &["type"], &path, faults)
            && let Some(kind) = faults.required_string(kind, &path.key("type"))
        {
            faults.add_type(&mut types, kind, &path);
        }
    });
    types
}

fn named_function(value: Option<&str>, path: &Path<'_>, faults: &mut Faults) {
    match value {
        None => faults.missing(path, "an object"),
        Some(value) => {
            if let Some([name]) = fields(value, &["name"], path, faults) {
                faults.required_string(name, &path.key("name"));
            }
        }
    }
}

/// The values of an object's known fields, `null` being absence and the last one counting.
fn fields<'a, const N: usize>(
    value: &'a str,
    known: &'static [&'static str; N],
    path: &Path<'_>,
    faults: &mut Faults,
) -> Option<[Option<&'a str>; N]> {
    if Kind::of(value) != Kind::Object {
        faults.wrong_type(path, value, "an object");
        return None;
    }
    let members = faults.members(value, path);
    let mut keys = Keys::of(known);
    let mut values = [None; N];
    for member in &members {
        let Some(name) = keys.admit(&member.key, path, faults) else {
            continue;
        };
        let slots = known.iter().zip(&mut values);
        for (_, slot) in slots.filter(|(field, _)| **field == name) {
            if Kind::of(member.value) != Kind::Null {
                *slot = Some(member.value);
            }
        }
    }
    Some(values)
}
