//! One worker: a thread, the goroutines pinned to it, and the loop that runs them.
//!
//! A goroutine may be started by any worker, and then stays with it: a suspended stack may hold what must
//! not change threads. So only unstarted goroutines are stolen, and everything about started ones is the
//! worker's own, without locks.
//!
//! # Who starts what
//!
//! - A worker goes on with what it has begun before it starts anything, and starts the newest first: so a
//!   tree of goroutines is walked in depth, and only one branch of it is alive at a time.
//! - So that nobody waits for ever, a newcomer goes first after every seven turns of others, now and then the
//!   oldest one, and all of them after a goroutine that steps back or whose slice is over. So that they do not
//!   pile up, with thousands of them whoever makes another one steps back for one of them.
//! - A goroutine that finishes leaves its stack to the next newcomer, without a switch.
//! - With clearly more pinned goroutines than another worker it passes new ones on to that one, so that a
//!   pool of long-lived goroutines spreads.
//! - An idle worker steals from one that makes many, or that has been in the same goroutine for a while.
//!   From a lone newcomer it keeps its hands off: spawner and child often talk to each other, and that
//!   is several times faster on one worker.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_deque as deque;
use crossbeam_utils::CachePadded;

use super::handoff::{Started, Unstarted, Vacant};
use super::raw;
use super::shared::{END, PRESS, Phase, Port, SLICE, Shared};
use super::wait::KILLED;
use crate::backend::{Timed, Unwind};
use crate::coroutine::{Coroutine, StackPool, State, SuspendHandle};
use crate::event::{Exit, Instant};

/// No goroutine.
const NOBODY: u32 = u32::MAX;
/// Every so often a worker looks at its timers and inbox, however busy it is.
const CHECKS: u32 = 64;
/// After so many turns of others it is the newcomers' turn.
const TURNS: u32 = 7;
/// Every so often it is the oldest newcomer's.
const OLDEST: u32 = 4096;
/// So many newcomers are enough: whoever makes more steps back for them.
const PLENTY: usize = 4096;
/// So many more goroutines than another worker has are too many, or an eighth of them.
const SLACK: usize = 4;
/// As many newcomers as a worker passes on at once.
const HANDFUL: usize = 64;
/// Free slots that a worker takes and gives back at once.
const BATCH: usize = 64;
/// Goroutine numbers that a worker takes at once.
const NUMBERS: u64 = 16;
/// Main's stack, in bytes: as much as a program's first thread has.
const MAIN_STACK: usize = 8 << 20;

/// A started goroutine, as its worker knows it.
#[derive(Default)]
struct Local {
    seat: Option<Started>,
    number: u64,
    /// Its stack, while it is suspended.
    coroutine: Option<Coroutine>,
    suspender: Option<SuspendHandle>,
    /// Made when there is something to know.
    unwind: Option<Box<Unwind>>,
    stranded: bool,
}

impl Local {
    #[inline]
    fn slot(&self) -> u32 {
        self.seat.as_ref().map_or(0, Started::slot)
    }
}

/// The goroutine that runs.
#[derive(Clone, Copy)]
struct Current {
    local: u32,
    slot: u32,
    number: u64,
    suspender: Option<SuspendHandle>,
}

const IDLE: Current = Current { local: NOBODY, slot: 0, number: 0, suspender: None };

/// What a worker does next.
enum Task {
    Go(u32),
    Start(Unstarted),
}

/// A worker; everything in it is touched by its own thread alone.
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) index: usize,
    pub(super) unstarted: deque::Worker<Unstarted>,
    /// Started goroutines that can run.
    ready: RefCell<VecDeque<u32>>,
    locals: RefCell<Vec<Local>>,
    unused: RefCell<Vec<u32>>,
    current: Cell<Current>,
    /// What the goroutine that is being started will run.
    body: Cell<Option<crate::backend::Body>>,
    pub(super) stacks: RefCell<StackPool>,
    main_stack: RefCell<StackPool>,
    slots: RefCell<Vec<Vacant>>,
    /// The next goroutine number, and how many are left.
    numbers: Cell<(u64, u64)>,
    tick: Cell<u32>,
    /// So many newcomers go before those that can go on.
    first: Cell<usize>,
    /// Turns of others since the newcomers' last one.
    turns: Cell<u32>,
    /// The rest is being unwound, and everybody here has been told.
    pub(super) killing: Cell<bool>,
    /// What the others had counted when this one began to search.
    pub(super) ticks: RefCell<Vec<u32>>,
    pub(super) dice: Cell<u64>,
    blank: RefCell<Unwind>,
}

