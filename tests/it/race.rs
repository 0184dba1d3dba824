//! What orders two accesses and what does not, edge by edge, as Go's memory model and its detector see it.
#![expect(clippy::doc_markdown, reason = "Go's names stand in brackets, as in the book")]

use std::time::Duration;

use goseed::prelude::*;
use goseed::sync::atomic::AtomicI64;
use goseed::sync::{Cond, Map, Once, Pool, RawMutex, RawRwMutex};
use goseed::{Explore, Finding, Kind, Sim, context, time};

const MS: Duration = Duration::from_millis(1);

/// The races of a program in some schedules, whatever else they show.
fn races<F: Fn() + Send + Sync + 'static>(main: F) -> Vec<Finding> {
    let report = Explore::new().strategy("random").schedules(60).keep_going().run(main);
    let found = report.findings.into_iter().map(|found| found.finding);
    found.filter(|finding| finding.kind == Kind::Race).collect()
}

#[track_caller]
fn ordered<F: Fn() + Send + Sync + 'static>(main: F) {
    let races = races(main);
    assert!(races.is_empty(), "{}", races[0].text);
}

#[track_caller]
fn unordered<F: Fn() + Send + Sync + 'static>(main: F) {
    assert!(!races(main).is_empty(), "no race was found");
}

// ---- go

#[test]
fn a_go_statement_comes_before_its_goroutine() {
    ordered(|| {
        let x = Var::new(0);
        x.set(1);
        go!(x => { x.get(); });
    });
}

#[test]
fn what_the_starter_does_next_is_unordered_with_the_goroutine() {
    unordered(|| {
        let x = Var::new(0);
        go!(x => { x.get(); });
        x.set(1);
    });
}

#[test]
fn the_end_of_a_goroutine_comes_before_nothing() {
    unordered(|| {
        let x = Var::new(0);
        go!(x => { x.set(1) });
        time::sleep(MS);
        x.get();
    });
}

#[test]
fn reads_do_not_race() {
    ordered(|| {
        let x = Var::new(0);
        go!(x => { x.get(); });
        x.get();
    });
}

// ---- channels

#[test]
fn a_send_comes_before_its_receive() {
    for cap in [0, 1, 3] {
        ordered(move || {
            let (x, c) = (Var::new(0), chan(cap));
            go!(x, c => {
                x.set(1);
                c.send(1);
            });
            c.recv();
            x.get();
        });
    }
}

#[test]
fn an_unbuffered_receive_comes_before_the_end_of_its_send() {
    ordered(|| {
        let (x, c) = (Var::new(0), chan(0));
        go!(x, c => {
            x.set(1);
            c.recv();
        });
        c.send(1);
        x.get();
    });
}

#[test]
fn a_buffered_receive_does_not_come_before_the_end_of_its_send() {
    unordered(|| {
        let (x, c) = (Var::new(0), chan(1));
        go!(x, c => {
            x.set(1);
            c.recv();
        });
        c.send(1);
        x.get();
    });
}

#[test]
fn a_receive_comes_before_the_send_that_uses_its_slot_again() {
    ordered(|| {
        let (x, c) = (Var::new(0), chan(1));
        c.send(0);
        go!(x, c => {
            x.set(1);
            c.recv();
        });
        c.send(1);
        x.get();
    });
}

#[test]
fn a_channel_with_room_for_two_is_no_mutex() {
    unordered(|| {
        let (x, c, wg) = (Var::new(0), chan(2), WaitGroup::new());
        for n in 0..2 {
            let (x, c) = (x.clone(), c.clone());
            wg.go(move || {
                c.send(n);
                x.set(n);
                c.recv();
            });
        }
        wg.wait();
    });
}

#[test]
fn a_channel_with_room_for_one_is_a_mutex() {
    ordered(|| {
        let (x, c, wg) = (Var::new(0), chan(1), WaitGroup::new());
        for n in 0..3 {
            let (x, c) = (x.clone(), c.clone());
            wg.go(move || {
                c.send(n);
                x.set(n);
                c.recv();
            });
        }
        wg.wait();
    });
}

