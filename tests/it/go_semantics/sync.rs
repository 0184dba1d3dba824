//! The rest of `sync`, and atomics.
//!
//! Go 100: not applicable: a clone of a `Cond` is another handle of the same one.

use std::collections::BTreeMap;
use std::sync::Arc;

use goseed::prelude::*;
use goseed::sync::Map;
use goseed::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Value};
use goseed::{Explore, rand};

use super::{ends, holds, in_all_schedules, panic_of};

/// Go 81: sixteen goroutines go through two groups, and nobody passes early [TestWaitGroup].
#[test]
fn nobody_passes_a_group_early() {
    holds(|| {
        let (first, second) = (WaitGroup::new(), WaitGroup::new());
        for _ in 0..2 {
            let (n, exited) = (6, chan(6));
            first.add(n);
            second.add(n);
            for _ in 0..n {
                go!(first, second, exited => {
                    first.done();
                    second.wait();
                    exited.send(());
                });
            }
            first.wait();
            for _ in 0..n {
                assert!(exited.receiver().try_recv().is_err(), "it was released too soon");
                second.done();
            }
            (0..n).for_each(|_| assert!(exited.recv().is_some()));
        }
    });
}

/// Go 82: a counter below zero panics, and can be recovered from [TestWaitGroupMisuse].
#[test]
fn a_negative_counter_panics() {
    holds(|| {
        let wg = WaitGroup::new();
        wg.add(1);
        wg.done();
        assert_eq!(panic_of(|| wg.done()), "sync: negative WaitGroup counter");
    });
}

/// Go 83: a wait returns when all are done and not before [TestWaitGroupRace].
#[test]
fn a_wait_does_not_return_early() {
    holds(|| {
        for _ in 0..10 {
            let (n, wg) = (AtomicU32::new(0), WaitGroup::new());
            for _ in 0..2 {
                wg.add(1);
                go!(n, wg => {
                    n.add(1);
                    wg.done();
                });
            }
            wg.wait();
            assert_eq!(n.load(), 2);
        }
    });
}

/// Go 84: what a goroutine of a group did is seen after the wait [TestWaitGroupGo].
#[test]
fn effects_are_seen_after_the_wait() {
    let main = || {
        let (x, wg) = (Var::new(0), WaitGroup::new());
        let inner = x.clone();
        wg.go(move || inner.set(1));
        wg.wait();
        assert_eq!(x.get(), 1);
    };
    goseed::check(main);
    super::on_cores(main);
}

/// Go 86: a goroutine of a group that exits by `goexit` is done [WaitGroup.Go].
#[test]
fn goexit_is_done() {
    holds(|| {
        let wg = WaitGroup::new();
        wg.go(|| runtime::goexit());
        wg.wait();
    });
}

/// Go 88: the last one done releases all who wait [p19].
#[test]
fn the_last_done_releases_all() {
    holds(|| {
        let (wg, out) = (WaitGroup::new(), chan(5));
        wg.add(1);
        for n in 0..5 {
            go!(wg, out => {
                wg.wait();
                out.send(n);
            });
        }
        runtime::gosched();
        wg.done();
        let mut all: Vec<_> = (0..5).filter_map(|_| out.recv()).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4]);
    });
}

/// Go 89: of ten that call, one runs the function, and all see what it did [TestOnce].
#[test]
fn once_is_once() {
    let main = || {
        let (once, runs, wg) = (Once::new(), Var::new(0), WaitGroup::new());
        for _ in 0..4 {
            let (once, runs) = (once.clone(), runs.clone());
            wg.go(move || {
                once.call(|| runs.update(|n| n + 1));
                assert_eq!(runs.get(), 1);
            });
        }
        wg.wait();
    };
    goseed::check(main);
    super::on_cores(main);
}

/// Go 90: a panic in the function passes through, and counts as the one call [TestOncePanic].
#[test]
fn a_panic_is_the_one_call() {
    holds(|| {
        let once = Once::new();
        assert_eq!(panic_of(|| once.call(|| panic!("failed"))), "failed");
        once.call(|| panic!("a second call"));
    });
}

/// Go 91: who calls while the function runs returns only after it has finished [p49].
#[test]
fn late_callers_wait_for_the_function() {
    holds(|| {
        let (once, done) = (Once::new(), AtomicU32::new(0));
        let (began, wg) = (chan(0), WaitGroup::new());
        let (first, finished) = (once.clone(), done.clone());
        let beginning = began.clone();
        wg.go(move || {
            first.call(|| {
                beginning.send(());
                runtime::gosched();
                finished.store(1);
            });
        });
        began.recv();
        once.call(|| panic!("a second call"));
        assert_eq!(done.load(), 1);
        wg.wait();
    });
}

