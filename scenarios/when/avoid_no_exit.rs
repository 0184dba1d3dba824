//! When to avoid: "No clear exit strategy".
//!
//! Story: a goroutine works off what comes from a ticker; nobody can tell it to stop.
//! Verdict: main returns, and the goroutine is cut off.
//! Schedules: each shows the one outcome; 300 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, log, println};

use crate::laws::printed;
use crate::pace::span;
use crate::verdict::cut_off;
use crate::{Headline, Outcomes, Scenario, Source, Verdict, When};

fn program() {
    go(|| {
        let ticks = time::tick(span(Duration::from_millis(10)));
        for _ in &ticks {
            log!("still here");
        }
    });
    time::sleep(span(Duration::from_millis(35)));
    println!("main returns");
}

fn says_so(outcome: &Outcome) -> Result<(), String> {
    match outcome.exit.as_str() {
        "returned" if printed(outcome, "main returns") => Ok(()),
        other => Err(format!("ends with {other}")),
    }
}

/// A goroutine without an end.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "avoid_no_exit",
    also: &[],
    section: "when",
    story: "a goroutine that cannot be told to stop",
    schedules: 300,
    strategy: None,
    main: program,
    longest: Duration::from_millis(35),
    source: Source { file: file!(), text: include_str!("avoid_no_exit.rs") },
    verdict: Verdict::of(Outcomes::Law { holds: says_so, witnesses: &[] })
        .shows("cut off by main's return", Headline::Nothing)
        .finds(&[cut_off("go(|| {").when(When::Always)]),
};
