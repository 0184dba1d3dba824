//! Time.
//!
//! Go 139: not applicable: a timer that was not made by its constructor does not exist.

use std::sync::Arc;

use goseed::prelude::*;
use goseed::time::{Ticker, Timer};
use goseed::{Explore, TimeModel, rand};

use super::{holds, in_sim, on_cores};

const MILLISECOND: Duration = Duration::from_millis(1);

/// Go 128: sleeping is never too short, and no time at all is harmless [TestSleep, TestAfter, TestSleepZeroDeadlock].
#[test]
fn sleeping_is_never_too_short() {
    holds(|| {
        let start = time::now();
        time::sleep(2 * MILLISECOND);
        assert!(time::since(start) >= 2 * MILLISECOND);
        let due = time::after(MILLISECOND).recv().expect("a tick");
        assert!(due >= start + 3 * MILLISECOND && time::now() >= due);
        (0..20).for_each(|_| time::sleep(Duration::ZERO));
    });
}

/// Go 130: timers made in any order fire in the order of their times [TestAfterQueuing].
#[test]
fn timers_fire_in_the_order_of_their_times() {
    let main = || {
        let mut slots: Vec<u32> = (0..13).collect();
        rand::shuffle(&mut slots);
        let (fired, start) = (chan(13), time::now());
        // All are armed here, so that their times lie apart as the slots do, however slow it is.
        let timers: Vec<_> = slots.iter().map(|slot| start + *slot * 20 * MILLISECOND).collect();
        for (slot, due) in slots.into_iter().zip(timers) {
            let fired = fired.clone();
            time::after_func(due - time::now(), move || fired.send((slot, time::now())));
        }
        let all: Vec<_> = (0..13).filter_map(|_| fired.recv()).collect();
        assert!(all.iter().all(|(slot, at)| *at >= start + *slot * 20 * MILLISECOND));
        all
    };
    in_sim(move || assert!(main().is_sorted_by_key(|(slot, _)| *slot)));
    on_cores(move || assert_eq!(main().len(), 13));
}

/// Go 131: setting a timer anew tells whether it was pending, and it fires once [TestReset].
#[test]
fn reset_tells_whether_a_timer_was_pending() {
    holds(|| {
        let timer = Timer::new(Duration::from_secs(60));
        let start = time::now();
        assert!(timer.reset(2 * MILLISECOND));
        let due = timer.c().recv().expect("a tick");
        assert!(due >= start + 2 * MILLISECOND);
        assert!(!timer.reset(Duration::from_secs(60)), "it was read");
        assert!(timer.c().try_recv().is_err() && timer.stop());
    });
}

/// Go 133: a stop that succeeds means that nothing can be received, and one that fails that it was [TestStopResult, TestResetResult].
#[test]
fn stop_decides_between_itself_and_the_tick() {
    in_sim(|| {
        let timer = Arc::new(Timer::new(MILLISECOND));
        let (reader, got) = (Arc::clone(&timer), chan(1));
        let (quit, quitting) = (chan::<()>(0), got.clone());
        let over = quit.clone();
        go(move || {
            select! {
                recv(reader.c()) -> _ => quitting.send(true),
                recv(over) -> _ => quitting.send(false),
            }
        });
        time::sleep(MILLISECOND);
        let stopped = timer.stop();
        quit.close();
        let received = got.recv() == Some(true);
        assert!(!(stopped && received), "stopped, and received all the same");
        assert!(stopped || received, "neither stopped nor received");
    });
}

/// Go 135: a ticker keeps its period, takes another one, and is silent once it is stopped [TestTicker, TestTick, TestNewTickerLtZeroDuration, TestTickerResetLtZeroDuration].
#[test]
fn a_ticker_keeps_its_period() {
    in_sim(|| {
        let (start, ticker) = (time::now(), Ticker::new(MILLISECOND));
        let at = |n| Some(start + n * MILLISECOND);
        assert_eq!((ticker.c().recv(), ticker.c().recv()), (at(1), at(2)));
        ticker.reset(2 * MILLISECOND);
        assert_eq!((ticker.c().recv(), ticker.c().recv()), (at(4), at(6)));
        ticker.stop();
        time::sleep(5 * MILLISECOND);
        assert!(ticker.c().try_recv().is_err());
    });
    on_cores(|| {
        assert!(time::tick(Duration::ZERO).is_nil());
        let ticker = Ticker::new(MILLISECOND);
        let ticks: Vec<_> = (0..3).filter_map(|_| ticker.c().recv()).collect();
        assert!(ticks.is_sorted() && ticks.len() == 3);
        let panic = super::panic_of(|| drop(Ticker::new(Duration::ZERO)));
        assert_eq!(panic, "non-positive interval for NewTicker");
        let panic = super::panic_of(|| ticker.reset(Duration::ZERO));
        assert_eq!(panic, "non-positive interval for Ticker.Reset");
    });
}

/// Go 136: many goroutines share one ticker; each tick goes to one of them [TestTickerConcurrentStress, TestMultiWakeupTicker].
#[test]
fn a_tick_goes_to_one_of_many() {
    holds(|| {
        let (ticker, ticks, wg) = (Arc::new(Ticker::new(MILLISECOND)), chan(6), WaitGroup::new());
        for _ in 0..3 {
            let (ticker, ticks) = (Arc::clone(&ticker), ticks.clone());
            wg.go(move || {
                for _ in 0..2 {
                    ticks.send(ticker.c().recv());
                }
            });
        }
        wg.wait();
        let mut all: Vec<_> = (0..6).filter_map(|_| ticks.recv()).collect();
        all.sort();
        assert!(all.is_sorted_by(|a, b| a < b), "a tick came twice");
    });
}

/// Go 138: timers of no time, of a past time, and often moved ones all fire [TestZeroTimer, TestTimerModifiedEarlier, TestAdjustTimers].
#[test]
fn moved_timers_fire() {
    holds(|| {
        (0..10).for_each(|_| assert!(Timer::new(Duration::ZERO).c().recv().is_some()));
        let timer = Timer::new(Duration::from_secs(3_600));
        for millis in [60_000, 5_000, 40, 1] {
            assert!(timer.reset(Duration::from_millis(millis)));
        }
        assert!(timer.c().recv().is_some());
        let timers: Vec<_> = (0..8).map(|n| Timer::new(n * MILLISECOND)).collect();
        timers.iter().rev().for_each(|timer| assert!(timer.c().recv().is_some()));
    });
}

/// Go 140: goroutines that never stop talking do not keep a timer from firing [TestTimerFairness, TestAfterFuncStarvation].
#[test]
fn chatter_does_not_starve_a_timer() {
    let main = || {
        let (a, b, due) = (chan(0), chan(0), time::after(2 * MILLISECOND));
        go!(a, b => { for n in &a { b.send(n) } });
        loop {
            select! {
                recv(due) -> _ => break,
                send(a, 1) => { b.recv(); }
            }
        }
    };
    on_cores(main);
    // Where time moves only when nobody can run, it is the strategy that may move it early.
    let explore = Explore::new().strategy("random").time(TimeModel::Racing).schedules(50);
    explore.allow(goseed::Kind::Leak).check(main);
}
