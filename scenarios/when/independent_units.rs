//! When to use: "Independent units of work", a sum split over goroutines.
//!
//! Story: four goroutines add up a quarter each and send their part.
//! Verdict: always the sum.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let numbers: Vec<u64> = (1..=1_000).collect();
    let parts = chan(4);
    for quarter in numbers.chunks(250).map(<[u64]>::to_vec) {
        go!(parts => { parts.send(quarter.iter().sum::<u64>()) });
    }
    println!("{}", parts.into_iter().take(4).sum::<u64>());
}

/// Four quarters of a sum.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "independent_units",
    also: &[],
    section: "when",
    story: "a sum is split over four goroutines",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("independent_units.rs") },
    verdict: Verdict::exact(&[prints("500500")]).shows("the sum", Headline::Nothing),
};
