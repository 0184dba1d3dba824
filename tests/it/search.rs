//! A search that says `complete` has seen everything; one that cannot have says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use goseed::prelude::*;
use goseed::sync::atomic::AtomicBool;
use goseed::{Explore, Kind, Report, TimeModel, print, time};

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

#[test]
fn a_racing_clock_moves_before_or_after_who_waits_has_come() {
    for strategy in ["dpor", "dfs", "random"] {
        let explore = Explore::new().strategy(strategy).time(TimeModel::Racing).schedules(2_000);
        let report = explore.allow(Kind::Leak).allow(Kind::Deadlock).keep_going().run(|| {
            let (mutex, group) = (RawMutex::new(), WaitGroup::new());
            mutex.lock();
            for name in ["a", "b"] {
                let mutex = mutex.clone();
                group.go(move || {
                    mutex.lock();
                    print!("{name}");
                    mutex.unlock();
                });
                time::sleep(Duration::from_millis(1));
            }
            mutex.unlock();
            group.wait();
        });
        let seen: Vec<&str> = report.outcomes.keys().map(|o| o.stdout.as_str()).collect();
        assert_eq!(seen, ["ab", "ba"], "{report}");
    }
}

#[test]
fn who_has_come_before_the_clock_moved_waits_in_front() {
    all_of(
        || {
            let (mutex, group) = (RawMutex::new(), WaitGroup::new());
            mutex.lock();
            for name in ["a", "b"] {
                let mutex = mutex.clone();
                group.go(move || {
                    mutex.lock();
                    print!("{name}");
                    mutex.unlock();
                });
                time::sleep(Duration::from_millis(1));
            }
            mutex.unlock();
            group.wait();
        },
        &["abreturned"],
    );
}

/// Both searches see this and come to an end, though they do not say that it is all: what whoever spins might
/// have done in its next rounds they do not look at.
#[track_caller]
fn spins(program: fn(), expected: &[&str]) {
    for strategy in ["dpor", "dfs"] {
        let (outcomes, report) = searched(strategy, program);
        assert_eq!(outcomes, expected, "{strategy}");
        assert!(!report.complete && report.schedules < 20_000, "{report}");
    }
}

#[test]
fn a_loop_that_waits_for_a_flag_lets_others_go_on() {
    spins(
        || {
            let (ready, value) = (AtomicBool::new(false), Var::new(0));
            go!(ready, value => {
                value.set(1);
                ready.store(true);
                print!("set ");
            });
            while !ready.load() {
                runtime::gosched();
            }
            print!("{} ", value.get());
        },
        &["1 returned", "1 set returned", "set 1 returned"],
    );
}

#[test]
fn a_loop_that_waits_does_not_keep_those_behind_a_lock_from_having_come() {
    spins(
        || {
            let (mutex, done) = (RawMutex::new(), AtomicBool::new(false));
            mutex.lock();
            go!(mutex, done => {
                mutex.lock();
                done.store(true);
            });
            go!(mutex => {
                time::sleep(Duration::from_millis(1));
                mutex.unlock();
            });
            while !done.load() {
                runtime::gosched();
            }
        },
        &["returned"],
    );
}

#[test]
fn a_loop_that_tries_again_and_again_ends_when_it_can() {
    spins(
        || {
            let (mutex, c) = (RawMutex::new(), chan(0));
            mutex.lock();
            go!(mutex, c => {
                while !mutex.try_lock() {
                    runtime::gosched();
                }
                while c.try_recv().is_err() {
                    runtime::gosched();
                }
                print!("received ");
            });
            mutex.unlock();
            c.send(1);
            print!("sent ");
            time::sleep(Duration::from_millis(1));
        },
        &["received sent returned", "sent received returned"],
    );
}

#[test]
fn loops_that_wait_for_the_clock_see_it_move() {
    all_of(
        || {
            let start = time::now();
            while time::since(start) < Duration::from_millis(3) {
                runtime::gosched();
            }
            print!("{:?} ", time::since(start));
        },
        &["3ms returned"],
    );
}

#[test]
fn two_that_wait_for_each_other_in_loops_reach_the_limit_of_steps() {
    for strategy in ["dpor", "dfs"] {
        let report = Explore::new().strategy(strategy).steps(5_000).run(|| {
            let flags = [AtomicBool::new(false), AtomicBool::new(false)];
            let [mine, yours] = flags.clone();
            go(move || {
                while !yours.load() {
                    runtime::gosched();
                }
                mine.store(true);
            });
            while !flags[0].load() {
                runtime::gosched();
            }
            flags[1].store(true);
        });
        let found = report.found(Kind::StepLimit).expect("it does not end");
        assert!(report.schedules < 10, "{report}");
        assert!(found.finding.text.contains("only spins"), "{report}");
    }
}

#[test]
fn whoever_steps_back_a_few_times_is_seen_in_all_orders() {
    all_of(
        || {
            let done = AtomicBool::new(false);
            go!(done => {
                for _ in 0..3 {
                    runtime::gosched();
                }
                done.store(true);
            });
            for _ in 0..3 {
                runtime::gosched();
            }
            print!("{} ", done.load());
        },
        &["false returned", "true returned"],
    );
}
