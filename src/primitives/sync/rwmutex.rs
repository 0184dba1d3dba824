//! `RwMutex`: many readers or one writer, and a writer that waits keeps new readers out.
//!
//! A writer takes the inner mutex, which keeps other writers away, then announces itself: from then on
//! new readers wait, and the writer waits for those that were there before. Its unlock lets in all readers
//! that came meanwhile, before the next writer.

use std::collections::VecDeque;
use std::sync::Arc;

use super::mutex::{self, Hand, MutexState, Rules, waking};
use super::{OnExit, ReadGuard, Wakes, WriteGuard, finally};
use crate::backend::{Backend, Object, Waiter, Wake};
use crate::event::{Action, Detail, GoroutineState, ObjectKind, Op, Place};
use crate::primitives::guarded::{Guarded, Shared};
use crate::primitives::object::Object as Header;

/// The rules of a read-write lock.
#[derive(Debug, Default)]
struct RwState {
    /// Held by the writer that is announced.
    writers: MutexState,
    /// A writer waits for the readers or is active: new readers wait.
    announced: bool,
    /// A writer has the lock.
    active: bool,
    /// Who has the lock for reading.
    readers: usize,
    /// The announced writer, once it is parked.
    writer: Option<Waiter>,
    waiting: VecDeque<Waiter>,
}

impl RwState {
    /// The holder of the inner mutex announces itself: true if it has the lock at once.
    fn announce(&mut self) -> bool {
        debug_assert!(!self.announced, "the inner mutex keeps other writers out");
        self.announced = true;
        self.enter()
    }

    /// The announced writer takes the lock, if the readers have left.
    fn enter(&mut self) -> bool {
        self.active = self.readers == 0;
        self.active
    }

    fn try_lock(&mut self) -> bool {
        self.readers == 0 && self.writers.try_lock() && self.announce()
    }

    fn try_rlock(&mut self) -> bool {
        let may = !self.announced;
        self.readers += usize::from(may);
        may
    }

    /// One reader leaves; the last one lets the announced writer in. False if there was none.
    fn runlock(&mut self, wake: Wakes<'_>) -> bool {
        if self.readers == 0 {
            return false;
        }
        self.readers -= 1;
        if self.readers == 0 && self.writer.take().is_some_and(wake) {
            self.active = true;
        }
        true
    }

    /// The active writer leaves; false if there was none.
    fn unlock(&mut self, wake: &mut dyn FnMut(Waiter, Hand) -> bool) -> bool {
        let was_active = self.active;
        if was_active {
            self.retract(wake);
        }
        was_active
    }

    /// The announced writer leaves: the readers that wait come in, then the next writer is woken.
    fn retract(&mut self, wake: &mut dyn FnMut(Waiter, Hand) -> bool) {
        (self.announced, self.active, self.writer) = (false, false, None);
        for reader in self.waiting.drain(..) {
            self.readers += usize::from(wake(reader, Hand::Free));
        }
        self.writers.unlock(wake);
    }

    /// The writer leaves after its run: there is nobody to wake.
    fn unlock_alone(&mut self) {
        (self.announced, self.active) = (false, false);
        self.writers.unlock_alone();
    }
}

/// A read-write lock without a value: what `RwMutex` and `RawRwMutex` are made of.
pub(super) struct RwLock {
    pub(super) object: Header,
    state: Guarded<RwState>,
}

impl RwLock {
    #[track_caller]
    pub(super) fn new() -> Self {
        Self { object: Header::new(ObjectKind::RwMutex), state: Guarded::default() }
    }

    #[track_caller]
    pub(super) fn lock(&self, place: Place) {
        let rt = self.object.enter();
        let op = self.object.op(Action::Lock, place);
        rt.point(op, self);
        mutex::take(rt, op, self);
        if !self.state.lock().announce() {
            self.lock_after_readers(rt, place);
        }
    }

    /// Waits for the readers. A writer that dies here lets those in that it kept out.
    fn lock_after_readers(&self, rt: &dyn Backend, place: Place) {
        let retract = OnExit(Some(|| self.state.lock().retract(&mut waking(rt))));
        let op = self.object.op(Action::LockReaders, place);
        rt.point(op, self);
        let mut state = self.state.lock();
        if !state.enter() {
            state.writer = Some(rt.waiter(0));
            drop(state);
            if rt.park(op, GoroutineState::RwMutexLock) == Wake::Ended {
                drop(retract);
                rt.strand();
            }
        } else {
            drop(state);
        }
        rt.did(op, Detail::Done);
        retract.disarm();
    }

    #[track_caller]
    pub(super) fn rlock(&self, place: Place) {
        let rt = self.object.enter();
        let op = self.object.op(Action::RLock, place);
        rt.point(op, self);
        let mut state = self.state.lock();
        if state.try_rlock() {
            return rt.did(op, Detail::Done);
        }
        state.waiting.push_back(rt.waiter(0));
        drop(state);
        if rt.park(op, GoroutineState::RwMutexRLock) == Wake::Ended {
            rt.strand();
        }
        rt.did(op, Detail::Done);
    }

