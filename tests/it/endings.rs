//! How a program ends, and how the rest dies: one test per sentence of the rules.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use goseed::prelude::*;
use goseed::{Explore, Kind, Multicore, Report, Run, Sim, println};

fn explored(main: impl Fn() + Send + Sync + 'static) -> Report {
    Explore::new().schedules(400).keep_going().run(main)
}

/// The one schedule of Go's own order.
fn in_order(main: impl Fn() + Send + Sync + 'static) -> Run {
    Sim::new().strategy("fifo").run(main)
}

/// Counts how often it was dropped, whatever the run is doing.
#[derive(Clone, Default)]
struct Dropped(Arc<AtomicU32>);

impl Dropped {
    fn count(&self) -> u32 {
        self.0.load(SeqCst)
    }
}

/// Calls a closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn kinds(report: &Report) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = report.findings.iter().map(|found| found.finding.kind).collect();
    kinds.dedup();
    kinds
}

#[test]
fn mains_return_cuts_output_off() {
    let report = explored(|| go(|| println!("late")));
    let outputs: Vec<_> = report.outcomes.keys().map(|o| o.stdout.as_str()).collect();
    assert_eq!(outputs, ["", "late\n"]);
    assert_eq!(kinds(&report), [Kind::CutOff]);
    assert!(!report.failed());
}

#[test]
fn a_goroutine_that_only_had_to_return_is_not_cut_off() {
    let report = explored(|| {
        let wg = WaitGroup::new();
        wg.add(1);
        go!(wg => { wg.done() });
        wg.wait();
    });
    assert_eq!(kinds(&report), []);
}

#[test]
fn a_sleeper_is_cut_off_and_not_leaked() {
    let run = in_order(|| {
        go(|| time::sleep(Duration::from_secs(3600)));
        time::sleep(Duration::from_millis(1));
    });
    assert!(run.found(Kind::CutOff).is_some() && run.found(Kind::Leak).is_none());
}

#[test]
fn blocked_when_nothing_can_move_any_more_is_leaked() {
    let run = in_order(|| {
        let c = chan::<u8>(0);
        go!(c => { c.recv(); });
        time::sleep(Duration::from_millis(1));
    });
    let leak = run.found(Kind::Leak).expect("the receiver leaks");
    assert!(leak.places.iter().all(|place| place.starts_with("tests/it/endings.rs:")), "{leak:?}");
}

#[test]
fn a_goroutine_that_someone_will_still_wake_is_not_leaked() {
    let run = in_order(|| {
        let c = chan::<u8>(0);
        go!(c => { c.recv(); });
        go!(c => {
            time::sleep(Duration::from_secs(5));
            c.send(1);
        });
        time::sleep(Duration::from_millis(1));
    });
    assert!(run.found(Kind::Leak).is_none());
}

#[test]
fn the_rest_is_looked_at_for_some_steps_and_ten_times_that_in_each_16th_schedule() {
    // 1,000 steps, as many as the run took, and 100 for each goroutine: some 1,200 here.
    let leak = |steps, index| {
        let run = Sim::new().strategy("fifo").index(index).run(move || {
            let c = chan::<u8>(0);
            go!(c => { c.recv(); });
            go!(c => {
                time::sleep(Duration::from_millis(2));
                for _ in 0..steps {
                    runtime::gosched();
                }
                drop(c);
            });
            time::sleep(Duration::from_millis(1));
        });
        run.found(Kind::Leak).is_some()
    };
    assert_eq!([500, 5_000, 50_000].map(|steps| leak(steps, 14)), [true, false, false]);
    assert_eq!([500, 5_000, 50_000].map(|steps| leak(steps, 15)), [true, true, false]);
}

