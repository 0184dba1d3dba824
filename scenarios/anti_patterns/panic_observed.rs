//! Anti-Pattern 2, fix: "Handle panics in goroutines".
//!
//! Story: the goroutine recovers, logs and counts; main goes on.
//! Verdict: always `main end 1`, with `Panic in doImportantWork: db down` logged.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{log, println};

use crate::pace::span;
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn do_important_work() {
    panic!("db down");
}

fn program() {
    let panics = atomic::AtomicI64::new(0);
    go!(panics => {
        if let Err(panic) = recover(do_important_work) {
            log!("Panic in doImportantWork: {}", panic.message());
            panics.add(1);
        }
    });
    time::sleep(span(Duration::from_secs(1)));
    println!("main end {}", panics.load());
}

/// A panic that is logged and counted.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "panic_observed",
    also: &[],
    section: "anti_patterns",
    story: "a goroutine recovers, logs and counts its panic",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::from_secs(1),
    source: Source { file: file!(), text: include_str!("panic_observed.rs") },
    verdict: Verdict::exact(&[prints("main end 1").logs("Panic in doImportantWork: db down")])
        .shows("logged and counted", Headline::Nothing),
};
