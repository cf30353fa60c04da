//! What passes through to other services of a region: `/assemblyai/v2/transcript` and the like.
//!
//! A call is held against the allow-list, then its caller against keys and locks, and only then is
//! anything of it read. It goes to the host of its line, once: nothing is tried again, no redirect
//! is followed, and what a caller shows of keys stays here. A call to a model that stands inside
//! one is judged like any other (`passing/within.rs`).

mod answer;
mod budget;
mod outbound;
mod socket;
mod transcript;
mod upload;
mod within;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response, Uri, header};
use portolan_core::policy::RuleKind;
use portolan_wire::http::{Fault, Trouble};

pub(crate) use answer::Read;
pub(crate) use outbound::{Opened, Outbound};
pub(crate) use transcript::transcript;
use upload::{Cut, Progress, Upload};

use crate::chat;
use crate::config::passing::{Carries, Entry, Host, Passing};
use crate::exchange::{Exchange, not_allowed, put};
use crate::fences::{Way, lock_before};
use crate::gateway::Caller;
use crate::heads;
use crate::log::{Passed, Record};
use crate::traces::{self, Trace};
use crate::transport::{Body, Unsent, full};

/// How long an answer may take that nothing goes up for.
const FIRST: Duration = Duration::from_mins(1);

/// What a path passes through to, if any line has it.
pub(crate) struct Found<'c> {
    passing: &'c Passing,
    /// The path behind the name.
    path: &'c str,
}

/// The pass-through that a path names.
pub(crate) fn found<'c>(config: &'c [Passing], path: &'c str) -> Option<Found<'c>> {
    let rest = path.strip_prefix('/')?;
    let (name, _) = rest.split_once('/')?;
    let passing = config.iter().find(|passing| passing.name == name)?;
    let path = rest.strip_prefix(name)?;
    Some(Found { passing, path })
}

/// One call that passes.
struct Passage<'a> {
    exchange: &'a Exchange,
    caller: &'a Caller<'a>,
    passing: &'a Passing,
    host: &'a Host,
    head: &'a Parts,
    /// The path of the host.
    path: &'a str,
    /// What the host continues.
    trace: Option<Trace>,
}

/// Answers a call for a name that calls pass through under.
pub(crate) async fn pass<B>(
    exchange: &Exchange,
    mut head: Parts,
    body: B,
    mut record: Record,
) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
{
    let served = Arc::clone(&exchange.served);
    let upgrade = head.extensions.remove::<hyper::upgrade::OnUpgrade>();
    let path = head.uri.path();
    let absent = |record: &mut Record| exchange.fault(record, Fault::NoSuchPath { path });
    let Some(found) = found(&served.config.passing, path) else {
        return absent(&mut record);
    };
    let lines = found.passing.entries();
    let lines: Vec<(&Host, &Entry)> = lines.filter(|(_, e)| e.is(found.path)).collect();
    let line = lines.iter().find(|(_, e)| e.method == head.method.as_str());
    let Some((host, entry)) = line.copied() else {
        let takes: Vec<&str> = lines.iter().map(|(_, e)| &*e.method).collect();
        if takes.is_empty() {
            return absent(&mut record);
        }
        return not_allowed(exchange, &mut record, &head.method, &takes);
    };
    let caller = match served.caller(&head.headers) {
        Ok(caller) => caller,
        Err(fault) => return exchange.fault(&mut record, fault),
    };
    record.line.account = caller.row.map(|row| row.row.clone());
    record.line.snapshot = Some(served.engine.snapshot().to_string());
    let passage = Passage {
        exchange,
        caller: &caller,
        passing: found.passing,
        host,
        head: &head,
        path: found.path,
        trace: record.line.trace,
    };
    record.line.passed = Some(passage.passed());
    let key = match passage.admitted() {
        Ok(key) => key,
        Err(trouble) => return exchange.tell(&mut record, &trouble, None),
    };
    if exchange.gateway.settings.dry_run {
        let said = serde_json::json!({"outcome": "pass", "host": host.origin});
        let mut response = exchange.say(&mut record, said.to_string());
        put(response.headers_mut(), "x-portolan-dry-run", "1");
        return response;
    }
    if let Err(fault) = passage.paid_for(entry, &mut record) {
        return exchange.fault(&mut record, fault);
    }
    match entry.carries {
        Carries::Json => passage.read_and_passed(key, body, record).await,
        Carries::Upload => passage.uploaded(key, body, record).await,
        Carries::Socket => passage.opened(key, upgrade, record).await,
    }
}

