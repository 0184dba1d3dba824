//! Everything at once on cores, for as long as is wanted: no lost wake-up, no hang, no leak.
//!
//! `soak_cores SECONDS WORKERS`. A watchdog ends the process if nothing comes to an end for half a minute.
#![expect(clippy::print_stdout, reason = "a command that prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "it watches real threads with a real clock")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use goseed::prelude::*;
use goseed::sync::atomic::AtomicI64;
use goseed::sync::{Cond, RawMutex, RwMutex};
use goseed::{Exit, Multicore};

/// Parts that have come to an end.
static PARTS: AtomicU64 = AtomicU64::new(0);

/// One of the things that happen at the same time; each checks itself.
const MIX: [(&str, fn()); 9] = [
    ("spawn and join", spawn_and_join),
    ("ping-pong", ping_pong),
    ("workers", workers),
    ("fan-in by select", fan_in),
    ("locks", locks),
    ("condition", condition),
    ("timers", timers),
    ("contexts", contexts),
    ("panics and blocking work", panics_and_blocking),
];

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|n| n.parse::<u64>().ok());
    let (seconds, procs) = (arguments.next().unwrap_or(600), arguments.next().unwrap_or(2));
    std::thread::spawn(watch);
    let (start, mut rounds, mut at_first) = (Instant::now(), 0_u64, (0, 0));
    while start.elapsed().as_secs() < seconds {
        let run = Multicore::new().procs(procs as usize).run(round);
        assert_eq!(run.exit, Exit::Returned, "{}", run.stderr);
        assert!(run.goroutines.is_empty(), "somebody was left: {:?}", run.goroutines);
        rounds += 1;
        if rounds == 20 {
            at_first = (resident_kib(), threads());
        }
        if rounds.is_multiple_of(200) {
            let parts = PARTS.load(Ordering::Relaxed);
            println!(
                "round {rounds}: {parts} parts, {} KiB, {} threads",
                resident_kib(),
                threads()
            );
        }
    }
    let parts = PARTS.load(Ordering::Relaxed);
    println!("{procs} workers, {seconds} s: {rounds} rounds, {parts} parts, none hung");
    println!("resident {} KiB after 20 rounds, {} KiB at the end", at_first.0, resident_kib());
    println!("threads {} after 20 rounds, {} at the end", at_first.1, threads());
}

/// All of them, twice each, at the same time.
fn round() {
    let wg = WaitGroup::new();
    for (_, part) in MIX.into_iter().chain(MIX) {
        wg.go(move || {
            part();
            PARTS.fetch_add(1, Ordering::Relaxed);
        });
    }
    wg.wait();
    // Who is done may still have to end.
    while runtime::num_goroutine() > 1 {
        runtime::gosched();
    }
}

/// Ends the process if nothing has come to an end for half a minute.
fn watch() {
    let mut before = 0;
    loop {
        std::thread::sleep(Duration::from_secs(30));
        let parts = PARTS.load(Ordering::Relaxed);
        if parts == before {
            println!("hung after {parts} parts");
            std::process::abort();
        }
        before = parts;
    }
}

fn spawn_and_join() {
    let (sum, wg) = (Mutex::new(0), WaitGroup::new());
    for n in 0..2_000 {
        let sum = sum.clone();
        wg.go(move || *sum.lock() += n);
    }
    wg.wait();
    assert_eq!(*sum.lock(), 2_000 * 1_999 / 2);
}

fn ping_pong() {
    let (ping, pong) = (chan(0), chan(0));
    go!(ping, pong => {
        for n in &ping {
            pong.send(n + 1);
        }
        pong.close();
    });
    for n in 0..1_000 {
        ping.send(n);
        assert_eq!(pong.recv(), Some(n + 1));
    }
    ping.close();
    assert_eq!(pong.recv(), None);
}

