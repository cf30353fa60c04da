//! A body on its way up, piece by piece as it comes: no longer than it may be, with no longer
//! pause than it may have, and kept nowhere.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::transport::BoxError;

/// Why a body did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// It is longer than it may be.
    TooLong,
    /// It broke off, or paused for too long.
    BrokeOff,
}

/// What is known of a body while something else has it.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    state: Mutex<(u64, Option<Cut>)>,
}

impl Progress {
    /// Bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.lock().0
    }

    /// Why it ended early.
    pub(crate) fn cut(&self) -> Option<Cut> {
        self.lock().1
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (u64, Option<Cut>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body within its bounds.
pub(crate) struct Upload<B> {
    inner: B,
    most: u64,
    pause: Duration,
    quiet: Pin<Box<Sleep>>,
    progress: Arc<Progress>,
}

impl<B: Body<Data = Bytes> + Unpin> Upload<B> {
    /// Wraps a body; what is known of it can be read beside.
    pub(crate) fn new(inner: B, most: u64, pause: Duration) -> (Self, Arc<Progress>) {
        let progress = Arc::new(Progress::default());
        let upload = Self {
            inner,
            most,
            pause,
            quiet: Box::pin(tokio::time::sleep(pause)),
            progress: Arc::clone(&progress),
        };
        (upload, progress)
    }

    fn cut(&self, why: Cut) -> BoxError {
        self.progress.lock().1 = Some(why);
        "the body ended early".into()
    }
}

impl<B> Body for Upload<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = match Pin::new(&mut self.inner).poll_frame(context) {
            Poll::Pending => {
                return match self.quiet.as_mut().poll(context) {
                    Poll::Pending => Poll::Pending,
                    Poll::Ready(()) => Poll::Ready(Some(Err(self.cut(Cut::BrokeOff)))),
                };
            }
            Poll::Ready(frame) => frame,
        };
        match frame {
            None => Poll::Ready(None),
            Some(Err(_)) => Poll::Ready(Some(Err(self.cut(Cut::BrokeOff)))),
            Some(Ok(frame)) => {
                let until = Instant::now() + self.pause;
                self.quiet.as_mut().reset(until);
                // Trailers go nowhere: they are no part of any list of headers.
                let data = frame.into_data().unwrap_or_default();
                let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
                let bytes = self.progress.bytes().saturating_add(length);
                if bytes > self.most {
                    return Poll::Ready(Some(Err(self.cut(Cut::TooLong))));
                }
                self.progress.lock().0 = bytes;
                Poll::Ready(Some(Ok(Frame::data(data))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