#[test]
fn who_is_blocked_while_others_are_still_busy_is_a_suspect_and_fails_nothing() {
    let report = Explore::new().strategy("fifo").schedules(15).keep_going().run(|| {
        let c = chan::<u8>(0);
        go!(c => { c.recv(); });
        go(|| {
            loop {
                time::sleep(Duration::from_millis(2));
            }
        });
        time::sleep(Duration::from_millis(1));
    });
    assert!(!report.failed() && report.found(Kind::Leak).is_none(), "{report}");
    let note = &report.found(Kind::CutOff).expect("who is busy is cut off").finding.text;
    assert!(note.contains("perhaps a leak: goroutine started at tests/it/endings.rs:"), "{note}");
    assert!(note.contains("still blocked in chan receive"), "{note}");
}

#[test]
fn what_ends_a_program_ends_only_its_goroutine_once_main_has_returned() {
    let ends: [fn(); 3] =
        [|| panic!("too late"), || goseed::os::exit(3), || RawMutex::new().unlock()];
    for end in ends {
        let run = in_order(move || {
            let c = chan(0);
            go!(c => {
                c.recv();
                time::sleep(Duration::from_secs(1));
            });
            go(move || {
                time::sleep(Duration::from_secs(1));
                goseed::defer! { c.send(()) }
                end();
            });
            time::sleep(Duration::from_millis(1));
        });
        assert_eq!((run.exit.code(), run.stderr.as_str()), (0, ""));
        let kinds: Vec<Kind> = run.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds, [Kind::CutOff, Kind::CutOff], "{:?}", run.findings);
    }
}

#[test]
fn a_panic_ends_the_program_with_its_text_and_exit_2() {
    let run = in_order(|| {
        go(|| panic!("something went wrong"));
        time::sleep(Duration::from_secs(1));
        println!("main continues");
    });
    assert_eq!((run.exit.code(), run.stdout.as_str()), (2, ""));
    assert!(run.stderr.starts_with("panic: something went wrong\n\ngoroutine "), "{}", run.stderr);
    assert!(run.stderr.contains(" [running]:"), "{}", run.stderr);
}

#[test]
fn a_panic_is_found_also_where_main_returned_first() {
    let report = explored(|| {
        go(|| panic!("lost or not"));
        runtime::gosched();
    });
    let exits: Vec<_> = report.outcomes.keys().map(|o| o.exit.as_str()).collect();
    assert_eq!(exits, ["panic: lost or not", "returned"]);
    let texts = report.findings.iter().filter(|found| found.finding.kind == Kind::Panic);
    assert!(texts.clone().any(|found| found.finding.text.contains("lost: main returned first")));
}

#[test]
fn everybody_asleep_is_a_deadlock_with_gos_text() {
    let run = in_order(|| {
        chan::<u8>(0).recv();
    });
    assert_eq!(run.exit.code(), 2);
    let text = "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:";
    assert!(run.stderr.starts_with(text), "{}", run.stderr);
    assert!(run.found(Kind::Deadlock).is_some());
}

#[test]
fn goexit_in_main_with_nobody_left_is_a_deadlock_of_its_own() {
    let run = in_order(|| runtime::goexit());
    let text = "fatal error: no goroutines (main called runtime.Goexit) - deadlock!";
    assert!(run.stderr.starts_with(text), "{}", run.stderr);
}

#[test]
fn a_fatal_error_cannot_be_recovered() {
    let run = in_order(|| {
        let _ = recover(|| RawMutex::new().unlock());
        println!("never");
    });
    assert_eq!((run.exit.code(), run.stdout.as_str()), (2, ""));
    assert!(run.stderr.starts_with("fatal error: sync: unlock of unlocked mutex"));
}

#[test]
fn exit_runs_no_deferred_call_that_can_be_heard() {
    let run = in_order(|| {
        goseed::defer! { println!("deferred") }
        goseed::os::exit(3);
    });
    assert_eq!((run.exit.code(), run.stdout.as_str()), (3, ""));
    assert!(run.found(Kind::NonZeroExit).is_some());
}

