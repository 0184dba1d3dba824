//! Exercise 1: "Write a program that launches 10 goroutines, each printing its index."
//!
//! Story: each goroutine gets its index by value, and main waits.
//! Verdict: always an order of 0 to 9; in Go's own order `9 0 1 2 3 4 5 6 7 8`.
//! Schedules: each obeys the law; 1,000 look for one that does not.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::laws::obeys;
use crate::verdict::prints;
use crate::{Headline, Outcomes, Scenario, Source, Verdict};

fn program() {
    let wg = WaitGroup::new();
    for i in 0..10 {
        wg.go(move || println!("{i}"));
    }
    wg.wait();
}

fn is_order(line: &[i32]) -> bool {
    let mut sorted = line.to_vec();
    sorted.sort_unstable();
    sorted.into_iter().eq(0..10)
}

/// Ten indices.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "exercise1",
    also: &[],
    section: "bug1_capture",
    story: "ten goroutines print their index",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("exercise1.rs") },
    verdict: Verdict::of(Outcomes::Law {
        holds: |outcome| obeys(outcome, is_order),
        witnesses: &[],
    })
    .shows("0 to 9, any order", Headline::Nothing)
    .fifo(prints("9 0 1 2 3 4 5 6 7 8")),
};
