//! Scheduling: a goroutine that spins on a plain flag.
//!
//! Story: one goroutine sets a plain variable, main spins until it sees that. Nothing orders the two.
//! Verdict: main sees it under every strategy, since a spin starves nobody; and it is a data race, in every
//! schedule.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::verdict::{prints, race};
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let done = Var::new(false);
    go!(done => { done.set(true) });
    while !done.get() {}
    println!("saw done");
}

/// A spin on a plain variable.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "spin_on_flag",
    also: &[],
    section: "mental_model",
    story: "main spins on a flag that a goroutine sets",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("spin_on_flag.rs") },
    verdict: Verdict::exact(&[prints("saw done")])
        .shows("a spin ends; it is a race", Headline::Finding(Kind::Race))
        .finds(&[race("done.set(true)", "while !done.get()")]),
};
