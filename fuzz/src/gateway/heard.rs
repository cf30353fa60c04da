//! What a speech-to-text API tells of a transcript: mostly words that some reader might take for
//! parts of a body, and sometimes none.

use portolan_testkit::dice::Dice;

/// An answer to whoever asks for a transcript.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) answer: Vec<u8>,
    /// The text, where the answer has one that may be put in.
    pub(crate) text: Option<String>,
}

impl Heard {
    /// What was heard this time.
    pub(crate) fn some(dice: &mut Dice) -> Self {
        let text = words(dice);
        let quoted = quoted(dice, &text);
        let (status, answer) = match dice.below(32) {
            0 => (404, r#"{"error":"transcript not found"}"#.to_owned()),
            1 => (200, r#"{"status":"processing","text":null}"#.to_owned()),
            2 => (200, format!(r#"{{"status":"error","text":{quoted}}}"#)),
            3 => (200, r#"{"status":"completed","text":null}"#.to_owned()),
            4 => (200, format!(r#"{{"status":"completed","TEXT":{quoted}}}"#)),
            5 => (200, twice(&quoted)),
            6 => (200, format!(r#"{{"status":"completed","text":{quoted}"#)),
            7 => (200, "<html>".to_owned()),
            8 => (dice.pick(&[400, 401, 403, 429, 503]), String::new()),
            9 => (307, String::new()),
            10 => {
                let text = b"{\"status\":\"completed\",\"text\":\"\xff\xc0\"}";
                return Self::untold(200, text.to_vec());
            }
            _ => {
                let beside = dice.word(&["", r#""TEXT":"us","#, r#""words":[{"text":"us"}],"#]);
                let answer = format!(r#"{{{beside}"status":"completed","text":{quoted}}}"#);
                return Self {
                    status: 200,
                    answer: answer.into(),
                    text: Some(text),
                };
            }
        };
        Self::untold(status, answer.into())
    }

    fn untold(status: u16, answer: Vec<u8>) -> Self {
        Self {
            status,
            answer,
            text: None,
        }
    }
}

/// Two texts, of which readers take one or the other.
fn twice(quoted: &str) -> String {
    format!(r#"{{"status":"completed","text":"us","text":{quoted}}}"#)
}

/// What somebody said, or so it seems.
fn words(dice: &mut Dice) -> String {
    if dice.chance(8) {
        // More than a small model takes.
        return "the canary sings ".repeat(dice.between(10, 60));
    }
    let pieces = dice.between(0, 6);
    (0..pieces).map(|_| dice.word(&PIECES)).collect()
}

/// A text as JSON has it, with every character as an escape or with as few as there must be.
fn quoted(dice: &mut Dice, text: &str) -> String {
    if dice.chance(20) {
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        return format!("\"{}\"", units.collect::<String>());
    }
    serde_json::to_string(text).unwrap_or_default()
}

const PIECES: [&str; 30] = [
    "the canary sings ",
    "canary",
    " ",
    "\"",
    "\\",
    "\\\"",
    "\\\\\"",
    "\",\"model\":\"m-2\",\"x\":\"",
    "\"}],\"model\":\"m-2\",\"messages\":[{\"content\":\"",
    "\"model\":\"m-2\"",
    "\"Model\":\"m-2\",\"model_region\":\"us\"",
    "\",\"fallbacks\":[{\"model\":\"m-2\"}],\"user\":\"",
    "\"transcript_id\":\"b-2\"",
    "{{ transcript }}",
    "{{ ",
    "transcript",
    " }}",
    "}",
    "]",
    "\n",
    "\r\n\r\n",
    "\u{0}",
    "\u{1f}",
    "\u{2028}",
    "\u{feff}",
    "\u{202e}",
    "\u{1f600}",
    "\\ud800",
    "\\u0022",
    "data: [DONE]\n\n",
];
