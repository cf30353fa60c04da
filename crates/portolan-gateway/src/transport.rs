//! How a call leaves: over the network, to the mock of this process, or to whatever a host gives.
//!
//! Redirects are not followed, proxies of the environment are not asked, and the client never
//! repeats a request by itself: what is tried again is the plan's to say.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower_service::Service;

use crate::crew;
use crate::mock::Mock;

/// Whatever can go wrong with a connection.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer, to us or from us.
pub type Body = UnsyncBoxBody<Bytes, BoxError>;

/// Idle connections to one host that are kept.
const IDLE: usize = 64;

/// How long an idle connection is kept: less than upstreams usually keep theirs, so that a request
/// seldom meets one that is being closed.
const KEPT: Duration = Duration::from_secs(20);

/// A body that is there.
pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// What answers calls in the place of a network, inside this process and at once.
///
/// It stands where the sockets would: everything before it is as it is over a network, the proof
/// and the secrets included.
pub trait Upstream: Send + Sync + 'static {
    /// Answers a call; the URI is absolute.
    fn answer(&self, request: Request<Bytes>) -> Response<Bytes>;
}

/// Where calls go.
pub(crate) enum Transport {
    /// Over the network.
    Network(Network),
    /// Nowhere.
    Mock(Mock),
    /// To what stands in the place of the network.
    Inside(Arc<dyn Upstream>),
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// No connection was made, so nothing was sent.
    Connect,
    /// The connection broke before an answer came.
    Reset,
}

impl Transport {
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
        connect: Option<Duration>,
        tries: usize,
    ) -> Result<Response<Body>, Unsent> {
        match self {
            Self::Mock(mock) => mock.answer(request, tries).await,
            Self::Network(network) => network.send(request, connect).await,
            Self::Inside(upstream) => {
                let (head, body) = request.into_parts();
                let Ok(body) = body.collect().await;
                let request = Request::from_parts(head, body.to_bytes());
                Ok(upstream.answer(request).map(full))
            }
        }
    }

    pub(crate) fn is_mock(&self) -> bool {
        matches!(self, Self::Mock(_))
    }
}

/// A client over the network for bodies of a kind.
pub(crate) type Upstreams<B> = Client<Timed<HttpsConnector<HttpConnector>>, B>;

/// Who of a crew asks, and how long connecting may take.
type Asking = (usize, Option<Duration>);

/// Clients, one for each of a crew, so that a connection is used where it is served, and for how long
/// they may take to connect: that is a policy's to say.
#[derive(Default)]
pub(crate) struct Network(Mutex<BTreeMap<Asking, Upstreams<Full<Bytes>>>>);

impl Network {
    async fn send(
        &self,
        request: Request<Full<Bytes>>,
        connect: Option<Duration>,
    ) -> Result<Response<Body>, Unsent> {
        let client = self.client(connect);
        match client.request(request).await {
            Ok(response) => Ok(response.map(|body| {
                let body = body.map_err(|error| -> BoxError { error.into() });
                body.boxed_unsync()
            })),
            Err(error) => Err(unsent(&error)),
        }
    }

    fn client(&self, connect: Option<Duration>) -> Upstreams<Full<Bytes>> {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || client(connect, Versions::All);
        let made = clients.entry((crew::seat(), connect)).or_insert_with(made);
        made.clone()
    }
}

/// Why a request that failed was not answered.
pub(crate) fn unsent(error: &hyper_util::client::legacy::Error) -> Unsent {
    if error.is_connect() || was_never_written(error) {
        Unsent::Connect
    } else {
        Unsent::Reset
    }
}

/// Whether a kept connection was gone before any of the request was written to it.
fn was_never_written(error: &hyper_util::client::legacy::Error) -> bool {
    let cause = std::error::Error::source(error);
    let cause = cause.and_then(|cause| cause.downcast_ref::<hyper::Error>());
    cause.is_some_and(hyper::Error::is_canceled)
}

/// Versions of HTTP that are spoken to an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Versions {
    /// As the upstream offers.
    All,
    /// The one whose connections can be upgraded.
    Http1,
}

/// A client that tries nothing again, and keeps connections for a while.
pub(crate) fn client<B>(connect: Option<Duration>, versions: Versions) -> Upstreams<B>
where
    B: http_body::Body + Send,
    B::Data: Send,
{
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    let https = HttpsConnectorBuilder::new()
        .with_webpki_roots()
        .https_or_http();
    let inner = match versions {
        Versions::All => https.enable_all_versions().wrap_connector(http),
        Versions::Http1 => https.enable_http1().wrap_connector(http),
    };
    let limit = connect;
    Client::builder(TokioExecutor::new())
        .retry_canceled_requests(false)
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(KEPT)
        .pool_max_idle_per_host(IDLE)
        .build(Timed { inner, limit })
}

/// A connector whose whole work, name and handshake included, ends in time.
#[derive(Clone)]
pub(crate) struct Timed<C> {
    inner: C,
    limit: Option<Duration>,
}

impl<C> Service<Uri> for Timed<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
    C::Response: 'static,
    C::Error: Into<BoxError>,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.inner.call(uri);
        let limit = self.limit;
        Box::pin(async move {
            match limit {
                None => connecting.await.map_err(Into::into),
                Some(limit) => match tokio::time::timeout(limit, connecting).await {
                    Ok(connected) => connected.map_err(Into::into),
                    Err(elapsed) => Err(elapsed.into()),
                },
            }
        })
    }
}
