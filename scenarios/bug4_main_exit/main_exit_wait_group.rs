//! Bug 4, fix: "Wait for goroutine", with a wait group.
//!
//! Story: main waits until the goroutine has called `done`, which it does at the end of its scope.
//! Verdict: always `doing work`.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn do_work() {
    println!("doing work");
}

fn program() {
    let wg = WaitGroup::new();
    wg.add(1);
    go!(wg => {
        defer! { wg.done() }
        do_work();
    });
    wg.wait();
}

/// Main waits with a wait group.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "main_exit_wait_group",
    also: &["main_exit_fixed"],
    section: "bug4_main_exit",
    story: "main waits for the goroutine with a wait group",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("main_exit_wait_group.rs") },
    verdict: Verdict::exact(&[prints("doing work")]).shows("always printed", Headline::Nothing),
};
