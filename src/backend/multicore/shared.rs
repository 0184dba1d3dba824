//! What the workers of a run share, and how they bring each other work.

use std::sync::atomic::{
    AtomicBool, AtomicI64, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crossbeam_deque::{Injector, Steal, Stealer};
use crossbeam_utils::CachePadded;

use super::ending::End;
use super::handoff::Unstarted;
use super::idle::{Idle, Sleeper};
use super::inbox::Inbox;
use super::slots::{Birth, Slots};
use super::streams::Streams;
use super::wait::{ENDED, Woken};
use super::{Config, clock::Clock};
use crate::backend::timers::Timers;
use crate::backend::{Body, Shared as Value, Timed, TimerId, Waiter};
use crate::event::{GoId, Instant, Place};

/// Workers beyond those asked for: they start what cannot wait for a worker that is stuck, and nothing
/// else.
const SPARES: usize = 8;

/// How far the run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Phase {
    Live,
    /// The program has ended, and the rest is unwound.
    Dying,
    /// Workers stop, whatever is left.
    Gone,
}

/// Why a worker should look up at its next point: the run is over.
pub(super) const END: u8 = 1;
/// Why a worker should look up at its next point: others have waited for too long.
pub(super) const SLICE: u8 = 2;
/// Why a worker should look up at its next point: it has more newcomers than it starts.
pub(super) const PRESS: u8 = 4;

/// What others may touch of a worker.
pub(super) struct Port {
    /// Goroutines that nobody has started yet, in the worker's own queue.
    pub(super) unstarted: OnceLock<Stealer<Unstarted>>,
    /// The same, sent by others.
    pub(super) given: Injector<Unstarted>,
    pub(super) inbox: Inbox,
    pub(super) timers: Mutex<Timers>,
    /// When the earliest of those is due.
    pub(super) due: AtomicU64,
    pub(super) attention: AtomicU8,
    pub(super) sleeper: Sleeper,
    /// Counts what it has run: unchanged while it is stuck in one goroutine.
    pub(super) tick: AtomicU32,
    /// Goroutines that have started here and not ended; the worker alone writes it.
    pub(super) pinned: AtomicU32,
    /// Goroutines made here less those ended here; the worker alone writes it.
    pub(super) live: AtomicI64,
}

/// What the workers of a run share.
pub(super) struct Shared {
    pub(super) run: u64,
    pub(super) config: Config,
    /// There are more workers than processors: whoever looks around keeps another one from working.
    pub(super) crowded: bool,
    pub(super) slots: Slots,
    pub(super) ports: Box<[CachePadded<Port>]>,
    /// How many workers have been started.
    pub(super) workers: AtomicUsize,
    pub(super) idle: Idle,
    pub(super) phase: AtomicU8,
    pub(super) clock: Clock,
    pub(super) streams: Streams,
    pub(super) end: Mutex<Option<End>>,
    /// Goroutines in the middle of a panic.
    pub(super) panicking: AtomicUsize,
    pub(super) main_gone: AtomicBool,
    pub(super) stranded: AtomicUsize,
    /// Goroutines made by no worker.
    pub(super) made_outside: AtomicI64,
    numbers: AtomicU64,
    globals: Mutex<Vec<(usize, Value)>>,
    pub(super) exits: super::exits::Exits,
}

impl Shared {
    pub(super) fn new(run: u64, config: Config) -> Self {
        let ports = config.procs + SPARES;
        Self {
            run,
            ports: std::iter::repeat_with(|| CachePadded::new(Port::new())).take(ports).collect(),
            workers: AtomicUsize::new(config.procs),
            slots: Slots::default(),
            idle: Idle::default(),
            phase: AtomicU8::new(Phase::Live as u8),
            clock: Clock::new(config.output.is_real()),
            streams: Streams::new(config.output.is_real()),
            end: Mutex::new(None),
            panicking: AtomicUsize::new(0),
            main_gone: AtomicBool::new(false),
            stranded: AtomicUsize::new(0),
            made_outside: AtomicI64::new(0),
            numbers: AtomicU64::new(1),
            globals: Mutex::default(),
            exits: super::exits::Exits::default(),
            crowded: config.procs > super::cpus(),
            config,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Live,
            1 => Phase::Dying,
            _ => Phase::Gone,
        }
    }

    /// The ports of the workers that have been started.
    pub(super) fn active(&self) -> &[CachePadded<Port>] {
        &self.ports[..self.workers.load(Ordering::Acquire)]
    }

    /// Those that are no spares.
    pub(super) fn regulars(&self) -> &[CachePadded<Port>] {
        &self.ports[..self.config.procs]
    }

