//! A call to a model that stands inside another document, under a field of its own: found, and put
//! back as it may be made. What is judged is what will be executed, so a field that two readers
//! could find in two places is found by nobody.

use serde_json::Value;

use crate::faults::folds_to;
use crate::json::{self, Kind, Member};

/// Why nobody can say which call a document holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unclear {
    /// It is no object of JSON.
    NotJson,
    /// The field stands twice, under a name that some reader takes for it, or deeper inside.
    Ambiguous,
}

/// The text of a field of an object, where it has one that is not null.
///
/// # Errors
/// When two readers could find two fields.
pub fn embedded<'a>(document: &'a [u8], field: &str) -> Result<Option<&'a str>, Unclear> {
    let members = members(document)?;
    let mut found = None;
    for member in &members {
        if !folds_to(&member.key, field) {
            if holds(member, field)? {
                return Err(Unclear::Ambiguous);
            }
            continue;
        }
        if member.key != field || found.replace(member.value).is_some() {
            return Err(Unclear::Ambiguous);
        }
    }
    Ok(found.filter(|value| Kind::of(value) != Kind::Null))
}

/// The document with another value in the field that [`embedded`] found.
pub fn with_embedded(document: &[u8], field: &str, value: &str) -> Option<String> {
    let text = std::str::from_utf8(document).ok()?;
    let members = members(document).ok()?;
    let old = members.iter().find(|member| member.key == field)?;
    let start = old.value.as_ptr().addr();
    let start = start.checked_sub(text.as_ptr().addr())?;
    let end = start.checked_add(old.value.len())?;
    Some(format!("{}{value}{}", text.get(..start)?, text.get(end..)?))
}

fn members(document: &[u8]) -> Result<Vec<Member<'_>>, Unclear> {
    let object = json::parse(document).map_err(|_| Unclear::NotJson)?;
    if Kind::of(object) != Kind::Object {
        return Err(Unclear::NotJson);
    }
    json::members(object).map_err(|_| Unclear::NotJson)
}

/// Whether a member's value has such a key, however deep. What is nested too deeply to be read is
/// no document.
fn holds(member: &Member<'_>, field: &str) -> Result<bool, Unclear> {
    if !matches!(Kind::of(member.value), Kind::Array | Kind::Object) {
        return Ok(false);
    }
    let value = serde_json::from_str(member.value);
    let value: Value = value.map_err(|_| Unclear::NotJson)?;
    let mut left = vec![&value];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(map) => {
                if map.keys().any(|key| folds_to(key, field)) {
                    return Ok(true);
                }
                left.extend(map.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(document: &str) -> Result<Option<&str>, Unclear> {
        embedded(document.as_bytes(), "llm_gateway")
    }

    #[test]
    fn a_call_is_found_where_every_reader_finds_it() {
        let one = r#"{"audio_url":"x", "llm_gateway" : {"model": "m"} }"#;
        assert_eq!(found(one), Ok(Some(r#"{"model": "m"}"#)));
        assert_eq!(
            with_embedded(one.as_bytes(), "llm_gateway", "{}").as_deref(),
            Some(r#"{"audio_url":"x", "llm_gateway" : {} }"#)
        );
        assert_eq!(found(r#"{"audio_url":"x"}"#), Ok(None));
        assert_eq!(found(r#"{"llm_gateway":null}"#), Ok(None));
        assert_eq!(found(r#"{"a":["llm_gateway"]}"#), Ok(None));
    }

    #[test]
    fn a_call_that_readers_could_find_elsewhere_is_found_by_nobody() {
        for document in [
            r#"{"llm_gateway":{},"llm_gateway":{"model":"m"}}"#,
            r#"{"LLM_Gateway":{"model":"m"}}"#,
            r#"{"llm_gateway":null,"LLM_GATEWAY":{"model":"m"}}"#,
            r#"{"a":[{"llm_gateway":{}}]}"#,
            r#"{"a":{"b":{"Llm_gateway":1}}}"#,
        ] {
            assert_eq!(found(document), Err(Unclear::Ambiguous), "{document}");
        }
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(4000), "]".repeat(4000));
        for document in ["", "[]", "x", "{} {}", &deep] {
            assert_eq!(found(document), Err(Unclear::NotJson), "{document}");
        }
    }
}
