//! Go's bare locks: no value inside, no guard, and any goroutine may unlock.
//!
//! For programs that need exactly that: a lock handed to another goroutine, a [`Cond`](super::Cond), a bug
//! to be shown. Elsewhere `Mutex` and `RwMutex` rule such bugs out.

use std::sync::Arc;

use super::mutex::Lock;
use super::rwmutex::RwLock;
use crate::event::Place;

/// What can be locked and unlocked: Go's `sync.Locker`, which a [`Cond`](super::Cond) needs.
pub trait Locker: Send + Sync + 'static {
    /// Locks it, waiting until it is free.
    fn lock(&self);
    /// Unlocks it.
    fn unlock(&self);

    /// Locks it for the line at `place`.
    #[doc(hidden)]
    fn lock_from(&self, place: Place) {
        let _ = place;
        self.lock();
    }

    /// Unlocks it for the line at `place`.
    #[doc(hidden)]
    fn unlock_from(&self, place: Place) {
        let _ = place;
        self.unlock();
    }
}

/// A mutex without a value: Go's `sync.Mutex`.
///
/// # Examples
///
/// A lock can be handed on to another goroutine, which unlocks it:
///
/// ```
/// use goseed::prelude::*;
/// use goseed::sync::RawMutex;
///
/// goseed::check(|| {
///     let mu = RawMutex::new();
///     mu.lock();
///     go!(mu => { mu.unlock() });
///     mu.lock(); // waits for the unlock
/// });
/// ```
pub struct RawMutex(Arc<Lock>);

handle!(RawMutex, object);

impl RawMutex {
    /// An unlocked mutex.
    #[track_caller]
    pub fn new() -> Self {
        Self(Arc::new(Lock::new()))
    }

    /// Locks it, waiting until it is free.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn lock(&self) {
        self.0.lock(Place::here());
    }

    /// Locks it if it is free, and says whether it did.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        self.0.try_lock(Place::here())
    }

    /// Unlocks it, whoever locked it. Unlocking an unlocked mutex is a fatal error, as in Go:
    /// `sync: unlock of unlocked mutex`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn unlock(&self) {
        self.0.unlock(Place::here());
    }
}

impl Default for RawMutex {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Locker for RawMutex {
    #[track_caller]
    fn lock(&self) {
        self.0.lock(Place::here());
    }

    #[track_caller]
    fn unlock(&self) {
        self.0.unlock(Place::here());
    }

    fn lock_from(&self, place: Place) {
        self.0.lock(place);
    }

    fn unlock_from(&self, place: Place) {
        self.0.unlock(place);
    }
}

/// A read-write lock without a value: Go's `sync.RWMutex`.
///
/// # Examples
///
/// ```
/// use goseed::sync::RawRwMutex;
///
/// goseed::check(|| {
///     let rw = RawRwMutex::new();
///     rw.rlock();
///     assert!(rw.try_rlock() && !rw.try_lock());
///     rw.runlock();
///     rw.runlock();
///     rw.lock();
///     assert!(!rw.try_rlock());
///     rw.unlock();
/// });
/// ```
pub struct RawRwMutex(Arc<RwLock>);

handle!(RawRwMutex, object);

impl RawRwMutex {
    /// An unlocked one.
    #[track_caller]
    pub fn new() -> Self {
        Self(Arc::new(RwLock::new()))
    }

    /// Locks it for writing, waiting until nobody else has it.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn lock(&self) {
        self.0.lock(Place::here());
    }

    /// Locks it for writing if nobody has it, and says whether it did.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        self.0.try_lock(Place::here())
    }

    /// Ends a write lock, whoever took it. Without one it is a fatal error, as in Go:
    /// `sync: Unlock of unlocked RWMutex`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn unlock(&self) {
        self.0.unlock(Place::here());
    }

    /// Locks it for reading, waiting until no writer has it or waits for it.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn rlock(&self) {
        self.0.rlock(Place::here());
    }

    /// Locks it for reading if no writer has it or waits for it, and says whether it did.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn try_rlock(&self) -> bool {
        self.0.try_rlock(Place::here())
    }

    /// Ends one read lock, whoever took it. Without one it is a fatal error, as in Go:
    /// `sync: RUnlock of unlocked RWMutex`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn runlock(&self) {
        self.0.runlock(Place::here());
    }

    /// The same lock with read locks behind `lock` and `unlock`.
    pub fn rlocker(&self) -> RLocker {
        RLocker(Arc::clone(&self.0))
    }
}

impl Default for RawRwMutex {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl Locker for RawRwMutex {
    #[track_caller]
    fn lock(&self) {
        self.0.lock(Place::here());
    }

    #[track_caller]
    fn unlock(&self) {
        self.0.unlock(Place::here());
    }

    fn lock_from(&self, place: Place) {
        self.0.lock(place);
    }

    fn unlock_from(&self, place: Place) {
        self.0.unlock(place);
    }
}

/// The read side of a [`RawRwMutex`] as a [`Locker`], from [`RawRwMutex::rlocker`].
pub struct RLocker(Arc<RwLock>);

handle!(RLocker, object);

impl Locker for RLocker {
    #[track_caller]
    fn lock(&self) {
        self.0.rlock(Place::here());
    }

    #[track_caller]
    fn unlock(&self) {
        self.0.runlock(Place::here());
    }

    fn lock_from(&self, place: Place) {
        self.0.rlock(place);
    }

    fn unlock_from(&self, place: Place) {
        self.0.runlock(place);
    }
}
