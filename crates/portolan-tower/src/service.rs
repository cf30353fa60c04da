//! The service: reads, judges, answers or passes on.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Either, Full, LengthLimitError, Limited};
use portolan_wire::http::{Fault, Reply};
use tower_service::Service;

use crate::host::Host;
use crate::judge::Incoming;
use crate::layer::Settings;
use crate::routed::rewrite;

/// The body of an answer: the inner service's, or the layer's own.
pub type ResponseBody<B> = Either<B, Full<Bytes>>;

/// What a call comes to while it is on its way.
type InFlight<B, E> = Pin<Box<dyn Future<Output = Result<Response<ResponseBody<B>>, E>> + Send>>;

/// A service behind a policy.
pub struct PortolanService<S, H> {
    inner: S,
    host: Arc<H>,
    settings: Settings,
}

impl<S, H> PortolanService<S, H> {
    pub(crate) fn new(inner: S, host: Arc<H>, settings: Settings) -> Self {
        Self {
            inner,
            host,
            settings,
        }
    }
}

impl<S: Clone, H> Clone for PortolanService<S, H> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.host), self.settings)
    }
}

impl<S, H, B, R> Service<Request<B>> for PortolanService<S, H>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    H: Host,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    R: Send + 'static,
{
    type Response = Response<ResponseBody<R>>;
    type Error = S::Error;
    type Future = InFlight<R, S::Error>;

    /// Ready when the inner service is: what is pushed back there is pushed back here.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    /// Dropping the future drops the body that is read and the call that is passed on.
    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that said it was ready is the one to call.
        let waiting = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, waiting);
        let host = Arc::clone(&self.host);
        let settings = self.settings;
        Box::pin(async move {
            let (head, body) = request.into_parts();
            match admit(&*host, settings, head, body).await {
                Ok(request) => Ok(ready.call(request).await?.map(Either::Left)),
                Err(reply) => Ok(response(reply)),
            }
        })
    }
}

/// Reads a call and judges it: the request to pass on, or what to answer instead.
async fn admit<H: Host, B: Body>(
    host: &H,
    settings: Settings,
    mut head: http::request::Parts,
    body: B,
) -> Result<Request<Full<Bytes>>, Reply>
where
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let request_id = host.request_id();
    let incoming = Incoming {
        host,
        settings,
        parts: &head,
        request_id: &request_id,
    };
    if let Some(reply) = incoming.refused_unread() {
        return Err(reply);
    }
    let read = Limited::new(body, settings.body_limit).collect().await;
    let body = read.map_err(|error| {
        let limit = settings.body_limit;
        if error.is::<LengthLimitError>() {
            incoming.fault(Fault::BodyTooLarge { limit })
        } else {
            incoming.fault(Fault::BodyIncomplete)
        }
    })?;
    let routed = incoming.judge(&body.to_bytes())?;
    let first = routed.plan().attempts.first();
    let (uri, body) = first
        .and_then(|attempt| routed.outgoing(attempt).ok().flatten())
        .ok_or_else(|| {
            let what = "the catalog makes a URL that is none";
            incoming.fault(Fault::Misconfigured { what })
        })?;
    rewrite(&mut head, uri, &body);
    head.extensions.insert(routed);
    Ok(Request::from_parts(head, Full::new(body)))
}

fn response<R>(reply: Reply) -> Response<ResponseBody<R>> {
    let mut response = Response::new(Either::Right(Full::from(reply.body)));
    let status = StatusCode::from_u16(reply.status);
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
