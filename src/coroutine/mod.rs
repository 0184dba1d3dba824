//! Coroutines: functions that stop in the middle, on a stack of their own, and go on later.
//!
//! Whoever drives a coroutine is its *owner*. The two take turns on one thread:
//!
//! ```text
//!  owner                                   coroutine, on a stack out of a pool
//!  ─────                                   ─────
//!  resume() ───────────────────────────►   body(&suspender) begins
//!                                            ...
//!  State::Suspended ◄───────────────────     suspender.suspend()
//!  resume() ───────────────────────────►     ... goes on after it
//!  State::Done ◄────────────────────────   body returned
//!  pool.put(coroutine.into_stack())
//! ```
//!
//! Three rules keep this small:
//!
//! - **Nothing unwinds out of a coroutine.** A body catches its own panics; one that gets past it
//!   ends the process.
//! - **Nobody is unwound in secret.** Letting go of a suspended coroutine leaks it. To end one in
//!   good order, its owner resumes it and has it panic, return, or whatever it has agreed on.
//! - **A stack has one user.** [`Stack`] cannot be copied, and a coroutine hands it back only when
//!   it is done.
//!
//! The switch itself is the `corosensei` crate's. Here are: the body's root (this file), a pool of
//! stacks with guard pages (`stack`, over the reserved memory of `slab`), and a message for a stack
//! that overflows (`overflow`).

#![expect(unsafe_code, reason = "a raw handle lets the owner suspend from anywhere on the stack")]

mod fiber;
#[cfg(target_os = "linux")]
pub(crate) mod overflow;
#[cfg(target_os = "linux")]
mod slab;
#[cfg(target_os = "linux")]
mod stack;

#[cfg(any(target_os = "macos", windows))]
mod elsewhere;
#[cfg(any(target_os = "macos", windows))]
use elsewhere as stack;
#[cfg(any(target_os = "macos", windows))]
pub(crate) use elsewhere::overflow;

#[cfg(not(any(
    all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")),
    target_os = "macos",
    all(windows, target_arch = "x86_64"),
)))]
compile_error!("goseed runs on Linux (x86_64, aarch64), macOS and Windows (x86_64)");

#[cfg(all(test, target_os = "linux"))]
mod tests;

pub(crate) use self::stack::{DEFAULT_STACK_SIZE, Stack, StackPool};

use std::hint::black_box;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::abort;
use std::ptr::NonNull;

use corosensei::{Coroutine as Switch, CoroutineResult};

use self::fiber::Fiber;

/// The coroutine's side of the switch, which lives near the base of its stack.
type Yielder = corosensei::Yielder<(), ()>;

/// What a coroutine runs. It must catch its own panics.
pub(crate) type Body = Box<dyn FnOnce(&Suspender)>;

/// A function running on a stack of its own.
///
/// It is not `Send`: once started, its frames may hold anything, and so it stays on its thread.
///
/// # Dropping
///
/// Dropping a coroutine never runs any of its code. Suspended, it is leaked as by
/// [`abandon`](Self::abandon); done, only its stack is lost, which [`into_stack`](Self::into_stack)
/// would have saved.
pub(crate) struct Coroutine {
    /// Never dropped: the inner type's own drop would unwind the stack at once, and abort if a
    /// destructor on it suspends.
    switch: ManuallyDrop<Switch<(), (), (), Stack>>,
    fiber: Fiber,
}

/// How a coroutine came back from [`Coroutine::resume`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It called [`Suspender::suspend`] and can be resumed.
    Suspended,
    /// Its body has returned.
    Done,
}

impl Coroutine {
    /// Makes a coroutine that will run `body` on `stack`, and starts nothing yet.
    pub(crate) fn new(stack: Stack, body: Body) -> Self {
        let switch = Switch::with_stack(stack, move |yielder, ()| root(yielder, body));
        Self { switch: ManuallyDrop::new(switch), fiber: Fiber::new() }
    }

    /// Runs the coroutine until it suspends or is done.
    ///
    /// # Panics
    ///
    /// Panics if it is already done.
    #[inline]
    pub(crate) fn resume(&mut self) -> State {
        match self.fiber.around(|| self.switch.resume(())) {
            CoroutineResult::Yield(()) => State::Suspended,
            CoroutineResult::Return(()) => State::Done,
        }
    }

    /// Takes the stack back for another coroutine.
    ///
    /// # Panics
    ///
    /// Panics if the coroutine is not done.
    #[inline]
    pub(crate) fn into_stack(self) -> Stack {
        // Asked here, where failing drops nothing: the inner type would unwind its stack first.
        assert!(self.switch.done(), "a suspended coroutine keeps its stack");
        ManuallyDrop::into_inner(self.switch).into_stack()
    }

    /// Gives the coroutine up where it stands: it never runs again, nothing on its stack is
    /// dropped, and the stack stays mapped for ever, because others may hold pointers into it.
    pub(crate) fn abandon(self) {
        // Dropping it does all of that; this method only says so where it is called.
    }
}

/// The first function on every coroutine's stack, and the last: nothing unwinds past it.
fn root(yielder: &Yielder, body: Body) {
    let suspender = Suspender { handle: SuspendHandle { yielder: NonNull::from(yielder) } };
    let run = AssertUnwindSafe(|| __rust_begin_short_backtrace(&suspender, body));
    // The payload is bound, so that it is not dropped first: its drop may panic as well.
    if let Err(_payload) = catch_unwind(run) {
        die_of_escaped_panic();
    }
}

/// Runs the body. The name is a mark: std ends a short backtrace here, and so shows the user's
/// frames only.
#[inline(never)]
fn __rust_begin_short_backtrace(suspender: &Suspender, body: Body) {
    body(suspender);
    // Without something to do after the call, it would become a jump, and this frame would be gone.
    black_box(());
}

/// Ends the process, since a body let a panic through.
#[cold]
fn die_of_escaped_panic() -> ! {
    let line = b"goseed: a panic escaped from a goroutine's body; this is a bug in goseed\n";
    // If stderr is closed there is nobody left to tell.
    let _ = std::io::stderr().write_all(line);
    abort();
}

/// Lent to a coroutine's body, to suspend it.
#[derive(Debug)]
pub(crate) struct Suspender {
    handle: SuspendHandle,
}

impl Suspender {
    /// Goes back to the owner; returns when the coroutine is resumed.
    #[cfg(test)]
    #[inline(always)]
    pub(crate) fn suspend(&self) {
        // SAFETY: a suspender lives in the root's frame and is lent to the body alone, so whoever
        // calls this is the running coroutine.
        unsafe { self.handle.suspend() }
    }

    /// A copy without a lifetime, which the owner can keep where the body cannot be reached.
    #[inline]
    pub(crate) fn handle(&self) -> SuspendHandle {
        self.handle
    }
}

/// A [`Suspender`] that the owner can store: one pointer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SuspendHandle {
    yielder: NonNull<Yielder>,
}

impl SuspendHandle {
    /// Goes back to the owner; returns when the coroutine is resumed.
    ///
    /// Every function in between is inlined: one real call here costs more than the switch, as
    /// the processor then mispredicts the return.
    ///
    /// # Safety
    ///
    /// Call it only on the stack of the coroutine that the handle came from, while it is running.
    #[inline(always)]
    pub(crate) unsafe fn suspend(self) {
        // SAFETY: the caller runs on this coroutine's stack, and the yielder lies at its base.
        let yielder = unsafe { self.yielder.as_ref() };
        yielder.suspend(());
    }
}
