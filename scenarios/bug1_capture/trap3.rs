//! Trap 3, "This loop is fine because I used `go`": the captured variable with ten goroutines.
//!
//! Story: the loop of bug 1 up to 10, joined. "By the time they execute, `i` is likely 10."
//! Verdict: ten numbers; sorted, the k-th (from 0) is at least k and at most 10 (10,319,560,704
//! outputs). In Go's own order ten times 10.
//! Schedules: of 100,000 ten times 10 showed in 27 %, something else in the rest: 1,000 miss one of
//! the two with less than 10^-136.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::laws::{captured, obeys, printed};
use crate::verdict::{prints, race};
use crate::{Headline, Outcomes, Scenario, Source, Verdict, Witness};

const TENS: &str = "10 10 10 10 10 10 10 10 10 10";

fn program() {
    let (i, wg) = (Var::new(0), WaitGroup::new());
    wg.add(10);
    while i.with(|i| *i < 10) {
        go!(i, wg => {
            println!("{}", i.get());
            wg.done();
        });
        i.update(|i| i + 1);
    }
    wg.wait();
}

fn other(outcome: &Outcome) -> bool {
    !printed(outcome, TENS)
}

/// Ten goroutines share the loop variable.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "trap3",
    also: &[],
    section: "bug1_capture",
    story: "\"this loop is fine because I used go\": ten goroutines share i",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("trap3.rs") },
    verdict: Verdict::of(Outcomes::Law {
        holds: |outcome| obeys(outcome, |line| captured(line, 10)),
        witnesses: &[
            Witness { what: "ten times 10", seen: |outcome| printed(outcome, TENS) },
            Witness { what: "with a number below 10", seen: other },
        ],
    })
    .shows("ten times 10, or other values", Headline::Outcome(other))
    .finds(&[race("i.get()", "i.update")])
    .fifo(prints(TENS)),
};
