//! Bug 1, "Closure Capture in Loops", exactly as printed: nobody waits.
//!
//! Story: five goroutines print one shared loop variable while main goes on, and main's return cuts
//! off whatever has not been printed. With a shared variable (Go before 1.22) real Go prints
//! nothing at all.
//! Verdict: each output is the beginning of one that `capture_joined` could give; in Go's own order
//! nothing. With two goroutines there are exactly 12 outputs, with three exactly 70.
//! Schedules: of 200,000 nothing showed in 29 %, something in 71 %, a number twice in 34 %: 1,000
//! miss one of the three with less than 10^-148. Two and three goroutines are searched completely,
//! so nothing is missed.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::laws::{captured_prefix, captured_prefixes, obeys, silent, speaks, twice};
use crate::verdict::{cut_off, prints, race};
use crate::{Headline, Outcomes, Scenario, Source, Verdict, Witness};

fn program<const N: i32>() {
    let i = Var::new(0);
    while i.with(|i| *i < N) {
        go!(i => { println!("{}", i.get()) }); // Captures the loop variable.
        i.update(|i| i + 1);
    }
}

/// Five goroutines share the loop variable, and nobody waits.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "capture_as_printed",
    also: &[],
    section: "bug1_capture",
    story: "five goroutines print the loop variable they share; nobody waits",
    schedules: 1_000,
    strategy: None,
    main: program::<5>,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("capture_as_printed.rs") },
    verdict: Verdict::of(Outcomes::Law {
        holds: |outcome| obeys(outcome, |line| captured_prefix(line, 5)),
        witnesses: &[
            Witness { what: "with nothing printed", seen: silent },
            Witness { what: "with something printed", seen: speaks },
            Witness { what: "with a number twice", seen: twice },
        ],
    })
    .shows("wrong numbers, cut off", Headline::Outcome(twice))
    .finds(&[cut_off("go!(i =>").times(5), race("i.get()", "i.update")])
    .fifo(prints("")),
};

/// The same with two goroutines.
pub(crate) const OF_TWO: Scenario = Scenario {
    name: "capture_as_printed_2",
    story: "two goroutines print the loop variable they share; nobody waits",
    schedules: 1_000_000,
    strategy: Some("dfs"),
    main: program::<2>,
    longest: Duration::ZERO,
    verdict: Verdict::of(Outcomes::Computed { count: 12, all: || captured_prefixes(2) })
        .shows("12 outputs", Headline::Finding(Kind::CutOff))
        .finds(&[cut_off("go!(i =>").times(2), race("i.get()", "i.update")])
        .fifo(prints("")),
    ..SCENARIO
};

/// The same with three goroutines.
pub(crate) const OF_THREE: Scenario = Scenario {
    name: "capture_as_printed_3",
    story: "three goroutines print the loop variable they share; nobody waits",
    schedules: 1_000_000,
    strategy: Some("dpor"),
    main: program::<3>,
    longest: Duration::ZERO,
    verdict: Verdict::of(Outcomes::Computed { count: 70, all: || captured_prefixes(3) })
        .shows("70 outputs", Headline::Finding(Kind::CutOff))
        .finds(&[cut_off("go!(i =>").times(3), race("i.get()", "i.update")])
        .fifo(prints("")),
    ..SCENARIO
};
