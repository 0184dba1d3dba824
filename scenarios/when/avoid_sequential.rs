//! When to avoid: "Sequential dependencies".
//!
//! Story: the second step needs the result of the first, which is in a goroutine that nobody joins.
//! Verdict: exactly 0 and 42, and a race in every schedule.
//! Schedules: either shows in a tenth of all at least: 1,000 miss one with less than 10^-45.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::verdict::{cut_off, prints, race};
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let first = Var::new(0);
    go!(first => { first.set(21) });
    println!("{}", 2 * first.get());
}

/// A dependent step that does not wait.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "avoid_sequential",
    also: &[],
    section: "when",
    story: "the second step does not wait for the first",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("avoid_sequential.rs") },
    verdict: Verdict::exact(&[prints("0"), prints("42")])
        .shows("0 or 42, and a race", Headline::Finding(Kind::Race))
        .finds(&[cut_off("first.set(21)"), race("first.set(21)", "first.get()")])
        .fifo(prints("0")),
};
