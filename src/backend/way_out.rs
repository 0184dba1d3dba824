//! How a goroutine leaves its thread to others.
#![expect(unsafe_code, reason = "suspends the coroutine that it is called on")]

use crate::coroutine::SuspendHandle;

/// Given to the running goroutine by its backend, to be taken at once: others run then.
///
/// It is taken in the frame of whoever does the operation, however many functions have decided that it must
/// be. A real call between two switches costs more than the switches, since the processor then mispredicts
/// the return from it.
#[must_use = "whoever is shown the way out has to go"]
pub(crate) struct WayOut(SuspendHandle);

impl WayOut {
    /// # Safety
    ///
    /// It is the running goroutine's, and taken before that runs anything else.
    #[inline(always)]
    pub(super) unsafe fn new(handle: SuspendHandle) -> Self {
        Self(handle)
    }

    /// Leaves, and comes back when somebody resumes the goroutine.
    #[inline(always)]
    pub(crate) fn take(self) {
        // SAFETY: by `new`'s promise this is the running coroutine's own handle.
        unsafe { self.0.suspend() }
    }
}
