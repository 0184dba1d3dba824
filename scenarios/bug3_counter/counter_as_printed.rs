//! Bug 3, "Racing on Shared State", exactly as printed: nobody waits.
//!
//! Story: a hundred goroutines count on a plain variable, and main prints it at once.
//! Verdict: a number from 0 to 100; in Go's own order 0. With three goroutines exactly 0, 1, 2 and
//! 3.
//! Schedules: of 200,000 `0` showed in 25 %, something else in 75 %: 1,000 miss one of the two with
//! less than 10^-124. Three goroutines are searched completely, so nothing is missed.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::laws::{one_number, printed};
use crate::verdict::{cut_off, prints, race};
use crate::{Headline, Outcomes, Scenario, Source, Verdict, Witness};

fn program<const N: i32>() {
    let counter = Var::new(0);
    for _ in 0..N {
        go!(counter => { counter.update(|n| n + 1) }); // DATA RACE
    }
    println!("{}", counter.get());
}

fn not_zero(outcome: &Outcome) -> bool {
    !printed(outcome, "0")
}

/// A hundred goroutines count, and nobody waits.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "counter_as_printed",
    also: &[],
    section: "bug3_counter",
    story: "a hundred goroutines count; main prints at once",
    schedules: 1_000,
    strategy: None,
    main: program::<100>,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("counter_as_printed.rs") },
    verdict: Verdict::of(Outcomes::Law {
        holds: |outcome| one_number(outcome, 0, 100),
        witnesses: &[
            Witness { what: "`0`", seen: |outcome| printed(outcome, "0") },
            Witness { what: "above 0", seen: not_zero },
        ],
    })
    .shows("0 to 100", Headline::Outcome(not_zero))
    .finds(&[
        cut_off("go!(counter =>").times(100),
        race("counter.update", "counter.update"),
        race("counter.get()", "counter.update"),
    ])
    .fifo(prints("0")),
};

/// The same with three goroutines.
pub(crate) const OF_THREE: Scenario = Scenario {
    name: "counter_as_printed_3",
    story: "three goroutines count; main prints at once",
    schedules: 1_000_000,
    strategy: Some("dpor"),
    main: program::<3>,
    longest: Duration::ZERO,
    verdict: Verdict::exact(&[prints("0"), prints("1"), prints("2"), prints("3")])
        .shows("0, 1, 2 or 3", Headline::Outcome(not_zero))
        .finds(&[
            cut_off("go!(counter =>").times(3),
            race("counter.update", "counter.update"),
            race("counter.get()", "counter.update"),
        ])
        .fifo(prints("0")),
    ..SCENARIO
};