/// Go 92: one call, the same results; after a panic the same panic every time [TestOnceFunc, TestOnceValue, TestOnceValues, TestOnceFuncPanic].
#[test]
fn once_values_remember_results_and_panics() {
    holds(|| {
        let calls = AtomicU32::new(0);
        let counted = calls.clone();
        let value = OnceValue::new(move || counted.add(1));
        assert_eq!((value.get(), value.get(), calls.load()), (1, 1, 1));
        let counted = calls.clone();
        let failing = OnceFunc::new(move || {
            counted.add(1);
            panic!("always this one");
        });
        for _ in 0..3 {
            assert_eq!(panic_of(|| failing.call()), "always this one");
        }
        assert_eq!(calls.load(), 2);
    });
}

/// Go 94: a call inside the function of the same `Once` never returns [Once doc].
#[test]
fn a_call_inside_its_own_function_is_a_deadlock() {
    ends("deadlock", || {
        let once = Once::new();
        let inner = once.clone();
        once.call(|| inner.call(|| ()));
    });
}

/// Go 95: each signal wakes exactly one of those who wait [TestCondSignal].
#[test]
fn a_signal_wakes_one() {
    holds(|| {
        let m = RawMutex::new();
        let (c, running, awake) = (Cond::new(m.clone()), chan(2), chan(2));
        for _ in 0..2 {
            go!(m, c, running, awake => {
                m.lock();
                running.send(());
                c.wait();
                awake.send(());
                m.unlock();
            });
        }
        (0..2).for_each(|_| assert!(running.recv().is_some()));
        for _ in 0..2 {
            assert!(awake.receiver().try_recv().is_err(), "nobody was signalled");
            m.lock();
            c.signal();
            m.unlock();
            assert!(awake.recv().is_some());
        }
        c.signal();
    });
}

/// Go 97: a broadcast wakes each of those who wait, once per round [TestCondBroadcast].
#[test]
fn a_broadcast_wakes_all() {
    holds(|| {
        let (m, round, left) = (RawMutex::new(), AtomicI64::new(0), WaitGroup::new());
        let (c, waiting) = (Cond::new(m.clone()), chan(6));
        for _ in 0..6 {
            let (m, c, round, waiting) = (m.clone(), c.clone(), round.clone(), waiting.clone());
            left.go(move || {
                m.lock();
                for n in 0..3 {
                    waiting.send(());
                    while round.load() == n {
                        c.wait();
                    }
                }
                m.unlock();
            });
        }
        for n in 1..=3 {
            (0..6).for_each(|_| assert!(waiting.recv().is_some()));
            m.lock();
            round.store(n);
            c.broadcast();
            m.unlock();
        }
        left.wait();
    });
}

/// Go 98: three goroutines hand a variable over by waiting and signalling [TestRace (cond_test)].
#[test]
fn a_condition_hands_a_variable_over() {
    let main = || {
        let (m, x, wg) = (RawMutex::new(), Var::new(0), WaitGroup::new());
        let c = Cond::new(m.clone());
        for n in 0..3 {
            let (m, x, c) = (m.clone(), x.clone(), c.clone());
            wg.go(move || {
                m.lock();
                while x.get() != n {
                    c.wait();
                }
                x.set(n + 1);
                c.broadcast();
                m.unlock();
            });
        }
        wg.wait();
        assert_eq!(x.get(), 3);
    };
    goseed::check(main);
    super::on_cores(main);
}

/// Go 101: a broadcast before the wait is lost, and a deadlock is legal [p21].
#[test]
fn a_broadcast_before_the_wait_is_lost() {
    let report = Explore::new().strategy("dpor").keep_going().run(|| {
        let m = RawMutex::new();
        let c = Cond::new(m.clone());
        go!(c => { c.broadcast() });
        m.lock();
        c.wait();
    });
    let exits: Vec<&str> = report.outcomes.keys().map(|outcome| &*outcome.exit).collect();
    assert_eq!(exits, ["deadlock", "returned"]);
}

/// Go 102: an empty pool gives nothing, or what it makes; what was put in comes out [TestPool].
#[test]
fn a_pool_gives_back_what_it_was_given() {
    holds(|| {
        let pool = Pool::new();
        assert_eq!(pool.get(), None);
        pool.put('a');
        pool.put('b');
        let both = [pool.get(), pool.get(), pool.get()];
        assert_eq!(both, [Some('a'), Some('b'), None]);
        assert_eq!(Pool::with_new(|| 7).get(), Some(7));
    });
}

