//! `Mutex`: mutual exclusion, with Go's normal and starvation modes.
//!
//! In normal mode a woken waiter competes with whoever comes by, and often loses; that is fast. A waiter
//! that has lost for more than a millisecond turns on starvation mode, in which `unlock` hands the mutex
//! to the waiter at the front and newcomers queue at the tail, until that is no longer needed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use super::{MutexGuard, finally};
use crate::backend::{Backend, Object, Waiter, Wake};
use crate::event::{Action, Detail, GoroutineState, Instant, ObjectKind, Op, Place};
use crate::primitives::guarded::{Guarded, Owned};
use crate::primitives::object::Object as Header;

/// How long a waiter loses before it starves.
const PATIENCE: Duration = Duration::from_millis(1);

/// How a waiter is woken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hand {
    /// It competes for the mutex.
    Free,
    /// It gets the mutex.
    Over,
}

/// The rules of a mutex.
#[derive(Debug, Default)]
pub(super) struct MutexState {
    /// In a [`Lock`], true to life only while its word is shared.
    locked: bool,
    /// A waiter was woken and has not tried yet: no other one need be woken.
    woken: bool,
    /// `unlock` hands over; the mutex is nobody else's even while it is not locked.
    starving: bool,
    waiters: VecDeque<Waiter>,
}

impl MutexState {
    /// Whether anybody could lock it now.
    pub(super) fn is_free(&self) -> bool {
        !self.locked && !self.starving
    }

    /// Locks it if it is free.
    pub(super) fn try_lock(&mut self) -> bool {
        let free = self.is_free();
        self.locked |= free;
        free
    }

    /// A waiter that was woken tries; it has waited for `waited` in total.
    fn retry(&mut self, waited: Duration) -> bool {
        if self.starving {
            return self.take_over(waited);
        }
        self.woken = false;
        let won = self.try_lock();
        self.starving = !won && waited > PATIENCE;
        won
    }

    /// It was handed over.
    fn take_over(&mut self, waited: Duration) -> bool {
        self.locked = true;
        self.starving = waited > PATIENCE && !self.waiters.is_empty();
        true
    }

    /// Queues a goroutine that did not get it: in front if it has waited before.
    fn wait(&mut self, waiter: Waiter, again: bool) {
        if again { self.waiters.push_front(waiter) } else { self.waiters.push_back(waiter) }
    }

    /// Unlocks it and wakes at most one waiter; false if it was not locked.
    pub(super) fn unlock(&mut self, wake: &mut dyn FnMut(Waiter, Hand) -> bool) -> bool {
        if !std::mem::take(&mut self.locked) {
            return false;
        }
        if self.starving {
            self.starving = self.wake_next(Hand::Over, wake);
        } else if !self.woken {
            self.woken = self.wake_next(Hand::Free, wake);
        }
        true
    }

    fn wake_next(&mut self, hand: Hand, wake: &mut dyn FnMut(Waiter, Hand) -> bool) -> bool {
        std::iter::from_fn(|| self.waiters.pop_front()).any(|waiter| wake(waiter, hand))
    }

    /// Whether locking and unlocking it changes nothing else: nobody waits, or one who does has been woken.
    fn is_simple(&self) -> bool {
        !self.starving && (self.woken || self.waiters.is_empty())
    }

    /// Unlocks it after its run: there is nobody to wake.
    pub(super) fn unlock_alone(&mut self) {
        self.locked = false;
    }
}

/// How waiters of a mutex are woken in a run.
pub(super) fn waking(rt: &dyn Backend) -> impl FnMut(Waiter, Hand) -> bool {
    |waiter, hand| match hand {
        Hand::Free => rt.wake(waiter),
        Hand::Over => rt.hand_over(waiter),
    }
}

/// Where the rules of a mutex are kept, under a lock.
pub(super) trait Rules {
    fn with<R>(&self, f: impl FnOnce(&mut MutexState) -> R) -> R;
}

