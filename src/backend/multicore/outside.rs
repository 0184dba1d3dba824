//! The run as a thread sees it that is none of its workers: timers that fire while a worker is stuck, and
//! threads of the user's that use a handle. They can do whatever never blocks.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, Weak};

use super::ending::Culprit;
use super::raw;
use super::shared::{Shared, lock};
use crate::backend::{
    Backend, Body, Object, Shared as Value, Stream, Timed, TimerId, Unwind, Waiter, Wake, WayOut,
};
use crate::event::{
    Detail, Exit, GoId, GoroutineInfo, GoroutineState, Instant, ObjectId, ObjectKind, Op, Panic,
    Place, objects,
};

/// Nobody's goroutine.
pub(super) struct Outside {
    run: u64,
    /// A thread that was once here keeps no run alive.
    shared: Weak<Shared>,
}

/// The runs of this process.
static RUNS: Mutex<Vec<(u64, Weak<Shared>)>> = Mutex::new(Vec::new());

thread_local! {
    /// The runs that this thread has looked into, until it ends.
    static KNOWN: RefCell<Vec<Rc<Outside>>> = const { RefCell::new(Vec::new()) };
}

/// From now on the run can be used from outside, until this is dropped.
pub(super) struct Open(u64);

impl Open {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        lock(&RUNS).push((shared.run, Arc::downgrade(shared)));
        Self(shared.run)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        lock(&RUNS).retain(|(run, _)| *run != self.0);
    }
}

/// A run of this number, for a thread that is no worker; nothing if there is none on cores.
#[cold]
pub(crate) fn find(run: u64) -> Option<&'static dyn Backend> {
    let shared = lock(&RUNS).iter().find(|(number, _)| *number == run)?.1.clone();
    let known = KNOWN.try_with(|known| {
        let mut known = known.borrow_mut();
        let at = known.iter().position(|outside| outside.run == run).unwrap_or_else(|| {
            known.push(Rc::new(Outside { run, shared }));
            known.len() - 1
        });
        raw::until_this_thread_ends(&known[at])
    });
    known.ok().map(|outside| outside as &dyn Backend)
}

impl Outside {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self { run: shared.run, shared: Arc::downgrade(shared) }
    }

    fn shared(&self) -> Arc<Shared> {
        self.shared.upgrade().unwrap_or_else(|| not_here("an operation of a run that is over,"))
    }
}

/// What only a goroutine can do.
fn not_here(what: &str) -> ! {
    panic!("{what} outside of all goroutines")
}

impl Backend for Outside {
    fn run(&self) -> u64 {
        self.run
    }

    fn number(&self) -> u64 {
        0
    }

    fn make(&self, _kind: ObjectKind, _place: Place) -> ObjectId {
        objects::NONE
    }

    fn spawn(&self, body: Body, name: Option<String>, place: Place) -> GoId {
        self.shared().spawn_outside(body, name, place)
    }

    fn at_point(&self, _op: Op, _object: &dyn Object) -> Option<WayOut> {
        None
    }

    fn back(&self) {}

    fn at_yield(&self, _op: Op) -> Option<WayOut> {
        std::thread::yield_now();
        None
    }

    fn at_effect(&self, _op: Op, _detail: Detail) {}

    fn waiter(&self, _case: u32) -> Waiter {
        not_here("a wait")
    }

    fn retract(&self) -> Option<u32> {
        None
    }

    fn at_park(&self, _op: Op, _state: GoroutineState) -> Result<Wake, WayOut> {
        not_here("a wait")
    }

    fn back_awake(&self, _state: GoroutineState) -> Wake {
        not_here("a wait")
    }

    fn wake(&self, waiter: Waiter) -> bool {
        self.shared().wake(waiter, None, |_| {})
    }

    fn hand_over(&self, waiter: Waiter) -> bool {
        self.wake(waiter)
    }

    fn waits(&self, waiter: Waiter) -> bool {
        self.shared().waits(waiter)
    }

    fn strand(&self) -> ! {
        not_here("a wait")
    }

    fn pick(&self, _count: u32) -> u32 {
        0
    }

    fn random(&self) -> u64 {
        super::seed()
    }

    fn keeps_stacks(&self) -> bool {
        false
    }

    fn now(&self) -> Instant {
        self.shared().clock.now()
    }

    fn arm(&self, due: Instant, what: Timed) -> TimerId {
        let shared = self.shared();
        let to = shared.least_pinned();
        let timer = shared.arm(to, due, what);
        // It may sleep until a later timer.
        shared.idle.call(&shared.ports[to].sleeper);
        timer
    }

    fn disarm(&self, timer: TimerId) -> bool {
        self.shared().disarm(timer)
    }

    fn print(&self, stream: Stream, text: &str) {
        let shared = self.shared();
        shared.streams.print(stream, text, || shared.clock.now());
    }

    fn exit(&self, _code: i32) -> ! {
        not_here("os::exit")
    }

    fn fatal(&self, text: &str, place: Place) {
        let culprit = Culprit { number: 0, place: Some(place) };
        self.shared().finish(Exit::Fatal(text.to_owned()), Some(culprit));
    }

    #[track_caller]
    fn misuse(&self, text: &str, _place: Place) {
        panic!("{text}")
    }

    fn goexit(&self) -> ! {
        not_here("runtime::goexit")
    }

    fn block(&self, _op: Op, work: Body) {
        work.call();
    }

    fn procs(&self) -> usize {
        self.shared().config.procs
    }

    fn cpus(&self) -> usize {
        super::cpus()
    }

    fn count(&self) -> usize {
        self.shared().count()
    }

    fn goroutines(&self) -> Vec<GoroutineInfo> {
        self.shared().slots.infos()
    }

    fn wait_idle(&self, _op: Op) {
        not_here("runtime::wait_idle")
    }

    fn unwind(&self, look: &mut dyn FnMut(&mut Unwind)) {
        look(&mut Unwind::default());
    }

    fn crash(&self, _panic: Panic) {
        unreachable!("no goroutine, so none of its panics")
    }

    fn describe(&self) -> String {
        "no goroutine".to_owned()
    }

    fn global(&self, key: usize) -> Option<Value> {
        self.shared().global(key)
    }

    fn set_global(&self, key: usize, value: Value) -> Value {
        self.shared().set_global(key, value)
    }

    fn in_global(&self, _place: Option<Place>) -> Option<Place> {
        None
    }
}
