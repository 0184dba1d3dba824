//! `ErrGroup`: goroutines that work on one task, of which the first error counts.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Wakes, finally};
use crate::backend::{Backend, Object, Waiter, Wake};
use crate::event::{Action, Detail, GoroutineState, ObjectKind, Op, Place};
use crate::primitives::context::{self, CancelFunc, Context};
use crate::primitives::go::spawn_from;
use crate::primitives::guarded::Guarded;
use crate::primitives::object::Object as Header;

/// The rules of a group.
#[derive(Debug)]
struct GroupState<E> {
    /// Goroutines under way, and those that may start now.
    active: usize,
    limit: Option<usize>,
    /// Somebody has failed.
    failed: bool,
    /// The first error, until it is taken.
    error: Option<E>,
    /// Who waits for the number of goroutines to come below the limit.
    starters: VecDeque<Waiter>,
    waiters: VecDeque<Waiter>,
}

impl<E> Default for GroupState<E> {
    fn default() -> Self {
        let (starters, waiters) = (VecDeque::new(), VecDeque::new());
        Self { active: 0, limit: None, failed: false, error: None, starters, waiters }
    }
}

impl<E> GroupState<E> {
    /// Counts one more, if the limit allows.
    fn start(&mut self) -> bool {
        let may = self.limit.is_none_or(|limit| self.active < limit);
        self.active += usize::from(may);
        may
    }

    /// One has finished: the next may start in its place, or all who wait go on.
    fn finish(&mut self, wake: Wakes<'_>) {
        self.active -= 1;
        let mut starters = std::iter::from_fn(|| self.starters.pop_front());
        if starters.any(&mut *wake) {
            self.active += 1;
        }
        if self.active == 0 {
            for waiter in self.waiters.drain(..) {
                wake(waiter);
            }
        }
    }

    /// One has failed: gives the error back unless it is the first.
    fn fail(&mut self, error: E) -> Result<(), E> {
        if std::mem::replace(&mut self.failed, true) {
            return Err(error);
        }
        self.error = Some(error);
        Ok(())
    }

    /// Changes the limit; fails with the number of goroutines under way if an older one counts them.
    fn set_limit(&mut self, limit: usize) -> Result<(), usize> {
        if self.limit.is_some() && self.active > 0 {
            return Err(self.active);
        }
        self.limit = Some(limit);
        Ok(())
    }
}

/// Goroutines that work on one task: Go's `errgroup.Group`.
///
/// # Examples
///
/// ```
/// use goseed::sync::ErrGroup;
///
/// goseed::check(|| {
///     let group = ErrGroup::new();
///     for n in 1..=3 {
///         group.go(move || if n == 2 { Err("two is odd here") } else { Ok(()) });
///     }
///     assert_eq!(group.wait(), Err("two is odd here"));
/// });
/// ```
pub struct ErrGroup<E>(Arc<Core<E>>);

struct Core<E> {
    object: Header,
    cancel: Option<CancelFunc>,
    state: Guarded<GroupState<E>>,
}

handle!(ErrGroup<E>, object);

impl<E: Send + 'static> ErrGroup<E> {
    /// A group without a limit and without a context.
    #[track_caller]
    pub fn new() -> Self {
        Self::make(None)
    }

    /// A group, and a context that is cancelled by its first error or when `wait` returns. In Go,
    /// `errgroup.WithContext(ctx)`.
    ///
    /// # Panics
    ///
    /// Outside of the context's run.
    #[track_caller]
    pub fn with_context(ctx: &Context) -> (Self, Context) {
        let (ctx, cancel) = context::with_cancel(ctx);
        (Self::make(Some(cancel)), ctx)
    }

    #[track_caller]
    fn make(cancel: Option<CancelFunc>) -> Self {
        let object = Header::new(ObjectKind::ErrGroup);
        Self(Arc::new(Core { object, cancel, state: Guarded::default() }))
    }

    /// Lets at most `n` goroutines of the group run at a time. In Go, `g.SetLimit(n)`.
    ///
    /// # Panics
    ///
    /// `errgroup: modify limit while 2 goroutines in the group are still active`, and outside of its run.
    #[track_caller]
    pub fn set_limit(&self, n: usize) {
        let (core, place) = (&*self.0, Place::here());
        let rt = core.object.enter();
        let op = core.object.op(Action::Set, place);
        rt.point(op, core);
        let mut state = core.state.lock();
        let result = state.set_limit(n);
        rt.did(op, Detail::Done);
        drop(state);
        if let Err(active) = result {
            let text = "goroutines in the group are still active";
            rt.misuse(&format!("errgroup: modify limit while {active} {text}"), place);
        }
    }

    /// Starts a goroutine of the group; at the limit, waits until another one has finished. In Go,
    /// `g.Go(f)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn go<F: FnOnce() -> Result<(), E> + Send + 'static>(&self, f: F) {
        let (core, place) = (&*self.0, Place::here());
        let rt = core.object.enter();
        let op = core.object.op(Action::Add, place);
        rt.point(op, core);
        if core.starts(rt, op) || core.waits_to_start(rt, op) {
            self.spawn(place, f);
        }
    }

    /// Starts a goroutine of the group, unless it is at its limit; says whether it did. In Go,
    /// `g.TryGo(f)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn try_go<F: FnOnce() -> Result<(), E> + Send + 'static>(&self, f: F) -> bool {
        let (core, place) = (&*self.0, Place::here());
        let rt = core.object.enter();
        rt.point(core.object.op(Action::Add, place), core);
        let mut state = core.state.lock();
        let started = state.start();
        let action = if started { Action::Add } else { Action::Failed };
        rt.did(core.object.op(action, place), Detail::Done);
        drop(state);
        if started {
            self.spawn(place, f);
        }
        started
    }

    #[track_caller]
    fn spawn(&self, place: Place, f: impl FnOnce() -> Result<(), E> + Send + 'static) {
        let member = Member { core: Arc::clone(&self.0), place };
        spawn_from(place, None, move || {
            let member = member;
            if let Err(error) = f() {
                member.fail(error);
            }
        });
    }

    /// Waits until all goroutines of the group have finished. In Go, `g.Wait()`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    ///
    /// # Errors
    ///
    /// The first error of any of them, to the first call that returns.
    #[track_caller]
    pub fn wait(&self) -> Result<(), E> {
        let core = &*self.0;
        let rt = core.object.enter();
        let op = core.object.op(Action::Wait, Place::here());
        rt.point(op, core);
        if core.passes(rt) || rt.park(op, GoroutineState::WaitGroupWait) != Wake::Ended {
            rt.did(op, Detail::Done);
        }
        if let Some(cancel) = &core.cancel {
            cancel();
        }
        let error = core.state.lock().error.take();
        error.map_or(Ok(()), Err)
    }
}

