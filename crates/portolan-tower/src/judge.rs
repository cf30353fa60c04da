//! From a posted call to a reply or a plan. Nothing is awaited here.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, header};
use portolan_core::answer::Outcome;
use portolan_core::limits;
use portolan_wire::http::{Dialect, Fault, Reply, Trouble, refused_unread, reply, unclear};
use portolan_wire::{BodyText, Call};

use crate::host::Host;
use crate::layer::Settings;
use crate::routed::Routed;

/// What is known of one call while it is read.
pub(crate) struct Incoming<'a, H> {
    pub(crate) host: &'a H,
    pub(crate) settings: Settings,
    pub(crate) parts: &'a Parts,
    pub(crate) request_id: &'a str,
}

impl<H: Host> Incoming<'_, H> {
    /// What stands against a call before its body is read.
    pub(crate) fn refused_unread(&self) -> Option<Reply> {
        let header = |name: &str| self.parts.headers.get(name)?.to_str().ok();
        refused_unread(header, self.settings.body_limit).map(|fault| self.fault(fault))
    }

    /// The plan of a call, or what to answer instead.
    pub(crate) fn judge(&self, body: &Bytes) -> Result<Routed, Reply> {
        let engine = self.host.engine();
        let query = self.parts.uri.query().unwrap_or_default();
        let headers = pairs(&self.parts.headers);
        let mut call = Call::received(body.to_vec(), headers, query, self.host.now());
        let who = self.host.who(self.parts);
        call.draft.endpoint = who.endpoint;
        call.draft.attributes = who.attributes;
        let unclear = unclear(&call.draft.body.faults);
        let request = engine.request(call.draft).map_err(|errors| {
            self.fault(Fault::Misconfigured {
                what: &errors.to_string(),
            })
        })?;
        let answer = engine.answer(&request, &self.host.state());
        if let Outcome::Refuse(refusal) = &answer.outcome {
            return Err(self.reply(&Trouble::from(refusal)));
        }
        // Readers differ in what it asks for, so it goes nowhere, whatever the policy says of it.
        if let Some(trouble) = unclear {
            return Err(self.reply(&trouble));
        }
        let body = call.body.unwrap_or_else(|| BodyText::new(body.to_vec()));
        let routed = Routed::new(answer, body, self.request_id.to_owned());
        routed.ok_or_else(|| {
            self.fault(Fault::Misconfigured {
                what: "a plan without attempts",
            })
        })
    }

    /// A fault in the dialect of whoever called.
    pub(crate) fn fault(&self, fault: Fault<'_>) -> Reply {
        self.reply(&Trouble::from(fault))
    }

    fn reply(&self, trouble: &Trouble) -> Reply {
        let accept = self.parts.headers.get(header::ACCEPT);
        let accept = accept.and_then(|accept| accept.to_str().ok());
        let dialect: Dialect = self.settings.dialect.accepted(accept);
        reply(trouble, dialect, self.request_id)
    }
}

/// Headers as text; bytes that are none are read as far as they are.
fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let all = headers.iter().take(limits::BODY_KEYS);
    all.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or("?")))
}
