//! The contract of [`Backend`], as the simulator keeps it.

use std::backtrace::Backtrace;
use std::panic;
use std::sync::Arc;

use super::goroutine::Life;
use super::state::{Chooser, Phase, State};
use super::{Sim, raw};
use crate::backend::unwind::{Cut, Goexit, Kill, Unwind};
use crate::backend::{
    self, Always, Backend, Body, Object, Shared, Stream, Timed, TimerId, Waiter, Wake, WayOut,
};
use crate::event::{
    Action, Detail, Exit, GoId, GoroutineInfo, GoroutineState, Instant, Note, ObjectId, ObjectKind,
    Op, Panic, Place, objects,
};
use crate::schedule::Preempt;
use crate::strategy::Ready;

impl State {
    /// The running goroutine is about to do `op`.
    #[inline(always)]
    fn announce(&mut self, op: Op) {
        self.steps += 1;
        self.beat(op.place);
        self.ops[self.current.index()] = op;
    }

    fn unwinds(&mut self) -> bool {
        self.me().unwind.under_way()
    }

    /// Main's return took effect.
    pub(super) fn main_returned(&mut self) {
        self.exit = Exit::Returned;
        self.begin_rest();
    }

    fn begin_rest(&mut self) {
        self.phase = Phase::Rest;
        let me = self.current;
        for go in self.living().filter(|&go| go != me).collect::<Vec<_>>() {
            let op = self.ops[go.index()];
            let g = self.of(go);
            g.rest = 0;
            let entry = (go, op, g.life, g.unwind.panics.last().cloned());
            self.rest.push(entry);
        }
        let allowance = 1_000 + self.steps + 100 * self.rest.len() as u64;
        let times = if self.settings.index % 16 == 15 { 10 } else { 1 };
        self.alarm = self.steps + allowance * times;
    }

    /// The program ends otherwise than by main's return. Once main has returned, it is only this
    /// goroutine that ends.
    pub(super) fn program_ends(&mut self, exit: Exit, place: Option<Place>) {
        if self.phase == Phase::Live && !self.over {
            (self.exit, self.culprit, self.place) = (exit, Some(self.current), place);
            self.over = true;
        } else {
            self.me().rest += 1;
        }
    }
}

impl Sim {
    /// A point: announces `op`, and chooses who runs next; the way out, unless that is the running
    /// goroutine.
    #[inline(always)]
    fn stop_before(&self, op: Op, object: &dyn Object) -> Option<WayOut> {
        let state = self.state();
        if !state.plain || state.steps >= state.alarm || backend::forbidden().is_some() {
            return self.stop_otherwise(op, object);
        }
        state.announce(op);
        self.reschedule()
    }

