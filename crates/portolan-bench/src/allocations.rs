//! Counts what is asked of the heap, while somebody looks. The only unsafe code of the bench.

#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

static LOOKING: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicU64 = AtomicU64::new(0);
static HELD: AtomicI64 = AtomicI64::new(0);

/// The system's allocator, with a counter that runs only when asked to.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What was asked of the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Calls for new or larger memory.
    pub(crate) calls: u64,
    /// Bytes taken and not given back.
    pub(crate) held: i64,
}

/// Counts what the work asks of the heap.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, Asked) {
    CALLS.store(0, Ordering::SeqCst);
    HELD.store(0, Ordering::SeqCst);
    LOOKING.store(true, Ordering::SeqCst);
    let done = work();
    LOOKING.store(false, Ordering::SeqCst);
    let asked = Asked {
        calls: CALLS.load(Ordering::SeqCst),
        held: HELD.load(Ordering::SeqCst),
    };
    (done, asked)
}

fn note(calls: u64, taken: usize, given_back: usize) {
    if LOOKING.load(Ordering::Relaxed) {
        CALLS.fetch_add(calls, Ordering::Relaxed);
        let bytes = taken.cast_signed() - given_back.cast_signed();
        HELD.fetch_add(bytes as i64, Ordering::Relaxed);
    }
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size(), 0);
        // SAFETY: the caller's promise is the system's condition.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size(), 0);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, 0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
