//! Example 3, what it leaves out: the jobs channel is closed.
//!
//! Story: two jobs are queued and the channel is closed. `job := <-jobs` never blocks from then on:
//! the worker processes zero-value jobs without end, until somebody cancels it. Main does so at the
//! third (it waits for that on a channel, not on the clock).
//! Verdict: both real jobs are processed, and at least three zero-value ones. No leak, no deadlock.
//! Schedules: of 200,000 exactly three zero-value jobs showed in 18 %, more in the rest: 1,000 miss
//! one of the two with less than 10^-85.

use std::time::Duration;

use goseed::prelude::*;
use goseed::{Outcome, println};

use crate::laws::joined;
use crate::{Headline, Outcomes, Scenario, Source, Verdict, Witness};

fn start_worker(ctx: &Context, jobs: &Receiver<u32>, third: &Chan<()>, exited: &Chan<(u32, u32)>) {
    go!(ctx, jobs, third, exited => {
        let (mut real, mut zero) = (0, 0);
        loop {
            select! {
                recv(jobs) -> job => match job.unwrap_or_default() {
                    0 => {
                        zero += 1;
                        if zero == 3 {
                            third.close();
                        }
                    }
                    _ => real += 1,
                },
                recv(ctx.done()) -> _ => break,
            }
        }
        exited.send((real, zero));
    });
}

fn program() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (jobs, third, exited) = (chan(2), chan(0), chan(0));
    start_worker(&ctx, &jobs.receiver(), &third, &exited);
    jobs.send(1);
    jobs.send(2);
    jobs.close();
    third.recv();
    cancel();
    let (real, zero) = exited.recv().unwrap_or_default();
    println!("real {real} zero {zero}");
}

fn zero_jobs(outcome: &Outcome) -> Result<u32, String> {
    let line = joined(&outcome.stdout);
    let zero = line.strip_prefix("real 2 zero ").and_then(|zero| zero.parse().ok());
    zero.filter(|_| outcome.exit == "returned").ok_or_else(|| "has not both real jobs".to_owned())
}

fn at_least_three(outcome: &Outcome) -> Result<(), String> {
    match zero_jobs(outcome)? {
        zero @ 0..3 => Err(format!("has {zero} zero jobs, fewer than three")),
        _ => Ok(()),
    }
}

fn more_than_three(outcome: &Outcome) -> bool {
    zero_jobs(outcome).is_ok_and(|zero| zero > 3)
}

/// A worker that takes a closed channel for work.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "worker_closed_jobs",
    also: &[],
    section: "examples",
    story: "jobs are closed: the worker gets zero values without end",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("worker_closed_jobs.rs") },
    verdict: Verdict::of(Outcomes::Law {
        holds: at_least_three,
        witnesses: &[
            Witness { what: "with three zero jobs", seen: |o| zero_jobs(o) == Ok(3) },
            Witness { what: "with more than three zero jobs", seen: more_than_three },
        ],
    })
    .shows("zero-value jobs until cancelled", Headline::Outcome(more_than_three)),
};