    /// The same where something is to be done beside that, where goroutines cannot be interrupted everywhere, and
    /// for a search, which only chooses those who can go on.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn stop_otherwise(&self, op: Op, object: &dyn Object) -> Option<WayOut> {
        let state = self.state();
        let unusual = state.steps >= state.alarm || backend::forbidden().is_some();
        if unusual && self.unusual_point(op) {
            return None;
        }
        let state = self.state();
        state.announce(op);
        if state.plain {
            return self.reschedule();
        }
        if state.settings.preempt == Preempt::Cooperative && !cooperative(op.action()) {
            return None;
        }
        if !state.gated {
            return self.reschedule();
        }
        state.me().object = raw::announced(object);
        let way_out = self.reschedule();
        if way_out.is_none() {
            self.state().me().object = raw::ALWAYS;
        }
        way_out
    }

    /// Chooses who runs next; the way out, unless that is the running goroutine.
    #[inline(always)]
    fn reschedule(&self) -> Option<WayOut> {
        let next = self.choose();
        let state = self.state();
        state.next = next;
        (next != Some(state.current)).then(|| raw::way_out(state.me()))
    }

    /// The running goroutine has ended: chooses who runs next.
    pub(super) fn leave(&self) {
        if self.state().phase != Phase::Dying {
            let next = self.choose();
            self.state().next = next;
        }
    }

    /// Who runs next; nobody if the run is over.
    #[inline(always)]
    pub(super) fn choose(&self) -> Option<GoId> {
        let state = self.state();
        if state.over || state.spins() || state.enabled.0.is_empty() {
            return self.choose_otherwise(None);
        }
        match state.pick_next() {
            Some(go) if go != GoId::CLOCK => {
                state.goroutine_stepped();
                Some(go)
            }
            other => self.choose_otherwise(Some(other)),
        }
    }

    /// The same where it is not a goroutine's turn at once; `picked` is what the strategy has said.
    #[cold]
    fn choose_otherwise(&self, mut picked: Option<Option<GoId>>) -> Option<GoId> {
        loop {
            match picked.take().unwrap_or_else(|| self.pick_after_spin()) {
                Some(GoId::CLOCK) => {
                    let due = self.state().timers.next();
                    self.advance(due.unwrap_or(self.state().now), true);
                }
                Some(go) => {
                    self.state().goroutine_stepped();
                    return Some(go);
                }
                None if self.state().over || !self.idle() => return None,
                None => {}
            }
        }
    }

    /// Time moves if all that can run has spun; then the strategy chooses, if there is somebody.
    fn pick_after_spin(&self) -> Option<GoId> {
        let state = self.state();
        if state.over {
            return None;
        }
        if state.spins()
            && let Some(due) = state.after_spin()
        {
            self.advance(due, false);
        }
        let state = self.state();
        if state.enabled.0.is_empty() { None } else { state.pick_next() }
    }

    /// Nobody can go on: time moves, or the run is over.
    #[cold]
    fn idle(&self) -> bool {
        let state = self.state();
        if state.somebody_spins() {
            state.go_around();
            return true;
        }
        if let Some(waiter) = state.idlers.pop() {
            state.idle_is_seen();
            state.wake(waiter, Ready::Timer);
            return true;
        }
        if let Some(due) = state.timers.next_that_counts() {
            self.advance(due, false);
            return true;
        }
        match state.phase {
            Phase::Live => state.exit = Exit::Deadlock,
            Phase::Rest | Phase::Dying => state.at_rest = true,
        }
        state.over = true;
        false
    }

    /// The clock moves to `due`, and what is due then happens.
    #[cold]
    fn advance(&self, due: Instant, early: bool) {
        let state = self.state();
        state.now = state.now.max(due);
        let now = state.now;
        let runner = std::mem::replace(&mut state.current, GoId::CLOCK);
        let op = state.ops[GoId::CLOCK.index()];
        state.event(op, Detail::Done);
        loop {
            let Some((due, timer)) = self.state().timers.pop_due(now) else { break };
            match timer {
                Timed::Wake(waiter) => {
                    self.state().wake(waiter, Ready::Timer);
                }
                Timed::Fire(timer) => timer.fire(self, due),
            }
            if early {
                break;
            }
        }
        let state = self.state();
        state.current = runner;
        state.clock_moved(early);
        state.update_clock();
    }

    /// Goes back to the machine; comes back only while the rest dies.
    fn stop(&self) {
        self.state().next = None;
        raw::way_out(self.state().me()).take();
    }

    /// The running goroutine was resumed after a switch: does it have to die?
    #[inline]
    fn resumed(&self) {
        if self.state().phase == Phase::Dying {
            self.die();
        }
    }

    /// Throws the end of the run into the running goroutine, unless it unwinds already.
    #[cold]
    fn die(&self) {
        while self.state().looks {
            self.state().seen = Some(Backtrace::force_capture());
            raw::way_out(self.state().me()).take();
        }
        if self.state().unwinds() {
            return;
        }
        if !self.state().me().unwind.kill() {
            self.strand();
        }
        panic::resume_unwind(Box::new(Kill));
    }

    /// A point that is not like the others.
    #[cold]
    #[track_caller]
    fn unusual_point(&self, op: Op) -> bool {
        let state = self.state();
        if let Some(what) = backend::forbidden() {
            if state.unwinds() || std::thread::panicking() {
                return true;
            }
            backend::forbid(None);
            backend::hook::blame(op.place);
            panic!("operation inside {what}");
        }
        if state.phase == Phase::Dying {
            state.ops[state.current.index()] = op;
            self.die();
            if !self.state().me().unwind.ends_neutrally() {
                self.strand();
            }
            return true;
        }
        if state.steps >= state.alarm {
            if state.phase == Phase::Live {
                (state.exit, state.culprit) = (Exit::StepLimit, Some(state.current));
                state.place = Some(op.place);
            }
            state.ops[state.current.index()] = op;
            state.over = true;
            self.stop();
            self.resumed();
            return true;
        }
        false
    }
}

