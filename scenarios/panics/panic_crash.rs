//! Goroutine Panics: "A panic in a goroutine crashes the entire program unless recovered."
//!
//! Story: the goroutine panics while main sleeps; main never gets to its print.
//! Verdict: always exit 2 with Go's crash text, nothing on standard output.
//! Schedules: each shows the one outcome; 1,000 look for another.

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::pace::span;
use crate::verdict::{panics, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    go(|| {
        panic!("something went wrong"); // Panics in the goroutine.
    });
    time::sleep(span(Duration::from_secs(1)));
    println!("main continues"); // Not reached!
}

/// A panic that nobody recovers.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "panic_crash",
    also: &[],
    section: "panics",
    story: "a goroutine panics while main sleeps",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::from_secs(1),
    source: Source { file: file!(), text: include_str!("panic_crash.rs") },
    verdict: Verdict::exact(&[prints("").ends("panic: something went wrong")])
        .shows("the program crashes, exit 2", Headline::Finding(Kind::Panic))
        .finds(&[panics("go(||", "panic!(\"something")])
        .crash("panic: something went wrong\n\ngoroutine 2 [running]:\n"),
};
