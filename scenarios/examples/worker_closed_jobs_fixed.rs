//! Example 3, with the check for a closed channel that it leaves out.
//!
//! Story: two jobs are queued and the channel is closed; `job, ok := <-jobs` tells the worker, and it returns.
//! Verdict: always both real jobs and no other.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::prelude::*;
use goseed::println;

use crate::verdict::prints;
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let (jobs, exited) = (chan(2), chan(0));
    go!(jobs, exited => {
        let (mut real, mut zero) = (0, 0);
        while let Some(job) = jobs.recv() {
            if job == 0 { zero += 1 } else { real += 1 }
        }
        exited.send((real, zero));
    });
    jobs.send(1);
    jobs.send(2);
    jobs.close();
    let (real, zero): (u32, u32) = exited.recv().unwrap_or_default();
    println!("real {real} zero {zero}");
}

/// A worker that sees the end of its jobs.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "worker_closed_jobs_fixed",
    also: &[],
    section: "examples",
    story: "the worker returns when its jobs are closed",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("worker_closed_jobs_fixed.rs") },
    verdict: Verdict::exact(&[prints("real 2 zero 0")])
        .shows("both jobs, no zero values", Headline::Nothing),
};
