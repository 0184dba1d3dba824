//! The loop that resumes goroutines, and how the rest dies.

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::goroutine::Life;
use super::raw::{self, Entered, Slot};
use super::spans::Spans;
use super::state::{Chooser, Phase, State};
use super::{Decider, Record, Settings, Sim, TokenOf};
use crate::backend::{self, Body, Quiet, Raised, install_overflow_handler, install_panic_hook};
use crate::coroutine::{self, Coroutine};
use crate::event::{
    Ending, Fate, GoId, GoroutineInfo, GoroutineState, Heartbeat, Instant, Observer, Op, Place,
    frames,
};
use crate::schedule::Picks;
use crate::strategy::{Ready, Sampler};

/// Stacks that stay warm between runs.
const KEPT_STACKS: usize = 1024;

/// The most stacks that are looked at: it takes a tenth of a millisecond for each.
const STACKS: usize = 64;

/// A program, to be run again and again.
pub(crate) type Main = Arc<dyn Fn() + Send + Sync>;

/// Runs schedules, one after another, on the thread that owns it.
pub(crate) struct Machine {
    sim: ManuallyDrop<Box<Sim>>,
    /// The goroutines of the current run that have begun, by number. They are not part of the state, since
    /// a coroutine must stay where it is while it runs.
    coroutines: Vec<Option<Coroutine>>,
    heartbeat: Arc<Heartbeat>,
    /// A goroutine was stranded: its stack refers to the simulator for ever.
    tainted: bool,
    /// Those of the current run, if somebody wants them.
    spans: Option<Spans>,
}

impl Machine {
    /// A simulator whose goroutines have stacks of this many bytes.
    pub(crate) fn new(stack_size: usize, heartbeat: Arc<Heartbeat>, token: Arc<TokenOf>) -> Self {
        backend::needs_unwinding("the simulator");
        install_panic_hook();
        install_overflow_handler();
        let state = State::new(stack_size, Arc::clone(&heartbeat), token);
        let sim = ManuallyDrop::new(Box::new(Sim { slot: Slot::new(state) }));
        Self { sim, coroutines: Vec::new(), heartbeat, tainted: false, spans: None }
    }

    /// Runs `main` once.
    #[track_caller]
    pub(crate) fn run(
        &mut self,
        main: &Main,
        settings: &Settings,
        decider: Decider<'_>,
        observers: &mut [&mut dyn Observer],
    ) -> Record {
        assert!(!self.tainted, "a simulator with a stranded goroutine runs no more");
        let chooser = match decider {
            Decider::Sample(strategy) => Chooser::Sample(Sampler::new(strategy)),
            Decider::Search(search) => Chooser::Search(raw::lend_search(search)),
        };
        let state = self.sim.state();
        state.observers = raw::lend_observers(observers);
        state.reset(settings.clone(), chooser, Place::here());
        self.spans = settings.spans.then(Spans::default);
        self.coroutines.clear();
        let record = {
            let _quiet = Quiet::new();
            let _entered = Entered::new(&self.sim);
            self.start(main);
            self.live();
            self.finish()
        };
        self.heartbeat.rest();
        let state = self.sim.state();
        state.observers = raw::no_observers();
        drop(state.release());
        drop(std::mem::take(&mut state.globals));
        state.stacks.shrink(KEPT_STACKS);
        self.tainted = record.stranded > 0;
        record
    }

    /// The choices of the last run.
    pub(crate) fn picks(&self) -> Picks {
        self.sim.state().picks()
    }

    /// Stretches of the last run in which the same goroutine was chosen.
    pub(crate) fn stretches(&self) -> u32 {
        self.sim.state().recorder.stretches()
    }

    /// Whether this thread must never run another schedule, nor end.
    pub(crate) fn tainted(&self) -> bool {
        self.tainted
    }

    fn start(&self, main: &Main) {
        let main = Arc::clone(main);
        let state = self.sim.state();
        let place = Place::here();
        state.current = GoId::CLOCK;
        let go = state.add(place, Ready::Started(GoId::MAIN));
        debug_assert_eq!(go, GoId::MAIN, "main is the first goroutine");
        state.of(GoId::CLOCK).started = 0;
        state.of(go).body = Some(Body::new(move || main()));
        state.next = Some(go);
    }