/// Does the announced `op`: takes the mutex, however long that takes.
#[inline(always)]
pub(super) fn take(rt: &dyn Backend, op: Op, rules: &impl Rules) {
    let mut since = None;
    while !take_or_wait(rt, op, rules, since) {
        since.get_or_insert_with(|| rt.now());
        if rt.park(op, GoroutineState::MutexLock) == Wake::Ended {
            rt.strand();
        }
    }
}

/// Tries once, and queues the goroutine if that fails; `since` is when it began to wait, if it has.
fn take_or_wait(rt: &dyn Backend, op: Op, rules: &impl Rules, since: Option<Instant>) -> bool {
    rules.with(|mutex| {
        let done = match since {
            None => mutex.try_lock(),
            Some(since) => mutex.retry(rt.now() - since),
        };
        if done {
            rt.did(op, Detail::Done);
        } else {
            mutex.wait(rt.waiter(0), since.is_some());
        }
        done
    })
}

/// A mutex without a value: what `Mutex` and `RawMutex` are made of.
///
/// As long as nobody waits for it, or one who does has been woken and has not tried yet, locking and unlocking
/// it changes one bit of a word. Whoever has to do with waiters first marks the word as shared, under the lock
/// of the rules, and takes the mark away when there is nothing more to do for them.
pub(super) struct Lock {
    pub(super) object: Header,
    word: AtomicU8,
    state: Guarded<MutexState>,
}

const FREE: u8 = 0;
const LOCKED: u8 = 1;
/// The rules say whether it is locked.
const SHARED: u8 = 2;

impl Lock {
    #[track_caller]
    pub(super) fn new() -> Self {
        let object = Header::new(ObjectKind::Mutex);
        Self { object, word: AtomicU8::new(FREE), state: Guarded::default() }
    }

    #[track_caller]
    #[inline(always)]
    pub(super) fn lock(&self, place: Place) {
        if self.object.is_quiet() && self.seize() {
            return;
        }
        let rt = self.object.enter();
        let op = self.object.op(Action::Lock, place);
        rt.point(op, self);
        if self.seize() {
            rt.did(op, Detail::Done);
        } else {
            take(rt, op, self);
        }
    }

    #[track_caller]
    pub(super) fn try_lock(&self, place: Place) -> bool {
        let rt = self.object.enter();
        rt.point(self.object.op(Action::TryLock, place), self);
        self.with(|state| {
            let locked = state.try_lock();
            let action = if locked { Action::TryLock } else { Action::Failed };
            rt.did(self.object.op(action, place), Detail::Done);
            locked
        })
    }

    /// Unlocks it, which anybody may do.
    #[track_caller]
    pub(super) fn unlock(&self, place: Place) {
        let rt = self.object.enter();
        let op = self.object.op(Action::Unlock, place);
        rt.point(op, self);
        if !self.unlocked(rt, op) {
            rt.did(self.object.op(Action::Misuse, place), Detail::Done);
            rt.fatal("sync: unlock of unlocked mutex", place);
        }
    }

    /// Unlocks it for a guard that was made at `place`.
    #[inline(always)]
    pub(super) fn release(&self, place: Place) {
        if !(self.object.is_quiet() && self.leave()) {
            self.release_loudly(place);
        }
    }

    fn release_loudly(&self, place: Place) {
        let Some(rt) = self.object.enter_if_own() else {
            return self.with(MutexState::unlock_alone);
        };
        let op = self.object.op(Action::Unlock, place);
        finally(rt, op, self, || {
            self.unlocked(rt, op);
        });
    }

    #[inline]
    fn unlocked(&self, rt: &dyn Backend, op: Op) -> bool {
        if self.leave() {
            rt.did(op, Detail::Done);
            return true;
        }
        self.unlocked_for_waiters(rt, op)
    }

    #[cold]
    fn unlocked_for_waiters(&self, rt: &dyn Backend, op: Op) -> bool {
        self.with(|state| {
            let was_locked = state.unlock(&mut waking(rt));
            if was_locked {
                rt.did(op, Detail::Done);
            }
            was_locked
        })
    }

