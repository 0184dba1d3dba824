//! `Semaphore`: so many units, taken several at a time, first come first served.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{OnExit, finally};
use crate::backend::{Always, Backend};
use crate::event::{Action, Detail, ObjectKind, Op, Place};
use crate::primitives::chan::{Chan, Receiver, chan};
use crate::primitives::context::{Context, Error};
use crate::primitives::guarded::Guarded;
use crate::primitives::object::Object as Header;

/// One who waits for units; `signal` tells it that it has them.
#[derive(Debug)]
struct Request<S> {
    number: u64,
    units: i64,
    signal: S,
}

/// The rules of a semaphore.
#[derive(Debug)]
struct SemaphoreState<S> {
    size: i64,
    taken: i64,
    /// The number of the next request.
    next: u64,
    requests: VecDeque<Request<S>>,
}

/// What came of a request.
#[derive(PartialEq, Eq, Debug)]
enum Asked {
    /// The units are there.
    Taken,
    /// It waits, under this number.
    Waits(u64),
    /// There will never be so many.
    Never,
}

impl<S> SemaphoreState<S> {
    fn new(size: i64) -> Self {
        Self { size, taken: 0, next: 0, requests: VecDeque::new() }
    }

    /// Takes units if they are there and nobody waits for any.
    fn try_take(&mut self, units: i64) -> bool {
        let may = self.fits(units) && self.requests.is_empty();
        if may {
            self.taken += units;
        }
        may
    }

    fn fits(&self, units: i64) -> bool {
        units <= self.size - self.taken
    }

    /// Takes units, or queues a request for them.
    fn ask(&mut self, units: i64, signal: S) -> Asked {
        if self.try_take(units) {
            return Asked::Taken;
        }
        if units > self.size {
            return Asked::Never;
        }
        let number = self.next;
        self.next += 1;
        self.requests.push_back(Request { number, units, signal });
        Asked::Waits(number)
    }

    /// Gives units back: gives the signals of those who have theirs now, or nothing if there were not so
    /// many taken (they are given back all the same).
    fn give_back(&mut self, units: i64) -> Option<Vec<S>> {
        self.taken -= units;
        (self.taken >= 0).then(|| self.serve())
    }

    /// Serves requests in order, up to the first that does not fit: a small one overtakes no big one.
    fn serve(&mut self) -> Vec<S> {
        let mut served = Vec::new();
        while self.requests.front().is_some_and(|request| self.fits(request.units)) {
            let request = self.requests.pop_front().expect("there is a first one");
            self.taken += request.units;
            served.push(request.signal);
        }
        served
    }

    /// Somebody no longer waits: its request goes, or its units if it had them. As `give_back`.
    fn withdraw(&mut self, number: u64, units: i64) -> Vec<S> {
        match self.requests.iter().position(|request| request.number == number) {
            Some(at) => drop(self.requests.remove(at)),
            None => self.taken -= units,
        }
        self.serve()
    }
}

/// A number of units that are taken and given back: Go's `semaphore.Weighted`.
///
/// First come, first served: who waits for many units is not overtaken by those who want few.
///
/// # Examples
///
/// ```
/// use goseed::prelude::*;
/// use goseed::sync::Semaphore;
///
/// goseed::check(|| {
///     let (memory, ctx) = (Semaphore::new(10), context::background());
///     memory.acquire(&ctx, 7).expect("nobody cancels");
///     assert!(!memory.try_acquire(4));
///     memory.release(7);
///     assert!(memory.try_acquire(4));
/// });
/// ```
pub struct Semaphore(Arc<Core>);

struct Core {
    object: Header,
    state: Guarded<SemaphoreState<Chan<()>>>,
}

handle!(Semaphore, object);

impl Semaphore {
    /// One with `n` units. In Go, `semaphore.NewWeighted(n)`.
    #[track_caller]
    pub fn new(n: i64) -> Self {
        let object = Header::new(ObjectKind::Semaphore);
        Self(Arc::new(Core { object, state: Guarded::new(SemaphoreState::new(n)) }))
    }

