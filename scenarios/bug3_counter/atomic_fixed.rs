//! Bug 3, fix: "CORRECT 2: Use atomic", with the join and the atomic read that the chapter leaves
//! out.
//!
//! Story: an atomic addition is one step, so there is nothing to come in between.
//! Verdict: always `100`, and no race.
//! Schedules: each shows the one outcome; 1,000 look for anything else.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let (counter, wg) = (atomic::AtomicI64::new(0), WaitGroup::new());
    wg.add(100);
    for _ in 0..100 {
        go!(counter, wg => {
            counter.add(1);
            wg.done();
        });
    }
    wg.wait();
    println!("{}", counter.load());
}

/// Counting in one step.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "atomic_fixed",
    also: &[],
    section: "bug3_counter",
    story: "a hundred goroutines count with an atomic addition",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("atomic_fixed.rs") },
    verdict: Verdict::exact(&[prints("100")]).shows("always 100", Headline::Nothing),
};