    /// Locks it if it is free and the word says so.
    #[inline]
    fn seize(&self) -> bool {
        self.turn(FREE, LOCKED)
    }

    /// Unlocks it if it is locked and the word says so.
    #[inline]
    fn leave(&self) -> bool {
        self.turn(LOCKED, FREE)
    }

    #[inline]
    fn turn(&self, from: u8, to: u8) -> bool {
        let word = &self.word;
        word.load(Ordering::Relaxed) == from
            && word.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// For the simulator, where nobody comes between the two looks.
    fn is_free(&self) -> bool {
        match self.word.load(Ordering::Acquire) {
            SHARED => self.state.lock().is_free(),
            word => word == FREE,
        }
    }
}

impl Rules for Lock {
    fn with<R>(&self, f: impl FnOnce(&mut MutexState) -> R) -> R {
        let mut state = self.state.lock();
        // Once it is shared, only whoever has the rules changes it.
        if self.word.load(Ordering::Relaxed) != SHARED {
            state.locked = self.word.swap(SHARED, Ordering::AcqRel) == LOCKED;
        }
        let result = f(&mut state);
        if state.is_simple() {
            self.word.store(if state.locked { LOCKED } else { FREE }, Ordering::Release);
        }
        result
    }
}

impl Object for Lock {
    fn ready(&self, op: &Op) -> bool {
        op.action() != Action::Lock || self.is_free()
    }
}

/// A value that one goroutine at a time can use: Go's `sync.Mutex` with what it protects inside.
///
/// Not fair and not re-entrant, as Go's; a panic while it is locked just unlocks it, since Go knows no
/// poisoning. A waiter that has been overtaken for a millisecond is given the mutex by the next unlock.
///
/// # Examples
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let hits = Mutex::new(0);
///     let (wg, mine) = (WaitGroup::new(), hits.clone());
///     wg.go(move || *mine.lock() += 1);
///     *hits.lock() += 1;
///     wg.wait();
///     assert_eq!(*hits.lock(), 2);
/// });
/// ```
pub struct Mutex<T>(Arc<Core<T>>);

struct Core<T> {
    lock: Lock,
    value: Owned<T>,
}

handle!(Mutex<T>, lock.object);

impl<T: Send + 'static> Mutex<T> {
    /// An unlocked mutex around this value.
    #[track_caller]
    pub fn new(v: T) -> Self {
        Self(Arc::new(Core { lock: Lock::new(), value: Owned::new(v) }))
    }

    /// Locks it, waiting until it is free; the guard unlocks it. In Go, `mu.Lock()`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let place = Place::here();
        self.0.lock.lock(place);
        self.guard(place)
    }

    /// Locks it if it is free. In Go, `mu.TryLock()`.
    ///
    /// It may overtake goroutines that wait, but fails if one of them is being handed the mutex.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let place = Place::here();
        self.0.lock.try_lock(place).then(|| self.guard(place))
    }

    #[inline]
    fn guard(&self, place: Place) -> MutexGuard<'_, T> {
        MutexGuard::new(&self.0.lock, &self.0.value, place)
    }
}

