//! Anti-Pattern 1: "Starting Unbounded Goroutines".
//!
//! Story: a burst of a thousand requests gets a goroutine each; a request takes virtual time.
//! Verdict: always 1,001 goroutines at the peak.
//! Schedules: each shows the one outcome; 30 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::laws::{joined, returned};
use crate::pace::span;
use crate::verdict::prints;
use crate::{Cores, Headline, Scenario, Source, Verdict};

fn handle() {
    time::sleep(span(Duration::from_millis(10)));
}

fn program() {
    let (wg, mut peak) = (WaitGroup::new(), 0);
    for _ in 0..1_000 {
        wg.go(handle);
        peak = peak.max(runtime::num_goroutine());
    }
    wg.wait();
    println!("peak {peak}");
}

fn at_most_1001(outcome: &Outcome) -> Result<(), String> {
    returned(outcome)?;
    let peak = joined(&outcome.stdout).strip_prefix("peak ").and_then(|n| n.parse::<u32>().ok());
    match peak {
        Some(..=1_001) => Ok(()),
        _ => Err("is no peak of at most 1,001".to_owned()),
    }
}

/// A goroutine for each request.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "unbounded",
    also: &[],
    section: "anti_patterns",
    story: "a thousand requests, a goroutine each",
    schedules: 30,
    strategy: None,
    main: program,
    longest: Duration::from_millis(10),
    source: Source { file: file!(), text: include_str!("unbounded.rs") },
    verdict: Verdict::exact(&[prints("peak 1001")])
        .shows("1,001 goroutines at once", Headline::Nothing)
        .on_cores(Cores::Law(at_most_1001)),
};
