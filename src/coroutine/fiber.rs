//! What the thread sanitizer is told of coroutines.
//!
//! It keeps a clock and a stack of calls for each thread. Without being told, it takes everything that
//! runs on one thread for one line of execution, and loses count of calls at the first switch. With
//! `--cfg goseed_sanitize_thread`, which `.ci/sanitize` sets together with `-Zsanitizer=thread`, each coroutine is a
//! *fiber* of its own. In every other build this is nothing at all.
//!
//! A switch orders what comes before it and what comes after it, as it must: the worker's own state is handed
//! on by it. So races are seen between goroutines of different workers only.

/// A coroutine as the sanitizer sees it.
#[cfg(not(goseed_sanitize_thread))]
pub(super) struct Fiber;

#[cfg(not(goseed_sanitize_thread))]
impl Fiber {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self
    }

    /// Does `switch`, which comes back when the coroutine leaves.
    #[inline(always)]
    pub(super) fn around<T>(&self, switch: impl FnOnce() -> T) -> T {
        switch()
    }
}

#[cfg(goseed_sanitize_thread)]
pub(super) use told::Fiber;

#[cfg(goseed_sanitize_thread)]
mod told {
    use std::ffi::{c_uint, c_void};

    // Of the sanitizer's runtime, `sanitizer/tsan_interface.h`.
    unsafe extern "C" {
        fn __tsan_create_fiber(flags: c_uint) -> *mut c_void;
        fn __tsan_destroy_fiber(fiber: *mut c_void);
        fn __tsan_get_current_fiber() -> *mut c_void;
        fn __tsan_switch_to_fiber(fiber: *mut c_void, flags: c_uint);
    }

    pub(in crate::coroutine) struct Fiber(*mut c_void);

    impl Fiber {
        pub(in crate::coroutine) fn new() -> Self {
            // SAFETY: no flags are needed, and it may be called anywhere.
            Self(unsafe { __tsan_create_fiber(0) })
        }

        /// Both turns are told on the owner's side: a coroutine that is done has no place to tell its own.
        #[inline(always)]
        pub(in crate::coroutine) fn around<T>(&self, switch: impl FnOnce() -> T) -> T {
            // SAFETY: the fiber lives as long as its coroutine, which runs on this thread from here
            // until `switch` comes back; so does the owner's, which waits meanwhile.
            unsafe {
                let owner = __tsan_get_current_fiber();
                __tsan_switch_to_fiber(self.0, 0);
                let value = switch();
                __tsan_switch_to_fiber(owner, 0);
                value
            }
        }
    }

    impl Drop for Fiber {
        fn drop(&mut self) {
            // SAFETY: its coroutine is done or given up, so nothing runs as this fiber.
            unsafe { __tsan_destroy_fiber(self.0) }
        }
    }
}
