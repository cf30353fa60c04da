//! What the command's flags say, put over a call or standing alone.
//!
//! Over a posted body the flags are put into its text, and the text is read again: so what is
//! judged, what is patched and what would be sent stay one thing.

use std::collections::BTreeMap;

use portolan_core::instant::Instant;
use portolan_core::request::{Draft, State};

use crate::envelope::Call;
use crate::fallbacks::read_body;
use crate::posted::quote;

/// Values that win over a call's own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// The endpoint's name.
    pub endpoint: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The region asked for.
    pub model_region: Option<String>,
    /// The most tokens to produce.
    pub max_tokens: Option<i64>,
    /// Input tokens, counted.
    pub input_tokens: Option<i64>,
    /// Whether a stream is wanted.
    pub stream: Option<bool>,
    /// The instant to judge for.
    pub at: Option<Instant>,
    /// Attributes by name, values as text.
    pub attributes: BTreeMap<String, String>,
}

impl Overrides {
    /// A call made of these values alone, with messages that nobody counted.
    pub fn alone(self, now: Instant) -> Call {
        let mut draft = Draft::new("", now);
        draft.body.model = None;
        self.over(Call {
            draft,
            state: State::default(),
            body: None,
            input_tokens: None,
        })
    }

    /// The call with these values put over it.
    #[must_use]
    pub fn over(self, mut call: Call) -> Call {
        call.input_tokens = self.input_tokens.or(call.input_tokens);
        if let Some(body) = call.body.take() {
            let fields: Vec<(&'static str, String)> = [
                ("model", self.model.as_deref().map(quote)),
                ("model_region", self.model_region.as_deref().map(quote)),
                ("max_tokens", self.max_tokens.map(|n| n.to_string())),
                ("stream", self.stream.map(|b| b.to_string())),
            ]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect();
            let body = if fields.is_empty() {
                body
            } else {
                body.with(&fields)
            };
            let reading = read_body(body.bytes(), call.input_tokens);
            call.draft.body = reading.body;
            call.draft.fallbacks = reading.fallbacks;
            call.draft.chain = reading.chain;
            call.body = Some(body);
        } else {
            let body = &mut call.draft.body;
            body.model = self.model.or(body.model.take());
            body.model_region = self.model_region.or(body.model_region.take());
            body.max_tokens = self.max_tokens.or(body.max_tokens);
            body.stream = self.stream.unwrap_or(body.stream);
            body.input_tokens = call.input_tokens.unwrap_or(body.input_tokens);
        }
        call.draft.endpoint = self.endpoint.or(call.draft.endpoint);
        call.draft.at = self.at.unwrap_or(call.draft.at);
        call.draft.attributes.extend(self.attributes);
        call
    }
}
