//! How long a caller may take to read its answer: one that takes nothing for too long is cut off,
//! and what is under way for it upstream ends.
//!
//! It is seen in two places. A connection that nothing can be written to for so long is closed
//! ([`Paced`]). Of a stream the body sees that nobody asks for its next piece ([`awaited`]): with
//! HTTP/2 one answer can stand still on a connection that does not.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::transport::{Body, BoxError};

/// Whether a caller was found to be too slow: shared by whoever finds it and whoever writes it down.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slow(Arc<AtomicBool>);

impl Slow {
    pub(crate) fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A connection whose other side must take some bytes from time to time, where there are any.
pub(crate) struct Paced<I> {
    inner: I,
    limit: Duration,
    /// When what waits to be written must have begun to go.
    until: Option<Pin<Box<Sleep>>>,
    slow: Slow,
    /// Told when it is cut.
    cut: Box<dyn Fn() + Send>,
}

impl<I> Paced<I> {
    pub(crate) fn new(
        inner: I,
        limit: Duration,
        slow: Slow,
        cut: impl Fn() + Send + 'static,
    ) -> Self {
        let cut = Box::new(cut);
        Self {
            inner,
            limit,
            until: None,
            slow,
            cut,
        }
    }

    /// A write as it came out; one that cannot be made for too long is one that failed.
    fn timed(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.until = None;
            return written;
        }
        let limit = self.limit;
        let until = self
            .until
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        ready!(until.as_mut().poll(context));
        self.until = None;
        self.slow.set();
        (self.cut)();
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Paced<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Paced<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.timed(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, bytes);
        self.timed(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// An answer that must be asked for its next piece in time. One that is there already is left as it
/// is: nothing is under way for it, and its connection is paced.
pub(crate) fn awaited(
    response: Response<Body>,
    limit: Duration,
    (caller, connection): (Slow, Slow),
) -> Response<Body> {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| {
        let given = Given {
            body: Some(body),
            since: None,
        };
        let given = Arc::new(Mutex::new(given));
        tokio::spawn(watch(Arc::downgrade(&given), limit, caller.clone()));
        let awaited = Awaited {
            given,
            limit,
            caller,
            connection,
        };
        awaited.boxed_unsync()
    })
}

struct Awaited {
    given: Arc<Mutex<Given>>,
    limit: Duration,
    caller: Slow,
    connection: Slow,
}

struct Given {
    /// None where the caller was too slow.
    body: Option<Body>,
    /// Since when a piece has been given and no other asked for.
    since: Option<Instant>,
}

fn lock(given: &Mutex<Given>) -> MutexGuard<'_, Given> {
    given.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends what is under way once its caller has not asked for so long.
async fn watch(given: Weak<Mutex<Given>>, limit: Duration, caller: Slow) {
    let mut wake = Instant::now() + limit;
    loop {
        tokio::time::sleep_until(wake).await;
        let Some(given) = given.upgrade() else {
            return;
        };
        let body = {
            let mut given = lock(&given);
            match given.since {
                Some(since) if since.elapsed() >= limit => given.body.take(),
                since => {
                    wake = since.unwrap_or_else(Instant::now) + limit;
                    None
                }
            }
        };
        if body.is_some() {
            caller.set();
            return;
        }
    }
}

impl http_body::Body for Awaited {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut given = lock(&self.given);
        let Some(body) = &mut given.body else {
            let late: BoxError = Box::new(io::Error::from(io::ErrorKind::TimedOut));
            return Poll::Ready(Some(Err(late)));
        };
        let frame = Pin::new(body).poll_frame(context);
        let more = matches!(frame, Poll::Ready(Some(Ok(_))));
        given.since = more.then(Instant::now);
        frame
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        let since = lock(&self.given).since;
        let late = since.is_some_and(|since| since.elapsed() >= self.limit);
        if late || self.connection.is() {
            self.caller.set();
        }
    }
}
