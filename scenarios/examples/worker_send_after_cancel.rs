//! Example 3, after the worker has been cancelled: somebody still sends.
//!
//! Story: the worker is cancelled and has exited; the next send has no receiver.
//! Verdict: always a deadlock at the send, exit 2.
//! Schedules: each shows the one outcome; 1,000 look for another.

use std::time::Duration;

use goseed::Kind;
use goseed::prelude::*;

use crate::verdict::{deadlock, prints};
use crate::{Headline, Scenario, Source, Verdict};

fn program() {
    let (ctx, cancel) = context::with_cancel(&context::background());
    let (jobs, exited) = (chan(0), chan(0));
    go!(ctx, jobs, exited => {
        loop {
            select! {
                recv(jobs) -> _job => {},
                recv(ctx.done()) -> _ => break,
            }
        }
        exited.send(());
    });
    jobs.send(3);
    cancel();
    exited.recv();
    jobs.send(4);
}

/// A send to nobody.
pub(crate) const SCENARIO: Scenario = Scenario {
    name: "worker_send_after_cancel",
    also: &[],
    section: "examples",
    story: "a job is sent after the worker was cancelled",
    schedules: 1_000,
    strategy: None,
    main: program,
    longest: Duration::ZERO,
    source: Source { file: file!(), text: include_str!("worker_send_after_cancel.rs") },
    verdict: Verdict::exact(&[prints("").ends("deadlock")])
        .shows("deadlock at the send", Headline::Finding(Kind::Deadlock))
        .finds(&[deadlock("jobs.send(4)")])
        .crash("fatal error: all goroutines are asleep - deadlock!"),
};
