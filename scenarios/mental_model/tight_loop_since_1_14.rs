//! Scheduling: "Since Go 1.14, the scheduler is preemptive".
//!
//! Story: one goroutine loops, and its body is a read of a plain variable. Main sleeps and then prints.
//! Verdict: main prints under every strategy, and at one worker: a read is a point, where the time slice of
//! the loop can end. A body without any operation cannot be interrupted in Rust.
//! Schedules: each shows the one outcome; 300 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::pace::span;
use crate::verdict::{cut_off, prints};
use crate::{Headline, Scenario, Source, Verdict, When};

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

/// A loop that reads a variable.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "tight_loop_since_1_14",
    also: &[],
    section: "mental_model",
    story: "a tight loop does not keep main from running",
    schedules: 300,
    strategy: None,
    main: program,
    longest: Duration::from_millis(50),
    source: Source { file: file!(), text: include_str!("tight_loop_since_1_14.rs") },
    verdict: Verdict::exact(&[prints("main still runs")])
        .shows("main still runs", Headline::Nothing)
        .finds(&[cut_off("go!(x => {").when(When::Always)]),
};
