//! A search that says `complete` has seen everything; one that cannot have says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use goseed::prelude::*;
use goseed::sync::atomic::{AtomicBool, AtomicI64};
use goseed::{Explore, Kind, Preempt, Report, TimeModel, print, time};

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

/// One comes to a lock that is held, time moves, another one comes, and time moves again.
fn one_after_the_other() {
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
}

#[test]
fn who_has_come_before_the_clock_moved_waits_in_front() {
    all_of(one_after_the_other, &["abreturned"]);
}

#[test]
fn a_racing_clock_moves_before_or_after_who_waits_has_come() {
    for strategy in ["dpor", "dfs", "random"] {
        let explore = Explore::new().strategy(strategy).time(TimeModel::Racing).schedules(2_000);
        let explore = explore.allow(Kind::Leak).allow(Kind::Deadlock).keep_going();
        let report = explore.run(one_after_the_other);
        let seen: Vec<&str> = report.outcomes.keys().map(|o| o.stdout.as_str()).collect();
        assert_eq!(seen, ["ab", "ba"], "{report}");
    }
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

fn letters(wg: &WaitGroup) {
    for letter in ["a", "b"] {
        wg.go(move || print!("{letter}"));
    }
    wg.wait();
}

#[test]
fn what_comes_after_a_loop_that_stepped_back_is_seen_in_all_orders() {
    all_of(
        || {
            for _ in 0..10 {
                runtime::gosched();
            }
            letters(&WaitGroup::new());
        },
        &["abreturned", "bareturned"],
    );
    let beside_a_lock = || {
        let (mutex, wg) = (RawMutex::new(), WaitGroup::new());
        mutex.lock();
        let waits = mutex.clone();
        wg.go(move || {
            waits.lock();
            print!("b");
            waits.unlock();
        });
        for _ in 0..6 {
            runtime::gosched();
        }
        mutex.unlock();
        print!("a");
        wg.wait();
    };
    spins(beside_a_lock, &["abreturned", "bareturned"]);
}

#[test]
fn whoever_is_handed_something_in_each_round_does_not_spin() {
    all_of(
        || {
            let (c, wg) = (chan::<i32>(0), WaitGroup::new());
            let from = c.receiver();
            wg.go(move || {
                for _ in 0..4 {
                    from.recv();
                    runtime::gosched();
                }
                letters(&WaitGroup::new());
            });
            for n in 0..4 {
                runtime::wait_idle();
                c.send(n);
            }
            wg.wait();
        },
        &["abreturned", "bareturned"],
    );
}

#[test]
fn stepping_back_moves_time_as_it_does_for_samples() {
    let program = || {
        let due = time::after(Duration::from_millis(1));
        for _ in 0..3 {
            runtime::gosched();
        }
        print!("{} ", due.try_recv().is_ok());
    };
    all_of(program, &["true returned"]);
    assert_eq!(searched("random", program).0, ["true returned"]);
}

#[test]
fn a_select_that_sends_and_receives_on_one_channel_can_meet_either() {
    all_of(
        || {
            let c = chan::<&str>(0);
            go!(c => {
                time::sleep(Duration::from_millis(1));
                c.send("A");
                print!("sent ");
            });
            go!(c => {
                time::sleep(Duration::from_millis(1));
                print!("B{:?} ", c.recv());
            });
            select! {
                send(c, "S") => print!("S-sent "),
                recv(c) -> v => print!("S-got{v:?} "),
            }
            time::sleep(Duration::from_millis(2));
        },
        &[
            "BSome(\"S\") S-sent returned",
            "S-gotSome(\"A\") sent returned",
            "S-sent BSome(\"S\") returned",
            "sent S-gotSome(\"A\") returned",
        ],
    );
}

#[test]
fn a_racing_clock_is_tried_everywhere() {
    let explored = |program: fn()| {
        ["dpor", "dfs"].map(|strategy| {
            let explore = Explore::new().strategy(strategy).time(TimeModel::Racing).races(false);
            let report = explore.allow(Kind::Leak).keep_going().run(program);
            assert!(report.complete, "{report}");
            report.outcomes.into_keys().map(|o| o.stdout).collect::<Vec<_>>()
        })
    };
    let stores = || {
        let x = AtomicI64::new(0);
        go!(x => { x.store(1) });
        time::sleep(Duration::from_millis(1));
        print!("{}", x.load());
    };
    assert_eq!(explored(stores), [["0", "1"], ["0", "1"]]);
    let stopped = || {
        let timer = Timer::new(Duration::from_millis(1));
        print!("{}", timer.c().try_recv().is_ok());
        timer.stop();
    };
    assert_eq!(explored(stopped), [["false", "true"], ["false", "true"]]);
}

#[test]
fn whoever_steps_back_may_still_go_on_before_the_program_ends() {
    all_of(
        || {
            go(|| goseed::os::exit(3));
            runtime::gosched();
            print!("x ");
        },
        &["exit 3", "x exit 3", "x returned"],
    );
}

#[test]
fn who_had_ended_before_a_crash_is_told_by_who_counts() {
    let program = || {
        let c = chan::<()>(0);
        go!(c => { c.close() });
        go(|| print!("{} ", runtime::num_goroutine()));
        print!("{} ", runtime::num_goroutine());
        c.close();
    };
    let [reduced, all] = ["dpor", "dfs"].map(|strategy| {
        let (outcomes, report) = searched(strategy, program);
        assert!(report.complete, "{report}");
        outcomes
    });
    assert_eq!(reduced, all);
    assert!(all.iter().any(|outcome| outcome.starts_with("3 2 panic")), "{all:?}");
}

#[test]
fn who_waits_for_idleness_first_comes_last() {
    all_of(
        || {
            let wg = WaitGroup::new();
            for letter in ["a", "b"] {
                wg.go(move || {
                    runtime::wait_idle();
                    print!("{letter}");
                });
            }
            wg.wait();
        },
        &["abreturned", "bareturned"],
    );
}

#[test]
fn a_reduction_does_not_say_complete_where_a_step_is_more_than_it_announces() {
    let report = Explore::new()
        .strategy("dpor")
        .preempt(Preempt::Cooperative)
        .run(|| letters(&WaitGroup::new()));
    assert!(!report.complete, "{report}");
}
