//! A call that may go on: its plan, and the request that each of its attempts makes.

use std::sync::Arc;

use bytes::Bytes;
use http::uri::InvalidUri;
use http::{HeaderValue, Uri, header, request::Parts};
use portolan_core::answer::{Answer, Attempt, Plan};
use portolan_wire::BodyText;

/// A call with its plan, in the extensions of the request that is passed on.
#[derive(Debug, Clone)]
pub struct Routed(Arc<Call>);

#[derive(Debug)]
struct Call {
    plan: Plan,
    snapshot: String,
    request_id: String,
    body: BodyText,
}

impl Routed {
    /// The call of an answer that is a plan; `None` for a refusal.
    pub(crate) fn new(answer: Answer, body: BodyText, request_id: String) -> Option<Self> {
        let portolan_core::answer::Outcome::Route(plan) = answer.outcome else {
            return None;
        };
        Some(Self(Arc::new(Call {
            plan,
            snapshot: answer.snapshot,
            request_id,
            body,
        })))
    }

    /// The attempts, what moves on from one to the next, limits, and warnings.
    pub fn plan(&self) -> &Plan {
        &self.0.plan
    }

    /// The snapshot of policy and catalog that it was judged by.
    pub fn snapshot(&self) -> &str {
        &self.0.snapshot
    }

    /// The id that the host gave the call.
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// What an attempt of this plan posts, and where. `None` for an attempt of another call.
    ///
    /// # Errors
    /// The attempt's URL, made of the catalog's templates, is none.
    pub fn outgoing(&self, attempt: &Attempt) -> Result<Option<(Uri, Bytes)>, InvalidUri> {
        let uri: Uri = attempt.url.parse()?;
        let body = self.0.body.outgoing(attempt);
        Ok(body.map(|body| (uri, Bytes::from(body))))
    }
}

/// Points a request's head to an attempt. The headers that speak of the old body and the old host
/// are replaced or taken out; the others stay as they came.
pub(crate) fn rewrite(parts: &mut Parts, uri: Uri, body: &Bytes) {
    for name in [
        header::TRANSFER_ENCODING,
        header::EXPECT,
        header::TRAILER,
        header::HOST,
    ] {
        parts.headers.remove(name);
    }
    let host = uri.authority().map(http::uri::Authority::as_str);
    if let Some(Ok(host)) = host.map(HeaderValue::from_str) {
        parts.headers.insert(header::HOST, host);
    }
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    parts.uri = uri;
}
