//! Goroutine Panics, recovery; Exercise 3, "Add a panic to a goroutine and recover from it."
//!
//! Story: the goroutine itself recovers and logs what it caught; main goes on as if nothing had
//! happened.
//! Verdict: always `main continues`, with `Recovered from panic: something went wrong` logged.
//! Schedules: each shows the one outcome; 1,000 look for another.

use goseed::prelude::*;
use goseed::{log, println};

use crate::pace::span;
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn risky() {
    panic!("something went wrong");
}

fn program() {
    go(|| {
        if let Err(panic) = recover(risky) {
            log!("Recovered from panic: {}", panic.message());
        }
    });
    time::sleep(span(Duration::from_secs(1)));
    println!("main continues"); // This runs!
}

/// A panic that its goroutine recovers.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "panic_recovered",
    also: &["exercise3"],
    section: "panics",
    story: "a goroutine panics and recovers by itself",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::from_secs(1),
    source: Source { file: file!(), text: include_str!("panic_recovered.rs") },
    verdict: Verdict::exact(&[
        prints("main continues").logs("Recovered from panic: something went wrong")
    ])
    .shows("logged, and main goes on", Headline::Nothing),
};
