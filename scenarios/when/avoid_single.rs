//! When to avoid: "Single simple operation".
//!
//! Story: one addition is done in a goroutine, and main waits for it at once.
//! Verdict: always the same answer as without: more steps for nothing.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let answer = chan(0);
    go!(answer => { answer.send(40 + 2) });
    println!("{}", answer.recv().unwrap_or_default());
}

/// One operation in a goroutine.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "avoid_single",
    also: &[],
    section: "when",
    story: "a goroutine for one addition",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("avoid_single.rs") },
    verdict: Verdict::exact(&[prints("42")])
        .shows("the same answer, more steps", Headline::Nothing),
};
