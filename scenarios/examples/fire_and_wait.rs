//! Example 1, with the join that it lacks.
//!
//! Story: two messages are logged by goroutines of their own, and main waits for both.
//! Verdict: both, in either order; in Go's own order `two one`.
//! Schedules: either order has at least a few in a hundred: 1,000 miss one with less than 10^-20.

use std::time::Duration;

use goseed::eprintln;
use goseed::prelude::*;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let wg = WaitGroup::new();
    for message in ["one", "two"] {
        wg.go(move || eprintln!("{message}"));
    }
    wg.wait();
}

/// Both messages.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "fire_and_wait",
    also: &[],
    section: "examples",
    story: "two messages logged by goroutines, joined",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("fire_and_wait.rs") },
    verdict: Verdict::exact(&[prints("").logs("one two"), prints("").logs("two one")])
        .shows("both, in either order", Headline::Nothing)
        .fifo(prints("").logs("two one")),
};
