//! Trap 2: "One goroutine per OS thread".
//!
//! Story: ten thousand goroutines block on a channel.
//! Verdict: 10,001 goroutines, which the simulator runs on one thread, and cores on as many as there are
//! workers and a few more. They leak, and the report counts them in one line.
//! Schedules: with this many goroutines, three at random and one in Go's own order.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::verdict::{leak, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let gate = chan::<()>(0);
    for _ in 0..10_000 {
        go!(gate => { gate.recv(); });
    }
    println!("{}", runtime::num_goroutine());
}

/// Ten thousand blocked goroutines.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "many_on_few",
    also: &["trap2"],
    section: "mental_model",
    story: "10,000 goroutines on a handful of threads",
    schedules: 3,
    strategy: Some("random"),
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("many_on_few.rs") },
    verdict: Verdict::exact(&[prints("10001")])
        .shows("10,000 leak, as one line", Headline::Finding(Kind::Leak))
        .finds(&[leak("go!(gate", "gate.recv()").times(10_000)]),
};
