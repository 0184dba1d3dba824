//! Why it failed: the two steps whose order alone decides.

use std::sync::Arc;

use goseed::prelude::*;
use goseed::{Explore, Kind, front};

/// The sentence in the screen of the failing check, on one line; nothing if there is none.
fn why(main: fn()) -> Option<String> {
    let explore = Explore::new().allow(Kind::Race).schedules(2_000);
    let explored = front::explore(&explore, "why", Arc::default(), |_| (), main);
    let failure = explored.expect("mix is a strategy").failure().expect("it fails");
    let words: Vec<&str> = failure.split_whitespace().collect();
    let text = words.join(" ");
    let (before, after) = text.split_once(" must not come before ")?;
    let first = &before[before.rfind(" `").map_or(0, |at| at + 1)..];
    let second = &after[..after.find(" the other way").unwrap_or(after.len())];
    Some(format!("{first} | {second}"))
}

/// The sentence says this of the first step, that of the second, and that no run fails the other way.
#[track_caller]
fn assert_pair(main: fn(), first: &str, second: &str) {
    let sentence = why(main).expect("two steps decide");
    let (one, other) = sentence.split_once(" | ").expect("two steps");
    assert!(one.starts_with(first), "{sentence}");
    assert!(other.starts_with(second), "{sentence}");
    assert!(sentence.ends_with(": 200 of 200 runs fail this way, 0 of 200"), "{sentence}");
}

#[test]
fn a_lost_update_is_a_read_before_the_others_write() {
    assert_pair(
        || {
            let (counter, wg) = (Var::new(0), WaitGroup::new());
            for _ in 0..2 {
                wg.add(1);
                go!(counter, wg => {
                    counter.update(|n| n + 1);
                    wg.done();
                });
            }
            wg.wait();
            assert_eq!(counter.get(), 2);
        },
        "`read var#1`",
        "`write var#1`",
    );
}

#[test]
fn a_captured_variable_is_written_before_it_is_read() {
    assert_pair(
        || {
            let (i, wg) = (Var::new(0), WaitGroup::new());
            wg.add(1);
            go!(i, wg => {
                assert_eq!(i.get(), 0, "the closure sees the variable, not the value it had");
                wg.done();
            });
            i.set(1);
            wg.wait();
        },
        "`write var#1`",
        "`read var#1`",
    );
}

#[test]
fn a_send_on_a_closed_channel_is_a_close_before_the_send() {
    assert_pair(
        || {
            let (c, wg) = (chan(1), WaitGroup::new());
            wg.add(1);
            go!(c, wg => {
                c.send(1);
                wg.done();
            });
            c.close();
            wg.wait();
        },
        "`close chan#1`",
        "`send chan#1`",
    );
}

#[test]
fn two_locks_in_opposite_orders_deadlock_by_the_order_of_two_locks() {
    let sentence = why(|| {
        let (a, b, wg) = (Mutex::new(0), Mutex::new(0), WaitGroup::new());
        wg.add(2);
        go!(a, b, wg => {
            let _a = a.lock();
            let _b = b.lock();
            wg.done();
        });
        go!(a, b, wg => {
            let _b = b.lock();
            let _a = a.lock();
            wg.done();
        });
        wg.wait();
    });
    let sentence = sentence.expect("two steps decide");
    assert_eq!(sentence.matches("`lock mutex#").count(), 2, "{sentence}");
}

#[test]
fn a_missed_signal_is_a_signal_before_the_wait() {
    let sentence = why(|| {
        let lock = RawMutex::new();
        let ready = Cond::new(lock.clone());
        go!(ready => { ready.signal() });
        lock.lock();
        ready.wait();
        lock.unlock();
    });
    let sentence = sentence.expect("two steps decide");
    assert!(sentence.starts_with("`signal cond#"), "{sentence}");
}

#[test]
fn where_no_order_decides_no_pair_is_printed() {
    let by_a_select = || {
        let (a, b) = (chan(1), chan(1));
        a.send(1);
        b.send(2);
        select! {
            recv(a) -> _ => {}
            recv(b) -> _ => panic!("the second"),
        }
    };
    assert_eq!(why(by_a_select), None);
    assert_eq!(why(|| panic!("always")), None);
}

#[test]
fn what_decides_may_be_missing_in_the_schedule() {
    assert_pair(
        || {
            go(|| panic!("it is heard unless main returns first"));
            runtime::gosched();
        },
        "`crash`",
        "main's return",
    );
}

#[test]
fn where_no_schedule_passes_that_is_said() {
    let explore = Explore::new().schedules(10);
    let main = || {
        go(|| assert_eq!(Chan::<i32>::nil().recv(), None));
    };
    let explored = front::explore(&explore, "why", Arc::default(), |_| (), main);
    let failure = explored.expect("mix is a strategy").failure().expect("it fails");
    assert!(failure.contains("order hardly matters: 50 other schedules"), "{failure}");
}
