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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// A task that counts how often it is woken.
    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// A future that wakes itself so many times before it is ready.
    fn waking(times: usize) -> impl Future<Output = usize> {
        let mut polls = 0;
        poll_fn(move |context| {
            polls += 1;
            if polls > times {
                return Poll::Ready(polls);
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
    }

    #[test]
    fn what_wakes_itself_is_polled_again_and_nobody_is_woken() {
        let task = Arc::new(Task::default());
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        let mut steady = Steady::new(waking(IN_A_ROW - 1));
        let polled = Pin::new(&mut steady).poll(&mut context);
        assert_eq!(polled, Poll::Ready(IN_A_ROW));
        assert_eq!(task.0.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn what_wakes_itself_without_end_lets_others_have_their_turn() {
        let task = Arc::new(Task::default());
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        let mut steady = Steady::new(waking(IN_A_ROW));
        assert_eq!(Pin::new(&mut steady).poll(&mut context), Poll::Pending);
        assert_eq!(task.0.load(Ordering::SeqCst), 1);
        let polled = Pin::new(&mut steady).poll(&mut context);
        assert_eq!(polled, Poll::Ready(IN_A_ROW + 1));
    }

    #[test]
    fn whoever_wakes_it_from_elsewhere_wakes_the_task() {
        let task = Arc::new(Task::default());
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        let kept: Arc<std::sync::Mutex<Option<Waker>>> = Arc::default();
        let place = Arc::clone(&kept);
        let mut steady = Steady::new(poll_fn(move |context| {
            let before = place.lock().unwrap().replace(context.waker().clone());
            before.map_or(Poll::Pending, |_| Poll::Ready(()))
        }));
        assert_eq!(Pin::new(&mut steady).poll(&mut context), Poll::Pending);
        assert_eq!(task.0.load(Ordering::SeqCst), 0);
        kept.lock().unwrap().as_ref().unwrap().wake_by_ref();
        assert_eq!(task.0.load(Ordering::SeqCst), 1);
        assert_eq!(Pin::new(&mut steady).poll(&mut context), Poll::Ready(()));
    }
}