impl Worker {
    pub(super) fn new(shared: &Arc<Shared>, index: usize) -> Self {
        let unstarted = deque::Worker::new_lifo();
        let stealer = unstarted.stealer();
        let fresh = shared.ports[index].unstarted.set(stealer).is_ok();
        debug_assert!(fresh, "one worker for each port");
        shared.ports[index].sleeper.is_here();
        Self {
            shared: Arc::clone(shared),
            index,
            unstarted,
            ready: RefCell::default(),
            locals: RefCell::default(),
            unused: RefCell::default(),
            current: Cell::new(IDLE),
            body: Cell::new(None),
            stacks: RefCell::new(StackPool::new(shared.config.stack_size)),
            main_stack: RefCell::new(StackPool::new(MAIN_STACK.max(shared.config.stack_size))),
            slots: RefCell::default(),
            numbers: Cell::new((0, 0)),
            tick: Cell::new(0),
            first: Cell::new(0),
            turns: Cell::new(0),
            killing: Cell::new(false),
            ticks: RefCell::default(),
            dice: Cell::new(super::seed() | 1),
            blank: RefCell::default(),
        }
    }

    #[inline]
    pub(super) fn port(&self) -> &Port {
        &self.shared.ports[self.index]
    }

    // ---- the loop

    /// Runs goroutines until the run is over.
    pub(super) fn work(&self) {
        while self.shared.phase() != Phase::Gone {
            if self.attention() & END != 0 && !self.killing.replace(true) {
                self.kill_the_parked();
            }
            match self.next() {
                Some(Task::Go(local)) => self.resume(local),
                Some(Task::Start(unstarted)) => self.start(unstarted),
                None => self.idle(),
            }
        }
    }

    fn next(&self) -> Option<Task> {
        let tick = self.ticked();
        if tick.is_multiple_of(CHECKS) {
            self.fire_timers();
        }
        self.open_inbox();
        let mine = || self.ready.borrow_mut().pop_front().map(Task::Go);
        let new = || self.newcomer(tick).map(Task::Start);
        let new_first = self.newcomers_turn() || tick.is_multiple_of(OLDEST);
        let next = if new_first { new().or_else(mine) } else { mine().or_else(new) };
        next.or_else(|| {
            self.fire_timers();
            mine().or_else(new)
        })
    }

    /// Counts one more goroutine that gets its turn.
    #[inline]
    fn ticked(&self) -> u32 {
        let tick = self.tick.get().wrapping_add(1);
        self.tick.set(tick);
        self.port().tick.store(tick, Ordering::Relaxed);
        tick
    }

    /// Whether a newcomer goes first now.
    #[inline]
    fn newcomers_turn(&self) -> bool {
        if !self.is_newcomers_turn() {
            self.turns.set(self.turns.get() + 1);
            return false;
        }
        self.first.set(self.first.get().saturating_sub(1));
        self.turns.set(0);
        true
    }

    #[inline]
    fn is_newcomers_turn(&self) -> bool {
        self.first.get() > 0 || self.turns.get() >= TURNS
    }

    /// How many wait to be started here.
    fn backlog(&self) -> usize {
        self.port().given() + self.unstarted.len()
    }

    #[inline]
    fn open_inbox(&self) {
        let port = self.port();
        if !port.inbox.is_empty() {
            port.inbox.drain(&self.shared.slots, |slot| {
                let local = self.shared.slots.get(slot).local.load(Ordering::Relaxed);
                self.ready.borrow_mut().push_back(local);
            });
        }
    }

