//! Anti-Pattern 1, fix: "Use worker pool".
//!
//! Story: eight workers take the same thousand requests from a channel.
//! Verdict: always nine goroutines at the peak, in every schedule.
//! Schedules: each shows the one outcome; 30 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::pace::span;
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let (requests, wg, mut peak) = (chan(0), WaitGroup::new(), 0);
    for _ in 0..8 {
        let requests = requests.clone();
        wg.go(move || {
            for () in &requests {
                time::sleep(span(Duration::from_millis(1)))
            }
        });
    }
    for _ in 0..1_000 {
        requests.send(());
        peak = peak.max(runtime::num_goroutine());
    }
    requests.close();
    wg.wait();
    println!("peak {peak}");
}

/// Eight workers.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "worker_pool",
    also: &[],
    section: "anti_patterns",
    story: "a thousand requests, eight workers",
    schedules: 30,
    strategy: None,
    main: program,
    longest: Duration::from_secs(1),
    source: Source { file: file!(), text: include_str!("worker_pool.rs") },
    verdict: Verdict::exact(&[prints("peak 9")]).shows("9 goroutines at once", Headline::Nothing),
};