#[test]
fn a_close_comes_before_the_receive_that_sees_it() {
    ordered(|| {
        let (x, c) = (Var::new(0), chan::<i32>(0));
        go!(x, c => {
            x.set(1);
            c.close();
        });
        c.recv();
        x.get();
    });
}

#[test]
fn two_senders_are_unordered() {
    unordered(|| {
        let (x, c) = (Var::new(0), chan(2));
        for n in 0..2 {
            go!(x, c => {
                x.set(n);
                c.send(n);
            });
        }
        c.recv();
        c.recv();
    });
}

/// Go 152: a length orders nothing [TestRaceChanSendLen].
#[test]
fn a_length_orders_nothing() {
    unordered(|| {
        let (x, c) = (Var::new(0), chan(1));
        go!(x, c => {
            x.set(1);
            c.send(1);
        });
        while c.is_empty() {
            runtime::gosched();
        }
        x.get();
    });
}

#[test]
fn a_select_orders_as_the_case_that_it_took() {
    ordered(|| {
        let (x, c, never) = (Var::new(0), chan(0), chan::<i32>(0));
        go!(x, c => {
            x.set(1);
            c.send(1);
        });
        select! {
            recv(c) -> _ => {},
            recv(never) -> _ => {},
        }
        x.get();
    });
    unordered(|| {
        let (x, c) = (Var::new(0), chan(1));
        go!(x, c => {
            x.set(1);
            c.send(1);
        });
        select! {
            recv(c) -> _ => {},
            default => { x.get(); },
        }
    });
}

// ---- the detector's own rules

/// Go 152: a close that nothing orders with a send is a race [TestRaceChanCloseSend].
#[test]
fn an_unordered_close_and_send_are_a_race_even_where_they_do_no_harm() {
    unordered(|| {
        let c = chan(1);
        go!(c => { c.send(1) });
        time::sleep(MS);
        c.close();
    });
}

#[test]
fn a_close_after_a_send_that_was_received_is_no_race() {
    ordered(|| {
        let c = chan(0);
        go!(c => { c.send(1) });
        c.recv();
        c.close();
    });
}

#[test]
fn a_receive_and_a_length_race_with_no_close() {
    ordered(|| {
        let c = chan::<i32>(1);
        go!(c => { c.recv(); });
        c.len();
        c.close();
    });
}

/// Go 152: values without a size share a clock [TestNoRaceElemSize0].
#[test]
fn empty_values_share_one_clock_on_which_edges_accumulate() {
    let program = |x: Var<i32>, c: Chan<()>| {
        go!(x, c => {
            x.set(1);
            c.send(());
        });
        time::sleep(MS);
        c.send(());
        c.recv();
        c.recv();
        x.get();
    };
    ordered(move || program(Var::new(0), chan(2)));
    // With one slot in between it is the sends' common clock alone that orders these.
    ordered(|| {
        let (x, c) = (Var::new(0), chan::<()>(2));
        go!(x, c => {
            x.set(1);
            c.send(());
        });
        time::sleep(MS);
        c.send(());
        x.get();
    });
    unordered(|| {
        let (x, c) = (Var::new(0), chan::<u8>(2));
        go!(x, c => {
            x.set(1);
            c.send(0);
        });
        time::sleep(MS);
        c.send(0);
        x.get();
    });
}

#[test]
fn the_first_add_races_with_the_first_wait_that_blocks() {
    unordered(|| {
        let wg = WaitGroup::new();
        go!(wg => {
            wg.add(1);
            time::sleep(MS);
            wg.done();
        });
        runtime::gosched();
        wg.wait();
    });
}

// ---- locks

/// Go 152: an unlock comes before the next lock [TestNoRaceMutexPureHappensBefore].
#[test]
fn an_unlock_comes_before_the_next_lock() {
    ordered(|| {
        let (x, mu) = (Var::new(0), RawMutex::new());
        go!(x, mu => {
            mu.lock();
            x.set(1);
            mu.unlock();
        });
        mu.lock();
        x.get();
        mu.unlock();
    });
}

