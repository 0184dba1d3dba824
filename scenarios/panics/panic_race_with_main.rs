//! Goroutine Panics, without the sleep: main may be faster.
//!
//! Story: the goroutine panics while main prints and returns.
//! Verdict: main's line or not, exit 2 or 0: three outcomes. Where main returns first the panic is lost, and
//! the finding says so.
//! Schedules: each of the three shows in more than 3 % of all: 1,000 miss one with less than 10^-13.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::verdict::{cut_off, panics, prints};
use crate::{Headline, Scenario, Source, Verdict, When};

fn program() {
    go(|| panic!("something went wrong"));
    println!("main continues");
}

/// A panic that may be lost.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "panic_race_with_main",
    also: &[],
    section: "panics",
    story: "a goroutine panics while main returns",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("panic_race_with_main.rs") },
    verdict: Verdict::exact(&[
        prints("main continues"),
        prints("main continues").ends("panic: something went wrong"),
        prints("").ends("panic: something went wrong"),
    ])
    .shows("exit 2 or 0", Headline::Finding(Kind::Panic))
    .finds(&[panics("go(|| panic!", "go(|| panic!").when(When::Sometimes), cut_off("go(|| panic!")])
    .fifo(prints("main continues")),
};
