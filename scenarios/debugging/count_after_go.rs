//! Debugging: the number of goroutines right after five `go` statements.
//!
//! Story: some of the five may have ended by the time main counts.
//! Verdict: exactly 1 to 6; in Go's own order 6.
//! Schedules: the rarest showed in more than 2 % of all: 1,000 miss one of the six with less than 10^-8.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    for _ in 0..5 {
        go(|| ());
    }
    println!("{}", runtime::num_goroutine());
}

/// Counted at once.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "count_after_go",
    also: &[],
    section: "debugging",
    story: "five goroutines that end at once are counted",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("count_after_go.rs") },
    verdict: Verdict::exact(&[
        prints("1"),
        prints("2"),
        prints("3"),
        prints("4"),
        prints("5"),
        prints("6"),
    ])
    .shows("1 to 6", Headline::Nothing)
    .fifo(prints("6")),
};
