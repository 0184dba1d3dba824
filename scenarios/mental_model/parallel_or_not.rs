//! Trap 1: "Goroutines run in parallel".
//!
//! Story: four goroutines note how many of them are inside a section at most. The number is kept in a std
//! atomic, which is no operation of goseed's, so the section is one step of the simulator.
//! Verdict: exactly 1: without a point inside, nobody else is ever in it, although four goroutines run
//! concurrently. On one worker likewise; on more they may overlap.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::laws::one_number;
use crate::verdict::prints;
use crate::{Cores, Headline, Scenario, Source, Verdict};

/// The most goroutines that were in the section at once; each steps back inside if it is to.
fn peak(step_back: bool) -> usize {
    let (inside, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let wg = WaitGroup::new();
    for _ in 0..4 {
        let (inside, peak) = (Arc::clone(&inside), Arc::clone(&peak));
        wg.go(move || {
            let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
            peak.fetch_max(now, Ordering::SeqCst);
            if step_back {
                runtime::gosched();
            }
            inside.fetch_sub(1, Ordering::SeqCst);
        });
    }
    wg.wait();
    peak.load(Ordering::SeqCst)
}

fn program() {
    println!("{}", peak(false));
}

fn with_a_point() {
    println!("{}", peak(true));
}

/// A section without a point.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "parallel_or_not",
    also: &["trap1"],
    section: "mental_model",
    story: "four goroutines, and how many are in a section at once",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("parallel_or_not.rs") },
    verdict: Verdict::exact(&[prints("1")])
        .shows("never parallel", Headline::Nothing)
        .on_cores(Cores::Law(|outcome| one_number(outcome, 1, 4))),
};

/// The same with a point inside.
pub(crate) const WITH_A_POINT: Scenario = Scenario {
    name: "parallel_or_not_gosched",
    also: &[],
    story: "the same, and each steps back inside",
    schedules: 1_000,
    main: with_a_point,
    verdict: Verdict::exact(&[prints("1"), prints("2"), prints("3"), prints("4")])
        .shows("concurrent: 1 to 4 inside", Headline::Nothing)
        .fifo(prints("4")),
    ..SCENARIO
};
