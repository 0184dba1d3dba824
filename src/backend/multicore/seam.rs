//! The contract of [`Backend`], as a worker keeps it.

use std::panic;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::ending::Culprit;
use super::shared::{END, PRESS, SLICE};
use super::slots::Birth;
use super::wait::{ENDED, KILLED};
use super::worker::Worker;
use super::{helpers, raw, root};
use crate::backend::unwind::{Cut, Goexit, Kill, Unwind};
use crate::backend::{
    self, Backend, Body, Object, Shared, Stream, Timed, TimerId, Waiter, Wake, WayOut, hook,
};
use crate::event::{
    Detail, Exit, GoId, GoroutineInfo, GoroutineState, Instant, ObjectId, ObjectKind, Op, Panic,
    Place, objects,
};

impl Worker {
    /// A point that is not like the others.
    #[cold]
    #[track_caller]
    fn unusual_point(&self, op: Op) {
        if let Some(what) = backend::forbidden() {
            if std::thread::panicking() {
                return;
            }
            backend::forbid(None);
            hook::blame(op.place);
            panic!("operation inside {what}");
        }
        let attention = self.attention();
        if attention & END != 0 {
            self.shared.slots.get(self.slot()).at(&op);
            self.die();
            self.ends_neutrally();
        } else if attention & (SLICE | PRESS) != 0 {
            self.shared.slots.get(self.slot()).at(&op);
            if attention & SLICE != 0 {
                self.slice_over()
            } else {
                self.press_on()
            }
            self.resumed();
        }
    }

    /// The current goroutine was resumed after a switch: does it have to die?
    #[inline]
    fn resumed(&self) {
        if self.attention() & END != 0 {
            self.die();
        }
    }

    /// Throws the end of the run into the current goroutine, unless it unwinds already.
    #[cold]
    fn die(&self) {
        let me: &dyn Backend = self;
        if me.unwinding() {
            return;
        }
        if !me.look(Unwind::kill) {
            self.strand();
        }
        panic::resume_unwind(Box::new(Kill));
    }

    /// The run is over before the current goroutine has parked: it dies, unless it unwinds already or was
    /// woken by now.
    #[cold]
    fn withdraw(&self) -> Option<u32> {
        if (self as &dyn Backend).unwinding() {
            return None;
        }
        let case = self.retract();
        if case.is_none() {
            self.die();
        }
        case
    }

    /// A destructor's operation goes on without a switch; not for ever.
    fn ends_neutrally(&self) {
        if !(self as &dyn Backend).look(Unwind::ends_neutrally) {
            self.strand();
        }
    }

    /// Nothing will wake the destructor that waits here.
    fn cut_or_end(&self) -> Wake {
        if (self as &dyn Backend).look(|unwind| unwind.defers > 0) {
            panic::resume_unwind(Box::new(Cut));
        }
        Wake::Ended
    }

    fn end_here(&self) -> ! {
        (self as &dyn Backend).look(|unwind| unwind.killed = true);
        panic::resume_unwind(Box::new(Kill))
    }

    fn culprit(&self, place: Option<Place>) -> Option<Culprit> {
        Some(Culprit { number: self.number(), place })
    }
}

impl Backend for Worker {
    fn run(&self) -> u64 {
        self.shared.run
    }

    fn number(&self) -> u64 {
        Self::number(self)
    }

    fn make(&self, _kind: ObjectKind, _place: Place) -> ObjectId {
        objects::NONE
    }

    fn spawn(&self, body: Body, name: Option<String>, place: Place) -> GoId {
        let (slot, number) = (self.free_slot(), self.new_number());
        let (parent, name) = (Self::number(self), name.map(String::into_boxed_str));
        self.shared.slots.get(slot.slot()).begin(Birth { number, parent, created: place, name });
        self.push(slot.put(&self.shared.slots, body));
        GoId::new(number as u32)
    }

    #[cold]
    fn at_point(&self, op: Op, _object: &dyn Object) -> Option<WayOut> {
        self.unusual_point(op);
        None
    }

    fn back(&self) {
        self.resumed();
    }

    #[inline]
    fn at_yield(&self, op: Op) -> Option<WayOut> {
        if !backend::quiet() {
            self.unusual_point(op);
            if backend::forbidden().is_some() {
                return None;
            }
        }
        self.steps_back().then(|| raw::way_out(self))
    }

    fn at_effect(&self, _op: Op, _detail: Detail) {}

    #[inline]
    fn waiter(&self, case: u32) -> Waiter {
        let slot = self.slot();
        let ticket = self.shared.slots.get(slot).wait.arm();
        Waiter { go: GoId::new(slot), ticket, case }
    }

