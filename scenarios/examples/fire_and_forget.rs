//! Example 1, "Fire and Forget (With Caveat)".
//!
//! Story: as printed, the logger runs in the background and main returns; "log may not print!". The
//! log goes to standard error, so standard output stays empty either way.
//! Verdict: exactly nothing and `hello` on standard error; in Go's own order nothing. Where nothing
//! was logged the goroutine was cut off.
//! Schedules: of 1,000,000 the rarer, `hello`, showed in 229,741: 1,000 miss it with less than
//! 10^-113.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, log};

use crate::verdict::{cut_off, prints};
use crate::{Headline, Scenario, Source, Verdict, When};

fn log_async(message: &'static str) {
    go(move || {
        log!("{message}");
    });
    // Returns at once, logging happens in the background.
}

fn program() {
    log_async("hello");
}

fn nothing_logged(outcome: &Outcome) -> bool {
    outcome.stderr.is_empty()
}

/// A logger that nobody waits for.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "fire_and_forget",
    also: &[],
    section: "examples",
    story: "a message is logged in the background while main returns",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("fire_and_forget.rs") },
    verdict: Verdict::exact(&[prints(""), prints("").logs("hello")])
        .shows("the log may be lost", Headline::Outcome(nothing_logged))
        .finds(&[cut_off("go(move ||").when(When::With(nothing_logged))])
        .fifo(prints("")),
};
