//! Bug 1 since Go 1.22: the loop has one variable per iteration, and the printed program is right.
//!
//! Story: the same loop, but each closure captures a variable of its own, as in Rust. The order of
//! the numbers is open, what they are is not.
//! Verdict: exactly the 120 orders of 0 to 4, each number once; in Go's own order `4 0 1 2 3`.
//! Schedules: of 1,000,000 the rarest order showed in 1,208: 100,000 miss one of the 120 with less
//! than 10^-52.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::laws::orders;
use crate::verdict::prints;
use crate::{Headline, Outcomes, Scenario, Source, Verdict};

fn program() {
    let wg = WaitGroup::new();
    wg.add(5);
    for i in 0..5 {
        go!(wg => {
            println!("{i}");
            wg.done();
        });
    }
    wg.wait();
}

/// One variable per iteration.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "capture_per_iteration",
    also: &[],
    section: "bug1_capture",
    story: "the printed loop with one variable per iteration",
    schedules: 100_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("capture_per_iteration.rs") },
    verdict: Verdict::of(Outcomes::Computed { count: 120, all: || orders(5) })
        .shows("each number once, any order", Headline::Nothing)
        .fifo(prints("4 0 1 2 3")),
};
