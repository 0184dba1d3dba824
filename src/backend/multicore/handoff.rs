//! A slot's way through the life of a goroutine, and the closure that is handed over in it.
//!
//! ```text
//! Vacant ── put ──► Unstarted ── take ──► Started ── vacate ──► Vacant
//! ```
//!
//! Each of these is a value that exists once for its slot and cannot be copied, so whoever has it is the
//! only one that may touch the closure: the maker before anybody else knows of the goroutine, then whoever
//! has taken it out of a queue. The queue orders the two.
#![expect(unsafe_code, reason = "a cell that is handed over without a lock")]

use std::cell::UnsafeCell;

use super::slots::Slots;
use super::sync::{AtomicU32, Ordering};
use crate::backend::Body;

/// A slot that no goroutine has.
#[derive(Debug)]
pub(super) struct Vacant(u32);

/// The slot of a goroutine that has not run yet: anybody may start it, and then it stays there.
#[derive(Debug)]
pub(super) struct Unstarted(u32);

/// The slot of a goroutine that has been started.
#[derive(Debug)]
pub(super) struct Started(u32);

/// The closure of an unstarted goroutine.
#[derive(Default)]
pub(super) struct Handoff(UnsafeCell<Option<Body>>);

// SAFETY: it is reached through `Vacant` and `Unstarted` alone, of which there is one for each slot, and
// a `Body` may be sent.
unsafe impl Sync for Handoff {}

/// Where new slots come from.
#[derive(Debug, Default)]
pub(super) struct Fresh(AtomicU32);

impl Fresh {
    /// The next `many` slots, each of which is given out once.
    pub(super) fn take(&self, many: u32) -> impl Iterator<Item = Vacant> + use<> {
        let first = self.0.fetch_add(many, Ordering::Relaxed);
        (first..first + many).rev().map(Vacant)
    }

    /// How many have been given out.
    pub(super) fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Vacant {
    pub(super) fn slot(&self) -> u32 {
        self.0
    }

    /// Hands a closure over to whoever will start the goroutine. `slots` are those that this is one of.
    #[inline]
    pub(super) fn put(self, slots: &Slots, body: Body) -> Unstarted {
        let handoff = &slots.get(self.0).handoff;
        // SAFETY: nobody else has this slot's `Vacant`, and there is no other way to it.
        unsafe { *handoff.0.get() = Some(body) };
        Unstarted(self.0)
    }
}

impl Unstarted {
    pub(super) fn slot(&self) -> u32 {
        self.0
    }

    /// Takes the closure over.
    #[inline]
    pub(super) fn take(self, slots: &Slots) -> (Started, Body) {
        let handoff = &slots.get(self.0).handoff;
        // SAFETY: nobody else has this slot's `Unstarted`.
        let body = unsafe { (*handoff.0.get()).take() };
        (Started(self.0), body.expect("it was put there when it became unstarted"))
    }
}

impl Started {
    pub(super) fn slot(&self) -> u32 {
        self.0
    }

    /// The goroutine has ended.
    #[inline]
    pub(super) fn vacate(self) -> Vacant {
        Vacant(self.0)
    }
}

impl std::fmt::Debug for Handoff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handoff")
    }
}
