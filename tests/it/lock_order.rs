//! Locks taken in different orders are noted, also in runs in which nothing goes wrong.

use std::sync::Arc;

use goseed::prelude::*;
use goseed::{Explore, Finding, Kind, Report, Sim};

/// Takes one lock, and another one while it holds that.
fn nested(outer: &RawMutex, inner: &RawMutex) {
    outer.lock();
    inner.lock();
    inner.unlock();
    outer.unlock();
}

fn locks<const N: usize>() -> [RawMutex; N] {
    [(); N].map(|()| RawMutex::new())
}

/// The notes of the run in Go's own order, which must not go wrong.
#[track_caller]
fn noted(program: fn()) -> Vec<Finding> {
    let run = Sim::new().strategy("fifo").run(program);
    assert_eq!(run.exit.code(), 0, "{}", run.stderr);
    run.findings.into_iter().filter(|finding| finding.kind == Kind::LockOrder).collect()
}

#[track_caller]
fn nothing(program: fn()) {
    let found = noted(program);
    assert!(found.is_empty(), "{}", found[0].text);
    let explore = Explore::new().strategy("random").schedules(300).allow(Kind::Deadlock);
    let report = explore.keep_going().run(program);
    assert!(report.found(Kind::LockOrder).is_none(), "{report}");
}

/// Runs both, the second after the first in Go's own order.
fn both(first: impl FnOnce() + Send + 'static, second: impl FnOnce() + Send + 'static) {
    let wg = WaitGroup::new();
    wg.go(first);
    wg.go(second);
    wg.wait();
}

fn opposite_orders() {
    let [a, b] = locks();
    let (c, d) = (a.clone(), b.clone());
    both(move || nested(&a, &b), move || nested(&d, &c));
}

#[test]
fn opposite_orders_in_two_goroutines_are_noted_in_a_run_that_passes() {
    let found = noted(opposite_orders);
    assert_eq!(found.len(), 1);
    let text = &found[0].text;
    assert!(text.starts_with("lock order: mutex#"), "{text}");
    assert!(text.contains("g2 main/0 takes mutex#2 at tests/it/lock_order.rs:"), "{text}");
    assert!(text.contains("holding mutex#2 since tests/it/lock_order.rs:"), "{text}");
    assert_eq!(found[0].goroutines.len(), 2);
}

#[test]
fn it_is_a_note_and_the_deadlock_is_found_beside_it() {
    let report = Explore::new().schedules(500).keep_going().run(opposite_orders);
    let (note, deadlock) = (report.found(Kind::LockOrder), report.found(Kind::Deadlock));
    assert!(note.is_some_and(|note| !note.fails), "{report}");
    assert!(deadlock.is_some_and(|deadlock| deadlock.fails), "{report}");
}

#[test]
fn three_goroutines_in_a_ring_are_noted() {
    let found = noted(|| {
        let wg = WaitGroup::new();
        let all = Arc::new(locks::<3>());
        for n in 0..3 {
            let all = Arc::clone(&all);
            wg.go(move || nested(&all[n], &all[(n + 1) % 3]));
        }
        wg.wait();
    });
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].goroutines.len(), 3, "{}", found[0].text);
}

#[test]
fn whoever_keeps_to_one_order_is_not_noted() {
    let found = noted(|| {
        let (all, wg) = (Arc::new(locks::<4>()), WaitGroup::new());
        for _ in 0..1_000 {
            let all = Arc::clone(&all);
            wg.go(move || {
                all.iter().for_each(RawMutex::lock);
                all.iter().for_each(RawMutex::unlock);
            });
        }
        wg.wait();
    });
    assert!(found.is_empty(), "{}", found[0].text);
}

#[test]
fn one_goroutine_cannot_wait_for_itself() {
    nothing(|| {
        let [a, b] = locks();
        nested(&a, &b);
        nested(&b, &a);
    });
}

#[test]
fn a_common_lock_keeps_them_apart() {
    nothing(|| {
        let [gate, a, b] = locks();
        let (other, c, d) = (gate.clone(), a.clone(), b.clone());
        let gated = |gate: &RawMutex, outer: &RawMutex, inner: &RawMutex| {
            gate.lock();
            nested(outer, inner);
            gate.unlock();
        };
        both(move || gated(&gate, &a, &b), move || gated(&other, &d, &c));
    });
}

#[test]
fn what_a_join_separates_is_no_danger() {
    nothing(|| {
        let ([a, b], wg) = (locks(), WaitGroup::new());
        let (c, d) = (a.clone(), b.clone());
        wg.go(move || nested(&c, &d));
        wg.wait();
        nested(&b, &a);
    });
}

