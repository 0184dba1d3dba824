//! Bug 1, fix: "CORRECT 2: Shadow variable".
//!
//! Story: the body of the loop makes a new variable of the same name, and the closure captures that
//! one. The order of the numbers is open, what they are is not.
//! Verdict: exactly the 120 orders of 0 to 4, each number once; in Go's own order `4 0 1 2 3`.
//! Schedules: of 1,000,000 the rarest order showed in 681: 100,000 miss one of the 120 with less
//! than 10^-29.

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
        {
            let i = Var::new(i.get()); // A new variable in the scope of the body.
            go!(i, wg => {
                println!("{}", i.get());
                wg.done();
            });
        }
        i.update(|i| i + 1);
    }
    wg.wait();
}

/// Shadowed in the loop.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "capture_fixed_shadow",
    also: &[],
    section: "bug1_capture",
    story: "the loop variable is shadowed in the body",
    schedules: 100_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("capture_fixed_shadow.rs") },
    verdict: Verdict::of(Outcomes::Computed { count: 120, all: || orders(5) })
        .shows("each number once, any order", Headline::Nothing)
        .fifo(prints("4 0 1 2 3")),
};
