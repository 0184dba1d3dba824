//! `Once`, `OnceFunc`, `OnceValue`: done by the first who asks, while the others wait for it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{OnExit, finally};
use crate::backend::{Backend, Object, Waiter, Wake};
use crate::event::{Action, Detail, GoroutineState, ObjectKind, Op, Panic, Place};
use crate::primitives::guarded::Guarded;
use crate::primitives::object::Object as Header;
use crate::primitives::panic::recovered;

/// What is raised for those who ask for a result whose maker called `goexit`.
const NO_PANIC_VALUE: &str = "runtime error: panic called with nil argument";

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Progress {
    #[default]
    Untouched,
    Running,
    Done,
}

/// What somebody who asks has to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// It is the first, and does it.
    Do,
    /// It waits for the one who does it.
    Wait,
    /// Nothing: it has been done.
    Pass,
}

/// The rules of a once.
#[derive(Debug, Default)]
struct OnceState {
    progress: Progress,
    waiters: VecDeque<Waiter>,
}

impl OnceState {
    fn ask(&mut self) -> Turn {
        match self.progress {
            Progress::Untouched => {
                self.progress = Progress::Running;
                Turn::Do
            }
            Progress::Running => Turn::Wait,
            Progress::Done => Turn::Pass,
        }
    }

    /// It has been done: gives those who wait, oldest first.
    fn finish(&mut self) -> VecDeque<Waiter> {
        self.progress = Progress::Done;
        std::mem::take(&mut self.waiters)
    }
}

/// What the three kinds share.
struct Gate {
    object: Header,
    state: Guarded<OnceState>,
}

impl Gate {
    #[track_caller]
    fn new() -> Self {
        Self { object: Header::new(ObjectKind::Once), state: Guarded::default() }
    }

    /// Runs `f` if this is the first call, else waits until the first call has ended. Says whether that
    /// came to pass: it does not if the run ends.
    #[track_caller]
    fn pass(&self, place: Place, f: impl FnOnce()) -> bool {
        let rt = self.object.enter();
        let op = self.object.op(Action::Once, place);
        rt.point(op, self);
        let turn = self.ask(rt, op);
        match turn {
            Turn::Do => self.run(rt, place, f),
            Turn::Wait if rt.park(op, GoroutineState::MutexLock) == Wake::Ended => return false,
            Turn::Wait => rt.did(op, Detail::Done),
            Turn::Pass => {}
        }
        true
    }

    /// Whose turn it is; who has to wait has been queued.
    fn ask(&self, rt: &dyn Backend, op: Op) -> Turn {
        let mut state = self.state.lock();
        let turn = state.ask();
        match turn {
            Turn::Wait => state.waiters.push_back(rt.waiter(0)),
            Turn::Do | Turn::Pass => rt.did(op, Detail::Done),
        }
        turn
    }

    /// Runs `f`; however it ends, it has been done.
    fn run(&self, rt: &dyn Backend, place: Place, f: impl FnOnce()) {
        let op = self.object.op(Action::Unlock, place);
        let end = OnExit(Some(|| finally(rt, op, self, || self.finish(rt, op))));
        f();
        drop(end);
    }

    fn finish(&self, rt: &dyn Backend, op: Op) {
        let mut state = self.state.lock();
        let waiters = state.finish();
        rt.did(op, Detail::Done);
        drop(state);
        for waiter in waiters {
            rt.wake(waiter);
        }
    }
}

impl Object for Gate {
    fn ready(&self, op: &Op) -> bool {
        op.action() != Action::Once || self.state.lock().progress != Progress::Running
    }
}

/// Runs a function once: Go's `sync.Once`.
///
/// # Examples
///
/// ```
/// use goseed::prelude::*;
///
/// goseed::check(|| {
///     let (once, wg, made) = (Once::new(), WaitGroup::new(), Var::new(0));
///     for _ in 0..3 {
///         let (once, made) = (once.clone(), made.clone());
///         wg.go(move || once.call(|| made.update(|n| n + 1)));
///     }
///     wg.wait();
///     assert_eq!(made.get(), 1);
/// });
/// ```
pub struct Once(Arc<Gate>);

handle!(Once, object);

impl Once {
    /// One that has done nothing yet.
    #[track_caller]
    pub fn new() -> Self {
        Self(Arc::new(Gate::new()))
    }

