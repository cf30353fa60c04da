//! Threads that serve connections, each with a runtime of its own: a call, its connection and the
//! upstream's stay on the thread where the call came in. Nobody is woken on another core to take
//! work over, which for calls that mostly wait costs more than it gains.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

thread_local! {
    /// Which of a crew this thread is; 0 where it is of none.
    static SEAT: Cell<usize> = const { Cell::new(0) };
}

/// Which of a crew asks, from 1 on; 0 for every other thread. What is kept by it is not shared
/// between threads.
pub(crate) fn seat() -> usize {
    SEAT.get()
}

/// Threads that serve connections.
pub(crate) struct Crew {
    members: Vec<Member>,
    /// How many connections were handed out.
    taken: AtomicUsize,
}

struct Member {
    runtime: Handle,
    /// Dropped when it is to end.
    stays: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Crew {
    /// Starts so many threads.
    ///
    /// # Errors
    /// Why one cannot be started.
    pub(crate) fn of(threads: NonZeroUsize) -> io::Result<Self> {
        let members = (1..=threads.get()).map(Member::start);
        Ok(Self {
            members: members.collect::<io::Result<_>>()?,
            taken: AtomicUsize::new(0),
        })
    }

    /// Has the next of them serve a connection. One that cannot be handed over is closed.
    pub(crate) fn take<F>(
        &self,
        stream: TcpStream,
        serve: impl FnOnce(TcpStream) -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send,
    {
        let turn = self.taken.fetch_add(1, Ordering::Relaxed);
        let member = turn.checked_rem(self.members.len());
        let Some(member) = member.and_then(|turn| self.members.get(turn)) else {
            return;
        };
        let Ok(stream) = stream.into_std() else {
            return;
        };
        member.runtime.spawn(async move {
            // It is watched by the runtime in which it is made.
            if let Ok(stream) = TcpStream::from_std(stream) {
                serve(stream).await;
            }
        });
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        let members = std::mem::take(&mut self.members).into_iter();
        // All are told before one is waited for.
        let (stay, threads): (Vec<_>, Vec<_>) = members.map(|m| (m.stays, m.thread)).unzip();
        drop(stay);
        for thread in threads {
            // One that panicked has ended as well.
            let _ = thread.join();
        }
    }
}

impl Member {
    fn start(seat: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stays, ends) = oneshot::channel();
        let thread = std::thread::Builder::new().name(format!("calls-{seat}"));
        let thread = thread.spawn(move || {
            SEAT.set(seat);
            // It ends when nobody is left who could say so.
            let _ = runtime.block_on(ends);
        })?;
        Ok(Self {
            runtime: handle,
            stays,
            thread,
        })
    }
}
