//! The thread's pointer to its worker, and the switch.
#![expect(unsafe_code, reason = "a worker is lent to its own goroutines through a thread-local")]

use std::cell::Cell;
use std::ptr::NonNull;
use std::rc::Rc;

use super::outside::Outside;
use super::root;
use super::worker::Worker;
use crate::backend::{Backend, WayOut, With};
use crate::coroutine::{Coroutine, Stack};

thread_local! {
    static WORKER: Cell<Option<NonNull<Worker>>> = const { Cell::new(None) };
}

/// The worker that this thread is.
#[inline]
pub(super) fn current() -> Option<&'static Worker> {
    // SAFETY: `enter` set it from a reference that outlives the guard that takes it away; goroutines
    // are pinned to the thread and run under that guard alone.
    WORKER.get().map(|worker| unsafe { &*worker.as_ptr() })
}

/// The way out of the goroutine that runs on this worker.
#[inline(always)]
pub(super) fn way_out(worker: &Worker) -> WayOut {
    // SAFETY: a worker is not `Sync`, so its thread calls this, on the stack of the goroutine that runs;
    // callers hand what this gives to that goroutine or take it themselves.
    unsafe { WayOut::new(worker.suspender()) }
}

/// What a thread keeps until it ends.
pub(super) fn until_this_thread_ends(kept: &Rc<Outside>) -> &'static Outside {
    // SAFETY: it is in an `Rc` of a thread-local list from which nothing is ever taken out. The reference
    // cannot leave the thread, since `Backend` is not `Sync`, and lasts no longer than one operation;
    // the list is dropped when the thread ends, and from then on nobody gets one.
    unsafe { &*std::ptr::from_ref::<Outside>(kept) }
}

/// A coroutine that runs the root function, for the goroutine that is current when it first runs.
pub(super) fn coroutine(stack: Stack) -> Coroutine {
    // The closure captures nothing, so the box allocates nothing.
    Coroutine::new(stack, Box::new(root::run))
}

/// As long as it lives, this thread is a worker.
pub(super) struct Entered<'a> {
    _backend: With,
    _worker: &'a Worker,
}

impl<'a> Entered<'a> {
    pub(super) fn new(worker: &'a Worker) -> Self {
        let backend: *const (dyn Backend + 'a) = worker;
        // SAFETY: only the lifetime in the type changes; the worker outlives this guard, which takes
        // the pointer away, and is leaked if one of its goroutines is stranded.
        let backend: *const (dyn Backend + 'static) = unsafe { std::mem::transmute(backend) };
        WORKER.set(Some(NonNull::from(worker)));
        let attention = &raw const worker.port().attention;
        // SAFETY: as above; the port is in what all workers share, which this one keeps.
        Self { _backend: unsafe { With::with_attention(backend, attention) }, _worker: worker }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        WORKER.set(None);
    }
}