#[test]
fn the_step_limit_names_who_spins() {
    let run = Sim::new().steps(10_000).run(|| {
        loop {
            runtime::gosched();
        }
    });
    assert_eq!(run.exit, goseed::Exit::StepLimit);
    let found = run.found(Kind::StepLimit).expect("it never ends");
    assert!(
        found.text.starts_with("step limit: g1 main only spins at tests/it/endings.rs:"),
        "{found:?}"
    );
}

#[test]
fn a_worker_whose_jobs_are_closed_and_that_nobody_cancels_is_named() {
    let run = Sim::new().steps(10_000).run(|| {
        let (ctx, _cancel) = context::with_cancel(&context::background());
        let (jobs, exited) = (chan::<u32>(2), chan::<()>(0));
        let worker = exited.clone();
        jobs.send(1);
        jobs.close();
        go_named("worker", move || {
            loop {
                select! {
                    recv(jobs) -> _ => {}
                    recv(ctx.done()) -> _ => break,
                }
            }
            worker.send(());
        });
        exited.recv();
    });
    let found = run.found(Kind::StepLimit).expect("nobody cancels it");
    assert!(found.text.starts_with("step limit: g2 main/0 (worker) only spins"), "{found:?}");
}

#[test]
#[should_panic(expected = "at least one is needed")]
fn a_check_of_no_schedule_is_refused() {
    Explore::new().schedules(0).check(|| {});
}

// ---- how the rest dies

#[test]
fn values_of_the_dead_are_dropped_once() {
    for seed in 0..50 {
        let dropped = Dropped::default();
        let seen = dropped.clone();
        Sim::new().seed(seed).strategy("random").run(move || {
            let c = chan::<u8>(0);
            let counter = dropped.clone();
            let guard = OnDrop(move || {
                counter.0.fetch_add(1, SeqCst);
            });
            go(move || {
                let _guard = guard;
                c.recv();
            });
            runtime::gosched();
        });
        assert_eq!(seen.count(), 1, "seed {seed}");
    }
}

#[test]
fn a_destructor_locks_what_another_dead_goroutine_holds() {
    let locked = Dropped::default();
    let seen = locked.clone();
    let run = in_order(move || {
        let (m, c) = (Mutex::new(0), chan::<u8>(0));
        let (counter, mine) = (locked.clone(), m.clone());
        let late = OnDrop(move || {
            *mine.lock() += 1;
            counter.0.fetch_add(1, SeqCst);
        });
        go!(c => {
            let _late = late;
            c.recv();
        });
        go!(m, c => {
            let _held = m.lock();
            c.recv();
        });
        time::sleep(Duration::from_millis(1));
    });
    assert_eq!(seen.count(), 1, "the lock was handed on while they died");
    assert!(run.found(Kind::Stranded).is_none());
}

#[test]
fn a_destructor_that_sends_with_nobody_left_ends_neutrally() {
    let after = Dropped::default();
    let seen = after.clone();
    let run = in_order(move || {
        let (c, never) = (chan(0), chan::<u8>(0));
        let counter = after.clone();
        let sender = OnDrop(move || {
            c.send(1);
            counter.0.fetch_add(1, SeqCst);
        });
        go(move || {
            let _sender = sender;
            never.recv();
        });
        time::sleep(Duration::from_millis(1));
    });
    assert_eq!(seen.count(), 1, "send dropped its value and returned");
    assert!(run.found(Kind::Stranded).is_none());
}

#[test]
fn in_a_defer_body_an_operation_that_can_never_go_on_is_cut() {
    let after = Dropped::default();
    let (seen, counter) = (after.clone(), after);
    in_order(move || {
        let (c, never) = (chan(0), chan::<u8>(0));
        let counter = counter.clone();
        go(move || {
            goseed::defer! {
                c.send(1);
                counter.0.fetch_add(1, SeqCst);
            }
            never.recv();
        });
        time::sleep(Duration::from_millis(1));
    });
    assert_eq!(seen.count(), 0, "nothing after the send ran");
}

