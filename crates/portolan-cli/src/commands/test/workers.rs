//! Work on every processor, with how far it is on a terminal.

use std::io::{self, IsTerminal, Write as _};
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How often a terminal is told.
const TICK: Duration = Duration::from_millis(100);

/// Does something with each item; what came of them is in their order.
pub(super) fn each<T: Sync, R: Send>(
    doing: &str,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let made = Mutex::new(Vec::with_capacity(items.len()));
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        let workers = (0..processors.min(items.len())).map(|_| {
            scope.spawn(|| {
                loop {
                    let position = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(position) else {
                        return;
                    };
                    let result = work(item);
                    // Where a worker panicked the scope ends the run; nobody reads what it left.
                    if let Ok(mut made) = made.lock() {
                        made.push((position, result));
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let workers: Vec<_> = workers.collect();
        if io::stderr().is_terminal() {
            tell(doing, items.len(), &done, &|| {
                workers.iter().all(thread::ScopedJoinHandle::is_finished)
            });
        }
    });
    let mut made = made.into_inner().unwrap_or_default();
    made.sort_by_key(|(position, _)| *position);
    made.into_iter().map(|(_, result)| result).collect()
}

/// Says how many are done, in one line that is taken away again.
fn tell(doing: &str, all: usize, done: &AtomicUsize, over: &dyn Fn() -> bool) {
    let mut shown = false;
    while !over() {
        thread::sleep(TICK);
        let count = done.load(Ordering::Relaxed);
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "\r{doing} {count} of {all}").and_then(|()| stderr.flush());
        shown = true;
    }
    if shown {
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "\r\x1b[K").and_then(|()| stderr.flush());
    }
}