impl Passage<'_> {
    fn passed(&self) -> Passed {
        let engine = &self.exchange.served.engine;
        Passed {
            name: self.passing.name.clone(),
            host: self.host_name().to_owned(),
            endpoint: self.passing.endpoint.clone(),
            place: engine.catalog().places.name(self.host.place).to_owned(),
            ..Passed::default()
        }
    }

    fn host_name(&self) -> &str {
        let origin = &*self.host.origin;
        origin.split_once("://").map_or(origin, |(_, host)| host)
    }

    /// The key to pass with, where the caller may pass.
    fn admitted(&self) -> Result<Option<HeaderValue>, Trouble> {
        let served = &self.exchange.served;
        let endpoint = &*self.passing.endpoint;
        let row = self.caller.row;
        if let Some(row) = row.filter(|row| !row.upstreams.contains_key(endpoint)) {
            let valid: Vec<&str> = row.upstreams.keys().map(String::as_str).collect();
            let (used, valid) = (endpoint, &*valid);
            return Err(Fault::KeyWrongRegion { used, valid }.into());
        }
        let way = Way {
            called: &self.exchange.endpoint,
            through: endpoint,
            place: self.host.place,
        };
        let attributes = &self.caller.attributes;
        let lock = lock_before(&served.engine, way, attributes, self.exchange.at());
        let lock = lock.map_err(|errors| {
            let what = &*errors.to_string();
            Trouble::from(Fault::Misconfigured { what })
        })?;
        if let Some(lock) = lock {
            let place = served.engine.catalog().places.name(self.host.place);
            let fault = Fault::OutsideLock {
                lock: &lock.name,
                host: self.host_name(),
                place,
            };
            let mut trouble = Trouble::from(fault);
            // Status and code are the policy's.
            if let RuleKind::Lock { verdict, .. } = &lock.kind {
                trouble.status = verdict.status;
                trouble.code = verdict.code.to_string();
            }
            return Err(trouble);
        }
        if self.exchange.gateway.transport.is_mock() {
            return Ok(None);
        }
        let key = served.key(endpoint, row);
        let what = "an endpoint without a secret";
        key.map(Some)
            .ok_or_else(|| Fault::Misconfigured { what }.into())
    }

    /// The request that goes up; its query is the caller's, but for keys and for a call to a model
    /// in it, which is the one that was judged.
    fn outgoing(
        &self,
        key: Option<HeaderValue>,
        query: &str,
        body: Body,
    ) -> Result<Request<Body>, Trouble> {
        let mark = if query.is_empty() { "" } else { "?" };
        let uri = format!("{}{}{mark}{query}", self.host.origin, self.path);
        let uri: Option<Uri> = uri.parse().ok();
        let what = "a host that makes a URL that is none";
        let uri = uri.ok_or_else(|| Trouble::from(Fault::Misconfigured { what }))?;
        let mut request = Request::new(body);
        *request.method_mut() = self.head.method.clone();
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        heads::lifted(&self.head.headers, headers);
        traces::passed(self.trace, headers);
        if let Some(key) = key {
            headers.insert(header::AUTHORIZATION, key);
        }
        Ok(request)
    }

    /// A body of JSON, or none.
    async fn read_and_passed<B>(
        &self,
        key: Option<HeaderValue>,
        body: B,
        mut record: Record,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    {
        let exchange = self.exchange;
        let most = exchange.served.config.bounds.body_bytes;
        if let Some(fault) = chat::refused_unread(&self.head.headers, most) {
            return exchange.fault(&mut record, fault);
        }
        let body = match chat::read(exchange, body).await {
            Ok(body) => body,
            Err(fault) => return exchange.fault(&mut record, fault),
        };
        let judged = self.judged(&body, &mut record).await;
        let (query, body) = match judged {
            Ok(judged) => judged,
            Err(trouble) => return exchange.tell(&mut record, &trouble, None),
        };
        let request = match self.outgoing(key, &query, full(body)) {
            Ok(request) => request,
            Err(trouble) => return exchange.tell(&mut record, &trouble, None),
        };
        let sending = exchange.gateway.outbound.send(request);
        match tokio::time::timeout(FIRST, sending).await {
            Ok(Ok(response)) => self.answered(response, record).await,
            Ok(Err(why)) => self.unsent(why, &mut record),
            Err(_) => self.too_late(&mut record),
        }
    }

    /// A body of any bytes, sent on as it comes.
    async fn uploaded<B>(
        &self,
        key: Option<HeaderValue>,
        body: B,
        mut record: Record,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    {
        let exchange = self.exchange;
        let bounds = exchange.served.config.bounds;
        if let Some(fault) = refused_upload(&self.head.headers, bounds.upload_bytes) {
            return exchange.fault(&mut record, fault);
        }
        let query = match self.judged(b"", &mut record).await {
            Ok((query, _)) => query,
            Err(trouble) => return exchange.tell(&mut record, &trouble, None),
        };
        let pause = Duration::from_secs(bounds.head_s);
        let (body, progress) = Upload::new(body, bounds.upload_bytes, pause);
        let body = http_body_util::BodyExt::boxed_unsync(body);
        let request = match self.outgoing(key, &query, body) {
            Ok(request) => request,
            Err(trouble) => return exchange.tell(&mut record, &trouble, None),
        };
        let sending = exchange.gateway.outbound.send(request);
        let outcome = tokio::select! {
            outcome = sending => Some(outcome),
            () = stalled(&progress, FIRST + pause) => None,
        };
        if let Some(passed) = &mut record.line.passed {
            passed.bytes = Some(progress.bytes());
        }
        match (outcome, progress.cut()) {
            (Some(Ok(response)), _) => self.answered(response, record).await,
            (_, Some(Cut::TooLong)) => {
                let limit = usize::try_from(bounds.upload_bytes).unwrap_or(usize::MAX);
                exchange.fault(&mut record, Fault::BodyTooLarge { limit })
            }
            (_, Some(Cut::BrokeOff)) => exchange.fault(&mut record, Fault::BodyIncomplete),
            (Some(Err(why)), None) => self.unsent(why, &mut record),
            (None, None) => self.too_late(&mut record),
        }
    }

    fn unsent(&self, why: Unsent, record: &mut Record) -> Response<Body> {
        match why {
            Unsent::Connect | Unsent::Reset => {
                let model = self.host_name();
                self.exchange
                    .fault(record, Fault::UpstreamUnreachable { model })
            }
        }
    }

    fn too_late(&self, record: &mut Record) -> Response<Body> {
        let after_ms = i64::try_from(FIRST.as_millis()).unwrap_or(i64::MAX);
        self.exchange
            .fault(record, Fault::DeadlineExceeded { after_ms })
    }
}

/// Waits until nothing has gone up for so long.
async fn stalled(progress: &Progress, pause: Duration) {
    let mut before = None;
    loop {
        let now = Some(progress.bytes());
        if now == before {
            return;
        }
        before = now;
        tokio::time::sleep(pause).await;
    }
}

/// What stands against an upload before any of it is read.
fn refused_upload(headers: &http::HeaderMap, most: u64) -> Option<Fault<'_>> {
    let coding = heads::text(headers, header::CONTENT_ENCODING).map(str::trim);
    if let Some(found) = coding.filter(|c| !c.is_empty() && !c.eq_ignore_ascii_case("identity")) {
        return Some(Fault::CompressedRequest { found });
    }
    let length = heads::text(headers, header::CONTENT_LENGTH)?;
    let length: Option<u64> = length.parse().ok();
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let long = length.is_some_and(|length| length > most);
    long.then_some(Fault::BodyTooLarge { limit })
}
