//! What an answer in one piece says of itself: its id and the tokens that it used. The rest of it is
//! between the upstream and the client, and only seen to be JSON.

use portolan_wire::each_member;

use crate::log::Used;

/// What was read. Of a field that is there twice the last counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Said {
    /// The upstream's id of the call.
    pub(crate) request_id: Option<String>,
    /// Tokens that it used.
    pub(crate) used: Option<Used>,
    /// Whether it has `choices`, without which it answers nothing.
    pub(crate) chooses: bool,
}

impl Said {
    /// Reads an answer in one go; `None` where it is no object of JSON.
    pub(crate) fn read(answer: &[u8]) -> Option<Self> {
        let (mut id, mut usage, mut chooses) = (None, None, false);
        let sound = each_member(answer, |name, value| match name {
            "request_id" => id = Some(value),
            "usage" => usage = Some(value),
            "choices" => chooses = value.starts_with('['),
            _ => {}
        });
        sound.then(|| Self {
            request_id: id.and_then(|id| serde_json::from_str(id).ok()),
            used: usage.and_then(used),
            chooses,
        })
    }
}

/// Tokens that an upstream counted, by either naming.
fn used(usage: &str) -> Option<Used> {
    let (mut input, mut output) = ([None, None], [None, None]);
    each_member(usage.as_bytes(), |name, count| {
        let place = match name {
            "prompt_tokens" => &mut input[0],
            "input_tokens" => &mut input[1],
            "completion_tokens" => &mut output[0],
            "output_tokens" => &mut output[1],
            _ => return,
        };
        *place = count.parse().ok();
    });
    let first = |[first, second]: [Option<u64>; 2]| first.or(second);
    Some(Used {
        input: first(input)?,
        output: first(output)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_its_id_and_what_it_used() {
        let read = |text: &str| Said::read(text.as_bytes());
        let usage = r#""usage": {"prompt_tokens": 3, "completion_tokens": 2}"#;
        let used = Some(Used {
            input: 3,
            output: 2,
        });
        let said = |id: Option<&str>, used| {
            let request_id = id.map(str::to_owned);
            Some(Said {
                request_id,
                used,
                chooses: false,
            })
        };
        let both = format!(r#" {{"a": [{{}}, "\ud800"], "request_id": "r", {usage}}} "#);
        assert_eq!(read(&both), said(Some("r"), used));
        assert_eq!(read(r#"{"request\u005fid": "r"}"#), said(Some("r"), None));
        assert_eq!(read(r#"{"request_id": 1, "\ud800": 1}"#), said(None, None));
        let twice = format!(r#"{{"request_id": "q", {usage}, "request_id": "r", "usage": null}}"#);
        assert_eq!(read(&twice), said(Some("r"), None));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(read(&deep), said(None, None));
    }

    #[test]
    fn an_answer_chooses_by_an_array() {
        for (text, chooses) in [
            (r#"{"choices":[]}"#, true),
            (r#"{"choices":null}"#, false),
            (r#"{"error":{"message":"x"}}"#, false),
        ] {
            let said = Said::read(text.as_bytes());
            assert_eq!(said.map(|said| said.chooses), Some(chooses), "{text}");
        }
    }

    #[test]
    fn what_is_no_object_says_nothing() {
        for text in ["", "[]", "1", "{", "{} {}", "{\"a\":}", "<html>"] {
            assert_eq!(Said::read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Said::read(b"{\"a\":\"\xff\"}"), None);
        assert_eq!(Said::read(b"{\"\xff\":1}"), None);
    }
}
