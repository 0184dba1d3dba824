//! Production: goroutines on real threads.
//!
//! ```text
//!              worker 0                     worker 1              monitor
//!   unstarted ┌──────────┐  stolen, before ┌──────────┐           every 10 ms:
//!             │ g7 g8 g9 │ ──they run────► │          │           who is stuck?
//!             └──────────┘                 └──────────┘
//!   ready     │ g1 g4    │                 │ g2 g5 g6 │  started: they stay
//!   inbox     │          │ ◄── wake ────── │          │
//! ```
//!
//! - `worker`: the loop; `search`: what a worker does when it has nothing to do.
//! - `shared`: how workers bring each other work.
//! - `idle`: how they sleep, how they are called, and what it means that none is awake.
//! - `wait`: one wait of one goroutine.
//! - `seam`: the contract of [`Backend`](super::Backend).
//! - `root`: the bottom of each stack.

mod clock;
mod ending;
mod exits;
mod handoff;
mod helpers;
mod idle;
mod inbox;
#[cfg(all(test, goseed_loom))]
mod loom;
mod monitor;
mod outside;
mod place;
mod quit;
mod raw;
mod root;
mod seam;
mod search;
mod shared;
mod slots;
mod streams;
mod sync;
mod wait;
mod worker;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub(crate) use self::outside::find;
use self::shared::{Phase, Shared, lock};
use self::slots::Birth;
use self::worker::Worker;
use super::{Backend, Body, Quiet, install_overflow_handler, install_panic_hook};
use crate::event::{Ending, Fate, GoroutineState, Panic, Place};

/// How long a run waits for a goroutine that does not come to a point, once the program has ended.
const GRACE: Duration = Duration::from_secs(1);

/// How a run is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    /// How many workers run goroutines at the same time.
    pub(crate) procs: usize,
    /// Bytes of a goroutine's stack.
    pub(crate) stack_size: usize,
    pub(crate) output: Output,
}

/// Where output goes, and what the end of the program ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    /// Into the record; the run ends.
    Captured,
    /// Out; the process ends, by this function.
    Real(fn(&Ending) -> !),
}

impl Output {
    fn is_real(self) -> bool {
        matches!(self, Self::Real(_))
    }
}

/// What a run gives back.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) ending: Ending,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) elapsed: Duration,
}

/// Runs `main`, and whatever it starts, until the program ends.
#[track_caller]
pub(crate) fn run(config: Config, main: Body) -> Record {
    if !config.output.is_real() {
        super::needs_unwinding("Multicore::run");
    }
    install_panic_hook();
    install_overflow_handler();
    if config.output.is_real() {
        quit::listen();
    }
    let shared = Arc::new(Shared::new(super::next_run(), config));
    let open = outside::Open::new(&shared);
    begin(&shared, main, Place::here());
    let workers: Vec<_> = (0..config.procs).map(|at| start_worker(&shared, at)).collect();
    let monitor = start_monitor(&shared);
    shared.exits.wait(|| usize::from(shared.phase() == Phase::Live), Duration::MAX);
    drop(open);
    finish(&shared, workers, monitor)
}

/// Makes main, for the first worker to start.
fn begin(shared: &Shared, main: Body, place: Place) {
    let slot = shared.slots.take_one();
    let birth = Birth { number: shared.number(1), parent: 0, created: place, name: None };
    shared.slots.get(slot.slot()).begin(birth);
    shared.made_outside.store(1, Ordering::Relaxed);
    shared.ports[0].given.push(slot.put(&shared.slots, main));
}

fn start_worker(shared: &Arc<Shared>, at: usize) -> (usize, JoinHandle<()>) {
    let shared = Arc::clone(shared);
    let builder = thread::Builder::new().name(format!("goseed-{at}"));
    let worker = builder.spawn(move || work(&shared, at));
    (at, worker.unwrap_or_else(|error| panic!("no thread for a worker: {error}")))
}

/// The life of a worker's thread.
fn work(shared: &Arc<Shared>, at: usize) {
    let _quiet = Quiet::new();
    let worker = Box::new(Worker::new(shared, at));
    let entered = raw::Entered::new(&worker);
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| worker.work())) {
        give_up((&*worker as &dyn Backend).caught().panic(payload));
    }
    shared.exits.add(at);
    if shared.stranded.load(Ordering::SeqCst) > 0 {
        // Stacks that are never left refer to this thread and to the worker.
        loop {
            thread::park();
        }
    }
    drop(entered);
}

/// A worker cannot go on, by a mistake of ours. Without it the run would hang.
fn give_up(panic: Panic) -> ! {
    let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    let line = format!("goseed: internal error{place}: {}; please report it\n", panic.text());
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    std::process::abort()
}

fn start_monitor(shared: &Arc<Shared>) -> JoinHandle<()> {
    let shared = Arc::clone(shared);
    let builder = thread::Builder::new().name("goseed-monitor".to_owned());
    let monitor = builder.spawn(move || {
        let spare = |at| drop(start_worker(&shared, at));
        monitor::watch(&shared, &spare);
    });
    monitor.unwrap_or_else(|error| panic!("no thread for the monitor: {error}"))
}

/// Waits for everybody, as long as somebody moves.
fn finish(
    shared: &Arc<Shared>,
    workers: Vec<(usize, JoinHandle<()>)>,
    monitor: JoinHandle<()>,
) -> Record {
    monitor.thread().unpark();
    let _ = monitor.join();
    let all = || shared.workers.load(Ordering::SeqCst);
    let mut before = progress(shared);
    while !shared.exits.wait(all, GRACE) {
        let now = progress(shared);
        if std::mem::replace(&mut before, now) == now {
            shared.stop();
            shared.exits.wait(all, GRACE / 10);
            break;
        }
    }
    let stopped = shared.exits.stopped();
    let stranded = shared.stranded.load(Ordering::SeqCst);
    for (at, worker) in workers {
        if stranded == 0 && stopped.contains(&at) {
            let _ = worker.join();
        }
    }
    shared.clear_globals();
    let mut ending = lock(&shared.end).take().expect("the program has ended").0;
    mark_the_left(shared, &mut ending);
    let (stdout, stderr) = shared.streams.take();
    Record { ending, stdout, stderr, elapsed: shared.clock.elapsed() }
}

/// Notes which goroutines could not be unwound: those in a destructor that waits for ever, and those that
/// came to no point.
fn mark_the_left(shared: &Shared, ending: &mut Ending) {
    for (left, stranded) in shared.slots.all() {
        let runs = matches!(left.state, GoroutineState::Running | GoroutineState::Runnable);
        let fate = if runs && !stranded { Fate::Abandoned } else { Fate::Stranded };
        ending.goroutines.retain(|(info, _)| info.id != left.id);
        ending.goroutines.push((left, fate));
    }
    ending.goroutines.sort_by_key(|(info, _)| info.id);
}

/// Changes as long as goroutines get their turns.
fn progress(shared: &Shared) -> u64 {
    let ticks = shared.active().iter().map(|port| port.tick.load(Ordering::Relaxed));
    ticks.map(u64::from).sum()
}

/// How many processors this process may use.
pub(crate) fn cpus() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A number that nobody can foresee.
fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}
