//! The stacks of goroutines, where a run is looked at by itself: their own calls, and no others.

use goseed::prelude::*;
use goseed::{Explore, Kind, Sim};

#[inline(never)]
fn take(ch: &Chan<i32>) -> Option<i32> {
    std::hint::black_box(ch).recv()
}

#[inline(never)]
fn worker(ch: &Chan<i32>) {
    assert_eq!(take(ch), None);
}

#[inline(never)]
fn fails(n: usize) -> usize {
    let numbers = std::hint::black_box([1, 2, 3]);
    numbers[std::hint::black_box(n)]
}

/// The functions on the stack of a goroutine of the crash text, innermost first.
fn functions(crash: &str, head: &str) -> Vec<String> {
    let (_, block) = crash.split_once(head).unwrap_or_else(|| panic!("no {head} in {crash}"));
    let lines = block.lines().skip(1).take_while(|line| !line.is_empty());
    let calls = lines.filter_map(|line| line.strip_suffix("(...)"));
    calls.map(|call| call.rsplit("stacks::").next().unwrap_or(call).to_owned()).collect()
}

#[test]
fn a_deadlock_shows_the_calls_of_each_goroutine() {
    let run = Sim::new().strategy("fifo").run(|| {
        let (ch, wg) = (chan(0), WaitGroup::new());
        wg.go(move || worker(&ch));
        wg.wait();
    });
    let calls = functions(&run.stderr, "goroutine 2 [chan receive]:");
    assert_eq!(calls[..2], ["take", "worker"], "{}", run.stderr);
    let ours = ["goseed::backend", "corosensei", "std::panicking"];
    assert!(!ours.iter().any(|name| run.stderr.contains(name)), "{}", run.stderr);
    assert!(run.stderr.contains("\n\ttests/it/stacks.rs:8\n"), "{}", run.stderr);
}

#[test]
fn a_panic_shows_the_calls_that_raised_it() {
    let run = Sim::new().strategy("fifo").run(|| {
        go(|| assert_eq!(fails(7), 7));
        runtime::gosched();
    });
    let calls = functions(&run.stderr, "goroutine 2 [running]:");
    assert_eq!(calls[0], "fails", "{}", run.stderr);
}

#[test]
fn looking_at_stacks_does_not_change_what_is_found() {
    let main = || {
        let ch = chan(0);
        for _ in 0..3 {
            let ch = ch.clone();
            go(move || worker(&ch));
        }
    };
    let run = Sim::new().strategy("fifo").run(main);
    let report = Explore::new().strategy("fifo").schedules(1).run(main);
    let leak = report.found(Kind::Leak).expect("nobody sends");
    let alone = run.findings.iter().find(|finding| finding.kind == Kind::Leak);
    assert_eq!(alone.map(|finding| &finding.text), Some(&leak.finding.text));
}
