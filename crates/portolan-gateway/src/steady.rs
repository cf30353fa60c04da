//! A connection that is polled again at once where it woke itself, and what is done once it rests.
//!
//! A call's body is read by the task that drives its connection: whoever waits for the body wakes the
//! task that it is part of. The runtime would put that task behind all others and wake another worker
//! to take it over, which costs more than the rest of a call; here it is only polled once more.
//!
//! What nobody waits for, such as a call's line in the log, is done when the connection has nothing
//! else to do: then what could be sent of the answer is sent.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
    left: Mutex<Vec<Work>>,
}

type Work = Box<dyn FnOnce() + Send>;

impl Bell {
    fn ring_unless_polled(&self) {
        // Whoever polls looks once it has stopped: it sees what was left, or is seen to have stopped.
        if !self.polling.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }

    /// Does what was left to do.
    fn work(&self) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let work = std::mem::take(&mut *left);
        drop(left);
        for work in work {
            work();
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        self.ring_unless_polled();
    }
}

/// Where work is left for the time when a connection rests. It is done in any case, at the latest
/// when the connection ends.
#[derive(Clone, Default)]
pub(crate) struct Afterwards(Arc<Bell>);

impl Afterwards {
    pub(crate) fn leave(&self, work: impl FnOnce() + Send + 'static) {
        let mut left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.push(Box::new(work));
        drop(left);
        self.0.ring_unless_polled();
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.work();
    }
}

impl<F> Steady<F> {
    pub(crate) fn new(inner: F, afterwards: Afterwards) -> Self {
        let Afterwards(bell) = afterwards;
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
            if polled.is_ready() || !this.bell.rung.load(Ordering::SeqCst) {
                this.bell.work();
                return polled;
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
        let mut steady = Steady::new(waking(IN_A_ROW - 1), Afterwards::default());
        let polled = Pin::new(&mut steady).poll(&mut context);
        assert_eq!(polled, Poll::Ready(IN_A_ROW));
        assert_eq!(task.0.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn what_wakes_itself_without_end_lets_others_have_their_turn() {
        let task = Arc::new(Task::default());
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        let mut steady = Steady::new(waking(IN_A_ROW), Afterwards::default());
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
        let woken = poll_fn(move |context| {
            let before = place.lock().unwrap().replace(context.waker().clone());
            before.map_or(Poll::Pending, |_| Poll::Ready(()))
        });
        let mut steady = Steady::new(woken, Afterwards::default());
        assert_eq!(Pin::new(&mut steady).poll(&mut context), Poll::Pending);
        assert_eq!(task.0.load(Ordering::SeqCst), 0);
        kept.lock().unwrap().as_ref().unwrap().wake_by_ref();
        assert_eq!(task.0.load(Ordering::SeqCst), 1);
        assert_eq!(Pin::new(&mut steady).poll(&mut context), Poll::Ready(()));
    }
    #[test]
    fn what_is_left_is_done_once_there_is_nothing_else_to_do() {
        let task = Arc::new(Task::default());
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        let done = Arc::new(AtomicUsize::new(0));
        let afterwards = Afterwards::default();
        let leave = |afterwards: &Afterwards| {
            let done = Arc::clone(&done);
            afterwards.leave(move || {
                done.fetch_add(1, Ordering::SeqCst);
            });
        };
        let (from_within, seen) = (afterwards.clone(), Arc::clone(&done));
        let leaves = leave;
        let mut polls = 0;
        let inner = poll_fn(move |context: &mut Context<'_>| {
            polls += 1;
            if polls == 1 {
                leaves(&from_within);
                context.waker().wake_by_ref();
            }
            assert_eq!(seen.load(Ordering::SeqCst), 0);
            Poll::<()>::Pending
        });
        let mut steady = Steady::new(inner, afterwards.clone());
        assert_eq!(Pin::new(&mut steady).poll(&mut context), Poll::Pending);
        assert_eq!(done.load(Ordering::SeqCst), 1);
        assert_eq!(task.0.load(Ordering::SeqCst), 0);
        // From elsewhere it wakes the task; a connection that is gone leaves nothing undone.
        leave(&afterwards);
        assert_eq!(task.0.load(Ordering::SeqCst), 1);
        drop(steady);
        assert_eq!(done.load(Ordering::SeqCst), 1);
        drop(afterwards);
        assert_eq!(done.load(Ordering::SeqCst), 2);
    }
}