    /// Runs `f` if this is the first call; other calls return when it has ended. In Go, `once.Do(f)`.
    ///
    /// If `f` panics or calls `goexit`, it counts as done. A call inside `f` waits for ever.
    ///
    /// # Panics
    ///
    /// If `f` does, in the first call; and outside of its run.
    #[track_caller]
    pub fn call(&self, f: impl FnOnce()) {
        self.0.pass(Place::here(), f);
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

/// What came of the function.
enum Made<T> {
    Value(T),
    Panicked(Panic),
    /// It ended its goroutine, or the run ended.
    Nothing,
}

/// A function that is run once, and what came of it.
struct Lazy<T> {
    gate: Gate,
    f: Guarded<Option<Box<dyn FnOnce() -> T + Send>>>,
    made: Guarded<Option<Arc<Made<T>>>>,
}

impl<T: Send + Sync + 'static> Lazy<T> {
    #[track_caller]
    fn new(f: impl FnOnce() -> T + Send + 'static) -> Self {
        Self { gate: Gate::new(), f: Guarded::new(Some(Box::new(f))), made: Guarded::new(None) }
    }

    /// What came of the function, run now if it has not been; nothing if the run ends meanwhile.
    #[track_caller]
    fn get(&self, place: Place) -> Arc<Made<T>> {
        let passed = self.gate.pass(place, || self.make());
        let made = self.made.lock().clone();
        made.filter(|_| passed).unwrap_or_else(|| Arc::new(Made::Nothing))
    }

    fn make(&self) {
        let f = self.f.lock().take();
        let Some(f) = f else { return };
        let made = match recovered(f) {
            Ok(value) => Made::Value(value),
            Err(panic) => Made::Panicked(panic),
        };
        *self.made.lock() = Some(Arc::new(made));
    }

    /// The value, or the function's panic again; nothing only while the run ends.
    #[track_caller]
    fn result<R>(&self, place: Place, with: impl FnOnce(&T) -> R) -> Option<R> {
        let rt = self.gate.object.enter();
        match &*self.get(place) {
            Made::Value(value) => Some(with(value)),
            Made::Panicked(panic) => {
                raise(rt, panic, place);
                None
            }
            Made::Nothing => {
                rt.misuse(NO_PANIC_VALUE, place);
                None
            }
        }
    }
}

/// Raises a remembered panic again, unless the goroutine is dying and may not throw.
#[track_caller]
pub(super) fn raise(rt: &dyn Backend, panic: &Panic, place: Place) {
    if !rt.unwinding() {
        panic.clone().raise();
    }
    rt.misuse(panic.message(), place);
}

/// A function that runs at most once, by the first call: Go's `sync.OnceFunc`.
///
/// # Examples
///
/// ```
/// use goseed::sync::OnceFunc;
///
/// goseed::check(|| {
///     let load = OnceFunc::new(|| panic!("no such file"));
///     for _ in 0..2 {
///         let again = goseed::recover(|| load.call());
///         assert_eq!(again.unwrap_err().message(), "no such file");
///     }
/// });
/// ```
pub struct OnceFunc(Arc<Lazy<()>>);

handle!(OnceFunc, gate.object);

impl OnceFunc {
    /// Keeps `f` for the first call.
    #[track_caller]
    pub fn new<F: FnOnce() + Send + 'static>(f: F) -> Self {
        Self(Arc::new(Lazy::new(f)))
    }

    /// Runs the function if this is the first call; other calls return when it has ended.
    ///
    /// # Panics
    ///
    /// If the function does: in each call, with the same panic. If it called `goexit`, later calls panic
    /// with `runtime error: panic called with nil argument`. And outside of its run.
    #[track_caller]
    pub fn call(&self) {
        self.0.result(Place::here(), |()| ());
    }
}

/// A value that is made at most once, by the first who asks: Go's `sync.OnceValue`.
///
/// # Examples
///
/// ```
/// use goseed::sync::OnceValue;
///
/// goseed::check(|| {
///     let answer = OnceValue::new(|| 6 * 7);
///     assert_eq!((answer.get(), answer.get()), (42, 42));
/// });
/// ```
pub struct OnceValue<T>(Arc<Lazy<T>>);

handle!(OnceValue<T>, gate.object);

impl<T: Clone + Send + Sync + 'static> OnceValue<T> {
    /// Keeps `f` for the first who asks.
    #[track_caller]
    pub fn new<F: FnOnce() -> T + Send + 'static>(f: F) -> Self {
        Self(Arc::new(Lazy::new(f)))
    }

    /// A clone of the value, which is made now if this is the first call.
    ///
    /// # Panics
    ///
    /// If the function does: in each call, with the same panic. If it called `goexit`, later calls panic
    /// with `runtime error: panic called with nil argument`. And outside of its run.
    #[track_caller]
    pub fn get(&self) -> T {
        match self.0.result(Place::here(), T::clone) {
            Some(value) => value,
            None => self.0.gate.object.enter().strand(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{fixed, waiter};
    use super::*;

    proptest! {
        #![proptest_config(fixed())]

        #[test]
        fn the_first_does_it_and_the_others_wait_for_it(before in 0..6_u32, after in 0..6_u32) {
            let mut state = OnceState::default();
            prop_assert_eq!(state.ask(), Turn::Do);
            for go in 0..before {
                prop_assert_eq!(state.ask(), Turn::Wait);
                state.waiters.push_back(waiter(go));
            }
            let woken: Vec<u32> = state.finish().iter().map(|waiter| waiter.go.number()).collect();
            prop_assert_eq!(woken, (0..before).collect::<Vec<_>>());
            for _ in 0..after {
                prop_assert_eq!(state.ask(), Turn::Pass);
            }
        }
    }
}
