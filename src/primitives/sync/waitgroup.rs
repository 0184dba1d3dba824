//! `WaitGroup`: wait until a count of goroutines has come down to zero.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{OnExit, Wakes};
use crate::backend::{self, Backend, Object, Waiter, Wake};
use crate::event::{Access, Action, Detail, GoroutineState, Note, ObjectKind, Op, Place};
use crate::primitives::go::spawn_from;
use crate::primitives::guarded::Guarded;
use crate::primitives::object::Object as Header;

const NEGATIVE: &str = "sync: negative WaitGroup counter";
const BESIDE_WAIT: &str = "sync: WaitGroup misuse: Add called concurrently with Wait";
const REUSED: &str = "sync: WaitGroup is reused before previous Wait has returned";

/// The rules of a wait group.
#[derive(Debug, Default)]
struct WaitGroupState {
    count: i64,
    waiters: VecDeque<Waiter>,
}

impl WaitGroupState {
    /// Changes the count. At zero all who wait are woken, oldest first; a misuse gives its text, and the
    /// count has changed all the same.
    fn add(&mut self, n: i64, wake: Wakes<'_>) -> Result<(), &'static str> {
        self.count = self.count.wrapping_add(n);
        if self.count < 0 {
            return Err(NEGATIVE);
        }
        if n > 0 && self.count == n && !self.waiters.is_empty() {
            return Err(BESIDE_WAIT);
        }
        if self.count == 0 {
            for waiter in self.waiters.drain(..) {
                wake(waiter);
            }
        }
        Ok(())
    }

    /// What a waiter finds that has been woken: nobody may have begun anew before all are back.
    fn returned(&self) -> Result<(), &'static str> {
        if self.count == 0 && self.waiters.is_empty() { Ok(()) } else { Err(REUSED) }
    }
}

/// Waits for goroutines to finish: Go's `sync.WaitGroup`.
///
/// `add` before the `go` whose goroutine calls `done`; or leave both to [`WaitGroup::go`].
///
/// # Examples
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let (wg, sum) = (WaitGroup::new(), Mutex::new(0));
///     for n in 1..=3 {
///         let sum = sum.clone();
///         wg.go(move || *sum.lock() += n);
///     }
///     wg.wait();
///     assert_eq!(*sum.lock(), 6);
/// });
/// ```
pub struct WaitGroup(Arc<Core>);

struct Core {
    object: Header,
    state: Guarded<WaitGroupState>,
}

handle!(WaitGroup, object);

impl WaitGroup {
    /// A group that nobody has to wait for.
    #[track_caller]
    pub fn new() -> Self {
        let object = Header::new(ObjectKind::WaitGroup);
        Self(Arc::new(Core { object, state: Guarded::default() }))
    }

    /// Adds `n`, which may be negative, to the count. In Go, `wg.Add(n)`.
    ///
    /// At zero, all who wait go on.
    ///
    /// # Panics
    ///
    /// `sync: negative WaitGroup counter`, and
    /// `sync: WaitGroup misuse: Add called concurrently with Wait`; and outside of its run.
    #[track_caller]
    #[inline]
    pub fn add(&self, n: i64) {
        self.0.add(n, Place::here());
    }

    /// Takes one off the count. In Go, `wg.Done()`.
    ///
    /// # Panics
    ///
    /// As [`WaitGroup::add`].
    #[track_caller]
    #[inline]
    pub fn done(&self) {
        self.0.add(-1, Place::here());
    }

    /// Waits until the count is zero. In Go, `wg.Wait()`.
    ///
    /// # Panics
    ///
    /// `sync: WaitGroup is reused before previous Wait has returned`, and outside of its run.
    #[track_caller]
    #[inline]
    pub fn wait(&self) {
        let (core, place) = (&*self.0, Place::here());
        let rt = core.object.enter();
        let op = core.object.op(Action::Wait, place);
        rt.point(op, core);
        if core.passes(rt, place) {
            return rt.did(op, Detail::Done);
        }
        if rt.park(op, GoroutineState::WaitGroupWait) == Wake::Ended {
            return;
        }
        rt.did(op, Detail::Done);
        let returned = core.state.lock().returned();
        if let Err(text) = returned {
            rt.misuse(text, place);
        }
    }

