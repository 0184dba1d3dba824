//! Example 3, "Background Worker".
//!
//! Story: five jobs are queued, then the worker is cancelled, and main waits until it has gone.
//! Where a job and the cancellation are ready together `select` draws, so queued jobs may be lost.
//! Verdict: exactly 0 to 5 jobs processed, and one goroutine left, which is main. In Go's own order
//! any of these: `select` draws there too.
//! Schedules: of 1,000,000 the rarest, 4 jobs processed, showed in 49,536: 1,000 miss one of the
//! six with less than 10^-21.

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::pace::settled_count;
use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn start_worker(ctx: &Context, jobs: &Receiver<u32>, exited: &Chan<u32>) {
    go!(ctx, jobs, exited => {
        let mut processed = 0;
        loop {
            select! {
                recv(jobs) -> _job => processed += 1,
                recv(ctx.done()) -> _ => break, // The goroutine exits cleanly.
            }
        }
        exited.send(processed);
    });
}

fn program() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (jobs, exited) = (chan(5), chan(0));
    for job in 0..5 {
        jobs.send(job);
    }
    start_worker(&ctx, &jobs.receiver(), &exited);
    cancel();
    println!("processed {}", exited.recv().unwrap_or_default());
    println!("left {}", settled_count(1));
}

fn loses_a_job(outcome: &Outcome) -> bool {
    !outcome.stdout.starts_with("processed 5")
}

/// A worker with a context.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "background_worker",
    also: &[],
    section: "examples",
    story: "a worker is cancelled with jobs in its queue",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("background_worker.rs") },
    verdict: Verdict::exact(&[
        prints("processed 0 left 1"),
        prints("processed 1 left 1"),
        prints("processed 2 left 1"),
        prints("processed 3 left 1"),
        prints("processed 4 left 1"),
        prints("processed 5 left 1"),
    ])
    .shows("queued jobs may be lost", Headline::Outcome(loses_a_job)),
};