/// Go 104: a `Map` does what a map behind a lock would do [TestMapMatchesRWMutex].
#[test]
fn a_map_is_a_map() {
    holds(|| {
        let (map, mut model) = (Map::new(), BTreeMap::new());
        for n in 0..60 {
            let (key, old) = (rand::range(0..6), rand::range(0..4));
            match rand::range(0..9) {
                0 => {
                    map.store(key, n);
                    model.insert(key, n);
                }
                1 => assert_eq!(map.load(&key), model.get(&key).copied()),
                2 => {
                    let loaded = model.contains_key(&key);
                    let value = *model.entry(key).or_insert(n);
                    assert_eq!(map.load_or_store(key, n), (value, loaded));
                }
                3 => assert_eq!(map.load_and_delete(&key), model.remove(&key)),
                4 => {
                    map.delete(&key);
                    model.remove(&key);
                }
                5 => assert_eq!(map.swap(key, n), model.insert(key, n)),
                6 => {
                    let swaps = model.get(&key) == Some(&old);
                    assert_eq!(map.compare_and_swap(&key, &old, n), swaps);
                    if swaps {
                        model.insert(key, n);
                    }
                }
                7 => {
                    let deletes = model.get(&key) == Some(&old);
                    assert_eq!(map.compare_and_delete(&key, &old), deletes);
                    if deletes {
                        model.remove(&key);
                    }
                }
                _ if n % 20 == 0 => {
                    map.clear();
                    model.clear();
                }
                _ => {}
            }
            let mut all = Vec::new();
            map.range(|&key, &value| {
                all.push((key, value));
                true
            });
            assert!(all.into_iter().eq(model.iter().map(|(&key, &value)| (key, value))));
        }
    });
}

/// Go 106: comparing fails on a key that is not there; after a last `clear` a map is empty [TestCompareAndSwap_NonExistingKey, TestConcurrentClear].
#[test]
fn a_key_that_is_not_there_equals_nothing() {
    holds(|| {
        let (map, wg) = (Map::<u8, u8>::new(), WaitGroup::new());
        assert!(!map.compare_and_swap(&1, &0, 1) && !map.compare_and_delete(&1, &0));
        for n in 0..3 {
            let map = map.clone();
            wg.go(move || {
                map.store(n, n);
                map.clear();
            });
        }
        wg.wait();
        map.clear();
        map.range(|_, _| panic!("it is empty"));
    });
}

/// Go 107: concurrent additions, swaps and exchanges lose nothing [TestHammer32, TestHammer64].
#[test]
fn hammered_atomics_lose_nothing() {
    holds(|| {
        let (a, b, wg) = (AtomicU64::new(0), AtomicU32::new(0), WaitGroup::new());
        for _ in 0..4 {
            let (a, b) = (a.clone(), b.clone());
            wg.go(move || {
                for _ in 0..10 {
                    a.add(1);
                    loop {
                        let old = b.load();
                        if b.compare_and_swap(old, old + 1) {
                            break;
                        }
                    }
                }
            });
        }
        wg.wait();
        assert_eq!((a.load(), b.load()), (40, 40));
    });
}

/// Go 108: of two that store and then load, one sees the other's store [TestStoreLoadSeqCst32, TestStoreLoadSeqCst64].
#[test]
fn never_are_both_loads_stale() {
    let main = || {
        let (x, y, seen) = (AtomicI64::new(0), AtomicI64::new(0), chan(2));
        for (mine, other) in [(x.clone(), y.clone()), (y, x)] {
            go!(seen => {
                mine.store(1);
                seen.send(other.load());
            });
        }
        assert_ne!((seen.recv(), seen.recv()), (Some(0), Some(0)));
    };
    in_all_schedules(main);
    holds(main);
}

/// Go 110: `and` and `or` give back what was there before [TestAndInt32, TestOrInt32, TestAndInt64, TestOrInt64].
#[test]
fn and_and_or_give_back_the_old_value() {
    holds(|| {
        let (a, b) = (AtomicI64::new(0b1100), AtomicU32::new(0b0011));
        assert_eq!((a.and(0b0110), a.load()), (0b1100, 0b0100));
        assert_eq!((b.or(0b0110), b.load()), (0b0011, 0b0111));
    });
}

/// Go 111: a value keeps the type of the first store, and concurrent stores are never mixed [TestValue, TestValuePanic, TestValue_Swap, TestValue_CompareAndSwap].
#[test]
fn a_value_keeps_its_type() {
    holds(|| {
        let value = Value::new();
        assert_eq!(value.load::<i32>(), None);
        value.store(1);
        assert_eq!(
            panic_of(|| value.store("text")),
            "sync/atomic: store of inconsistently typed value into Value"
        );
        assert_eq!((value.swap(2), value.load()), (Some(1), Some(2)));
        assert!(value.compare_and_swap(&2, 3) && !value.compare_and_swap(&2, 4));
        let (pair, wg) = (Arc::new(Value::new()), WaitGroup::new());
        for n in 0..3 {
            let pair = Arc::clone(&pair);
            wg.go(move || {
                pair.store((n, n));
                let (a, b): (i32, i32) = pair.load().expect("it was stored");
                assert_eq!(a, b);
            });
        }
        wg.wait();
    });
}
