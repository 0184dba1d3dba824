//! Bug 1, "Closure Capture in Loops", with a join: "Prints: 5 5 5 5 5 (or other unpredictable
//! values)".
//!
//! Story: five goroutines print one shared loop variable (Go before 1.22), and main waits for them.
//! By the time they run, the variable is likely 5.
//! Verdict: five numbers; sorted, the k-th (from 0) is at least k, since k + 1 goroutines existed
//! when it was read, and at most 5. In Go's own order `5 5 5 5 5`. There are 4,802 such outputs;
//! with two goroutines exactly 8, with three exactly 50.
//! Schedules: of 100,000 `5 5 5 5 5` showed in 29 %, something else in the rest: 1,000 miss one of
//! the two with less than 10^-150. Two and three goroutines are searched completely, so nothing is
//! missed.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::laws::{captured, captured_lines, obeys, printed, twice};
use crate::verdict::{prints, race};
use crate::{Headline, Outcomes, Scenario, Source, Verdict, Witness};

const FIVES: &str = "5 5 5 5 5";

fn program<const N: i32>() {
    let (i, wg) = (Var::new(0), WaitGroup::new());
    wg.add(N.into());
    while i.with(|i| *i < N) {
        go!(i, wg => {
            println!("{}", i.get()); // Captures the loop variable.
            wg.done();
        });
        i.update(|i| i + 1);
    }
    wg.wait();
}

fn other(outcome: &Outcome) -> bool {
    !printed(outcome, FIVES)
}

/// Five goroutines share the loop variable.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "capture_joined",
    also: &[],
    section: "bug1_capture",
    story: "five goroutines print the loop variable they share; main waits",
    schedules: 1_000,
    strategy: None,
    main: program::<5>,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("capture_joined.rs") },
    verdict: Verdict::of(Outcomes::Law {
        holds: |outcome| obeys(outcome, |line| captured(line, 5)),
        witnesses: &[
            Witness { what: "`5 5 5 5 5`", seen: |outcome| printed(outcome, FIVES) },
            Witness { what: "with a number below 5", seen: other },
        ],
    })
    .shows("5 5 5 5 5, or other values", Headline::Outcome(other))
    .finds(&[race("i.get()", "i.update")])
    .fifo(prints(FIVES)),
};

/// The same with two goroutines.
pub(crate) const OF_TWO: Scenario = Scenario {
    name: "capture_joined_2",
    story: "two goroutines print the loop variable they share; main waits",
    schedules: 1_000_000,
    strategy: Some("dfs"),
    main: program::<2>,
    longest: Duration::ZERO,
    verdict: Verdict::of(Outcomes::Computed { count: 8, all: || captured_lines(2) })
        .shows("8 outputs", Headline::Outcome(twice))
        .finds(&[race("i.get()", "i.update")])
        .fifo(prints("2 2")),
    ..SCENARIO
};

/// The same with three goroutines.
pub(crate) const OF_THREE: Scenario = Scenario {
    name: "capture_joined_3",
    story: "three goroutines print the loop variable they share; main waits",
    schedules: 1_000_000,
    strategy: Some("dpor"),
    main: program::<3>,
    longest: Duration::ZERO,
    verdict: Verdict::of(Outcomes::Computed { count: 50, all: || captured_lines(3) })
        .shows("50 outputs", Headline::Outcome(twice))
        .finds(&[race("i.get()", "i.update")])
        .fifo(prints("3 3 3")),
    ..SCENARIO
};