    #[track_caller]
    pub(super) fn try_lock(&self, place: Place) -> bool {
        self.attempt(Action::TryLock, place, RwState::try_lock)
    }

    #[track_caller]
    pub(super) fn try_rlock(&self, place: Place) -> bool {
        self.attempt(Action::TryRLock, place, RwState::try_rlock)
    }

    #[track_caller]
    fn attempt(&self, action: Action, place: Place, f: fn(&mut RwState) -> bool) -> bool {
        let rt = self.object.enter();
        rt.point(self.object.op(action, place), self);
        let mut state = self.state.lock();
        let done = f(&mut state);
        let action = if done { action } else { Action::Failed };
        rt.did(self.object.op(action, place), Detail::Done);
        done
    }

    /// Ends a write lock, which anybody may do.
    #[track_caller]
    pub(super) fn unlock(&self, place: Place) {
        let rt = self.object.enter();
        let op = self.object.op(Action::Unlock, place);
        rt.point(op, self);
        if !self.unlocked(rt, op) {
            rt.did(self.object.op(Action::Misuse, place), Detail::Done);
            rt.fatal("sync: Unlock of unlocked RWMutex", place);
        }
    }

    /// Ends a read lock, which anybody may do.
    #[track_caller]
    pub(super) fn runlock(&self, place: Place) {
        let rt = self.object.enter();
        let op = self.object.op(Action::RUnlock, place);
        rt.point(op, self);
        if !self.runlocked(rt, op) {
            rt.did(self.object.op(Action::Misuse, place), Detail::Done);
            rt.fatal("sync: RUnlock of unlocked RWMutex", place);
        }
    }

    /// Ends the write lock of a guard that was made at `place`.
    pub(super) fn release(&self, place: Place) {
        let Some(rt) = self.object.enter_if_own() else {
            return self.state.lock().unlock_alone();
        };
        let op = self.object.op(Action::Unlock, place);
        finally(rt, op, self, || {
            self.unlocked(rt, op);
        });
    }

    /// Ends the read lock of a guard that was made at `place`.
    pub(super) fn rrelease(&self, place: Place) {
        let Some(rt) = self.object.enter_if_own() else {
            self.state.lock().runlock(&mut |_| false);
            return;
        };
        let op = self.object.op(Action::RUnlock, place);
        finally(rt, op, self, || {
            self.runlocked(rt, op);
        });
    }

    fn unlocked(&self, rt: &dyn Backend, op: Op) -> bool {
        let mut state = self.state.lock();
        let was_locked = state.unlock(&mut waking(rt));
        if was_locked {
            rt.did(op, Detail::Done);
        }
        was_locked
    }

    fn runlocked(&self, rt: &dyn Backend, op: Op) -> bool {
        let mut state = self.state.lock();
        let was_locked = state.runlock(&mut |waiter| rt.wake(waiter));
        if was_locked {
            rt.did(op, Detail::Done);
        }
        was_locked
    }
}

impl Rules for RwLock {
    fn with<R>(&self, f: impl FnOnce(&mut MutexState) -> R) -> R {
        f(&mut self.state.lock().writers)
    }
}

impl Object for RwLock {
    fn ready(&self, op: &Op) -> bool {
        let state = self.state.lock();
        match op.action() {
            Action::Lock => state.writers.is_free(),
            Action::LockReaders => state.readers == 0,
            Action::RLock => !state.announced,
            _ => true,
        }
    }
}

/// A value that many goroutines can read at once, or one can change: Go's `sync.RWMutex` with what it
/// protects inside.
///
/// A writer that waits keeps new readers out, so a goroutine that reads must not read again inside: with
/// a writer in between, that is a deadlock. There is no upgrade and no downgrade.
///
/// Several goroutines hold `&T` at once, so `T` must be `Sync`:
///
/// ```compile_fail,E0277
/// use std::cell::Cell;
///
/// let rw = goseed::sync::RwMutex::new(Cell::new(0));
/// ```
///
/// # Examples
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let config = RwMutex::new(String::from("old"));
///     *config.lock() = String::from("new");
///     let (one, two) = (config.rlock(), config.rlock());
///     assert_eq!((one.as_str(), two.as_str()), ("new", "new"));
/// });
/// ```
pub struct RwMutex<T>(Arc<Core<T>>);

struct Core<T> {
    lock: RwLock,
    value: Shared<T>,
}

handle!(RwMutex<T>, lock.object);

