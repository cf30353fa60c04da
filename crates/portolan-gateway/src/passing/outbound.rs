//! How a call leaves that passes through: once, over HTTP/1, to the host of its line and no other.
//!
//! Its body may still be coming, so nothing of it can be sent again. A socket is opened with a
//! handshake of our own, whose answer is checked.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

use crate::heads;
use crate::mock::Mock;
use crate::transport::{
    Body, BoxError, Unsent, Upstream, Upstreams, Versions, client, full, unsent,
};

/// How long a connection may take, name and handshake included.
const CONNECT: Duration = Duration::from_secs(10);

/// Where what passes through goes.
pub(crate) enum Outbound {
    /// Over the network.
    Network(Box<Upstreams<Body>>),
    /// Nowhere.
    Mock(Mock),
    /// To what stands in the place of the network.
    Inside(Arc<dyn Upstream>),
}

/// What came of opening a socket.
pub(crate) enum Opened {
    /// It is open: its answer's head, and its bytes.
    Open(Box<http::response::Parts>, Box<dyn Bytewise>),
    /// It was answered otherwise.
    Refused(Response<Body>),
}

/// Bytes in both directions.
pub(crate) trait Bytewise: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytewise for T {}

impl Outbound {
    /// To the mock, or over the network.
    pub(crate) fn new(mock: Option<Mock>) -> Self {
        mock.map_or_else(
            || Self::Network(Box::new(client(Some(CONNECT), Versions::Http1))),
            Self::Mock,
        )
    }

    /// Sends a call and waits for the head of its answer.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Unsent> {
        match self {
            Self::Mock(mock) => mock.pass(request).await,
            Self::Inside(upstream) => inside(&**upstream, request).await,
            Self::Network(client) => {
                let sent = client.request(request).await;
                sent.map(|response| response.map(boxed))
                    .map_err(|error| unsent(&error))
            }
        }
    }

    /// Opens a socket, with these subprotocols to choose from.
    pub(crate) async fn open(
        &self,
        mut request: Request<Body>,
        offered: &[&str],
    ) -> Result<Opened, Unsent> {
        let key = generate_key();
        let headers = request.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static("13"),
        );
        if let Ok(key) = HeaderValue::try_from(&key) {
            headers.insert(header::SEC_WEBSOCKET_KEY, key);
        }
        let all = HeaderValue::try_from(offered.join(", ")).ok();
        if let Some(all) = all.filter(|all| !all.is_empty()) {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, all);
        }
        let client = match self {
            Self::Mock(_) => return Ok(Mock::open(&request)),
            Self::Inside(upstream) => {
                let answer = inside(&**upstream, request).await;
                return answer.map(Opened::Refused);
            }
            Self::Network(client) => client,
        };
        let mut response = client
            .request(request)
            .await
            .map_err(|error| unsent(&error))?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Ok(Opened::Refused(response.map(boxed)));
        }
        let accepted = heads::text(response.headers(), header::SEC_WEBSOCKET_ACCEPT);
        // No extension was offered, and no other subprotocol: an answer that has one is none.
        let extended = response
            .headers()
            .contains_key(header::SEC_WEBSOCKET_EXTENSIONS);
        let chosen = heads::text(response.headers(), header::SEC_WEBSOCKET_PROTOCOL);
        let strange = chosen.is_some_and(|chosen| !offered.contains(&chosen));
        if extended || strange || accepted != Some(&*derive_accept_key(key.as_bytes())) {
            let mut wrong = Response::new(full(""));
            *wrong.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            return Ok(Opened::Refused(wrong));
        }
        let upgraded = hyper::upgrade::on(&mut response).await;
        let bytes = TokioIo::new(upgraded.map_err(|_| Unsent::Reset)?);
        Ok(Opened::Open(
            Box::new(response.into_parts().0),
            Box::new(bytes),
        ))
    }
}

/// What stands in the place of the network opens no sockets.
async fn inside(upstream: &dyn Upstream, request: Request<Body>) -> Result<Response<Body>, Unsent> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Unsent::Reset)?;
    let request = Request::from_parts(head, body.to_bytes());
    Ok(upstream.answer(request).map(full))
}

fn boxed(body: Incoming) -> Body {
    body.map_err(|error| -> BoxError { error.into() })
        .boxed_unsync()
}

/// No body.
pub(crate) fn nothing() -> Body {
    full(Bytes::new())
}