    /// Takes `n` units, waiting until they are there or `ctx` is done. In Go, `s.Acquire(ctx, n)`.
    ///
    /// # Errors
    ///
    /// That of `ctx`, if it is done, even if the units would be there.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn acquire(&self, ctx: &Context, n: i64) -> Result<(), Error> {
        let (core, place) = (&*self.0, Place::here());
        let rt = core.object.enter();
        let done = ctx.done();
        not_yet(ctx, &done)?;
        let op = core.object.op(Action::Acquire, place);
        rt.point(op, &Always);
        if core.takes(rt, op, n) {
            return Ok(());
        }
        let signal = chan(0);
        match core.ask(rt, op, n, &signal) {
            Asked::Taken => Ok(()),
            Asked::Never => {
                done.recv();
                Err(ended(ctx))
            }
            Asked::Waits(number) => {
                let withdraw = OnExit(Some(|| core.withdraw(rt, place, number, n)));
                wait(ctx, &done, &signal)?;
                rt.did(op, Detail::Done);
                withdraw.disarm();
                Ok(())
            }
        }
    }

    /// Takes `n` units if they are there and nobody waits for any. In Go, `s.TryAcquire(n)`.
    ///
    /// # Panics
    ///
    /// Outside of its run.
    #[track_caller]
    pub fn try_acquire(&self, n: i64) -> bool {
        let (core, place) = (&*self.0, Place::here());
        let rt = core.object.enter();
        rt.point(core.object.op(Action::Acquire, place), &Always);
        let mut state = core.state.lock();
        let taken = state.try_take(n);
        let action = if taken { Action::Acquire } else { Action::Failed };
        rt.did(core.object.op(action, place), Detail::Done);
        taken
    }

    /// Gives `n` units back. In Go, `s.Release(n)`.
    ///
    /// # Panics
    ///
    /// `semaphore: released more than held`, and outside of its run.
    #[track_caller]
    pub fn release(&self, n: i64) {
        let (core, place) = (&*self.0, Place::here());
        let rt = core.object.enter();
        let op = core.object.op(Action::Release, place);
        rt.point(op, &Always);
        let mut state = core.state.lock();
        let served = state.give_back(n);
        rt.did(op, Detail::Done);
        drop(state);
        match served {
            Some(signals) => close(&signals),
            None => rt.misuse("semaphore: released more than held", place),
        }
    }
}

impl Core {
    /// Takes units if they are there and nobody waits for any.
    fn takes(&self, rt: &dyn Backend, op: Op, units: i64) -> bool {
        let mut state = self.state.lock();
        let taken = state.try_take(units);
        if taken {
            rt.did(op, Detail::Done);
        }
        taken
    }

    /// The same, or queues a request.
    fn ask(&self, rt: &dyn Backend, op: Op, units: i64, signal: &Chan<()>) -> Asked {
        let signal = signal.clone();
        let mut state = self.state.lock();
        let asked = state.ask(units, signal);
        if asked == Asked::Taken {
            rt.did(op, Detail::Done);
        }
        asked
    }

    /// Takes back a request that failed, or whose goroutine dies.
    fn withdraw(&self, rt: &dyn Backend, place: Place, number: u64, units: i64) {
        let op = self.object.op(Action::Release, place);
        finally(rt, op, &Always, || {
            let mut state = self.state.lock();
            let served = state.withdraw(number, units);
            rt.did(op, Detail::Done);
            drop(state);
            close(&served);
        });
    }
}

/// Waits for the signal that the units are there; fails if the context is done by then.
#[track_caller]
fn wait(ctx: &Context, done: &Receiver<()>, signal: &Chan<()>) -> Result<(), Error> {
    let served = crate::select! {
        recv(done) -> _ => false,
        recv(signal) -> _ => true,
    };
    if served { not_yet(ctx, done) } else { Err(ended(ctx)) }
}

/// Fails if the context is done already.
#[track_caller]
fn not_yet(ctx: &Context, done: &Receiver<()>) -> Result<(), Error> {
    if done.is_nil() {
        return Ok(());
    }
    ctx.err().map_or(Ok(()), Err)
}

