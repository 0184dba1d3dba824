//! Bug 3, fix: "CORRECT 1: Use sync.Mutex", with the join that the chapter leaves out.
//!
//! Story: the lock makes read and write one step for everybody else; the join lets main see all of
//! them.
//! Verdict: always `100`, and no race.
//! Schedules: each shows the one outcome; 1,000 look for anything else.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let (counter, mu, wg) = (Var::new(0), RawMutex::new(), WaitGroup::new());
    wg.add(100);
    for _ in 0..100 {
        go!(counter, mu, wg => {
            mu.lock();
            counter.update(|n| n + 1);
            mu.unlock();
            wg.done();
        });
    }
    wg.wait();
    println!("{}", counter.get());
}

/// Counting under a lock.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "mutex_fixed",
    also: &[],
    section: "bug3_counter",
    story: "a hundred goroutines count under a lock",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("mutex_fixed.rs") },
    verdict: Verdict::exact(&[prints("100")]).shows("always 100", Headline::Nothing),
};
