//! A transcript, fetched for a call to a model from the speech-to-text API of the endpoint that was
//! called, and from no other.

use http::request::Parts;
use http::{Method, Request};
use portolan_wire::http::{Fault, Trouble};
use tokio::time::timeout;

use super::answer::Read;
use super::outbound::nothing;
use super::{FIRST, Passage};
use crate::exchange::Exchange;
use crate::gateway::Caller;
use crate::transport::full;

/// What is read of a transcript.
#[derive(serde::Deserialize)]
struct Transcript {
    status: Option<String>,
    text: Option<String>,
}

/// The text of a transcript.
pub(crate) async fn transcript(
    exchange: &Exchange,
    caller: &Caller<'_>,
    id: &str,
) -> Result<String, Trouble> {
    let region = &*exchange.endpoint;
    let absent = || Trouble::from(Fault::TranscriptNotFound { id, region });
    if !portolan_core::request::is_transcript_id(id) {
        return Err(absent());
    }
    let path = format!("/v2/transcript/{id}");
    let groups = exchange.served.config.passing.iter();
    let mut own = groups.filter(|group| group.endpoint == region);
    let found = own.find_map(|group| Some((group, group.host_of("GET", &path)?)));
    let what = "no speech-to-text API passes through for this endpoint";
    let (passing, host) = found.ok_or_else(|| Trouble::from(Fault::Misconfigured { what }))?;
    let passage = Passage {
        exchange,
        caller,
        passing,
        host,
        head: &head(),
        path: &path,
        trace: None,
    };
    let key = passage.admitted()?;
    let request = passage.outgoing(key, "", full(""))?;
    let model = passage.host_name();
    let unreachable = || Trouble::from(Fault::UpstreamUnreachable { model });
    let sending = exchange.gateway.outbound.send(request);
    let response = timeout(FIRST, sending).await.map_err(|_| unreachable())?;
    let response = response.map_err(|_| unreachable())?;
    let (head, body) = response.into_parts();
    let invalid = || Trouble::from(Fault::UpstreamInvalid { model });
    match head.status.as_u16() {
        200 => {}
        400 | 404 => return Err(absent()),
        401 | 403 => return Err(Fault::UpstreamKeyRefused { model }.into()),
        300..=399 => return Err(Fault::UpstreamRedirected { model }.into()),
        _ => return Err(invalid()),
    }
    let most = exchange.served.config.bounds.answer_bytes;
    let Read::Whole(body) = Read::new(body, most).await else {
        return Err(invalid());
    };
    let said: Transcript = serde_json::from_slice(&body).map_err(|_| invalid())?;
    // What is not done, or has failed, is nothing to put in.
    if said.status.as_deref() != Some("completed") {
        return Err(absent());
    }
    said.text.ok_or_else(absent)
}

/// The head of a call that nobody made: it brings no headers.
fn head() -> Parts {
    let (mut head, _) = Request::new(nothing()).into_parts();
    head.method = Method::GET;
    head
}
