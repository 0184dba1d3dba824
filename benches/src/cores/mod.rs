//! The same programs on cores: goseed, tokio, threads, and Go as a program of its own.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and starts threads")]
#![expect(
    clippy::missing_panics_doc,
    reason = "a workload that does not do its work is no measurement"
)]

pub mod ours;
pub mod theirs;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A program, with how it is run by each.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name, which is that of the Go program's argument too.
    pub name: &'static str,
    /// What it does, and what one operation is.
    pub what: &'static str,
    /// Rounds, of which the best counts. What takes much fresh memory has one in a run, and several runs.
    pub rounds: u32,
    /// By goseed; gives back how many operations it did.
    pub ours: fn() -> usize,
    /// By tokio.
    pub tokio: Option<fn() -> usize>,
    /// By threads.
    pub threads: Option<fn() -> usize>,
}

/// Every workload, in the order of the table.
pub const WORKLOADS: &[Workload] = &[
    workload(
        "spawn-batches",
        "spawn, 100 at a time",
        5,
        ours::spawn_batches,
        Some(theirs::spawn_batches),
        Some(theirs::threads_spawn),
    ),
    workload(
        "spawn-at-once",
        "spawn a million, then wait",
        3,
        ours::spawn_at_once,
        Some(theirs::spawn_at_once),
        None,
    ),
    workload(
        "exercise4",
        "exercise 4: start a million, wait for none",
        3,
        ours::creation,
        Some(theirs::creation),
        None,
    ),
    workload(
        "spawn-and-join",
        "spawn and join one by one",
        5,
        ours::spawn_and_join,
        Some(theirs::spawn_and_join),
        Some(theirs::threads_join),
    ),
    workload("yield-2", "yield, 2 goroutines", 5, ours::yield_2, Some(theirs::yield_2), None),
    workload(
        "yield-1000",
        "yield, 1,000 goroutines",
        5,
        ours::yield_1000,
        Some(theirs::yield_1000),
        None,
    ),
    workload(
        "ping-pong",
        "unbuffered ping-pong, round trip",
        5,
        ours::ping_pong,
        Some(theirs::ping_pong),
        Some(theirs::threads_ping_pong),
    ),
    workload(
        "ping-pong-across",
        "the same across two workers",
        5,
        ours::ping_pong_across,
        Some(theirs::ping_pong_across),
        None,
    ),
    workload("pairs", "100 pairs, round trip", 5, ours::pairs, Some(theirs::pairs), None),
    workload(
        "buffered-1x1",
        "1:1 through capacity 128, item",
        5,
        ours::buffered_1x1,
        Some(theirs::buffered_1x1),
        Some(theirs::threads_buffered),
    ),
    workload(
        "buffered-4x4",
        "4:4 through capacity 128, item",
        5,
        ours::buffered_4x4,
        Some(theirs::buffered_4x4),
        None,
    ),
    workload(
        "select-unbuffered",
        "select over 4, unbuffered, item",
        5,
        ours::select_unbuffered,
        Some(theirs::select_unbuffered),
        None,
    ),
    workload(
        "select-128",
        "select over 4, capacity 128, item",
        5,
        ours::select_128,
        Some(theirs::select_128),
        None,
    ),
    workload(
        "mutex",
        "mutex, 8 goroutines: lock, add, unlock",
        5,
        ours::mutex,
        Some(theirs::mutex),
        Some(theirs::threads_mutex),
    ),
    workload(
        "blocked-100k",
        "100,000 blocked (threads: 10,000): create, wake, finish",
        1,
        ours::blocked_100k,
        Some(theirs::blocked_100k),
        Some(theirs::threads_blocked),
    ),
    workload(
        "blocked",
        "a million blocked: create, wake, finish",
        1,
        ours::blocked_1m,
        Some(theirs::blocked_1m),
        None,
    ),
    workload("timers", "100,000 sleepers of 1–50 ms", 3, ours::timers, Some(theirs::timers), None),
    workload("ring", "ring of 10,000, per hop", 3, ours::ring, Some(theirs::ring), None),
    workload("skynet", "skynet, a million leaves", 3, ours::skynet, Some(theirs::skynet), None),
    workload("fib", "parallel fib(36), whole", 3, ours::fib, Some(theirs::fib), None),
];

const fn workload(
    name: &'static str,
    what: &'static str,
    rounds: u32,
    ours: fn() -> usize,
    tokio: Option<fn() -> usize>,
    threads: Option<fn() -> usize>,
) -> Workload {
    Workload { name, what, rounds, ours, tokio, threads }
}

/// What a measurement gave.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// Nanoseconds per operation, in the best round.
    pub nanos: f64,
    /// Resident bytes of a blocked goroutine; 0 where nothing was blocked.
    pub resident: usize,
    /// Nanoseconds of those that it took to make one and have it block.
    pub made: f64,
}

/// Resident bytes of a blocked goroutine, and the nanoseconds that all of them took to block.
static BLOCKED: AtomicUsize = AtomicUsize::new(0);
static MADE: AtomicU64 = AtomicU64::new(0);

/// Runs `workload` in rounds and keeps the best.
pub fn best(rounds: u32, workload: fn() -> usize) -> Measured {
    BLOCKED.store(0, Ordering::Relaxed);
    let mut best = Duration::MAX;
    let mut operations = 1;
    for _ in 0..rounds {
        let started = Instant::now();
        operations = workload();
        best = best.min(started.elapsed());
    }
    let nanos = best.as_nanos() as f64 / operations as f64;
    let made = MADE.load(Ordering::Relaxed) as f64 / operations as f64;
    Measured { nanos, resident: BLOCKED.load(Ordering::Relaxed), made }
}

/// goseed on so many workers.
pub fn measure_ours(workload: &Workload, procs: usize) -> Measured {
    static RESULT: Mutex<Option<Measured>> = Mutex::new(None);
    let (rounds, program) = (workload.rounds, workload.ours);
    let run = goseed::Multicore::new().procs(procs).run(move || {
        *RESULT.lock().expect("nobody panics") = Some(best(rounds, program));
    });
    let result = RESULT.lock().expect("nobody panics").take();
    result.unwrap_or_else(|| panic!("{}: {}", workload.name, run.stderr))
}

/// tokio on so many workers.
pub fn measure_tokio(workload: fn() -> usize, rounds: u32, procs: usize) -> Measured {
    theirs::on_tokio(procs, move || best(rounds, workload))
}

/// Resident bytes of this process.
pub(crate) fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

/// Notes what `count` blocked goroutines take, which were made since `start`.
pub(crate) fn note_blocked(before: usize, count: usize, start: Instant) {
    MADE.store(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
    BLOCKED.store(resident().saturating_sub(before) / count, Ordering::Relaxed);
}