/// Whether a goroutine could be interrupted here before Go 1.14.
fn cooperative(action: Action) -> bool {
    !matches!(
        action,
        Action::Get
            | Action::Set
            | Action::Load
            | Action::Store
            | Action::Modify
            | Action::Len
            | Action::Now
            | Action::Count
            | Action::Random
            | Action::Err
            | Action::Go
    )
}

impl Backend for Sim {
    fn run(&self) -> u64 {
        self.state().run
    }

    fn number(&self) -> u64 {
        u64::from(self.state().current.number())
    }

    fn make(&self, kind: ObjectKind, place: Place) -> ObjectId {
        self.state().make(kind, place)
    }

    fn spawn(&self, body: Body, name: Option<String>, place: Place) -> GoId {
        let state = self.state();
        let starter = state.current;
        let why = if starter == GoId::CLOCK { Ready::Timer } else { Ready::Started(starter) };
        let go = state.add(place, why);
        state.of(go).body = Some(body);
        state.of(go).name = name.map(String::into_boxed_str);
        let op = Op::new(Action::Go, objects::GOROUTINES, place);
        state.event(op, Detail::Started(go));
        go
    }

    fn at_point(&self, op: Op, object: &dyn Object) -> Option<WayOut> {
        self.stop_before(op, object)
    }

    fn back(&self) {
        let state = self.state();
        if state.gated {
            state.me().object = raw::ALWAYS;
        }
        self.resumed();
    }

    fn at_yield(&self, op: Op) -> Option<WayOut> {
        self.state().step_back();
        self.at_step(op)
    }

    #[inline]
    fn at_step(&self, op: Op) -> Option<WayOut> {
        let way_out = self.stop_before(op, &Always);
        if way_out.is_none() {
            self.state().event(op, Detail::Done);
        }
        way_out
    }

    #[inline]
    fn at_effect(&self, op: Op, detail: Detail) {
        self.state().event(op, detail);
    }

    fn note(&self, object: ObjectId, note: Note, place: Place) {
        self.state().note(object, note, place);
    }

    fn waiter(&self, case: u32) -> Waiter {
        let state = self.state();
        let go = state.current;
        let me = state.me();
        me.ticket = me.ticket.wrapping_add(1);
        Waiter { go, ticket: me.ticket, case }
    }

    fn retract(&self) -> Option<u32> {
        let me = self.state().me();
        me.ticket = me.ticket.wrapping_add(1);
        None
    }

    fn at_park(&self, op: Op, why: GoroutineState) -> Result<Wake, WayOut> {
        let state = self.state();
        state.ops[state.current.index()] = op;
        state.me().life = Life::Parked(why);
        state.disable();
        state.update_clock();
        if state.settings.trace {
            state.parks(op);
        }
        if state.phase == Phase::Dying {
            self.stop();
            return Ok(self.back_awake(why));
        }
        self.reschedule().map_or_else(|| Ok(self.back_awake(why)), Err)
    }

    fn back_awake(&self, why: GoroutineState) -> Wake {
        loop {
            if let Some(case) = self.state().woken_case() {
                return Wake::Case(case);
            }
            self.state().me().life = Life::Alive;
            self.die();
            // It unwinds already, and waits in a destructor.
            if std::mem::take(&mut self.state().me().unwind.ended) {
                return self.cut_or_end();
            }
            self.state().me().life = Life::Parked(why);
            self.stop();
        }
    }

    fn wake(&self, waiter: Waiter) -> bool {
        let state = self.state();
        let why = match state.current {
            GoId::CLOCK => Ready::Timer,
            go => Ready::Woken(go),
        };
        state.wake(waiter, why)
    }

    fn hand_over(&self, waiter: Waiter) -> bool {
        let state = self.state();
        let go = state.current;
        state.wake(waiter, Ready::Handed(go))
    }

    fn waits(&self, waiter: Waiter) -> bool {
        self.state().waits(waiter)
    }

    fn strand(&self) -> ! {
        debug_assert_eq!(self.state().phase, Phase::Dying, "only the end strands a goroutine");
        self.state().me().life = Life::Stranded;
        self.state().stranded += 1;
        loop {
            self.stop();
        }
    }

    fn pick(&self, count: u32) -> u32 {
        self.state().pick(count)
    }

    fn random(&self) -> u64 {
        self.state().random()
    }

