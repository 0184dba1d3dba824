//! Bug 3, "Racing on Shared State", with a join: `counter++` is a read and a write.
//!
//! Story: a hundred goroutines count on a plain variable, and main waits for them. Two that read
//! the same number write the same number: an increment is lost. Real Go prints 100 in nine runs of
//! ten.
//! Verdict: a number from 1 to 100; in Go's own order 100. With two goroutines exactly 1 and 2,
//! with three exactly 1, 2 and 3. The race is there in every schedule, also where 100 comes out.
//! Schedules: of 100,000 `100` showed in 67 %, a lost increment in 33 %: 1,000 miss one of the two
//! with less than 10^-173. Two and three goroutines are searched completely, so nothing is missed.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::laws::{one_number, printed};
use crate::verdict::{prints, race};
use crate::{Headline, Outcomes, Scenario, Source, Verdict, Witness};

fn program<const N: i32>() {
    let (counter, wg) = (Var::new(0), WaitGroup::new());
    wg.add(N.into());
    for _ in 0..N {
        go!(counter, wg => {
            counter.update(|n| n + 1); // DATA RACE
            wg.done();
        });
    }
    wg.wait();
    println!("{}", counter.get());
}

fn lost(outcome: &Outcome) -> bool {
    !printed(outcome, "100")
}

fn one(outcome: &Outcome) -> bool {
    printed(outcome, "1")
}

/// A hundred goroutines count.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "counter_joined",
    also: &[],
    section: "bug3_counter",
    story: "a hundred goroutines count without a lock; main waits",
    schedules: 1_000,
    strategy: None,
    main: program::<100>,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("counter_joined.rs") },
    verdict: Verdict::of(Outcomes::Law {
        holds: |outcome| one_number(outcome, 1, 100),
        witnesses: &[
            Witness { what: "`100`", seen: |outcome| printed(outcome, "100") },
            Witness { what: "below 100", seen: lost },
        ],
    })
    .shows("100, or increments lost", Headline::Outcome(lost))
    .finds(&[race("counter.update", "counter.update")])
    .fifo(prints("100")),
};

/// The same with two goroutines.
pub(crate) const OF_TWO: Scenario = Scenario {
    name: "counter_joined_2",
    story: "two goroutines count without a lock; main waits",
    schedules: 1_000_000,
    strategy: Some("dfs"),
    main: program::<2>,
    longest: Duration::ZERO,
    verdict: Verdict::exact(&[prints("1"), prints("2")])
        .shows("1 or 2", Headline::Outcome(one))
        .finds(&[race("counter.update", "counter.update")])
        .fifo(prints("2")),
    ..SCENARIO
};

/// The same with three goroutines.
pub(crate) const OF_THREE: Scenario = Scenario {
    name: "counter_joined_3",
    story: "three goroutines count without a lock; main waits",
    schedules: 1_000_000,
    strategy: Some("dpor"),
    main: program::<3>,
    longest: Duration::ZERO,
    verdict: Verdict::exact(&[prints("1"), prints("2"), prints("3")])
        .shows("1, 2 or 3", Headline::Outcome(one))
        .finds(&[race("counter.update", "counter.update")])
        .fifo(prints("3")),
    ..SCENARIO
};
