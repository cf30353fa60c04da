//! Counts what is asked of the heap, while somebody looks. The only unsafe code of the bench.

#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LOOKING: Cell<bool> = const { Cell::new(false) };
    static ASKED: Cell<Asked> = const { Cell::new(Asked { calls: 0, held: 0 }) };
}

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

/// Counts what the work asks of the heap, on this thread.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, Asked) {
    ASKED.set(Asked { calls: 0, held: 0 });
    LOOKING.set(true);
    let done = work();
    LOOKING.set(false);
    (done, ASKED.get())
}

fn note(calls: u64, taken: usize, given_back: usize) {
    // A thread that ends has nothing to look at any more.
    if LOOKING.try_with(Cell::get).unwrap_or(false) {
        let so_far = ASKED.get();
        let bytes = taken.cast_signed() - given_back.cast_signed();
        ASKED.set(Asked {
            calls: so_far.calls + calls,
            held: so_far.held + bytes as i64,
        });
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
