//! The headers that say how many calls are left.
//!
//! `x-ratelimit-reset` is seconds from now, not an instant, and `x-ratelimit-remaining` may be
//! negative: both as `AssemblyAI`'s API reference has it.

/// A window of calls, as it stands after this call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window<'a> {
    /// Calls that one window allows.
    pub limit: i64,
    /// Calls that are left in it; negative once there were more.
    pub remaining: i64,
    /// Seconds until the next one begins.
    pub reset_s: i64,
    /// The model that was named, as it was named.
    pub model: &'a str,
}

impl Window<'_> {
    /// Names in lower case and values. A model id that cannot stand in a header is left out.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("x-ratelimit-limit", self.limit.to_string()),
            ("x-ratelimit-remaining", self.remaining.to_string()),
            ("x-ratelimit-reset", self.reset_s.max(0).to_string()),
        ];
        if self.model.bytes().all(|b| matches!(b, b' '..=b'~')) {
            headers.push(("x-ratelimit-model", self.model.to_owned()));
        }
        headers
    }
}
