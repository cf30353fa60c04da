//! A connection that is polled again at once where it woke itself.
//!
//! A call's body is read by the task that drives its connection: whoever waits for the body wakes the
//! task that it is part of. The runtime would put that task behind all others and wake another worker
//! to take it over, which costs more than the rest of a call; here it is only polled once more.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// How often in a row it is polled, before others have their turn.
const IN_A_ROW: usize = 8;

/// A future that seldom leaves its worker.
pub(crate) struct Steady<F> {
    inner: Pin<Box<F>>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// Who is woken: whoever polls now, else the task.
#[derive(Default)]
struct Bell {
    polling: AtomicBool,
    rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        // Whoever polls looks once it has stopped: it sees this, or is seen to have stopped.
        if !self.polling.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

impl<F> Steady<F> {
    pub(crate) fn new(inner: F) -> Self {
        let bell = Arc::new(Bell::default());
        Self {
            inner: Box::pin(inner),
            waker: Waker::from(Arc::clone(&bell)),
            bell,
        }
    }
}

impl<F: Future> Future for Steady<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        this.bell.task.register(context.waker());
        for _ in 0..IN_A_ROW {
            this.bell.polling.store(true, Ordering::SeqCst);
            this.bell.rung.swap(false, Ordering::SeqCst);
            let mut own = Context::from_waker(&this.waker);
            let polled = this.inner.as_mut().poll(&mut own);
            this.bell.polling.store(false, Ordering::SeqCst);
            if polled.is_ready() {
                return polled;
            }
            if !this.bell.rung.load(Ordering::SeqCst) {
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