    pub(super) fn count(&self) -> usize {
        let here: i64 = self.ports.iter().map(|port| port.live.load(Ordering::Relaxed)).sum();
        usize::try_from(here + self.made_outside.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// The first of `many` numbers for goroutines.
    pub(super) fn number(&self, many: u64) -> u64 {
        self.numbers.fetch_add(many, Ordering::Relaxed)
    }

    // ---- waking

    /// Wakes a waiter who may be anywhere: true if it was waiting. `here` is told if it is to run on the
    /// caller's own worker.
    #[inline]
    pub(super) fn wake(&self, waiter: Waiter, here: Option<u32>, ready: impl FnOnce(u32)) -> bool {
        let slot = self.slots.get(waiter.go.number());
        match slot.wait.wake(waiter.ticket, waiter.case) {
            Woken::No => false,
            Woken::Running => true,
            Woken::Parked => {
                let home = slot.home.load(Ordering::Relaxed);
                if here == Some(home) {
                    ready(slot.local.load(Ordering::Relaxed));
                } else {
                    self.deliver(home, waiter.go.number());
                }
                true
            }
        }
    }

    pub(super) fn waits(&self, waiter: Waiter) -> bool {
        self.slots.get(waiter.go.number()).wait.waits(waiter.ticket)
    }

    /// Puts a woken goroutine into the inbox of its worker.
    #[cold]
    pub(super) fn deliver(&self, home: u32, slot: u32) {
        let port = &self.ports[home as usize];
        port.inbox.push(&self.slots, slot);
        self.idle.call(&port.sleeper);
    }

    /// There is something that any worker could start: wakes one, unless one is looking already.
    #[inline]
    pub(super) fn notify(&self) {
        if self.idle.wants_a_call() {
            self.call_any();
        }
    }

    #[cold]
    fn call_any(&self) {
        self.idle.call_any(self.regulars().iter().map(|port| &port.sleeper));
    }

    /// Wakes a spare worker, if one sleeps.
    pub(super) fn call_spare(&self) -> bool {
        self.idle.call_any(self.active()[self.config.procs..].iter().map(|port| &port.sleeper))
    }

    pub(super) fn call_all(&self) {
        self.idle.call_all(self.active().iter().map(|port| &port.sleeper));
    }

    // ---- making goroutines

    /// Gives unstarted goroutines to the worker behind `to`.
    pub(super) fn give(&self, unstarted: impl IntoIterator<Item = Unstarted>, to: &Port) {
        let pushed = unstarted.into_iter().map(|one| to.given.push(one)).count();
        if pushed > 0 && !self.idle.call(&to.sleeper) {
            self.notify();
        }
    }

    /// Makes a goroutine from outside of all workers.
    pub(super) fn spawn_outside(&self, body: Body, name: Option<String>, place: Place) -> GoId {
        let slot = self.slots.take_one();
        let number = self.number(1);
        let name = name.map(String::into_boxed_str);
        self.slots.get(slot.slot()).begin(Birth { number, parent: 0, created: place, name });
        self.made_outside.fetch_add(1, Ordering::Relaxed);
        self.give([slot.put(&self.slots, body)], &self.ports[self.least_pinned()]);
        GoId::new(number as u32)
    }

    /// The worker with the fewest pinned goroutines.
    pub(super) fn least_pinned(&self) -> usize {
        (0..self.config.procs).min_by_key(|at| self.ports[*at].pinned()).unwrap_or(0)
    }

    // ---- timers

    /// Arms a timer with the worker at this position.
    pub(super) fn arm(&self, at: usize, due: Instant, what: Timed) -> TimerId {
        let port = &self.ports[at];
        let mut timers = port.timers();
        let TimerId(number) = timers.arm(due, what);
        port.note_due(&timers);
        TimerId((at as u64) << 48 | number)
    }

    /// Disarms it: false if it has fired.
    pub(super) fn disarm(&self, TimerId(timer): TimerId) -> bool {
        let port = &self.ports[(timer >> 48) as usize];
        let mut timers = port.timers();
        let what = timers.disarm(TimerId(timer & ((1 << 48) - 1)));
        port.note_due(&timers);
        drop(timers);
        // What it would have done is dropped here, outside the lock.
        what.is_some()
    }

    /// Whether a timer will still do something by itself.
    fn timers_pending(&self) -> bool {
        self.active().iter().any(|port| port.timers().next_that_counts().is_some())
    }

    // ---- globals

    pub(super) fn global(&self, key: usize) -> Option<Value> {
        let globals = lock(&self.globals);
        globals.iter().find(|(of, _)| *of == key).map(|(_, value)| Arc::clone(value))
    }

    pub(super) fn set_global(&self, key: usize, value: Value) -> Value {
        let mut globals = lock(&self.globals);
        if let Some((_, first)) = globals.iter().find(|(of, _)| *of == key) {
            let first = Arc::clone(first);
            drop(globals);
            return first;
        }
        globals.push((key, Arc::clone(&value)));
        value
    }

    /// Lets go of the globals, whose values are the user's.
    pub(super) fn clear_globals(&self) {
        let globals = std::mem::take(&mut *lock(&self.globals));
        drop(globals);
    }

    // ---- when nothing moves

    /// So many workers sleep, after one more has said that it does: if these are all, and nothing moves, the
    /// program is deadlocked or the rest unwound.
    pub(super) fn asleep(&self, workers: usize) {
        if workers < self.workers.load(Ordering::SeqCst) {
            return;
        }
        let phase = self.phase();
        let timers = || phase == Phase::Live && self.timers_pending();
        let sleepers = self.active().iter().map(|port| &port.sleeper);
        if !self.idle.nothing_moves(sleepers, || timers() || self.anything_queued()) {
            return;
        }
        match phase {
            Phase::Live => self.deadlock(),
            Phase::Dying => self.end_one_wait(),
            Phase::Gone => {}
        }
    }

    /// Something under way outside of all workers has ended.
    pub(super) fn outside_ends(&self) {
        if self.idle.outside_ends() >= self.workers.load(Ordering::SeqCst) {
            self.call_any();
        }
    }

    /// Whether any queue that others can see has something in it.
    fn anything_queued(&self) -> bool {
        self.active().iter().any(|port| !port.inbox.is_empty() || port.stealable() > 0)
    }

    /// A destructor waits for what will never come: ends its wait. Without one, all is done.
    fn end_one_wait(&self) {
        let Some(slot) = self.slots.parked_from(0) else { return self.stop() };
        let of = self.slots.get(slot);
        if of.wait.interrupt(ENDED) {
            self.deliver(of.home.load(Ordering::Relaxed), slot);
        }
    }

    /// Lets all workers stop.
    pub(super) fn stop(&self) {
        self.phase.store(Phase::Gone as u8, Ordering::SeqCst);
        self.call_all();
    }
}

impl Port {
    fn new() -> Self {
        Self {
            unstarted: OnceLock::new(),
            given: Injector::new(),
            inbox: Inbox::default(),
            timers: Mutex::default(),
            due: AtomicU64::new(u64::MAX),
            attention: AtomicU8::new(0),
            sleeper: Sleeper::default(),
            tick: AtomicU32::new(0),
            pinned: AtomicU32::new(0),
            live: AtomicI64::new(0),
        }
    }

    /// How many goroutines have started here and not ended.
    #[inline]
    pub(super) fn pinned(&self) -> u32 {
        self.pinned.load(Ordering::Relaxed)
    }

    /// How many are here, started or not.
    pub(super) fn load(&self) -> usize {
        self.pinned() as usize + self.stealable()
    }

    /// How many goroutines wait here to be started by anybody.
    #[inline]
    pub(super) fn stealable(&self) -> usize {
        self.unstarted.get().map_or(0, Stealer::len) + self.given()
    }

    /// How many of those were sent here.
    #[inline]
    pub(super) fn given(&self) -> usize {
        if self.given.is_empty() { 0 } else { self.given.len() }
    }

    pub(super) fn timers(&self) -> MutexGuard<'_, Timers> {
        lock(&self.timers)
    }

    pub(super) fn note_due(&self, timers: &Timers) {
        let due = timers.next().map_or(u64::MAX, Instant::nanos);
        self.due.store(due, Ordering::Relaxed);
    }

    /// Takes out the next timer that is due by `now`.
    pub(super) fn pop_due(&self, now: Instant) -> Option<(Instant, Timed)> {
        let mut timers = self.timers();
        let due = timers.pop_due(now);
        self.note_due(&timers);
        due
    }

    /// One of those that were sent here; more of them go to the queue of whoever takes it.
    #[inline]
    pub(super) fn take_given(&self, to: &crossbeam_deque::Worker<Unstarted>) -> Option<Unstarted> {
        if self.given.is_empty() {
            return None;
        }
        persist(|| self.given.steal_batch_and_pop(to))
    }

    /// Moves goroutines to the thief's own queue and takes one of them; from a short queue just that.
    pub(super) fn steal(&self, to: &crossbeam_deque::Worker<Unstarted>) -> Option<Unstarted> {
        let stealer = self.unstarted.get()?;
        let stolen = persist(|| match stealer.len() {
            0 => Steal::Empty,
            1 => stealer.steal(),
            _ => stealer.steal_batch_and_pop(to),
        });
        stolen.or_else(|| self.take_given(to))
    }

    /// Takes a single one.
    pub(super) fn steal_one(&self) -> Option<Unstarted> {
        let stealer = self.unstarted.get()?;
        persist(|| stealer.steal()).or_else(|| persist(|| self.given.steal()))
    }
}

/// Tries again as long as others come in between.
fn persist<T>(attempt: impl FnMut() -> Steal<T>) -> Option<T> {
    std::iter::repeat_with(attempt).find(|steal| !steal.is_retry())?.success()
}

/// Locks it; there are no invariants that a panic could break.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("run", &self.run).finish_non_exhaustive()
    }
}
