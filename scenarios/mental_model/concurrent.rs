//! Mental Model: "Concurrent: Start task1 in background, continue with task2".
//!
//! Story: as printed, main does not wait. Its return may come before task1, after it, or task1 may
//! even be first; real Go shows the first nearly always.
//! Verdict: exactly `task2`, `task2 task1`, `task1 task2`; in Go's own order `task2`. Where task1
//! is missing it was cut off.
//! Schedules: of 1,000,000 the rarest, `task2 task1`, showed in 132,860: 1,000 miss it with less
//! than 10^-61.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::verdict::{cut_off, prints};
use crate::{Headline, Scenario, Source, Verdict, When};

fn task1() {
    println!("task1");
}

fn task2() {
    println!("task2");
}

fn program() {
    go(task1);
    task2();
}

fn without_task1(outcome: &Outcome) -> bool {
    !outcome.stdout.contains("task1")
}

/// A goroutine that nobody waits for.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "concurrent",
    also: &[],
    section: "mental_model",
    story: "task1 in the background, task2 at once; nobody waits",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("concurrent.rs") },
    verdict: Verdict::exact(&[prints("task2"), prints("task2 task1"), prints("task1 task2")])
        .shows("task1 after, before, or cut off", Headline::Outcome(without_task1))
        .finds(&[cut_off("go(task1)").when(When::With(without_task1))])
        .fifo(prints("task2")),
};