#[test]
fn a_failed_try_lock_orders_nothing() {
    unordered(|| {
        let (x, mu) = (Var::new(0), RawMutex::new());
        go!(x, mu => {
            x.set(1);
            mu.lock();
        });
        time::sleep(MS);
        if !mu.try_lock() {
            x.get();
        }
    });
}

#[test]
fn readers_come_before_the_next_writer_and_not_before_each_other() {
    ordered(|| {
        let (x, rw) = (Var::new(0), RawRwMutex::new());
        for _ in 0..2 {
            go!(x, rw => {
                rw.rlock();
                x.get();
                rw.runlock();
            });
        }
        rw.lock();
        x.set(1);
        rw.unlock();
    });
    unordered(|| {
        let (x, rw) = (Var::new(0), RawRwMutex::new());
        go!(x, rw => {
            rw.rlock();
            x.set(1);
            rw.runlock();
        });
        rw.rlock();
        x.get();
        rw.runlock();
    });
}

// ---- the rest of sync

#[test]
fn done_comes_before_the_end_of_wait() {
    ordered(|| {
        let (all, wg) = ([Var::new(0), Var::new(0)], WaitGroup::new());
        for x in all.clone() {
            wg.go(move || x.set(1));
        }
        wg.wait();
        for x in &all {
            x.get();
        }
    });
}

#[test]
fn done_does_not_come_before_done() {
    unordered(|| {
        let (x, wg) = (Var::new(0), WaitGroup::new());
        for n in 0..2 {
            let x = x.clone();
            wg.go(move || x.set(n));
        }
        wg.wait();
    });
}

#[test]
fn what_a_once_does_comes_before_every_return_of_it() {
    ordered(|| {
        let (x, once) = (Var::new(0), Once::new());
        for _ in 0..3 {
            go!(x, once => {
                once.call(|| x.set(1));
                x.get();
            });
        }
        time::sleep(MS);
    });
}

#[test]
fn a_signal_alone_orders_nothing_to_gos_detector() {
    unordered(|| {
        let mu = RawMutex::new();
        let (x, cond) = (Var::new(0), Cond::new(mu.clone()));
        go!(x, cond => {
            time::sleep(MS);
            x.set(1);
            cond.signal();
        });
        mu.lock();
        cond.wait();
        x.get();
        mu.unlock();
    });
}

#[test]
fn a_map_and_a_pool_hand_over_what_they_hold() {
    ordered(|| {
        let (x, map) = (Var::new(0), Map::<i32, i32>::new());
        go!(x, map => {
            x.set(1);
            map.store(1, 1);
        });
        if map.load(&1).is_some() {
            x.get();
        }
    });
    ordered(|| {
        let (x, pool) = (Var::new(0), Pool::new());
        go!(x, pool => {
            x.set(1);
            pool.put(1);
        });
        if pool.get().is_some() {
            x.get();
        }
    });
}

// ---- atomics

#[test]
fn a_store_comes_before_the_load_that_sees_it() {
    ordered(|| {
        let (x, flag) = (Var::new(0), AtomicI64::new(0));
        go!(x, flag => {
            x.set(1);
            flag.store(1);
        });
        if flag.load() == 1 {
            x.get();
        }
    });
}

#[test]
fn a_plain_access_beside_atomic_ones_is_a_race_and_they_alone_are_none() {
    ordered(|| {
        let n = AtomicI64::new(0);
        go!(n => { n.add(1); });
        n.add(1);
        n.load();
    });
    unordered(|| {
        let n = AtomicI64::new(0);
        go!(n => { n.add(1); });
        n.plain_get();
    });
    unordered(|| {
        let n = AtomicI64::new(0);
        go!(n => { n.load(); });
        n.plain_set(1);
    });
}

// ---- contexts and time

#[test]
fn a_cancel_comes_before_all_who_see_it() {
    ordered(|| {
        let (x, (ctx, cancel)) = (Var::new(0), context::with_cancel(&context::background()));
        let (child, _cancel) = context::with_cancel(&ctx);
        go!(x => {
            x.set(1);
            cancel();
        });
        child.done().recv();
        x.get();
    });
    ordered(|| {
        let (x, (ctx, cancel)) = (Var::new(0), context::with_cancel(&context::background()));
        go!(x => {
            x.set(1);
            cancel();
        });
        if ctx.err().is_some() {
            x.get();
        }
    });
}

