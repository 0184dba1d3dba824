//! How many dependence orders classic programs have, and that `dpor` runs each of them.
//!
//! The programs are those of Abdulla, Aronis, Jonsson, Sagonas, *Optimal dynamic partial order reduction* (POPL
//! 2014), and small ones with channels. Main waits for the others by sleeping: the clock moves when nobody
//! can run, so that joining adds no orders of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use goseed::prelude::*;
use goseed::sync::atomic::AtomicI64;
use goseed::{Explore, Kind, Report};

fn search(strategy: &str, program: impl Fn() + Send + Sync + 'static) -> Report {
    let kinds = [Kind::Race, Kind::Leak, Kind::Panic, Kind::Fatal, Kind::Deadlock, Kind::LockOrder];
    let explore = kinds.into_iter().fold(Explore::new(), Explore::allow);
    let report = explore.strategy(strategy).schedules(1_000_000).keep_going().run(program);
    assert!(report.complete, "{report}");
    report
}

/// As many dependence orders, with one schedule for each.
#[track_caller]
fn one_for_each(orders: u64, program: impl Fn() + Send + Sync + 'static) {
    let report = search("dpor", program);
    assert_eq!((report.distinct, report.schedules), (orders, orders));
}

/// As many dependence orders, by brute force too; and nothing is begun in vain.
#[track_caller]
fn all_of(orders: u64, program: impl Fn() + Send + Sync + Copy + 'static) {
    assert_eq!(search("dfs", program).distinct, orders, "dfs");
    let begun = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&begun);
    one_for_each(orders, move || {
        counted.fetch_add(1, Ordering::Relaxed);
        program();
    });
    assert_eq!(begun.load(Ordering::Relaxed), orders, "begun");
}

fn join() {
    time::sleep(Duration::from_millis(1));
}

/// One looks for the last zero in an array while `n` others each set a cell to one more than the cell before.
fn last_zero(n: usize) {
    let array: Vec<Var<usize>> = (0..=n).map(|_| Var::new(0)).collect();
    let reader = array.clone();
    go(move || {
        let _ = reader.iter().rev().position(|cell| cell.get() == 0);
    });
    for pair in array.windows(2) {
        let [from, to] = [pair[0].clone(), pair[1].clone()];
        go(move || to.set(from.get() + 1));
    }
    join();
}

#[test]
fn last_zero_has_n_plus_3_times_a_power_of_two() {
    for (n, orders) in [(1, 2), (2, 5), (3, 12), (4, 28), (5, 64), (10, 3_328)] {
        one_for_each(orders, move || last_zero(n));
    }
}

#[test]
#[ignore = "minutes; .ci/nightly runs it"]
fn last_zero_of_fifteen() {
    one_for_each(147_456, || last_zero(15));
}

#[test]
fn dfs_agrees_on_last_zero() {
    for (n, orders) in [(1, 2), (2, 5), (3, 12)] {
        assert_eq!(search("dfs", move || last_zero(n)).distinct, orders);
    }
}

/// Each of `n` gives an inode of its own a block, looking for a free one from twice its number on.
fn file_system(n: usize) {
    let inodes: Vec<_> = (0..32).map(|_| (RawMutex::new(), Var::new(0))).collect();
    let blocks: Vec<_> = (0..26).map(|_| (RawMutex::new(), Var::new(false))).collect();
    for i in 0..n {
        let (inodes, blocks) = (inodes.clone(), blocks.clone());
        go(move || {
            let (lock, inode) = &inodes[i % 32];
            lock.lock();
            if inode.get() == 0 {
                let mut b = i * 2 % 26;
                loop {
                    let (lock, busy) = &blocks[b];
                    lock.lock();
                    if !busy.get() {
                        busy.set(true);
                        inode.set(b + 1);
                        lock.unlock();
                        break;
                    }
                    lock.unlock();
                    b = (b + 1) % 26;
                }
            }
            lock.unlock();
        });
    }
    join();
}

