//! What a model wrote in a completion: found text by text, and replaced without touching anything
//! around it.

use crate::json::{self, Kind};
use crate::posted::{last, quote};

/// A completion with some of a model's texts replaced: the content of messages and the arguments of
/// tool calls, wherever they stand. `edit` sees each text and gives what takes its place, `None` to
/// keep it. `Ok(None)` where nothing is replaced, or this is no completion.
///
/// # Errors
/// The first error of `edit`.
pub fn with_texts<E>(
    completion: &[u8],
    mut edit: impl FnMut(&str) -> Result<Option<String>, E>,
) -> Result<Option<String>, E> {
    let Some((text, texts)) = texts(completion) else {
        return Ok(None);
    };
    let (mut out, mut read) = (String::new(), 0);
    for value in texts {
        let Some(written) = json::string(value) else {
            continue;
        };
        let Some(instead) = edit(&written)? else {
            continue;
        };
        let start = value.as_ptr().addr().checked_sub(text.as_ptr().addr());
        let end = start.and_then(|start| start.checked_add(value.len()));
        let lead = start.and_then(|start| text.get(read..start));
        if let (Some(lead), Some(end)) = (lead, end) {
            out.push_str(lead);
            out.push_str(&quote(&instead));
            read = end;
        }
    }
    if read == 0 {
        return Ok(None);
    }
    out.push_str(text.get(read..).unwrap_or_default());
    Ok(Some(out))
}

/// Every text of a completion, in order.
fn texts(completion: &[u8]) -> Option<(&str, Vec<&str>)> {
    let text = std::str::from_utf8(completion).ok()?;
    let root = json::value(text)?;
    let mut found = Vec::new();
    for choice in items(field(root, "choices")?) {
        let message = field(choice, "message");
        for part in message
            .and_then(|m| field(m, "content"))
            .into_iter()
            .flat_map(parts)
        {
            found.push(part);
        }
        for place in [message, Some(choice)].into_iter().flatten() {
            for call in field(place, "tool_calls").into_iter().flat_map(items) {
                let function = field(call, "function");
                found.extend(function.and_then(|function| field(function, "arguments")));
            }
        }
    }
    found.retain(|value| Kind::of(value) == Kind::String);
    found.sort_by_key(|value| value.as_ptr().addr());
    Some((text, found))
}

/// The value of a field of an object.
fn field<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    if Kind::of(value) != Kind::Object {
        return None;
    }
    last(&json::members(value).ok()?, name)
}

/// The items of an array.
fn items(value: &str) -> Vec<&str> {
    let mut items = Vec::new();
    if Kind::of(value) == Kind::Array {
        // Of an array that breaks off there are the items before that.
        let _ = json::each_item(value, |_, item| items.push(item));
    }
    items
}

/// A content as text: itself, or that of each of its parts.
fn parts(value: &str) -> Vec<&str> {
    match Kind::of(value) {
        Kind::String => vec![value],
        Kind::Array => items(value)
            .into_iter()
            .filter_map(|part| field(part, "text"))
            .collect(),
        Kind::Null | Kind::Bool | Kind::Number | Kind::Object => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_replaced_and_nothing_else_moves() {
        let completion = r#"{ "usage":{"n":1.50}, "choices":[ {"message":{"content":"a","tool_calls":[{"function":{"arguments":"b"}}]},"tool_calls":[{"function":{"arguments":"c"}}] }, {"message":{"content":[{"type":"text","text":"d\u0021"}]}},{"message":{"content":null}} ]}"#;
        let mut seen = Vec::new();
        let edited = with_texts(completion.as_bytes(), |text| {
            seen.push(text.to_owned());
            Ok::<_, ()>((text == "b").then(|| "\"B\"".to_owned()))
        });
        assert_eq!(seen, ["a", "b", "c", "d!"]);
        let expected = completion.replace(r#""arguments":"b""#, r#""arguments":"\"B\"""#);
        assert_eq!(edited, Ok(Some(expected)));
        assert_eq!(
            with_texts(completion.as_bytes(), |_| Ok::<_, ()>(None)),
            Ok(None)
        );
        assert_eq!(with_texts(completion.as_bytes(), |_| Err(1)), Err(1));
        for none in [
            "",
            "[]",
            r#"{"choices":{}}"#,
            r#"{"choices":[1,{"message":2}]}"#,
        ] {
            assert_eq!(with_texts(none.as_bytes(), |_| Err(1)), Ok(None), "{none}");
        }
    }
}
