//! An answer in one piece as the stream that was asked for. A client that asked for one and gets
//! plain JSON sees an empty stream, and no error.

use serde_json::{Map, Value, json};

/// The events of a completion: all of its content, then why it ended, then usage if that was asked
/// for, then the end. `None` where it is no completion.
pub(crate) fn events(completion: &Value, model: &str, with_usage: bool) -> Option<String> {
    let choices = completion.get("choices")?.as_array()?;
    let text = |key: &str| completion.get(key).and_then(Value::as_str);
    let id = text("id")
        .or_else(|| text("request_id"))
        .unwrap_or("portolan");
    let created = completion.get("created").and_then(Value::as_i64);
    let model = text("model").unwrap_or(model);
    let chunk = |choices: Vec<Value>| {
        json!({
            "id": id,
            "object": "chat.completion.chunk",
            "created": created.unwrap_or(0),
            "model": model,
            "choices": choices,
        })
    };
    let position = |(at, choice): (usize, &Value)| {
        let index = choice.get("index").and_then(Value::as_u64);
        index.unwrap_or(u64::try_from(at).unwrap_or(u64::MAX))
    };
    let mut out = String::new();
    let said = choices.iter().enumerate().map(|(at, choice)| {
        json!({"index": position((at, choice)), "delta": delta(choice), "finish_reason": null})
    });
    event(&mut out, &chunk(said.collect()));
    let ended = choices.iter().enumerate().map(|(at, choice)| {
        let reason = choice.get("finish_reason").cloned();
        let reason = reason.filter(|reason| !reason.is_null());
        json!({
            "index": position((at, choice)),
            "delta": {},
            "finish_reason": reason.unwrap_or_else(|| json!("stop")),
        })
    });
    event(&mut out, &chunk(ended.collect()));
    if let (true, Some(usage)) = (with_usage, completion.get("usage")) {
        let mut last = chunk(Vec::new());
        if let Some(last) = last.as_object_mut() {
            last.insert("usage".to_owned(), usage.clone());
        }
        event(&mut out, &last);
    }
    out.push_str("data: [DONE]\n\n");
    Some(out)
}

/// A message as a delta: tool calls get the positions that a stream gives them. They stand on the
/// message, or on the choice beside it.
fn delta(choice: &Value) -> Value {
    let mut delta = match choice.get("message") {
        Some(Value::Object(message)) => message.clone(),
        _ => Map::new(),
    };
    delta.entry("role").or_insert_with(|| json!("assistant"));
    let calls = delta.get("tool_calls").filter(|calls| calls.is_array());
    let calls = calls.or_else(|| choice.get("tool_calls")).cloned();
    if let Some(Value::Array(mut calls)) = calls {
        for (at, call) in calls.iter_mut().enumerate() {
            if let Some(call) = call.as_object_mut() {
                call.entry("index").or_insert_with(|| json!(at));
            }
        }
        delta.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    Value::Object(delta)
}

fn event(out: &mut String, chunk: &Value) {
    out.push_str("data: ");
    out.push_str(&chunk.to_string());
    out.push_str("\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_and_tool_calls_become_one_chunk() {
        let completion = json!({
            "request_id": "r-1",
            "choices": [{
                "message": {"role": "assistant", "content": "a \"b\" ü"},
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"n\":1}"}}],
                "finish_reason": "tool_calls",
            }],
            "usage": {"total_tokens": 3},
        });
        let text = events(&completion, "m-1", true).unwrap();
        let chunks: Vec<Value> = text
            .split("\n\n")
            .filter_map(|event| serde_json::from_str(event.strip_prefix("data: ")?).ok())
            .collect();
        assert_eq!(chunks.len(), 3);
        assert_eq!(chunks[0]["choices"][0]["delta"]["content"], "a \"b\" ü");
        assert_eq!(
            chunks[0]["choices"][0]["delta"]["tool_calls"][0]["index"],
            0
        );
        assert_eq!(chunks[1]["choices"][0]["finish_reason"], "tool_calls");
        assert_eq!(chunks[2]["usage"]["total_tokens"], 3);
        assert!(text.ends_with("data: [DONE]\n\n"));
        assert!(
            !events(&completion, "m-1", false)
                .unwrap()
                .contains("total_tokens")
        );
        assert_eq!(events(&json!({"choices": 1}), "m-1", false), None);
    }
}