    /// The next goroutine to be started here.
    #[inline]
    fn newcomer(&self, tick: u32) -> Option<Unstarted> {
        let oldest = tick.is_multiple_of(OLDEST) && !self.unstarted.is_empty();
        if oldest && let Some(oldest) = self.port().steal_one() {
            return Some(oldest);
        }
        if let Some(given) = self.port().take_given(&self.unstarted) {
            return Some(given);
        }
        self.share();
        let newest = self.unstarted.pop();
        if newest.is_none() {
            self.first.set(0);
        }
        newest
    }

    /// Passes newcomers on to a worker that has clearly fewer goroutines, if there is one.
    #[inline]
    fn share(&self) {
        let mine = self.port().pinned() as usize;
        if mine < SLACK || self.shared.config.procs == 1 {
            return;
        }
        let slack = SLACK.max(mine / 8);
        // One that has been told to step back may be stuck.
        let has_room = |port: &&CachePadded<Port>| {
            port.pinned() as usize + slack <= mine && port.attention.load(Ordering::Relaxed) == 0
        };
        let others = self.shared.regulars().iter().filter(has_room);
        if let Some((theirs, port)) = others.map(|port| (port.load(), port)).min_by_key(|of| of.0) {
            let more = (mine + self.unstarted.len()).saturating_sub(theirs);
            let many = if more < slack { 0 } else { more / 2 };
            // In a row, since neighbours often talk to each other.
            let handful = std::iter::from_fn(|| self.unstarted.pop()).take(many.min(HANDFUL));
            self.shared.give(handful, port);
        }
    }

    // ---- running goroutines
    //
    // What lies around the switch is inlined: the processor mispredicts each return that follows one, as it
    // remembers the calls of the other stack.

    #[inline(always)]
    fn resume(&self, local: u32) {
        let mut locals = self.locals.borrow_mut();
        let of = &mut locals[local as usize];
        let coroutine = of.coroutine.take().expect("whoever is ready is suspended");
        let (slot, number, suspender) = (of.slot(), of.number, of.suspender);
        drop(locals);
        self.current.set(Current { local, slot, number, suspender });
        self.shared.slots.get(slot).runs();
        self.drive(coroutine);
    }

    /// Starts a goroutine on a stack of its own.
    pub(super) fn start(&self, unstarted: Unstarted) {
        let main = self.shared.slots.get(unstarted.slot()).number() == 1;
        let pool = if main { &self.main_stack } else { &self.stacks };
        let stack = pool.borrow_mut().take();
        match stack {
            Ok(stack) => {
                self.adopt(unstarted);
                self.drive(raw::coroutine(stack));
            }
            Err(error) => {
                // The closure is lost, with nowhere to drop it.
                unstarted.take(&self.shared.slots).1.leak();
                self.shared.finish(Exit::Fatal(error.to_string()), None);
            }
        }
    }