impl<T: Send + Sync + 'static> RwMutex<T> {
    /// An unlocked one around this value.
    #[track_caller]
    pub fn new(v: T) -> Self {
        Self(Arc::new(Core { lock: RwLock::new(), value: Shared::new(v) }))
    }

    /// Locks it for writing, waiting until nobody else has it. In Go, `rw.Lock()`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn lock(&self) -> WriteGuard<'_, T> {
        let place = Place::here();
        self.0.lock.lock(place);
        WriteGuard::new(&self.0.lock, &self.0.value, place)
    }

    /// Locks it for reading, waiting until no writer has it or waits for it. In Go, `rw.RLock()`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn rlock(&self) -> ReadGuard<'_, T> {
        let place = Place::here();
        self.0.lock.rlock(place);
        ReadGuard::new(&self.0.lock, &self.0.value, place)
    }

    /// Locks it for writing if nobody has it. In Go, `rw.TryLock()`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn try_lock(&self) -> Option<WriteGuard<'_, T>> {
        let place = Place::here();
        let locked = self.0.lock.try_lock(place);
        locked.then(|| WriteGuard::new(&self.0.lock, &self.0.value, place))
    }

    /// Locks it for reading if no writer has it or waits for it. In Go, `rw.TryRLock()`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn try_rlock(&self) -> Option<ReadGuard<'_, T>> {
        let place = Place::here();
        let locked = self.0.lock.try_rlock(place);
        locked.then(|| ReadGuard::new(&self.0.lock, &self.0.value, place))
    }
}

impl<T: Default + Send + Sync + 'static> Default for RwMutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{fixed, noting, waiter};
    use super::*;

    #[test]
    fn an_announced_writer_keeps_readers_out_and_they_come_before_the_next_writer() {
        let mut state = RwState::default();
        assert!(state.try_rlock());
        assert!(state.writers.try_lock() && !state.announce());
        state.writer = Some(waiter(2));
        assert!(!state.try_rlock() && !state.try_lock());
        state.waiting.extend([waiter(3), waiter(4)]);
        let mut woken = Vec::new();
        assert!(state.runlock(&mut noting(&mut woken)) && state.active);
        let mut then = Vec::new();
        assert!(state.unlock(&mut |waiter, _| noting(&mut then)(waiter)));
        assert_eq!((woken, then), (vec![2], vec![3, 4]));
        assert_eq!(state.readers, 2);
    }

    #[test]
    fn misuse_is_refused() {
        let mut state = RwState::default();
        assert!(!state.unlock(&mut |_, _| true) && !state.runlock(&mut |_| true));
        assert!(state.try_rlock());
        assert!(!state.unlock(&mut |_, _| true), "it is only read-locked");
        assert!(state.runlock(&mut |_| true) && state.try_lock());
        assert!(!state.runlock(&mut |_| true), "it is only write-locked");
    }

    #[test]
    fn a_writer_that_gives_up_lets_the_readers_in() {
        let mut state = RwState::default();
        assert!(state.try_rlock() && state.writers.try_lock() && !state.announce());
        state.waiting.push_back(waiter(3));
        state.retract(&mut |_, _| true);
        assert_eq!(state.readers, 2);
        assert!(state.writers.is_free() && state.try_rlock());
    }

    /// What a goroutine of the model is at.
    #[derive(Clone, Copy, PartialEq, Debug)]
    enum At {
        Outside,
        Reads,
        WaitsToRead,
        Writes,
        WaitsForReaders,
    }

    fn woken(at: &mut [At], waiter: Waiter) -> bool {
        let at = &mut at[waiter.go.index()];
        *at = if *at == At::WaitsToRead { At::Reads } else { At::Writes };
        true
    }

    /// Goroutine `go` leaves, or comes to read or to write; writers only try the inner mutex.
    fn step(state: &mut RwState, at: &mut [At], go: usize, write: bool) {
        match at[go] {
            At::Reads => {
                at[go] = At::Outside;
                assert!(state.runlock(&mut |waiter| woken(at, waiter)), "it was read-locked");
            }
            At::Writes => {
                at[go] = At::Outside;
                assert!(state.unlock(&mut |waiter, _| woken(at, waiter)), "it was locked");
            }
            At::Outside if write => at[go] = begin_writing(state, go),
            At::Outside if state.try_rlock() => at[go] = At::Reads,
            At::Outside => {
                state.waiting.push_back(waiter(go as u32));
                at[go] = At::WaitsToRead;
            }
            At::WaitsToRead | At::WaitsForReaders => {}
        }
    }

    fn begin_writing(state: &mut RwState, go: usize) -> At {
        if !state.writers.try_lock() {
            return At::Outside;
        }
        if state.announce() {
            return At::Writes;
        }
        state.writer = Some(waiter(go as u32));
        At::WaitsForReaders
    }

    proptest! {
        #![proptest_config(fixed())]

        #[test]
        fn writers_are_alone_and_nobody_is_forgotten(
            steps in prop::collection::vec((0..5_usize, any::<bool>()), 0..200),
        ) {
            let mut state = RwState::default();
            let mut at = [At::Outside; 5];
            for (go, write) in steps {
                step(&mut state, &mut at, go, write);
                let count = |what| at.iter().filter(|at| **at == what).count();
                let (readers, writers) = (count(At::Reads), count(At::Writes));
                prop_assert!(writers == 0 || writers == 1 && readers == 0);
                prop_assert_eq!((state.readers, state.active), (readers, writers == 1));
                let pending = count(At::WaitsForReaders);
                prop_assert!(pending == 0 || readers > 0, "the last reader will wake the writer");
                prop_assert!(count(At::WaitsToRead) == 0 || writers + pending == 1);
            }
        }
    }
}
