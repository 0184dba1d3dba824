//! What holds a lock: the guards, and all the `unsafe` of `sync`.
#![expect(unsafe_code, reason = "guards hand out references to what their lock protects")]

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use super::mutex::Lock;
use super::rwmutex::RwLock;
use crate::event::Place;
use crate::primitives::guarded::{Owned, Shared};

/// A guard stays with the goroutine that locked.
type NotSend = PhantomData<*const ()>;

/// A locked [`Mutex`](super::Mutex): gives access to the value, and unlocks when it is dropped.
///
/// It cannot go to another goroutine:
///
/// ```compile_fail,E0277
/// use goseed::prelude::*;
///
/// let mu = Mutex::new(0);
/// let guard = mu.lock();
/// std::thread::scope(|s| {
///     s.spawn(move || drop(guard));
/// });
/// ```
///
/// and can be shared only if the value can be:
///
/// ```compile_fail,E0277
/// use std::cell::Cell;
///
/// fn shareable<T: Sync>() {}
/// shareable::<goseed::sync::MutexGuard<'static, Cell<i32>>>();
/// ```
///
/// ```
/// fn shareable<T: Sync>() {}
/// shareable::<goseed::sync::MutexGuard<'static, i32>>();
/// ```
#[must_use = "the mutex is unlocked when the guard is dropped"]
pub struct MutexGuard<'a, T> {
    lock: &'a Lock,
    value: &'a Owned<T>,
    /// Where it was locked: a destructor has no place of its own.
    place: Place,
    not_send: NotSend,
}

// SAFETY: all that a shared guard gives is `&T`.
unsafe impl<T: Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T> MutexGuard<'a, T> {
    /// The guard of a lock that was taken for it just now.
    pub(super) fn new(lock: &'a Lock, value: &'a Owned<T>, place: Place) -> Self {
        Self { lock, value, place, not_send: PhantomData }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: only `Mutex` makes a guard, once it has the lock, which is given back when the guard
        // is dropped and by nothing else: the lock is in nobody else's reach. `&mut T` needs `&mut self`.
        unsafe { self.value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as for `deref`; this borrows the only guard exclusively.
        unsafe { self.value.get_mut() }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.release(self.place);
    }
}

/// An [`RwMutex`](super::RwMutex) locked for writing; unlocks when it is dropped.
///
/// It cannot go to another goroutine:
///
/// ```compile_fail,E0277
/// fn sendable<T: Send>() {}
/// sendable::<goseed::sync::WriteGuard<'static, i32>>();
/// ```
#[must_use = "the lock is given back when the guard is dropped"]
pub struct WriteGuard<'a, T> {
    lock: &'a RwLock,
    value: &'a Shared<T>,
    place: Place,
    not_send: NotSend,
}

// SAFETY: all that a shared guard gives is `&T`.
unsafe impl<T: Sync> Sync for WriteGuard<'_, T> {}

impl<'a, T> WriteGuard<'a, T> {
    /// The guard of a lock that was taken for it just now, for writing.
    pub(super) fn new(lock: &'a RwLock, value: &'a Shared<T>, place: Place) -> Self {
        Self { lock, value, place, not_send: PhantomData }
    }
}

impl<T> Deref for WriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: only `RwMutex` makes a guard, once it has the lock for writing, which is given back
        // when the guard is dropped and by nothing else. `&mut T` needs `&mut self`.
        unsafe { self.value.get() }
    }
}

impl<T> DerefMut for WriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as for `deref`; there are no readers, and this borrows the only guard exclusively.
        unsafe { self.value.get_mut() }
    }
}

impl<T> Drop for WriteGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.release(self.place);
    }
}

/// An [`RwMutex`](super::RwMutex) locked for reading; gives the read lock back when it is dropped.
///
/// It cannot go to another goroutine:
///
/// ```compile_fail,E0277
/// fn sendable<T: Send>() {}
/// sendable::<goseed::sync::ReadGuard<'static, i32>>();
/// ```
#[must_use = "the lock is given back when the guard is dropped"]
pub struct ReadGuard<'a, T> {
    lock: &'a RwLock,
    value: &'a Shared<T>,
    place: Place,
    not_send: NotSend,
}

// SAFETY: all that a shared guard gives is `&T`.
unsafe impl<T: Sync> Sync for ReadGuard<'_, T> {}

impl<'a, T> ReadGuard<'a, T> {
    /// The guard of a lock that was taken for it just now, for reading.
    pub(super) fn new(lock: &'a RwLock, value: &'a Shared<T>, place: Place) -> Self {
        Self { lock, value, place, not_send: PhantomData }
    }
}

impl<T> Deref for ReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: only `RwMutex` makes a guard, once it has the lock for reading; as long as that is
        // so there is no writer, and only writers get `&mut T`.
        unsafe { self.value.get() }
    }
}

impl<T> Drop for ReadGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.rrelease(self.place);
    }
}

macro_rules! show_the_value {
    ($($guard:ident)+) => {$(
        impl<T: fmt::Debug> fmt::Debug for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&**self, f)
            }
        }

        impl<T: fmt::Display> fmt::Display for $guard<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&**self, f)
            }
        }
    )+};
}

show_the_value!(MutexGuard WriteGuard ReadGuard);