impl<E> Core<E> {
    /// Counts the goroutine that is to be started; else the caller has been queued.
    fn starts(&self, rt: &dyn Backend, op: Op) -> bool {
        let mut state = self.state.lock();
        let starts = state.start();
        if starts {
            rt.did(op, Detail::Done);
        } else {
            state.starters.push_back(rt.waiter(0));
        }
        starts
    }

    /// Waits at the limit: false if the run ends meanwhile.
    fn waits_to_start(&self, rt: &dyn Backend, op: Op) -> bool {
        let woken = rt.park(op, GoroutineState::ChanSend) != Wake::Ended;
        if woken {
            rt.did(op, Detail::Done);
        }
        woken
    }

    /// Whether there is nothing to wait for; else the caller has been queued.
    fn passes(&self, rt: &dyn Backend) -> bool {
        let mut state = self.state.lock();
        let passes = state.active == 0;
        if !passes {
            state.waiters.push_back(rt.waiter(0));
        }
        passes
    }
}

impl<E> Object for Core<E> {
    fn ready(&self, op: &Op) -> bool {
        op.action() != Action::Wait || self.state.lock().active == 0
    }
}

/// One goroutine of a group, from the moment it is counted; finished when it is dropped, even if it has
/// never run.
struct Member<E> {
    core: Arc<Core<E>>,
    place: Place,
}

impl<E> Member<E> {
    /// Its function has failed.
    fn fail(&self, error: E) {
        let core = &*self.core;
        let rt = core.object.enter();
        let op = core.object.op(Action::Set, self.place);
        rt.point(op, core);
        let mut state = core.state.lock();
        let result = state.fail(error);
        rt.did(op, Detail::Done);
        drop(state);
        if let (Ok(()), Some(cancel)) = (result, &core.cancel) {
            cancel();
        }
    }
}

impl<E> Drop for Member<E> {
    fn drop(&mut self) {
        let core = &*self.core;
        let Some(rt) = core.object.enter_if_own() else {
            return core.state.lock().finish(&mut |_| false);
        };
        let op = core.object.op(Action::Done, self.place);
        finally(rt, op, core, || {
            let mut state = core.state.lock();
            state.finish(&mut |waiter| rt.wake(waiter));
            rt.did(op, Detail::Done);
        });
    }
}

impl<E: Send + 'static> Default for ErrGroup<E> {
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
    fn the_first_error_counts() {
        let mut state = GroupState::default();
        assert_eq!(state.fail("one"), Ok(()));
        assert_eq!(state.fail("two"), Err("two"));
        assert_eq!(state.error.take(), Some("one"));
        assert_eq!(state.fail("three"), Err("three"), "also after it was taken");
    }

    #[test]
    fn the_limit_stays_while_it_counts_goroutines() {
        let mut state = GroupState::<()>::default();
        assert!(state.start());
        assert_eq!(state.set_limit(1), Ok(()), "there was none");
        assert_eq!(state.set_limit(2), Err(1));
    }

    proptest! {
        #![proptest_config(fixed())]

        #[test]
        fn never_more_than_the_limit_and_starters_in_order(
            limit in 1..4_usize,
            ops in prop::collection::vec(any::<bool>(), 0..80),
        ) {
            let mut state = GroupState::<()>::default();
            prop_assert_eq!(state.set_limit(limit), Ok(()));
            let (mut active, mut queue) = (0, Vec::new());
            for (n, start) in ops.into_iter().enumerate() {
                let mut woken = Vec::new();
                if start && !state.start() {
                    prop_assert_eq!(active, limit);
                    state.starters.push_back(waiter(n as u32));
                    queue.push(n as u32);
                } else if start {
                    active += 1;
                } else if active > 0 {
                    state.finish(&mut noting(&mut woken));
                    let next: Vec<u32> = queue.drain(..queue.len().min(1)).collect();
                    active -= usize::from(next.is_empty());
                    prop_assert_eq!(woken, next);
                }
                prop_assert_eq!(state.active, active);
                prop_assert!(active <= limit);
            }
        }

        #[test]
        fn those_who_wait_go_on_when_nobody_works(waiting in 0..5_u32) {
            let mut state = GroupState::<()>::default();
            prop_assert!(state.start() && state.start());
            state.waiters.extend((0..waiting).map(waiter));
            let mut woken = Vec::new();
            state.finish(&mut noting(&mut woken));
            prop_assert!(woken.is_empty());
            state.finish(&mut noting(&mut woken));
            prop_assert_eq!(woken, (0..waiting).collect::<Vec<_>>());
        }
    }
}
