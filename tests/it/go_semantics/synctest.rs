//! The simulator as a world for tests, which gives what Go's `testing/synctest` does, and with mutexes too.
//!
//! Go 144: not applicable: a timer of another run cannot be used; its handle says so.
//! Go 148: not applicable: a channel of another run cannot be used; its handle says so.

use goseed::prelude::*;
use goseed::sync::atomic::AtomicI64;
use goseed::time::{Ticker, Timer};
use goseed::{Sim, println};

use super::{in_order, in_sim};

const SECOND: Duration = Duration::from_secs(1);

/// Go 141: time moves by exactly what was slept, and is the same for everybody [TestNow, TestTime].
#[test]
fn time_moves_by_what_was_slept() {
    in_sim(|| {
        let start = time::now();
        let seen = chan(2);
        for n in 1..=2 {
            go!(seen => {
                time::sleep(n * SECOND);
                seen.send((n, time::since(start)));
            });
        }
        assert_eq!([seen.recv(), seen.recv()], [1, 2].map(|n| Some((n, n * SECOND))));
        assert_eq!(time::since(start), 2 * SECOND);
    });
    let elapsed = Sim::new().run(|| time::sleep(Duration::from_secs(86_400 * 365))).elapsed;
    assert_eq!(elapsed, Duration::from_secs(86_400 * 365));
}

/// Go 142: a tick carries the time at which it was due, however late it is read [TestTimerReadBeforeDeadline, TestTimerReadAfterDeadline, TestTimerReset, TestTimerRunsImmediately, TestTimerRanInPast].
#[test]
fn ticks_carry_exact_times() {
    in_sim(|| {
        let start = time::now();
        let (before, after) = (Timer::new(SECOND), Timer::new(SECOND));
        assert_eq!(before.c().recv(), Some(start + SECOND));
        time::sleep(2 * SECOND);
        assert_eq!(after.c().recv(), Some(start + SECOND));
        after.reset(SECOND);
        assert_eq!(after.c().recv(), Some(start + 4 * SECOND));
        assert!(Timer::new(Duration::ZERO).c().try_recv().is_ok());
    });
}

/// Go 145: a world in which nothing can move is a deadlock, in main, in a child, with a ticker [TestDeadlockRoot, TestDeadlockChild, TestDeadlockTicker].
#[test]
fn a_world_that_stands_still_is_reported() {
    let exit = |main: fn()| in_order(main).exit.to_string();
    assert_eq!(exit(|| select! {}), "deadlock");
    assert_eq!(
        exit(|| {
            let wg = WaitGroup::new();
            wg.go(|| select! {});
            wg.wait();
        }),
        "deadlock"
    );
    assert_eq!(
        exit(|| {
            let _ticker = Ticker::new(SECOND);
            select! {}
        }),
        "deadlock"
    );
}

/// Go 146: waiting for idleness returns when all others are blocked or gone, and after what they did [TestWait, TestGoroutineWait, TestContextAfterFunc].
#[test]
fn wait_idle_returns_when_all_others_are_blocked() {
    in_sim(|| {
        // What is waited for is ordered; the next tick is not ordered with what is read before it.
        let (done, ticks) = (Var::new(false), AtomicI64::new(0));
        let (set, count) = (done.clone(), ticks.clone());
        go(move || {
            runtime::gosched();
            set.set(true);
        });
        go(move || {
            for n in 1.. {
                time::sleep(SECOND);
                count.store(n);
            }
        });
        runtime::wait_idle();
        assert!(done.get());
        for n in 1..4 {
            time::sleep(SECOND);
            runtime::wait_idle();
            assert_eq!(ticks.load(), n);
        }
        let (ctx, cancel) = context::with_cancel(&context::background());
        let after = Var::new(false);
        let set = after.clone();
        context::after_func(&ctx, move || set.set(true));
        cancel();
        runtime::wait_idle();
        assert!(after.get());
    });
}

/// Go 150: a mutex that is held across a sleep does not stop the clock here, as it does there [doc of package synctest].
#[test]
fn a_mutex_held_across_a_sleep_does_not_stop_the_clock() {
    in_sim(|| {
        let (m, start) = (Mutex::new(()), time::now());
        let held = m.lock();
        let (waiting, got) = (m.clone(), chan(1));
        let tell = got.clone();
        go(move || {
            drop(waiting.lock());
            tell.send(time::since(start));
        });
        time::sleep(SECOND);
        drop(held);
        assert_eq!(got.recv(), Some(SECOND));
    });
}

/// Go (TestTimersRunInRandomOrder): what is due at the same moment may run in either order.
#[test]
fn timers_of_one_moment_run_in_either_order() {
    let outputs: std::collections::BTreeSet<String> = (0..60)
        .map(|index| {
            let run = Sim::new().strategy("random").index(index).run(|| {
                let wg = WaitGroup::new();
                for n in 0..2 {
                    wg.go(move || {
                        time::sleep(SECOND);
                        println!("{n}");
                    });
                }
                wg.wait();
            });
            run.stdout
        })
        .collect();
    assert!(outputs.into_iter().eq(["0\n1\n", "1\n0\n"]));
}