    /// Starts a goroutine that the group waits for. In Go, `wg.Go(f)`.
    ///
    /// It is done when `f` returns or calls `goexit`. It is not if `f` panics: `wait` shall not let main
    /// return before the panic ends the program.
    ///
    /// # Panics
    ///
    /// As [`WaitGroup::add`].
    #[track_caller]
    pub fn go<F: FnOnce() + Send + 'static>(&self, f: F) {
        let place = Place::here();
        self.0.add(1, place);
        let core = Arc::clone(&self.0);
        spawn_from(place, None, move || {
            let done = OnExit(Some(|| core.done_unless_panicking(place)));
            f();
            drop(done);
        });
    }
}

impl Core {
    #[track_caller]
    #[inline(always)]
    fn add(&self, n: i64, place: Place) {
        let rt = self.object.enter();
        let op = self.object.op(if n < 0 { Action::Done } else { Action::Add }, place);
        rt.point(op, self);
        self.added(rt, op, n);
    }

    /// Does the announced `op`.
    fn added(&self, rt: &dyn Backend, op: Op, n: i64) {
        let place = op.place;
        let mut state = self.state.lock();
        if n > 0 && state.count == 0 {
            self.object.note(rt, Note::Accesses(Access::Read), place);
        }
        let result = state.add(n, &mut |waiter| rt.wake(waiter));
        rt.did(op, Detail::Done);
        drop(state);
        if let Err(text) = result {
            rt.did(self.object.op(Action::Misuse, place), Detail::Done);
            rt.misuse(text, place);
        }
    }

    fn done_unless_panicking(&self, place: Place) {
        if backend::current().is_some_and(|rt| !rt.panicking()) {
            self.add(-1, place);
        }
    }

    /// Whether there is nothing to wait for; else the goroutine has been queued.
    fn passes(&self, rt: &dyn Backend, place: Place) -> bool {
        let mut state = self.state.lock();
        let passes = state.count == 0;
        if !passes {
            if state.waiters.is_empty() {
                self.object.note(rt, Note::Accesses(Access::Write), place);
            }
            state.waiters.push_back(rt.waiter(0));
        }
        passes
    }
}

impl Object for Core {
    fn ready(&self, op: &Op) -> bool {
        op.action() != Action::Wait || self.state.lock().count == 0
    }
}

impl Default for WaitGroup {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{fixed, noting, waiter};
    use super::*;

    #[test]
    fn misuse_has_gos_texts() {
        let mut state = WaitGroupState::default();
        assert_eq!(state.add(-1, &mut |_| true), Err(NEGATIVE));
        assert_eq!(state.count, -1, "the counter has changed");
        state.waiters.push_back(waiter(2));
        assert_eq!(state.add(1, &mut |_| true), Ok(()), "back at zero, and the waiter goes on");
        assert_eq!(state.returned(), Ok(()));
        assert_eq!(state.add(1, &mut |_| true), Ok(()));
        assert_eq!(state.returned(), Err(REUSED));
    }

    #[test]
    fn an_addition_from_zero_beside_a_waiter_is_misuse() {
        let mut state = WaitGroupState { count: 0, waiters: [waiter(2)].into() };
        assert_eq!(state.add(2, &mut |_| true), Err(BESIDE_WAIT));
    }

    proptest! {
        #![proptest_config(fixed())]

        /// `None` is a wait, a number an addition.
        #[test]
        fn waiters_go_at_zero_in_order(ops in prop::collection::vec(
            prop::option::weighted(0.6, prop_oneof![Just(1_i64), Just(2), Just(-1)]), 0..60,
        )) {
            let mut state = WaitGroupState::default();
            let (mut count, mut waiting) = (0, Vec::new());
            for (n, op) in ops.into_iter().enumerate() {
                let Some(d) = op else {
                    if state.count != 0 {
                        state.waiters.push_back(waiter(n as u32));
                        waiting.push(n as u32);
                    }
                    prop_assert_eq!(state.count, count);
                    continue;
                };
                let mut woken = Vec::new();
                let result = state.add(d, &mut noting(&mut woken));
                count += d;
                prop_assert_eq!(result.is_err(), count < 0);
                let due = if count == 0 { std::mem::take(&mut waiting) } else { Vec::new() };
                prop_assert_eq!(woken, due);
                if count < 0 {
                    break;
                }
            }
        }
    }
}