#[test]
fn readers_do_not_keep_each_other_out() {
    nothing(|| {
        let (a, b) = (Arc::new(RwMutex::new(0)), Arc::new(RwMutex::new(0)));
        let (c, d) = (Arc::clone(&a), Arc::clone(&b));
        let sum = |outer: &RwMutex<i32>, inner: &RwMutex<i32>| {
            let outer = outer.rlock();
            let inner = inner.rlock();
            assert_eq!(*outer + *inner, 0);
        };
        both(move || sum(&a, &b), move || sum(&d, &c));
    });
}

#[test]
fn readers_do_once_somebody_writes() {
    let found = noted(|| {
        let (a, b) = (Arc::new(RwMutex::new(0)), Arc::new(RwMutex::new(0)));
        let (c, d) = (Arc::clone(&a), Arc::clone(&b));
        let sum = |outer: &RwMutex<i32>, inner: &RwMutex<i32>| {
            let outer = outer.rlock();
            let mut inner = inner.lock();
            *inner += *outer;
        };
        both(move || sum(&a, &b), move || sum(&d, &c));
    });
    assert_eq!(found.len(), 1);
}

#[test]
fn an_attempt_waits_for_nobody() {
    nothing(|| {
        let [a, b] = locks();
        let (c, d) = (a.clone(), b.clone());
        let tries = |outer: &RawMutex, inner: &RawMutex| {
            outer.lock();
            if inner.try_lock() {
                inner.unlock();
            }
            outer.unlock();
        };
        both(move || tries(&a, &b), move || tries(&d, &c));
    });
}

#[test]
fn a_value_that_is_handed_over_keeps_them_apart_only_where_it_is() {
    let program = || {
        let ([a, b], done, wg) = (locks(), chan(1), WaitGroup::new());
        let (c, d, told) = (a.clone(), b.clone(), done.clone());
        wg.go(move || {
            nested(&c, &d);
            told.send(());
        });
        wg.go(move || {
            select! {
                recv(done) -> _ => {}
                default => {}
            }
            nested(&b, &a);
        });
        wg.wait();
    };
    let explore = Explore::new().strategy("random").schedules(500).allow(Kind::Deadlock);
    let report = explore.keep_going().run(program);
    let noted = report.found(Kind::LockOrder).expect("where nothing was handed over").count;
    assert!(0 < noted && noted < report.schedules, "{report}");
}

/// What a single schedule in Go's own order leads to.
fn one_schedule(program: fn()) -> Report {
    Explore::new().strategy("fifo").schedules(1).run(program)
}

#[test]
fn a_note_is_led_to_its_deadlock_which_fails_and_replays() {
    let report = one_schedule(opposite_orders);
    let deadlock = report.found(Kind::Deadlock).expect("the note leads there");
    assert!(report.failed() && deadlock.fails && deadlock.count == 0, "{report}");
    assert!(report.to_string().contains("in one that was directed there"), "{report}");
    let token = deadlock.schedule.token();
    let run = goseed::replay(&token, opposite_orders);
    assert!(run.findings.iter().any(|finding| finding.kind == Kind::Deadlock), "{run:?}");
}

#[test]
fn philosophers_whose_forks_are_taken_on_one_line_are_led_there_too() {
    let report = one_schedule(|| {
        let (wg, forks) = (WaitGroup::new(), Arc::new(locks::<3>()));
        for n in 0..3 {
            let forks = Arc::clone(&forks);
            wg.go(move || nested(&forks[n], &forks[(n + 1) % 3]));
        }
        wg.wait();
    });
    assert!(report.found(Kind::Deadlock).is_some(), "{report}");
}

#[test]
fn a_note_that_leads_nowhere_stays_one() {
    let report = one_schedule(|| {
        let ([gate, a, b], wg, over) = (locks(), WaitGroup::new(), Arc::new(Var::new(false)));
        let (door, c, d, told) = (gate.clone(), a.clone(), b.clone(), Arc::clone(&over));
        wg.go(move || {
            nested(&a, &b);
            gate.lock();
            told.set(true);
            gate.unlock();
        });
        wg.go(move || {
            let is_over = || {
                door.lock();
                let is_over = over.get();
                door.unlock();
                is_over
            };
            while !is_over() {
                runtime::gosched();
            }
            nested(&d, &c);
        });
        wg.wait();
    });
    assert!(report.found(Kind::LockOrder).is_some() && !report.failed(), "{report}");
}