#[test]
fn a_file_system_has_two_for_each_pair_that_meets() {
    for (n, orders) in [(14, 2), (16, 8), (18, 32), (19, 64)] {
        one_for_each(orders, move || file_system(n));
    }
}

/// Each of `n` puts four numbers into a hash table.
fn indexer(n: usize) {
    let table: Vec<AtomicI64> = (0..128).map(|_| AtomicI64::new(0)).collect();
    for tid in 0..n {
        let table = table.clone();
        go(move || {
            for m in 1..=4 {
                let w = m * 11 + tid;
                let mut h = w * 7 % 128;
                while !table[h].compare_and_swap(0, w as i64) {
                    h = (h + 1) % 128;
                }
            }
        });
    }
    join();
}

#[test]
fn an_indexer_has_eight_for_each_goroutine_beyond_eleven() {
    for (n, orders) in [(11, 1), (12, 8), (13, 64), (15, 4_096)] {
        one_for_each(orders, move || indexer(n));
    }
}

fn producer_and_consumer<const VALUES: usize, const CAPACITY: usize>() {
    let values = chan(CAPACITY);
    let to = values.clone();
    go(move || (0..VALUES).for_each(|n| to.send(n)));
    go(move || (0..VALUES).for_each(|_| assert!(values.recv().is_some())));
    join();
}

#[test]
fn a_producer_and_a_consumer() {
    all_of(1, producer_and_consumer::<2, 2>);
    all_of(1, producer_and_consumer::<3, 2>);
    all_of(1, producer_and_consumer::<4, 2>);
    all_of(1, producer_and_consumer::<2, 3>);
    all_of(1, producer_and_consumer::<3, 3>);
    all_of(1, producer_and_consumer::<4, 3>);
}

fn producers<const PRODUCERS: usize>() {
    let values = chan(3);
    for n in 0..PRODUCERS {
        go!(values => values.send(n));
    }
    go(move || (0..PRODUCERS).for_each(|_| assert!(values.recv().is_some())));
    join();
}

fn two_producers_of_two() {
    let values = chan(2);
    for _ in 0..2 {
        go!(values => (0..2).for_each(|n| values.send(n)));
    }
    go(move || (0..4).for_each(|_| assert!(values.recv().is_some())));
    join();
}

fn two_producers_two_consumers() {
    let values = chan(2);
    for n in 0..2 {
        go!(values => values.send(n));
        go!(values => assert!(values.recv().is_some()));
    }
    join();
}

#[test]
fn several_producers() {
    all_of(6, two_producers_of_two);
    all_of(4, two_producers_two_consumers);
    all_of(2, producers::<2>);
    all_of(6, producers::<3>);
}

fn semaphore<const GOROUTINES: usize, const UNITS: usize>() {
    let units = chan(UNITS);
    for _ in 0..GOROUTINES {
        go!(units => {
            units.send(());
            units.recv();
        });
    }
    join();
}

#[test]
fn a_channel_as_a_semaphore() {
    all_of(2, semaphore::<2, 1>);
    all_of(4, semaphore::<2, 2>);
    all_of(6, semaphore::<3, 1>);
    all_of(24, semaphore::<3, 2>);
}

/// What comes before a send comes before all after its receive, and there is nothing left to be tried.
fn published<const CAPACITY: usize>() {
    let (ready, value) = (chan(CAPACITY), Var::new(0));
    go!(ready, value => {
        value.set(1);
        ready.send(());
    });
    go!(ready, value => {
        ready.recv();
        assert_eq!(value.get(), 1);
    });
    join();
}

/// The next one has a unit only when the one before has given it back.
fn in_turn<const GOROUTINES: usize>() {
    let (unit, value) = (chan(1), Var::new(0));
    for _ in 0..GOROUTINES {
        go!(unit, value => {
            unit.send(());
            value.set(value.get() + 1);
            unit.recv();
        });
    }
    join();
}

#[test]
fn channels_order_what_is_around_them() {
    all_of(1, published::<0>);
    all_of(1, published::<1>);
    all_of(2, in_turn::<2>);
    all_of(6, in_turn::<3>);
}