    /// Until the run is over.
    fn live(&mut self) {
        if self.spans.is_some() {
            while let Some(go) = self.sim.state().next {
                self.turn(go);
            }
        } else {
            while let Some(go) = self.sim.state().next {
                self.resume(go);
            }
        }
    }

    /// Runs `go` until it leaves, in its span if there are any.
    fn turn(&mut self, go: GoId) {
        if let Some(spans) = &mut self.spans {
            spans.enter(go, self.sim.state().of(go).name.as_deref());
        }
        let done = self.resume(go) == coroutine::State::Done;
        if let Some(spans) = &mut self.spans {
            spans.leave(go, done);
        }
    }

    /// Runs `go` until it leaves.
    #[inline(always)]
    fn resume(&mut self, go: GoId) -> coroutine::State {
        let state = self.sim.state();
        state.current = go;
        state.next = None;
        let begun = self.coroutines.get_mut(go.index()).and_then(Option::as_mut);
        let state = match begun {
            Some(coroutine) => coroutine.resume(),
            None => self.begin(go).resume(),
        };
        if state == coroutine::State::Done {
            self.end(go);
        }
        state
    }

    /// A coroutine on a stack of its own for a goroutine that has not run yet.
    fn begin(&mut self, go: GoId) -> &mut Coroutine {
        let state = self.sim.state();
        state.of(go).life = Life::Alive;
        let stack =
            state.pool(go).take().unwrap_or_else(|error| panic!("no stack for {go}: {error}"));
        if self.coroutines.len() <= go.index() {
            self.coroutines.resize_with(go.index() + 1, || None);
        }
        self.coroutines[go.index()].insert(raw::coroutine(stack))
    }

    /// Takes the stack of a goroutine that has ended.
    fn end(&mut self, go: GoId) {
        let coroutine = self.coroutines[go.index()].take().expect("it has just run");
        self.sim.state().pool(go).put(coroutine.into_stack());
    }

    // ---- the end

    fn finish(&mut self) -> Record {
        let state = self.sim.state();
        let mut ending = state.ending();
        let (steps, points, elapsed) = (state.steps, state.points, state.now - Instant::START);
        let made = state.goroutines.len() as u32 - 1;
        let trace = state.settings.trace.then(|| state.trace());
        let blocked = state.blocked_operations();
        let fingerprint = state.fingerprint.value();
        let abandoned = state.abandoned;
        if state.settings.stacks {
            self.look_at(&mut ending);
        }
        self.kill_the_rest();
        let state = self.sim.state();
        for (info, fate) in &mut ending.goroutines {
            if state.goroutines[info.id.index()].life == Life::Stranded {
                *fate = Fate::Stranded;
            }
        }
        Record {
            ending,
            stdout: std::mem::take(&mut state.stdout),
            stderr: std::mem::take(&mut state.stderr),
            stderr_dated: std::mem::take(&mut state.stderr_dated),
            steps,
            points,
            made,
            elapsed,
            fingerprint,
            stranded: state.stranded,
            abandoned,
            passed_over: state.passed_over,
            blocked,
            trace,
        }
    }

    /// Has goroutines that are left look at their own stacks. What that gives is put into words here, since
    /// it takes more room than their stacks have.
    fn look_at(&mut self, ending: &mut Ending) {
        let state = self.sim.state();
        (state.phase, state.looks, state.over) = (Phase::Dying, true, true);
        for (info, _) in ending.goroutines.iter_mut().take(STACKS) {
            let life = self.sim.state().of(info.id).life;
            let suspended = matches!(life, Life::Alive | Life::Parked(_) | Life::Woken);
            let begun = self.coroutines.get(info.id.index()).is_some_and(Option::is_some);
            if suspended && begun {
                self.turn(info.id);
                info.stack = self.sim.state().seen.take().as_ref().map(frames).unwrap_or_default();
            }
        }
        self.sim.state().looks = false;
    }

    /// Unwinds everybody, in the order of creation. Destructors may wait for each other; when nothing
    /// moves any more, the waits are ended one by one.
    fn kill_the_rest(&mut self) {
        let state = self.sim.state();
        state.phase = Phase::Dying;
        state.alarm = 0;
        state.over = true;
        for go in std::mem::take(&mut state.enabled.0) {
            state.of(go).position = super::goroutine::NOWHERE;
        }
        let mut visited = 1;
        while let Some(go) = self.next_to_die(&mut visited) {
            self.turn(go);
        }
    }

