//! Mental Model: "Sequential: Do task1, then task2".
//!
//! Story: two calls, one after the other; there is nothing to schedule.
//! Verdict: always `task1`, `task2`.
//! Schedules: one would do, since there is one goroutine; 1,000 look for anything else.

use std::time::Duration;

use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn task1() {
    println!("task1");
}

fn task2() {
    println!("task2");
}

fn program() {
    task1();
    task2();
}

/// Two calls.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "sequential",
    also: &[],
    section: "mental_model",
    story: "two calls, one after the other",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("sequential.rs") },
    verdict: Verdict::exact(&[prints("task1 task2")]).shows("one order", Headline::Nothing),
};