    fn keeps_stacks(&self) -> bool {
        self.state().settings.stacks
    }

    fn now(&self) -> Instant {
        self.state().now
    }

    fn arm(&self, due: Instant, what: Timed) -> TimerId {
        let timer = self.state().timers.arm(due, what);
        self.state().update_clock();
        timer
    }

    fn disarm(&self, timer: TimerId) -> bool {
        let did = self.state().timers.disarm(timer).is_some();
        self.state().update_clock();
        did
    }

    fn print(&self, stream: Stream, text: &str) {
        let state = self.state();
        if state.phase != Phase::Live || state.over {
            return;
        }
        match stream {
            Stream::Stdout => state.stdout.push_str(text),
            Stream::Stderr => {
                state.stderr.push_str(text);
                state.stderr_dated.push_str(text);
            }
            Stream::Log => {
                let now = state.now;
                state.stderr.push_str(text);
                state.stderr_dated.push_str(&format!("{now} {text}"));
            }
        }
    }

    fn exit(&self, code: i32) -> ! {
        let place = self.state().ops[self.state().current.index()].place;
        self.state().program_ends(Exit::Exited(code), Some(place));
        self.end_here()
    }

    fn fatal(&self, text: &str, place: Place) {
        if self.state().phase == Phase::Dying {
            return;
        }
        // As with a panic, others may still print before the process is gone.
        self.seam().step(Op::local(Action::Crash, place));
        self.state().program_ends(Exit::Fatal(text.to_owned()), Some(place));
        if !self.seam().is_in_a_destructor() {
            self.end_here()
        }
        if self.state().over {
            self.stop();
        }
    }

    #[track_caller]
    fn misuse(&self, text: &str, place: Place) {
        self.seam().panic_or_remember(text, place);
    }

    fn goexit(&self) -> ! {
        self.state().me().unwind.exiting = true;
        panic::resume_unwind(Box::new(Goexit))
    }

    fn block(&self, op: Op, work: Body) {
        work.call();
        self.at_effect(op, Detail::Done);
        self.seam().point(op, &Always);
    }

    fn procs(&self) -> usize {
        1
    }

    fn cpus(&self) -> usize {
        1
    }

    fn count(&self) -> usize {
        self.state().alive
    }

    fn goroutines(&self) -> Vec<GoroutineInfo> {
        let state = self.state();
        state.living().map(|go| state.info(go)).collect()
    }

    fn wait_idle(&self, op: Op) {
        let waiter = self.waiter(0);
        self.state().idlers.push(waiter);
        self.seam().park(op, GoroutineState::WaitIdle);
    }

    fn unwind(&self, look: &mut dyn FnMut(&mut Unwind)) {
        look(&mut self.state().me().unwind);
    }

    fn crash(&self, _panic: Panic) {
        unreachable!("where panics abort there is no simulator")
    }

    fn describe(&self) -> String {
        let state = self.state();
        let info = state.info(state.current);
        format!("goroutine {} ({}), token {}", info.id.number(), info.path, state.token())
    }

    fn global(&self, key: usize) -> Option<Shared> {
        let globals = &self.state().globals;
        globals.iter().find(|(of, _)| *of == key).map(|(_, value)| Arc::clone(value))
    }

    fn set_global(&self, key: usize, value: Shared) -> Shared {
        self.state().globals.push((key, Arc::clone(&value)));
        value
    }

    fn in_global(&self, place: Option<Place>) -> Option<Place> {
        std::mem::replace(&mut self.state().in_global, place)
    }
}

impl Sim {
    /// Itself, as primitives see it.
    pub(super) fn seam(&self) -> &dyn Backend {
        self
    }

    /// Nothing will wake the destructor that waits here.
    fn cut_or_end(&self) -> Wake {
        if self.state().me().unwind.defers > 0 {
            panic::resume_unwind(Box::new(Cut));
        }
        Wake::Ended
    }

    /// The running goroutine goes no further: with the run, if that is over, else by itself.
    fn end_here(&self) -> ! {
        if self.state().over {
            self.stop();
        }
        self.state().me().unwind.killed = true;
        panic::resume_unwind(Box::new(Kill))
    }
}

impl State {
    /// Lets go of the strategy: it is dropped by whoever made the run.
    pub(super) fn release(&mut self) -> Chooser {
        std::mem::replace(&mut self.chooser, Chooser::Nobody)
    }
}
