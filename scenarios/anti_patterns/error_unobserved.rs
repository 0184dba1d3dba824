//! Anti-Pattern 2, what is really never known: an error that a goroutine returns.
//!
//! Story: the work fails with an error, which the `go` statement throws away.
//! Verdict: always `main end`, exit 0.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn do_important_work() -> Result<(), String> {
    Err("db down".to_owned())
}

fn program() {
    let wg = WaitGroup::new();
    wg.go(|| drop(do_important_work()));
    wg.wait();
    println!("main end");
}

/// An error that is thrown away.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "error_unobserved",
    also: &[],
    section: "anti_patterns",
    story: "a goroutine fails, and nobody learns of it",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("error_unobserved.rs") },
    verdict: Verdict::exact(&[prints("main end")]).shows("nobody knows", Headline::Nothing),
};
