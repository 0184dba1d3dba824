//! Goroutine Panics: a recover in main is of no use to other goroutines.
//!
//! Story: main recovers whatever panics in it; the panic is in a goroutine.
//! Verdict: always exit 2 with nothing printed: `recover` works only in the goroutine that panics.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::pace::span;
use crate::verdict::{panics, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let recovered = recover(|| {
        go(|| panic!("something went wrong"));
        time::sleep(span(Duration::from_secs(1)));
    });
    println!("recovered {}", recovered.is_err());
}

/// A recover in the wrong goroutine.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "panic_recovered_in_main",
    also: &[],
    section: "panics",
    story: "main recovers, a goroutine panics",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::from_secs(1),
    source: Source { file: file!(), text: include_str!("panic_recovered_in_main.rs") },
    verdict: Verdict::exact(&[prints("").ends("panic: something went wrong")])
        .shows("recover in main does not help", Headline::Finding(Kind::Panic))
        .finds(&[panics("go(|| panic!", "go(|| panic!")])
        .crash("panic: something went wrong"),
};
