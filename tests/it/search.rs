//! A search that says `complete` has seen everything; one that cannot have says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use goseed::prelude::*;
use goseed::{Explore, Kind, Report, print, time};

fn searched(strategy: &str, program: fn()) -> (Vec<String>, Report) {
    let kinds = [Kind::Race, Kind::Leak, Kind::Panic, Kind::Fatal, Kind::Deadlock];
    let explore = kinds.into_iter().fold(Explore::new(), Explore::allow);
    let report = explore.strategy(strategy).keep_going().run(program);
    let outcomes = report.outcomes.keys().map(|o| format!("{}{}", o.stdout, o.exit)).collect();
    (outcomes, report)
}

/// Both searches see exactly this.
#[track_caller]
fn all_of(program: fn(), expected: &[&str]) {
    for strategy in ["dpor", "dfs"] {
        let (outcomes, report) = searched(strategy, program);
        assert_eq!(outcomes, expected, "{strategy}");
        assert!(report.complete, "{report}");
    }
}

#[test]
fn who_waits_for_a_lock_when_another_crashes_might_have_had_it_first() {
    all_of(
        || {
            let (mutex, group) = (RawMutex::new(), WaitGroup::new());
            group.add(1);
            go!(mutex, group => {
                mutex.lock();
                group.done();
            });
            group.done();
            mutex.lock();
        },
        &["panic: sync: negative WaitGroup counter", "returned"],
    );
}

#[test]
fn who_waits_for_a_lock_while_the_clock_moves_might_have_had_it_first() {
    all_of(
        || {
            let (mutex, group) = (RawMutex::new(), WaitGroup::new());
            for name in ["a", "b"] {
                let mutex = mutex.clone();
                group.go(move || {
                    mutex.lock();
                    time::sleep(Duration::from_secs(1));
                    print!("{name}");
                    mutex.unlock();
                });
            }
            group.wait();
        },
        &["abreturned", "bareturned"],
    );
}

#[test]
fn where_a_group_could_be_found_reused_no_search_is_complete() {
    for strategy in ["dpor", "dfs"] {
        let (outcomes, report) = searched(strategy, || {
            let group = WaitGroup::new();
            group.add(1);
            go!(group => { group.wait() });
            group.done();
            group.add(1);
            group.done();
        });
        assert_eq!(outcomes, ["returned"], "{strategy}");
        assert!(!report.complete, "{report}");
    }
}

#[test]
fn whoever_wakes_a_select_takes_it_out_of_the_queues_of_its_other_channels() {
    all_of(
        || {
            let (data, quit) = (chan(0), chan::<()>(0));
            let offer = data.sender();
            go!(quit => quit.close());
            go(move || {
                for _ in 0..2 {
                    let _ = offer.try_send(1);
                }
            });
            let got = select! {
                recv(data) -> v => v,
                recv(quit) -> _ => None,
            };
            print!("{got:?} ");
        },
        &["None returned", "Some(1) returned"],
    );
}

#[test]
fn in_all_orders_one_at_a_time_has_the_lock_and_each_gets_it() {
    // Three of them: one has it, one waits, and one comes by while the other has been woken.
    all_of(
        || {
            let (lock, wg) = (Mutex::new(()), WaitGroup::new());
            let (inside, times) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
            for _ in 0..3 {
                let (lock, inside, times) = (lock.clone(), Arc::clone(&inside), Arc::clone(&times));
                wg.go(move || {
                    let _held = lock.lock();
                    assert_eq!(inside.fetch_add(1, SeqCst), 0);
                    runtime::gosched();
                    assert_eq!(inside.fetch_sub(1, SeqCst), 1);
                    times.fetch_add(1, SeqCst);
                });
            }
            wg.wait();
            print!("{}", times.load(SeqCst));
        },
        &["3returned"],
    );
}
