//! Scheduling: "Before Go 1.14, goroutines only yielded at function calls".
//!
//! Story: one goroutine loops, and its body is a read of a plain variable: no call, nothing that blocks. Main
//! sleeps and then prints. Real Go 1.27 with preemption switched off hangs on one processor, and prints on
//! two: the loop keeps others from running only if every processor has such a loop.
//! Verdict: main never prints; the run ends at the limit of steps, which names the loop.
//! Schedules: each shows the one outcome and takes a million steps; 20 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::pace::span;
use crate::verdict::prints;
use crate::{Cores, Expected, Headline, Scenario, Source, Verdict, When};

fn program() {
    let x = Var::new(0);
    go!(x => {
        loop {
            x.with(|_| ());
        }
    });
    time::sleep(span(Duration::from_millis(50)));
    println!("main still runs");
}

/// A loop that nothing interrupts.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "tight_loop_before_1_14",
    also: &[],
    section: "mental_model",
    story: "a tight loop without a call keeps main from running",
    schedules: 20,
    strategy: None,
    main: program,
    longest: Duration::from_millis(50),
    source: Source { file: file!(), text: include_str!("tight_loop_before_1_14.rs") },
    verdict: Verdict::exact(&[prints("").ends("step limit")])
        .before_1_14()
        .shows("main never runs again", Headline::Finding(Kind::StepLimit))
        .finds(&[Expected {
            kind: Kind::StepLimit,
            go: "",
            at: "x.with(|_| ())",
            times: 1,
            when: When::Always,
        }])
        .on_cores(Cores::NotRun("cores interrupt a loop at its read")),
};