impl<T: Default + Send + 'static> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{fixed, waiter};
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn queued(state: &mut MutexState, go: u32) {
        assert!(!state.try_lock(), "somebody holds it");
        state.wait(waiter(go), false);
    }

    /// Unlocks, and says who was woken how.
    fn unlock(state: &mut MutexState) -> Option<(u32, Hand)> {
        let mut woken = None;
        let mut wake = |waiter: Waiter, hand| {
            woken = Some((waiter.go.number(), hand));
            true
        };
        assert!(state.unlock(&mut wake), "it was locked");
        woken
    }

    #[test]
    fn the_oldest_waiter_is_woken_and_may_be_overtaken() {
        let mut state = MutexState::default();
        assert!(state.try_lock());
        queued(&mut state, 2);
        queued(&mut state, 3);
        assert_eq!(unlock(&mut state), Some((2, Hand::Free)));
        assert!(state.try_lock(), "the unlocker barges");
        assert_eq!(unlock(&mut state), None, "one woken waiter at a time");
        assert!(state.retry(Duration::ZERO));
        assert_eq!(unlock(&mut state), Some((3, Hand::Free)));
    }

    #[test]
    fn a_starving_waiter_is_handed_the_mutex() {
        let mut state = MutexState::default();
        assert!(state.try_lock());
        queued(&mut state, 2);
        queued(&mut state, 3);
        unlock(&mut state);
        assert!(state.try_lock());
        assert!(!state.retry(2 * MS), "it lost the race");
        state.wait(waiter(2), true);
        assert_eq!(unlock(&mut state), Some((2, Hand::Over)));
        assert!(!state.try_lock() && !state.is_free(), "newcomers keep out");
        assert!(state.retry(2 * MS));
        assert_eq!(
            unlock(&mut state),
            Some((3, Hand::Over)),
            "it waited long, so the mode goes on"
        );
        assert!(state.retry(MS / 2));
        assert_eq!(unlock(&mut state), None);
        assert!(state.is_free(), "the last waiter ends the mode");
    }

    #[test]
    fn long_waiting_alone_does_not_starve() {
        let mut state = MutexState::default();
        assert!(state.try_lock());
        queued(&mut state, 2);
        unlock(&mut state);
        assert!(state.retry(100 * MS) && !state.starving);
    }

    #[test]
    fn unlocking_an_unlocked_mutex_is_refused_and_stale_waiters_are_skipped() {
        let mut state = MutexState::default();
        assert!(!state.unlock(&mut |_, _| true));
        assert!(state.try_lock());
        queued(&mut state, 2);
        queued(&mut state, 3);
        let mut asked = Vec::new();
        state.unlock(&mut |waiter, _| {
            asked.push(waiter.go.number());
            waiter.go.number() == 3
        });
        assert_eq!(asked, [2, 3]);
    }

    /// What a goroutine of the model is at.
    #[derive(Clone, Copy, PartialEq, Debug)]
    enum At {
        Outside,
        Holds,
        Waits(u32),
        Woken(u32),
    }

    /// Lets goroutine `go` do what it would do next, at time `now` in quarters of a millisecond.
    fn step(state: &mut MutexState, at: &mut [At], go: usize, now: u32) {
        let waited = |since: u32| MS / 4 * (now - since);
        let (won, since) = match at[go] {
            At::Outside => (state.try_lock(), now),
            At::Woken(since) => (state.retry(waited(since)), since),
            At::Holds => return release(state, at, go),
            At::Waits(_) => return,
        };
        if won {
            at[go] = At::Holds;
        } else {
            state.wait(waiter(go as u32), at[go] != At::Outside);
            at[go] = At::Waits(since);
        }
    }

    fn release(state: &mut MutexState, at: &mut [At], go: usize) {
        at[go] = At::Outside;
        let mut wake = |waiter: Waiter, _| {
            let At::Waits(since) = at[waiter.go.index()] else { return false };
            at[waiter.go.index()] = At::Woken(since);
            true
        };
        assert!(state.unlock(&mut wake), "its holder unlocks it");
    }

    proptest! {
        #![proptest_config(fixed())]

        #[test]
        fn one_holder_and_nobody_is_forgotten(gos in prop::collection::vec(0..4_usize, 0..200)) {
            let mut state = MutexState::default();
            let mut at = [At::Outside; 4];
            for (now, go) in gos.into_iter().enumerate() {
                step(&mut state, &mut at, go, now as u32);
                let count = |f: fn(&At) -> bool| at.iter().filter(|at| f(at)).count();
                let holders = count(|at| *at == At::Holds);
                let woken = count(|at| matches!(at, At::Woken(_)));
                let waiting = count(|at| matches!(at, At::Waits(_)));
                prop_assert!(holders <= 1 && woken <= 1);
                prop_assert_eq!(waiting, state.waiters.len());
                prop_assert!(waiting == 0 || holders + woken > 0, "somebody will wake the next");
                prop_assert_eq!(state.locked, holders == 1);
            }
        }
    }
}
