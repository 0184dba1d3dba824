//! Programs on cores.
#![expect(
    clippy::disallowed_methods,
    reason = "what blocks a thread is what some of these are about"
)]

use std::collections::BTreeSet;
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use goseed::prelude::*;
use goseed::sync::atomic::AtomicI64;
use goseed::{Exit, Kind, Multicore, Run, check_both, os, println};

/// The same on 1, 2 and 4 workers.
fn everywhere(main: impl Fn() + Clone + Send + 'static) -> Vec<Run> {
    [1, 2, 4].map(|procs| Multicore::new().procs(procs).run(main.clone())).into()
}

fn prints(expected: &str, main: impl Fn() + Clone + Send + 'static) {
    for run in everywhere(main) {
        assert_eq!(
            (run.exit.to_string(), &*run.stdout),
            ("returned".to_owned(), expected),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn goroutines_run_and_their_results_come_back() {
    prints("499500\n", || {
        let results = chan(0);
        for n in 0..1_000 {
            go!(results => { results.send(n) });
        }
        let sum: i32 = (0..1_000).map(|_| results.recv().unwrap()).sum();
        println!("{sum}");
    });
}

#[test]
fn a_mutex_excludes_and_a_wait_group_waits() {
    prints("8000\n", || {
        let (total, wg) = (Mutex::new(0), WaitGroup::new());
        for _ in 0..8 {
            let total = total.clone();
            wg.go(move || (0..1_000).for_each(|_| *total.lock() += 1));
        }
        wg.wait();
        println!("{}", *total.lock());
    });
}

#[test]
fn select_takes_from_all_and_loses_nothing() {
    prints("4000 4\n", || {
        let (sources, done) = (vec![chan::<u32>(0), chan(0), chan(3), chan(0)], chan::<()>(0));
        for source in &sources {
            go!(source, done => {
                for n in 0..1_000 {
                    source.send(n);
                }
                done.send(());
            });
        }
        let (mut received, mut finished) = (0, 0);
        while finished < 4 {
            select! {
                recv(sources[0]) -> _ => received += 1,
                recv(sources[1]) -> _ => received += 1,
                recv(sources[2]) -> _ => received += 1,
                recv(sources[3]) -> _ => received += 1,
                recv(done) -> _ => finished += 1,
            }
        }
        received += sources[2].len();
        println!("{received} {finished}");
    });
}

#[test]
fn selects_that_send_meet_selects_that_receive() {
    prints("2000 2000\n", || {
        let (a, b) = (chan::<u32>(0), chan::<u32>(0));
        let (wg, sent, got) = (WaitGroup::new(), AtomicI64::new(0), AtomicI64::new(0));
        for _ in 0..4 {
            let (a, b, sent) = (a.clone(), b.clone(), sent.clone());
            wg.go(move || {
                for n in 0..500 {
                    select! { send(a, n) => {}, send(b, n) => {} }
                    sent.add(1);
                }
            });
        }
        for _ in 0..4 {
            let (a, b, got) = (a.clone(), b.clone(), got.clone());
            wg.go(move || {
                for _ in 0..500 {
                    select! { recv(a) -> _ => {}, recv(b) -> _ => {} }
                    got.add(1);
                }
            });
        }
        wg.wait();
        println!("{} {}", sent.load(), got.load());
    });
}

#[test]
fn the_first_four_endings_are_gos() {
    for run in everywhere(|| {
        go(|| panic!("boom"));
        time::sleep(Duration::from_secs(60));
    }) {
        assert_eq!(run.exit.to_string(), "panic: boom");
        assert!(run.stderr.starts_with("panic: boom\n\ngoroutine "), "{}", run.stderr);
        assert!(run.found(Kind::Panic).is_some());
    }
    for run in everywhere(|| chan::<()>(0).send(())) {
        assert_eq!(run.exit, Exit::Deadlock);
        let text =
            "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan send]:\n";
        assert!(run.stderr.starts_with(text), "{}", run.stderr);
    }
    for run in everywhere(|| os::exit(3)) {
        assert_eq!(run.exit, Exit::Exited(3));
    }
    for run in everywhere(|| RawMutex::new().unlock()) {
        assert_eq!(run.exit.to_string(), "fatal error: sync: unlock of unlocked mutex");
    }
}

#[test]
fn a_panic_stops_at_recover() {
    prints("caught boom, then 7\n", || {
        let result = recover(|| panic!("boom")).unwrap_err();
        println!("caught {}, then {}", result.message(), recover(|| 7).unwrap());
    });
}

struct Count(Arc<AtomicUsize>);

impl Drop for Count {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_rest_is_unwound_wherever_it_stands() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&dropped);
    let runs = everywhere(move || {
        let (never, lock) = (chan::<()>(0), Mutex::new(()));
        let held = lock.lock();
        for n in 0..100 {
            let (count, never, lock) = (Count(Arc::clone(&count)), never.clone(), lock.clone());
            go(move || {
                let _count = count;
                match n % 4 {
                    0 => drop(never.recv()),
                    1 => drop(lock.lock()),
                    2 => time::sleep(Duration::from_secs(3_600)),
                    _ => loop {
                        runtime::gosched();
                    },
                }
            });
        }
        time::sleep(Duration::from_millis(5));
        drop(held);
    });
    assert!(runs.iter().all(|run| run.exit == Exit::Returned));
    assert_eq!(dropped.load(Ordering::Relaxed), 300);
}

#[test]
fn a_started_goroutine_never_changes_its_thread() {
    thread_local! {
        static MINE: Rc<()> = Rc::new(());
    }
    prints("ok\n", || {
        let wg = WaitGroup::new();
        for _ in 0..200 {
            wg.go(|| {
                let thread = std::thread::current().id();
                let mine = MINE.with(Rc::clone);
                for _ in 0..20 {
                    runtime::gosched();
                    time::sleep(Duration::from_micros(10));
                    assert_eq!(std::thread::current().id(), thread);
                    assert!(MINE.with(|other| Rc::ptr_eq(other, &mine)));
                }
            });
        }
        wg.wait();
        println!("ok");
    });
}

#[test]
fn a_loop_with_points_lets_main_go_on() {
    prints("main still runs\n", || {
        let x = Var::new(0);
        go!(x => {
            loop {
                x.get();
            }
        });
        time::sleep(Duration::from_millis(20));
        println!("main still runs");
    });
}

#[test]
fn what_waits_behind_a_loop_without_points_is_started_elsewhere() {
    prints("stopped\n", || {
        let (stop, wg) = (Arc::new(AtomicUsize::new(0)), WaitGroup::new());
        let seen = Arc::clone(&stop);
        // The newest starts first.
        wg.go(move || stop.store(1, Ordering::Relaxed));
        wg.go(move || {
            while seen.load(Ordering::Relaxed) == 0 {
                std::hint::spin_loop();
            }
        });
        wg.wait();
        println!("stopped");
    });
}

#[test]
fn blocking_work_keeps_nobody_from_running() {
    prints("others ran, then 42\n", || {
        let order = chan(2);
        let other = order.clone();
        go(move || other.send("others ran"));
        let answer = runtime::blocking(|| {
            std::thread::sleep(Duration::from_millis(30));
            42
        });
        println!("{}, then {answer}", order.recv().unwrap());
    });
    for run in everywhere(|| runtime::blocking(|| panic!("no such file"))) {
        assert_eq!(run.exit.to_string(), "panic: no such file");
    }
}

#[test]
fn timers_fire_in_order_and_contexts_end() {
    prints("a b c\ncontext deadline exceeded\n", || {
        let out = chan(3);
        for (ms, name) in [(30, "c"), (10, "a"), (20, "b")] {
            let out = out.clone();
            go(move || {
                time::sleep(Duration::from_millis(ms));
                out.send(name);
            });
        }
        let names: Vec<_> = (0..3).map(|_| out.recv().unwrap()).collect();
        println!("{}", names.join(" "));
        let (ctx, _cancel) =
            context::with_timeout(&context::background(), Duration::from_millis(5));
        ctx.done().recv();
        println!("{}", ctx.err().unwrap());
    });
}

#[test]
fn a_run_leaves_no_thread_behind() {
    if threads() == 0 {
        return;
    }
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    drop(Multicore::new().procs(2).run(|| {}));
    // Other tests run workers at the same time, so names say nothing; only that many runs do not add up.
    let before = threads();
    for _ in 0..50 {
        drop(Multicore::new().procs(4).run(|| go(|| {})));
    }
    assert!(
        threads() < before + 50,
        "{:?}",
        std::fs::read_dir("/proc/self/task").map(|t| t.map(name).collect::<Vec<_>>())
    );
}

#[test]
fn a_goroutine_without_points_is_abandoned() {
    let run = Multicore::new().procs(2).run(|| {
        let started = Arc::new(AtomicUsize::new(0));
        let from = Arc::clone(&started);
        go(move || {
            from.store(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_secs(10));
        });
        // Without a point here, so that the other worker starts it: main would have to wait for it otherwise.
        while started.load(Ordering::Relaxed) == 0 {
            std::hint::spin_loop();
        }
    });
    assert_eq!((&run.exit, run.goroutines.len()), (&Exit::Returned, 1), "{}", run.stderr);
    assert!(run.findings.iter().any(|of| of.kind == Kind::Starvation), "{:?}", run.findings);
}

#[test]
fn both_worlds_agree() {
    check_both(|| {
        let (wg, out) = (WaitGroup::new(), chan(2));
        for n in 0..2 {
            let out = out.clone();
            wg.go(move || out.send(n));
        }
        wg.wait();
        let got: BTreeSet<_> = [out.recv(), out.recv()].into();
        println!("{got:?}");
    });
}

#[test]
fn an_access_that_meets_another_threads_access_waits_for_it() {
    let run = Multicore::new().procs(4).run(|| {
        let (total, wg) = (Var::new(0_u64), WaitGroup::new());
        for _ in 0..8 {
            let total = total.clone();
            wg.go(move || (0..20_000).for_each(|_| total.with_mut(|total| *total += 1)));
        }
        wg.wait();
        println!("{}", total.get());
    });
    assert_eq!((run.exit, &*run.stdout), (Exit::Returned, "160000\n"), "{}", run.stderr);
}

#[test]
fn other_threads_may_do_whatever_never_blocks() {
    prints("got 1 got 2 locked 7\n", || {
        let (jobs, lock, done) = (chan(2), Mutex::new(0), WaitGroup::new());
        let (from, mine) = (jobs.clone(), lock.clone());
        let held = chan::<()>(0);
        let until = held.clone();
        done.go(move || {
            until.recv();
            let got: Vec<String> = from.into_iter().map(|n: i32| format!("got {n}")).collect();
            println!("{} locked {}", got.join(" "), *mine.lock());
        });
        runtime::blocking(move || {
            let foreign = std::thread::spawn(move || {
                let mut guard = lock.try_lock().expect("nobody has it");
                assert!(jobs.try_send(1).is_ok() && jobs.try_send(2).is_ok());
                held.close();
                jobs.close();
                // By now it most probably waits for the lock.
                std::thread::sleep(Duration::from_millis(20));
                *guard = 7;
            });
            foreign.join().expect("nothing here blocks");
        });
        done.wait();
    });
}

#[test]
fn other_threads_may_not_wait_and_not_come_late() {
    let [early, late] = [Arc::new(std::sync::Mutex::new(String::new())), Arc::default()];
    let (texts, kept) =
        ([Arc::clone(&early), Arc::clone(&late)], Arc::new(std::sync::Mutex::new(None)));
    let keep = Arc::clone(&kept);
    Multicore::new().procs(2).run(move || {
        let empty = chan::<u8>(0);
        *keep.lock().unwrap() = Some(empty.clone());
        runtime::blocking(move || {
            *texts[0].lock().unwrap() = panic_of(move || assert_eq!(empty.recv(), None))
        });
    });
    let kept: Chan<u8> = kept.lock().unwrap().take().expect("main has run");
    *late.lock().unwrap() = panic_of(move || kept.close());
    assert_eq!(*early.lock().unwrap(), "a wait outside of all goroutines");
    assert!(late.lock().unwrap().ends_with("was used outside its run"), "{late:?}");
}

/// The text of the panic on a thread of its own.
fn panic_of(f: impl FnOnce() + Send + 'static) -> String {
    let payload = std::thread::spawn(f).join().expect_err("it panics");
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|&text| text.to_owned())).expect("a text")
}