#[test]
fn a_cancel_and_the_registration_come_before_what_runs_after_it() {
    ordered(|| {
        let (x, y) = (Var::new(0), Var::new(0));
        let (ctx, cancel) = context::with_cancel(&context::background());
        go!(x => {
            time::sleep(MS);
            x.set(1);
            cancel();
        });
        y.set(1);
        let _stop = context::after_func(&ctx, move || {
            x.get();
            y.get();
        });
        time::sleep(2 * MS);
    });
}

#[test]
fn arming_a_timer_comes_before_its_fire() {
    ordered(|| {
        let x = Var::new(0);
        x.set(1);
        let y = x.clone();
        time::after_func(MS, move || {
            y.get();
        });
        time::sleep(2 * MS);
    });
    ordered(|| {
        let (x, timer) = (Var::new(0), Timer::new(MS));
        go!(x, timer => {
            x.set(1);
            timer.reset(2 * MS);
        });
        timer.stop();
    });
}

#[test]
fn two_timers_and_the_passing_of_time_order_nothing() {
    unordered(|| {
        let x = Var::new(0);
        let y = x.clone();
        time::after_func(MS, move || y.set(1));
        let y = x.clone();
        time::after_func(2 * MS, move || y.set(2));
        time::sleep(3 * MS);
    });
}

// ---- findings

#[test]
fn a_race_is_found_in_every_schedule_and_also_after_mains_return() {
    let report = Explore::new().schedules(100).keep_going().run(|| {
        let x = Var::new(0);
        go!(x => { x.set(1) });
        go!(x => { x.set(2) });
    });
    let found = report.found(Kind::Race).expect("they race");
    assert_eq!((found.count, found.fails), (100, true));
}

/// Go 153: a race is reported in Go's layout; the exit code is 66 if it would have been 0 [TestOutput (race)].
#[test]
fn a_race_is_laid_out_as_in_go() {
    let run = Sim::new().strategy("fifo").run(|| {
        let (x, wg) = (Var::new(0), WaitGroup::new());
        for n in 0..2 {
            let x = x.clone();
            wg.go(move || x.set(n));
        }
        wg.wait();
    });
    let race = run.findings.iter().find(|finding| finding.kind == Kind::Race).expect("they race");
    let shape: Vec<&str> =
        race.text.lines().map(|line| line.split(" at ").next().unwrap()).collect();
    assert_eq!(shape[0], "WARNING: DATA RACE on var#1: write");
    assert_eq!((shape[1], shape[3]), ("Write", "Previous write"));
    assert!(
        race.text.contains("\nGoroutine 3 (") && race.text.contains(") created at:\n  tests/it/")
    );
    assert_eq!(race.goroutines.len(), 2);
    assert_eq!(race.places.len(), 1, "both are on one line");
}

#[test]
fn looking_for_races_changes_no_decision() {
    fn program() {
        let (x, c, mu) = (Var::new(0), chan(1), RawMutex::new());
        for n in 0..3 {
            go!(x, c, mu => {
                x.update(|x| x + n);
                mu.lock();
                c.send(n);
                mu.unlock();
            });
        }
        for _ in 0..3 {
            c.recv();
        }
        goseed::println!("{}", x.get());
    }
    for strategy in ["random", "pct:3", "mix", "dpor"] {
        let explored = |on| {
            let explore = Explore::new().strategy(strategy).schedules(200).keep_going();
            explore.allow(Kind::Race).races(on).run(program)
        };
        let (with, without) = (explored(true), explored(false));
        assert_eq!((with.steps, with.distinct), (without.steps, without.distinct), "{strategy}");
        let counts =
            |of: &goseed::Report| -> Vec<u64> { of.outcomes.values().map(|s| s.count).collect() };
        assert_eq!(counts(&with), counts(&without), "{strategy}");
        assert!(with.found(Kind::Race).is_some() && without.found(Kind::Race).is_none());
    }
}
