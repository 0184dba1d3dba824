//! `fifo` is Go's usual order with one processor; other strategies reach what else Go may do.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use goseed::prelude::*;
use goseed::{Explore, print, println};

use super::{in_order, outputs};

const MILLISECOND: Duration = Duration::from_millis(1);

/// What `fifo` prints, on one line.
fn printed(main: impl Fn() + Send + Sync + 'static) -> String {
    let run = in_order(main);
    assert_eq!(run.exit.to_string(), "returned", "{}", run.stderr);
    run.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As many goroutines, each of which prints its number when it runs.
fn numbered(count: u32, wg: &WaitGroup) {
    for n in 0..count {
        wg.go(move || print!("{n} "));
    }
}

/// Go 158: the youngest goroutine runs first, then the others in order [TestSchedLocalQueue, TestSchedLocalQueueSteal].
#[test]
fn the_youngest_runs_first() {
    let text = printed(|| {
        let wg = WaitGroup::new();
        numbered(10, &wg);
        wg.wait();
    });
    assert_eq!(text, "9 0 1 2 3 4 5 6 7 8");
}

/// Go (R3): of several that are woken at once the last one runs first, then the others in order.
#[test]
fn of_those_woken_at_once_the_last_runs_first() {
    let text = printed(|| {
        let (gate, wg) = (WaitGroup::new(), WaitGroup::new());
        gate.add(1);
        for n in 0..5 {
            let gate = gate.clone();
            wg.go(move || {
                gate.wait();
                print!("{n} ");
            });
        }
        time::sleep(MILLISECOND);
        gate.done();
        wg.wait();
    });
    assert_eq!(text, "3 4 0 1 2");
}

/// Go (R4): who steps back runs after all that can run.
#[test]
fn who_steps_back_goes_to_the_end() {
    let text = printed(|| {
        let wg = WaitGroup::new();
        numbered(3, &wg);
        runtime::gosched();
        print!("main ");
        wg.wait();
    });
    assert_eq!(text, "2 0 1 main");
}

/// Go (R8): a close wakes those who wait in reverse order.
#[test]
fn a_close_wakes_in_reverse() {
    let text = printed(|| {
        let (gate, wg) = (chan::<()>(0), WaitGroup::new());
        for n in 0..5 {
            let gate = gate.clone();
            wg.go(move || {
                gate.recv();
                print!("{n} ");
            });
        }
        time::sleep(MILLISECOND);
        gate.close();
        wg.wait();
    });
    assert_eq!(text, "4 3 2 1 0");
}

/// What a producer and a consumer of eight items log: `s` before a send, `S` after it, `r` after a receive.
fn producer_and_consumer(cap: usize, items: u32) -> String {
    printed(move || {
        let (c, log, wg) = (chan(cap), Mutex::new(String::new()), WaitGroup::new());
        let note = |log: &Mutex<String>, what: char, n: u32| {
            let _ = write!(log.lock(), "{what}{n} ");
        };
        let (from, to) = (c.clone(), log.clone());
        wg.go(move || {
            for n in 0..items {
                if cap == 0 {
                    note(&to, 's', n);
                }
                from.send(n);
                note(&to, 'S', n);
            }
            from.close();
        });
        for n in &c {
            note(&log, 'r', n);
        }
        wg.wait();
        println!("{}", log.lock());
    })
}

/// Go (p09): without a buffer, producer and consumer take turns two by two.
#[test]
fn an_unbuffered_channel_is_used_two_by_two() {
    assert!(producer_and_consumer(0, 6).starts_with("s0 S0 s1 r0 r1 S1 s2 S2 s3 r2 r3"));
}

/// Go (p10): with room for three, the producer fills it and the consumer drains it.
#[test]
fn a_buffer_is_filled_and_drained() {
    let log = producer_and_consumer(3, 8);
    assert_eq!(log, "S0 S1 S2 S3 r0 r1 r2 r3 r4 S4 S5 S6 S7 r5 r6 r7");
}

/// Go (R9): who unlocks a mutex goes on, and may lock it again before the one that it woke.
#[test]
fn the_unlocker_barges_in() {
    let text = printed(|| {
        let (m, wg) = (RawMutex::new(), WaitGroup::new());
        m.lock();
        let waiting = m.clone();
        wg.go(move || {
            waiting.lock();
            print!("waiter ");
            waiting.unlock();
        });
        runtime::gosched();
        m.unlock();
        m.lock();
        print!("main ");
        m.unlock();
        wg.wait();
    });
    assert_eq!(text, "main waiter");
}

/// Go (R12): of several that are due together the last one runs first, then the others in order.
#[test]
fn timers_that_are_due_together_wake_as_a_batch() {
    let text = printed(|| {
        let wg = WaitGroup::new();
        wg.add(4);
        for n in 0..4 {
            let wg = wg.clone();
            time::after_func(MILLISECOND, move || {
                print!("{n} ");
                wg.done();
            });
        }
        wg.wait();
    });
    assert_eq!(text, "3 0 1 2");
    // These go to sleep in the order in which they first run, which is 3 0 1 2.
    let text = printed(|| {
        let wg = WaitGroup::new();
        for n in 0..4 {
            wg.go(move || {
                time::sleep(MILLISECOND);
                print!("{n} ");
            });
        }
        wg.wait();
    });
    assert_eq!(text, "2 3 0 1");
}

/// Go (R6, R7): six hundred goroutines overflow the local queue, and all of them run.
#[test]
fn an_overflowing_queue_loses_nobody() {
    let text = printed(|| {
        let wg = WaitGroup::new();
        numbered(600, &wg);
        wg.wait();
    });
    let order: Vec<u32> = text.split(' ').filter_map(|n| n.parse().ok()).collect();
    assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), 600);
    assert_eq!(order[0], 599, "the youngest runs first");
    assert!(!order.is_sorted(), "the queue has overflowed");
}

/// Go (R5): every sixty-first turn is one from the global queue.
#[test]
fn the_global_queue_gets_every_sixty_first_turn() {
    let text = printed(|| {
        let wg = WaitGroup::new();
        wg.go(|| {
            runtime::gosched();
            print!("global ");
        });
        runtime::gosched();
        numbered(100, &wg);
        wg.wait();
    });
    let position = text.split(' ').position(|word| word == "global").expect("it runs");
    assert!(position < 62, "after {position} others");
}

/// Go (R15): a print is a system call, before and after which others may run.
#[test]
fn others_may_run_around_a_print() {
    let main = || {
        let wg = WaitGroup::new();
        for n in 0..2 {
            wg.go(move || {
                print!("{n}");
                print!("{n}");
            });
        }
        wg.wait();
    };
    let all: BTreeSet<String> =
        ["0011", "0101", "0110", "1001", "1010", "1100"].map(str::to_owned).into();
    assert_eq!(outputs(main), all);
    let seen = Explore::new().strategy("random").schedules(500).run(main).outcomes.len();
    assert_eq!(seen, 6);
}
