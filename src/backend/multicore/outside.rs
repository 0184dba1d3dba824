//! The run as a thread sees it that is none of its workers: timers that fire while a worker is stuck.

use std::sync::Arc;

use super::shared::Shared;
use crate::backend::{
    Backend, Body, Object, Shared as Value, Stream, Timed, TimerId, Unwind, Waiter, Wake,
};
use crate::event::{
    Detail, GoId, GoroutineInfo, GoroutineState, Instant, ObjectId, ObjectKind, Op, Place, objects,
};

/// Nobody's goroutine.
pub(super) struct Outside(pub(super) Arc<Shared>);

/// What only a goroutine can do.
fn not_here(what: &str) -> ! {
    panic!("{what} outside of all goroutines")
}

impl Backend for Outside {
    fn run(&self) -> u64 {
        self.0.run
    }

    fn number(&self) -> u64 {
        0
    }

    fn make(&self, _kind: ObjectKind) -> ObjectId {
        objects::NONE
    }

    fn spawn(&self, body: Body, name: Option<String>, place: Place) -> GoId {
        self.0.spawn_outside(body, name, place)
    }

    fn at_point(&self, _op: Op, _object: &dyn Object) {}

    fn at_effect(&self, _op: Op, _detail: Detail) {}

    fn yield_now(&self) {
        std::thread::yield_now();
    }

    fn waiter(&self, _case: u32) -> Waiter {
        not_here("a wait")
    }

    fn retract(&self) -> Option<u32> {
        None
    }

    fn park(&self, _op: Op, _state: GoroutineState) -> Wake {
        not_here("a wait")
    }

    fn wake(&self, waiter: Waiter) -> bool {
        self.0.wake(waiter, None, |_| {})
    }

    fn hand_over(&self, waiter: Waiter) -> bool {
        self.wake(waiter)
    }

    fn waits(&self, waiter: Waiter) -> bool {
        self.0.waits(waiter)
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

    fn now(&self) -> Instant {
        self.0.clock.now()
    }

    fn arm(&self, due: Instant, what: Timed) -> TimerId {
        let to = self.0.least_pinned();
        let timer = self.0.arm(to, due, what);
        // It may sleep until a later timer.
        self.0.rouse(&self.0.ports[to]);
        timer
    }

    fn disarm(&self, timer: TimerId) -> bool {
        self.0.disarm(timer)
    }

    fn print(&self, stream: Stream, text: &str) {
        self.0.streams.print(stream, text, || self.0.clock.now());
    }

    fn exit(&self, _code: i32) -> ! {
        not_here("os::exit")
    }

    fn fatal(&self, text: &str, _place: Place) {
        not_here(text)
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
        self.0.config.procs
    }

    fn cpus(&self) -> usize {
        super::cpus()
    }

    fn count(&self) -> usize {
        self.0.count()
    }

    fn goroutines(&self) -> Vec<GoroutineInfo> {
        self.0.slots.infos()
    }

    fn wait_idle(&self, _op: Op) {
        not_here("runtime::wait_idle")
    }

    fn unwind(&self, look: &mut dyn FnMut(&mut Unwind)) {
        look(&mut Unwind::default());
    }

    fn describe(&self) -> String {
        "no goroutine".to_owned()
    }

    fn global(&self, key: usize) -> Option<Value> {
        self.0.global(key)
    }

    fn set_global(&self, key: usize, value: Value) -> Value {
        self.0.set_global(key, value)
    }

    fn in_global(&self, _place: Option<Place>) -> Option<Place> {
        None
    }
}
