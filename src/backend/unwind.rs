//! How a goroutine unwinds: the payloads of our own, and what each goroutine knows of its panics.
//!
//! `thread::panicking` is true for a whole thread while one of its goroutines unwinds, so each goroutine
//! keeps count for itself, in an [`Unwind`].

use std::any::Any;
use std::backtrace::Backtrace;
use std::sync::Arc;
use std::thread;

use super::{Backend, Raised};
use crate::event::{Panic, Place};

/// How often the end is thrown into a goroutine that catches it, before it is left alone.
const KILLS: u32 = 100;

/// Thrown into a goroutine to end it with the run. When somebody drops it who should have let it
/// through, the goroutine is told so, and it is thrown again at the next operation.
pub(super) struct Kill;

impl Drop for Kill {
    fn drop(&mut self) {
        if let Some(rt) = super::current() {
            rt.look(|unwind| unwind.killed = false);
        }
    }
}

/// Thrown to cut an operation in a `defer!` body that can never go on.
pub(super) struct Cut;

/// Thrown by `goexit`.
pub(super) struct Goexit;

/// Whether nobody may keep this payload.
pub(super) fn passes_through(payload: &(dyn Any + Send)) -> bool {
    payload.is::<Kill>() || payload.is::<Cut>() || payload.is::<Goexit>()
}

/// What a goroutine knows of its own unwinding.
#[derive(Debug, Default)]
pub(crate) struct Unwind {
    /// The end of the run has been thrown into it and not been caught.
    pub(super) killed: bool,
    /// How often that was done.
    pub(super) kills: u32,
    /// Its park will never be woken any more.
    pub(super) ended: bool,
    /// `goexit` was called.
    pub(super) exiting: bool,
    /// The panics that are under way, innermost last.
    pub(super) panics: Vec<Raised>,
    /// Panics of `defer!` bodies that `goexit` or the end of the run made it run.
    pub(super) late: Vec<Panic>,
    /// A panic has ended it.
    pub(super) crashed: bool,
    /// How many `defer!` bodies it is in.
    pub(super) defers: i32,
}

impl Unwind {
    /// Whether the goroutine unwinds; asked on its own thread, while it runs.
    pub(super) fn under_way(&mut self) -> bool {
        let panicking = thread::panicking();
        if !panicking {
            // Whatever was raised has been caught by somebody who does not tell us.
            self.panics.clear();
        }
        panicking && self.has_cause()
    }

    /// Whether there is something that could have made it unwind.
    pub(super) fn has_cause(&self) -> bool {
        self.killed || self.exiting || !self.panics.is_empty()
    }

    /// The end of the run is about to be thrown: false if that was done too often.
    pub(super) fn kill(&mut self) -> bool {
        self.killed = true;
        self.kills += 1;
        self.kills <= KILLS
    }

    /// An operation ends neutrally while the goroutine unwinds: false if it does so for ever.
    pub(super) fn ends_neutrally(&mut self) -> bool {
        self.kills += 1;
        self.kills <= 100 * KILLS
    }

    /// Whether there is nothing to know.
    pub(super) fn is_blank(&self) -> bool {
        !self.has_cause()
            && !self.ended
            && !self.crashed
            && self.late.is_empty()
            && (self.kills, self.defers) == (0, 0)
    }

    /// The panic that deferred calls have raised after the body was over, if they have.
    pub(super) fn late(&mut self) -> Option<Panic> {
        let late = std::mem::take(&mut self.late);
        late.into_iter().reduce(|earlier, next| next.after(&earlier, false))
    }

    /// The panic hook was called.
    pub(super) fn raised(
        &mut self,
        message: &str,
        place: Option<Place>,
        stack: Option<Arc<Backtrace>>,
    ) {
        let message = message.to_owned();
        self.panics.push(Raised { message, place, replaced_by: Vec::new(), stack });
    }
}

impl dyn Backend + '_ {
    /// Looks at what the running goroutine knows of its unwinding.
    pub(super) fn look<R>(&self, look: impl FnOnce(&mut Unwind) -> R) -> R {
        let (mut look, mut result) = (Some(look), None);
        self.unwind(&mut |unwind| result = look.take().map(|look| look(unwind)));
        result.expect("a goroutine runs")
    }

    /// Whether the running goroutine unwinds: because of a panic, `goexit` or the end of the run.
    pub(crate) fn unwinding(&self) -> bool {
        let (before, under_way, after) = self.look(|unwind| {
            let before = unwind.panics.len();
            (before, unwind.under_way(), unwind.panics.len())
        });
        (after..before).for_each(|_| self.panics(-1));
        under_way
    }

    /// Whether the running goroutine unwinds because of a panic.
    pub(crate) fn panicking(&self) -> bool {
        thread::panicking() && self.look(|unwind| !unwind.panics.is_empty())
    }

    /// Enters (+1) or leaves (−1) a `defer!` body.
    pub(crate) fn in_defer(&self, change: i32) {
        self.look(|unwind| unwind.defers += change);
    }

    /// The latest panic of the running goroutine was caught: it no longer panics.
    pub(crate) fn caught(&self) -> Raised {
        let caught = self.look(|unwind| unwind.panics.pop());
        if caught.is_some() {
            self.panics(-1);
        }
        caught.unwrap_or_default()
    }

    /// A `defer!` body panicked with this while its goroutine unwound.
    pub(crate) fn replaced(&self, payload: Box<dyn Any + Send>) {
        if passes_through(&*payload) {
            let (exits, killed) = (payload.is::<Goexit>(), self.look(|unwind| unwind.killed));
            drop(payload);
            return self.look(|unwind| {
                unwind.exiting |= exits;
                unwind.killed = killed;
            });
        }
        let panic = self.caught().panic(payload);
        self.comes_after(panic);
    }

    /// A panic that comes while the running goroutine unwinds, and takes the place of what it unwinds for.
    fn comes_after(&self, panic: Panic) {
        self.look(|unwind| match unwind.panics.last_mut() {
            Some(earlier) => earlier.replaced_by.push(panic),
            None => unwind.late.push(panic),
        });
    }

    /// Whether the running goroutine unwinds and is in a destructor, out of which nothing can be thrown;
    /// `defer!` bodies catch.
    pub(super) fn is_in_a_destructor(&self) -> bool {
        self.unwinding() && self.look(|unwind| unwind.defers == 0)
    }

    /// What is a panic in Go is one here, unless nothing can be thrown: then it is remembered for whoever
    /// catches what the goroutine unwinds for.
    #[track_caller]
    pub(super) fn panic_or_remember(&self, text: &str, place: Place) {
        if self.is_in_a_destructor() {
            return self.comes_after(Panic::new(Box::new(text.to_owned()), Some(place.location())));
        }
        super::hook::blame(place);
        std::panic::panic_any(text.to_owned())
    }

    /// Whether this payload is one of ours that nobody may catch (`goexit`, the end of the run).
    pub(crate) fn passes_through(&self, payload: &(dyn Any + Send)) -> bool {
        passes_through(payload)
    }

    /// The panic hook was called on this thread.
    pub(super) fn raised(&self, message: &str) {
        // First, since main waits for it before it returns.
        self.panics(1);
        let place = super::hook::take_place();
        let stack = self.keeps_stacks().then(|| Arc::new(Backtrace::force_capture()));
        self.look(|unwind| unwind.raised(message, place, stack));
    }
}
