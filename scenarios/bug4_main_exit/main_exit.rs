//! Creation; Bug 4, "Exiting Main Before Goroutines Finish"; Trap 4, "I don't need to wait": one
//! program.
//!
//! Story: main starts a goroutine and returns, which ends the program wherever the goroutine is.
//! Real Go prints nothing, a thousand times out of a thousand; that it may print is legal all the
//! same.
//! Verdict: exactly nothing and `doing work`; in Go's own order nothing. Where nothing was printed
//! the goroutine was cut off.
//! Schedules: of 1,000,000 the rarer, `doing work`, showed in 229,741: 1,000 miss it with less than
//! 10^-113.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::laws::silent;
use crate::verdict::{cut_off, prints};
use crate::{Headline, Scenario, Source, Verdict, When};

fn do_work() {
    println!("doing work");
}

fn program() {
    go(do_work); // Creates a new goroutine.
    // Main goes on at once, and returns.
}

/// Main returns first.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "main_exit",
    also: &["creation", "trap4"],
    section: "bug4_main_exit",
    story: "main starts a goroutine and returns: its output may be cut off",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("main_exit.rs") },
    verdict: Verdict::exact(&[prints(""), prints("doing work")])
        .shows("output cut off by main's return", Headline::Finding(goseed::Kind::CutOff))
        .finds(&[cut_off("go(do_work)").when(When::With(silent))])
        .fifo(prints("")),
};
