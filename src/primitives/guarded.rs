//! Cells and locks under the primitives: the one file here with `unsafe` code.
#![expect(unsafe_code, reason = "a spinlock, and the cells that guards hand out references to")]

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_utils::Backoff;

/// State under a small spinlock. It is held for a few instructions, never across a point, and no user
/// code (`Clone`, `Drop`, `Ord`, closures) runs under it.
pub(crate) struct Guarded<T> {
    locked: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the lock gives one thread at a time access, so sharing it only ever sends the value.
unsafe impl<T: Send> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { locked: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    #[inline]
    pub(crate) fn lock(&self) -> Held<'_, T> {
        while self.locked.swap(true, Ordering::Acquire) {
            self.spin();
        }
        Held { of: self }
    }

    #[cold]
    fn spin(&self) {
        let backoff = Backoff::new();
        while self.locked.load(Ordering::Relaxed) {
            // After a while it gives its processor away, to whoever lost his with the lock in hand.
            backoff.snooze();
        }
    }
}

impl<T: Default> Default for Guarded<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guarded")
    }
}

/// The lock, held.
pub(crate) struct Held<'a, T> {
    of: &'a Guarded<T>,
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held as long as this guard lives, so nobody else has a reference.
        unsafe { &*self.of.value.get() }
    }
}

impl<T> DerefMut for Held<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and this borrows the only guard exclusively.
        unsafe { &mut *self.of.value.get() }
    }
}

impl<T> Drop for Held<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.of.locked.store(false, Ordering::Release);
    }
}

/// A value whose users are kept apart by a lock of goroutines (a `Mutex`, a `Var`'s ownership), so that
/// references to it may live across points.
pub(crate) struct Owned<T>(UnsafeCell<T>);

// SAFETY: handing out `&mut T` to one goroutine at a time is sending it; `Var` and `Mutex` never hand
// out two references at once.
unsafe impl<T: Send> Sync for Owned<T> {}

/// The same for values to which several goroutines may hold `&T` at once.
pub(crate) struct Shared<T>(Owned<T>);

// SAFETY: the inner one is only moved; see `Owned`. `T: Sync` is what `&T` on two threads needs.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Owned<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// # Safety
    ///
    /// As long as the reference lives, the caller owns the lock and makes no other reference.
    #[expect(
        clippy::mut_from_ref,
        reason = "the lock that the caller owns is what makes it unique"
    )]
    #[inline]
    pub(crate) unsafe fn get_mut(&self) -> &mut T {
        // SAFETY: the caller's promise.
        unsafe { &mut *self.0.get() }
    }

    /// # Safety
    ///
    /// As long as the reference lives, the caller owns the lock, at least for reading.
    #[inline]
    pub(crate) unsafe fn get(&self) -> &T {
        // SAFETY: the caller's promise.
        unsafe { &*self.0.get() }
    }
}

impl<T> Shared<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(Owned::new(value))
    }

    /// # Safety
    ///
    /// As for [`Owned::get_mut`].
    #[expect(
        clippy::mut_from_ref,
        reason = "the lock that the caller owns is what makes it unique"
    )]
    #[inline]
    pub(crate) unsafe fn get_mut(&self) -> &mut T {
        // SAFETY: the caller's promise.
        unsafe { self.0.get_mut() }
    }

    /// # Safety
    ///
    /// As for [`Owned::get`].
    #[inline]
    pub(crate) unsafe fn get(&self) -> &T {
        // SAFETY: the caller's promise.
        unsafe { self.0.get() }
    }
}
