//! Example 3: cancellation reaches the worker only in its `select`.
//!
//! Story: the worker is inside `process`, which blocks for ever; it is cancelled.
//! Verdict: two goroutines are left; the leak is inside `process`, not at the select.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Kind, println};

use crate::pace::settle;
use crate::verdict::{leak, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn process(entered: &Chan<()>) {
    entered.close();
    chan::<()>(0).recv(); // For ever.
}

fn program() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (jobs, entered) = (chan(1), chan(0));
    go!(ctx, jobs, entered => {
        loop {
            select! {
                recv(jobs) -> _job => process(&entered),
                recv(ctx.done()) -> _ => return,
            }
        }
    });
    jobs.send(1);
    entered.recv();
    cancel();
    settle(|| true); // It must not go away.
    println!("{}", runtime::num_goroutine());
}

/// A worker that is stuck.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "worker_stuck_in_process",
    also: &[],
    section: "examples",
    story: "a cancelled worker is stuck in what it does",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("worker_stuck_in_process.rs") },
    verdict: Verdict::exact(&[prints("2")])
        .shows("leak inside process", Headline::Finding(Kind::Leak))
        .finds(&[leak("go!(ctx, jobs, entered", "chan::<()>(0).recv()")]),
};
