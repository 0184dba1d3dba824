//! Exercise 2, "Create a goroutine leak intentionally. Use `runtime.NumGoroutine()` to detect it."
//!
//! Story: ten goroutines receive, each on a channel of its own that nobody else knows.
//! Verdict: always `1`, `11`; ten goroutines leak.
//! Schedules: each shows the one outcome and all ten leaks; 1,000 look for anything else.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::verdict::{leak, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    println!("{}", runtime::num_goroutine());
    for _ in 0..10 {
        let nobody_else_knows = chan::<()>(0);
        go(move || {
            nobody_else_knows.recv();
        });
    }
    println!("{}", runtime::num_goroutine());
}

/// A leak on purpose.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "exercise2",
    also: &[],
    section: "bug2_leak",
    story: "ten goroutines leaked on purpose, and counted",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("exercise2.rs") },
    verdict: Verdict::exact(&[prints("1 11")])
        .shows("10 goroutines leak", Headline::Finding(Kind::Leak))
        .finds(&[leak("go(move ||", "nobody_else_knows.recv()").times(10)]),
};