    fn next_to_die(&self, visited: &mut usize) -> Option<GoId> {
        let state = self.sim.state();
        if let Some(&woken) = state.enabled.0.first() {
            state.enabled.remove(&mut state.goroutines, woken);
            return Some(woken);
        }
        while *visited < state.goroutines.len() {
            let go = GoId::new(*visited as u32);
            *visited += 1;
            if matches!(
                state.of(go).life,
                Life::Unstarted | Life::Alive | Life::Parked(_) | Life::Woken
            ) {
                return Some(go);
            }
        }
        let waits = |go: &GoId| matches!(state.goroutines[go.index()].life, Life::Parked(_));
        let go = state.living().find(waits)?;
        state.of(go).unwind.ended = true;
        Some(go)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if !self.tainted {
            raw::free(&mut self.sim);
        }
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine").field("tainted", &self.tainted).finish_non_exhaustive()
    }
}

impl State {
    /// How the run ended, and what became of everybody.
    fn ending(&mut self) -> Ending {
        let goroutines = match self.phase {
            Phase::Live => self.everybody(),
            Phase::Rest | Phase::Dying => self.fates(),
        };
        Ending {
            exit: self.exit.clone(),
            culprit: self.culprit,
            place: self.place,
            main_gone: self.main_gone && goroutines.is_empty(),
            goroutines,
            spinning: self.spinning(),
            races: Vec::new(),
            lock_orders: Vec::new(),
            holdings: Vec::new(),
            uses: Vec::new(),
        }
    }

    /// Everybody alive, and the one that ended the program even if it has ended itself.
    fn everybody(&mut self) -> Vec<(GoroutineInfo, Fate)> {
        let mut all: Vec<_> = self.living().map(|go| (self.info(go), Fate::None)).collect();
        if let Some(go) = self.culprit {
            all.retain(|(info, _)| info.id != go);
            let mut info = self.info(go);
            info.state = GoroutineState::Running;
            info.place = self.place.or(info.place);
            all.push((info, Fate::None));
            all.sort_by_key(|(info, _)| info.id);
        }
        all
    }

    /// Those that main's return cut off, and those that were lost anyway.
    fn fates(&mut self) -> Vec<(GoroutineInfo, Fate)> {
        let rest = std::mem::take(&mut self.rest);
        // Those that main left are in the order of creation.
        let known = |go: GoId| rest.binary_search_by_key(&go, |(of, ..)| *of).is_ok();
        let late: Vec<_> = self.living().filter(|&go| !known(go)).collect();
        let mut all = Vec::new();
        for (go, op, life, raised) in &rest {
            let fate = self.fate(*go, raised.as_ref());
            if fate != Fate::None {
                let (op, life) = if fate == Fate::Leaked { self.now_at(*go) } else { (*op, *life) };
                all.push((self.info_with(*go, op, life), fate));
            }
        }
        for go in late {
            let fate = self.fate(go, None);
            if fate != Fate::None {
                all.push((self.info(go), fate));
            }
        }
        self.rest = rest;
        all
    }

    fn now_at(&self, go: GoId) -> (Op, Life) {
        (self.ops[go.index()], self.goroutines[go.index()].life)
    }

    fn fate(&self, go: GoId, raised: Option<&Raised>) -> Fate {
        let g = &self.goroutines[go.index()];
        if let Some(raised) = raised.filter(|_| g.unwind.crashed) {
            return Fate::Panicking(raised.message.clone(), raised.place);
        }
        let blocked = g.is_alive() && g.life != Life::Dead;
        match () {
            () if blocked && self.at_rest => Fate::Leaked,
            () if matches!(g.life, Life::Parked(state) if state.is_for_ever()) => Fate::Leaked,
            () if g.rest > 0 => Fate::CutOff,
            () if blocked && matches!(g.life, Life::Parked(_)) => Fate::Suspect,
            () => Fate::None,
        }
    }

    /// Who was left with an operation that could not be done, for a search.
    fn blocked_operations(&self) -> Vec<(GoId, Op)> {
        if !matches!(self.chooser, Chooser::Search(_)) {
            return Vec::new();
        }
        self.living().map(|go| (go, self.ops[go.index()])).collect()
    }
}
