//! `Cond`: wait until somebody says that something has changed.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Locker, OnExit, Wakes};
use crate::backend::{Always, Backend, Waiter, Wake};
use crate::event::{Action, Detail, GoroutineState, ObjectKind, Op, Place};
use crate::primitives::guarded::Guarded;
use crate::primitives::object::Object as Header;

/// The rules of a condition variable: who waits stands in the order of the calls of `wait`, from before
/// it has let go of its lock; a signal that comes before it is parked counts.
#[derive(Debug, Default)]
struct CondState {
    /// The number of the next wait.
    next: u64,
    /// Those not yet notified, each with its waiter once it is parked.
    waiting: VecDeque<(u64, Option<Waiter>)>,
}

impl CondState {
    /// Begins a wait.
    fn ticket(&mut self) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.waiting.push_back((ticket, None));
        ticket
    }

    /// The wait with this ticket has come to park: false if it has been notified by now.
    fn park(&mut self, ticket: u64, waiter: impl FnOnce() -> Waiter) -> bool {
        let mine = self.waiting.iter_mut().find(|(of, _)| *of == ticket);
        if let Some((_, parked)) = mine {
            *parked = Some(waiter());
            return true;
        }
        false
    }

    /// A wait that will never come to park.
    fn forget(&mut self, ticket: u64) {
        self.waiting.retain(|(of, _)| *of != ticket);
    }

    /// Notifies the oldest: false if nobody waits.
    fn signal(&mut self, wake: Wakes<'_>) -> bool {
        let mut next = std::iter::from_fn(|| self.waiting.pop_front());
        next.any(|(_, parked)| parked.is_none_or(&mut *wake))
    }

    /// Notifies all, oldest first: false if nobody waits.
    fn broadcast(&mut self, wake: Wakes<'_>) -> bool {
        let mut any = false;
        while self.signal(wake) {
            any = true;
        }
        any
    }
}

/// A condition variable: Go's `sync.Cond`.
///
/// # Examples
///
/// ```
/// use goseed::prelude::*;
/// use goseed::sync::{Cond, RawMutex};
///
/// goseed::check(|| {
///     let (mu, ready) = (RawMutex::new(), Var::new(false));
///     let cond = Cond::new(mu.clone());
///     go!(mu, cond, ready => {
///         mu.lock();
///         ready.set(true);
///         mu.unlock();
///         cond.signal();
///     });
///     mu.lock();
///     while !ready.get() {
///         cond.wait();
///     }
///     mu.unlock();
/// });
/// ```
pub struct Cond(Arc<Core>);

struct Core {
    object: Header,
    locker: Box<dyn Locker>,
    state: Guarded<CondState>,
}

handle!(Cond, object);

impl Cond {
    /// One whose waiters hold `l`. Keep a clone of it, to lock it. In Go, `sync.NewCond(l)`.
    #[track_caller]
    pub fn new(l: impl Locker) -> Self {
        let object = Header::new(ObjectKind::Cond);
        Self(Arc::new(Core { object, locker: Box::new(l), state: Guarded::default() }))
    }

    /// Unlocks the lock, waits to be notified, and locks it again; the caller holds it. In Go, `c.Wait()`.
    ///
    /// Others may lock first, so that what was notified need not be true any more: wait in a loop.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn wait(&self) {
        let (core, place) = (&*self.0, Place::here());
        let rt = core.object.enter();
        let op = core.object.op(Action::CondWait, place);
        rt.point(op, &Always);
        let ticket = core.ticket(rt, op);
        let forget = OnExit(Some(|| core.state.lock().forget(ticket)));
        core.locker.unlock_from(place);
        let waits = core.state.lock().park(ticket, || rt.waiter(0));
        if waits && rt.park(op, GoroutineState::CondWait) == Wake::Ended {
            rt.strand();
        }
        forget.disarm();
        core.locker.lock_from(place);
    }

    /// Notifies the goroutine that has waited longest; without one, nothing. In Go, `c.Signal()`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn signal(&self) {
        self.0.notify(Action::Signal, Place::here(), |state, wake| state.signal(wake));
    }

    /// Notifies all who wait. In Go, `c.Broadcast()`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn broadcast(&self) {
        self.0.notify(Action::Broadcast, Place::here(), |state, wake| state.broadcast(wake));
    }
}

impl Core {
    fn ticket(&self, rt: &dyn Backend, op: Op) -> u64 {
        let mut state = self.state.lock();
        let ticket = state.ticket();
        rt.did(op, Detail::Done);
        ticket
    }

    /// Does a notification; one that nobody hears has changed nothing.
    #[track_caller]
    fn notify(&self, action: Action, place: Place, f: fn(&mut CondState, Wakes<'_>) -> bool) {
        let rt = self.object.enter();
        rt.point(self.object.op(action, place), &Always);
        let mut state = self.state.lock();
        let heard = f(&mut state, &mut |waiter| rt.wake(waiter));
        let action = if heard { action } else { Action::Failed };
        rt.did(self.object.op(action, place), Detail::Done);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{fixed, noting, waiter};
    use super::*;

    /// One step of the model.
    #[derive(Clone, Copy, Debug)]
    enum Do {
        Wait,
        /// The n-th wait that has not parked does.
        Park(usize),
        Signal,
        Broadcast,
    }

    fn steps() -> impl Strategy<Value = Vec<Do>> {
        let step = prop_oneof![
            4 => Just(Do::Wait),
            4 => (0..4_usize).prop_map(Do::Park),
            3 => Just(Do::Signal),
            1 => Just(Do::Broadcast),
        ];
        prop::collection::vec(step, 0..80)
    }

    proptest! {
        #![proptest_config(fixed())]

        #[test]
        fn notifications_go_by_the_order_of_waits(steps in steps()) {
            let mut state = CondState::default();
            // Waits in order: not notified, and whether parked.
            let (mut waiting, mut unparked) = (Vec::<u64>::new(), Vec::<u64>::new());
            for step in steps {
                let mut woken = Vec::new();
                let mut due: Vec<u64> = Vec::new();
                match step {
                    Do::Wait => {
                        let ticket = state.ticket();
                        waiting.push(ticket);
                        unparked.push(ticket);
                    }
                    Do::Park(n) if n < unparked.len() => {
                        let ticket = unparked.remove(n);
                        let parks = state.park(ticket, || waiter(ticket as u32));
                        prop_assert_eq!(parks, waiting.contains(&ticket));
                    }
                    Do::Park(_) => {}
                    Do::Signal => {
                        prop_assert_eq!(state.signal(&mut noting(&mut woken)), !waiting.is_empty());
                        due.extend(waiting.drain(..waiting.len().min(1)));
                    }
                    Do::Broadcast => {
                        state.broadcast(&mut noting(&mut woken));
                        due.append(&mut waiting);
                    }
                }
                due.retain(|ticket| !unparked.contains(ticket));
                prop_assert_eq!(woken, due.iter().map(|t| *t as u32).collect::<Vec<_>>());
            }
        }
    }
}
