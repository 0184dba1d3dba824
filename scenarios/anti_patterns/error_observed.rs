//! Anti-Pattern 2, fix for errors: an error group.
//!
//! Story: two goroutines work, one of them fails; the group gives its first error to whoever waits.
//! Verdict: always `error: db down`.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let group = ErrGroup::new();
    group.go(|| Err("db down".to_owned()));
    group.go(|| Ok(()));
    match group.wait() {
        Ok(()) => println!("main end"),
        Err(error) => println!("error: {error}"),
    }
}

/// An error that is passed on.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "error_observed",
    also: &[],
    section: "anti_patterns",
    story: "an error group gives the error to whoever waits",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("error_observed.rs") },
    verdict: Verdict::exact(&[prints("error: db down")])
        .shows("the error arrives", Headline::Nothing),
};