    /// Makes a goroutine the current one, from here on pinned.
    fn adopt(&self, unstarted: Unstarted) {
        let (seat, body) = unstarted.take(&self.shared.slots);
        let (slot, local) = (seat.slot(), self.unused_local());
        let of = self.shared.slots.get(slot);
        let number = of.number();
        let seat = Some(seat);
        self.locals.borrow_mut()[local as usize] = Local { seat, number, ..Local::default() };
        of.home.store(self.index as u32, Ordering::Relaxed);
        of.local.store(local, Ordering::Relaxed);
        of.runs();
        self.body.set(Some(body));
        let pinned = &self.port().pinned;
        pinned.store(pinned.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.current.set(Current { local, slot, number, suspender: None });
    }

    fn unused_local(&self) -> u32 {
        if let Some(local) = self.unused.borrow_mut().pop() {
            return local;
        }
        let mut locals = self.locals.borrow_mut();
        locals.push(Local::default());
        locals.len() as u32 - 1
    }

    /// Runs the current goroutine until it leaves. Others may have followed it on the same stack.
    #[inline(always)]
    fn drive(&self, mut coroutine: Coroutine) {
        let main = self.current.get().number == 1;
        let done = coroutine.resume() == State::Done;
        let left = self.current.replace(IDLE);
        if done {
            let pool = if main { &self.main_stack } else { &self.stacks };
            pool.borrow_mut().put(coroutine.into_stack());
            return;
        }
        let of = &mut self.locals.borrow_mut()[left.local as usize];
        if of.stranded {
            coroutine.abandon();
        } else {
            of.coroutine = Some(coroutine);
        }
    }

    /// What the goroutine that has just been adopted runs.
    pub(super) fn take_body(&self) -> crate::backend::Body {
        self.body.take().expect("a goroutine starts once")
    }

    /// The current goroutine runs on the stack behind this handle.
    pub(super) fn on_stack(&self, suspender: SuspendHandle) {
        let current = Current { suspender: Some(suspender), ..self.current.get() };
        self.current.set(current);
        self.locals.borrow_mut()[current.local as usize].suspender = Some(suspender);
    }

    /// The current goroutine has ended.
    pub(super) fn retire(&self) {
        let Current { local, slot, .. } = self.current.get();
        let ended = std::mem::take(&mut self.locals.borrow_mut()[local as usize]);
        self.unused.borrow_mut().push(local);
        self.shared.slots.get(slot).end();
        let port = self.port();
        port.live.store(port.live.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
        port.pinned.store(port.pinned.load(Ordering::Relaxed) - 1, Ordering::Relaxed);
        let mut slots = self.slots.borrow_mut();
        slots.extend(ended.seat.map(Started::vacate));
        if slots.len() >= 3 * BATCH {
            self.shared.slots.give(slots.drain(..2 * BATCH));
        }
    }

    /// The stack of the goroutine that has just ended goes on with another one, if it is the turn of one
    /// that has not started.
    pub(super) fn follow(&self) -> bool {
        if self.attention() != 0 {
            return false;
        }
        let tick = self.tick.get().wrapping_add(1);
        let others = !self.ready.borrow().is_empty();
        if tick.is_multiple_of(CHECKS) || others && !self.is_newcomers_turn() {
            return false;
        }
        if others {
            self.newcomers_turn();
        }
        let Some(next) = self.newcomer(tick) else { return false };
        self.ticked();
        self.adopt(next);
        true
    }

    // ---- what the current goroutine does

    #[inline]
    pub(super) fn number(&self) -> u64 {
        self.current.get().number
    }

    #[inline]
    pub(super) fn slot(&self) -> u32 {
        self.current.get().slot
    }

    #[inline]
    pub(super) fn attention(&self) -> u8 {
        self.port().attention.load(Ordering::Relaxed)
    }

    /// Leaves the current goroutine; whoever wakes it, or has put it into the queue, brings it back.
    #[inline(always)]
    pub(super) fn suspend(&self) {
        raw::way_out(self).take();
    }

    /// The handle of the current goroutine.
    #[inline(always)]
    pub(super) fn suspender(&self) -> SuspendHandle {
        self.current.get().suspender.expect("it runs, so it has a stack")
    }

    /// Lets the others run first, if there are any.
    pub(super) fn step_back(&self) {
        if self.steps_back() {
            self.suspend();
        }
    }

    /// Puts the current goroutine behind the others; false if there are none, and it just goes on.
    #[inline(always)]
    pub(super) fn steps_back(&self) -> bool {
        let tick = self.tick.get();
        if tick.is_multiple_of(CHECKS) {
            // Alone it would never come to the loop in which others are looked for.
            self.fire_timers();
        }
        let alone = self.ready.borrow().is_empty()
            && self.unstarted.is_empty()
            && self.port().inbox.is_empty()
            && self.port().given.is_empty();
        if alone && !tick.is_multiple_of(CHECKS) {
            self.ticked();
            return false;
        }
        let backlog = self.backlog();
        if backlog > 0 {
            self.first.set(backlog);
        }
        self.queue_up();
        true
    }

    /// Puts the current goroutine at the end of those that can go on.
    #[inline(always)]
    fn queue_up(&self) {
        self.shared.slots.get(self.slot()).yields();
        self.ready.borrow_mut().push_back(self.current.get().local);
    }

    /// The current goroutine makes more newcomers than are started: one of them goes first.
    #[cold]
    pub(super) fn press_on(&self) {
        self.port().attention.fetch_and(!PRESS, Ordering::Relaxed);
        self.first.set(self.first.get().max(1));
        self.queue_up();
        self.suspend();
    }

    /// The slice of the current goroutine is over.
    #[cold]
    pub(super) fn slice_over(&self) {
        self.port().attention.fetch_and(!SLICE, Ordering::Relaxed);
        self.fire_timers();
        self.open_inbox();
        self.step_back();
    }

    #[inline]
    pub(super) fn make_ready(&self, local: u32) {
        self.ready.borrow_mut().push_back(local);
    }

    /// Makes a goroutine that anybody may start.
    pub(super) fn push(&self, unstarted: Unstarted) {
        let live = &self.port().live;
        live.store(live.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.unstarted.push(unstarted);
        if self.unstarted.len() > PLENTY {
            self.port().attention.fetch_or(PRESS, Ordering::Relaxed);
        }
        if self.shared.config.procs > 1 {
            self.shared.notify();
        }
    }

    pub(super) fn free_slot(&self) -> Vacant {
        let mut slots = self.slots.borrow_mut();
        if slots.is_empty() {
            self.shared.slots.take(BATCH as u32, &mut slots);
        }
        slots.pop().expect("slots never run out")
    }

    pub(super) fn new_number(&self) -> u64 {
        let (mut next, mut left) = self.numbers.get();
        if left == 0 {
            (next, left) = (self.shared.number(NUMBERS), NUMBERS);
        }
        self.numbers.set((next + 1, left - 1));
        next
    }

    /// Lends what the current goroutine knows of its unwinding.
    pub(super) fn look(&self, look: &mut dyn FnMut(&mut Unwind)) {
        let local = self.current.get().local;
        if local == NOBODY {
            return look(&mut self.blank.borrow_mut());
        }
        let of = &mut self.locals.borrow_mut()[local as usize];
        if let Some(unwind) = &mut of.unwind {
            return look(unwind);
        }
        let mut blank = Unwind::default();
        look(&mut blank);
        if !blank.is_blank() {
            of.unwind = Some(Box::new(blank));
        }
    }

    /// The current goroutine is never resumed again.
    pub(super) fn strand(&self) -> ! {
        self.locals.borrow_mut()[self.current.get().local as usize].stranded = true;
        self.shared.slots.get(self.slot()).strands();
        self.shared.stranded.fetch_add(1, Ordering::Relaxed);
        loop {
            self.suspend();
        }
    }

    // ---- the end

    /// Throws the end into everybody who is parked here, unless it unwinds already.
    fn kill_the_parked(&self) {
        let locals = self.locals.borrow();
        let mut ready = self.ready.borrow_mut();
        for (local, of) in locals.iter().enumerate() {
            let unwinds = of.unwind.as_ref().is_some_and(|unwind| unwind.has_cause());
            let parked = of.seat.is_some() && !of.stranded && !unwinds;
            if parked && self.shared.slots.get(of.slot()).wait.interrupt(KILLED) {
                ready.push_back(local as u32);
            }
        }
    }

    // ---- timers

    /// Does what is due, as the clock.
    pub(super) fn fire_timers(&self) {
        let port = self.port();
        if port.due.load(Ordering::Relaxed) == u64::MAX || self.attention() & END != 0 {
            return;
        }
        let now = self.shared.clock.now();
        while port.due.load(Ordering::Relaxed) <= now.nanos() {
            let Some((due, what)) = port.pop_due(now) else { break };
            self.fire(due, what);
        }
    }

    fn fire(&self, due: Instant, what: Timed) {
        let before = self.current.replace(IDLE);
        match what {
            Timed::Wake(waiter) => {
                self.wake(waiter);
            }
            Timed::Fire(timer) => timer.fire(self, due),
        }
        self.current.set(before);
    }

    #[inline]
    pub(super) fn wake(&self, waiter: crate::backend::Waiter) -> bool {
        self.shared.wake(waiter, Some(self.index as u32), |local| self.make_ready(local))
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("index", &self.index).finish_non_exhaustive()
    }
}
