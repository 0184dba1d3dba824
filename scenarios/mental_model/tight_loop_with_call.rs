//! Scheduling: "Before Go 1.14, goroutines only yielded at function calls", with a call.
//!
//! Story: the same loop, but it calls a function. Go's compiler puts a check at every call; the function's
//! `gosched` stands for it.
//! Verdict: main prints, also without preemption: a call is a point at which others get their turn.
//! Schedules: each shows the one outcome; 300 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::pace::span;
use crate::verdict::{cut_off, prints};
use crate::{Headline, Scenario, Source, Verdict, When};

fn call() {
    runtime::gosched(); // What the compiler puts at the start of every function.
}

fn program() {
    let x = Var::new(0);
    go!(x => {
        loop {
            x.with(|_| ());
            call();
        }
    });
    time::sleep(span(Duration::from_millis(50)));
    println!("main still runs");
}

/// A loop with a call in it.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "tight_loop_with_call",
    also: &[],
    section: "mental_model",
    story: "a tight loop with a call does not",
    schedules: 300,
    strategy: None,
    main: program,
    longest: Duration::from_millis(50),
    source: Source { file: file!(), text: include_str!("tight_loop_with_call.rs") },
    verdict: Verdict::exact(&[prints("main still runs")])
        .before_1_14()
        .shows("main still runs", Headline::Nothing)
        .finds(&[cut_off("go!(x => {").when(When::Always)]),
};