#[test]
fn a_panic_in_a_defer_body_while_dying_is_caught() {
    let run = in_order(|| {
        let never = chan::<u8>(0);
        go!(never => {
            goseed::defer! { panic!("in the deferred call") }
            never.recv();
        });
        time::sleep(Duration::from_millis(1));
    });
    assert_eq!(run.exit.code(), 0);
    assert!(run.found(Kind::Panic).is_none());
}

#[test]
fn an_unstarted_closure_is_dropped_where_its_destructor_can_lock() {
    let locked = Dropped::default();
    let seen = locked.clone();
    let run = in_order(move || {
        let m = Mutex::new(0);
        let counter = locked.clone();
        let captured = OnDrop(move || {
            *m.lock() += 1;
            counter.0.fetch_add(1, SeqCst);
        });
        go(move || drop(captured));
    });
    assert_eq!((seen.count(), run.exit.code()), (1, 0));
}

#[test]
fn who_catches_the_end_gets_it_again_at_the_next_operation() {
    let caught = Dropped::default();
    let seen = caught.clone();
    in_order(move || {
        let (never, counter) = (chan::<u8>(0), caught.clone());
        go(move || {
            let _ = catch_unwind(AssertUnwindSafe(|| never.recv()));
            counter.0.fetch_add(1, SeqCst);
            never.recv();
            counter.0.fetch_add(100, SeqCst);
        });
        time::sleep(Duration::from_millis(1));
    });
    assert_eq!(seen.count(), 1);
}

#[test]
fn who_catches_the_end_for_ever_is_stranded_and_the_process_goes_on() {
    let run = in_order(|| {
        let never = chan::<u8>(0);
        go(move || {
            loop {
                let _ = catch_unwind(AssertUnwindSafe(|| never.recv()));
            }
        });
        time::sleep(Duration::from_millis(1));
    });
    assert!(run.found(Kind::Stranded).is_some(), "{:?}", run.findings);
}

#[test]
fn a_destructor_that_would_have_to_own_a_lock_is_stranded() {
    let run = in_order(|| {
        let m = RawMutex::new();
        m.lock();
        let mine = m.clone();
        let late = OnDrop(move || mine.lock());
        let never = chan::<u8>(0);
        go(move || {
            let _late = late;
            never.recv();
        });
        time::sleep(Duration::from_millis(1));
    });
    assert!(run.found(Kind::Stranded).is_some(), "{:?}", run.findings);
}

#[test]
fn a_sleep_in_a_destructor_returns_at_once() {
    let run = in_order(|| {
        let never = chan::<u8>(0);
        go!(never => {
            let _late = OnDrop(|| time::sleep(Duration::from_secs(3600)));
            never.recv();
        });
        time::sleep(Duration::from_millis(1));
    });
    assert_eq!((run.exit.code(), run.elapsed), (0, Duration::from_millis(1)));
}

#[test]
fn misuse_in_a_destructor_of_the_dying_ends_neutrally() {
    let run = in_order(|| {
        let (never, c) = (chan::<u8>(0), chan::<u8>(0));
        c.close();
        let late = OnDrop(move || {
            c.send(1);
            WaitGroup::new().done();
        });
        go(move || {
            let _late = late;
            never.recv();
        });
        time::sleep(Duration::from_millis(1));
    });
    assert_eq!(run.exit.code(), 0);
}

// ---- misuse while a panic unwinds

/// The same in Go's own order and on two workers.
fn on_both(main: impl Fn() + Clone + Send + Sync + 'static) -> [Run; 2] {
    [in_order(main.clone()), Multicore::new().procs(2).run(main)]
}

fn unlock_a_free_mutex() {
    RawMutex::new().unlock();
}

fn unlock_a_free_rwmutex() {
    RawRwMutex::new().runlock();
}