    fn retract(&self) -> Option<u32> {
        self.shared.slots.get(self.slot()).wait.retract()
    }

    fn at_park(&self, op: Op, why: GoroutineState) -> Result<Wake, WayOut> {
        let slot = self.shared.slots.get(self.slot());
        if self.attention() & END != 0
            && let Some(case) = self.withdraw()
        {
            return Ok(Wake::Case(case));
        }
        slot.parks(&op, why);
        if let Some(case) = slot.wait.park() {
            slot.runs();
            return Ok(Wake::Case(case));
        }
        Err(raw::way_out(self))
    }

    fn back_awake(&self, _state: GoroutineState) -> Wake {
        match self.shared.slots.get(self.slot()).wait.take() {
            KILLED | ENDED => {
                self.die();
                self.cut_or_end()
            }
            case => Wake::Case(case),
        }
    }

    #[inline]
    fn wake(&self, waiter: Waiter) -> bool {
        Self::wake(self, waiter)
    }

    fn hand_over(&self, waiter: Waiter) -> bool {
        Self::wake(self, waiter)
    }

    fn waits(&self, waiter: Waiter) -> bool {
        self.shared.waits(waiter)
    }

    fn strand(&self) -> ! {
        Self::strand(self)
    }

    fn pick(&self, count: u32) -> u32 {
        ((u64::from(self.random() as u32) * u64::from(count)) >> 32) as u32
    }

    /// `SplitMix64`, from a start that no other worker has.
    fn random(&self) -> u64 {
        let state = self.dice.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.dice.set(state);
        let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn keeps_stacks(&self) -> bool {
        self.shared.config.output.is_real()
    }

    fn now(&self) -> Instant {
        self.shared.clock.now()
    }

    fn arm(&self, due: Instant, what: Timed) -> TimerId {
        self.shared.arm(self.index, due, what)
    }

    fn disarm(&self, timer: TimerId) -> bool {
        self.shared.disarm(timer)
    }

    fn print(&self, stream: Stream, text: &str) {
        self.shared.streams.print(stream, text, || self.shared.clock.now());
    }

    fn exit(&self, code: i32) -> ! {
        self.shared.finish(Exit::Exited(code), self.culprit(None));
        self.end_here()
    }

    fn fatal(&self, text: &str, place: Place) {
        if self.attention() & END != 0 {
            return;
        }
        self.shared.finish(Exit::Fatal(text.to_owned()), self.culprit(Some(place)));
        if !(self as &dyn Backend).is_in_a_destructor() {
            self.end_here()
        }
    }

    #[track_caller]
    fn misuse(&self, text: &str, place: Place) {
        (self as &dyn Backend).panic_or_remember(text, place);
    }

    fn goexit(&self) -> ! {
        (self as &dyn Backend).look(|unwind| unwind.exiting = true);
        panic::resume_unwind(Box::new(Goexit))
    }

    fn block(&self, op: Op, work: Body) {
        let waiter = self.waiter(0);
        self.shared.idle.outside_begins();
        let (shared, of, number) =
            (Arc::clone(&self.shared), Arc::clone(&self.shared), Self::number(self));
        helpers::run(Body::new(move || {
            hook::on_behalf(move |panic| root::crash(&of, number, panic), || work.call());
            shared.wake(waiter, None, |_| {});
            shared.outside_ends();
        }));
        let me: &dyn Backend = self;
        me.park(op, GoroutineState::Syscall);
    }

    fn procs(&self) -> usize {
        self.shared.config.procs
    }

    fn cpus(&self) -> usize {
        super::cpus()
    }

    fn count(&self) -> usize {
        self.shared.count()
    }

    fn goroutines(&self) -> Vec<GoroutineInfo> {
        self.shared.slots.infos()
    }

    fn wait_idle(&self, _op: Op) {
        panic!(
            "runtime::wait_idle needs a world that stands still: it works in the simulator only"
        );
    }

    fn unwind(&self, look: &mut dyn FnMut(&mut Unwind)) {
        self.look(look);
    }

    fn panics(&self, change: i32) {
        if change > 0 {
            self.shared.panicking.fetch_add(1, Ordering::Relaxed);
        } else {
            self.shared.panicking.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn crash(&self, panic: Panic) {
        root::crash(&self.shared, Self::number(self), panic);
    }

    fn describe(&self) -> String {
        format!("goroutine {}", Self::number(self))
    }

    fn global(&self, key: usize) -> Option<Shared> {
        self.shared.global(key)
    }

    fn set_global(&self, key: usize, value: Shared) -> Shared {
        self.shared.set_global(key, value)
    }

    fn in_global(&self, _place: Option<Place>) -> Option<Place> {
        None
    }
}