/// Why the context is done; it is not if the run ends.
#[track_caller]
fn ended(ctx: &Context) -> Error {
    ctx.err().unwrap_or(Error::Canceled)
}

/// Tells those who have been served.
#[track_caller]
fn close(signals: &[Chan<()>]) {
    for signal in signals {
        signal.close();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::fixed;
    use super::*;

    /// One step of the model.
    #[derive(Clone, Copy, Debug)]
    enum Do {
        Ask(i64),
        Try(i64),
        /// The n-th who holds units gives them back.
        GiveBack(usize),
        /// The n-th who waits gives up.
        Withdraw(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Do>> {
        let step = prop_oneof![
            (0..7_i64).prop_map(Do::Ask),
            (0..5_i64).prop_map(Do::Try),
            (0..4_usize).prop_map(Do::GiveBack),
            (0..4_usize).prop_map(Do::Withdraw),
        ];
        prop::collection::vec(step, 0..80)
    }

    /// Moves those who fit from the queue to the holders, oldest first.
    fn serve(size: i64, holders: &mut Vec<(u64, i64)>, queue: &mut Vec<(u64, i64)>) -> Vec<u64> {
        let mut served = Vec::new();
        while let Some(first) = queue.first().copied() {
            if holders.iter().map(|(_, units)| units).sum::<i64>() + first.1 > size {
                break;
            }
            holders.push(queue.remove(0));
            served.push(first.0);
        }
        served
    }

    #[test]
    fn giving_back_more_than_was_taken_is_refused() {
        let mut state = SemaphoreState::<()>::new(3);
        assert!(state.try_take(2));
        assert_eq!(state.give_back(3), None);
    }

    #[test]
    fn a_request_that_was_served_and_withdrawn_gives_its_units_back() {
        let mut state = SemaphoreState::new(2);
        assert!(state.try_take(2));
        assert_eq!(state.ask(2, 'a'), Asked::Waits(0));
        assert_eq!(state.ask(1, 'b'), Asked::Waits(1));
        assert_eq!(state.give_back(2), Some(vec!['a']));
        assert_eq!(state.withdraw(0, 2), ['b']);
        assert_eq!(state.taken, 1);
    }

    proptest! {
        #![proptest_config(fixed())]

        #[test]
        fn it_serves_in_order_and_never_more_than_there_is(steps in steps()) {
            let size = 5;
            let mut state = SemaphoreState::new(size);
            let (mut holders, mut queue) = (Vec::new(), Vec::new());
            for (n, step) in steps.into_iter().enumerate() {
                let n = n as u64;
                let taken: i64 = holders.iter().map(|(_, units): &(u64, i64)| units).sum();
                let free = |units: i64| queue.is_empty() && taken + units <= size;
                match step {
                    Do::Ask(units) => {
                        let due = free(units);
                        let asked = state.ask(units, n);
                        prop_assert_eq!(asked == Asked::Taken, due);
                        prop_assert_eq!(asked == Asked::Never, units > size);
                        match asked {
                            Asked::Taken => holders.push((n, units)),
                            Asked::Waits(_) => queue.push((n, units)),
                            Asked::Never => {}
                        }
                    }
                    Do::Try(units) => {
                        let due = free(units);
                        prop_assert_eq!(state.try_take(units), due);
                        if due {
                            holders.push((n, units));
                        }
                    }
                    Do::GiveBack(at) if at < holders.len() => {
                        let (_, units) = holders.remove(at);
                        let served = state.give_back(units);
                        prop_assert_eq!(served, Some(serve(size, &mut holders, &mut queue)));
                    }
                    Do::Withdraw(at) if at < queue.len() => {
                        let (_, units) = queue.remove(at);
                        let number = state.requests[at].number;
                        let served = state.withdraw(number, units);
                        prop_assert_eq!(served, serve(size, &mut holders, &mut queue));
                    }
                    Do::GiveBack(_) | Do::Withdraw(_) => {}
                }
                let taken: i64 = holders.iter().map(|(_, units)| units).sum();
                prop_assert_eq!(state.taken, taken);
            }
        }
    }
}