#[test]
fn a_fatal_error_in_a_deferred_call_is_one_though_its_panic_would_be_recovered() {
    for (misuse, text) in [
        (unlock_a_free_mutex as fn(), "fatal error: sync: unlock of unlocked mutex"),
        (unlock_a_free_rwmutex, "fatal error: sync: RUnlock of unlocked RWMutex"),
    ] {
        let runs = on_both(move || {
            let _ = recover(|| {
                goseed::defer! { misuse() }
                panic!("first");
            });
            println!("never heard");
        });
        for run in runs {
            assert_eq!((run.exit.to_string(), run.exit.code()), (text.to_owned(), 2));
            assert_eq!(run.stdout, "");
        }
    }
}

#[test]
fn a_fatal_error_in_a_destructor_is_one_though_nothing_can_be_thrown_there() {
    let runs = on_both(|| {
        let _ = recover(|| {
            let _late = OnDrop(unlock_a_free_mutex);
            panic!("first");
        });
        println!("never heard");
    });
    for run in runs {
        let text = "fatal error: sync: unlock of unlocked mutex";
        assert_eq!((run.exit.to_string(), run.stdout), (text.to_owned(), String::new()));
    }
}

#[test]
fn misuse_while_a_panic_unwinds_takes_its_place() {
    let misuse = || {
        let c = chan::<u8>(0);
        c.close();
        c.send(1);
    };
    let runs = on_both(move || {
        let in_a_deferred_call = recover(|| {
            goseed::defer! { misuse() }
            panic!("first");
        });
        let in_a_destructor = recover(|| {
            let _late = OnDrop(misuse);
            panic!("first");
        });
        for panic in [in_a_deferred_call, in_a_destructor] {
            println!("{}", panic.expect_err("it panics").message());
        }
    });
    for run in runs {
        assert_eq!(run.stdout, "send on closed channel\n".repeat(2), "{:?}", run.exit);
    }
}

#[test]
fn misuse_in_a_destructor_while_goexit_unwinds_is_a_panic() {
    let runs = on_both(|| {
        go(|| {
            let _late = OnDrop(|| WaitGroup::new().done());
            runtime::goexit();
        });
        time::sleep(Duration::from_secs(1));
    });
    for run in runs {
        assert_eq!(run.exit.to_string(), "panic: sync: negative WaitGroup counter");
    }
}

#[test]
fn a_thousand_runs_that_end_with_a_hundred_blocked_goroutines() {
    let report = Explore::new().schedules(1_000).keep_going().run(|| {
        let c = chan::<u8>(0);
        for _ in 0..100 {
            go!(c => {
                goseed::defer! { println!("never heard") }
                c.recv();
            });
        }
        runtime::gosched();
    });
    assert_eq!(report.schedules, 1_000);
}

// ---- panics

#[test]
fn deferred_calls_run_in_reverse_order_and_their_panics_chain() {
    let run = in_order(|| {
        goseed::defer! { println!("first") }
        goseed::defer! { panic!("b") }
        panic!("a");
    });
    assert_eq!(run.stdout, "first\n");
    assert!(run.stderr.starts_with("panic: a\n\tpanic: b\n"), "{}", run.stderr);
}

#[test]
fn recover_lets_goexit_through() {
    let run = in_order(|| {
        let wg = WaitGroup::new();
        wg.add(1);
        go!(wg => {
            goseed::defer! { wg.done() }
            let _ = recover(|| runtime::goexit());
            println!("never");
        });
        wg.wait();
    });
    assert_eq!((run.exit.code(), run.stdout.as_str()), (0, ""));
}

#[test]
fn panicking_is_of_this_goroutine_only() {
    let report = explored(|| {
        let (a, b) = (chan::<u8>(0), chan::<bool>(1));
        go!(a => {
            let _ = recover(|| {
                let _wait = OnDrop(|| {
                    a.recv();
                });
                panic!("unwinds slowly");
            });
        });
        runtime::gosched();
        go!(b => { b.send(goseed::panicking()) });
        assert_eq!(b.recv(), Some(false));
        a.send(1);
    });
    assert!(!report.failed(), "{report}");
}
