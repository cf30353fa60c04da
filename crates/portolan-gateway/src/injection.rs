//! A transcript in the place of its tag, where the endpoint does not put it there itself: fetched
//! once, from the endpoint that was called. The call is judged again with it.

use bytes::Bytes;
use portolan_core::request::Draft;
use portolan_wire::BodyText;
use portolan_wire::http::{Fault, Trouble};

use crate::exchange::Exchange;
use crate::gateway::Caller;
use crate::passing;
use crate::plan::{Attempt, Plan};

/// What an endpoint executes that does it itself.
const STEP: &str = "transcript";

/// The transcript that a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transcript {
    id: String,
    /// Some message has the tag.
    tagged: bool,
    /// Not every effective body names this one.
    torn: bool,
}

impl Transcript {
    /// Reads it of a call.
    pub(crate) fn by(draft: &Draft) -> Option<Self> {
        let bodies = || std::iter::once(&draft.body).chain(&draft.fallbacks);
        let id = bodies().find_map(|body| body.transcript_id.clone())?;
        Some(Self {
            tagged: bodies().any(|body| body.has_transcript_tag),
            torn: bodies().any(|body| body.transcript_id.as_ref() != Some(&id)),
            id,
        })
    }

    /// Whether some attempt needs a transcript to be put in. If one does it is put in for all.
    pub(crate) fn is_needed(plan: &Plan<'_>) -> bool {
        let executed = |attempt: &Attempt<'_>| attempt.way.executes.contains(&STEP);
        !plan.attempts.iter().all(executed)
    }

    /// A body with it. Without a tag there is nothing to fetch, and only its id goes.
    pub(crate) async fn injected(
        &self,
        exchange: &Exchange,
        caller: &Caller<'_>,
        body: &BodyText,
    ) -> Result<Bytes, Trouble> {
        if self.torn {
            let field = "transcript_id";
            return Err(Fault::AmbiguousField { field }.into());
        }
        let text = if self.tagged {
            passing::transcript(exchange, caller, &self.id).await?
        } else {
            String::new()
        };
        let what = "a body that is no object";
        let body = body.with_transcript(&text);
        let body = body.ok_or_else(|| Trouble::from(Fault::Misconfigured { what }))?;
        Ok(Bytes::copy_from_slice(body.bytes()))
    }
}
