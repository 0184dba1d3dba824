//! Bug 3, fix: "CORRECT 2: Use atomic operations", as printed.
//!
//! Story: the increments are atomic, main's read is not, and it waits for nobody.
//! Verdict: a number from 0 to 100; in Go's own order 0.
//! Schedules: `0` and something else each show in a quarter of all at least: 1,000 miss one with less than
//! 10^-124.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::laws::{one_number, printed};
use crate::verdict::{cut_off, prints, race};
use crate::{Headline, Outcomes, Scenario, Source, Verdict, Witness};

fn program() {
    let counter = atomic::AtomicI64::new(0);
    for _ in 0..100 {
        go!(counter => { counter.add(1); });
    }
    println!("{}", counter.plain_get()); // Go: fmt.Println(counter)
}

fn not_zero(outcome: &Outcome) -> bool {
    !printed(outcome, "0")
}

/// Nobody waits.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "atomic_as_printed",
    also: &[],
    section: "bug3_counter",
    story: "a hundred goroutines count atomically; main reads plainly",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("atomic_as_printed.rs") },
    verdict: Verdict::of(Outcomes::Law {
        holds: |outcome| one_number(outcome, 0, 100),
        witnesses: &[
            Witness { what: "`0`", seen: |outcome| printed(outcome, "0") },
            Witness { what: "above 0", seen: not_zero },
        ],
    })
    .shows("0 to 100", Headline::Outcome(not_zero))
    .finds(&[cut_off("go!(counter =>").times(100), race("counter.add(1)", "counter.plain_get()")])
    .fifo(prints("0")),
};
