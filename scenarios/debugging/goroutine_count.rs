//! Debugging Goroutines, "Get Goroutine Count".
//!
//! Story: a program with nothing but main counts its goroutines; main is one.
//! Verdict: always `Goroutines: 1`.
//! Schedules: one would do, since there is one goroutine; 1,000 look for anything else.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    println!("Goroutines: {}", runtime::num_goroutine());
}

/// How many there are.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "goroutine_count",
    also: &[],
    section: "debugging",
    story: "main counts the goroutines and finds itself",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("goroutine_count.rs") },
    verdict: Verdict::exact(&[prints("Goroutines: 1")]).shows("one goroutine", Headline::Nothing),
};