fn workers() {
    let (jobs, results, wg) = (chan(16), chan(4), WaitGroup::new());
    for _ in 0..8 {
        let (jobs, results) = (jobs.clone(), results.clone());
        wg.go(move || {
            for job in &jobs {
                results.send(job * 2);
            }
        });
    }
    go!(jobs => {
        (0..2_000_u64).for_each(|n| jobs.send(n));
        jobs.close();
    });
    let closing = results.clone();
    go(move || {
        wg.wait();
        closing.close();
    });
    assert_eq!(results.into_iter().sum::<u64>(), 2_000 * 1_999);
}

fn fan_in() {
    let (sources, wg) = ([chan::<u32>(0), chan(1), chan(8), chan(0)], WaitGroup::new());
    for source in &sources {
        let source = source.clone();
        wg.go(move || {
            (0..500).for_each(|n| source.send(n));
            source.close();
        });
    }
    let [mut a, mut b, mut c, mut d] = sources;
    let mut received = 0;
    while ![&a, &b, &c, &d].iter().all(|source| source.is_nil()) {
        select! {
            recv(a) -> v => if v.is_some() { received += 1 } else { a = Chan::nil() },
            recv(b) -> v => if v.is_some() { received += 1 } else { b = Chan::nil() },
            recv(c) -> v => if v.is_some() { received += 1 } else { c = Chan::nil() },
            recv(d) -> v => if v.is_some() { received += 1 } else { d = Chan::nil() },
        }
    }
    wg.wait();
    assert_eq!(received, 2_000);
}

fn locks() {
    let (plain, shared, wg) = (Mutex::new(0), RwMutex::new((0, 0)), WaitGroup::new());
    for n in 0..16 {
        let (plain, shared) = (plain.clone(), shared.clone());
        wg.go(move || {
            for _ in 0..100 {
                *plain.lock() += 1;
                if n % 4 == 0 {
                    let mut pair = shared.lock();
                    *pair = (pair.0 + 1, pair.1 + 1);
                } else {
                    let pair = shared.rlock();
                    assert_eq!(pair.0, pair.1);
                }
            }
        });
    }
    wg.wait();
    assert_eq!((*plain.lock(), *shared.rlock()), (1_600, (400, 400)));
}

fn condition() {
    let m = RawMutex::new();
    let (c, turn, wg) = (Cond::new(m.clone()), AtomicI64::new(0), WaitGroup::new());
    for me in 0..4 {
        let (m, c, turn) = (m.clone(), c.clone(), turn.clone());
        wg.go(move || {
            for _ in 0..50 {
                m.lock();
                while turn.load() % 4 != me {
                    c.wait();
                }
                turn.add(1);
                c.broadcast();
                m.unlock();
            }
        });
    }
    wg.wait();
    assert_eq!(turn.load(), 200);
}

fn timers() {
    let wg = WaitGroup::new();
    for n in 0..200_u32 {
        wg.go(move || {
            let (start, nap) = (time::now(), Duration::from_micros(u64::from(n % 50) * 100));
            time::sleep(nap);
            assert!(time::since(start) >= nap);
        });
    }
    wg.wait();
}

fn contexts() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let wg = WaitGroup::new();
    for n in 0..50_u64 {
        let (child, end) = context::with_timeout(&ctx, Duration::from_millis(1 + n % 5 * 400));
        wg.go(move || {
            child.done().recv();
            end();
        });
    }
    time::sleep(Duration::from_millis(3));
    cancel();
    wg.wait();
}

fn panics_and_blocking() {
    let wg = WaitGroup::new();
    for n in 0..50 {
        wg.go(move || {
            let caught = recover(|| {
                goseed::defer! { runtime::gosched() }
                assert!(n % 2 == 0, "odd");
            });
            assert_eq!(caught.is_err(), n % 2 == 1);
            if n % 10 == 0 {
                runtime::blocking(|| std::thread::sleep(Duration::from_millis(1)));
            }
        });
    }
    wg.wait();
}

fn resident_kib() -> u64 {
    status("VmRSS:")
}

fn threads() -> u64 {
    status("Threads:")
}

fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap_or("0");
    line.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(0)
}
