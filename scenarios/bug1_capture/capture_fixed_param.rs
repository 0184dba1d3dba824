//! Bug 1, fix: "CORRECT 1: Pass as parameter".
//!
//! Story: the loop variable is shared, but each goroutine gets its value at that moment: the
//! argument of a `go` statement is evaluated by main. The order of the numbers is open, what they
//! are is not.
//! Verdict: exactly the 120 orders of 0 to 4, each number once; in Go's own order `4 0 1 2 3`.
//! Schedules: of 1,000,000 the rarest order showed in 609: 100,000 miss one of the 120 with less
//! than 10^-26.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::laws::orders;
use crate::verdict::prints;
use crate::{Headline, Outcomes, Scenario, Source, Verdict};

fn program() {
    let (i, wg) = (Var::new(0), WaitGroup::new());
    wg.add(5);
    while i.with(|i| *i < 5) {
        let val = i.get(); // Evaluated here, by main.
        go!(wg => {
            println!("{val}");
            wg.done();
        });
        i.update(|i| i + 1);
    }
    wg.wait();
}

/// Passed as a parameter.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "capture_fixed_param",
    also: &[],
    section: "bug1_capture",
    story: "the loop variable is passed as a parameter",
    schedules: 100_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("capture_fixed_param.rs") },
    verdict: Verdict::of(Outcomes::Computed { count: 120, all: || orders(5) })
        .shows("each number once, any order", Headline::Nothing)
        .fifo(prints("4 0 1 2 3")),
};