#[test]
fn a_goroutine_that_steps_back_again_and_again_stops_no_clock() {
    prints("main still runs\n", || {
        go(|| {
            loop {
                runtime::gosched();
            }
        });
        time::sleep(Duration::from_millis(20));
        println!("main still runs");
    });
}

/// The most goroutines that were in a section without a point at the same time, of two. With more than one
/// worker each stays in it until the other one has come; with one, both have started before, and so stay
/// with the worker.
fn inside_together(procs: usize) -> usize {
    let (inside, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&peak);
    let run = Multicore::new().procs(procs).run(move || {
        let (wg, started) = (WaitGroup::new(), WaitGroup::new());
        started.add(2);
        for _ in 0..2 {
            let (inside, peak, started) = (Arc::clone(&inside), Arc::clone(&peak), started.clone());
            wg.go(move || {
                started.done();
                if procs == 1 {
                    started.wait();
                }
                peak.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                for _ in 0..if procs == 1 { 50 } else { 10_000 } {
                    if peak.load(Ordering::SeqCst) > 1 {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                inside.fetch_sub(1, Ordering::SeqCst);
            });
        }
        wg.wait();
    });
    assert_eq!(run.exit, Exit::Returned, "{}", run.stderr);
    seen.load(Ordering::SeqCst)
}

/// Trap 1: concurrency is not parallelism. Nothing here is a matter of luck: on two workers each waits for
/// the other, and on one nobody else can come.
#[test]
fn sections_overlap_on_two_workers_and_never_on_one() {
    assert_eq!(inside_together(2), 2);
    assert_eq!(inside_together(1), 1);
}

/// Trap 2: a goroutine is no thread. The tests beside this one have threads too, so the runs are looked at in
/// a process of their own, which says how many more threads than workers there were.
#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_blocked_goroutines_need_no_threads_of_their_own() {
    let output = crate::process::alone(
        "multicore::ten_thousand_blocked_goroutines_need_no_threads_of_their_own",
        || {
            for procs in [1, 2, 4] {
                let before = threads();
                let more = threads_of_blocked(procs) - before;
                writeln!(std::io::stderr(), "{procs} workers: {more}").expect("somebody reads it");
            }
        },
    );
    let text = String::from_utf8_lossy(&output.stderr);
    let more: Vec<(usize, usize)> = text.lines().filter_map(threads_by_workers).collect();
    assert_eq!(more.len(), 3, "{text}");
    assert!(more.iter().all(|&(procs, more)| procs <= more && more <= procs + 2), "{more:?}");
}

/// How many threads there are while 10,000 goroutines are blocked.
fn threads_of_blocked(procs: usize) -> usize {
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let run = Multicore::new().procs(procs).run(move || {
        let (gate, blocked) = (chan::<()>(0), WaitGroup::new());
        blocked.add(10_000);
        for _ in 0..10_000 {
            go!(gate, blocked => {
                blocked.done();
                gate.recv();
            });
        }
        blocked.wait();
        assert_eq!(runtime::num_goroutine(), 10_001);
        most.store(threads(), Ordering::SeqCst);
    });
    assert_eq!(run.exit, Exit::Returned, "{}", run.stderr);
    seen.load(Ordering::SeqCst)
}

/// What a line of that process says.
fn threads_by_workers(line: &str) -> Option<(usize, usize)> {
    let (procs, more) = line.split_once(" workers: ")?;
    Some((procs.parse().ok()?, more.parse().ok()?))
}

/// How many threads this process has; 0 where that is not known.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Newcomers start newest first, and what has begun goes on before anything starts: a tree of 11,111 goroutines
/// is walked in depth.
#[test]
fn a_tree_of_goroutines_is_never_alive_as_a_whole() {
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let run = Multicore::new().procs(1).run(move || {
        let root = chan(0);
        let to = root.clone();
        go(move || leaves(&to, 10_000, &seen));
        println!("{}", root.recv().unwrap());
    });
    assert_eq!(run.stdout, "10000\n", "{}", run.stderr);
    assert!(most.load(Ordering::Relaxed) < 1_000, "{most:?} of 11,111 at once");
}

fn leaves(to: &Chan<usize>, size: usize, most: &Arc<AtomicUsize>) {
    most.fetch_max(runtime::num_goroutine(), Ordering::Relaxed);
    if size == 1 {
        return to.send(1);
    }
    let results = chan(0);
    for _ in 0..10 {
        go!(results, most => leaves(&results, size / 10, &most));
    }
    to.send(results.into_iter().take(10).sum());
}

/// Whoever steps back lets all newcomers start.
#[test]
fn newcomers_do_not_pile_up_behind_one_that_steps_back() {
    let run = Multicore::new().procs(1).run(|| {
        for _ in 0..1_000 {
            (0..3).for_each(|_| go(|| {}));
            runtime::gosched();
            assert_eq!(runtime::num_goroutine(), 1);
        }
    });
    assert_eq!(run.exit, Exit::Returned, "{}", run.stderr);
}

/// Two that keep each other busy start newcomers all the while: thousands may wait, and no more.
#[test]
fn newcomers_do_not_pile_up_behind_two_that_are_never_done() {
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let run = Multicore::new().procs(1).run(move || {
        let requests = chan(0);
        go!(requests => {
            (0..50_000).for_each(|n| requests.send(n));
            requests.close();
        });
        for _ in &requests {
            go(|| {});
            seen.fetch_max(runtime::num_goroutine(), Ordering::Relaxed);
        }
    });
    assert_eq!(run.exit, Exit::Returned, "{}", run.stderr);
    assert!(most.load(Ordering::Relaxed) < 5_000, "{most:?} of 50,000 at once");
}

/// A loop over points gives way to all newcomers when its slice is over.
#[test]
fn newcomers_start_behind_a_loop_over_points() {
    prints("100\n", || {
        let n = AtomicI64::new(0);
        for _ in 0..100 {
            go!(n => { n.add(1); });
        }
        while n.load() < 100 {}
        println!("{}", n.load());
    });
}

/// Those that come later do not keep the oldest newcomer waiting for ever.
#[test]
fn the_oldest_newcomer_starts_however_many_come_later() {
    prints("started\n", || {
        let (started, done) = (AtomicI64::new(0), chan(0));
        go!(started => started.store(1));
        go!(started, done => heirs(&started, &done));
        done.recv();
        println!("started");
    });
}

/// Each makes another one and ends, until the oldest has been seen.
fn heirs(started: &AtomicI64, done: &Chan<()>) {
    if started.load() == 1 {
        return done.send(());
    }
    go!(started, done => heirs(&started, &done));
}
