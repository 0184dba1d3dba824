//! Anti-Pattern 2: "Ignoring Goroutine Errors": "If this panics, you'll never know".
//!
//! Story: a goroutine panics; main sleeps and then prints.
//! Verdict: one does know: always exit 2, and nothing is printed.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::pace::span;
use crate::verdict::{panics, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn do_important_work() {
    panic!("db down");
}

fn program() {
    go(do_important_work);
    time::sleep(span(Duration::from_secs(1)));
    println!("main end");
}

/// A panic that ends the program.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "panic_unobserved",
    also: &[],
    section: "anti_patterns",
    story: "a goroutine panics, and everybody learns of it",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::from_secs(1),
    source: Source { file: file!(), text: include_str!("panic_unobserved.rs") },
    verdict: Verdict::exact(&[prints("").ends("panic: db down")])
        .shows("exit 2: it is known", Headline::Finding(Kind::Panic))
        .finds(&[panics("go(do_important_work)", "panic!(")])
        .crash("panic: db down"),
};
